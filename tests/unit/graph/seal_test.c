#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/text.h"
#include "graph/graph.h"
#include "tests/unit/graph/by_hand.h"

static void
assert_told(struct by_hand *hand, const char *expected)
{
	assert_null(kg_draft_seal(&hand->draft));
	assert_string_equal(by_hand_told(hand), expected);
	by_hand_free(hand);
}

static const struct kg_graph *
sealed(struct by_hand *hand)
{
	const struct kg_graph *graph = kg_draft_seal(&hand->draft);

	assert_string_equal(by_hand_told(hand), "");
	assert_non_null(graph);
	return graph;
}

/* "a(b c:ready d!)": the nodes in order, each with what it needs; ! is an output. */
static const char *
graph_told(struct by_hand *hand, const struct kg_graph *graph)
{
	struct kg_text told = { .arena = hand->arena };

	for (uint32_t i = 0; i < graph->node_count; i++) {
		const struct kg_node *node = &graph->nodes[i];

		kg_text_format(&told, "%s%s(", i > 0 ? " " : "", kg_graph_text(graph, node->name));
		for (uint32_t at = 0; at < node->edge_count; at++) {
			const struct kg_edge *edge = &graph->edges[node->first_edge + at];

			kg_text_format(&told, "%s%s%s%s", at > 0 ? " " : "", kg_graph_text(graph, graph->nodes[edge->node].name),
			    edge->until == KG_UNTIL_READY ? ":ready" : "", edge->is_output ? "!" : "");
		}
		kg_text_add(&told, ")");
	}
	return kg_text_end(&told);
}

static void
nodes_come_after_what_they_need_and_otherwise_as_in_the_file(void **)
{
	struct by_hand *hand = by_hand_make();
	uint32_t service = by_hand_command(hand, "service", 1, "x");

	by_hand_command(hand, "redis", 2, "x");
	by_hand_command(hand, "schema", 3, "x");
	by_hand_need(hand, service, "schema", 1, 1);
	by_hand_need_ready(hand, service, "redis", 1, 1);
	assert_string_equal(graph_told(hand, sealed(hand)), "redis() schema() service(schema redis:ready)");
	by_hand_free(hand);
}

static void
two_edges_to_the_same_node_become_one_that_wants_the_most(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_command(hand, "a", 1, "x");
	uint32_t b = by_hand_command(hand, "b", 2, "${node.a.path} ${node.a.path}");
	by_hand_need_ready(hand, b, "a", 2, 1);
	by_hand_need(hand, b, "a", 2, 1);
	assert_string_equal(graph_told(hand, sealed(hand)), "a() b(a:ready!)");
	by_hand_free(hand);
}

static void
users_are_the_edges_turned_around(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_command(hand, "a", 1, "x");
	by_hand_need(hand, by_hand_command(hand, "b", 2, "x"), "a", 2, 1);
	by_hand_need(hand, by_hand_command(hand, "c", 3, "x"), "a", 3, 1);
	const struct kg_graph *graph = sealed(hand);
	const struct kg_node *a = &graph->nodes[kg_graph_find(graph, "a")];
	assert_int_equal(a->user_count, 2);
	assert_int_equal(graph->users[a->first_user], kg_graph_find(graph, "b"));
	assert_int_equal(graph->users[a->first_user + 1], kg_graph_find(graph, "c"));
	assert_int_equal(graph->nodes[kg_graph_find(graph, "c")].user_count, 0);
	by_hand_free(hand);
}

