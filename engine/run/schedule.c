/*
 * The frontier: which nodes may go on now. Once a loop turn, after all callbacks, what has ended frees what waited for it, in this order:
 * operations make their next steps, nodes that have become eligible are inspected in batches on workers, and the pools start what has a place.
 */

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/run/state.h"

/* How many nodes one worker inspects at a time: enough that handing over costs nothing, few enough that all workers have some. */
static constexpr uint32_t batch_most = 256;
/* How many nodes get ready to run at a time, whatever their pools: thousands on the workers at once only keep memory. */
static constexpr uint32_t preparing_most = 256;
/* What a node that has never run is taken to cost. */
static constexpr int64_t duration_guessed_ns = 500000000;

struct batch {
	struct kg_wait wait;
	struct kg_run *run;
	uint32_t *nodes, count;
	uint32_t handed; /* that many of the nodes were eligible; those behind them are what the worker went on with */
	struct kg_inspection *inspections;
	struct kg_arena *arena; /* of the batch itself */
	struct kg_arena *keep;  /* of what the inspections keep; becomes part of the run's memory unless it stays empty */
};

/*
 * The node to go on with behind one that is unchanged: its only user, when that needs nothing else. In a long chain each node would otherwise cost
 * two changes of thread. What its kind looks at first, or whose outputs are elsewhere today, is left to the loop. Until the batch ends nothing is
 * done there to the tasks of such nodes, but that a stopped run cancels them.
 */
static uint32_t
chain_next(const struct kg_run *run, uint32_t node, const struct kg_inspection *inspection)
{
	const struct kg_graph *graph = run->graph;
	const struct kg_node *it = &graph->nodes[node];

	if (inspection->error || inspection->parts || inspection->outputs != run->tasks[node].before->outputs ||
	    run->options.kinds[it->kind]->look || it->user_count != 1)
		return KG_NO_NODE;
	uint32_t user = graph->users[it->first_user];
	bool is_next =
	    run->options.chosen[user] && graph->nodes[user].edge_count == 1 && run->users_until[it->first_user] == KG_UNTIL_DONE;
	return is_next ? user : KG_NO_NODE;
}

static void
batch_work(void *data)
{
	struct batch *batch = data;
	struct kg_arena *scratch = kg_arena_make();

	for (uint32_t i = 0; i < batch->count; i++) {
		kg_inspect(batch->run, batch->nodes[i], scratch, batch->keep, false, &batch->inspections[i]);
		kg_arena_empty(scratch);
		uint32_t next = chain_next(batch->run, batch->nodes[i], &batch->inspections[i]);
		if (next != KG_NO_NODE && batch->count < batch_most)
			batch->nodes[batch->count++] = next;
	}
	kg_arena_free(scratch);
}

static void
on_batch_ended(struct kg_wait *wait)
{
	struct batch *batch = wait->context;
	struct kg_run *run = batch->run;

	if (kg_arena_size_bytes(batch->keep) > 0)
		kg_list_push(run->arena, &run->batch_arenas, batch->keep);
	else
		kg_arena_free(batch->keep);
	/* What the worker went on with has not become eligible, and must not become so by what comes next. */
	for (uint32_t i = batch->handed; i < batch->count; i++)
		if (run->tasks[batch->nodes[i]].state == KG_TASK_WAITING)
			run->tasks[batch->nodes[i]].state = KG_TASK_INSPECTED;
	for (uint32_t i = 0; i < batch->count; i++)
		if (run->tasks[batch->nodes[i]].state == KG_TASK_INSPECTED)
			kg_task_inspected(run, batch->nodes[i], &batch->inspections[i]);
	kg_arena_free(batch->arena);
	kg_loop_wake(run->loop);
}

static void
batch_start(struct kg_run *run, const uint32_t *nodes, uint32_t count)
{
	struct kg_arena *arena = kg_arena_make();
	struct batch *batch = kg_new(arena, struct batch);

	batch->wait = (struct kg_wait){ .ended = on_batch_ended, .context = batch };
	batch->run = run;
	batch->nodes = kg_new_array(arena, uint32_t, batch_most);
	memcpy(batch->nodes, nodes, count * sizeof(*nodes));
	batch->count = batch->handed = count;
	batch->inspections = kg_new_array(arena, struct kg_inspection, batch_most);
	batch->arena = arena;
	batch->keep = kg_arena_make();
	kg_worker_start(run->loop, &batch->wait, batch_work, batch);
}

static void
eligible_inspect(struct kg_run *run)
{
	uint32_t count = run->eligible.count;

	for (uint32_t at = 0; at < count; at += batch_most) {
		uint32_t part = count - at < batch_most ? count - at : batch_most;

		for (uint32_t i = 0; i < part; i++)
			run->tasks[run->eligible.items[at + i]].state = KG_TASK_INSPECTED;
		batch_start(run, run->eligible.items + at, part);
	}
	run->eligible.count = 0;
}

