/*
 * What was made goes to the shared cache, beside what needs it: an operation in the background of each node that was made, a few at a time. The run
 * ends when all of them have.
 */

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/run/state.h"

/* More share the same line to the registry, and each holds a file open and a part of it in memory. */
static constexpr uint32_t publishing_most = 4;
/* Exchanges are bounded by how long they stand still; this is for what moves and never ends. */
static constexpr int64_t publish_longest_ms = 30 * 60 * 1000;

static void publish_ended(struct kg_operation *operation, const struct kg_outcome *outcome);

static const struct kg_pair *
outputs_of(struct kg_run *run, const struct kg_task *task)
{
	struct kg_pair *pairs = kg_new_array(run->arena, struct kg_pair, task->output_count + 1);

	for (uint32_t i = 0; i < task->output_count; i++)
		pairs[i] = (struct kg_pair){ task->outputs[i].key, task->outputs[i].value };
	return pairs;
}

/* NULL: the kind has nothing to hand on. */
static kg_step *
publish_step(const struct kg_run *run, const struct kg_kind *kind)
{
	if (kind->publish)
		return kind->publish;
	return kind->is_restorable && run->store ? kg_remote_push : NULL;
}

/* The remote may have been given up since this was begun. */
static struct kg_next
publish_begin(struct kg_job *job)
{
	const struct kg_operation *operation = (struct kg_operation *)job;

	return job->remote ? kg_go(publish_step(operation->run, operation->kind)) : kg_done(job);
}

/* The task's own operation may be watched at the same time: this is one beside it. */
static struct kg_error *
publish_start(struct kg_run *run, uint32_t node)
{
	const struct kg_operation *made = run->tasks[node].operation;
	struct kg_subject subject = kg_subject_of_node(run, run->arena, node);
	struct kg_operation *operation;
	struct kg_error *error = kg_operation_make(run, &subject, node, &operation);

	if (error)
		return error;
	operation->is_behind = true;
	operation->job.survey = made->job.survey;
	operation->job.fingerprint = made->job.fingerprint;
	operation->job.remembered = outputs_of(run, &run->tasks[node]);
	run->publishing.running++;
	kg_operation_start(operation, publish_begin, publish_longest_ms, publish_ended);
	return NULL;
}

static void
publish_more(struct kg_run *run)
{
	struct kg_publishing *publishing = &run->publishing;

	/* Who interrupts wants the end, and not first an upload. */
	if (!run->remote || run->interrupts > 0)
		publishing->next = publishing->waiting.count;
	while (publishing->next < publishing->waiting.count && publishing->running < publishing_most) {
		struct kg_error *error = publish_start(run, publishing->waiting.items[publishing->next++]);

		if (error)
			kg_run_warn(run, "not published: %s", kg_error_text(run->arena, error));
	}
}

static void
publishing_tell(struct kg_run *run)
{
	const struct kg_publishing *publishing = &run->publishing;

	kg_run_emit(run, KG_EVENT_PUBLISHING, KG_NO_NODE,
	    (struct kg_event){ .count = publishing->running + publishing->waiting.count - publishing->next });
}

static void
publish_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_run *run = operation->run;

	kg_assert(run->publishing.running > 0);
	run->publishing.running--;
	if (outcome->what != KG_OUTCOME_DONE && outcome->error->code != KG_ECANCELLED && run->interrupts == 0)
		kg_run_remote_off(run, kg_error_wrap(run->arena, outcome->error, "%s could not be published", operation->job.name));
	/* What it said last is where it went. Without a word there was nothing to hand on. */
	if (outcome->what == KG_OUTCOME_DONE && operation->told) {
		run->summary.published++;
		kg_run_emit(run, KG_EVENT_NODE_PUBLISHED, operation->node,
		    (struct kg_event){ .text = operation->told, .duration_ns = kg_clock_now_ns() - operation->started_ns });
	}
	publish_more(run);
	publishing_tell(run);
}

void
kg_task_publish(struct kg_run *run, uint32_t node)
{
	if (!run->remote || !run->remote->push || !publish_step(run, run->tasks[node].operation->kind))
		return;
	kg_list_push(run->arena, &run->publishing.waiting, node);
	publish_more(run);
	publishing_tell(run);
}
