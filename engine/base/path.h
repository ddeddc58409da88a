/*
 * Paths as texts; nothing here asks the file system, except where it says so.
 *
 *     const char *file = kg_path_join(arena, "/srv/app", "../lib/x.c");      "/srv/lib/x.c"
 */
#pragma once

#include <stdbool.h>

struct kg_arena;

/* folder and path made one and tidied ("." and ".." resolved as text, no double slashes); an absolute path stands for itself. "" is "."; what would climb above the root stays there. */
const char *kg_path_join(struct kg_arena *arena, const char *folder, const char *path);
/* All before the last slash: "/" for "/x", "." for "x". */
const char *kg_path_folder(struct kg_arena *arena, const char *path);
/* What comes after the last slash. */
const char *kg_path_name(const char *path);
/* path as seen from folder when it lies inside, else path itself. Both absolute and tidy. */
const char *kg_path_inside(const char *folder, const char *path);
/* The current folder; asks the system. "/" when it is gone. */
const char *kg_path_here(struct kg_arena *arena);