static bool
is_chosen(const struct kg_run *run, uint32_t node)
{
	return run->tasks[node].state != KG_TASK_UNCHOSEN;
}

static void
edge_satisfied(struct kg_run *run, uint32_t user)
{
	struct kg_task *task = &run->tasks[user];

	if (task->state != KG_TASK_WAITING)
		return;
	kg_assert(task->unmet > 0);
	if (--task->unmet == 0)
		kg_list_push(run->arena, &run->eligible, user);
}

static void
users_free(struct kg_run *run, uint32_t node, enum kg_edge_until until)
{
	const struct kg_node *it = &run->graph->nodes[node];

	for (uint32_t i = 0; i < it->user_count; i++) {
		uint32_t user = run->graph->users[it->first_user + i];

		if (is_chosen(run, user) && run->users_until[it->first_user + i] == until)
			edge_satisfied(run, user);
	}
	kg_loop_wake(run->loop);
}

/* Everything behind a failed node, by a list instead of recursion: chains can be as long as the graph. */
static void
users_block(struct kg_run *run, uint32_t failed)
{
	KG_LIST(uint32_t) front = { 0 };

	kg_list_push(run->arena, &front, failed);
	while (front.count > 0) {
		uint32_t node = front.items[--front.count];
		const struct kg_node *it = &run->graph->nodes[node];
		/* What is done and does not become ready has still given all that a plain need asks for. */
		bool is_done = run->tasks[node].state == KG_TASK_DONE;

		for (uint32_t i = 0; i < it->user_count; i++) {
			uint32_t user = run->graph->users[it->first_user + i];

			if (run->tasks[user].state != KG_TASK_WAITING ||
			    (is_done && run->users_until[it->first_user + i] != KG_UNTIL_READY))
				continue;
			run->tasks[user].state = KG_TASK_BLOCKED;
			run->open--;
			run->summary.blocked++;
			kg_run_emit(run, KG_EVENT_NODE_BLOCKED, user, (struct kg_event){ .text = kg_task_name(run, failed) });
			kg_list_push(run->arena, &front, user);
		}
	}
}

void
kg_task_cancel(struct kg_run *run, uint32_t node)
{
	run->tasks[node].state = KG_TASK_CANCELLED;
	run->open--;
	run->summary.cancelled++;
	kg_loop_wake(run->loop);
}

static void
waiting_cancel(struct kg_run *run)
{
	/* Who is eligible is WAITING as well. */
	run->eligible.count = 0;
	for (uint32_t node = 0; node < run->graph->node_count; node++) {
		struct kg_task *task = &run->tasks[node];

		if (task->state == KG_TASK_WAITING)
			kg_task_cancel(run, node);
		else if (task->state == KG_TASK_PAUSING)
			kg_operation_cancel(task->operation, task->error);
	}
}

/* What is on a worker, or being looked at, is cancelled where that ends. */
void
kg_schedule_stop(struct kg_run *run)
{
	if (run->stopping)
		return;
	run->stopping = true;
	kg_pools_empty(run, kg_task_cancel);
	waiting_cancel(run);
	kg_loop_wake(run->loop);
}

void
kg_task_finished(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];

	run->open--;
	kg_run_settled(run, node);
	users_free(run, node, KG_UNTIL_DONE);
	if (task->readiness == KG_READINESS_NONE)
		kg_task_ready(run, node);
	else if (task->is_gate)
		kg_task_watch(run, node);
}

void
kg_task_ready(struct kg_run *run, uint32_t node)
{
	if (run->tasks[node].is_gate)
		users_free(run, node, KG_UNTIL_READY);
}

static void
failure_tell(struct kg_run *run, uint32_t node, struct kg_error *error)
{
	const struct kg_operation *operation = run->tasks[node].operation;

	run->tasks[node].error = error;
	run->summary.failed++;
	kg_run_emit(run, KG_EVENT_NODE_FAILED, node,
	    (struct kg_event){ .error = error, .text = operation && operation->log.is_written ? operation->job.log : NULL });
	users_block(run, node);
	if (run->options.fail_fast)
		kg_schedule_stop(run);
	kg_loop_wake(run->loop);
}

void
kg_task_failed(struct kg_run *run, uint32_t node, struct kg_error *error)
{
	if (error->code == KG_ECANCELLED) {
		kg_task_cancel(run, node);
		kg_run_emit(run, KG_EVENT_NODE_ENDED_EARLY, node, (struct kg_event){ 0 });
		return;
	}
	run->open--;
	run->tasks[node].state = KG_TASK_FAILED;
	/* What the time limit of the whole run has ended is not ready in time; it has not failed. */
	if (!run->stop_error || run->stop_error->code != error->code)
		run->has_failed = true;
	failure_tell(run, node, error);
}

