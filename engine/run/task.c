/*
 * One node's way from "all that it needs is there" to "done":
 *
 *     inspected ─ unchanged ─ (its kind looks) ─────────────────────────────────────── done
 *         └ stale ─ (restored from the store) ──────────────────────────────┬───────── done
 *                └ queued ─ prepared ─ running ─(pause, again)─ recorded ───┘
 *                                        └ cleaned ─ failed
 *
 * Each function here makes one step of it. What blocks is done on workers (work.h), what a kind does are operations (operation.h).
 */

#include <string.h>

#include "engine/base/arena.h"
#include "engine/run/state.h"
#include "engine/run/work.h"

struct kg_error *
kg_task_operation(struct kg_run *run, uint32_t node, struct kg_operation **ret_operation)
{
	struct kg_task *task = &run->tasks[node];

	if (!task->operation) {
		struct kg_subject subject = kg_subject_of_node(run, run->arena, node);
		struct kg_error *error = kg_operation_make(run, &subject, node, &task->operation);

		if (error)
			return error;
	}
	*ret_operation = task->operation;
	return NULL;
}

static const char *
digest_show(struct kg_run *run, struct kg_digest digest)
{
	char *hex = kg_alloc(run->arena, KG_DIGEST_HEX + 1);

	kg_digest_tell(digest, hex);
	return hex;
}

static void
fingerprint_show(struct kg_run *run, struct kg_operation *operation, struct kg_digest fingerprint)
{
	operation->job.fingerprint = digest_show(run, fingerprint);
	operation->job.inputs = digest_show(run, run->tasks[operation->node].inputs);
}

static void
task_unchanged(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];

	task->state = KG_TASK_DONE;
	run->summary.unchanged++;
	kg_run_emit(run, KG_EVENT_NODE_UNCHANGED, node, (struct kg_event){ .spared_ns = task->before->duration_ns });
	kg_task_finished(run, node);
}

static void
task_plan(struct kg_run *run, uint32_t node, const char *why)
{
	struct kg_task *task = &run->tasks[node];

	task->state = KG_TASK_PLANNED;
	task->would_run = true;
	run->summary.made++;
	kg_run_emit(run, KG_EVENT_NODE_STALE, node, (struct kg_event){ .text = why });
	if (task->before) {
		task->outputs = task->before->outputs;
		task->output_count = task->before->output_count;
	}
	kg_task_finished(run, node);
}

static void
task_stale(struct kg_run *run, uint32_t node, const char *why)
{
	struct kg_operation *operation;

	if (run->options.plan) {
		task_plan(run, node, why);
		return;
	}
	kg_run_emit(run, KG_EVENT_NODE_STALE, node, (struct kg_event){ .text = why });
	run->tasks[node].why = why;
	struct kg_error *error = kg_task_operation(run, node, &operation);
	if (error) {
		kg_task_failed(run, node, error);
		return;
	}
	fingerprint_show(run, operation, run->tasks[node].inspection->fingerprint);
	if (!kg_task_restore(run, node))
		kg_task_queue(run, node);
}

static const char *
stale_reason(struct kg_run *run, uint32_t node, const struct kg_inspection *inspection)
{
	const struct kg_entry *before = run->tasks[node].before;
	struct kg_parts old = { 0 };

	if (!before)
		return run->options.kinds[run->graph->nodes[node].kind]->outlives ? "it is not up" : "it has never run here";
	if (before->is_started)
		return before->finished_wall_ns ? "its last run did not finish" : "its first run did not finish";
	if (!inspection->is_changed)
		return inspection->products_why;
	if (kg_ledger_parts(run->ledger, run->arena, kg_graph_text(run->graph, run->graph->nodes[node].name), &old) ||
	    old.count == 0)
		return "what it is made of has changed";
	struct kg_changes changes = kg_parts_compare(run->arena, &old, inspection->parts);
	return changes.count > 0 ? kg_changes_tell(run->arena, &changes) : "what it is made of has changed";
}

