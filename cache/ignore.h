/*
 * What is left out, by patterns in the manner of .gitignore.
 *
 *     error = kg_ignore_read(arena, (const char *const[]){ "*.o", "/build/", "!keep.o", NULL }, &ignore);
 *     if (kg_ignore_matches(ignore, "src/main.o", false)) ...
 *
 * The rules are those of gitignore(5): later patterns win, "!" takes back, a slash at the end means folders only, one at the start or in the middle
 * binds to the folder of the list, `**` between slashes is any number of folders; `*` and `?` meet a dot at the start as well. What is below an
 * ignored folder cannot be taken back: who walks does not enter it.
 */
#pragma once

#include <stdbool.h>

struct kg_arena;
struct kg_error;
struct kg_ignore;

/* lines end with NULL; NULL as a whole is none. Empty ones and those that start with "#" are skipped. KG_EINPUT for a malformed one. */
[[nodiscard]] struct kg_error *kg_ignore_read(struct kg_arena *arena, const char *const *lines, struct kg_ignore **ret_ignore);
/* path: relative to the folder of the list, without "." and "..". Pure. */
bool kg_ignore_matches(const struct kg_ignore *ignore, const char *path, bool is_folder);
