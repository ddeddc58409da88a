/*
 * What a node is made of now, on a worker thread: its fingerprint in parts, and whether its products are as they were left.
 *
 * The graph, the outputs of the nodes that it needs, secrets and ports do not change any more when a node is inspected; the stat cache takes
 * care of itself. Nothing else of the run is touched here.
 */

#include <stdlib.h>
#include <string.h>

#include "cache/depfile.h"
#include "cache/glob.h"
#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/run/context_input.h"
#include "engine/run/inputs.h"
#include "engine/run/state.h"
#include "engine/run/tool.h"

void
kg_inputs_add(struct kg_inputs *inputs, const char *folder, const char *const *patterns, const char *const *ignore)
{
	kg_list_push(inputs->arena, &inputs->sets, (struct kg_input_set){ folder, patterns, ignore, false });
}

void
kg_inputs_add_context(struct kg_inputs *inputs, const char *folder, const char *const *ignore_files, const char *const *always)
{
	kg_list_push(inputs->arena, &inputs->contexts, (struct kg_input_context){ folder, ignore_files, always });
}

struct kg_arena *
kg_inputs_arena(const struct kg_inputs *inputs)
{
	return inputs->arena;
}

void
kg_inputs_add_program(struct kg_inputs *inputs, const char *name)
{
	kg_list_push(inputs->arena, &inputs->programs, name);
}

void
kg_inputs_add_depfile(struct kg_inputs *inputs, const char *path, const char *folder)
{
	kg_list_push(inputs->arena, &inputs->depfiles, (struct kg_input_depfile){ path, folder });
}

struct inspecting {
	struct kg_run *run;
	struct kg_arena *arena;
	uint32_t node;
	struct kg_subject subject;
	void *spec;
	struct kg_common common;
	struct kg_inputs inputs;
	const struct kg_products *products;
	struct kg_parts stable, found; /* found: what the depfiles name */
	struct kg_parts contents;      /* of the input files alone */
};

static void
value_digest(struct kg_digest_state *state, const struct kg_values *values, const struct kg_value *value)
{
	kg_digest_add_number(state, value->type);
	switch (value->type) {
	case KG_VALUE_TEXT: kg_digest_add_text(state, kg_value_text(values, value)); break;
	case KG_VALUE_LIST:
	case KG_VALUE_TABLE:
		/* As deep as the file's own nesting, which the reader bounds. */
		kg_digest_add_number(state, value->count);
		for (uint32_t i = 0; i < value->count; i++) {
			const struct kg_value *child = &values->items[value->start + i];

			kg_digest_add_text(state, kg_value_key(values, child));
			value_digest(state, values, child);
		}
		break;
	default: kg_digest_add_number(state, (uint64_t)value->integer);
	}
}

static const struct kg_field *
field_of(const struct kg_field *field, const char *name)
{
	for (; field->name; field++)
		if (strcmp(field->name, name) == 0)
			return field;
	return NULL;
}

void
kg_inputs_add_setting(struct kg_inputs *inputs, const char *folder, const void *spec, const struct kg_field *field)
{
	const void *member = (const char *)spec + field->offset;
	const char *const *paths;

	if (field->type == KG_PATH || field->type == KG_TEXT) {
		const char **one = kg_new_array(inputs->arena, const char *, 2);

		one[0] = *(const char *const *)member;
		paths = one;
	} else {
		paths = *(const char *const *const *)member;
	}
	if (paths && paths[0])
		kg_inputs_add(inputs, folder, paths, NULL);
}

