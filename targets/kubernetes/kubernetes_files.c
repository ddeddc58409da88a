/* Which files of manifests a list of patterns names. */
#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_inside.h"

struct files {
	struct kg_arena *arena;
	KG_LIST(const char *) paths;
	struct kg_map known; /* what two patterns name is taken once */
	uint32_t found;      /* with those */
};

static void
file_add(struct files *files, const char *path)
{
	files->found++;
	path = kg_copy(files->arena, path);
	if (kg_map_put(&files->known, path, 0))
		kg_list_push(files->arena, &files->paths, path);
}

/* As the shell's, with ** for any number of folders. Names that begin with a dot are found only by a pattern that does. */
static bool
matches(const char *pattern, const char *path)
{
	while (*pattern) {
		size_t part = strcspn(pattern, "/"), length = strcspn(path, "/");
		char word[256], name[256];

		if (part == 2 && strncmp(pattern, "**", 2) == 0) {
			const char *rest = pattern[2] ? pattern + 3 : "*";

			for (;; path += strcspn(path, "/") + 1) {
				if (matches(rest, path))
					return true;
				if (!path[strcspn(path, "/")] || *path == '.')
					return false;
			}
		}
		if (part >= sizeof(word) || length >= sizeof(name) || !pattern[part] != !path[length])
			return false;
		memcpy(word, pattern, part);
		memcpy(name, path, length);
		word[part] = name[length] = '\0';
		if (fnmatch(word, name, FNM_PERIOD) != 0)
			return false;
		pattern += part + (pattern[part] == '/');
		path += length + (path[length] == '/');
	}
	return !*path;
}

static bool
is_manifest(const char *name)
{
	return kg_text_ends(name, ".yaml") || kg_text_ends(name, ".yml") || kg_text_ends(name, ".json");
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* pattern NULL: all manifests below folder. */
static void
folder_walk(struct files *files, const char *folder, const char *pattern)
{
	char *const roots[] = { kg_copy(files->arena, folder), NULL };
	FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	size_t skipped = strlen(folder) + 1;

	for (FTSENT *entry; tree && (entry = fts_read(tree));) {
		if (entry->fts_info == FTS_D && entry->fts_level > 0 && entry->fts_name[0] == '.' && !pattern)
			fts_set(tree, entry, FTS_SKIP);
		if (entry->fts_info != FTS_F)
			continue;
		if (pattern ? matches(pattern, entry->fts_path + skipped)
			    : is_manifest(entry->fts_name) && entry->fts_name[0] != '.')
			file_add(files, entry->fts_path);
	}
	if (tree)
		fts_close(tree);
}

static void
pattern_expand(struct files *files, struct kg_errors *errors, const char *pattern)
{
	struct stat status;
	uint32_t before = files->found;
	size_t wild = strcspn(pattern, "*?[");

	if (stat(pattern, &status) == 0 && S_ISDIR(status.st_mode)) {
		folder_walk(files, pattern, NULL);
	} else if (!pattern[wild]) {
		file_add(files, pattern); /* whether it is there, reading tells */
		return;
	} else {
		while (wild > 0 && pattern[wild] != '/')
			wild--;
		folder_walk(files, wild > 0 ? kg_copy_bytes(files->arena, pattern, wild) : "", pattern + wild + 1);
	}
	if (files->found == before)
		kg_errors_add(errors, kg_error_make(files->arena, KG_EINPUT, "there are no manifests: %s", pattern));
}

const char *const *
kg_kubernetes_files(struct kg_arena *arena, struct kg_errors *errors, const char *const *patterns)
{
	struct files files = { .arena = arena, .known = { .arena = arena } };

	for (; patterns && *patterns; patterns++)
		pattern_expand(&files, errors, *patterns);
	kg_list_push(arena, &files.paths, NULL);
	return files.paths.items;
}
