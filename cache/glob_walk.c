#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cache/glob.h"
#include "cache/glob_set.h"
#include "cache/ignore.h"
#include "cache/walk.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/base/path.h"

/*
 * Each pattern starts in the folder that it names up to its first wildcard. Where one starts within what another one walks through, the walk
 * takes the start along as it comes by, so that a folder is read once. Shorter paths come first; what was not come by (a start in an ignored
 * folder) is walked on its own.
 */
struct start {
	const char *path;
	struct kg_glob_states states;
	bool is_taken;
};

struct visit {
	const char *path;
	struct kg_glob_states states;
};

struct expansion {
	struct kg_arena *arena, *scratch;
	const char *folder;
	struct kg_ignore *ignore;
	struct kg_globs globs;
	struct kg_files *files;
	struct kg_map start_indexes; /* by path */
	KG_LIST(struct start) starts;
	KG_LIST(struct visit) visits; /* folders to read, last first */
};

static void
start_add(struct expansion *expansion, const char *path, uint32_t part)
{
	uint32_t index;

	if (!kg_map_get(&expansion->start_indexes, path, &index)) {
		index = expansion->starts.count;
		kg_list_push(expansion->scratch, &expansion->starts, (struct start){ .path = path });
		kg_map_put(&expansion->start_indexes, path, index);
	}
	kg_globs_start(&expansion->globs, expansion->scratch, part, &expansion->starts.items[index].states);
}

/* A pattern without a wildcard: a folder is walked, anything else is what it names, there or not. */
static void
literal_add(struct expansion *expansion, const char *path, const struct kg_glob *glob)
{
	const struct kg_glob_part *end = &expansion->globs.items[glob->first + glob->count];
	struct stat stat_buffer;
	int status = end->is_folder ? stat(path, &stat_buffer) : lstat(path, &stat_buffer);

	if (status == 0 && S_ISDIR(stat_buffer.st_mode))
		start_add(expansion, path, glob->first + glob->count);
	else
		kg_files_add(expansion->arena, expansion->files, kg_copy(expansion->arena, path));
}

static const char *
pattern_add(struct expansion *expansion, const char *pattern)
{
	struct kg_glob glob;
	const char *wrong = kg_globs_add(&expansion->globs, pattern, &glob);
	const char *path = glob.is_absolute ? "/" : expansion->folder;
	uint32_t part = glob.first;

	if (wrong)
		return wrong;
	for (; expansion->globs.items[part].type == KG_GLOB_LITERAL; part++)
		path = kg_path_join(
		    expansion->scratch, path, kg_format(expansion->scratch, "./%s", expansion->globs.items[part].text));
	if (expansion->globs.items[part].type == KG_GLOB_END)
		literal_add(expansion, path, &glob);
	else
		start_add(expansion, path, part);
	return NULL;
}

static struct kg_error *
patterns_add(struct expansion *expansion, const char *const *patterns)
{
	for (; *patterns; patterns++) {
		struct kg_texts texts = { 0 };
		const char *wrong = kg_glob_braces(expansion->scratch, *patterns, &texts);

		for (uint32_t i = 0; i < texts.count && !wrong; i++)
			wrong = pattern_add(expansion, texts.items[i]);
		if (wrong)
			return kg_error_make(expansion->arena, KG_EINPUT, "the pattern `%s` is malformed: %s", *patterns, wrong);
	}
	return NULL;
}

/* What starts at path as well joins the states that a walk has brought there. */
static void
start_take(struct expansion *expansion, const char *path, struct kg_glob_states *states)
{
	uint32_t index;

	if (!kg_map_get(&expansion->start_indexes, path, &index) || expansion->starts.items[index].is_taken)
		return;
	struct start *start = &expansion->starts.items[index];
	start->is_taken = true;
	states->is_all |= start->states.is_all;
	for (uint32_t i = 0; i < start->states.count; i++)
		kg_globs_start(&expansion->globs, expansion->scratch, start->states.items[i], states);
}

static const char *
path_below(struct kg_arena *arena, const char *folder, const char *name)
{
	return kg_format(arena, "%s%s%s", folder, folder[1] == '\0' ? "" : "/", name);
}

static bool
is_ignored(const struct expansion *expansion, const char *path, bool is_folder)
{
	const char *inside = kg_path_inside(expansion->folder, path);

	return inside != path && kg_ignore_matches(expansion->ignore, inside, is_folder);
}

