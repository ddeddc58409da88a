#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
a_profile_changes_replaces_adds_and_removes_nodes(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.keep]\n"
	    "kind = \"command\"\n"
	    "command = [\"x\"]\n"
	    "env = { A = \"1\", B = \"2\" }\n"
	    "needs = [\"gone\"]\n"
	    "[node.change]\n"
	    "kind = \"process\"\n"
	    "user = \"u\"\n"
	    "[node.gone]\n"
	    "kind = \"command\"\n"
	    "[profile.p.node.keep]\n"
	    "env = { B = \"3\", C = \"4\" }\n"
	    "command = [\"y\"]\n"
	    "needs = []\n"
	    "[profile.p.node.change]\n"
	    "kind = \"file\"\n"
	    "path = \"x\"\n"
	    "[profile.p.node.gone]\n"
	    "remove = true\n"
	    "[profile.p.node.new]\n"
	    "kind = \"command\"\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading),
	    "keep command {command=[\"y\"] env={A=\"1\" B=\"3\" C=\"4\"}}\n"
	    "change file {path=\"x\"}\n"
	    "new command {}\n");
}

static void
without_a_profile_none_counts(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "[profile.p.node.a]\n"
	    "kind = \"file\"\n"
	    "[profile.p.node.b]\n"
	    "kind = \"file\"\n");
	assert_string_equal(reading_told(reading), "a command {}\n");
	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "[profile.p.node.a]\n"
	    "kind = \"file\"\n");
	reading->profile = "default";
	assert_string_equal(reading_told(reading), "a command {}\n");
}

static void
the_file_may_choose_a_profile(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "profile = \"${env.P:-p}\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${profile}\"\n"
	    "[profile.p.node.a]\n"
	    "x = 1\n");
	assert_string_equal(reading_told(reading), "a command {v=\"p\" x=1}\n");
	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "profile = \"p\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${profile}\"\n"
	    "[profile.p.node.a]\n"
	    "x = 1\n");
	reading->profile = "default";
	assert_string_equal(reading_told(reading), "a command {v=\"default\"}\n");
}

static void
a_profile_changes_targets_exports_ports_and_secrets(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[target]\n"
	    "a = [\"x\"]\n"
	    "b = [\"x\"]\n"
	    "[export]\n"
	    "A = \"a\"\n"
	    "B = \"${export.A}\"\n"
	    "[ports]\n"
	    "a = 1\n"
	    "b = 2\n"
	    "[secrets]\n"
	    "a = { env = \"A\", default = \"a\" }\n"
	    "[profile.p]\n"
	    "target = { a = [\"y\"], c = [\"z\"] }\n"
	    "export = { A = \"pa\", C = \"c\" }\n"
	    "ports = { a = 11, c = 3 }\n"
	    "secrets = { a = { env = \"PA\" } }\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading),
	    "target a = y\n"
	    "target b = x\n"
	    "target c = z\n"
	    "export A = \"pa\"\n"
	    "export B = \"pa\"\n"
	    "export C = \"c\"\n"
	    "port a = 11\n"
	    "port b = 2\n"
	    "port c = 3\n"
	    "secret a env=PA file= default=none\n");
}

static void
a_profile_counts_in_includes_too(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "include = { file = \"a.toml\", as = \"a\" }\n");
	reading_file(reading, "a.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "[profile.p.node.a]\n"
	    "kind = \"file\"\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading), "a.a file {}\n");
}

static void
a_profile_that_no_file_has_is_told_with_the_nearest(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[profile.containers.node]\n"
	    "[profile.kind.node]\n");
	reading->profile = "contaners";
	assert_string_equal(reading_told(reading),
	    "no file has a profile `contaners`\n"
	    "  did you mean `containers`?\n");
	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "profile = \"contaners\"\n"
	    "[profile.containers.node]\n");
	reading->profile = NULL;
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:11: no file has a profile `contaners`\n"
	    "    profile = \"contaners\"\n"
	    "              ^^^^^^^^^^^\n"
	    "  did you mean `containers`?\n");
	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "name = \"x\"\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading), "no file has a profile `p`\n  there are no profiles in this graph\n");
	reading_file(reading, "other.toml", "[profile.containers.node]\n[profile.kind.node]\n");
	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"other.toml\", as = \"a\" }, { file = \"other.toml\", as = \"b\" }]\n"
	    "[profile.containers.node]\n");
	assert_string_equal(reading_told(reading),
	    "no file has a profile `p`\n"
	    "  known: containers, kind\n");
}

