#include "engine/run/run.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/run/port.h"
#include "engine/run/state.h"
#include "engine/run/tool.h"

/* How many runs' logs are kept. */
static constexpr uint32_t runs_kept = 20;

static struct kg_error *
ledger_open(struct kg_run *run)
{
	const char *damage = NULL;

	if (run->options.reading) {
		struct stat stat_buffer;

		if (stat(run->options.folder, &stat_buffer) < 0)
			return NULL;
		return kg_ledger_open_reading(run->arena, run->options.folder, &run->ledger);
	}
	struct kg_error *error = kg_lock_take(run->arena, run->options.folder, run->options.lock_wait_ms, &run->lock);
	if (!error)
		error = kg_ledger_open(run->arena, run->options.folder, &run->ledger, &damage);
	if (!error && damage)
		kg_run_warn(run, "%s", damage);
	return error;
}

static struct kg_error *
entries_read(struct kg_run *run)
{
	const struct kg_graph *graph = run->graph;
	struct kg_map names = { .arena = run->arena };

	run->tasks = kg_new_array(run->arena, struct kg_task, graph->node_count + 1);
	if (!run->ledger)
		return NULL;
	struct kg_error *error = kg_ledger_all(run->ledger, run->arena, &run->entries, &run->entry_count);
	if (error)
		return error;
	for (uint32_t i = 0; i < run->entry_count; i++)
		kg_map_put(&names, run->entries[i]->name, i);
	for (uint32_t node = 0; node < graph->node_count; node++) {
		struct kg_task *task = &run->tasks[node];
		uint32_t index;

		if (!kg_map_get(&names, kg_graph_text(graph, graph->nodes[node].name), &index))
			continue;
		task->before = run->entries[index];
		/* Until this run knows better: for nodes that are not chosen, and for exports. */
		task->outputs = task->before->outputs;
		task->output_count = task->before->output_count;
	}
	return NULL;
}

static struct kg_error *
run_open(struct kg_run *run)
{
	struct kg_error *error = run->options.reading ? NULL : kg_file_make_folder(run->arena, run->options.folder, 0700);

	if (!error)
		error = ledger_open(run);
	if (!error)
		error = entries_read(run);
	if (!error)
		error = kg_run_find_places(run);
	if (!error)
		error = kg_loop_make(run->arena, &run->loop);
	if (error || run->options.reading)
		return error;
	error = kg_stat_cache_open(run->arena, kg_format(run->arena, "%s/stat.bin", run->options.folder), &run->stat_cache);
	if (!error && run->options.store_folder && !run->options.plan) {
		struct kg_error *closed = kg_store_open(run->arena, run->options.store_folder, &run->store);

		/* Without a store everything is made here: slower, and no less right. */
		if (closed)
			kg_run_warn(run, "nothing is stored or restored: %s", kg_error_text(run->arena, closed));
	}
	return error;
}

struct kg_error *
kg_run_open(struct kg_arena *arena, const struct kg_run_options *options, struct kg_run **ret_run)
{
	struct kg_run *run = kg_new(arena, struct kg_run);

	run->arena = arena;
	run->options = *options;
	run->graph = options->graph;
	run->survey_index.arena = arena;
	run->stream_index.arena = arena;
	run->product_owners.arena = arena;
	run->tools = kg_tools_make(arena);
	run->mask.arena = arena;
	run->remote = options->plan || options->reading ? NULL : options->remote;
	struct kg_error *error = run_open(run);
	if (error)
		kg_run_close(run);
	else
		*ret_run = run;
	return error;
}

static enum kg_run_outcome
outcome_of(const struct kg_run *run)
{
	if (run->interrupts > 0 && run->stop_outcome == KG_RUN_INTERRUPTED)
		return KG_RUN_INTERRUPTED;
	/* Trying again with more time does not help what has failed. */
	if (run->has_failed)
		return KG_RUN_FAILED;
	return run->interrupts > 0 || run->not_ready > 0 ? KG_RUN_NOT_READY : KG_RUN_UP;
}

static const char *
outcome_tell(const struct kg_run *run, enum kg_run_outcome outcome)
{
	switch (outcome) {
	case KG_RUN_UP: return run->options.plan ? "planned" : "up";
	case KG_RUN_FAILED: return "failed";
	case KG_RUN_NOT_READY: return "not_ready";
	case KG_RUN_INTERRUPTED: return "interrupted";
	}
	return "failed";
}

