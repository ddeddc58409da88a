#include "graph/find.h"

#include <string.h>
#include <xxhash.h>

#include "engine/base/arena.h"
#include "graph/graph.h"

/*
 * Open addressing, at most half full. The hash is XXH3, whose values are the same for ever, since the slots are written into the snapshot.
 */
static uint32_t
slot_of(const struct kg_graph *graph, const char *name)
{
	uint32_t mask = graph->name_slot_count - 1, at = (uint32_t)XXH3_64bits(name, strlen(name)) & mask;

	while (graph->name_slots[at] != KG_NO_NODE &&
	    strcmp(kg_graph_text(graph, graph->nodes[graph->name_slots[at]].name), name) != 0)
		at = (at + 1) & mask;
	return at;
}

void
kg_graph_index_names(struct kg_arena *arena, struct kg_graph *graph)
{
	uint32_t count = 4;

	while (count / 2 < graph->node_count)
		count *= 2;
	uint32_t *slots = kg_new_array(arena, uint32_t, count);
	memset(slots, 0xff, count * sizeof(*slots));
	graph->name_slots = slots;
	graph->name_slot_count = count;
	for (uint32_t i = 0; i < graph->node_count; i++)
		slots[slot_of(graph, kg_graph_text(graph, graph->nodes[i].name))] = i;
}

const char *
kg_graph_text(const struct kg_graph *graph, uint32_t offset)
{
	return graph->values.texts + offset;
}

uint32_t
kg_graph_find(const struct kg_graph *graph, const char *name)
{
	return graph->name_slots[slot_of(graph, name)];
}

const char *const *
kg_graph_names(struct kg_arena *arena, const struct kg_graph *graph, bool with_targets, bool with_nodes)
{
	const char **names = kg_new_array(arena, const char *, (size_t)graph->target_count + graph->node_count + 1);
	uint32_t count = 0;

	for (uint32_t i = 0; with_targets && i < graph->target_count; i++)
		names[count++] = kg_graph_text(graph, graph->targets[i].name);
	for (uint32_t i = 0; with_nodes && i < graph->node_count; i++)
		names[count++] = kg_graph_text(graph, graph->nodes[i].name);
	return names;
}
