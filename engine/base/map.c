#include "engine/base/map.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/hash.h"

/* The slot that holds the key, or the free one where it belongs. */
static struct kg_map_slot *
slot_find(struct kg_map_slot *slots, uint32_t room, const char *key, size_t length, uint64_t hash)
{
	uint32_t at = (uint32_t)hash & (room - 1);

	while (slots[at].key) {
		if (slots[at].hash == hash && slots[at].length == length && memcmp(slots[at].key, key, length) == 0)
			break;
		at = (at + 1) & (room - 1);
	}
	return &slots[at];
}

static void
map_grow(struct kg_map *map)
{
	uint32_t room = map->room ? map->room * 2 : 16;
	struct kg_map_slot *slots = kg_new_array(map->arena, struct kg_map_slot, room);

	for (uint32_t i = 0; i < map->room; i++) {
		const struct kg_map_slot *old = &map->slots[i];

		if (old->key)
			*slot_find(slots, room, old->key, old->length, old->hash) = *old;
	}
	map->slots = slots;
	map->room = room;
}

bool
kg_map_put_bytes(struct kg_map *map, const char *key, size_t length, uint32_t value)
{
	if (map->count * 2 >= map->room)
		map_grow(map);

	uint64_t hash = kg_hash_bytes(key, length);
	struct kg_map_slot *slot = slot_find(map->slots, map->room, key, length, hash);
	bool is_new = !slot->key;
	if (is_new) {
		*slot = (struct kg_map_slot){ .key = key, .length = (uint32_t)length, .hash = hash };
		map->count++;
	}
	slot->value = value;
	return is_new;
}

bool
kg_map_put(struct kg_map *map, const char *key, uint32_t value)
{
	return kg_map_put_bytes(map, key, strlen(key), value);
}

bool
kg_map_get_bytes(const struct kg_map *map, const char *key, size_t length, uint32_t *ret_value)
{
	if (map->room == 0)
		return false;

	const struct kg_map_slot *slot = slot_find(map->slots, map->room, key, length, kg_hash_bytes(key, length));
	if (!slot->key)
		return false;
	if (ret_value)
		*ret_value = slot->value;
	return true;
}

bool
kg_map_get(const struct kg_map *map, const char *key, uint32_t *ret_value)
{
	return kg_map_get_bytes(map, key, strlen(key), ret_value);
}
