/*
 * Reviews: what kinds find wrong with their nodes, told before anything starts. They read files, perhaps many, and ask the world; what has not changed
 * since it was brought up was reviewed then, and its fingerprint costs a stat of each file and not its reading.
 */

#include "engine/review.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/run/state.h"

struct nodes {
	KG_LIST(struct kg_review_node) list;
	bool is_found;
};

/* Whether a node and all that it needs are as they were brought up. */
enum settled : uint8_t { SETTLED_UNKNOWN, SETTLED_ASKED, SETTLED_NOT, SETTLED_YES };

struct kg_reviewing {
	struct kg_run *run; /* NULL: there is none, and nobody can be asked */
	const struct kg_graph *graph;
	const struct kg_kind *const *kinds;
	const uint8_t *chosen; /* NULL: all */
	struct nodes *nodes;   /* by kind */
	uint32_t *seen;        /* by node: the number of the last search that came by */
	uint32_t *stack;
	uint32_t searches;
	uint32_t searched;                         /* what the last search began at */
	KG_LIST(struct kg_node_inquiry) inquiries; /* of the kind that is being reviewed */
	enum settled *settled;                     /* by node; NULL before the first question */
	bool is_held;
};

static bool
is_chosen(const struct kg_reviewing *reviewing, uint32_t node)
{
	return !reviewing->chosen || reviewing->chosen[node];
}

static struct kg_review_node
node_make(const struct kg_reviewing *reviewing, uint32_t index)
{
	const struct kg_graph *graph = reviewing->graph;
	const struct kg_node *node = &graph->nodes[index];

	return (struct kg_review_node){
		.name = kg_graph_text(graph, node->name),
		.kind = reviewing->kinds[node->kind]->facts.name,
		.folder = kg_graph_text(graph, node->folder),
		.place = { .file = kg_graph_text(graph, node->file), .line = node->line, .column = node->column },
		.values = &graph->values,
		.settings = &graph->values.items[node->settings],
		.index = index,
	};
}

static const struct nodes *
nodes_of(struct kg_arena *arena, struct kg_reviewing *reviewing, uint32_t kind)
{
	struct nodes *nodes = &reviewing->nodes[kind];

	for (uint32_t i = 0; !nodes->is_found && i < reviewing->graph->node_count; i++)
		if (reviewing->graph->nodes[i].kind == kind && is_chosen(reviewing, i))
			kg_list_push(arena, &nodes->list, node_make(reviewing, i));
	nodes->is_found = true;
	return nodes;
}

/* What the reading of the graph has found well can be filled. */
static bool
spec_fill(struct kg_arena *arena, const struct kg_kind *kind, struct kg_review_node *node)
{
	void *spec = kg_alloc(arena, kind->facts.spec_size);
	struct kg_common *common = kg_new(arena, struct kg_common);

	node->spec = spec;
	node->common = common;
	return !kg_spec_fill(arena, kind->facts.fields, node->values, node->settings, node->folder, NULL, spec) &&
	    !kg_spec_fill(arena, kg_common_fields, node->values, node->settings, node->folder, NULL, common);
}

/* Without a run nobody is there to ask. */
static void
inquire(struct kg_arena *arena, struct kg_reviewing *reviewing)
{
	if (reviewing->run) {
		kg_inquiries_run(reviewing->run, reviewing->inquiries.items, reviewing->inquiries.count);
		return;
	}
	for (uint32_t i = 0; i < reviewing->inquiries.count; i++)
		*reviewing->inquiries.items[i].inquiry.ret_error = kg_error_make(arena, KG_EFAILED, "nobody can be asked here");
}

static bool
is_interrupted(const struct kg_run *run)
{
	return run && run->interrupts > 0;
}

static void
kind_review(
    struct kg_arena *arena, struct kg_reviewing *reviewing, uint32_t kind, struct kg_errors *errors, struct kg_errors *warnings)
{
	const struct nodes *nodes = nodes_of(arena, reviewing, kind);
	struct kg_review_node *filled = kg_new_array(arena, struct kg_review_node, nodes->list.count + 1);
	uint32_t count = 0;

	for (uint32_t i = 0; i < nodes->list.count; i++) {
		filled[count] = nodes->list.items[i];
		count += spec_fill(arena, reviewing->kinds[kind], &filled[count]);
	}
	const struct kg_run *run = reviewing->run;
	bool is_run = run && !run->options.reading && !run->options.plan;
	struct kg_review *review = kg_new(arena, struct kg_review);
	*review = (struct kg_review){
		.arena = arena,
		.nodes = filled,
		.count = count,
		.errors = errors,
		.warnings = warnings,
		.keep = run ? run->arena : arena,
		.is_run = is_run,
		.is_waited = is_run && !run->options.no_wait,
		.inside = reviewing,
	};
	reviewing->inquiries.count = 0;
	if (count > 0)
		reviewing->kinds[kind]->review(review);
	if (reviewing->inquiries.count == 0)
		return;
	inquire(arena, reviewing);
	if (is_interrupted(run))
		return;
	review->round = 1;
	reviewing->kinds[kind]->review(review);
}

