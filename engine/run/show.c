/*
 * `kgraph logs` of what is asked by steps: the node's kind finds out what its thing prints, and hands it on line by line. As with collecting, nothing is
 * locked and nothing is changed, so that it works beside a run, and after one that was killed.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/run/state.h"

/* Who only reads what is piped to it tells that it has gone by being looked at, and by nothing else while there is nothing to print. */
static constexpr int64_t look_ms = 1000;

struct kg_showing {
	struct kg_run *run;
	const struct kg_show_to *to;
	struct kg_operation *operation;
	struct kg_arena *scratch; /* of one line */
	bool has_ended;
	struct kg_outcome outcome;
};

void
kg_print(struct kg_job *job, const char *line)
{
	struct kg_run *run = ((struct kg_operation *)job)->run;
	struct kg_showing *showing = run->showing;

	if (!showing)
		return;
	showing->to->line(showing->to->context, kg_mask_text(showing->scratch, &run->mask, line));
	kg_arena_empty(showing->scratch);
}

static void
show_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_showing *showing = operation->context;

	showing->has_ended = true;
	showing->outcome = *outcome;
}

static void
reader_look(struct kg_showing *showing)
{
	struct kg_run *run = showing->run;

	if (!showing->to->flush(showing->to->context) && !showing->has_ended)
		kg_operation_cancel(showing->operation, kg_error_make(run->arena, KG_ECANCELLED, "nobody reads it any more"));
}

static void
show_turn(void *context)
{
	struct kg_showing *showing = context;
	struct kg_run *run = showing->run;

	kg_operations_turn(run);
	reader_look(showing);
	/* What it followed ends behind it. */
	if (showing->has_ended && run->running.count == 0)
		kg_loop_stop(run->loop);
}

static void
show_tick(void *context)
{
	const struct kg_showing *showing = context;

	kg_loop_wake(showing->run->loop);
}

static const struct kg_entry *
entry_find(const struct kg_run *run, const char *name)
{
	for (uint32_t i = 0; i < run->entry_count; i++)
		if (strcmp(run->entries[i]->name, name) == 0)
			return run->entries[i];
	return NULL;
}

static void
show_run(struct kg_showing *showing, kg_step *first)
{
	struct kg_run *run = showing->run;

	run->showing = showing;
	kg_operation_start(showing->operation, first, 0, show_ended);
	kg_loop_each_turn(run->loop, show_turn, showing);
	kg_loop_tick(run->loop, look_ms, show_tick, showing);
	kg_loop_wake(run->loop);
	kg_loop_run(run->loop);
	kg_loop_tick(run->loop, 0, NULL, NULL);
	run->showing = NULL;
}

struct kg_error *
kg_run_show(struct kg_run *run, const char *name, const struct kg_show *show, const struct kg_show_to *to, const char **ret_none)
{
	const struct kg_entry *entry = entry_find(run, name);
	struct kg_showing showing = { .run = run, .to = to };

	*ret_none = "";
	if (!entry)
		return NULL;
	struct kg_subject subject = kg_subject_of_entry(run, run->arena, entry);
	if (!subject.kind || !subject.kind->show)
		return NULL;
	struct kg_error *error = kg_operation_make(run, &subject, KG_NO_NODE, &showing.operation);
	if (error)
		return error;
	showing.operation->context = &showing;
	showing.operation->job.show = show;
	/* What its programs print is not to stand among what runs have printed. */
	showing.operation->job.log = NULL;
	kg_operation_settle(showing.operation);
	showing.scratch = kg_arena_make();
	show_run(&showing, subject.kind->show);
	kg_arena_free(showing.scratch);
	*ret_none = showing.outcome.what == KG_OUTCOME_ABSENT ? showing.outcome.error->message : NULL;
	bool was_left = showing.outcome.error && showing.outcome.error->code == KG_ECANCELLED;
	return showing.outcome.what == KG_OUTCOME_FAILED && !was_left ? showing.outcome.error : NULL;
}
