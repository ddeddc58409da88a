#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "graph/graph.h"

/* Marks all that a target brings; false when there is no such target. */
static bool
target_choose(const struct kg_graph *graph, const char *name, uint8_t *chosen)
{
	for (uint32_t i = 0; i < graph->target_count; i++) {
		const struct kg_target *target = &graph->targets[i];

		if (strcmp(kg_graph_text(graph, target->name), name) != 0)
			continue;
		for (uint32_t at = 0; at < target->node_count; at++)
			chosen[graph->target_nodes[target->first_node + at]] = 1;
		return true;
	}
	return false;
}

/* "pg." is all that the include called pg brings; false when it brings nothing. */
static bool
prefix_choose(const struct kg_graph *graph, const char *prefix, uint8_t *chosen)
{
	bool any = false;

	if (!kg_text_ends(prefix, "."))
		return false;
	for (uint32_t i = 0; i < graph->node_count; i++)
		if (kg_text_starts(kg_graph_text(graph, graph->nodes[i].name), prefix))
			any = chosen[i] = 1;
	return any;
}

static struct kg_error *
name_choose(struct kg_arena *arena, const struct kg_graph *graph, const char *name, uint8_t *chosen)
{
	uint32_t node = kg_graph_find(graph, name);

	if (node != KG_NO_NODE) {
		chosen[node] = 1;
		return NULL;
	}
	if (target_choose(graph, name, chosen) || prefix_choose(graph, name, chosen))
		return NULL;

	struct kg_error *error = kg_error_make(arena, KG_EINPUT, "there is no target or node `%s`", name);
	const char *const *names = kg_graph_names(arena, graph, true, true), *nearest = kg_text_nearest(name, names);
	if (nearest)
		return kg_error_advise(arena, error, "did you mean `%s`?", nearest);
	names = kg_graph_names(arena, graph, true, false);
	if (graph->target_count > 0 && graph->target_count <= 12)
		return kg_error_advise(
		    arena, error, "the targets are %s", kg_text_enumerate(arena, names, graph->target_count, " and "));
	return error;
}

/* Every node comes after all that it needs, so one pass from the end to the start reaches everything that is needed. */
static void
needs_choose(const struct kg_graph *graph, uint8_t *chosen)
{
	for (uint32_t i = graph->node_count; i > 0; i--) {
		const struct kg_node *node = &graph->nodes[i - 1];

		for (uint32_t at = 0; chosen[i - 1] && at < node->edge_count; at++)
			chosen[graph->edges[node->first_edge + at].node] = 1;
	}
}

struct kg_error *
kg_graph_select(struct kg_arena *arena, const struct kg_graph *graph, const char *const *names, uint8_t **ret_chosen)
{
	uint8_t *chosen = kg_new_array(arena, uint8_t, graph->node_count);
	const char *const fallback[] = { kg_graph_text(graph, graph->default_target), NULL };

	*ret_chosen = chosen;
	if ((!names || !names[0]) && graph->default_target == 0) {
		memset(chosen, 1, graph->node_count);
		return NULL;
	}
	for (const char *const *name = names && names[0] ? names : fallback; *name; name++) {
		struct kg_error *error = name_choose(arena, graph, *name, chosen);

		if (error)
			return error;
	}
	needs_choose(graph, chosen);
	return NULL;
}
