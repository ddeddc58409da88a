#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "graph/order.h"
#include "graph/sealing.h"

/* A search for a near name goes over all names of the graph, so a graph full of wrong names gets only so many of them. */
static constexpr uint32_t suggestions_max = 64;
/* How many nodes of a long cycle are told before the rest is only counted. */
static constexpr uint32_t cycle_told_max = 16;

static void
names_index(struct kg_sealing *sealing)
{
	struct kg_draft *draft = sealing->draft;
	const char *texts = draft->texts.bytes;

	for (uint32_t i = 0; i < draft->targets.count; i++)
		kg_map_put(&sealing->targets, draft->targets.items[i].name, i);
	for (uint32_t i = 0; i < draft->secrets.count; i++)
		kg_map_put(&sealing->secrets, texts + draft->secrets.items[i].name, i);
	for (uint32_t i = 0; i < draft->ports.count; i++)
		kg_map_put(&sealing->ports, texts + draft->ports.items[i].name, i);
	for (uint32_t i = 0; i < draft->pools.count; i++)
		kg_map_put(&sealing->pools, texts + draft->pools.items[i].name, i);

	sealing->node_files = kg_new_array(sealing->scratch, uint32_t, draft->nodes.count);
	for (uint32_t i = 0; i < draft->nodes.count; i++)
		sealing->node_files[i] = kg_draft_text_shared(draft, draft->nodes.items[i].place.file);
	sealing->values = kg_draft_values(draft);
}

/* One text in `needs`: a node, or a target and then all nodes of it. */
static void
need_add(struct kg_sealing *sealing, uint32_t index)
{
	struct kg_draft *draft = sealing->draft;
	const struct kg_draft_need *need = &draft->needs.items[index];
	struct kg_sealing_edge edge = { .from = need->node, .origin = index, .until = need->until, .is_need = true };
	uint32_t target;

	if (kg_map_get(&draft->node_names, need->name, &edge.to)) {
		if (edge.to == need->node)
			kg_errors_add(draft->errors,
			    kg_error_at(draft->errors->arena, KG_EINPUT, need->place, "`%s` needs itself", need->name));
		else
			kg_list_push(sealing->scratch, &sealing->edges, edge);
		return;
	}
	if (!kg_map_get(&sealing->targets, need->name, &target)) {
		kg_sealing_unknown_node(sealing, need->place, need->name, true);
		return;
	}
	const struct kg_sealing_run *run = &sealing->target_runs[target];
	for (uint32_t i = 0; i < run->count; i++) {
		edge.to = sealing->target_nodes.items[run->first + i];
		if (edge.to != need->node)
			kg_list_push(sealing->scratch, &sealing->edges, edge);
		else
			kg_errors_add(draft->errors,
			    kg_error_at(draft->errors->arena, KG_EINPUT, need->place,
				"`%s` needs the target `%s`, which it is itself part of", draft->nodes.items[need->node].name,
				need->name));
	}
}

/*
 * Sorts the edges by node (needs before outputs, as they were found) and makes one of those that lead to the same node: until READY if any
 * says so, an output if any is one. Two passes of counting, no comparison.
 */
static void
edges_merge(struct kg_sealing *sealing)
{
	uint32_t nodes = sealing->draft->nodes.count, count = sealing->edges.count, kept = 0;
	uint32_t *first = kg_new_array(sealing->scratch, uint32_t, nodes + 1);
	uint32_t *next = kg_new_array(sealing->scratch, uint32_t, nodes + 1);
	uint32_t *met =
	    kg_new_array(sealing->scratch, uint32_t, nodes); /* edge to the node among those of the node at hand, plus one */
	struct kg_sealing_edge *sorted = kg_new_array(sealing->scratch, struct kg_sealing_edge, count);

	for (uint32_t i = 0; i < count; i++)
		first[sealing->edges.items[i].from + 1]++;
	for (uint32_t node = 0; node < nodes; node++)
		next[node + 1] = first[node + 1] += first[node];
	for (uint32_t i = 0; i < count; i++)
		sorted[next[sealing->edges.items[i].from]++] = sealing->edges.items[i];

	struct kg_sealing_edge *merged = sealing->edges.items;
	for (uint32_t node = 0, at = 0; node < nodes; node++) {
		uint32_t start = kept, end = first[node + 1];

		for (; at < end; at++) {
			uint32_t to = sorted[at].to, same = met[to] - 1;

			if (met[to] > start && met[to] <= kept) {
				merged[same].is_output |= sorted[at].is_output;
				merged[same].until = sorted[at].until > merged[same].until ? sorted[at].until : merged[same].until;
				continue;
			}
			merged[kept++] = sorted[at];
			met[to] = kept;
		}
		first[node] = start;
	}
	first[nodes] = kept;
	sealing->edges.count = kept;
	sealing->first_edge = first;
}

