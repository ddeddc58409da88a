/* What the ledger is told of a node: that its run begins, and what it was made of and gave when it has succeeded. */

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/run/state.h"
#include "engine/run/work.h"

const char *
kg_task_name(const struct kg_run *run, uint32_t node)
{
	return kg_graph_text(run->graph, run->graph->nodes[node].name);
}

static struct kg_digest
outputs_digest(const struct kg_entry_output *outputs, uint32_t count)
{
	struct kg_digest_state state;

	kg_digest_start(&state);
	for (uint32_t i = 0; i < count; i++) {
		kg_digest_add_text(&state, outputs[i].key);
		kg_digest_add(&state, &outputs[i].digest, sizeof(outputs[i].digest));
	}
	return kg_digest_end(&state);
}

static const char *const *
needs_of(struct kg_arena *arena, struct kg_run *run, uint32_t node)
{
	const struct kg_node *it = &run->graph->nodes[node];
	const char **needs = kg_new_array(arena, const char *, it->edge_count + 1);

	for (uint32_t i = 0; i < it->edge_count; i++)
		needs[i] = kg_task_name(run, run->graph->edges[it->first_edge + i].node);
	return needs;
}

static bool
is_listed(const struct kg_values *values, const struct kg_value *list, const char *name)
{
	if (list->type == KG_VALUE_TEXT)
		return strcmp(kg_value_text(values, list), name) == 0;
	for (uint32_t i = 0; list->type == KG_VALUE_LIST && i < list->count; i++) {
		const struct kg_value *item = &values->items[list->start + i];

		if (item->type == KG_VALUE_TEXT && strcmp(kg_value_text(values, item), name) == 0)
			return true;
	}
	return false;
}

/*
 * The settings as they are remembered: ${secrets.…} stand unresolved in them, but what `secret` lists may be written out under `env`. Those
 * values are blackened in the block; taking a node away needs none of them.
 */
static struct kg_block
settings_pack(struct kg_arena *arena, struct kg_run *run, const struct kg_value *settings)
{
	struct kg_block block = kg_value_pack(arena, &run->graph->values, settings);
	struct kg_values packed;

	if (!kg_value_member(&run->graph->values, settings, "secret") || !kg_value_unpack(block, &packed))
		return block;
	const struct kg_value *names = kg_value_member(&packed, &packed.items[0], "secret");
	const struct kg_value *environment = kg_value_member(&packed, &packed.items[0], "env");
	for (uint32_t i = 0; names && environment && i < environment->count; i++) {
		const struct kg_value *value = &packed.items[environment->start + i];

		if (value->type == KG_VALUE_TEXT && value->count > 0 && is_listed(&packed, names, kg_value_key(&packed, value)))
			memset((char *)(uintptr_t)kg_value_text(&packed, value), '*', value->count);
	}
	return block;
}

/* How long making it takes. What was restored was not made here. */
static int64_t
duration_of(const struct kg_task *task, const struct kg_entry *before)
{
	if (!task->was_restored)
		return task->ended_ns - task->started_ns;
	return task->spared_ns > 0 ? task->spared_ns : before->duration_ns;
}

/* STARTED: a run begins, and until it ends what the node left is not to be trusted. READY: all else was recorded when it was done. */
enum record { RECORD_STARTED, RECORD_DONE, RECORD_READY };

static struct kg_entry *
entry_of(struct kg_arena *arena, struct kg_run *run, uint32_t node, enum record record)
{
	bool started = record == RECORD_STARTED;
	const struct kg_task *task = &run->tasks[node];
	const struct kg_node *it = &run->graph->nodes[node];
	const struct kg_facts *facts = &run->options.kinds[it->kind]->facts;
	static const struct kg_entry never = { 0 };
	const struct kg_entry *before = task->before ? task->before : &never;
	struct kg_entry *entry = kg_new(arena, struct kg_entry);

	*entry = (struct kg_entry){
		.name = kg_task_name(run, node),
		.kind = facts->name,
		/* Relative where it can be: a checkout that was copied must not take down what belongs to the first one. */
		.folder = kg_path_inside(run->folders.graph, kg_graph_text(run->graph, it->folder)),
		.kind_version = facts->version,
		.is_started = started,
		.outputs = started ? task->kept.items : task->outputs,
		.output_count = started ? task->kept.count : task->output_count,
		.order = node,
		.duration_ns = started ? before->duration_ns : duration_of(task, before),
		.ready_ns = record == RECORD_READY ? task->ready_ns : before->ready_ns,
		.finished_wall_ns = started ? before->finished_wall_ns : task->finished_wall_ns,
		.settings = settings_pack(arena, run, &run->graph->values.items[it->settings]),
		.why = task->why ? kg_mask_text(arena, &run->mask, task->why) : "",
		.needs = needs_of(arena, run, node),
	};
	if (!started) {
		entry->fingerprint = task->inspection->fingerprint;
		entry->outputs_digest = task->outputs_digest;
	}
	return entry;
}

