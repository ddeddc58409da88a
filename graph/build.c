#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "graph/find.h"
#include "graph/sealing.h"

/*
 * The sealed arrays, in order. number tells a draft node's place among them; what is grouped by node keeps its group and moves with it,
 * except references, whose groups stay where they were collected.
 */
struct building {
	struct kg_sealing *sealing;
	struct kg_arena *arena;
	struct kg_graph *graph;
	const uint32_t *order; /* sealed → draft */
	uint32_t *number;      /* draft → sealed */
};

static bool
is_given(const char *text)
{
	return text && *text;
}

static uint32_t
text_shared(struct kg_draft *draft, const char *text)
{
	return is_given(text) ? kg_draft_text_shared(draft, text) : 0;
}

static void
nodes_build(struct building *building)
{
	struct kg_sealing *sealing = building->sealing;
	struct kg_draft *draft = sealing->draft;
	uint32_t count = draft->nodes.count, edge_count = 0;
	struct kg_node *nodes = kg_new_array(building->arena, struct kg_node, count);
	struct kg_edge *edges = kg_new_array(building->arena, struct kg_edge, sealing->edges.count);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t from = building->order[i];
		const struct kg_draft_node *node = &draft->nodes.items[from];

		nodes[i] = (struct kg_node){
			.name = kg_draft_text(draft, node->name),
			.folder = text_shared(draft, node->folder),
			.kind = node->kind,
			.settings = node->settings,
			.first_edge = edge_count,
			.edge_count = sealing->first_edge[from + 1] - sealing->first_edge[from],
			.first_reference = sealing->node_references[from].first,
			.reference_count = sealing->node_references[from].count,
			.file = sealing->node_files[from],
			.line = node->place.line,
			.column = (uint16_t)node->place.column,
		};
		for (uint32_t at = sealing->first_edge[from]; at < sealing->first_edge[from + 1]; at++) {
			const struct kg_sealing_edge *edge = &sealing->edges.items[at];

			edges[edge_count++] = (struct kg_edge){
				.node = building->number[edge->to],
				.until = edge->until,
				.is_output = edge->is_output,
			};
		}
	}
	building->graph->nodes = nodes;
	building->graph->node_count = count;
	building->graph->edges = edges;
	building->graph->edge_count = edge_count;
}

/* The edges turned around; since nodes are gone through in order, each one's users stand in order too. */
static void
users_build(struct building *building)
{
	struct kg_graph *graph = building->graph;
	struct kg_node *nodes = (struct kg_node *)graph->nodes;
	uint32_t *users = kg_new_array(building->arena, uint32_t, graph->edge_count), total = 0;

	for (uint32_t i = 0; i < graph->edge_count; i++)
		nodes[graph->edges[i].node].user_count++;
	for (uint32_t i = 0; i < graph->node_count; i++) {
		nodes[i].first_user = total;
		total += nodes[i].user_count;
		nodes[i].user_count = 0;
	}
	for (uint32_t i = 0; i < graph->node_count; i++)
		for (uint32_t at = 0; at < nodes[i].edge_count; at++) {
			struct kg_node *needed = &nodes[graph->edges[nodes[i].first_edge + at].node];

			users[needed->first_user + needed->user_count++] = i;
		}
	graph->users = users;
	graph->user_count = total;
}

static void
references_build(struct building *building)
{
	struct kg_sealing *sealing = building->sealing;
	uint32_t count = sealing->references.count;
	struct kg_reference *references = kg_new_array(building->arena, struct kg_reference, count);

	for (uint32_t i = 0; i < count; i++) {
		references[i] = sealing->references.items[i];
		if (references[i].type == KG_REFERENCE_OUTPUT)
			references[i].index = building->number[references[i].index];
	}
	building->graph->references = references;
	building->graph->reference_count = count;
}

