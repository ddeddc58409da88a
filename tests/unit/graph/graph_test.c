#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
a_graph_without_mistakes_is_sealed(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = { file = \"i.toml\", as = \"i\" }\n"
	    "[target]\n"
	    "all = [\"a\", \"i.t\"]\n"
	    "[export]\n"
	    "A = \"${export.i.B}\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "needs = [\"i.b:ready\", \"i.t\"]\n"
	    "env = { X = \"${node.i.b.path}\" }\n");
	reading_file(reading, "i.toml",
	    "[target]\n"
	    "t = [\"b\", \"c\"]\n"
	    "[export]\n"
	    "B = \"${node.b.path}\"\n"
	    "[node.b]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "[node.c]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n");
	assert_string_equal(reading_sealed(reading), "3 nodes, 2 edges, 2 targets, 2 exports\n");
}

static void
an_unknown_key_is_underlined_at_the_key_and_a_wrong_value_at_the_value(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "neds = [\"b\"]\n"
	    "timeout = \"30 parsecs\"\n"
	    "env = { X = [\"y\"] }\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:4:1: unknown key `neds`\n"
	    "    neds = [\"b\"]\n"
	    "    ^^^^\n"
	    "  did you mean `needs`?\n"
	    "kgraph.toml:5:11: `timeout` must be a duration with a unit, such as \"30s\" or \"250ms\", not \"30 parsecs\"\n"
	    "    timeout = \"30 parsecs\"\n"
	    "              ^^^^^^^^^^^^\n"
	    "kgraph.toml:6:13: `X` in `env` must be a text, not a list\n"
	    "    env = { X = [\"y\"] }\n"
	    "                ^^^^^\n");
	reading_file(reading, "kgraph.toml",
	    "[node.b]\n"
	    "kind = \"file\"\n"
	    "path = [1]\n"
	    "timeout = 30\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:3:8: `path` must be a path, not a list\n"
	    "    path = [1]\n"
	    "           ^^^\n"
	    "kgraph.toml:4:11: `timeout` must be a duration with a unit, such as \"30s\" or \"250ms\", not 30\n"
	    "    timeout = 30\n"
	    "              ^^\n");
}

static void
what_is_missing_is_told_at_the_name_of_the_node(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:1:7: `command` is missing: what is run\n"
	    "    [node.a]\n"
	    "          ^\n");
}

static void
what_a_template_says_wrong_for_many_nodes_is_told_once(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template.t]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "timout = \"1s\"\n"
	    "[node.a]\n"
	    "extends = \"t\"\n"
	    "[node.b]\n"
	    "extends = \"t\"\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:4:1: unknown key `timout`\n"
	    "    timout = \"1s\"\n"
	    "    ^^^^^^\n"
	    "  did you mean `timeout`?\n");
}

static void
a_wrong_variable_is_not_told_again_as_a_wrong_value(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "timeout = \"${vars.nope}\"\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:4:12: there is no variable `nope`\n"
	    "    timeout = \"${vars.nope}\"\n"
	    "               ^^^^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n");
}

static void
errors_of_reading_and_of_sealing_stand_in_the_order_of_the_file(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "needs = [\"bb\"]\n"
	    "env = { A = \"${vars.x}\", B = \"${node.b.pth}\" }\n"
	    "timout = \"1s\"\n"
	    "[node.b]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:4:10: there is no node or target `bb`\n"
	    "    needs = [\"bb\"]\n"
	    "             ^^^^\n"
	    "  did you mean `b`?\n"
	    "kgraph.toml:5:14: there is no variable `x`\n"
	    "    env = { A = \"${vars.x}\", B = \"${node.b.pth}\" }\n"
	    "                 ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:5:31: there is no output of node `b` (command) called `pth`\n"
	    "    env = { A = \"${vars.x}\", B = \"${node.b.pth}\" }\n"
	    "                                  ^^^^^^^^^^^^^\n"
	    "  did you mean `path`?\n"
	    "kgraph.toml:6:1: unknown key `timout`\n"
	    "    timout = \"1s\"\n"
	    "    ^^^^^^\n"
	    "  did you mean `timeout`?\n");
}

static void
needs_and_references_of_what_the_profile_removes_name_it(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "needs = [\"b\"]\n"
	    "env = { B = \"${node.b.path}\" }\n"
	    "[node.b]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "[profile.p.node.b]\n"
	    "remove = true\n");
	reading->profile = "p";
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:4:10: the profile `p` takes the node `b` away\n"
	    "    needs = [\"b\"]\n"
	    "             ^^^\n"
	    "kgraph.toml:9:17: `b` is removed here\n"
	    "kgraph.toml:5:14: the profile `p` takes the node `b` away\n"
	    "    env = { B = \"${node.b.path}\" }\n"
	    "                 ^^^^^^^^^^^^^^\n"
	    "kgraph.toml:9:17: `b` is removed here\n");
}

static void
a_node_that_only_another_profile_has_is_told_with_it(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "needs = [\"b\"]\n"
	    "[profile.p.node.b]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:4:10: only the profile `p` has a node `b`\n"
	    "    needs = [\"b\"]\n"
	    "             ^^^\n"
	    "  choose it with --profile p\n");
}