/* All that has become so in one loop turn is one transaction: a wide graph of small nodes would spend its time on committing each. */
static struct kg_error *
entries_put(struct kg_run *run, const uint32_t *nodes, uint32_t count, enum record record)
{
	struct kg_arena *scratch = kg_arena_make();
	const struct kg_entry **entries = kg_new_array(scratch, const struct kg_entry *, count);
	const struct kg_parts **parts = kg_new_array(scratch, const struct kg_parts *, count);

	for (uint32_t i = 0; i < count; i++) {
		entries[i] = entry_of(scratch, run, nodes[i], record);
		parts[i] = record == RECORD_DONE ? run->tasks[nodes[i]].inspection->parts : NULL;
	}
	struct kg_error *error = kg_ledger_put_all(run->ledger, run->arena, entries, parts, count);
	kg_arena_free(scratch);
	return error;
}

static void
restored_tell(struct kg_run *run, uint32_t node)
{
	static const struct kg_entry never = { 0 };
	const struct kg_task *task = &run->tasks[node];
	int64_t spared_ns = duration_of(task, task->before ? task->before : &never);

	run->summary.restored++;
	run->summary.fetched += task->was_fetched;
	run->spared_ns += spared_ns;
	kg_run_emit(run, KG_EVENT_NODE_RESTORED, node,
	    (struct kg_event){
		.duration_ns = task->ended_ns - task->started_ns,
		.spared_ns = spared_ns,
		.text = task->was_fetched ? "from the shared cache" : NULL,
	    });
}

static void
task_finish(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];
	bool is_same = task->before && kg_digest_equal(task->before->outputs_digest, task->outputs_digest);

	task->state = KG_TASK_DONE;
	task->was_made = true;
	if (task->was_restored) {
		restored_tell(run, node);
		if (task->may_be_unshared)
			kg_task_publish(run, node);
	} else {
		run->summary.made++;
		kg_run_emit(run, KG_EVENT_NODE_DONE, node,
		    (struct kg_event){ .duration_ns = task->ended_ns - task->started_ns, .text = is_same ? "same" : NULL });
		kg_task_publish(run, node);
	}
	kg_task_finished(run, node);
}

void
kg_task_done(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];

	task->outputs_digest = outputs_digest(task->outputs, task->output_count);
	task->finished_wall_ns = kg_clock_wall_ns();
	kg_list_push(run->arena, &run->finishing, node);
	kg_loop_wake(run->loop);
}

void
kg_tasks_record_finished(struct kg_run *run)
{
	uint32_t count = run->finishing.count;

	if (count == 0)
		return;
	struct kg_error *error = entries_put(run, run->finishing.items, count, RECORD_DONE);
	if (error)
		error = kg_error_wrap(run->arena, error, "it has run, and that cannot be recorded");
	for (uint32_t i = 0; i < count; i++) {
		if (error)
			kg_task_failed(run, run->finishing.items[i], error);
		else
			task_finish(run, run->finishing.items[i]);
	}
	run->finishing.count = 0;
}

void
kg_tasks_record_ready(struct kg_run *run)
{
	if (run->gotten_ready.count == 0)
		return;
	/* Only the order of later runs goes by it. */
	struct kg_error *error = entries_put(run, run->gotten_ready.items, run->gotten_ready.count, RECORD_READY);
	if (error)
		kg_run_warn(run, "how long nodes took to be ready is not recorded: %s", kg_error_text(run->arena, error));
	run->gotten_ready.count = 0;
}

void
kg_tasks_record_starting(struct kg_run *run)
{
	uint32_t count = run->starting.count;

	if (count == 0)
		return;
	/* A run that was stopped meanwhile begins nothing: its old products are gone, and that will be seen. */
	struct kg_error *error = run->stopping ? NULL : entries_put(run, run->starting.items, count, RECORD_STARTED);
	if (error)
		error = kg_error_wrap(run->arena, error, "it cannot be recorded that its run begins");
	for (uint32_t i = 0; i < count; i++)
		kg_task_begin(run, run->starting.items[i], error);
	run->starting.count = 0;
}

static void
output_copy(struct kg_arena *arena, struct kg_entry_output *to, const struct kg_entry_output *from)
{
	*to = *from;
	to->key = kg_copy(arena, from->key);
	to->value = kg_copy(arena, from->value);
}

struct kg_outputs
kg_outputs_copy(struct kg_arena *arena, const struct kg_outputs *outputs)
{
	struct kg_entry_output *items = kg_new_array(arena, struct kg_entry_output, outputs->count + 1);

	for (uint32_t i = 0; i < outputs->count; i++)
		output_copy(arena, &items[i], &outputs->items[i]);
	return (struct kg_outputs){ items, outputs->count };
}

void
kg_task_take_outputs(struct kg_run *run, uint32_t node, const struct kg_work *work)
{
	struct kg_task *task = &run->tasks[node];
	const struct kg_operation *operation = task->operation;
	uint32_t count = operation->outputs.count + work->output_count;
	struct kg_entry_output *outputs = kg_new_array(run->arena, struct kg_entry_output, count + 1);

	for (uint32_t i = 0; i < operation->outputs.count; i++) {
		const struct kg_pair *pair = &operation->outputs.items[i];

		outputs[i] =
		    (struct kg_entry_output){ .key = pair->name, .value = pair->value, .digest = kg_digest_text(pair->value) };
	}
	for (uint32_t i = 0; i < work->output_count; i++)
		output_copy(run->arena, &outputs[operation->outputs.count + i], &work->outputs[i]);
	task->outputs = outputs;
	task->output_count = count;
}