static void
all_copy(struct kg_errors *to, const struct kg_errors *from)
{
	for (const struct kg_error *error = from->first; error; error = error->next)
		kg_errors_add(to, kg_error_copy(to->arena, error));
}

/* Of nodes of the kind: nobody has brought this up yet as it is now. */
static bool
is_news(struct kg_run *run, uint32_t kind)
{
	struct kg_arena *scratch = kg_arena_make();
	bool is_news = false;

	for (uint32_t node = 0; !is_news && node < run->graph->node_count; node++) {
		struct kg_inspection inspection;

		if (run->graph->nodes[node].kind != kind || !run->options.chosen[node])
			continue;
		is_news = !run->tasks[node].before;
		if (is_news)
			break;
		kg_inspect(run, node, scratch, scratch, false, &inspection);
		is_news = inspection.error || inspection.is_changed;
		kg_arena_empty(scratch);
	}
	kg_arena_free(scratch);
	return is_news;
}

static struct kg_reviewing *
reviewing_make(struct kg_arena *arena, const struct kg_graph *graph, const struct kg_kind *const *kinds, const uint8_t *chosen,
    struct kg_run *run)
{
	struct kg_reviewing *reviewing = kg_new(arena, struct kg_reviewing);
	uint32_t count = 0;

	while (kinds[count])
		count++;
	*reviewing = (struct kg_reviewing){ .run = run, .graph = graph, .kinds = kinds, .chosen = chosen, .searched = KG_NO_NODE };
	reviewing->nodes = kg_new_array(arena, struct nodes, count);
	return reviewing;
}

static void
review_all(const struct kg_graph *graph, const struct kg_kind *const *kinds, const uint8_t *chosen, struct kg_run *run,
    struct kg_errors *errors, struct kg_errors *warnings)
{
	struct kg_arena *arena = NULL;
	struct kg_reviewing *reviewing = NULL;
	struct kg_errors found = { 0 }, noticed = { 0 };

	for (uint32_t kind = 0; kinds[kind] && !is_interrupted(run); kind++) {
		if (!kinds[kind]->review || (run && !run->options.reading && !is_news(run, kind)))
			continue;
		if (!arena) {
			arena = found.arena = noticed.arena = kg_arena_make();
			reviewing = reviewing_make(arena, graph, kinds, chosen, run);
		}
		kind_review(arena, reviewing, kind, &found, &noticed);
	}
	if (!arena)
		return;
	/* Who ends it early wants to hear no more. */
	if (!is_interrupted(run)) {
		all_copy(errors, &found);
		all_copy(warnings, &noticed);
	}
	if (reviewing->is_held && run)
		kg_list_push(run->arena, &run->batch_arenas, arena);
	else
		kg_arena_free(arena);
}

bool
kg_run_review(struct kg_run *run, struct kg_errors *errors, struct kg_errors *warnings)
{
	review_all(run->graph, run->options.kinds, run->options.chosen, run, errors, warnings);
	return !is_interrupted(run);
}

void
kg_graph_review(
    const struct kg_graph *graph, const struct kg_kind *const *kinds, struct kg_errors *errors, struct kg_errors *warnings)
{
	review_all(graph, kinds, NULL, NULL, errors, warnings);
}

static struct kg_error *
said(struct kg_errors *errors, struct kg_place place, const char *message)
{
	struct kg_error *error = kg_error_at(errors->arena, KG_EINPUT, place, "%s", message);

	kg_errors_add(errors, error);
	return error;
}

struct kg_error *
kg_review_error(struct kg_review *review, struct kg_place place, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	const char *message = kg_format_list(review->arena, format, list);
	va_end(list);
	return said(review->errors, place, message);
}

struct kg_error *
kg_review_warn(struct kg_review *review, struct kg_place place, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	const char *message = kg_format_list(review->arena, format, list);
	va_end(list);
	return said(review->warnings, place, message);
}

void
kg_review_ask(struct kg_review *review, const struct kg_review_node *node, struct kg_inquiry inquiry)
{
	kg_assert(review->round == 0 && inquiry.limit_ms > 0);
	kg_list_push(review->arena, &review->inside->inquiries, (struct kg_node_inquiry){ node->index, inquiry });
}

void
kg_review_leave(struct kg_review *review, const struct kg_review_node *node, const void *what)
{
	struct kg_run *run = review->inside->run;

	if (!run)
		return;
	if (!run->reviewed)
		run->reviewed = kg_new_array(run->arena, const void *, run->graph->node_count);
	run->reviewed[node->index] = what;
}

void
kg_review_hold(struct kg_review *review)
{
	review->inside->is_held = true;
}

static bool
is_as_brought_up(struct kg_run *run, uint32_t node)
{
	struct kg_arena *scratch = kg_arena_make();
	struct kg_inspection inspection;

	kg_inspect(run, node, scratch, scratch, false, &inspection);
	bool is_same = run->tasks[node].before && !inspection.error && !inspection.is_changed;
	kg_arena_free(scratch);
	return is_same;
}

