/*
 * Which file a program's name means: along a node's `search` folders, then along PATH.
 *
 *     const char *path = kg_program_find(arena, common->search, "initdb", folder);     "/usr/lib/postgresql/15/bin/initdb", or NULL
 *
 * Asks the file system; any thread.
 */
#pragma once

struct kg_arena;
struct kg_common;

/* A name with a slash is taken from folder. Of a search folder with wildcards the highest version that has the program wins. */
const char *kg_program_find(struct kg_arena *arena, const char *const *search, const char *name, const char *folder);
/* The PATH of the node's programs: the search folders that exist, and the standard ones. */
const char *kg_program_path(struct kg_arena *arena, const char *const *search, const char *folder);
