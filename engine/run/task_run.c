/* A node that has its place in a pool: its old products go, its kind runs it, once or more often, and what it left is recorded. */

#include "cache/store.h"
#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/path.h"
#include "engine/run/inputs.h"
#include "engine/run/state.h"
#include "engine/run/work.h"

static constexpr int64_t retry_pause_longest_ms = 30000;

void
kg_task_queue(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];

	/* A survey, or a look into the store, may have been waited for meanwhile. */
	if (run->stopping) {
		kg_task_cancel(run, node);
		return;
	}
	/* Before it has a place in its pool: what only asks keeps nobody from running. */
	task->state = KG_TASK_SURVEYED;
	if (!kg_survey_give(run, node, task->operation))
		return;
	task->state = KG_TASK_QUEUED;
	kg_pool_push(run, node);
}

static void
prepare_work(struct kg_work *work)
{
	struct kg_run *run = work->run;
	const struct kg_task *task = &run->tasks[work->node];
	const struct kg_operation *operation = task->operation;
	struct kg_products *products = kg_products_of(work->arena, operation->kind, operation->job.spec);
	struct kg_outputs known = task->kept;
	bool was_cut_off = task->tries > 0 || (task->before && task->before->is_started);

	if (task->tries == 0 && task->before)
		known = (struct kg_outputs){ task->before->outputs, task->before->output_count };
	work->error = kg_products_prepare(run, work->arena, products, &known, was_cut_off, &work->kept);
	if (!work->error && (operation->kind->outlives || operation->kind->frees_ports))
		work->error = kg_run_check_ports(run, work->arena, work->node);
}

static void run_ended(struct kg_operation *operation, const struct kg_outcome *outcome);

static void
task_try(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];
	struct kg_operation *operation = task->operation;

	task->state = KG_TASK_RUNNING;
	task->started_ns = kg_clock_now_ns();
	task->tries++;
	operation->outputs.count = 0;
	operation->is_reused = operation->is_fetched = false;
	operation->spared_ns = 0;
	kg_run_emit(run, KG_EVENT_NODE_STARTED, node, (struct kg_event){ .count = task->tries });
	kg_operation_start(operation, operation->kind->run, operation->job.common->timeout_ms, run_ended);
}

static void
task_prepared(struct kg_work *work)
{
	struct kg_run *run = work->run;

	run->tasks[work->node].kept = kg_outputs_copy(run->arena, &work->kept);
	if (work->error)
		kg_task_begin(run, work->node, work->error);
	else
		kg_list_push(run->arena, &run->starting, work->node);
}

void
kg_task_begin(struct kg_run *run, uint32_t node, struct kg_error *error)
{
	run->preparing--;
	kg_loop_wake(run->loop);
	if (!error && !run->stopping) {
		task_try(run, node);
		return;
	}
	kg_pool_give_back(run, node);
	if (error)
		kg_task_failed(run, node, error);
	else
		kg_task_cancel(run, node);
}

/* Two nodes that leave the same file would take turns in undoing each other's work. */
static struct kg_error *
products_claim(struct kg_run *run, uint32_t node)
{
	const struct kg_operation *operation = run->tasks[node].operation;
	const struct kg_products *products = kg_products_of(run->arena, operation->kind, operation->job.spec);

	for (uint32_t i = 0; i < products->list.count; i++) {
		const char *path = products->list.items[i].path;
		uint32_t other = node;

		kg_map_get(&run->product_owners, path, &other);
		if (other != node)
			return kg_error_advise(run->arena,
			    kg_error_make(run->arena, KG_EINPUT, "%s is an output of %s as well",
				kg_path_inside(run->folders.graph, path), kg_task_name(run, other)),
			    "give each node an output of its own");
		kg_map_put(&run->product_owners, path, node);
	}
	return NULL;
}

static void
data_users_stopped(struct kg_run *run, uint32_t node, struct kg_error *error)
{
	if (error)
		kg_task_begin(run, node, error);
	else
		kg_work_start(run, node, prepare_work, task_prepared);
}

