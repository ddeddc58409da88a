#include "graph/order.h"

#include <stdbool.h>

#include "engine/base/arena.h"

/*
 * Kahn's algorithm with a heap in the place of a queue: of all nodes whose needs are met, the one that stands first in the files
 * goes first. So a file that is in order already keeps its order, and a small change of it moves little. What is left when the
 * heap is empty is held up by cycles: one of them is told, its nodes are taken out, and the rest goes on as if they had been met,
 * so that the next cycle that is told is one that mending the first would not mend.
 */
struct ordering {
	struct kg_arena *scratch;
	const struct kg_order_rows *rows;
	uint32_t *first_user, *users; /* the rows turned around */
	uint32_t *waiting;            /* needs of a node that are not taken out yet */
	bool *is_out;
	uint32_t *heap, heap_count; /* nodes with nothing to wait for; the lowest number on top */
	uint32_t *walk_of, *from;   /* of the search for cycles: the walk that came by last, the node that it came from */
	uint32_t *queue;
};

static void
heap_push(struct ordering *ordering, uint32_t node)
{
	uint32_t *heap = ordering->heap, at = ordering->heap_count++;

	for (uint32_t above; at > 0 && heap[above = (at - 1) / 2] > node; at = above)
		heap[at] = heap[above];
	heap[at] = node;
}

static uint32_t
heap_pop(struct ordering *ordering)
{
	uint32_t *heap = ordering->heap, top = heap[0], count = --ordering->heap_count, last = heap[count], at = 0;

	for (uint32_t below; (below = 2 * at + 1) < count; at = below) {
		if (below + 1 < count && heap[below + 1] < heap[below])
			below++;
		if (heap[below] >= last)
			break;
		heap[at] = heap[below];
	}
	heap[at] = last;
	return top;
}

static void
users_find(struct ordering *ordering)
{
	const struct kg_order_rows *rows = ordering->rows;
	uint32_t edges = rows->first[rows->count];
	uint32_t *first = kg_new_array(ordering->scratch, uint32_t, rows->count + 1);
	uint32_t *next = kg_new_array(ordering->scratch, uint32_t, rows->count + 1);

	ordering->first_user = first;
	ordering->users = kg_new_array(ordering->scratch, uint32_t, edges);
	for (uint32_t edge = 0; edge < edges; edge++)
		first[rows->needs[edge] + 1]++;
	for (uint32_t node = 0; node < rows->count; node++)
		next[node + 1] = first[node + 1] += first[node];
	for (uint32_t node = 0; node < rows->count; node++)
		for (uint32_t edge = rows->first[node]; edge < rows->first[node + 1]; edge++)
			ordering->users[next[rows->needs[edge]]++] = node;
}

static void
take_out(struct ordering *ordering, uint32_t node)
{
	ordering->is_out[node] = true;
	for (uint32_t at = ordering->first_user[node]; at < ordering->first_user[node + 1]; at++) {
		uint32_t user = ordering->users[at];

		if (--ordering->waiting[user] == 0 && !ordering->is_out[user])
			heap_push(ordering, user);
	}
}

/*
 * Follows the first need that is left from node to node until it comes by a node a second time: that one is on a cycle. Every
 * node that is left has such a need, or it would be out.
 */
static uint32_t
cycle_member(struct ordering *ordering, uint32_t start, uint32_t walk)
{
	const struct kg_order_rows *rows = ordering->rows;
	uint32_t node = start;

	while (ordering->walk_of[node] != walk) {
		uint32_t edge = rows->first[node];

		ordering->walk_of[node] = walk;
		while (ordering->is_out[rows->needs[edge]])
			edge++;
		node = rows->needs[edge];
	}
	return node;
}

