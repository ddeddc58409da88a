/*
 * How many nodes run at once: each pool has a width, a sum of memory, or both, and a queue in which the node with the longest way to the end of
 * the graph is first, so that the critical path never waits behind something short.
 */

#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/run/state.h"

static uint32_t
default_width(const struct kg_run *run)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (run->options.jobs > 0)
		return run->options.jobs;
	return cores > 0 ? (uint32_t)cores : 1;
}

void
kg_pools_make(struct kg_run *run)
{
	const struct kg_graph *graph = run->graph;

	run->pools = kg_new_array(run->arena, struct kg_pool_state, graph->pool_count + 2);
	run->pools[0] = (struct kg_pool_state){ .name = "cpu", .width = default_width(run) };
	/* Without a name and without a limit: starting a daemon or asking a database keeps no core busy, and must not wait behind a compiler. */
	run->pools[1] = (struct kg_pool_state){ .name = "" };
	run->pool_count = 2;
	for (uint32_t i = 0; i < graph->pool_count; i++) {
		const struct kg_pool *pool = &graph->pools[i];
		const char *name = kg_graph_text(graph, pool->name);
		struct kg_pool_state *state = strcmp(name, "cpu") == 0 ? &run->pools[0] : &run->pools[run->pool_count++];

		state->name = name;
		/* What the command line says of `cpu` counts more than the file. */
		if (state != &run->pools[0] || (pool->width > 0 && run->options.jobs == 0))
			state->width = pool->width;
		state->memory_bytes = pool->memory_bytes;
	}
}

static struct kg_pool_state *
pool_of(struct kg_run *run, uint32_t node)
{
	const struct kg_operation *operation = run->tasks[node].operation;
	const char *name = operation->job.common->pool;

	if (!name)
		return &run->pools[operation->kind->computes ? 0 : 1];
	for (uint32_t i = 2; i < run->pool_count; i++)
		if (strcmp(run->pools[i].name, name) == 0)
			return &run->pools[i];
	return &run->pools[0];
}

static int64_t
memory_of(struct kg_run *run, uint32_t node)
{
	return run->tasks[node].operation->job.common->memory_bytes;
}

static bool
goes_first(const struct kg_run *run, uint32_t a, uint32_t b)
{
	int64_t a_ns = run->tasks[a].path_ns, b_ns = run->tasks[b].path_ns;

	return a_ns != b_ns ? a_ns > b_ns : a < b;
}

static void
swap(uint32_t *a, uint32_t *b)
{
	uint32_t kept = *a;

	*a = *b;
	*b = kept;
}

void
kg_pool_push(struct kg_run *run, uint32_t node)
{
	struct kg_pool_state *pool = pool_of(run, node);

	kg_list_push(run->arena, &pool->heap, node);
	for (uint32_t at = pool->heap.count - 1; at > 0 && goes_first(run, pool->heap.items[at], pool->heap.items[(at - 1) / 2]);
	    at = (at - 1) / 2)
		swap(&pool->heap.items[at], &pool->heap.items[(at - 1) / 2]);
}

static uint32_t
heap_take(struct kg_run *run, struct kg_pool_state *pool)
{
	uint32_t *items = pool->heap.items, first = items[0], count = --pool->heap.count;

	items[0] = items[count];
	for (uint32_t at = 0;;) {
		uint32_t best = at;

		for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < count && goes_first(run, items[child], items[best]))
				best = child;
		if (best == at)
			return first;
		swap(&items[at], &items[best]);
		at = best;
	}
}

/* What alone needs more memory than the pool has still runs, alone. */
static bool
has_place(struct kg_run *run, const struct kg_pool_state *pool)
{
	if (pool->heap.count == 0 || (pool->width > 0 && pool->running >= pool->width))
		return false;
	if (pool->memory_bytes == 0 || pool->running == 0)
		return true;
	return pool->memory_used_bytes + memory_of(run, pool->heap.items[0]) <= pool->memory_bytes;
}

uint32_t
kg_pool_pop(struct kg_run *run)
{
	for (uint32_t i = 0; i < run->pool_count; i++) {
		struct kg_pool_state *pool = &run->pools[i];

		if (!has_place(run, pool))
			continue;
		uint32_t node = heap_take(run, pool);
		pool->running++;
		pool->memory_used_bytes += memory_of(run, node);
		return node;
	}
	return KG_NO_NODE;
}

void
kg_pool_give_back(struct kg_run *run, uint32_t node)
{
	struct kg_pool_state *pool = pool_of(run, node);

	pool->running--;
	pool->memory_used_bytes -= memory_of(run, node);
}

void
kg_pools_empty(struct kg_run *run, void (*dropped)(struct kg_run *run, uint32_t node))
{
	for (uint32_t i = 0; i < run->pool_count; i++)
		while (run->pools[i].heap.count > 0)
			dropped(run, heap_take(run, &run->pools[i]));
}