static void
settings_add(struct inspecting *it)
{
	const struct kg_values *values = it->subject.values;
	const struct kg_value *settings = it->subject.settings;

	for (uint32_t i = 0; i < settings->count; i++) {
		const struct kg_value *value = &values->items[settings->start + i];
		const char *name = kg_value_key(values, value);
		const struct kg_field *own = field_of(it->subject.kind->facts.fields, name);
		const struct kg_field *field = own ? own : field_of(kg_common_fields, name);

		if (own && (own->flags & KG_INPUT))
			kg_inputs_add_setting(&it->inputs, it->subject.folder, it->spec, own);
		if (!field || (field->flags & KG_NOT_HASHED))
			continue;
		struct kg_digest_state state;
		kg_digest_start(&state);
		value_digest(&state, values, value);
		kg_parts_add(&it->stable, KG_PART_SETTING, name, kg_digest_end(&state));
	}
}

static struct kg_digest
output_digest(const struct kg_task *task, const char *key)
{
	for (uint32_t i = 0; i < task->output_count; i++)
		if (strcmp(task->outputs[i].key, key) == 0)
			return task->outputs[i].digest;
	return (struct kg_digest){ 0 };
}

static void
references_add(struct inspecting *it)
{
	const struct kg_graph *graph = it->run->graph;
	const struct kg_node *node = &graph->nodes[it->node];

	for (uint32_t i = 0; i < node->reference_count; i++) {
		const struct kg_reference *reference = &graph->references[node->first_reference + i];
		const char *name = kg_graph_text(graph, reference->name);
		const char *value = kg_run_value(it->run, reference);

		switch (reference->type) {
		case KG_REFERENCE_OUTPUT:
			kg_parts_add(&it->stable, KG_PART_OUTPUT, name + strlen("node."),
			    output_digest(&it->run->tasks[reference->index], kg_graph_text(graph, reference->key)));
			break;
		case KG_REFERENCE_SECRET:
			kg_parts_add(&it->stable, KG_PART_SECRET, name + strlen("secrets."), kg_digest_text(value ? value : ""));
			break;
		default:
			/* What may come from another checkout's run is told by places inside the checkout, not by where that stands. */
			if (value && reference->type == KG_REFERENCE_DIR && it->subject.kind->is_restorable)
				value = kg_path_inside(it->run->folders.graph, value);
			kg_parts_add(&it->stable, KG_PART_PLACE, name, kg_digest_text(value ? value : ""));
		}
	}
}

/* What is handed on may be a token: cut short as secrets are, a change still shows in all but one of 65,536 cases. */
static struct kg_digest
environment_digest(const char *value)
{
	return (struct kg_digest){ .high = 1, .low = kg_digest_text(value).low & 0xffff };
}

static void
environment_add(struct inspecting *it)
{
	for (const char *const *name = it->common.pass_env; name && *name; name++) {
		const char *value = getenv(*name);

		kg_parts_add(&it->stable, KG_PART_ENVIRONMENT, *name, value ? environment_digest(value) : (struct kg_digest){ 0 });
	}
}

static struct kg_error *
program_add(struct inspecting *it, const char *name)
{
	struct kg_tool tool;
	struct kg_error *error = kg_tool_find(it->run, it->arena, it->common.search, name, it->subject.folder, &tool);

	if (error)
		return error;
	if (!tool.path) {
		kg_parts_add(&it->stable, KG_PART_TOOL, name, (struct kg_digest){ 0 });
		return NULL;
	}
	struct kg_digest_state both;
	kg_digest_start(&both);
	kg_digest_add_text(&both, kg_path_inside(it->run->folders.graph, tool.path));
	kg_digest_add(&both, &tool.digest, sizeof(tool.digest));
	kg_parts_add_noted(
	    &it->stable, KG_PART_TOOL, kg_path_inside(it->run->folders.graph, name), tool.path, kg_digest_end(&both));
	return NULL;
}

/* A node whose globs meet its own outputs would be changed by its own run. */
static bool
is_product(const struct inspecting *it, const char *path)
{
	for (uint32_t i = 0; i < it->products->list.count; i++)
		if (kg_path_inside(it->products->list.items[i].path, path) != path ||
		    strcmp(it->products->list.items[i].path, path) == 0)
			return true;
	return false;
}