/* In a plan: the node whose new output might change this one, or that must run before this one can be looked at; KG_NO_NODE when none. */
static uint32_t
planned_need(const struct kg_run *run, uint32_t node, bool outputs_only)
{
	const struct kg_node *it = &run->graph->nodes[node];

	for (uint32_t i = 0; run->options.plan && i < it->edge_count; i++) {
		const struct kg_edge *edge = &run->graph->edges[it->first_edge + i];

		if (run->tasks[edge->node].would_run && (edge->is_output || !outputs_only))
			return edge->node;
	}
	return KG_NO_NODE;
}

void
kg_task_inspected(struct kg_run *run, uint32_t node, const struct kg_inspection *inspection)
{
	struct kg_task *task = &run->tasks[node];
	uint32_t planned = planned_need(run, node, true);

	task->inputs = inspection->inputs;
	if (inspection->parts) {
		task->inspection = kg_new(run->arena, struct kg_inspection);
		*task->inspection = *inspection;
	}
	if (run->stopping) {
		kg_task_cancel(run, node);
		return;
	}
	if (inspection->error) {
		kg_task_failed(run, node, kg_error_copy(run->arena, inspection->error));
		return;
	}
	if (planned != KG_NO_NODE && task->before) {
		task_plan(run, node,
		    kg_format(
			run->arena, "it uses an output of %s, and runs if that comes out different", kg_task_name(run, planned)));
		return;
	}
	if (inspection->parts) {
		task_stale(run, node, stale_reason(run, node, inspection));
		return;
	}
	task->outputs = inspection->outputs;
	task->output_count = task->before->output_count;
	task->outputs_digest = task->before->outputs_digest;
	if (run->options.kinds[run->graph->nodes[node].kind]->look)
		kg_task_look(run, node);
	else
		task_unchanged(run, node);
}

static void
parts_work(struct kg_work *work)
{
	struct kg_arena *scratch = kg_arena_make();

	kg_inspect(work->run, work->node, scratch, work->arena, true, &work->inspection);
	kg_arena_free(scratch);
	work->error = work->inspection.error;
}

static void
parts_known(struct kg_work *work)
{
	struct kg_run *run = work->run;
	struct kg_task *task = &run->tasks[work->node];

	if (run->stopping) {
		kg_task_cancel(run, work->node);
		return;
	}
	if (work->error) {
		kg_task_failed(run, work->node, work->error);
		return;
	}
	task->inspection = kg_new(run->arena, struct kg_inspection);
	*task->inspection = (struct kg_inspection){
		.fingerprint = work->inspection.fingerprint,
		.base = work->inspection.base,
		.parts = kg_parts_copy(run->arena, work->inspection.parts),
		.stable_parts = kg_parts_copy(run->arena, work->inspection.stable_parts),
		.has_depfile = work->inspection.has_depfile,
		.is_changed = work->inspection.is_changed,
	};
	task_stale(run, work->node, task->why);
}

static void
look_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_run *run = operation->run;
	uint32_t node = operation->node;
	struct kg_task *task = &run->tasks[node];
	uint32_t planned = planned_need(run, node, false);

	if (outcome->what == KG_OUTCOME_DONE) {
		task_unchanged(run, node);
		return;
	}
	if (run->stopping) {
		kg_task_cancel(run, node);
		return;
	}
	task->why = kg_error_text(run->arena, outcome->error);
	if (planned != KG_NO_NODE)
		task->why =
		    kg_format(run->arena, "%s; it is looked at again once %s has run", task->why, kg_task_name(run, planned));
	/* The look found it gone: what the inspection had spared itself is needed now. */
	task->state = KG_TASK_INSPECTED;
	if (task->inspection)
		task_stale(run, node, task->why);
	else
		kg_work_start(run, node, parts_work, parts_known);
}

void
kg_task_look(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];
	struct kg_operation *operation;

	/* Its survey may have been waited for meanwhile. */
	if (run->stopping) {
		kg_task_cancel(run, node);
		return;
	}
	struct kg_error *error = kg_task_operation(run, node, &operation);
	if (error) {
		kg_task_failed(run, node, error);
		return;
	}
	task->state = KG_TASK_LOOKING;
	fingerprint_show(run, operation, task->before->fingerprint);
	if (kg_survey_give(run, node, operation))
		kg_operation_start(operation, operation->kind->look, 0, look_ended);
}