static const struct kg_sealing_edge *
edge_between(const struct kg_sealing *sealing, uint32_t from, uint32_t to)
{
	const struct kg_sealing_edge *edge = &sealing->edges.items[sealing->first_edge[from]];

	while (edge->to != to)
		edge++;
	kg_assert(edge->from == from);
	return edge;
}

/* The first reference of a node to an output of another one: that of the edge between them. */
static const char *
reference_between(const struct kg_sealing *sealing, uint32_t from, uint32_t to)
{
	const struct kg_reference *reference = &sealing->references.items[sealing->node_references[from].first];

	while (reference->type != KG_REFERENCE_OUTPUT || reference->index != to)
		reference++;
	return sealing->values.texts + reference->name;
}

/* "kgraph.toml:12:10: a needs b", or "...: a uses ${node.b.path}". */
static struct kg_place
edge_tell(const struct kg_sealing *sealing, const struct kg_sealing_edge *edge, struct kg_text *lines)
{
	struct kg_draft *draft = sealing->draft;
	const char *from = draft->nodes.items[edge->from].name, *to = draft->nodes.items[edge->to].name;
	const char *newline = lines->size > 0 ? "\n" : "";

	if (!edge->is_need) {
		const char *name = reference_between(sealing, edge->from, edge->to);
		struct kg_place place = kg_sealing_reference_place(sealing, &sealing->values.items[edge->origin], name);

		kg_text_format(lines, "%s%s:%u:%u: %s uses ${%s}", newline, place.file, place.line, place.column, from, name);
		return place;
	}
	const struct kg_draft_need *need = &draft->needs.items[edge->origin];
	kg_text_format(
	    lines, "%s%s:%u:%u: %s needs %s", newline, need->place.file, need->place.line, need->place.column, from, need->name);
	if (strcmp(need->name, to) != 0)
		kg_text_format(lines, ", which brings %s", to);
	return need->place;
}

static void
cycle_tell(const struct kg_sealing *sealing, const struct kg_cycle *cycle)
{
	struct kg_draft *draft = sealing->draft;
	struct kg_arena *arena = draft->errors->arena;
	struct kg_text path = { .arena = arena }, lines = { .arena = arena };
	struct kg_place first = { 0 };

	for (uint32_t i = 0; i < cycle->count; i++) {
		uint32_t node = cycle->nodes[i];

		if (i == cycle_told_max && cycle->count > i + 1) {
			kg_text_format(&path, "… %u more … -> ", cycle->count - i);
			break;
		}
		kg_text_format(&path, "%s -> ", draft->nodes.items[node].name);
		struct kg_place place =
		    edge_tell(sealing, edge_between(sealing, node, cycle->nodes[(i + 1) % cycle->count]), &lines);
		if (i == 0)
			first = place;
	}
	struct kg_error *error = kg_error_at(arena, KG_EINPUT, first, "the nodes need each other: %s%s", kg_text_end(&path),
	    draft->nodes.items[cycle->nodes[0]].name);
	error->detail = kg_text_end(&lines);
	kg_errors_add(draft->errors, error);
}

static struct kg_order
order_find(struct kg_sealing *sealing)
{
	uint32_t *needs = kg_new_array(sealing->scratch, uint32_t, sealing->edges.count);

	for (uint32_t i = 0; i < sealing->edges.count; i++)
		needs[i] = sealing->edges.items[i].to;
	struct kg_order_rows rows = { sealing->draft->nodes.count, sealing->first_edge, needs };
	struct kg_order order = kg_order_find(sealing->scratch, &rows);
	for (uint32_t i = 0; i < order.cycle_count; i++)
		cycle_tell(sealing, &order.cycles[i]);
	return order;
}

static void
default_check(struct kg_sealing *sealing)
{
	struct kg_draft *draft = sealing->draft;
	const char *name = draft->default_target;

	if (name && !kg_map_get(&sealing->targets, name, NULL) && !kg_map_get(&draft->node_names, name, NULL))
		kg_sealing_unknown_node(sealing, draft->default_place, name, true);
}

const struct kg_graph *
kg_draft_seal(struct kg_draft *draft)
{
	struct kg_arena *scratch = kg_arena_make();
	struct kg_sealing sealing = {
		.draft = draft,
		.scratch = scratch,
		.targets.arena = scratch,
		.secrets.arena = scratch,
		.ports.arena = scratch,
		.pools.arena = scratch,
		.suggestions_left = suggestions_max,
	};
	const struct kg_graph *graph = NULL;

	names_index(&sealing);
	kg_sealing_targets(&sealing);
	for (uint32_t i = 0; i < draft->needs.count; i++)
		need_add(&sealing, i);
	kg_sealing_references(&sealing);
	kg_sealing_check(&sealing);
	default_check(&sealing);
	edges_merge(&sealing);
	struct kg_order order = order_find(&sealing);
	if (draft->errors->count == 0)
		graph = kg_sealing_build(&sealing, order.nodes);
	kg_arena_free(scratch);
	return graph;
}