enum kg_run_outcome
kg_run_up(struct kg_run *run)
{
	run->started_ns = kg_clock_now_ns();
	kg_pools_make(run);
	kg_loop_each_turn(run->loop, kg_schedule_turn, run);
	kg_schedule_start(run);
	if (!run->stopping)
		kg_surveys_ask_ahead(run);
	kg_run_emit(
	    run, KG_EVENT_RUN_STARTED, KG_NO_NODE, (struct kg_event){ .text = run->options.asked, .count = run->summary.chosen });
	kg_interrupts_start(run);
	kg_loop_run(run->loop);
	kg_assert(run->open == 0 && run->watched == 0);
	kg_wait_cancel(&run->time_limit);
	kg_wait_cancel(&run->kill_limit);

	enum kg_run_outcome outcome = outcome_of(run);
	kg_run_emit(run, KG_EVENT_RUN_ENDED, KG_NO_NODE,
	    (struct kg_event){ .text = outcome_tell(run, outcome),
		.duration_ns = kg_clock_now_ns() - run->started_ns,
		.spared_ns = run->spared_ns,
		.summary = &run->summary });
	return outcome;
}

struct export_values {
	struct kg_run *run;
	const struct kg_export *export;
	const char *missing;
};

static const char *
export_value(void *context, const char *name)
{
	struct export_values *values = context;
	const struct kg_graph *graph = values->run->graph;

	for (uint32_t i = 0; i < values->export->reference_count; i++) {
		const struct kg_reference *reference = &graph->references[values->export->first_reference + i];

		if (strcmp(kg_graph_text(graph, reference->name), name) != 0)
			continue;
		const char *value = kg_run_value(values->run, reference);
		if (value)
			return value;
	}
	values->missing = name;
	return NULL;
}

/* It is of a part of the graph that was not asked for, and that nobody has brought up. */
static bool
export_is_elsewhere(struct kg_run *run, const struct kg_export *export)
{
	for (uint32_t i = 0; i < export->reference_count; i++) {
		const struct kg_reference *reference = &run->graph->references[export->first_reference + i];

		if (reference->type == KG_REFERENCE_OUTPUT && run->options.chosen && !run->options.chosen[reference->index] &&
		    !kg_run_value(run, reference))
			return true;
	}
	return false;
}

struct kg_error *
kg_run_exports(struct kg_run *run, struct kg_arena *arena, const struct kg_pair **ret_pairs)
{
	const struct kg_graph *graph = run->graph;
	struct kg_pair *pairs = kg_new_array(arena, struct kg_pair, graph->export_count + 1);
	uint32_t count = 0;

	for (uint32_t i = 0; i < graph->export_count; i++) {
		const struct kg_export *export = &graph->exports[i];
		const char *name = kg_graph_text(graph, export->name);
		struct export_values values = { .run = run, .export = export };
		struct kg_resolver resolver = { &values, export_value };

		/* Those of includes are for the root file's use; it exports what is to be seen. */
		if (strchr(name, '.') || export_is_elsewhere(run, export))
			continue;
		const struct kg_value *value = &graph->values.items[export->value];
		const char *text = kg_resolve_text(arena, &resolver, kg_value_text(&graph->values, value));
		if (values.missing)
			return kg_error_advise(arena,
			    kg_error_make(
				arena, KG_EINPUT, "the export %s uses ${%s}, which is not known yet", name, values.missing),
			    "bring the stack up first, and set the secrets that it uses");
		pairs[count++] = (struct kg_pair){ name, text };
	}
	*ret_pairs = pairs;
	return NULL;
}

void
kg_run_entries(const struct kg_run *run, const struct kg_entry *const **ret_entries, uint32_t *ret_count)
{
	*ret_entries = run->entries;
	*ret_count = run->entry_count;
}

/* Of one look for `status`, with the question to an engine or a server before it. */
static constexpr int64_t alive_limit_ms = 15000;

struct aliveness {
	bool is_alive;
	const char *why;
};

static void
alive_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct aliveness *aliveness = operation->context;

	aliveness->is_alive = outcome->what == KG_OUTCOME_DONE;
	aliveness->why = operation->remark;
	if (outcome->error)
		aliveness->why = kg_error_text(operation->run->arena, outcome->error);
	kg_loop_stop(operation->run->loop);
}

static void
operations_turn(void *context)
{
	kg_operations_turn(context);
}