/* Where a node that is done has been counted. */
static uint32_t *
count_of(struct kg_run *run, uint32_t node)
{
	const struct kg_task *task = &run->tasks[node];

	if (!task->was_made)
		return &run->summary.unchanged;
	return task->was_restored ? &run->summary.restored : &run->summary.made;
}

void
kg_task_not_ready(struct kg_run *run, uint32_t node, struct kg_error *error)
{
	run->tasks[node].readiness = KG_READINESS_FAILED;
	if (error->code == KG_ECANCELLED) {
		kg_run_emit(run, KG_EVENT_NODE_ENDED_EARLY, node, (struct kg_event){ 0 });
		return;
	}
	if (error->code == KG_ETIME)
		run->not_ready++;
	else
		run->has_failed = true;
	/* A node counts once, and this one counts as failed. */
	(*count_of(run, node))--;
	failure_tell(run, node, error);
}

/* Nodes stand in order, so one pass from the end finds the longest way to the end of the graph for each. */
static void
paths_measure(struct kg_run *run)
{
	for (uint32_t node = run->graph->node_count; node-- > 0;) {
		const struct kg_node *it = &run->graph->nodes[node];
		const struct kg_entry *before = run->tasks[node].before;
		int64_t longest = 0;

		for (uint32_t i = 0; i < it->user_count; i++) {
			uint32_t user = run->graph->users[it->first_user + i];

			if (!is_chosen(run, user))
				continue;
			int64_t path_ns = run->tasks[user].path_ns;
			if (before && before->ready_ns > 0 && run->users_until[it->first_user + i] == KG_UNTIL_READY)
				path_ns += before->ready_ns;
			if (path_ns > longest)
				longest = path_ns;
		}
		run->tasks[node].path_ns =
		    longest + (before && before->duration_ns > 0 ? before->duration_ns : duration_guessed_ns);
	}
}

/* How far each user wants a node to get, beside the graph's users: who has many needs is not searched through for each of them. */
static void
users_until_fill(struct kg_run *run)
{
	const struct kg_graph *graph = run->graph;
	uint32_t *filled = kg_new_array(run->arena, uint32_t, graph->node_count + 1);

	run->users_until = kg_new_array(run->arena, uint8_t, graph->user_count + 1);
	for (uint32_t user = 0; user < graph->node_count; user++) {
		for (uint32_t i = 0; i < graph->nodes[user].edge_count; i++) {
			const struct kg_edge *edge = &graph->edges[graph->nodes[user].first_edge + i];
			uint32_t at = graph->nodes[edge->node].first_user + filled[edge->node]++;

			kg_assert(graph->users[at] == user);
			run->users_until[at] = edge->until;
		}
	}
}

static void
task_start(struct kg_run *run, uint32_t node)
{
	const struct kg_node *it = &run->graph->nodes[node];
	struct kg_task *task = &run->tasks[node];

	task->state = KG_TASK_WAITING;
	task->unmet = it->edge_count;
	task->readiness = !run->options.plan && kg_task_has_rule(run, node) ? KG_READINESS_OPEN : KG_READINESS_NONE;
	for (uint32_t i = 0; i < it->edge_count; i++)
		if (run->graph->edges[it->first_edge + i].until == KG_UNTIL_READY)
			run->tasks[run->graph->edges[it->first_edge + i].node].is_gate = true;
	if (task->unmet == 0)
		kg_list_push(run->arena, &run->eligible, node);
	run->open++;
	run->summary.chosen++;
}

void
kg_schedule_start(struct kg_run *run)
{
	users_until_fill(run);
	for (uint32_t node = 0; node < run->graph->node_count; node++)
		if (run->options.chosen[node])
			task_start(run, node);
	paths_measure(run);
	/* It was interrupted before it began, while the world was asked for the review. */
	if (run->stopping)
		waiting_cancel(run);
	kg_loop_wake(run->loop);
}

void
kg_schedule_turn(void *context)
{
	struct kg_run *run = context;
	uint32_t node;

	kg_operations_turn(run);
	kg_tasks_record_finished(run);
	kg_tasks_record_ready(run);
	eligible_inspect(run);
	while (!run->stopping && run->preparing < preparing_most && (node = kg_pool_pop(run)) != KG_NO_NODE)
		kg_task_run(run, node);
	kg_tasks_record_starting(run);
	if (run->open > 0)
		return;
	if (!run->in_barrier)
		kg_barrier_enter(run);
	if (run->open == 0 && run->watched == 0 && run->running.count == 0)
		kg_loop_stop(run->loop);
}
