#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "graph/order.h"
#include "graph/sealing.h"

/* Which member of a target brought an edge between targets, for the cycle's message. */
struct naming {
	struct kg_sealing *sealing;
	KG_LIST(uint32_t) needs;
	uint32_t *first;
};

/* Targets within targets, as rows; names that are nothing are told. */
static void
namings_collect(struct naming *naming)
{
	struct kg_sealing *sealing = naming->sealing;
	struct kg_draft *draft = sealing->draft;

	naming->first = kg_new_array(sealing->scratch, uint32_t, draft->targets.count + 1);
	for (uint32_t i = 0; i < draft->targets.count; i++) {
		const struct kg_draft_target *target = &draft->targets.items[i];

		for (uint32_t member = 0; member < target->nodes.count; member++) {
			const char *name = target->nodes.items[member];
			uint32_t other;

			if (kg_map_get(&draft->node_names, name, NULL))
				continue;
			if (kg_map_get(&sealing->targets, name, &other))
				kg_list_push(sealing->scratch, &naming->needs, other);
			else
				kg_sealing_unknown_node(sealing, target->places.items[member], name, true);
		}
		naming->first[i + 1] = naming->needs.count;
	}
}

static struct kg_place
member_place(const struct kg_draft_target *target, const char *name)
{
	for (uint32_t i = 0; i < target->nodes.count; i++)
		if (kg_text_equal(target->nodes.items[i], name))
			return target->places.items[i];
	return target->place;
}

static void
cycle_tell(struct kg_sealing *sealing, const struct kg_cycle *cycle)
{
	struct kg_draft *draft = sealing->draft;
	struct kg_arena *arena = draft->errors->arena;
	struct kg_text path = { .arena = arena }, lines = { .arena = arena };
	struct kg_place first = { 0 };

	for (uint32_t i = 0; i < cycle->count; i++) {
		const struct kg_draft_target *target = &draft->targets.items[cycle->nodes[i]];
		const char *next = draft->targets.items[cycle->nodes[(i + 1) % cycle->count]].name;
		struct kg_place place = member_place(target, next);

		if (i == 0)
			first = place;
		kg_text_format(&path, "%s -> ", target->name);
		kg_text_format(
		    &lines, "%s%s:%u:%u: %s names %s", i > 0 ? "\n" : "", place.file, place.line, place.column, target->name, next);
	}
	struct kg_error *error = kg_error_at(arena, KG_EINPUT, first, "the targets name each other: %s%s", kg_text_end(&path),
	    draft->targets.items[cycle->nodes[0]].name);
	error->detail = kg_text_end(&lines);
	kg_errors_add(draft->errors, error);
}

/* What comes of one target, once all that it names are done. last[node] is the target that had the node last, plus one. */
static void
target_expand(struct kg_sealing *sealing, uint32_t index, uint32_t *last)
{
	const struct kg_draft_target *target = &sealing->draft->targets.items[index];
	struct kg_sealing_run *run = &sealing->target_runs[index];

	run->first = sealing->target_nodes.count;
	for (uint32_t member = 0; member < target->nodes.count; member++) {
		uint32_t node, other;
		struct kg_sealing_run from = { .count = 1 };
		bool is_node = kg_map_get(&sealing->draft->node_names, target->nodes.items[member], &node);

		if (!is_node && !kg_map_get(&sealing->targets, target->nodes.items[member], &other))
			continue;
		if (!is_node)
			from = sealing->target_runs[other];
		for (uint32_t i = 0; i < from.count; i++) {
			if (!is_node)
				node = sealing->target_nodes.items[from.first + i];
			if (last[node] == index + 1)
				continue;
			last[node] = index + 1;
			kg_list_push(sealing->scratch, &sealing->target_nodes, node);
		}
	}
	run->count = sealing->target_nodes.count - run->first;
}

void
kg_sealing_targets(struct kg_sealing *sealing)
{
	struct kg_draft *draft = sealing->draft;
	struct naming naming = { .sealing = sealing };

	sealing->target_runs = kg_new_array(sealing->scratch, struct kg_sealing_run, draft->targets.count);
	for (uint32_t i = 0; i < draft->targets.count; i++)
		if (kg_map_get(&draft->node_names, draft->targets.items[i].name, NULL))
			kg_errors_add(draft->errors,
			    kg_error_at(draft->errors->arena, KG_EINPUT, draft->targets.items[i].place,
				"`%s` is a node as well as a target: one of them needs another name",
				draft->targets.items[i].name));
	namings_collect(&naming);

	struct kg_order order =
	    kg_order_find(sealing->scratch, &(struct kg_order_rows){ draft->targets.count, naming.first, naming.needs.items });
	for (uint32_t i = 0; i < order.cycle_count; i++)
		cycle_tell(sealing, &order.cycles[i]);

	uint32_t *last = kg_new_array(sealing->scratch, uint32_t, draft->nodes.count);
	for (uint32_t i = 0; i < order.count; i++)
		target_expand(sealing, order.nodes[i], last);
}
