#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/field.h"
#include "engine/base/text.h"
#include "graph/sealing.h"

/*
 * Each different reference of the graph is taken apart and looked up once, however many nodes hold it; a node's list is then a
 * list of known ones, each at most once. What the reader resolves itself (vars, env, export) never gets here; a reference of
 * another sort has been told by the reader, and is passed over.
 */

/* Whose texts are being looked through. */
struct holder {
	struct kg_sealing *sealing;
	uint32_t number;              /* node, or the nodes' count plus the export's number */
	uint32_t node;                /* KG_NO_NODE for an export */
	const struct kg_value *value; /* in which the reference stands */
};

/* What an item without an `as` is called: the fallback of that field. */
static const char *
fallback_key(const struct kg_field *list)
{
	for (const struct kg_field *field = list->fields; field && field->name; field++)
		if (strcmp(field->name, "as") == 0)
			return field->fallback;
	return NULL;
}

/* Calls found for each further output key that the node's settings name; stops when it says true. */
static bool
named_output_is(const struct kg_sealing *sealing, const struct kg_draft_node *node, bool (*is)(void *, const char *), void *context)
{
	const struct kg_facts *facts = sealing->draft->facts->kinds[node->kind];
	const struct kg_values *values = &sealing->values;

	for (const struct kg_field *field = facts->fields; field && field->name; field++) {
		const struct kg_value *list =
		    field->flags & KG_OUTPUT_KEYS ? kg_value_member(values, &values->items[node->settings], field->name) : NULL;
		bool is_list = list && list->type == KG_VALUE_LIST;

		for (uint32_t i = 0; list && i < (is_list ? list->count : 1); i++) {
			const struct kg_value *item = is_list ? &values->items[list->start + i] : list;
			const struct kg_value *as = kg_value_member(values, item, "as");
			const char *key = as && as->type == KG_VALUE_TEXT ? kg_value_text(values, as) : fallback_key(field);

			if (key && is(context, key))
				return true;
		}
	}
	return false;
}

static bool
is_same(void *context, const char *key)
{
	return strcmp(context, key) == 0;
}

static bool
has_output(const struct kg_sealing *sealing, const struct kg_draft_node *node, char *key)
{
	const char *const *output = sealing->draft->facts->kinds[node->kind]->outputs;

	for (; output && *output; output++)
		if (strcmp(*output, key) == 0)
			return true;
	return named_output_is(sealing, node, is_same, key);
}

struct keys {
	struct kg_arena *arena;
	KG_LIST(const char *) names;
};

static bool
key_keep(void *context, const char *key)
{
	struct keys *keys = context;

	kg_list_push(keys->arena, &keys->names, key);
	return false;
}

static void
output_unknown(struct holder *holder, const struct kg_draft_node *node, const char *name, const char *key)
{
	struct kg_sealing *sealing = holder->sealing;
	const char *const *output = sealing->draft->facts->kinds[node->kind]->outputs;
	struct keys keys = { .arena = sealing->scratch };

	for (; output && *output; output++)
		kg_list_push(keys.arena, &keys.names, *output);
	named_output_is(sealing, node, key_keep, &keys);
	kg_list_push(keys.arena, &keys.names, NULL);
	kg_sealing_unknown(sealing, kg_sealing_reference_place(sealing, holder->value, name),
	    kg_format(
		sealing->scratch, "output of node `%s` (%s) called", node->name, sealing->draft->facts->kinds[node->kind]->name),
	    key, keys.names.items);
}

