/*
 * The order in which nodes can be made, and where they need each other in a circle.
 *
 *     struct kg_order order = kg_order_find(arena, &(struct kg_order_rows){ count, first, needs });
 *     if (order.cycle_count == 0)
 *         use(order.nodes);
 *
 * Pure, iterative; n log n + e.
 */
#pragma once

#include <stdint.h>

struct kg_arena;

/* Who needs whom, in compressed rows: i needs needs[first[i]] up to needs[first[i + 1] - 1]. first has count + 1 items. */
struct kg_order_rows {
	uint32_t count;
	const uint32_t *first, *needs;
};

/* Each needs the next one, the last one needs the first. Starts with the lowest number. */
struct kg_cycle {
	uint32_t *nodes;
	uint32_t count;
};

struct kg_order {
	uint32_t *nodes; /* each behind all that it needs; those that need no order stay as they were numbered */
	uint32_t count;  /* less than the rows' when there are cycles: what a cycle holds up is missing */
	struct kg_cycle *cycles;
	uint32_t cycle_count; /* at most kg_order_cycles_max; no node is in two of them */
};

/* More would not be read by anyone, and each costs a walk over the graph. */
static constexpr uint32_t kg_order_cycles_max = 8;

struct kg_order kg_order_find(struct kg_arena *arena, const struct kg_order_rows *rows);
