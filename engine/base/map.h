/*
 * From a text to a number: names to nodes, keys to rows.
 *
 *     struct kg_map names = { .arena = arena };
 *     kg_map_put(&names, "postgresql", 3);
 *     uint32_t node;
 *     if (kg_map_get(&names, "postgresql", &node)) ...
 *
 * Keys are not copied: they must live as long as the map.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;

struct kg_map_slot {
	const char *key; /* NULL: free */
	uint32_t length, value;
	uint64_t hash;
};

struct kg_map {
	struct kg_arena *arena;
	struct kg_map_slot *slots;
	uint32_t count, room; /* room is a power of two, at least half of it free */
};

/* Sets key's value; true when the key is new. */
bool kg_map_put(struct kg_map *map, const char *key, uint32_t value);
bool kg_map_put_bytes(struct kg_map *map, const char *key, size_t length, uint32_t value);

/* False when there is no such key; ret_value may be NULL. */
bool kg_map_get(const struct kg_map *map, const char *key, uint32_t *ret_value);
bool kg_map_get_bytes(const struct kg_map *map, const char *key, size_t length, uint32_t *ret_value);
