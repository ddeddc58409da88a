#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
a_template_stands_under_the_nodes_settings(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template.base]\n"
	    "kind = \"process\"\n"
	    "env = { A = \"1\", B = \"2\" }\n"
	    "needs = [\"x\"]\n"
	    "ready = { tcp = \"y\", timeout = \"1s\" }\n"
	    "command = [\"a\", \"b\"]\n"
	    "[node.n]\n"
	    "extends = \"base\"\n"
	    "env = { B = \"3\" }\n"
	    "command = [\"c\"]\n"
	    "ready = { timeout = \"2s\" }\n"
	    "[node.x]\n"
	    "kind = \"file\"\n");
	assert_string_equal(reading_told(reading),
	    "n process needs x {command=[\"c\"] env={A=\"1\" B=\"3\"} ready={tcp=\"y\" timeout=\"2s\"}}\n"
	    "x file {}\n");
}

static void
a_template_may_extend_another(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template.c]\n"
	    "extends = \"b\"\n"
	    "c = 1\n"
	    "x = \"c\"\n"
	    "[template.b]\n"
	    "extends = \"a\"\n"
	    "b = 1\n"
	    "x = \"b\"\n"
	    "y = \"b\"\n"
	    "[template.a]\n"
	    "a = 1\n"
	    "x = \"a\"\n"
	    "y = \"a\"\n"
	    "z = \"a\"\n"
	    "[node.n]\n"
	    "kind = \"command\"\n"
	    "extends = \"c\"\n"
	    "v = 1\n");
	assert_string_equal(reading_told(reading), "n command {a=1 b=1 c=1 v=1 x=\"c\" y=\"b\" z=\"a\"}\n");
}

static void
a_profile_may_bring_a_kind_by_its_template(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template.pod]\n"
	    "kind = \"file\"\n"
	    "pod = true\n"
	    "[template.local]\n"
	    "user = \"u\"\n"
	    "[node.n]\n"
	    "kind = \"process\"\n"
	    "extends = \"local\"\n"
	    "command = [\"x\"]\n"
	    "[node.m]\n"
	    "kind = \"process\"\n"
	    "extends = \"local\"\n"
	    "[profile.p.node.n]\n"
	    "extends = \"pod\"\n"
	    "[profile.p.node.m]\n"
	    "extends = \"local2\"\n"
	    "[template.local2]\n"
	    "user = \"v\"\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading),
	    "n file {pod=true}\n"
	    "m process {user=\"v\"}\n");
}

static void
a_template_that_there_is_not_is_told_with_the_nearest(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template.base]\n"
	    "extends = \"bas\"\n"
	    "[node.n]\n"
	    "kind = \"command\"\n"
	    "extends = \"bsae\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:11: there is no template `bas`\n"
	    "    extends = \"bas\"\n"
	    "              ^^^^^\n"
	    "  did you mean `base`?\n"
	    "kgraph.toml:5:11: there is no template `bsae`\n"
	    "    extends = \"bsae\"\n"
	    "              ^^^^^^\n"
	    "  did you mean `base`?\n");
	reading_file(reading, "kgraph.toml",
	    "[node.n]\n"
	    "kind = \"command\"\n"
	    "extends = \"base\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:11: there is no template `base`\n"
	    "    extends = \"base\"\n"
	    "              ^^^^^^\n"
	    "  say it in [template.base] of this file\n");
}

static void
a_template_that_extends_itself_is_told_once(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template.a]\n"
	    "extends = \"b\"\n"
	    "x = 1\n"
	    "[template.b]\n"
	    "extends = \"a\"\n"
	    "[node.n]\n"
	    "kind = \"command\"\n"
	    "extends = \"a\"\n"
	    "[node.m]\n"
	    "kind = \"command\"\n"
	    "extends = \"b\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:5:11: template `a` extends itself\n"
	    "    extends = \"a\"\n"
	    "              ^^^\n");
}

static void
what_is_wrong_in_a_template_is_told_once(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template.a]\n"
	    "x = \"${vars.n}\"\n"
	    "[node.n]\n"
	    "kind = \"command\"\n"
	    "extends = \"a\"\n"
	    "[node.m]\n"
	    "kind = \"command\"\n"
	    "extends = \"a\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:6: there is no variable `n`\n"
	    "    x = \"${vars.n}\"\n"
	    "         ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n");
}

static void
a_template_that_is_no_table_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[template]\n"
	    "a = 3\n"
	    "[node.n]\n"
	    "kind = \"command\"\n"
	    "extends = \"a\"\n"
	    "[node.m]\n"
	    "kind = \"command\"\n"
	    "extends = [\"a\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:5: [template.a] must be a table, not a number\n"
	    "    a = 3\n"
	    "        ^\n"
	    "kgraph.toml:8:11: `extends` must be a text, not a list\n"
	    "    extends = [\"a\"]\n"
	    "              ^^^^^\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(a_template_stands_under_the_nodes_settings),
		READING_TEST(a_template_may_extend_another),
		READING_TEST(a_profile_may_bring_a_kind_by_its_template),
		READING_TEST(a_template_that_there_is_not_is_told_with_the_nearest),
		READING_TEST(a_template_that_extends_itself_is_told_once),
		READING_TEST(what_is_wrong_in_a_template_is_told_once),
		READING_TEST(a_template_that_is_no_table_is_told),
	};

	return cmocka_run_group_tests_name("template", tests, nullptr, nullptr);
}