/* "node.ds.schema.version": the key is what stands behind the last dot, since names of nodes may hold dots. */
static void
output_read(struct holder *holder, const char *name, struct kg_reference *ret_reference)
{
	struct kg_sealing *sealing = holder->sealing;
	const char *node_name = name + strlen("node."), *dot = strrchr(node_name, '.');
	uint32_t node;

	if (!dot) {
		struct kg_place place = kg_sealing_reference_place(sealing, holder->value, name);

		kg_errors_add(sealing->draft->errors,
		    kg_error_advise(sealing->draft->errors->arena,
			kg_error_at(
			    sealing->draft->errors->arena, KG_EINPUT, place, "`${%s}` does not say which output is meant", name),
			"write ${node.NAME.OUTPUT}"));
		return;
	}
	if (!kg_map_get_bytes(&sealing->draft->node_names, node_name, (size_t)(dot - node_name), &node)) {
		kg_sealing_unknown_node(sealing, kg_sealing_reference_place(sealing, holder->value, name),
		    kg_copy_bytes(sealing->scratch, node_name, (size_t)(dot - node_name)), false);
		return;
	}

	const struct kg_draft_node *found = &sealing->draft->nodes.items[node];
	char *key = kg_copy(sealing->scratch, dot + 1);
	if (found->kind != UINT32_MAX && !has_output(sealing, found, key))
		output_unknown(holder, found, name, key);
	else
		*ret_reference =
		    (struct kg_reference){ .type = KG_REFERENCE_OUTPUT, .index = node, .key = (uint32_t)(dot + 1 - name) };
}

static const char *const *
secret_names(const struct kg_sealing *sealing)
{
	uint32_t count = sealing->draft->secrets.count;
	const char **names = kg_new_array(sealing->scratch, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++)
		names[i] = sealing->values.texts + sealing->draft->secrets.items[i].name;
	return names;
}

static const char *const *
port_names(const struct kg_sealing *sealing)
{
	uint32_t count = sealing->draft->ports.count;
	const char **names = kg_new_array(sealing->scratch, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++)
		names[i] = sealing->values.texts + sealing->draft->ports.items[i].name;
	return names;
}

/* ${secrets.NAME} and ${port.NAME}. */
static void
listed_read(struct holder *holder, const char *name, const char *noun, const struct kg_map *map,
    const char *const *(*candidates)(const struct kg_sealing *), struct kg_reference *ret_reference)
{
	struct kg_sealing *sealing = holder->sealing;
	const char *rest = strchr(name, '.') + 1;
	uint32_t index;

	if (kg_map_get(map, rest, &index))
		*ret_reference = (struct kg_reference){ .index = index, .key = (uint32_t)(rest - name) };
	else
		kg_sealing_unknown(
		    sealing, kg_sealing_reference_place(sealing, holder->value, name), noun, rest, candidates(sealing));
}

/* ret_reference->name stays 0 when the reference is wrong (and told) or none of ours. key is still counted from the name's start. */
static void
reference_read(struct holder *holder, const char *name, struct kg_reference *ret_reference)
{
	static const char *const folders[] = { "state", "data", "graph", NULL };
	struct kg_sealing *sealing = holder->sealing;
	struct kg_reference reference = { 0 };

	if (kg_text_starts(name, "node.")) {
		output_read(holder, name, &reference);
	} else if (kg_text_starts(name, "secrets.")) {
		listed_read(holder, name, "secret", &sealing->secrets, secret_names, &reference);
		reference.type = KG_REFERENCE_SECRET;
	} else if (kg_text_starts(name, "port.")) {
		listed_read(holder, name, "port", &sealing->ports, port_names, &reference);
		reference.type = KG_REFERENCE_PORT;
	} else if (kg_text_starts(name, "dir.")) {
		const char *folder = name + strlen("dir.");

		reference.type = KG_REFERENCE_DIR;
		for (const char *const *known = folders; *known; known++)
			if (strcmp(*known, folder) == 0)
				reference.key = (uint32_t)strlen("dir.");
		if (reference.key == 0)
			kg_sealing_unknown(
			    sealing, kg_sealing_reference_place(sealing, holder->value, name), "folder", folder, folders);
	}
	*ret_reference = reference;
}

