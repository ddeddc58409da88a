/*
 * The walk through a build context, by as many threads as it is worth; for cache/context.c alone.
 *
 *     error = kg_context_walk(arena, cache, folder, rules, &tree);
 *     for (folder = tree.newest; folder; folder = folder->older) ...
 *     kg_context_tree_free(&tree);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cache/digest.h"

struct kg_arena;
struct kg_context_rules;
struct kg_error;
struct kg_stat_cache;

struct kg_context_entry {
	const char *name;
	struct kg_context_folder *below; /* NULL: no folder */
	struct kg_digest digest;
	uint32_t size;
	bool counts;
	bool is_regular; /* as the folder's listing says */
};

struct kg_context_folder {
	struct kg_context_folder *above; /* NULL: the context itself */
	struct kg_context_folder *older; /* in the order in which they were found: what is above is older */
	const char *path;                /* in the context, with a slash at the end; "": the context itself */
	uint32_t path_size;
	uint32_t index;                   /* of its entry in the one above */
	struct kg_context_entry *entries; /* sorted by name as bytes, a slash behind those of folders */
	uint32_t count, next;             /* next: where the caller is */
	uint64_t *state;                  /* of the rules */
};

#define KG_CONTEXT_THREADS_MAX 4

struct kg_context_tree {
	struct kg_context_folder *root, *newest;
	struct kg_arena *arenas[KG_CONTEXT_THREADS_MAX]; /* of the threads: what the tree is made of */
	uint32_t arena_count;
};

/* Errors are those of kg_context_read; then there is no tree. */
[[nodiscard]] struct kg_error *kg_context_walk(struct kg_arena *arena, struct kg_stat_cache *cache, const char *folder,
    const struct kg_context_rules *rules, struct kg_context_tree *ret_tree);
void kg_context_tree_free(struct kg_context_tree *tree);
