/*
 * Readiness: at a gate, where a node waits for another to be ready, and at the one barrier, where all that has a rule and has not passed it yet is watched
 * at the same time, until all are ready, or one has failed for good, or time is up.
 */

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/run/state.h"

bool
kg_task_has_rule(struct kg_run *run, uint32_t node)
{
	const struct kg_node *it = &run->graph->nodes[node];

	return run->options.kinds[it->kind]->ready ||
	    kg_value_member(&run->graph->values, &run->graph->values.items[it->settings], "ready");
}

static void
watch_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_run *run = operation->run;
	uint32_t node = operation->node;
	struct kg_task *task = &run->tasks[node];

	run->watched--;
	kg_survey_unwatch(run, operation);
	if (outcome->what != KG_OUTCOME_DONE) {
		struct kg_error *error = outcome->error;

		/* Ended by the time limit of the whole run: what its own rule saw last is what the user needs. */
		if (error->code == KG_ETIME && run->interrupts > 0 && operation->told)
			error = kg_error_wrap(run->arena, error, "not ready; seen last: %s", operation->told);
		kg_task_not_ready(run, node, error);
		return;
	}
	int64_t now_ns = kg_clock_now_ns();

	task->readiness = KG_READINESS_READY;
	kg_run_settled(run, node);
	run->summary.ready++;
	kg_run_emit(run, KG_EVENT_NODE_READY, node, (struct kg_event){ .duration_ns = now_ns - task->watched_ns });
	/* Gates are watched at once. What waits for the barrier was perhaps ready before it was asked. */
	task->ready_ns = now_ns - task->ended_ns;
	if (task->was_made && !task->was_restored)
		kg_list_push(run->arena, &run->gotten_ready, node);
	kg_task_ready(run, node);
}

/* A kind without a rule of its own is asked by the setting `ready` that every kind takes. */
static struct kg_next
common_ready(struct kg_job *job)
{
	static const struct kg_probe_about nothing_more = { 0 };

	return kg_probe(job, &nothing_more, kg_done);
}

void
kg_task_watch(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];
	struct kg_operation *operation;
	struct kg_error *error = kg_task_operation(run, node, &operation);

	if (error) {
		kg_task_not_ready(run, node, error);
		return;
	}
	task->readiness = KG_READINESS_WATCHED;
	task->watched_ns = kg_clock_now_ns();
	run->watched++;
	operation->job.probe = NULL;
	kg_run_emit(run, KG_EVENT_NODE_WAITING, node, (struct kg_event){ 0 });
	kg_survey_watch(run, operation);
	kg_operation_start(operation, operation->kind->ready ? operation->kind->ready : common_ready, 0, watch_ended);
}

void
kg_barrier_enter(struct kg_run *run)
{
	uint32_t count = 0;

	run->in_barrier = true;
	if (run->options.no_wait || run->options.plan || run->interrupts > 0)
		return;
	for (uint32_t node = 0; node < run->graph->node_count; node++)
		if (run->tasks[node].state == KG_TASK_DONE && run->tasks[node].readiness == KG_READINESS_OPEN)
			count++;
	if (count > 0)
		kg_run_emit(run, KG_EVENT_BARRIER_ENTERED, KG_NO_NODE, (struct kg_event){ .count = count });
	for (uint32_t node = 0; count > 0 && node < run->graph->node_count; node++)
		if (run->tasks[node].state == KG_TASK_DONE && run->tasks[node].readiness == KG_READINESS_OPEN)
			kg_task_watch(run, node);
}