static struct kg_error *
file_add(struct inspecting *it, struct kg_parts *parts, const char *path, bool must_exist)
{
	struct kg_file_state state;

	if (is_product(it, path))
		return NULL;
	const char *shown = kg_path_inside(it->run->folders.graph, path);
	struct kg_error *error = kg_stat_cache_look(it->run->stat_cache, it->arena, path, &state);
	if (error)
		return error;
	if (state.type == KG_FILE_MISSING && must_exist)
		return kg_error_advise(it->arena, kg_error_make(it->arena, KG_EINPUT, "the input %s is not there", shown),
		    "mend its name in `inputs`; if another node makes it, `needs` must have that node");
	kg_parts_add(parts, KG_PART_FILE, shown, state.digest);
	kg_parts_add(&it->contents, KG_PART_FILE, shown, state.digest);
	return NULL;
}

static struct kg_error *
set_add(struct inspecting *it, const struct kg_input_set *set)
{
	struct kg_files files = { 0 };
	/* In a plan it may be that the node which makes it has only not run yet. */
	bool must_exist = set->is_said && !it->run->options.plan;
	struct kg_error *error = kg_glob_expand(it->arena, set->folder, set->patterns, set->ignore, &files);

	for (uint32_t i = 0; !error && i < files.count; i++)
		error = file_add(it, &it->stable, files.paths[i], must_exist);
	return error;
}

/* A depfile that is not there is one that no run has written yet; its absence is no part of the fingerprint. */
static struct kg_error *
depfile_add(struct inspecting *it, const struct kg_input_depfile *depfile)
{
	struct kg_files files = { 0 };
	const char *bytes;
	size_t size;

	if (kg_file_read(it->arena, depfile->path, &bytes, &size))
		return NULL;
	struct kg_error *error =
	    kg_depfile_read(it->arena, bytes, size, depfile->folder ? depfile->folder : it->subject.folder, &files);
	for (uint32_t i = 0; !error && i < files.count; i++)
		error = file_add(it, &it->found, files.paths[i], false);
	return error ? kg_error_wrap(it->arena, error, "in the dependency file %s", depfile->path) : NULL;
}

static struct kg_error *
inputs_add(struct inspecting *it)
{
	struct kg_error *error = NULL;

	if (it->common.inputs)
		kg_list_push(it->arena, &it->inputs.sets,
		    (struct kg_input_set){ it->subject.folder, it->common.inputs, it->common.ignore, true });
	if (it->subject.kind->inputs)
		it->subject.kind->inputs(&it->inputs, it->spec, &it->common);
	for (uint32_t i = 0; !error && i < it->inputs.programs.count; i++)
		error = program_add(it, it->inputs.programs.items[i]);
	for (uint32_t i = 0; !error && i < it->inputs.sets.count; i++)
		error = set_add(it, &it->inputs.sets.items[i]);
	for (uint32_t i = 0; !error && i < it->inputs.contexts.count; i++) {
		struct kg_digest digest;

		error = kg_context_input_add(it->run, it->arena, &it->inputs.contexts.items[i], &it->stable, &digest);
		kg_parts_add(&it->contents, KG_PART_FILE, "", digest);
	}
	for (uint32_t i = 0; !error && i < it->inputs.depfiles.count; i++)
		error = depfile_add(it, &it->inputs.depfiles.items[i]);
	return error;
}

static struct kg_error *
parts_collect(struct inspecting *it)
{
	const struct kg_facts *facts = &it->subject.kind->facts;
	struct kg_error *error = kg_spec_fill(it->arena, facts->fields, it->subject.values, it->subject.settings,
	    it->subject.folder, &it->subject.resolver, it->spec);

	if (!error)
		error = kg_spec_fill(it->arena, kg_common_fields, it->subject.values, it->subject.settings, it->subject.folder,
		    &it->subject.resolver, &it->common);
	if (error)
		return error;
	it->products = kg_products_of(it->arena, it->subject.kind, it->spec);
	kg_parts_add(&it->stable, KG_PART_KIND, facts->name, (struct kg_digest){ .low = facts->version });
	settings_add(it);
	references_add(it);
	environment_add(it);
	return inputs_add(it);
}

