/*
 * How much images take when what they share is counted once, as far as engines tell: they tell the size of each image and which layers it has, and not
 * the layers' sizes. The difference between an image and one that it was built upon is what it adds.
 *
 *     struct kg_layers layers = { .arena = arena };
 *     kg_layers_know(&layers, chain, 3, size_bytes);        for all images
 *     added += kg_layers_add(&layers, chain, 3, size_bytes); for those that count, in any order
 *
 * Pure.
 */
#pragma once

#include <stdint.h>

#include "engine/base/map.h"

struct kg_arena;

struct kg_layers {
	struct kg_arena *arena;
	struct kg_map known;   /* chain of layers → its index in sizes */
	struct kg_map counted; /* chains of what was added */
	struct {
		int64_t *items;
		uint32_t count, room;
	} sizes;
};

/* An image of these layers, the lowest first, has this size. */
void kg_layers_know(struct kg_layers *layers, const char *const *chain, uint32_t count, int64_t size_bytes);
/* What an image takes beside all that was added before it. */
int64_t kg_layers_add(struct kg_layers *layers, const char *const *chain, uint32_t count, int64_t size_bytes);