static void
a_profile_that_changes_or_removes_what_is_not_there_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.postgresql]\n"
	    "kind = \"command\"\n"
	    "[profile.p.node.postgresq]\n"
	    "image = \"x\"\n"
	    "[profile.p.node.zzz]\n"
	    "image = \"x\"\n"
	    "[profile.p.node.postgres]\n"
	    "remove = true\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:17: the profile changes a node `postgresq` that this file does not have\n"
	    "    [profile.p.node.postgresq]\n"
	    "                    ^^^^^^^^^\n"
	    "  did you mean `postgresql`?\n"
	    "kgraph.toml:5:17: the profile changes a node `zzz` that this file does not have\n"
	    "    [profile.p.node.zzz]\n"
	    "                    ^^^\n"
	    "  a node that the profile adds needs a `kind`\n"
	    "kgraph.toml:7:17: the profile removes a node `postgres` that this file does not have\n"
	    "    [profile.p.node.postgres]\n"
	    "                    ^^^^^^^^\n"
	    "  did you mean `postgresql`?\n");
}

static void
a_wrong_profile_is_told_though_it_is_not_chosen(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[profile.p]\n"
	    "nodes = 1\n"
	    "vars = 3\n"
	    "[profile.default.node]\n"
	    "[profile]\n"
	    "q = 3\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:1: unknown key `nodes` in [profile.p]\n"
	    "    nodes = 1\n"
	    "    ^^^^^\n"
	    "  did you mean `node`?\n"
	    "kgraph.toml:3:8: [profile.p.vars] must be a table, not a number\n"
	    "    vars = 3\n"
	    "           ^\n"
	    "kgraph.toml:4:10: `default` means the graph without a profile, and cannot be one\n"
	    "    [profile.default.node]\n"
	    "             ^^^^^^^\n"
	    "  give it another name\n"
	    "kgraph.toml:6:5: [profile.q] must be a table, not a number\n"
	    "    q = 3\n"
	    "        ^\n");
}

static void
a_wrong_remove_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "[node.b]\n"
	    "kind = \"command\"\n"
	    "[node.c]\n"
	    "kind = \"command\"\n"
	    "[profile.p.node.a]\n"
	    "remove = true\n"
	    "user = \"x\"\n"
	    "[profile.p.node.b]\n"
	    "remove = false\n"
	    "[profile.p.node.c]\n"
	    "remove = \"yes\"\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:8:1: a node that is removed has no other settings\n"
	    "    remove = true\n"
	    "    ^^^^^^\n"
	    "  leave out `remove`, or all the others\n"
	    "kgraph.toml:11:1: `remove = false` changes nothing\n"
	    "    remove = false\n"
	    "    ^^^^^^\n"
	    "  leave it out\n"
	    "kgraph.toml:13:10: `remove` must be true or false, not a text\n"
	    "    remove = \"yes\"\n"
	    "             ^^^^^\n");
}

static void
a_profile_cannot_be_made_of_variables(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "profile = \"${vars.p}\"\n"
	    "[vars]\n"
	    "p = \"x\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:12: the profile cannot be made of variables\n"
	    "    profile = \"${vars.p}\"\n"
	    "               ^^^^^^^^^\n"
	    "  variables depend on the profile; ${env.NAME} can be used\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(a_profile_changes_replaces_adds_and_removes_nodes),
		READING_TEST(without_a_profile_none_counts),
		READING_TEST(the_file_may_choose_a_profile),
		READING_TEST(a_profile_changes_targets_exports_ports_and_secrets),
		READING_TEST(a_profile_counts_in_includes_too),
		READING_TEST(a_profile_that_no_file_has_is_told_with_the_nearest),
		READING_TEST(a_profile_that_changes_or_removes_what_is_not_there_is_told),
		READING_TEST(a_wrong_profile_is_told_though_it_is_not_chosen),
		READING_TEST(a_wrong_remove_is_told),
		READING_TEST(a_profile_cannot_be_made_of_variables),
	};

	return cmocka_run_group_tests_name("profile", tests, nullptr, nullptr);
}