void
kg_task_run(struct kg_run *run, uint32_t node)
{
	struct kg_error *error = products_claim(run, node);

	run->tasks[node].state = KG_TASK_PREPARING;
	run->preparing++;
	if (error || !kg_data_users_stop(run, node, data_users_stopped))
		data_users_stopped(run, node, error);
}

/*
 * What the run was made of is what was there when it began; only what a depfile names has become known by the run itself. A file that was changed
 * while the node ran keeps the digest from before, so that the next run sees the change.
 */
static void
parts_merge(struct kg_work *work)
{
	const struct kg_inspection *then = work->run->tasks[work->node].inspection;
	struct kg_parts *merged = kg_new(work->arena, struct kg_parts);
	struct kg_map known = { .arena = work->arena };

	merged->arena = work->arena;
	for (uint32_t i = 0; i < then->parts->count; i++)
		if (then->parts->items[i].type == KG_PART_FILE)
			kg_map_put(&known, then->parts->items[i].name, i);
	for (uint32_t i = 0; i < then->stable_parts->count; i++)
		kg_parts_add(merged, then->stable_parts->items[i].type, then->stable_parts->items[i].name,
		    then->stable_parts->items[i].digest);
	for (uint32_t i = 0; i < work->inspection.parts->count; i++) {
		struct kg_part part = work->inspection.parts->items[i];
		uint32_t index;

		if (part.type != KG_PART_FILE)
			continue;
		if (kg_map_get(&known, part.name, &index))
			part.digest = then->parts->items[index].digest;
		kg_parts_add(merged, part.type, part.name, part.digest);
	}
	work->inspection.fingerprint = kg_parts_seal(merged);
	work->inspection.parts = merged;
}

static void
record_work(struct kg_work *work)
{
	struct kg_run *run = work->run;
	const struct kg_task *task = &run->tasks[work->node];
	const struct kg_operation *operation = task->operation;
	struct kg_products *products = kg_products_of(work->arena, operation->kind, operation->job.spec);
	struct kg_digest fingerprint = task->inspection->fingerprint;
	const struct kg_stored *stored;

	work->outputs = kg_new_array(work->arena, struct kg_entry_output, kg_products_count(products) + 1);
	work->error = kg_products_record(run, work->arena, products, &task->kept, work->outputs, &work->output_count);
	if (!work->error && task->inspection->has_depfile) {
		struct kg_arena *scratch = kg_arena_make();

		kg_inspect(run, work->node, scratch, work->arena, true, &work->inspection);
		kg_arena_free(scratch);
		work->error = work->inspection.error;
		if (!work->error && work->inspection.parts) {
			parts_merge(work);
			fingerprint = work->inspection.fingerprint;
		}
	}
	uint32_t count = kg_products_stored(work->arena, products, &stored);
	if (work->error || !run->store || !operation->kind->is_restorable || count == 0)
		return;
	work->store_error = kg_store_put(run->store, work->arena, fingerprint, stored, count, task->ended_ns - task->started_ns);
	if (!work->store_error && task->inspection->has_depfile)
		work->store_error = kg_depfile_store(run, work->arena, operation, task->inspection->base);
}

static void cleaned(struct kg_work *work);

static void
clean_work(struct kg_work *work)
{
	struct kg_run *run = work->run;
	const struct kg_task *task = &run->tasks[work->node];
	const struct kg_operation *operation = task->operation;

	work->error =
	    kg_products_remove(run, work->arena, kg_products_of(work->arena, operation->kind, operation->job.spec), &task->kept);
}

static void
task_clean(struct kg_run *run, uint32_t node, struct kg_error *error)
{
	run->tasks[node].state = KG_TASK_CLEANING;
	run->tasks[node].error = error;
	kg_work_start(run, node, clean_work, cleaned);
}

