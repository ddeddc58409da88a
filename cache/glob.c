#include "cache/glob.h"

#include <stdlib.h>
#include <string.h>

#include "cache/glob_set.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"

bool
kg_glob_is_pattern(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (strchr("*?[{", *text))
			return true;
	}
	return false;
}

static bool
one_matches(struct kg_arena *arena, const char *pattern, const char *path)
{
	struct kg_globs globs = { .arena = arena };
	struct kg_glob_states states = { 0 };
	struct kg_glob glob;
	bool is_met = false;

	if (kg_globs_add(&globs, pattern, &glob) || glob.is_absolute != (*path == '/'))
		return false;
	kg_globs_start(&globs, arena, glob.first, &states);
	for (const char *at = path + strspn(path, "/"); *at;) {
		uint32_t size = (uint32_t)strcspn(at, "/");
		const char *next = at + size + strspn(at + size, "/");
		struct kg_glob_states below = { 0 };

		is_met = kg_globs_step(&globs, arena, &states, at, size, *next != '\0', &below);
		states = below;
		at = next;
	}
	return is_met;
}

bool
kg_glob_matches(const char *pattern, const char *path)
{
	struct kg_arena *scratch = kg_arena_make();
	struct kg_texts texts = { 0 };
	bool is_met = false;

	if (!kg_glob_braces(scratch, pattern, &texts))
		for (uint32_t i = 0; i < texts.count && !is_met; i++)
			is_met = one_matches(scratch, texts.items[i], path);
	kg_arena_free(scratch);
	return is_met;
}

void
kg_files_add(struct kg_arena *arena, struct kg_files *files, const char *path)
{
	files->paths = kg_list_grow(arena, files->paths, files->count, &files->room, sizeof(*files->paths));
	files->paths[files->count++] = path;
}

static int
path_order(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

void
kg_files_sort(struct kg_files *files)
{
	uint32_t kept = 0;

	if (files->count > 1)
		qsort(files->paths, files->count, sizeof(*files->paths), path_order);
	for (uint32_t i = 0; i < files->count; i++)
		if (kept == 0 || strcmp(files->paths[kept - 1], files->paths[i]) != 0)
			files->paths[kept++] = files->paths[i];
	files->count = kept;
}
