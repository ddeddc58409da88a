/*
 * A growing array in an arena.
 *
 *     KG_LIST(uint32_t) ready = { 0 };
 *     kg_list_push(arena, &ready, node);
 *     for (uint32_t i = 0; i < ready.count; i++) use(ready.items[i]);
 *
 * Growing doubles the room and leaves the old array to the arena, so a list costs at most twice its final size.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kg_arena;

#define KG_LIST(type)                 \
	struct {                      \
		type *items;          \
		uint32_t count, room; \
	}

/* Makes room for one more element of size_bytes and returns the array, moved when it had to grow. */
void *kg_list_grow(struct kg_arena *arena, void *items, uint32_t count, uint32_t *room, size_t size_bytes);

#define kg_list_push(arena, list, ...)                                                                               \
	((list)->items = kg_list_grow((arena), (list)->items, (list)->count, &(list)->room, sizeof(*(list)->items)), \
	    (list)->items[(list)->count++] = (__VA_ARGS__))