static void
name_visit(struct expansion *expansion, const struct visit *visit, const struct kg_name *name)
{
	bool is_folder = name->type == KG_FILE_FOLDER;
	struct kg_glob_states states = { 0 };

	/* Sockets and the like have no content. */
	if (name->type == KG_FILE_OTHER)
		return;
	bool is_met = kg_globs_step(
	    &expansion->globs, expansion->scratch, &visit->states, name->name, (uint32_t)strlen(name->name), is_folder, &states);

	if (!is_met && states.count == 0 && !states.is_all)
		return;
	const char *path = path_below(expansion->scratch, visit->path, name->name);
	if (is_ignored(expansion, path, is_folder))
		return;
	if (is_met)
		kg_files_add(expansion->arena, expansion->files, kg_copy(expansion->arena, path));
	if (!is_folder)
		return;
	start_take(expansion, path, &states);
	kg_list_push(expansion->scratch, &expansion->visits, (struct visit){ path, states });
}

/* Where all that is looked for is called by name there is no need to read the folder. */
static bool
names_are_known(const struct expansion *expansion, const struct visit *visit)
{
	for (uint32_t i = 0; i < visit->states.count; i++)
		if (expansion->globs.items[visit->states.items[i]].type != KG_GLOB_LITERAL)
			return false;
	return !visit->states.is_all;
}

static void
names_ask(struct expansion *expansion, const struct visit *visit, struct kg_names *names)
{
	for (uint32_t i = 0; i < visit->states.count; i++) {
		const char *name = expansion->globs.items[visit->states.items[i]].text;
		struct stat stat;
		bool is_double = false;

		for (uint32_t j = 0; j < names->count; j++)
			is_double |= strcmp(names->items[j].name, name) == 0;
		if (is_double || lstat(path_below(expansion->scratch, visit->path, name), &stat) < 0)
			continue;
		kg_list_push(
		    expansion->scratch, names, (struct kg_name){ name, S_ISDIR(stat.st_mode) ? KG_FILE_FOLDER : KG_FILE_REGULAR });
	}
}

static struct kg_error *
folder_visit(struct expansion *expansion, const struct visit *visit)
{
	struct kg_error *error = NULL;
	struct kg_names names = { 0 };

	if (names_are_known(expansion, visit))
		names_ask(expansion, visit, &names);
	else
		error = kg_walk_folder(expansion->scratch, visit->path, &names);
	/* One that is not there, or went away meanwhile, is empty. */
	if (error && error->sys != ENOENT && error->sys != ENOTDIR)
		return kg_error_copy(expansion->arena, error);
	for (uint32_t i = 0; i < names.count; i++)
		name_visit(expansion, visit, &names.items[i]);
	return NULL;
}

static int
start_order(const void *left, const void *right)
{
	const struct start *a = left, *b = right;

	return strcmp(a->path, b->path);
}

static struct kg_error *
starts_walk(struct expansion *expansion)
{
	struct kg_error *error = NULL;

	/* A folder comes before what is below it. */
	if (expansion->starts.count > 1)
		qsort(expansion->starts.items, expansion->starts.count, sizeof(*expansion->starts.items), start_order);
	for (uint32_t i = 0; i < expansion->starts.count; i++)
		kg_map_put(&expansion->start_indexes, expansion->starts.items[i].path, i);
	for (uint32_t i = 0; i < expansion->starts.count && !error; i++) {
		struct start *start = &expansion->starts.items[i];

		if (start->is_taken)
			continue;
		start->is_taken = true;
		kg_list_push(expansion->scratch, &expansion->visits, (struct visit){ start->path, start->states });
		while (expansion->visits.count > 0 && !error) {
			struct visit visit = expansion->visits.items[--expansion->visits.count];

			error = folder_visit(expansion, &visit);
		}
	}
	return error;
}

struct kg_error *
kg_glob_expand(
    struct kg_arena *arena, const char *folder, const char *const *patterns, const char *const *ignore, struct kg_files *files)
{
	struct kg_arena *scratch = kg_arena_make();
	struct expansion expansion = {
		.arena = arena,
		.scratch = scratch,
		.folder = kg_path_join(scratch, folder, "."),
		.globs = { .arena = scratch },
		.files = files,
		.start_indexes = { .arena = scratch },
	};
	struct kg_error *error = kg_ignore_read(scratch, ignore, &expansion.ignore);

	if (error)
		error = kg_error_copy(arena, error);
	if (!error)
		error = patterns_add(&expansion, patterns);
	if (!error)
		error = starts_walk(&expansion);
	if (!error)
		kg_files_sort(files);
	kg_arena_free(scratch);
	return error;
}