/* The known reference of that name, taken apart when it is new. */
static uint32_t
reference_find(struct holder *holder, const char *name, size_t length)
{
	struct kg_sealing *sealing = holder->sealing;
	struct kg_arena *scratch = sealing->scratch;
	uint32_t index;

	if (kg_map_get_bytes(&sealing->reference_names, name, length, &index))
		return index;

	struct kg_reference reference = { 0 };
	const char *copy = kg_copy_bytes(scratch, name, length);
	reference_read(holder, copy, &reference);
	if (reference.key > 0) {
		reference.name = kg_draft_text(sealing->draft, copy);
		reference.key += reference.name;
		sealing->values = kg_draft_values(sealing->draft);
	}
	index = sealing->known.count;
	kg_list_push(scratch, &sealing->known, reference);
	kg_list_push(scratch, &sealing->reference_owner, UINT32_MAX);
	kg_map_put_bytes(&sealing->reference_names, copy, length, index);
	return index;
}

static void
on_reference(void *context, const char *name, size_t length, size_t at)
{
	struct holder *holder = context;
	struct kg_sealing *sealing = holder->sealing;
	uint32_t before = sealing->known.count, index = reference_find(holder, name, length);
	const struct kg_reference *reference = &sealing->known.items[index];

	(void)at;
	if (sealing->reference_owner.items[index] == holder->number)
		return;
	sealing->reference_owner.items[index] = holder->number;
	if (reference->key == 0) {
		/* Wrong, and told where it was found first; the others who have it are told as well. */
		struct kg_reference again;

		if (index < before)
			reference_read(holder, kg_copy_bytes(sealing->scratch, name, length), &again);
		return;
	}
	kg_list_push(sealing->scratch, &sealing->references, *reference);
	if (reference->type != KG_REFERENCE_OUTPUT || holder->node == KG_NO_NODE)
		return;
	if (reference->index == holder->node) {
		struct kg_arena *arena = sealing->draft->errors->arena;
		const char *name_of = sealing->draft->nodes.items[holder->node].name;
		struct kg_place place = kg_sealing_reference_place(sealing, holder->value, sealing->values.texts + reference->name);

		kg_errors_add(
		    sealing->draft->errors, kg_error_at(arena, KG_EINPUT, place, "`%s` uses an output of itself", name_of));
		return;
	}
	kg_list_push(sealing->scratch, &sealing->edges,
	    (struct kg_sealing_edge){
		.from = holder->node,
		.to = reference->index,
		.origin = (uint32_t)(holder->value - sealing->values.items),
		.until = KG_UNTIL_DONE,
		.is_output = true,
	    });
}

/* All texts below a value, in the order in which they stand. */
static struct kg_sealing_run
references_collect(struct kg_sealing *sealing, struct holder holder, uint32_t root)
{
	struct kg_sealing_run run = { .first = sealing->references.count };

	kg_list_push(sealing->scratch, &sealing->stack, root);
	while (sealing->stack.count > 0) {
		uint32_t index = sealing->stack.items[--sealing->stack.count];
		const struct kg_value *value = &sealing->values.items[index];

		if (value->type == KG_VALUE_TEXT) {
			const char *text = kg_value_text(&sealing->values, value);

			holder.value = value;
			if (memchr(text, '$', value->count))
				kg_references_each(text, value->count, on_reference, &holder);
		} else if (value->type == KG_VALUE_LIST || value->type == KG_VALUE_TABLE) {
			for (uint32_t i = value->count; i > 0; i--)
				kg_list_push(sealing->scratch, &sealing->stack, value->start + i - 1);
		}
	}
	run.count = sealing->references.count - run.first;
	return run;
}

void
kg_sealing_references(struct kg_sealing *sealing)
{
	struct kg_draft *draft = sealing->draft;

	sealing->reference_names.arena = sealing->scratch;
	sealing->node_references = kg_new_array(sealing->scratch, struct kg_sealing_run, draft->nodes.count);
	sealing->export_references = kg_new_array(sealing->scratch, struct kg_sealing_run, draft->exports.count);
	for (uint32_t i = 0; i < draft->nodes.count; i++)
		sealing->node_references[i] = references_collect(
		    sealing, (struct holder){ .sealing = sealing, .number = i, .node = i }, draft->nodes.items[i].settings);
	for (uint32_t i = 0; i < draft->exports.count; i++)
		sealing->export_references[i] = references_collect(sealing,
		    (struct holder){ .sealing = sealing, .number = draft->nodes.count + i, .node = KG_NO_NODE },
		    draft->exports.items[i].value);
}
