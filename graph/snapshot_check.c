#include "graph/snapshot.h"

/* Four or eight bytes an item: nothing here costs more than reading the file. */

static bool
run_sound(uint32_t first, uint32_t count, uint32_t total)
{
	return first <= total && count <= total - first;
}

/* What stands where a bool belongs must be one: reading another value from it is undefined. */
static bool
bool_sound(const bool *flag)
{
	return *(const unsigned char *)flag <= 1;
}

/* A table's and a list's children stand behind it, so going down from any value comes to an end. */
static bool
values_sound(const struct kg_values *values)
{
	if (values->texts_size == 0 || values->texts[0] != '\0' || values->texts[values->texts_size - 1] != '\0' ||
	    values->count == 0)
		return false;
	for (uint32_t i = 0; i < values->count; i++) {
		const struct kg_value *value = &values->items[i];

		if (value->key >= values->texts_size || value->file >= values->texts_size || value->type > KG_VALUE_TABLE)
			return false;
		if (value->type == KG_VALUE_TEXT &&
		    (value->start >= values->texts_size || value->count >= values->texts_size - value->start ||
			values->texts[value->start + value->count] != '\0'))
			return false;
		if ((value->type == KG_VALUE_LIST || value->type == KG_VALUE_TABLE) && value->count > 0 &&
		    (value->start <= i || !run_sound(value->start, value->count, values->count)))
			return false;
	}
	return true;
}

/* Every need stands before its user: all that goes over nodes in order relies on that. */
static bool
nodes_sound(const struct kg_graph *graph, uint32_t kind_count)
{
	const struct kg_values *values = &graph->values;

	for (uint32_t i = 0; i < graph->node_count; i++) {
		const struct kg_node *node = &graph->nodes[i];

		if (node->name >= values->texts_size || node->folder >= values->texts_size || node->file >= values->texts_size ||
		    node->kind >= kind_count || node->settings >= values->count ||
		    values->items[node->settings].type != KG_VALUE_TABLE ||
		    !run_sound(node->first_edge, node->edge_count, graph->edge_count) ||
		    !run_sound(node->first_user, node->user_count, graph->user_count) ||
		    !run_sound(node->first_reference, node->reference_count, graph->reference_count))
			return false;
		for (uint32_t at = 0; at < node->edge_count; at++) {
			const struct kg_edge *edge = &graph->edges[node->first_edge + at];

			if (edge->node >= i || edge->until > KG_UNTIL_READY || !bool_sound(&edge->is_output))
				return false;
		}
		for (uint32_t at = 0; at < node->user_count; at++)
			if (graph->users[node->first_user + at] <= i || graph->users[node->first_user + at] >= graph->node_count)
				return false;
	}
	return true;
}

static bool
references_sound(const struct kg_graph *graph)
{
	const uint32_t totals[] = {
		[KG_REFERENCE_OUTPUT] = graph->node_count,
		[KG_REFERENCE_SECRET] = graph->secret_count,
		[KG_REFERENCE_PORT] = graph->port_count,
		[KG_REFERENCE_DIR] = 1,
	};

	for (uint32_t i = 0; i < graph->reference_count; i++) {
		const struct kg_reference *reference = &graph->references[i];

		if (reference->name >= graph->values.texts_size || reference->key >= graph->values.texts_size ||
		    reference->type > KG_REFERENCE_DIR || reference->index >= totals[reference->type])
			return false;
	}
	return true;
}

static bool
targets_sound(const struct kg_graph *graph)
{
	uint32_t texts = graph->values.texts_size;

	for (uint32_t i = 0; i < graph->target_count; i++) {
		const struct kg_target *target = &graph->targets[i];

		if (target->name >= texts || target->file >= texts ||
		    !run_sound(target->first_node, target->node_count, graph->target_node_count))
			return false;
	}
	for (uint32_t i = 0; i < graph->target_node_count; i++)
		if (graph->target_nodes[i] >= graph->node_count)
			return false;
	return true;
}

static bool
lists_sound(const struct kg_graph *graph)
{
	uint32_t texts = graph->values.texts_size;

	for (uint32_t i = 0; i < graph->export_count; i++) {
		const struct kg_export *exported = &graph->exports[i];

		if (exported->name >= texts || exported->value >= graph->values.count ||
		    !run_sound(exported->first_reference, exported->reference_count, graph->reference_count))
			return false;
	}
	for (uint32_t i = 0; i < graph->secret_count; i++) {
		const struct kg_secret *secret = &graph->secrets[i];

		if (secret->name >= texts || secret->environment >= texts || secret->file >= texts || secret->fallback >= texts ||
		    !bool_sound(&secret->has_fallback))
			return false;
	}
	for (uint32_t i = 0; i < graph->port_count; i++)
		if (graph->ports[i].name >= texts)
			return false;
	for (uint32_t i = 0; i < graph->pool_count; i++)
		if (graph->pools[i].name >= texts)
			return false;
	return graph->name < texts && graph->instance < texts && graph->default_target < texts && graph->folder < texts &&
	    graph->profile < texts && graph->cache_remote < texts;
}

/* A power of two, with a free slot, or a search for a name that is not there would not end. */
static bool
slots_sound(const struct kg_graph *graph)
{
	uint32_t count = graph->name_slot_count, free_slots = 0;

	if (count == 0 || (count & (count - 1)) != 0)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (graph->name_slots[i] == KG_NO_NODE)
			free_slots++;
		else if (graph->name_slots[i] >= graph->node_count)
			return false;
	}
	return free_slots > 0;
}

static bool
origin_sound(const struct kg_snapshot *snapshot)
{
	const struct kg_snapshot_file *files = snapshot->parts[KG_SNAPSHOT_FILES];
	const uint32_t *variables = snapshot->parts[KG_SNAPSHOT_VARIABLES];
	const char *texts = snapshot->parts[KG_SNAPSHOT_ORIGIN_TEXTS];
	uint32_t size = snapshot->counts[KG_SNAPSHOT_ORIGIN_TEXTS];

	if (size == 0 || texts[size - 1] != '\0')
		return false;
	for (uint32_t i = 0; i < snapshot->counts[KG_SNAPSHOT_FILES]; i++)
		if (files[i].path >= size)
			return false;
	for (uint32_t i = 0; i < snapshot->counts[KG_SNAPSHOT_VARIABLES]; i++)
		if (variables[i] >= size)
			return false;
	return true;
}

bool
kg_snapshot_sound(const struct kg_snapshot *snapshot, const struct kg_graph *graph, uint32_t kind_count)
{
	return values_sound(&graph->values) && nodes_sound(graph, kind_count) && references_sound(graph) && targets_sound(graph) &&
	    lists_sound(graph) && slots_sound(graph) && origin_sound(snapshot);
}
