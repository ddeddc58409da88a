/*
 * The files of an image's build context as its builder gets them, each with a digest of all that counts of it.
 *
 *     error = kg_context_rules_read(arena, ".dockerignore", bytes, size, &rules);
 *     error = kg_context_read(arena, cache, "/srv/app", rules, "app/", &files);
 *     for (uint32_t i = 0; i < files.count; i++) ...      "app/src/" "app/src/main.c"
 *
 * All below the folder but what the rules leave out; a folder that they leave out counts when something in it counts. Links are told and not
 * followed. What counts of each: where it is in the context, its type, its permissions but the group's to write, and its content or where it leads
 * (docs/decisions/context.md). Sockets are passed over, as the builders do; so are folders that are called .kgraph: what a run writes there
 * must not change what it is made of.
 */
#pragma once

#include <stdint.h>

#include "cache/digest.h"

struct kg_arena;
struct kg_context_rules;
struct kg_error;
struct kg_file_state;
struct kg_stat_cache;

struct kg_context_file {
	const char *name; /* the prefix, and the path in the context; a folder's ends with a slash */
	struct kg_digest digest;
};

struct kg_context_files {
	struct kg_context_file *items; /* sorted by name as bytes */
	uint32_t count, room;
};

/*
 * Blocking; any thread. Takes a second thread for a tree that is worth it. KG_ESYSTEM for what cannot be read, with sys ENOENT or ENOTDIR when there
 * is no such folder; what goes away meanwhile is as if it had never been there.
 */
[[nodiscard]] struct kg_error *kg_context_read(struct kg_arena *arena, struct kg_stat_cache *cache, const char *folder,
    const struct kg_context_rules *rules, const char *prefix, struct kg_context_files *ret_files);
/* What counts of one file that is no folder, as kg_context_read has it. */
struct kg_digest kg_context_digest(const struct kg_file_state *state);