const char *
kg_run_alive(struct kg_run *run, struct kg_arena *arena, const struct kg_entry *entry, bool *ret_alive)
{
	struct kg_subject subject = kg_subject_of_entry(run, arena, entry);
	struct aliveness aliveness = { 0 };
	struct kg_operation *operation;

	*ret_alive = false;
	if (!subject.kind || !subject.kind->outlives || !subject.kind->look)
		return NULL;
	if (kg_operation_make(run, &subject, KG_NO_NODE, &operation))
		return "its settings cannot be read any more";
	/* What runs is asked whether it is what the entry says, and not what the files say now. */
	char *hex = kg_new_array(arena, char, KG_DIGEST_HEX + 1);
	kg_digest_tell(entry->fingerprint, hex);
	operation->job.fingerprint = hex;
	operation->job.wants_remark = true;
	operation->context = &aliveness;
	kg_loop_each_turn(run->loop, operations_turn, run);
	kg_operation_start(operation, kg_survey_look, alive_limit_ms, alive_ended);
	kg_loop_run(run->loop);
	*ret_alive = aliveness.is_alive;
	return aliveness.why;
}

struct kg_error *
kg_run_why(struct kg_run *run, struct kg_arena *arena, uint32_t node, const char *const **ret_sentences)
{
	const struct kg_task *task = &run->tasks[node];
	KG_LIST(const char *) sentences = { 0 };
	struct kg_parts old = { 0 };

	*ret_sentences = NULL;
	if (run->ledger && task->inspection && task->inspection->is_changed && task->inspection->parts) {
		struct kg_error *error = kg_ledger_parts(run->ledger, arena, kg_task_name(run, node), &old);

		if (error)
			return error;
		struct kg_changes changes = kg_parts_compare(arena, &old, task->inspection->parts);
		for (uint32_t i = 0; old.count > 0 && i < changes.count; i++)
			kg_list_push(arena, &sentences, kg_change_tell(arena, changes.items[i]));
	}
	kg_list_push(arena, &sentences, NULL);
	*ret_sentences = sentences.items;
	return NULL;
}

const struct kg_summary *
kg_run_summary(const struct kg_run *run)
{
	return &run->summary;
}

struct kg_loop *
kg_run_loop(struct kg_run *run)
{
	return run->loop;
}

const struct kg_mask *
kg_run_mask(const struct kg_run *run)
{
	return &run->mask;
}

const char *
kg_run_logs(const struct kg_run *run)
{
	return run->folders.runs;
}

static int
is_run(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* A run that printed nothing leaves no folder; of the others the last ones stay. Names start with the time, so they sort by it. */
static void
logs_tidy(struct kg_run *run)
{
	const char *folder = kg_format(run->arena, "%s/runs", run->options.folder);
	struct dirent **entries;

	rmdir(run->folders.runs);
	/* After `down --purge` nothing is in it. */
	rmdir(run->folders.data);
	int count = scandir(folder, &entries, is_run, alphasort);
	for (int i = 0; i < count; i++) {
		if (i + (int)runs_kept < count) {
			struct kg_error *error =
			    kg_file_remove(run->arena, kg_format(run->arena, "%s/%s", folder, entries[i]->d_name));

			if (error)
				kg_run_warn(run, "%s", kg_error_text(run->arena, error));
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* Time limits that were not reached are still open; they are closed by turns of the loop in which nothing else happens. */
static void
loop_close(struct kg_run *run)
{
	kg_wait_cancel(&run->time_limit);
	kg_wait_cancel(&run->kill_limit);
	kg_loop_each_turn(run->loop, operations_turn, run);
	kg_loop_run(run->loop);
	kg_loop_free(run->loop);
}

void
kg_run_close(struct kg_run *run)
{
	if (run->loop)
		loop_close(run);
	if (run->stat_cache && run->options.reading) {
		kg_stat_cache_drop(run->stat_cache);
	} else if (run->stat_cache) {
		struct kg_error *error = kg_stat_cache_close(run->stat_cache, run->arena);

		if (error)
			kg_run_warn(run, "%s", kg_error_text(run->arena, error));
	}
	kg_remote_tidy(run);
	if (run->store)
		kg_store_close(run->store);
	if (run->ledger)
		kg_ledger_close(run->ledger);
	if (run->folders.runs && !run->options.reading && !run->options.plan)
		logs_tidy(run);
	for (uint32_t i = 0; run->port_holds && i < run->graph->port_count; i++)
		kg_port_give(run, i);
	kg_tools_free(run->tools);
	if (run->lock)
		kg_lock_release(run->lock);
	for (uint32_t i = 0; i < run->batch_arenas.count; i++)
		kg_arena_free(run->batch_arenas.items[i]);
}