static void
targets_build(struct building *building)
{
	struct kg_sealing *sealing = building->sealing;
	struct kg_draft *draft = sealing->draft;
	struct kg_target *targets = kg_new_array(building->arena, struct kg_target, draft->targets.count);
	uint32_t *nodes = kg_new_array(building->arena, uint32_t, sealing->target_nodes.count);

	for (uint32_t i = 0; i < draft->targets.count; i++)
		targets[i] = (struct kg_target){
			.name = kg_draft_text(draft, draft->targets.items[i].name),
			.first_node = sealing->target_runs[i].first,
			.node_count = sealing->target_runs[i].count,
			.file = text_shared(draft, draft->targets.items[i].place.file),
			.line = draft->targets.items[i].place.line,
		};
	for (uint32_t i = 0; i < sealing->target_nodes.count; i++)
		nodes[i] = building->number[sealing->target_nodes.items[i]];
	building->graph->targets = targets;
	building->graph->target_count = draft->targets.count;
	building->graph->target_nodes = nodes;
	building->graph->target_node_count = sealing->target_nodes.count;
}

struct named_export {
	const char *name;
	uint32_t index;
};

static int
export_compare(const void *a, const void *b)
{
	const struct named_export *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static void
exports_build(struct building *building)
{
	struct kg_sealing *sealing = building->sealing;
	struct kg_draft *draft = sealing->draft;
	uint32_t count = draft->exports.count;
	struct named_export *sorted = kg_new_array(sealing->scratch, struct named_export, count);
	struct kg_export *exports = kg_new_array(building->arena, struct kg_export, count);

	for (uint32_t i = 0; i < count; i++)
		sorted[i] = (struct named_export){ draft->exports.items[i].name, i };
	if (count > 0)
		qsort(sorted, count, sizeof(*sorted), export_compare);
	for (uint32_t i = 0; i < count; i++) {
		const struct kg_sealing_run *run = &sealing->export_references[sorted[i].index];

		exports[i] = (struct kg_export){
			.name = kg_draft_text(draft, sorted[i].name),
			.value = draft->exports.items[sorted[i].index].value,
			.first_reference = run->first,
			.reference_count = run->count,
		};
	}
	building->graph->exports = exports;
	building->graph->export_count = count;
}

const struct kg_graph *
kg_sealing_build(struct kg_sealing *sealing, const uint32_t *order)
{
	struct kg_draft *draft = sealing->draft;
	struct kg_graph *graph = kg_new(draft->arena, struct kg_graph);
	struct building building = { sealing, draft->arena, graph, order, NULL };

	building.number = kg_new_array(sealing->scratch, uint32_t, draft->nodes.count);
	for (uint32_t i = 0; i < draft->nodes.count; i++)
		building.number[order[i]] = i;
	nodes_build(&building);
	users_build(&building);
	references_build(&building);
	targets_build(&building);
	exports_build(&building);
	graph->secrets = draft->secrets.items;
	graph->secret_count = draft->secrets.count;
	graph->ports = draft->ports.items;
	graph->port_count = draft->ports.count;
	graph->pools = draft->pools.items;
	graph->pool_count = draft->pools.count;
	graph->folder = text_shared(draft, draft->folder);
	graph->name = text_shared(draft, is_given(draft->name) ? draft->name : kg_path_name(draft->folder));
	graph->instance = text_shared(draft, is_given(draft->instance) ? draft->instance : "default");
	graph->default_target = text_shared(draft, draft->default_target);
	graph->profile = text_shared(draft, draft->profile);
	graph->cache_remote = text_shared(draft, draft->cache_remote);
	graph->cache_push = draft->cache_push;
	graph->cache_timeout_ms = draft->cache_timeout_ms > 0 ? draft->cache_timeout_ms : KG_CACHE_TIMEOUT_MS;
	graph->values = kg_draft_values(draft);
	graph->values.keys = NULL;
	kg_graph_index_names(draft->arena, graph);
	return graph;
}