static void
each_reference_is_kept_once_a_node_and_taken_apart(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_secret(hand, "pg.password");
	by_hand_port(hand, "other");
	by_hand_port(hand, "pg.postgresql");
	by_hand_command(hand, "pg.initdb", 1, "x");
	by_hand_command(hand, "b", 2,
	    "${port.pg.postgresql} ${secrets.pg.password} ${node.pg.initdb.path} ${dir.state}/$${no} ${port.pg.postgresql}");
	const struct kg_graph *graph = sealed(hand);
	const struct kg_node *b = &graph->nodes[kg_graph_find(graph, "b")];
	const struct kg_reference *reference = &graph->references[b->first_reference];

	assert_int_equal(b->reference_count, 4);
	assert_string_equal(kg_graph_text(graph, reference[0].name), "port.pg.postgresql");
	assert_int_equal(reference[0].type, KG_REFERENCE_PORT);
	assert_int_equal(reference[0].index, 1);
	assert_int_equal(reference[1].type, KG_REFERENCE_SECRET);
	assert_int_equal(reference[2].type, KG_REFERENCE_OUTPUT);
	assert_int_equal(reference[2].index, kg_graph_find(graph, "pg.initdb"));
	assert_string_equal(kg_graph_text(graph, reference[2].key), "path");
	assert_int_equal(reference[3].type, KG_REFERENCE_DIR);
	assert_string_equal(kg_graph_text(graph, reference[3].key), "state");
	by_hand_free(hand);
}

static void
an_output_may_be_one_that_the_settings_name(void **)
{
	struct by_hand *hand = by_hand_make();
	struct kg_value record =
	    by_hand_table(hand, NULL, BY_HAND_VALUES(by_hand_text(hand, "as", "data"), by_hand_text(hand, "path", "p")));
	struct kg_value outputs = by_hand_list(hand, "outputs", BY_HAND_VALUES(record, by_hand_text(hand, NULL, "p")));

	by_hand_node(hand, "initdb", "command", 1, BY_HAND_VALUES(outputs, by_hand_text(hand, "shell", "x")));
	by_hand_command(hand, "b", 2, "${node.initdb.data}");
	by_hand_command(hand, "c", 3, "${node.initdb.result}");
	assert_string_equal(graph_told(hand, sealed(hand)), "initdb() b(initdb!) c(initdb!)");
	by_hand_free(hand);
}

static void
an_output_that_the_kind_does_not_have_is_told_with_the_nearest(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_line(2, "command = \"x ${node.a.pth} y\"");
	by_hand_command(hand, "pg.a", 1, "x");
	by_hand_command(hand, "b", 2, "x ${node.pg.a.pth} y");
	assert_null(kg_draft_seal(&hand->draft));
	assert_int_equal(hand->errors.first->place.length, strlen("${node.a.pth}"));
	assert_string_equal(
	    by_hand_told(hand), "2:14 there is no output of node `pg.a` (command) called `pth` (did you mean `path`?)\n");
	by_hand_free(hand);
}

static void
unknown_names_are_told_wherever_they_are_used(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_secret(hand, "db_password");
	by_hand_command(hand, "a", 1, "${secrets.db_pasword} ${port.http} ${dir.home} ${node.b.path} ${node.c}");
	by_hand_command(hand, "z", 2, "${secrets.db_pasword}");
	assert_told(hand,
	    "1:1 `${node.c}` does not say which output is meant (write ${node.NAME.OUTPUT})\n"
	    "1:1 there is no folder `home` (known are state, data and graph)\n"
	    "1:1 there is no node `b`\n"
	    "1:1 there is no port `http` (there are none)\n"
	    "1:1 there is no secret `db_pasword` (did you mean `db_password`?)\n"
	    "2:1 there is no secret `db_pasword` (did you mean `db_password`?)\n");
}

static void
a_need_of_nothing_is_told_with_what_was_likely_meant(void **)
{
	struct by_hand *hand = by_hand_make();
	uint32_t a = by_hand_command(hand, "service", 1, "x");

	by_hand_command(hand, "pg.postgresql", 5, "x");
	by_hand_line(2, "needs = [\"servise\", \"postgresql\", \"cluster\"]");
	by_hand_need(hand, a, "servise", 2, 10);
	by_hand_need(hand, a, "postgresql", 2, 21);
	by_hand_need(hand, a, "cluster", 2, 35);
	kg_list_push(hand->arena, &hand->draft.elsewhere, (struct kg_draft_elsewhere){ "cluster", "kind" });
	assert_null(kg_draft_seal(&hand->draft));
	assert_string_equal(by_hand_told(hand),
	    "2:10 there is no node or target `servise` (did you mean `service`?)\n"
	    "2:21 there is no node or target `postgresql` (did you mean `pg.postgresql`, which an include brings?)\n"
	    "2:35 only the profile `kind` has a node `cluster` (choose it with --profile kind)\n");
	by_hand_free(hand);
}

