#include "engine/run/undeclared.h"

#include <stdlib.h>
#include <string.h>

#include "cache/glob.h"
#include "cache/ignore.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/run/inputs.h"
#include "graph/graph.h"

static constexpr uint32_t told_most = 20;
/* Paths held against patterns, and edges looked along: a graph of 100,000 nodes with few wildcards stays far below. */
static constexpr uint32_t matches_most = 200000, edges_most = 4000000;

struct product {
	const char *path;
	uint32_t node;
};

struct wanted {
	const char *folder, *pattern;
	struct kg_ignore *ignore; /* NULL: none */
	uint32_t node;
};

struct search {
	struct kg_arena *arena, *scratch; /* scratch: of one node */
	const struct kg_graph *graph;
	KG_LIST(struct product) products; /* sorted by path once all are known */
	KG_LIST(struct wanted) wanted;
	uint32_t *seen; /* by node: the last walk that came by, so that none comes twice */
	uint32_t walks, matches, edges, told;
	KG_LIST(uint32_t) front;
	uint32_t *last_maker; /* by node: whom it was last told of; KG_NO_NODE: nobody */
	void (*found)(void *context, uint32_t user, uint32_t maker, const char *path);
	void *context;
};

static bool
is_open(const char *text)
{
	return strstr(text, "${") != NULL;
}

static void
set_collect(struct search *search, uint32_t node, const struct kg_input_set *set)
{
	struct kg_ignore *ignore = NULL;

	if (set->ignore && kg_ignore_read(search->arena, set->ignore, &ignore))
		return;
	for (const char *const *pattern = set->patterns; *pattern; pattern++) {
		struct wanted wanted = { kg_copy(search->arena, set->folder), kg_copy(search->arena, *pattern), ignore, node };

		if (!is_open(*pattern))
			kg_list_push(search->arena, &search->wanted, wanted);
	}
}

/* What the node makes and reads. Without a resolver, texts keep their references. */
static void
node_collect(struct search *search, uint32_t node, const struct kg_kind *kind)
{
	const struct kg_graph *graph = search->graph;
	const struct kg_value *settings = &graph->values.items[graph->nodes[node].settings];
	const char *folder = kg_graph_text(graph, graph->nodes[node].folder);
	struct kg_arena *scratch = search->scratch;
	struct kg_inputs inputs = { .arena = scratch };
	struct kg_products products = { .arena = scratch };
	struct kg_common common = { 0 };
	void *spec = kg_alloc(scratch, kind->facts.spec_size);

	if (kg_spec_fill(scratch, kind->facts.fields, &graph->values, settings, folder, NULL, spec) ||
	    kg_spec_fill(scratch, kg_common_fields, &graph->values, settings, folder, NULL, &common))
		return;
	if (kind->products)
		kind->products(&products, spec);
	for (uint32_t i = 0; i < products.list.count; i++) {
		struct product product = { kg_copy(search->arena, products.list.items[i].path), node };

		if (!is_open(product.path))
			kg_list_push(search->arena, &search->products, product);
	}
	if (common.inputs)
		kg_inputs_add(&inputs, folder, common.inputs, common.ignore);
	for (const struct kg_field *field = kind->facts.fields; field->name; field++)
		if (field->flags & KG_INPUT)
			kg_inputs_add_setting(&inputs, folder, spec, field);
	if (kind->inputs)
		kind->inputs(&inputs, spec, &common);
	for (uint32_t i = 0; i < inputs.sets.count; i++)
		set_collect(search, node, &inputs.sets.items[i]);
}

static int
product_order(const void *left, const void *right)
{
	const struct product *a = left, *b = right;
	int order = strcmp(a->path, b->path);

	return order != 0 ? order : (a->node > b->node) - (a->node < b->node);
}

