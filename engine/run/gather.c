/*
 * Gathering what helps to understand a failure, for who was not there: a CI job that keeps a folder, a colleague. The ledger tells what there is, so
 * it works as well when kgraph was killed, and beside a kgraph that hangs: nothing is locked and nothing is changed.
 */

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/run/state.h"

/* A few kinds ask the same engine or server; it is to answer, not to be overrun. */
static constexpr uint32_t gathering_most = 8;
static constexpr int64_t gather_limit_ms = 60000;

struct gathering {
	struct kg_run *run;
	const char *folder;
	struct kg_errors *problems;
	KG_LIST(struct kg_operation *) waiting; /* from next on */
	uint32_t next, running;
};

static void
problem_add(struct gathering *gathering, const char *node, struct kg_error *error)
{
	struct kg_arena *arena = gathering->problems->arena;

	kg_errors_add(
	    gathering->problems, kg_error_wrap(arena, kg_error_copy(arena, error), "not all of %s could be collected", node));
}

static void
gather_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct gathering *gathering = operation->context;

	gathering->running--;
	if (outcome->error)
		problem_add(gathering, operation->job.name, outcome->error);
}

static void
gather_turn(void *context)
{
	struct gathering *gathering = context;
	struct kg_run *run = gathering->run;

	kg_operations_turn(run);
	while (gathering->next < gathering->waiting.count && gathering->running < gathering_most && run->interrupts == 0) {
		struct kg_operation *operation = gathering->waiting.items[gathering->next++];

		gathering->running++;
		kg_operation_start(operation, operation->kind->gather, gather_limit_ms, gather_ended);
	}
	if (gathering->running == 0)
		kg_loop_stop(run->loop);
}

/* Makes what asks the kind, so that the secrets among the settings are known before anything is written. */
static void
asking_make(struct gathering *gathering, const struct kg_entry *entry)
{
	struct kg_run *run = gathering->run;
	struct kg_subject subject = kg_subject_of_entry(run, run->arena, entry);
	struct kg_operation *operation;

	if (!subject.kind || !subject.kind->gather)
		return;
	struct kg_error *error = kg_operation_make(run, &subject, KG_NO_NODE, &operation);
	if (error) {
		problem_add(gathering, entry->name, error);
		return;
	}
	operation->context = gathering;
	operation->job.gather = kg_format(run->arena, "%s/%s", gathering->folder, entry->name);
	operation->job.log = kg_format(run->arena, "%s/gathered.log", operation->job.gather);
	kg_operation_settle(operation);
	kg_list_push(run->arena, &gathering->waiting, operation);
}

static struct kg_error *
nodes_write(struct gathering *gathering, const char *const *names, uint32_t *ret_count)
{
	struct kg_run *run = gathering->run;
	struct kg_arena *scratch = kg_arena_make();
	struct kg_error *error = NULL;

	*ret_count = 0;
	for (uint32_t i = 0; i < run->entry_count && !error; i++) {
		const struct kg_entry *entry = run->entries[i];

		if (!kg_run_is_named(run, entry->name, names))
			continue;
		error = kg_gather_node(run, scratch, entry, kg_format(scratch, "%s/%s", gathering->folder, entry->name));
		error = error ? kg_error_copy(run->arena, error) : NULL;
		++*ret_count;
		kg_arena_empty(scratch);
	}
	kg_arena_free(scratch);
	return error;
}

struct kg_error *
kg_run_gather(struct kg_run *run, const char *folder, const char *const *names, struct kg_errors *problems, uint32_t *ret_count)
{
	struct gathering gathering = { .run = run, .folder = folder, .problems = problems };
	struct kg_error *error = kg_file_make_folder(run->arena, folder, 0700);

	for (uint32_t i = 0; i < run->entry_count && !error; i++)
		if (kg_run_is_named(run, run->entries[i]->name, names))
			asking_make(&gathering, run->entries[i]);
	if (!error)
		error = nodes_write(&gathering, names, ret_count);
	if (error)
		return error;
	kg_interrupts_start(run);
	kg_loop_each_turn(run->loop, gather_turn, &gathering);
	kg_loop_wake(run->loop);
	kg_loop_run(run->loop);
	kg_wait_cancel(&run->time_limit);
	kg_wait_cancel(&run->kill_limit);
	return NULL;
}
