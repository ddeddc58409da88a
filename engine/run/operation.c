#include "engine/run/operation.h"

#include <signal.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/run/part.h"
#include "engine/run/state.h"
#include "engine/run/topic.h"

void
kg_operation_queue(struct kg_operation *operation)
{
	struct kg_run *run = operation->run;

	if (operation->is_queued)
		return;
	operation->is_queued = true;
	operation->next_queued = NULL;
	if (run->queue_last)
		run->queue_last->next_queued = operation;
	else
		run->queue_first = operation;
	run->queue_last = operation;
	kg_loop_wake(run->loop);
}

static void
on_wait_ended(struct kg_wait *wait)
{
	kg_operation_queue(wait->context);
}

static void
on_deadline_ended(struct kg_wait *wait)
{
	struct kg_operation *operation = wait->context;

	if (wait->end == KG_WAIT_DONE)
		operation->is_expired = true;
	kg_operation_queue(operation);
}

static const struct kg_pair *
remembered_outputs(struct kg_run *run, const struct kg_entry *before)
{
	uint32_t count = before ? before->output_count : 0;
	struct kg_pair *pairs = kg_new_array(run->arena, struct kg_pair, count + 1);

	for (uint32_t i = 0; i < count; i++)
		pairs[i] = (struct kg_pair){ before->outputs[i].key, before->outputs[i].value };
	return pairs;
}

/*
 * The settings of a graph were checked when it was read. Those of the ledger may be damaged, or of an older kgraph whose kind did not require them all; a kind's
 * steps rely on what it requires.
 */
static struct kg_error *
settings_check(struct kg_arena *arena, const struct kg_subject *subject)
{
	bool is_well = !subject->is_unreadable;

	for (const struct kg_field *field = subject->kind->facts.fields; is_well && field->name; field++)
		is_well = !(field->flags & KG_REQUIRED) || kg_value_member(subject->values, subject->settings, field->name);
	if (is_well)
		return NULL;
	return kg_error_advise(arena, kg_error_make(arena, KG_EDATA, "the settings that it was run with cannot be read any more"),
	    "change one of its settings and bring it up once, or take it away by hand");
}

struct kg_error *
kg_operation_make(struct kg_run *run, const struct kg_subject *subject, uint32_t node, struct kg_operation **ret_operation)
{
	struct kg_operation *operation = kg_new(run->arena, struct kg_operation);
	void *spec = kg_alloc(run->arena, subject->kind->facts.spec_size);
	struct kg_common *common = kg_new(run->arena, struct kg_common);
	struct kg_error *error = settings_check(run->arena, subject);

	if (!error)
		error = kg_spec_fill(run->arena, subject->kind->facts.fields, subject->values, subject->settings, subject->folder,
		    &subject->resolver, spec);
	if (!error)
		error = kg_spec_fill(
		    run->arena, kg_common_fields, subject->values, subject->settings, subject->folder, &subject->resolver, common);
	if (error)
		return error;

	for (const char *const *name = common->secret; name && *name; name++)
		for (const struct kg_pair *pair = common->env; pair && pair->name; pair++)
			if (strcmp(pair->name, *name) == 0)
				kg_mask_add(&run->mask, pair->value);
	*operation = (struct kg_operation){
		.run = run,
		.kind = subject->kind,
		.subject = *subject,
		.node = node,
		.captured.arena = run->arena,
		.job = {
			.name = subject->name,
			.spec = spec,
			.common = common,
			.state = subject->kind->state_size ? kg_alloc(run->arena, subject->kind->state_size) : NULL,
			.arena = run->arena,
			.folder = subject->folder,
			.keep = kg_format(run->arena, "%s/nodes/%s", run->folders.state, subject->name),
			.log = kg_format(run->arena, "%s/%s.log", run->folders.runs, subject->name),
			.fingerprint = "",
			.inputs = "",
			.folders = &run->folders,
			.remembered = remembered_outputs(run, subject->before),
			.mask = &run->mask,
			.remote = run->remote,
			.registries = &run->registries,
			.clients = &run->clients,
			.reviewed = run->reviewed && node != KG_NO_NODE ? run->reviewed[node] : NULL,
		},
	};
	kg_operation_settle(operation);
	*ret_operation = operation;
	return NULL;
}

void
kg_operation_settle(struct kg_operation *operation)
{
	const struct kg_mask *mask = &operation->run->mask;

	operation->wait = (struct kg_wait){ .ended = on_wait_ended, .context = operation };
	operation->deadline = (struct kg_wait){ .ended = on_deadline_ended, .context = operation };
	kg_node_log_start(&operation->log, operation->job.log, mask);
	kg_node_log_start(&operation->quiet_log, NULL, mask);
	kg_node_log_start(&operation->follower_log, operation->job.log, mask);
}

void
kg_operation_start(struct kg_operation *operation, kg_step *first, int64_t timeout_ms,
    void (*ended)(struct kg_operation *, const struct kg_outcome *))
{
	struct kg_run *run = operation->run;

	kg_assert(!operation->is_running);
	operation->is_running = true;
	operation->is_expired = operation->has_outcome = false;
	operation->cancelled = NULL;
	operation->told = NULL;
	operation->started_ns = kg_clock_now_ns();
	operation->step = first;
	operation->ended = ended;
	operation->job.remote = run->remote;
	operation->deadline_ns = 0;
	if (timeout_ms > 0) {
		operation->deadline_ns = kg_loop_now_ns(run->loop) + timeout_ms * 1000000;
		kg_timer_start(run->loop, &operation->deadline, timeout_ms);
	}
	operation->running_index = run->running.count;
	kg_list_push(run->arena, &run->running, operation);
	kg_operation_queue(operation);
}