static void
names_that_an_unread_file_may_have_are_not_told(void **)
{
	struct by_hand *hand = by_hand_make();

	hand->draft.is_incomplete = true;
	hand->draft.profile = "kind";
	by_hand_need(hand, by_hand_command(hand, "a", 1, "${port.x} ${node.b.path}"), "schema", 2, 10);
	by_hand_need(hand, 0, "redis", 2, 20);
	kg_list_push(hand->arena, &hand->draft.removed,
	    (struct kg_draft_removed){ "redis", { .file = "/g/kgraph.toml", .line = 9, .column = 1 } });
	assert_told(hand,
	    "2:20 the profile `kind` takes the node `redis` away\n"
	    "/g/kgraph.toml:9:1: `redis` is removed here\n");
}

static void
a_need_of_a_target_is_one_of_all_its_nodes(void **)
{
	struct by_hand *hand = by_hand_make();
	uint32_t test = by_hand_command(hand, "test", 1, "x");

	by_hand_command(hand, "a", 2, "x");
	by_hand_command(hand, "b", 3, "x");
	by_hand_target(hand, "stack", 4, (const char *const[]){ "inner", "b", NULL });
	by_hand_target(hand, "inner", 5, (const char *const[]){ "b", "a", NULL });
	by_hand_need(hand, test, "stack", 1, 1);
	assert_string_equal(graph_told(hand, sealed(hand)), "a() b() test(b a)");
	by_hand_free(hand);
}

static void
a_target_that_brings_its_own_user_is_told(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_need(hand, by_hand_command(hand, "a", 1, "x"), "stack", 1, 10);
	by_hand_target(hand, "stack", 4, (const char *const[]){ "a", NULL });
	assert_told(hand, "1:10 `a` needs the target `stack`, which it is itself part of\n");
}

static void
targets_that_name_each_other_or_nothing_are_told(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_command(hand, "a", 1, "x");
	by_hand_target(hand, "one", 4, (const char *const[]){ "a", "two", NULL });
	by_hand_target(hand, "two", 5, (const char *const[]){ "one", "b", NULL });
	by_hand_target(hand, "a", 6, (const char *const[]){ NULL });
	hand->draft.default_target = "tow";
	hand->draft.default_place = (struct kg_place){ .file = "/g/kgraph.toml", .line = 7, .column = 1 };
	assert_told(hand,
	    "4:11 the targets name each other: one -> two -> one\n"
	    "/g/kgraph.toml:4:11: one names two\n"
	    "/g/kgraph.toml:5:10: two names one\n"
	    "5:11 there is no node or target `b`\n"
	    "6:1 `a` is a node as well as a target: one of them needs another name\n"
	    "7:1 there is no node or target `tow` (did you mean `two`?)\n");
}

static void
a_cycle_is_told_as_its_path_with_the_place_of_each_edge(void **)
{
	struct by_hand *hand = by_hand_make();
	uint32_t a = by_hand_command(hand, "a", 1, "x");

	by_hand_line(3, "command = [\"${node.c.path}\"]");
	by_hand_command(hand, "b", 3, "${node.c.path}");
	by_hand_need(hand, a, "b", 2, 10);
	by_hand_target(hand, "t", 9, (const char *const[]){ "a", NULL });
	by_hand_need(hand, by_hand_command(hand, "c", 5, "x"), "t", 6, 10);
	assert_told(hand,
	    "2:10 the nodes need each other: a -> b -> c -> a\n"
	    "/g/kgraph.toml:2:10: a needs b\n"
	    "/g/kgraph.toml:3:13: b uses ${node.c.path}\n"
	    "/g/kgraph.toml:6:10: c needs t, which brings a\n");
}

static void
a_node_that_needs_or_uses_itself_is_told(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_need(hand, by_hand_command(hand, "a", 1, "${node.a.path}"), "a", 2, 10);
	assert_told(hand, "1:1 `a` uses an output of itself\n2:10 `a` needs itself\n");
}

