/*
 * What is in folders.
 *
 *     error = kg_walk_folder(arena, "/srv/app", &names);       one folder
 *     error = kg_walk_tree(arena, "/srv/app", &names);         all below it: "build", "build/main.o", …
 *
 * Links are told and not followed, but for the start itself. Blocking; any thread.
 */
#pragma once

#include <stdint.h>

#include "cache/stat_cache.h"

struct kg_arena;
struct kg_error;

struct kg_name {
	const char *name; /* relative to the start */
	enum kg_file_type type;
};

struct kg_names {
	struct kg_name *items;
	uint32_t count, room;
};

/* Adds what is directly in the folder, in no order. KG_ESYSTEM, with sys ENOENT or ENOTDIR when there is no such folder. */
[[nodiscard]] struct kg_error *kg_walk_folder(struct kg_arena *arena, const char *path, struct kg_names *names);
/* Adds all below, sorted by name as bytes. A folder that goes away meanwhile counts as empty. */
[[nodiscard]] struct kg_error *kg_walk_tree(struct kg_arena *arena, const char *path, struct kg_names *names);
