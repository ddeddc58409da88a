#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/graph.h"
#include "tests/unit/graph/by_hand.h"

/* pg.db (file) before end (command, uses its output, wants it ready), which is before s"x\ (command). */
static void
assert_drawn(enum kg_export_form form, const uint8_t *chosen, const char *expected)
{
	struct by_hand *hand = by_hand_make();

	by_hand_node(hand, "pg.db", "file", 1, BY_HAND_VALUES(by_hand_text(hand, "path", "p")));
	by_hand_need_ready(hand, by_hand_command(hand, "end", 2, "${node.pg.db.path}"), "pg.db", 2, 1);
	by_hand_need(hand, by_hand_command(hand, "s\"x\\", 3, "x"), "end", 3, 1);
	by_hand_target(hand, "all", 4, (const char *const[]){ "s\"x\\", "end", NULL });
	by_hand_target(hand, "last", 5, (const char *const[]){ "s\"x\\", NULL });
	hand->draft.name = "g <1>";
	const struct kg_graph *graph = kg_draft_seal(&hand->draft);
	assert_string_equal(kg_graph_draw(hand->arena, graph, hand->draft.facts, chosen, form), expected);
	by_hand_free(hand);
}

static void
dot_has_a_box_a_node_and_an_arrow_an_edge(void **)
{
	assert_drawn(KG_EXPORT_DOT, NULL,
	    "digraph \"g <1>\" {\n"
	    "\trankdir=LR; nodesep=0.25; ranksep=0.6;\n"
	    "\tnode [shape=box, style=\"rounded,filled\", color=\"#8a949e\", fontname=\"Helvetica\", fontsize=12];\n"
	    "\tedge [color=\"#5c6670\", arrowsize=0.7, fontname=\"Helvetica\", fontsize=9, fontcolor=\"#5c6670\"];\n"
	    "\t\"pg.db\" [label=<pg.db<br/><font point-size=\"9\" color=\"#5c6670\">file</font>>, fillcolor=\"#e2f0d9\"];\n"
	    "\t\"end\" [label=<end<br/><font point-size=\"9\" color=\"#5c6670\">command</font>>, fillcolor=\"#dbe9f6\"];\n"
	    "\t\"s\\\"x\\\\\" [label=<s&quot;x\\<br/><font point-size=\"9\" color=\"#5c6670\">command</font>>, "
	    "fillcolor=\"#dbe9f6\"];\n"
	    "\t\"pg.db\" -> \"end\" [style=dashed, label=\"ready\"];\n"
	    "\t\"end\" -> \"s\\\"x\\\\\";\n"
	    "}\n");
}

static void
mermaid_names_nodes_by_number(void **)
{
	assert_drawn(KG_EXPORT_MERMAID, NULL,
	    "flowchart LR\n"
	    "    n0[\"pg.db<br/><small>file</small>\"]\n"
	    "    style n0 fill:#e2f0d9,stroke:#8a949e,color:#000\n"
	    "    n1[\"end<br/><small>command</small>\"]\n"
	    "    style n1 fill:#dbe9f6,stroke:#8a949e,color:#000\n"
	    "    n2[\"s#34;x#92;<br/><small>command</small>\"]\n"
	    "    style n2 fill:#dbe9f6,stroke:#8a949e,color:#000\n"
	    "    n0 -. ready .-> n1\n"
	    "    n1 --> n2\n");
}

static void
json_has_a_line_a_node(void **)
{
	assert_drawn(KG_EXPORT_JSON, NULL,
	    "{\n"
	    "  \"name\": \"g <1>\",\n"
	    "  \"targets\": [\n"
	    "    {\"name\": \"all\", \"nodes\": [\"s\\\"x\\\\\", \"end\"]},\n"
	    "    {\"name\": \"last\", \"nodes\": [\"s\\\"x\\\\\"]}\n"
	    "  ],\n"
	    "  \"nodes\": [\n"
	    "    {\"name\": \"pg.db\", \"kind\": \"file\", \"needs\": []},\n"
	    "    {\"name\": \"end\", \"kind\": \"command\", \"needs\": [{\"node\": \"pg.db\", \"until\": \"ready\", "
	    "\"uses_output\": true}]},\n"
	    "    {\"name\": \"s\\\"x\\\\\", \"kind\": \"command\", \"needs\": [{\"node\": \"end\", \"until\": \"done\", "
	    "\"uses_output\": "
	    "false}]}\n"
	    "  ]\n"
	    "}\n");
}

static void
what_is_not_chosen_is_not_drawn(void **)
{
	assert_drawn(KG_EXPORT_JSON, (const uint8_t[]){ 1, 1, 0 },
	    "{\n"
	    "  \"name\": \"g <1>\",\n"
	    "  \"targets\": [\n"
	    "    {\"name\": \"all\", \"nodes\": [\"end\"]}\n"
	    "  ],\n"
	    "  \"nodes\": [\n"
	    "    {\"name\": \"pg.db\", \"kind\": \"file\", \"needs\": []},\n"
	    "    {\"name\": \"end\", \"kind\": \"command\", \"needs\": [{\"node\": \"pg.db\", \"until\": \"ready\", "
	    "\"uses_output\": true}]}\n"
	    "  ]\n"
	    "}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dot_has_a_box_a_node_and_an_arrow_an_edge),
		cmocka_unit_test(mermaid_names_nodes_by_number),
		cmocka_unit_test(json_has_a_line_a_node),
		cmocka_unit_test(what_is_not_chosen_is_not_drawn),
	};

	return cmocka_run_group_tests_name("draw", tests, nullptr, nullptr);
}