static bool
are_needs_settled(const struct kg_reviewing *reviewing, uint32_t index)
{
	const struct kg_node *node = &reviewing->graph->nodes[index];

	for (uint32_t i = 0; i < node->edge_count; i++)
		if (reviewing->settled[reviewing->graph->edges[node->first_edge + i].node] != SETTLED_YES)
			return false;
	return true;
}

/* Each node once, behind those that it needs. */
static void
settled_find(struct kg_arena *arena, struct kg_reviewing *reviewing, uint32_t from)
{
	const struct kg_graph *graph = reviewing->graph;
	KG_LIST(uint32_t) stack = { 0 };

	if (!reviewing->settled)
		reviewing->settled = kg_new_array(arena, enum settled, graph->node_count);
	kg_list_push(arena, &stack, from);
	while (stack.count > 0) {
		uint32_t index = stack.items[stack.count - 1];
		const struct kg_node *node = &graph->nodes[index];
		enum settled *settled = &reviewing->settled[index];

		if (*settled != SETTLED_UNKNOWN)
			stack.count--;
		if (*settled == SETTLED_ASKED)
			*settled = are_needs_settled(reviewing, index) && is_as_brought_up(reviewing->run, index) ? SETTLED_YES
														  : SETTLED_NOT;
		if (*settled != SETTLED_UNKNOWN)
			continue;
		*settled = SETTLED_ASKED;
		for (uint32_t i = 0; i < node->edge_count; i++)
			kg_list_push(arena, &stack, graph->edges[node->first_edge + i].node);
	}
}

/* Who only reads has had no need of it so far. */
static bool
can_inspect(struct kg_run *run)
{
	if (run->stat_cache)
		return true;
	return !kg_stat_cache_open(run->arena, kg_format(run->arena, "%s/stat.bin", run->options.folder), &run->stat_cache);
}

struct kg_review_kept
kg_review_kept(struct kg_review *review, const struct kg_review_node *node)
{
	struct kg_reviewing *reviewing = review->inside;
	struct kg_run *run = reviewing->run;
	const struct kg_node *it = &reviewing->graph->nodes[node->index];
	struct kg_inspection inspection;

	if (!run || !can_inspect(run))
		return (struct kg_review_kept){ 0 };
	for (uint32_t i = 0; i < it->edge_count; i++)
		settled_find(review->arena, reviewing, reviewing->graph->edges[it->first_edge + i].node);
	if (!are_needs_settled(reviewing, node->index))
		return (struct kg_review_kept){ 0 };
	kg_inspect(run, node->index, review->arena, review->arena, false, &inspection);
	if (inspection.error)
		return (struct kg_review_kept){ 0 };
	char *hex = kg_new_array(review->arena, char, KG_DIGEST_HEX + 1);
	kg_digest_tell(inspection.fingerprint, hex);
	return (struct kg_review_kept){
		.folder = kg_format(review->arena, "%s/nodes/%s", run->folders.state, node->name),
		.fingerprint = hex,
		.is_up = run->tasks[node->index].before && !inspection.is_changed,
	};
}

const struct kg_review_node *
kg_review_nodes_of(struct kg_review *review, const char *kind, uint32_t *ret_count)
{
	struct kg_reviewing *reviewing = review->inside;

	*ret_count = 0;
	for (uint32_t i = 0; reviewing->kinds[i]; i++) {
		if (strcmp(reviewing->kinds[i]->facts.name, kind) != 0)
			continue;
		const struct nodes *nodes = nodes_of(review->arena, reviewing, i);
		*ret_count = nodes->list.count;
		return nodes->list.items;
	}
	return NULL;
}

/* Marks all that the node needs, itself left out. */
static void
needs_mark(struct kg_arena *arena, struct kg_reviewing *reviewing, uint32_t from)
{
	const struct kg_graph *graph = reviewing->graph;
	uint32_t depth = 0;

	if (!reviewing->seen) {
		reviewing->seen = kg_new_array(arena, uint32_t, graph->node_count);
		reviewing->stack = kg_new_array(arena, uint32_t, graph->node_count);
	}
	reviewing->searches++;
	reviewing->searched = from;
	reviewing->stack[depth++] = from;
	while (depth > 0) {
		const struct kg_node *node = &graph->nodes[reviewing->stack[--depth]];

		for (uint32_t i = 0; i < node->edge_count; i++) {
			uint32_t need = graph->edges[node->first_edge + i].node;

			if (reviewing->seen[need] == reviewing->searches)
				continue;
			reviewing->seen[need] = reviewing->searches;
			reviewing->stack[depth++] = need;
		}
	}
}

bool
kg_review_needs(struct kg_review *review, const struct kg_review_node *node, const struct kg_review_node *other)
{
	struct kg_reviewing *reviewing = review->inside;

	if (reviewing->searched != node->index)
		needs_mark(review->arena, reviewing, node->index);
	return reviewing->seen[other->index] == reviewing->searches;
}