static void
operation_close(struct kg_operation *operation, const struct kg_error *why, int signal)
{
	if (!operation->is_running || operation->has_outcome)
		return;
	operation->cancelled = why;
	if (operation->parts)
		kg_parts_end(operation->parts, why, signal == SIGKILL);
	else if (operation->wait.live && operation->is_child && signal != SIGKILL)
		kg_child_signal(&operation->child, signal);
	else if (operation->wait.live)
		kg_wait_cancel(&operation->wait);
	else
		kg_operation_queue(operation);
}

void
kg_operation_cancel(struct kg_operation *operation, const struct kg_error *why)
{
	operation_close(operation, why, SIGTERM);
}

void
kg_operation_kill(struct kg_operation *operation, const struct kg_error *why)
{
	operation_close(operation, why, SIGKILL);
}

static void
outcome_set(struct kg_operation *operation, struct kg_next next)
{
	/* A wait that could not begin fails the operation past the steps that would have closed what they opened. */
	if (operation->job.release)
		operation->job.release(&operation->job);
	operation->job.release = NULL;
	operation->has_outcome = true;
	operation->outcome = (struct kg_outcome){ KG_OUTCOME_DONE, next.error };
	if (next.what == KG_NEXT_ABSENT)
		operation->outcome.what = KG_OUTCOME_ABSENT;
	else if (next.what == KG_NEXT_FAILED)
		operation->outcome.what = KG_OUTCOME_FAILED;
}

static struct kg_error *
expired_error(struct kg_operation *operation)
{
	struct kg_arena *arena = operation->job.arena;
	int64_t limit_ms = operation->job.common->timeout_ms;

	return limit_ms > 0
	    ? kg_error_make(arena, KG_ETIME, "it did not end within %s", kg_duration_tell(arena, limit_ms * 1000000))
	    : kg_error_make(arena, KG_ETIME, "it did not end in time");
}

/* No further step is called. */
static void
operation_stop(struct kg_operation *operation, struct kg_error *why)
{
	struct kg_job *job = &operation->job;

	if (job->release)
		job->release(job);
	job->release = NULL;
	if (operation->kind->close && !job->whole)
		operation->kind->close(job);
	outcome_set(operation, kg_failed(why));
}

/* Calls steps until one waits or ends. Nothing of the operation is open here. */
static void
operation_advance(struct kg_operation *operation)
{
	struct kg_run *run = operation->run;

	operation->job.timed_out = kg_topic_leave(operation) || operation->wait.end == KG_WAIT_TIMEOUT;
	operation->job.now_ns = kg_loop_now_ns(run->loop);
	while (!operation->has_outcome) {
		if (operation->cancelled) {
			operation_stop(operation, kg_error_copy(run->arena, operation->cancelled));
			return;
		}
		if (operation->is_expired && !operation->is_child) {
			operation_stop(operation, expired_error(operation));
			return;
		}
		struct kg_next next = operation->step(&operation->job);

		operation->step = next.step;
		if (next.what == KG_NEXT_WAIT) {
			/* Its time was up while a child of its own had the last word; what it waits for now is closed in the next turn. */
			if (operation->is_expired && !operation->is_child)
				kg_operation_queue(operation);
			return;
		}
		if (next.what != KG_NEXT_STEP)
			outcome_set(operation, next);
	}
}

static void
running_remove(struct kg_run *run, const struct kg_operation *operation)
{
	struct kg_operation *last = run->running.items[--run->running.count];

	run->running.items[operation->running_index] = last;
	last->running_index = operation->running_index;
}

static void
operation_turn(struct kg_operation *operation)
{
	if (!operation->is_running)
		return;
	if (!operation->has_outcome && operation->parts) {
		if (operation->is_expired)
			kg_parts_end(operation->parts, expired_error(operation), false);
		return;
	}
	if (!operation->has_outcome && operation->is_expired && operation->wait.live && !operation->is_child) {
		kg_wait_cancel(&operation->wait);
		return;
	}
	if (!operation->has_outcome && !operation->wait.live)
		operation_advance(operation);
	if (!operation->has_outcome)
		return;
	if (operation->deadline.live || operation->follower_wait.live) {
		kg_wait_cancel(&operation->deadline);
		kg_wait_cancel(&operation->follower_wait);
		return;
	}
	operation->is_running = false;
	running_remove(operation->run, operation);
	kg_node_log_flush(&operation->log);
	kg_node_log_close(&operation->log);
	kg_node_log_close(&operation->quiet_log);
	kg_node_log_close(&operation->follower_log);
	kg_streams_leave(operation);
	operation->ended(operation, &operation->outcome);
}

void
kg_operations_turn(struct kg_run *run)
{
	struct kg_operation *operation = run->queue_first;

	run->queue_first = run->queue_last = NULL;
	while (operation) {
		struct kg_operation *next = operation->next_queued;

		operation->is_queued = false;
		operation_turn(operation);
		operation = next;
	}
}
