/* What a node's settings mean now: where each ${…} that was left open gets its value. */

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/run/state.h"

static const char *
output_value(const struct kg_entry_output *outputs, uint32_t count, const char *key)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(outputs[i].key, key) == 0)
			return outputs[i].value;
	return NULL;
}

static const char *
folder_value(const struct kg_folders *folders, const char *key)
{
	if (strcmp(key, "state") == 0)
		return folders->state;
	if (strcmp(key, "data") == 0)
		return folders->data;
	return strcmp(key, "graph") == 0 ? folders->graph : NULL;
}

const char *
kg_run_value(struct kg_run *run, const struct kg_reference *reference)
{
	const char *key = kg_graph_text(run->graph, reference->key);

	switch (reference->type) {
	case KG_REFERENCE_OUTPUT:
		return output_value(run->tasks[reference->index].outputs, run->tasks[reference->index].output_count, key);
	case KG_REFERENCE_SECRET: return run->secrets[reference->index];
	case KG_REFERENCE_PORT: return run->ports[reference->index];
	case KG_REFERENCE_DIR: return folder_value(&run->folders, key);
	}
	return NULL;
}

struct node_values {
	struct kg_run *run;
	const struct kg_reference *references;
	uint32_t count;
};

static const char *
node_value(void *context, const char *name)
{
	const struct node_values *values = context;

	for (uint32_t i = 0; i < values->count; i++)
		if (strcmp(kg_graph_text(values->run->graph, values->references[i].name), name) == 0)
			return kg_run_value(values->run, &values->references[i]);
	return NULL;
}

struct kg_subject
kg_subject_of_node(struct kg_run *run, struct kg_arena *arena, uint32_t node)
{
	const struct kg_graph *graph = run->graph;
	const struct kg_node *it = &graph->nodes[node];
	struct node_values *values = kg_new(arena, struct node_values);

	*values = (struct node_values){ run, graph->references + it->first_reference, it->reference_count };
	return (struct kg_subject){
		.name = kg_graph_text(graph, it->name),
		.folder = kg_graph_text(graph, it->folder),
		.kind = run->options.kinds[it->kind],
		.values = &graph->values,
		.settings = &graph->values.items[it->settings],
		.resolver = { values, node_value },
		.before = run->tasks[node].before,
	};
}

static const struct kg_entry *
entry_find(struct kg_run *run, const char *name, size_t length)
{
	uint32_t low = 0, high = run->entry_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const char *other = run->entries[middle]->name;
		int order = strncmp(other, name, length);

		if (order == 0)
			order = other[length] != '\0';
		if (order == 0)
			return run->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* "node.a.b.key": the output's key is what comes after the last dot, since node names of includes have dots themselves. */
static const char *
remembered_output(struct kg_run *run, const char *name)
{
	const char *dot = strrchr(name, '.');
	const struct kg_entry *entry = dot ? entry_find(run, name, (size_t)(dot - name)) : NULL;

	return entry ? output_value(entry->outputs, entry->output_count, dot + 1) : NULL;
}

static const char *
remembered_value(void *context, const char *name)
{
	struct kg_run *run = context;
	const struct kg_graph *graph = run->graph;

	if (strncmp(name, "node.", 5) == 0)
		return remembered_output(run, name + 5);
	if (strncmp(name, "dir.", 4) == 0)
		return folder_value(&run->folders, name + 4);
	for (uint32_t i = 0; strncmp(name, "port.", 5) == 0 && i < graph->port_count; i++)
		if (strcmp(kg_graph_text(graph, graph->ports[i].name), name + 5) == 0)
			return run->ports[i];
	for (uint32_t i = 0; strncmp(name, "secrets.", 8) == 0 && i < graph->secret_count; i++)
		if (strcmp(kg_graph_text(graph, graph->secrets[i].name), name + 8) == 0)
			return run->secrets[i];
	return NULL;
}

struct kg_subject
kg_subject_of_entry(struct kg_run *run, struct kg_arena *arena, const struct kg_entry *entry)
{
	static const struct kg_value empty = { .type = KG_VALUE_TABLE };
	struct kg_values *values = kg_new(arena, struct kg_values);
	struct kg_subject subject = {
		.name = entry->name,
		.folder = kg_path_join(arena, run->folders.graph, entry->folder),
		.values = values,
		.settings = &empty,
		.resolver = { run, remembered_value },
		.before = entry,
	};

	for (const struct kg_kind *const *kind = run->options.kinds; *kind; kind++)
		if (strcmp((*kind)->facts.name, entry->kind) == 0)
			subject.kind = *kind;
	if (kg_value_unpack(entry->settings, values))
		subject.settings = &values->items[0];
	else
		subject.is_unreadable = true;
	return subject;
}