/* The nodes between member and itself: breadth first, so that the cycle is the shortest one that member is on. */
static struct kg_cycle
cycle_around(struct kg_arena *arena, struct ordering *ordering, uint32_t member, uint32_t walk)
{
	const struct kg_order_rows *rows = ordering->rows;
	uint32_t head = 0, tail = 0, last = UINT32_MAX;

	ordering->queue[tail++] = member;
	ordering->walk_of[member] = walk;
	ordering->from[member] = UINT32_MAX;
	while (last == UINT32_MAX) {
		uint32_t node = ordering->queue[head++];

		for (uint32_t edge = rows->first[node]; edge < rows->first[node + 1]; edge++) {
			uint32_t need = rows->needs[edge];

			if (need == member)
				last = node;
			if (ordering->is_out[need] || ordering->walk_of[need] == walk)
				continue;
			ordering->walk_of[need] = walk;
			ordering->from[need] = node;
			ordering->queue[tail++] = need;
		}
	}

	struct kg_cycle cycle = { 0 };
	uint32_t lowest = last;
	for (uint32_t node = last; node != UINT32_MAX; node = ordering->from[node], cycle.count++)
		lowest = node < lowest ? node : lowest;
	cycle.nodes = kg_new_array(arena, uint32_t, cycle.count);

	/* Backwards from `last`, written so that the lowest comes to stand first. */
	uint32_t shift = 0, at = cycle.count;
	for (uint32_t node = last; node != lowest; node = ordering->from[node])
		shift++;
	shift = cycle.count - 1 - shift;
	for (uint32_t node = last; node != UINT32_MAX; node = ordering->from[node])
		cycle.nodes[(--at + cycle.count - shift) % cycle.count] = node;
	return cycle;
}

static void
drain(struct ordering *ordering, struct kg_order *order)
{
	while (ordering->heap_count > 0) {
		uint32_t node = heap_pop(ordering);

		if (order->cycle_count == 0)
			order->nodes[order->count++] = node;
		take_out(ordering, node);
	}
}

static void
cycles_find(struct kg_arena *arena, struct ordering *ordering, struct kg_order *order)
{
	uint32_t count = ordering->rows->count, walk = 0;

	ordering->walk_of = kg_new_array(ordering->scratch, uint32_t, count);
	ordering->from = kg_new_array(ordering->scratch, uint32_t, count);
	ordering->queue = kg_new_array(ordering->scratch, uint32_t, count);
	order->cycles = kg_new_array(arena, struct kg_cycle, kg_order_cycles_max);
	for (uint32_t node = 0; node < count && order->cycle_count < kg_order_cycles_max;) {
		if (ordering->is_out[node]) {
			node++;
			continue;
		}
		uint32_t member = cycle_member(ordering, node, ++walk);
		struct kg_cycle cycle = cycle_around(arena, ordering, member, ++walk);

		order->cycles[order->cycle_count++] = cycle;
		for (uint32_t i = 0; i < cycle.count; i++)
			ordering->is_out[cycle.nodes[i]] = true;
		for (uint32_t i = 0; i < cycle.count; i++)
			take_out(ordering, cycle.nodes[i]);
		drain(ordering, order);
	}
}

struct kg_order
kg_order_find(struct kg_arena *arena, const struct kg_order_rows *rows)
{
	struct kg_arena *scratch = kg_arena_make();
	struct ordering ordering = {
		.scratch = scratch,
		.rows = rows,
		.waiting = kg_new_array(scratch, uint32_t, rows->count),
		.is_out = kg_new_array(scratch, bool, rows->count),
		.heap = kg_new_array(scratch, uint32_t, rows->count),
	};
	struct kg_order order = { .nodes = kg_new_array(arena, uint32_t, rows->count) };

	users_find(&ordering);
	for (uint32_t node = 0; node < rows->count; node++) {
		ordering.waiting[node] = rows->first[node + 1] - rows->first[node];
		if (ordering.waiting[node] == 0)
			heap_push(&ordering, node);
	}
	drain(&ordering, &order);
	if (order.count < rows->count)
		cycles_find(arena, &ordering, &order);
	kg_arena_free(scratch);
	return order;
}
