#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "graph/graph.h"
#include "tests/unit/graph/by_hand.h"

/* schema needs pg.database, service needs schema and redis; all = service, default is what is given. */
static const struct kg_graph *
graph_make(struct by_hand *hand, const char *default_target)
{
	uint32_t service = by_hand_command(hand, "service", 1, "x");
	uint32_t schema = by_hand_command(hand, "schema", 2, "x");

	by_hand_command(hand, "pg.database", 3, "x");
	by_hand_command(hand, "redis", 4, "x");
	by_hand_need(hand, service, "schema", 1, 1);
	by_hand_need(hand, service, "redis", 1, 1);
	by_hand_need(hand, schema, "pg.database", 1, 1);
	by_hand_target(hand, "all", 5, (const char *const[]){ "service", NULL });
	hand->draft.default_target = default_target;
	return kg_draft_seal(&hand->draft);
}

static void
assert_chosen(const char *default_target, const char *const *names, const char *expected)
{
	struct by_hand *hand = by_hand_make();
	const struct kg_graph *graph = graph_make(hand, default_target);
	struct kg_text told = { .arena = hand->arena };
	uint8_t *chosen;
	struct kg_error *error = kg_graph_select(hand->arena, graph, names, &chosen);

	if (error) {
		kg_text_format(&told, "%s (%s)", error->message, error->advice);
		assert_int_equal(error->code, KG_EINPUT);
	}
	for (uint32_t i = 0; !error && i < graph->node_count; i++)
		if (chosen[i])
			kg_text_format(&told, "%s ", kg_graph_text(graph, graph->nodes[i].name));
	assert_string_equal(kg_text_end(&told), expected);
	by_hand_free(hand);
}

static void
no_name_means_the_default_target_or_every_node(void **)
{
	assert_chosen(NULL, NULL, "pg.database schema redis service ");
	assert_chosen("schema", NULL, "pg.database schema ");
	assert_chosen("all", (const char *const[]){ NULL }, "pg.database schema redis service ");
}

static void
a_node_brings_all_that_it_needs_and_nothing_else(void **)
{
	assert_chosen(NULL, (const char *const[]){ "schema", NULL }, "pg.database schema ");
	assert_chosen(NULL, (const char *const[]){ "redis", "pg.database", NULL }, "pg.database redis ");
}

static void
a_target_brings_its_nodes(void **)
{
	assert_chosen(NULL, (const char *const[]){ "all", NULL }, "pg.database schema redis service ");
}

static void
a_prefix_with_its_dot_brings_what_the_include_brought(void **)
{
	assert_chosen(NULL, (const char *const[]){ "pg.", NULL }, "pg.database ");
}

static void
an_unknown_name_is_told_with_the_nearest_or_with_the_targets(void **)
{
	assert_chosen(
	    NULL, (const char *const[]){ "servise", NULL }, "there is no target or node `servise` (did you mean `service`?)");
	assert_chosen(NULL, (const char *const[]){ "cluster", NULL }, "there is no target or node `cluster` (the targets are all)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_means_the_default_target_or_every_node),
		cmocka_unit_test(a_node_brings_all_that_it_needs_and_nothing_else),
		cmocka_unit_test(a_target_brings_its_nodes),
		cmocka_unit_test(a_prefix_with_its_dot_brings_what_the_include_brought),
		cmocka_unit_test(an_unknown_name_is_told_with_the_nearest_or_with_the_targets),
	};

	return cmocka_run_group_tests_name("select", tests, nullptr, nullptr);
}
