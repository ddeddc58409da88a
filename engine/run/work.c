#include "engine/run/work.h"

#include <stdlib.h>

#include "engine/base/arena.h"

static void
work_do(void *data)
{
	struct kg_work *work = data;

	work->work(work);
}

static void
on_work_ended(struct kg_wait *wait)
{
	struct kg_work *work = wait->context;

	if (work->error)
		work->error = kg_error_copy(work->run->arena, work->error);
	work->ended(work);
	kg_loop_wake(work->run->loop);
	kg_arena_free(work->arena);
	free(work);
}

void
kg_work_start(struct kg_run *run, uint32_t node, void (*function)(struct kg_work *), void (*ended)(struct kg_work *))
{
	struct kg_work *work = calloc(1, sizeof(*work));

	if (!work)
		kg_out_of_memory();
	work->wait = (struct kg_wait){ .ended = on_work_ended, .context = work };
	work->run = run;
	work->node = node;
	work->arena = kg_arena_make();
	work->work = function;
	work->ended = ended;
	kg_worker_start(run->loop, &work->wait, work_do, work);
}

struct kg_parts *
kg_parts_copy(struct kg_arena *arena, const struct kg_parts *parts)
{
	struct kg_parts *copy = kg_new(arena, struct kg_parts);

	copy->arena = arena;
	for (uint32_t i = 0; i < parts->count; i++)
		kg_parts_add_noted(copy, parts->items[i].type, kg_copy(arena, parts->items[i].name),
		    kg_copy(arena, parts->items[i].note), parts->items[i].digest);
	kg_parts_seal(copy);
	return copy;
}
