#include "engine/run/program.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

/* What a program finds as PATH beside the search folders: the same on every machine, so that it need not count in the fingerprint. */
static const char standard_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static bool
is_program(const char *path)
{
	struct stat stat_buffer;

	return stat(path, &stat_buffer) == 0 && S_ISREG(stat_buffer.st_mode) && access(path, X_OK) == 0;
}

static int
version_descending(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)b, *(const char *const *)a);
}

/* Calls found for each folder that the search entry means, the highest version first, until it says true. */
static bool
search_each(struct kg_arena *arena, const char *entry, const char *folder, bool (*found)(void *, const char *), void *context)
{
	glob_t matches;
	bool stop = false;

	if (glob(kg_path_join(arena, folder, entry), GLOB_ONLYDIR | GLOB_NOSORT, NULL, &matches) != 0)
		return false;
	qsort(matches.gl_pathv, matches.gl_pathc, sizeof(*matches.gl_pathv), version_descending);
	for (size_t i = 0; i < matches.gl_pathc && !stop; i++)
		stop = found(context, matches.gl_pathv[i]);
	globfree(&matches);
	return stop;
}

struct finding {
	struct kg_arena *arena;
	const char *name, *path;
	struct kg_text folders;
};

static bool
program_in(void *context, const char *folder)
{
	struct finding *finding = context;
	const char *path = kg_path_join(finding->arena, folder, finding->name);

	if (!is_program(path))
		return false;
	finding->path = path;
	return true;
}

const char *
kg_program_find(struct kg_arena *arena, const char *const *search, const char *name, const char *folder)
{
	struct finding finding = { .arena = arena, .name = name };

	if (strchr(name, '/')) {
		const char *path = kg_path_join(arena, folder, name);

		return is_program(path) ? path : NULL;
	}
	for (; search && *search; search++)
		if (search_each(arena, *search, folder, program_in, &finding))
			return finding.path;

	const char *path = getenv("PATH");
	for (const char *at = path ? path : standard_path; *at;) {
		size_t length = strcspn(at, ":");

		if (length > 0 && program_in(&finding, kg_copy_bytes(arena, at, length)))
			return finding.path;
		at += length + (at[length] == ':');
	}
	return NULL;
}

static bool
folder_add(void *context, const char *folder)
{
	struct finding *finding = context;

	kg_text_add(&finding->folders, folder);
	kg_text_add(&finding->folders, ":");
	return false;
}

const char *
kg_program_path(struct kg_arena *arena, const char *const *search, const char *folder)
{
	struct finding finding = { .arena = arena, .folders.arena = arena };

	for (; search && *search; search++)
		search_each(arena, *search, folder, folder_add, &finding);
	kg_text_add(&finding.folders, standard_path);
	return kg_text_end(&finding.folders);
}