static void
settings_are_checked_by_the_tables_of_the_kind_and_of_all_kinds(void **)
{
	struct by_hand *hand = by_hand_make();

	hand->line = 2;
	by_hand_node(hand, "a", "file", 1,
	    BY_HAND_VALUES(
		by_hand_list(hand, "neds", 0, NULL), by_hand_text(hand, "pool", "biuld"), by_hand_text(hand, "timeout", "soon")));
	by_hand_pool(hand, "build");
	assert_told(hand,
	    "1:1 `path` is missing: where it is written\n"
	    "2:1 `timeout` must be a duration with a unit, such as \"30s\" or \"250ms\", not \"soon\"\n"
	    "2:1 there is no pool `biuld` (did you mean `build`?)\n"
	    "2:1 unknown key `neds` (did you mean `needs`?)\n");
}

static void
the_kinds_own_check_is_asked_once_the_tables_are_content(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_port(hand, "http");
	by_hand_node(hand, "a", "command", 1, 0, NULL);
	by_hand_node(
	    hand, "b", "command", 2, BY_HAND_VALUES(by_hand_text(hand, "port", "${port.http}"), by_hand_text(hand, "shell", "x")));
	by_hand_node(hand, "c", "no such kind", 3, BY_HAND_VALUES(by_hand_text(hand, "anything", "x")));
	assert_told(hand, "1:1 either `command` or `shell` must be given\n");
}

static void
exports_are_sorted_and_keep_their_references(void **)
{
	struct by_hand *hand = by_hand_make();

	by_hand_port(hand, "pg");
	by_hand_export(hand, "URL", "x:${port.pg}");
	by_hand_export(hand, "ADDRESS", "x");
	const struct kg_graph *graph = sealed(hand);
	assert_int_equal(graph->export_count, 2);
	assert_string_equal(kg_graph_text(graph, graph->exports[0].name), "ADDRESS");
	assert_int_equal(graph->exports[0].reference_count, 0);
	assert_int_equal(graph->exports[1].reference_count, 1);
	assert_int_equal(graph->references[graph->exports[1].first_reference].type, KG_REFERENCE_PORT);
	by_hand_free(hand);
}

static void
what_the_graph_does_not_say_has_a_sensible_value(void **)
{
	struct by_hand *hand = by_hand_make();
	const struct kg_graph *graph = sealed(hand);

	assert_string_equal(kg_graph_text(graph, graph->name), "g");
	assert_string_equal(kg_graph_text(graph, graph->instance), "default");
	assert_int_equal(graph->default_target, 0);
	assert_int_equal(graph->node_count, 0);
	assert_int_equal(kg_graph_find(graph, "a"), KG_NO_NODE);
	by_hand_free(hand);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_come_after_what_they_need_and_otherwise_as_in_the_file),
		cmocka_unit_test(two_edges_to_the_same_node_become_one_that_wants_the_most),
		cmocka_unit_test(users_are_the_edges_turned_around),
		cmocka_unit_test(each_reference_is_kept_once_a_node_and_taken_apart),
		cmocka_unit_test(an_output_may_be_one_that_the_settings_name),
		cmocka_unit_test(an_output_that_the_kind_does_not_have_is_told_with_the_nearest),
		cmocka_unit_test(unknown_names_are_told_wherever_they_are_used),
		cmocka_unit_test(a_need_of_nothing_is_told_with_what_was_likely_meant),
		cmocka_unit_test(names_that_an_unread_file_may_have_are_not_told),
		cmocka_unit_test(a_need_of_a_target_is_one_of_all_its_nodes),
		cmocka_unit_test(a_target_that_brings_its_own_user_is_told),
		cmocka_unit_test(targets_that_name_each_other_or_nothing_are_told),
		cmocka_unit_test(a_cycle_is_told_as_its_path_with_the_place_of_each_edge),
		cmocka_unit_test(a_node_that_needs_or_uses_itself_is_told),
		cmocka_unit_test(settings_are_checked_by_the_tables_of_the_kind_and_of_all_kinds),
		cmocka_unit_test(the_kinds_own_check_is_asked_once_the_tables_are_content),
		cmocka_unit_test(exports_are_sorted_and_keep_their_references),
		cmocka_unit_test(what_the_graph_does_not_say_has_a_sensible_value),
	};

	return cmocka_run_group_tests_name("seal", tests, nullptr, nullptr);
}
