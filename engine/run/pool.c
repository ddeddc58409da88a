/*
 * How many nodes run at once: each pool has a width, a sum of memory, or both, and a queue in which the node with the longest way to the end of
 * the graph is first, so that the critical path never waits behind something short.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/run/state.h"

/* The pools that are there without being declared, by their index. */
enum { POOL_CPU, POOL_NONE, POOL_BUILD, POOL_GIVEN };

/* What the machine has, or the control group that all of this runs in, as in a container. */
static int64_t
machine_memory_bytes(void)
{
	int64_t bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE), limit;
	FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");

	if (file && fscanf(file, "%" SCNd64, &limit) == 1 && limit > 0 && limit < bytes)
		bytes = limit;
	if (file)
		fclose(file);
	return bytes;
}

static uint32_t
default_width(const struct kg_run *run)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (run->options.jobs > 0)
		return run->options.jobs;
	return cores > 0 ? (uint32_t)cores : 1;
}

static struct kg_pool_state *
pool_named(struct kg_run *run, const char *name)
{
	for (uint32_t i = 0; i < run->pool_count; i++)
		if (strcmp(run->pools[i].name, name) == 0)
			return &run->pools[i];
	return NULL;
}

void
kg_pools_make(struct kg_run *run)
{
	const struct kg_graph *graph = run->graph;

	run->pools = kg_new_array(run->arena, struct kg_pool_state, graph->pool_count + POOL_GIVEN);
	run->pools[POOL_CPU] = (struct kg_pool_state){ .name = "cpu", .width = default_width(run) };
	/* Without a name and without a limit: starting a daemon or asking a database keeps no core busy, and must not wait behind a compiler. */
	run->pools[POOL_NONE] = (struct kg_pool_state){ .name = "" };
	/* A quarter is left to what the run has started already. */
	run->pools[POOL_BUILD] = (struct kg_pool_state){ .name = "build", .memory_bytes = machine_memory_bytes() / 4 * 3 };
	run->pool_count = POOL_GIVEN;
	for (uint32_t i = 0; i < graph->pool_count; i++) {
		const struct kg_pool *pool = &graph->pools[i];
		const char *name = kg_graph_text(graph, pool->name);
		struct kg_pool_state *state = pool_named(run, name);

		if (!state)
			state = &run->pools[run->pool_count++];

		state->name = name;
		/* What the command line says of `cpu` counts more than the file. */
		if (state != &run->pools[POOL_CPU] || (pool->width > 0 && run->options.jobs == 0))
			state->width = pool->width;
		state->memory_bytes = pool->memory_bytes;
	}
}

static struct kg_pool_state *
pool_of(struct kg_run *run, uint32_t node)
{
	const struct kg_operation *operation = run->tasks[node].operation;
	const char *name = operation->job.common->pool ? operation->job.common->pool : operation->kind->pool;

	if (!name)
		return &run->pools[operation->kind->computes ? POOL_CPU : POOL_NONE];
	struct kg_pool_state *pool = pool_named(run, name);
	return pool ? pool : &run->pools[POOL_CPU];
}

static int64_t
memory_of(struct kg_run *run, uint32_t node)
{
	const struct kg_operation *operation = run->tasks[node].operation;
	int64_t said = operation->job.common->memory_bytes;

	return said > 0 ? said : operation->kind->memory_bytes;
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