static void
part_keep(struct kg_arena *keep, struct kg_parts *kept, const struct kg_part *part)
{
	kg_parts_add_noted(kept, part->type, kg_copy(keep, part->name), kg_copy(keep, part->note), part->digest);
}

static struct kg_parts *
parts_keep(struct kg_arena *keep, const struct kg_parts *parts, const struct kg_parts *more)
{
	struct kg_parts *kept = kg_new(keep, struct kg_parts);

	kept->arena = keep;
	for (uint32_t i = 0; i < parts->count; i++)
		part_keep(keep, kept, &parts->items[i]);
	for (uint32_t i = 0; more && i < more->count; i++)
		part_keep(keep, kept, &more->items[i]);
	kg_parts_seal(kept);
	return kept;
}

/* The ledger's outputs; a product's path is today's, since the checkout may have been moved. */
static const struct kg_entry_output *
outputs_now(const struct inspecting *it, const struct kg_entry *before, struct kg_arena *keep)
{
	struct kg_entry_output *moved = NULL;

	for (uint32_t i = 0; i < it->products->list.count; i++) {
		const struct kg_product *product = &it->products->list.items[i];

		for (uint32_t j = 0; j < before->output_count; j++) {
			if (strcmp(before->outputs[j].key, product->key) != 0 ||
			    strcmp(before->outputs[j].value, product->path) == 0)
				continue;
			if (!moved) {
				moved = kg_new_array(keep, struct kg_entry_output, before->output_count);
				memcpy(moved, before->outputs, before->output_count * sizeof(*moved));
			}
			moved[j].value = kg_copy(keep, product->path);
		}
	}
	return moved ? moved : before->outputs;
}

void
kg_inspect(struct kg_run *run, uint32_t node, struct kg_arena *scratch, struct kg_arena *keep, bool parts_wanted,
    struct kg_inspection *ret_inspection)
{
	struct inspecting it = {
		.run = run,
		.arena = scratch,
		.node = node,
		.subject = kg_subject_of_node(run, scratch, node),
		.inputs.arena = scratch,
		.stable.arena = scratch,
		.found.arena = scratch,
		.contents.arena = scratch,
	};
	const struct kg_entry *before = run->tasks[node].before;

	*ret_inspection = (struct kg_inspection){ 0 };
	it.spec = kg_alloc(scratch, it.subject.kind->facts.spec_size);
	struct kg_error *error = parts_collect(&it);
	if (error) {
		ret_inspection->error = kg_error_copy(keep, error);
		return;
	}

	/* A context has many thousands of files: without a depfile there is one list, and not a second one that is the same. */
	struct kg_parts *all = it.found.count > 0 ? parts_keep(scratch, &it.stable, &it.found) : &it.stable;
	ret_inspection->fingerprint = kg_parts_seal(all);
	ret_inspection->base = all == &it.stable ? ret_inspection->fingerprint : kg_parts_seal(&it.stable);
	ret_inspection->inputs = kg_parts_seal(&it.contents);
	ret_inspection->has_depfile = it.inputs.depfiles.count > 0;
	bool is_same = before && !before->is_started && kg_digest_equal(before->fingerprint, ret_inspection->fingerprint);
	if (is_same) {
		ret_inspection->outputs = outputs_now(&it, before, keep);
		ret_inspection->products_why = kg_copy(keep, kg_products_look(run, scratch, it.products, before));
	}
	if (!is_same || ret_inspection->products_why || parts_wanted) {
		ret_inspection->parts = parts_keep(keep, all, NULL);
		ret_inspection->stable_parts = all == &it.stable ? ret_inspection->parts : parts_keep(keep, &it.stable, NULL);
		ret_inspection->is_changed = !is_same;
	}
}
