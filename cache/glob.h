/*
 * Which files a list of patterns means.
 *
 *     error = kg_glob_expand(arena, "/srv/app", patterns, ignore, &files);
 *
 * `*` and `?` do not cross a slash, `[a-z]` is a class, `**` is any number of folders, `{a,b}` either, a backslash takes the
 * next character as it is. A name that starts with a dot is met by `*` only
 * where the pattern has the dot, as in a shell, except behind `**`, which never enters hidden folders. A pattern without any of
 * these names one file or folder; a folder stands for all
 * files below it. Blocking; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;
struct kg_error;

struct kg_files {
	const char **paths; /* absolute, sorted, each once; links are not followed, folders are not listed */
	uint32_t count, room;
};

/* Adds a path, which is not copied. */
void kg_files_add(struct kg_arena *arena, struct kg_files *files, const char *path);
/* Sorts as bytes and takes doubles out. */
void kg_files_sort(struct kg_files *files);

/*
 * patterns (relative to folder, or absolute) and ignore end with NULL; ignore may be NULL: patterns in the manner of .gitignore
 * (cache/ignore.h), relative to folder. They hold for what wildcards and folders lead to; what a pattern names up to its first wildcard is
 * taken, ignored or not. .git and .kgraph are entered only when they are named so.
 *
 * A wildcard at the end means files, not folders, unless a slash stands behind it: then all below the folders that it meets. A pattern without a
 * wildcard that names nothing adds the path itself, so that the absence of the file is seen by whoever looks at it; a wildcard that meets
 * nothing adds nothing. Each folder is read at most once.
 *
 * Adds to *files, which may hold some already. KG_EINPUT for a malformed pattern, KG_ESYSTEM for a folder that cannot be read.
 */
[[nodiscard]] struct kg_error *kg_glob_expand(
    struct kg_arena *arena, const char *folder, const char *const *patterns, const char *const *ignore, struct kg_files *files);
/* Whether one path of a file (relative, tidy) is met by one pattern (relative). A malformed pattern meets nothing. Pure. */
bool kg_glob_matches(const char *pattern, const char *path);
/* Whether the text has a wildcard. */
bool kg_glob_is_pattern(const char *text);