static void
names_in_an_include_are_told_as_they_stand_there(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "include = { file = \"i.toml\", as = \"i\" }\n");
	reading_file(reading, "i.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "needs = [\"c\"]\n"
	    "env = { A = \"${node.c.path}\", P = \"${port.p}\", S = \"${secrets.pw}\" }\n"
	    "[ports]\n"
	    "q = 1\n");
	assert_string_equal(reading_sealed(reading),
	    "i.toml:4:10: there is no node or target `i.c`\n"
	    "    needs = [\"c\"]\n"
	    "             ^^^\n"
	    "i.toml:5:14: there is no node `i.c`\n"
	    "    env = { A = \"${node.c.path}\", P = \"${port.p}\", S = \"${secrets.pw}\" }\n"
	    "                 ^^^^^^^^^^^^^^\n"
	    "i.toml:5:36: there is no port `i.p`\n"
	    "    env = { A = \"${node.c.path}\", P = \"${port.p}\", S = \"${secrets.pw}\" }\n"
	    "                                       ^^^^^^^^^\n"
	    "  known is q\n"
	    "i.toml:5:53: there is no secret `i.pw`\n"
	    "    env = { A = \"${node.c.path}\", P = \"${port.p}\", S = \"${secrets.pw}\" }\n"
	    "                                                        ^^^^^^^^^^^^^\n"
	    "  there are none\n");
}

static void
a_file_that_is_missing_does_not_make_all_its_names_unknown(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = { file = \"i.toml\", as = \"i\" }\n"
	    "[target]\n"
	    "t = [\"i.a\"]\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "needs = [\"i.b\"]\n"
	    "env = { P = \"${port.i.p}\", N = \"${node.i.b.path}\" }\n"
	    "timout = \"1s\"\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:1:20: cannot read i.toml: No such file or directory\n"
	    "    include = { file = \"i.toml\", as = \"i\" }\n"
	    "                       ^^^^^^^^\n"
	    "kgraph.toml:9:1: unknown key `timout`\n"
	    "    timout = \"1s\"\n"
	    "    ^^^^^^\n"
	    "  did you mean `timeout`?\n");
}

static void
a_secret_where_others_would_see_it_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[secrets]\n"
	    "pw = { env = \"PW\" }\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\", \"--password=${secrets.pw}\"]\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:5:11: a secret in `command` would be seen by others\n"
	    "    command = [\"x\", \"--password=${secrets.pw}\"]\n"
	    "              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
	    "  hand it over in `env`, or in a file with mode \"0600\"\n");
}

/* A file says its own names without what an include puts before them; with it they would be looked for one include further in. */
static void
a_near_name_is_suggested_as_its_file_would_say_it(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"a.toml\", as = \"x\" }]\n"
	    "[node.root]\nkind = \"command\"\ncommand = [\"a\"]\nneeds = [\"x.serer\", \"client\"]\n");
	reading_file(reading, "a.toml",
	    "[ports]\nhttp = {}\n[node.server]\nkind = \"command\"\ncommand = [\"${port.htp}\"]\n"
	    "[node.client]\nkind = \"command\"\ncommand = [\"a\"]\nneeds = [\"serer\"]\n");
	assert_string_equal(reading_sealed(reading),
	    "kgraph.toml:5:10: there is no node or target `x.serer`\n"
	    "    needs = [\"x.serer\", \"client\"]\n"
	    "             ^^^^^^^^^\n"
	    "  did you mean `x.server`?\n"
	    "kgraph.toml:5:21: there is no node or target `client`\n"
	    "    needs = [\"x.serer\", \"client\"]\n"
	    "                        ^^^^^^^^\n"
	    "  did you mean `x.client`, which an include brings?\n"
	    "a.toml:5:13: there is no port `x.htp`\n"
	    "    command = [\"${port.htp}\"]\n"
	    "                ^^^^^^^^^^^\n"
	    "  did you mean `http`?\n"
	    "a.toml:9:10: there is no node or target `x.serer`\n"
	    "    needs = [\"serer\"]\n"
	    "             ^^^^^^^\n"
	    "  did you mean `server`?\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(a_graph_without_mistakes_is_sealed),
		READING_TEST(an_unknown_key_is_underlined_at_the_key_and_a_wrong_value_at_the_value),
		READING_TEST(what_is_missing_is_told_at_the_name_of_the_node),
		READING_TEST(what_a_template_says_wrong_for_many_nodes_is_told_once),
		READING_TEST(a_wrong_variable_is_not_told_again_as_a_wrong_value),
		READING_TEST(errors_of_reading_and_of_sealing_stand_in_the_order_of_the_file),
		READING_TEST(needs_and_references_of_what_the_profile_removes_name_it),
		READING_TEST(a_node_that_only_another_profile_has_is_told_with_it),
		READING_TEST(names_in_an_include_are_told_as_they_stand_there),
		READING_TEST(a_file_that_is_missing_does_not_make_all_its_names_unknown),
		READING_TEST(a_secret_where_others_would_see_it_is_told),
		READING_TEST(a_near_name_is_suggested_as_its_file_would_say_it),
	};

	return cmocka_run_group_tests_name("graph", tests, nullptr, nullptr);
}
