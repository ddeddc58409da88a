/*
 * Parts of a job: thousands of small operations, of which only as many exist at once as may run. A part that has ended leaves its place in memory to the
 * next one, since what is in the run's arena stays there to the end.
 */

#include "engine/run/part.h"

#include "engine/base/arena.h"
#include "engine/run/state.h"

struct kg_part_set {
	struct kg_operation *whole;
	const struct kg_job_parts *parts;
	uint32_t begun, running;
	bool is_closed;                     /* no more begin */
	KG_LIST(struct kg_operation *) all; /* at most as many as may run at once, those that have ended among them */
	KG_LIST(struct kg_operation *) idle;
};

static void parts_begin(struct kg_part_set *set);

static void
error_keep(struct kg_part_set *set, uint32_t part, struct kg_error *error)
{
	if (set->parts->ret_errors)
		set->parts->ret_errors[part] = error;
	if (error && !set->whole->job.parts_error)
		set->whole->job.parts_error = error;
}

/* Those that never began say so, and by whose fault. */
static void
set_finish(struct kg_part_set *set)
{
	struct kg_operation *whole = set->whole;
	struct kg_error *error = NULL;

	if (set->begun < set->parts->count)
		error = kg_error_make(whole->job.arena, KG_ECANCELLED, "it was not begun");
	for (uint32_t part = set->begun; part < set->parts->count; part++)
		error_keep(set, part, error);
	whole->parts = NULL;
	kg_operation_queue(whole);
}

static void
part_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_part_set *set = operation->context;

	error_keep(set, operation->job.part, outcome->error);
	if (outcome->error && set->parts->stop_at_failure)
		set->is_closed = true;
	set->running--;
	/* One that is still in the queue of the next turn keeps its place in it, and so its memory. */
	if (!operation->is_queued)
		kg_list_push(operation->run->arena, &set->idle, operation);
	parts_begin(set);
}

static struct kg_operation *
operation_take(struct kg_part_set *set)
{
	struct kg_arena *arena = set->whole->run->arena;

	if (set->idle.count > 0)
		return set->idle.items[--set->idle.count];
	struct kg_operation *operation = kg_new(arena, struct kg_operation);
	kg_list_push(arena, &set->all, operation);
	return operation;
}

/* All that a part has of its whole; the rest is its own, and nothing of the part before it in its place. */
static void
part_begin(struct kg_part_set *set, uint32_t part)
{
	const struct kg_operation *whole = set->whole;
	const struct kg_job_parts *parts = set->parts;
	struct kg_operation *operation = operation_take(set);

	*operation = (struct kg_operation){
		.run = whole->run,
		.kind = whole->kind,
		.subject = whole->subject,
		.node = whole->node,
		.is_behind = whole->is_behind,
		.captured.arena = whole->run->arena,
		.context = set,
		.job = whole->job,
	};
	struct kg_job *job = &operation->job;
	job->state = parts->states ? (char *)parts->states + part * parts->state_size : NULL;
	job->answer = job->probe = job->registry = job->client = NULL;
	job->answer_error = job->parts_error = NULL;
	job->child = (struct kg_child_result){ 0 };
	job->http = (struct kg_http_result){ 0 };
	job->release = NULL;
	job->part = part;
	job->whole = &set->whole->job;
	kg_operation_settle(operation);
	kg_operation_start(operation, parts->first, 0, part_ended);
	/* Its children end themselves when the whole's time is up, gently; what else it waits for is closed by the whole. */
	operation->deadline_ns = whole->deadline_ns;
	set->running++;
}

/* Children end at the whole's time limit by themselves, which may be seen a moment before the whole's own clock tells: nothing begins any more. */
static bool
is_time_up(const struct kg_operation *whole)
{
	return whole->deadline_ns > 0 && kg_loop_now_ns(whole->run->loop) + 1000000 >= whole->deadline_ns;
}

static void
parts_begin(struct kg_part_set *set)
{
	const struct kg_job_parts *parts = set->parts;

	while (!set->is_closed && set->begun < parts->count && (parts->width == 0 || set->running < parts->width)) {
		/* Who waits is about to be ended, and goes on with nothing. */
		if (is_time_up(set->whole))
			return;
		part_begin(set, set->begun++);
	}
	if (set->running == 0)
		set_finish(set);
}

void
kg_parts_end(struct kg_part_set *set, const struct kg_error *why, bool now)
{
	set->is_closed = true;
	for (uint32_t i = 0; i < set->all.count; i++) {
		if (now)
			kg_operation_kill(set->all.items[i], why);
		else
			kg_operation_cancel(set->all.items[i], why);
	}
	if (set->running == 0)
		set_finish(set);
}

struct kg_next
kg_wait_parts(struct kg_job *job, const struct kg_job_parts *parts, kg_step *then)
{
	struct kg_operation *operation = (struct kg_operation *)job;

	job->parts_error = NULL;
	if (parts->count == 0)
		return kg_go(then);
	struct kg_part_set *set = kg_new(job->arena, struct kg_part_set);
	set->whole = operation;
	set->parts = parts;
	operation->parts = set;
	operation->is_child = false;
	operation->wait.end = KG_WAIT_DONE;
	parts_begin(set);
	return (struct kg_next){ .what = KG_NEXT_WAIT, .step = then };
}