static void
cleaned(struct kg_work *work)
{
	struct kg_run *run = work->run;

	if (work->error)
		kg_run_warn(run, "%s: what its failed run left could not be removed: %s", kg_task_name(run, work->node),
		    kg_error_text(run->arena, work->error));
	kg_pool_give_back(run, work->node);
	kg_task_failed(run, work->node, run->tasks[work->node].error);
}

static void
recorded(struct kg_work *work)
{
	struct kg_run *run = work->run;
	struct kg_task *task = &run->tasks[work->node];

	if (work->error) {
		task_clean(run, work->node, work->error);
		return;
	}
	if (work->store_error)
		kg_run_warn(run, "%s: not kept in the store: %s", kg_task_name(run, work->node),
		    kg_error_text(run->arena, work->store_error));
	if (work->inspection.parts) {
		task->inspection->fingerprint = work->inspection.fingerprint;
		task->inspection->parts = kg_parts_copy(run->arena, work->inspection.parts);
	}
	task->was_restored = task->operation->is_reused;
	task->was_fetched = task->operation->is_fetched;
	task->spared_ns = task->operation->spared_ns;
	kg_pool_give_back(run, work->node);
	kg_task_take_outputs(run, work->node, work);
	kg_task_done(run, work->node);
}

static struct kg_next
pause_over(struct kg_job *job)
{
	return kg_done(job);
}

/* Before the next try, when so many were made. */
static int64_t
pause_ms(const struct kg_retry *retry, uint32_t tries)
{
	int64_t pause = retry->pause_ms;

	for (uint32_t i = 1; i < tries && pause > 0 && pause < retry_pause_longest_ms; i++)
		pause *= 2;
	return pause < retry_pause_longest_ms ? pause : retry_pause_longest_ms;
}

static struct kg_next
pause_begin(struct kg_job *job)
{
	const struct kg_operation *operation = (struct kg_operation *)job;

	return kg_wait_timer(job, pause_ms(job->common->retry, operation->run->tasks[operation->node].tries), pause_over);
}

static void
prepared_again(struct kg_work *work)
{
	struct kg_run *run = work->run;

	if (!work->error && !run->stopping)
		task_try(run, work->node);
	else
		task_clean(run, work->node, work->error ? work->error : run->tasks[work->node].error);
}

/* What the failed try half wrote would stand in the way of the next one as of any other. */
static void
pause_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_run *run = operation->run;
	struct kg_task *task = &run->tasks[operation->node];

	if (outcome->what != KG_OUTCOME_DONE || run->stopping) {
		task_clean(run, operation->node, task->error);
		return;
	}
	task->state = KG_TASK_PREPARING;
	kg_work_start(run, operation->node, prepare_work, prepared_again);
}

static bool
keeps_data(const struct kg_task *task)
{
	for (uint32_t i = 0; i < task->kept.count; i++)
		if (task->kept.items[i].is_data)
			return true;
	return false;
}

static void
run_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_run *run = operation->run;
	struct kg_task *task = &run->tasks[operation->node];
	const struct kg_retry *retry = operation->job.common->retry;

	task->ended_ns = kg_clock_now_ns();
	if (outcome->what == KG_OUTCOME_DONE) {
		task->state = KG_TASK_RECORDING;
		kg_work_start(run, operation->node, record_work, recorded);
		return;
	}
	kg_assert(outcome->error);
	if (keeps_data(task) && !outcome->error->advice)
		outcome->error->advice =
		    "its data is from an earlier run and was kept; `kgraph down --purge` with its name removes it";
	if (!retry || task->tries > retry->times || run->stopping || outcome->error->code == KG_EINPUT) {
		task_clean(run, operation->node, outcome->error);
		return;
	}
	task->error = outcome->error;
	task->state = KG_TASK_PAUSING;
	kg_run_emit(run, KG_EVENT_NODE_RETRIED, operation->node,
	    (struct kg_event){
		.text = kg_error_text(run->arena, outcome->error), .duration_ns = pause_ms(retry, task->tries) * 1000000 });
	kg_operation_start(operation, pause_begin, 0, pause_ended);
}
