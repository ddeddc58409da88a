/* A node whose outputs any checkout of this user has made from the same is restored instead of run. */

#include "cache/store.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/run/remote.h"
#include "engine/run/work.h"

/*
 * A depfile is written by the run itself: in a fresh checkout it is not there, and what it would name is not in the fingerprint. So the store
 * has it under the fingerprint without it; restored first, it tells which other files count, and with them the outputs are found.
 */
static void
restore_work(struct kg_work *work)
{
	struct kg_run *run = work->run;
	struct kg_task *task = &run->tasks[work->node];
	const struct kg_operation *operation = task->operation;
	struct kg_products *products = kg_products_of(work->arena, operation->kind, operation->job.spec);
	const struct kg_stored *stored;
	uint32_t count = kg_products_stored(work->arena, products, &stored);
	struct kg_digest fingerprint = task->inspection->fingerprint;
	const struct kg_remote *remote = run->options.remote;

	if (task->inspection->has_depfile) {
		struct kg_arena *scratch = kg_arena_make();

		work->lacks_depfile = !kg_depfile_restore(run, work->arena, operation, task->inspection->base);
		kg_inspect(run, work->node, scratch, work->arena, true, &work->inspection);
		kg_arena_free(scratch);
		work->error = work->inspection.error;
		fingerprint = work->inspection.fingerprint;
	}
	work->fingerprint = fingerprint;
	if (!work->error)
		work->error = kg_store_restore(run->store, work->arena, fingerprint, stored, count, &work->hit, &work->made_ns);
	if (work->error || !work->hit)
		return;
	if (remote && remote->push)
		work->is_shared = kg_store_is_shared(run->store, work->arena, fingerprint, kg_remote_place(work->arena, remote));
	work->outputs = kg_new_array(work->arena, struct kg_entry_output, count);
	work->error = kg_products_record(run, work->arena, products, NULL, work->outputs, &work->output_count);
}

static bool
is_restorable(struct kg_run *run, uint32_t node)
{
	const struct kg_operation *operation = run->tasks[node].operation;
	const struct kg_stored *stored;

	if (!run->store || !operation->kind->is_restorable)
		return false;
	return kg_products_stored(run->arena, kg_products_of(run->arena, operation->kind, operation->job.spec), &stored) > 0;
}

static void
task_restored(struct kg_work *work)
{
	struct kg_run *run = work->run;
	struct kg_task *task = &run->tasks[work->node];

	/* The store saves time and decides nothing: when it fails the node runs. */
	if (work->error)
		kg_run_warn(run, "%s: not restored: %s", kg_task_name(run, work->node), kg_error_text(run->arena, work->error));
	if (work->error || !work->hit) {
		if (work->error || !kg_task_fetch(run, work->node, work))
			kg_task_queue(run, work->node);
		return;
	}
	if (work->inspection.parts) {
		task->inspection->fingerprint = work->inspection.fingerprint;
		task->inspection->parts = kg_parts_copy(run->arena, work->inspection.parts);
	}
	task->was_restored = true;
	task->may_be_unshared = !work->is_shared;
	if (work->made_ns > 0)
		task->spared_ns = work->made_ns;
	task->ended_ns = kg_clock_now_ns();
	kg_task_take_outputs(run, work->node, work);
	kg_task_done(run, work->node);
}

void
kg_task_restore_again(struct kg_run *run, uint32_t node)
{
	run->tasks[node].state = KG_TASK_RESTORING;
	kg_work_start(run, node, restore_work, task_restored);
}

/* False when there is nothing to restore from. */
bool
kg_task_restore(struct kg_run *run, uint32_t node)
{
	if (!is_restorable(run, node))
		return false;
	run->tasks[node].started_ns = kg_clock_now_ns();
	kg_task_restore_again(run, node);
	return true;
}
