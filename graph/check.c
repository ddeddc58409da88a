#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/field.h"
#include "engine/base/text.h"
#include "graph/sealing.h"

/* The reader takes these out of the settings; they are here so that a misspelt one is told with its right name. */
static const struct kg_field graph_fields[] = {
	{ .name = "kind", .type = KG_TEXT },
	{ .name = "needs", .type = KG_TEXTS },
	{ .name = "extends", .type = KG_TEXT },
	{ 0 },
};

/* Pools that are there without being declared: one place a core, and builds of images by the machine's memory. */
static const char *const pools_given[] = { "cpu", "build" };
static constexpr uint32_t pools_given_count = sizeof(pools_given) / sizeof(pools_given[0]);

static bool
pool_is_given(const char *name)
{
	for (uint32_t i = 0; i < pools_given_count; i++)
		if (strcmp(pools_given[i], name) == 0)
			return true;
	return false;
}

/* Where the node itself stands, in the form that field checks take places in. */
static struct kg_value
header_of(const struct kg_sealing *sealing, uint32_t index)
{
	const struct kg_place *place = &sealing->draft->nodes.items[index].place;

	return (struct kg_value){
		.type = KG_VALUE_TABLE,
		.line = place->line,
		.column = (uint16_t)place->column,
		.file = sealing->node_files[index],
	};
}

static void
pool_check(struct kg_sealing *sealing, const struct kg_draft_node *node)
{
	const struct kg_values *values = &sealing->values;
	const struct kg_value *pool = kg_value_member(values, &values->items[node->settings], "pool");

	if (!pool || pool->type != KG_VALUE_TEXT || (pool->flags & KG_VALUE_OPEN))
		return;
	const char *name = kg_value_text(values, pool);
	if (pool_is_given(name) || kg_map_get(&sealing->pools, name, NULL))
		return;

	uint32_t count = sealing->draft->pools.count;
	const char **names = kg_new_array(sealing->scratch, const char *, count + pools_given_count + 1);
	for (uint32_t i = 0; i < count; i++)
		names[i] = values->texts + sealing->draft->pools.items[i].name;
	for (uint32_t i = 0; i < pools_given_count; i++)
		names[count + i] = pools_given[i];
	kg_sealing_unknown(sealing, kg_value_place(values, pool), "pool", name, names);
}

/*
 * A check by hand sees the settings with references unresolved, so it is asked only when the table had nothing to say. Its spec and its error
 * are made in memory that is used again for the next node.
 */
static void
filled_check(struct kg_sealing *sealing, uint32_t index, const struct kg_field *fields, size_t size,
    struct kg_error *(*check)(struct kg_arena *, const void *), struct kg_arena *memory)
{
	struct kg_draft *draft = sealing->draft;
	const struct kg_draft_node *node = &draft->nodes.items[index];
	void *spec = kg_alloc(memory, size);
	struct kg_error *error =
	    kg_spec_fill(memory, fields, &sealing->values, &sealing->values.items[node->settings], node->folder, NULL, spec);

	if (!error && check)
		error = check(memory, spec);
	if (error) {
		error = kg_error_copy(draft->errors->arena, error);
		if (!error->place.file)
			error->place = node->place;
		kg_errors_add(draft->errors, error);
	}
	kg_arena_empty(memory);
}

void
kg_sealing_check(struct kg_sealing *sealing)
{
	struct kg_draft *draft = sealing->draft;
	struct kg_arena *memory = kg_arena_make();

	for (uint32_t i = 0; i < draft->nodes.count; i++) {
		const struct kg_draft_node *node = &draft->nodes.items[i];

		if (node->kind == UINT32_MAX)
			continue;
		const struct kg_facts *facts = draft->facts->kinds[node->kind];
		const struct kg_field *const tables[] = { facts->fields, draft->facts->common, graph_fields, NULL };
		const struct kg_value header = header_of(sealing, i);
		uint32_t before = draft->errors->count;

		kg_fields_check(draft->errors, tables, &sealing->values, &sealing->values.items[node->settings], &header);
		if (draft->errors->count == before) {
			filled_check(sealing, i, facts->fields, facts->spec_size, facts->check, memory);
			if (draft->facts->check_common)
				filled_check(sealing, i, draft->facts->common, draft->facts->common_size,
				    draft->facts->check_common, memory);
		}
		pool_check(sealing, node);
	}
	kg_arena_free(memory);
}