/* The first product whose path does not come before this one. */
static uint32_t
product_from(const struct search *search, const char *path)
{
	uint32_t low = 0, high = search->products.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(search->products.items[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whether the node comes after the other one, by needs of needs. Nodes stand in order, so nothing before the other one leads to it. */
static bool
comes_after(struct search *search, uint32_t node, uint32_t other)
{
	const struct kg_graph *graph = search->graph;

	search->walks++;
	search->front.count = 0;
	kg_list_push(search->arena, &search->front, node);
	while (search->front.count > 0) {
		const struct kg_node *it = &graph->nodes[search->front.items[--search->front.count]];

		for (uint32_t i = 0; i < it->edge_count; i++) {
			uint32_t need = graph->edges[it->first_edge + i].node;

			/* Told wrongly is worse than not told. */
			if (need == other || ++search->edges > edges_most)
				return true;
			if (need < other || search->seen[need] == search->walks)
				continue;
			search->seen[need] = search->walks;
			kg_list_push(search->arena, &search->front, need);
		}
	}
	return false;
}

static void
product_met(struct search *search, const struct wanted *wanted, const struct product *product)
{
	if (product->node == wanted->node || search->last_maker[wanted->node] == product->node ||
	    comes_after(search, wanted->node, product->node))
		return;
	search->last_maker[wanted->node] = product->node;
	search->told++;
	search->found(search->context, wanted->node, product->node, product->path);
}

/* The products that are the path, or a folder above it. */
static void
above_check(struct search *search, const struct wanted *wanted, const char *path)
{
	for (; strlen(path) > 1 && search->told < told_most; path = kg_path_folder(search->scratch, path)) {
		uint32_t at = product_from(search, path);

		for (; at < search->products.count && strcmp(search->products.items[at].path, path) == 0; at++)
			product_met(search, wanted, &search->products.items[at]);
	}
}

/* By itself, or with a folder that it stands in. */
static bool
is_ignored(struct kg_arena *arena, const struct kg_ignore *ignore, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (kg_ignore_matches(ignore, kg_copy_bytes(arena, path, (size_t)(slash - path)), true))
			return true;
	return kg_ignore_matches(ignore, path, false);
}

/* Those below the folder, and met by the pattern; NULL: any. */
static void
below_check(struct search *search, const struct wanted *wanted, const char *folder, const char *pattern)
{
	const char *start = kg_format(search->scratch, "%s/", strcmp(folder, "/") == 0 ? "" : folder);
	uint32_t at = product_from(search, start);

	for (; at < search->products.count && search->told < told_most; at++) {
		const struct product *product = &search->products.items[at];
		const char *path = kg_path_inside(wanted->folder, product->path);

		if (strncmp(product->path, start, strlen(start)) != 0 || ++search->matches > matches_most)
			return;
		if ((!pattern || kg_glob_matches(pattern, *pattern == '/' ? product->path : path)) &&
		    !(wanted->ignore && *path != '/' && is_ignored(search->scratch, wanted->ignore, path)))
			product_met(search, wanted, product);
	}
}

/* What stands in the pattern before the first part with a wildcard. */
static const char *
literal_folder(struct kg_arena *arena, const char *folder, const char *pattern)
{
	size_t end = 0;

	for (size_t at = 0; pattern[at] && !strchr("*?[{\\", pattern[at]); at++)
		if (pattern[at] == '/')
			end = at + 1;
	return kg_path_join(arena, folder, kg_copy_bytes(arena, pattern, end));
}

static void
wanted_check(struct search *search, const struct wanted *wanted)
{
	const char *path;

	if (kg_glob_is_pattern(wanted->pattern)) {
		path = literal_folder(search->scratch, wanted->folder, wanted->pattern);
		above_check(search, wanted, path);
		below_check(search, wanted, path, wanted->pattern);
	} else {
		path = kg_path_join(search->scratch, wanted->folder, wanted->pattern);
		above_check(search, wanted, path);
		below_check(search, wanted, path, NULL);
	}
}

void
kg_undeclared_each(struct kg_arena *arena, const struct kg_graph *graph, const struct kg_kind *const *kinds,
    void (*found)(void *context, uint32_t user, uint32_t maker, const char *path), void *context)
{
	struct search search = {
		.arena = arena,
		.scratch = kg_arena_make(),
		.graph = graph,
		.seen = kg_new_array(arena, uint32_t, graph->node_count + 1),
		.last_maker = kg_new_array(arena, uint32_t, graph->node_count + 1),
		.found = found,
		.context = context,
	};

	memset(search.last_maker, 0xff, graph->node_count * sizeof(uint32_t));
	for (uint32_t node = 0; node < graph->node_count; node++) {
		node_collect(&search, node, kinds[graph->nodes[node].kind]);
		kg_arena_empty(search.scratch);
	}
	if (search.products.count > 0)
		qsort(search.products.items, search.products.count, sizeof(struct product), product_order);
	for (uint32_t i = 0; i < search.wanted.count && search.told < told_most; i++) {
		wanted_check(&search, &search.wanted.items[i]);
		kg_arena_empty(search.scratch);
	}
	kg_arena_free(search.scratch);
}
