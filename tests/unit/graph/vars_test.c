#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
the_file_gives_the_value_last(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = \"file\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x}\"\n");
	assert_string_equal(reading_told(reading), "a command {v=\"file\"}\n");
	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = \"file\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x}\"\n");
	reading->environment[0] = "KGRAPH_VAR_x=environment";
	assert_string_equal(reading_told(reading), "a command {v=\"environment\"}\n");
	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = \"file\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x}\"\n");
	reading->sets[0] = "x=set";
	reading->environment[0] = "KGRAPH_VAR_x=environment";
	assert_string_equal(reading_told(reading), "a command {v=\"set\"}\n");
}

static void
a_profile_gives_it_before_the_file(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = \"file\"\n"
	    "[profile.p.vars]\n"
	    "x = \"profile\"\n"
	    "y = \"new\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x}\"\n"
	    "[profile.p.node.a]\n"
	    "w = \"${vars.y}\"\n");
	reading->profile = "p";
	assert_string_equal(reading_told(reading), "a command {v=\"profile\" w=\"new\"}\n");
}

static void
an_include_gives_it_before_the_profile_and_behind_the_environment(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = { file = \"i.toml\", as = \"i\", vars = { x = \"include\", y = \"include\", z = \"include\" } }\n");
	reading_file(reading, "i.toml",
	    "[vars]\n"
	    "x = \"file\"\n"
	    "y = \"file\"\n"
	    "z = \"file\"\n"
	    "[profile.p.vars]\n"
	    "x = \"profile\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x} ${vars.y} ${vars.z}\"\n");
	reading->profile = "p";
	reading->sets[0] = "i.z=set";
	reading->environment[0] = "KGRAPH_VAR_i_y=environment";
	reading->environment[1] = "KGRAPH_VAR_i_z=environment";
	assert_string_equal(reading_told(reading), "i.a command {v=\"include environment set\"}\n");
}

static void
a_value_from_outside_is_read_as_the_type_of_the_files(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "n = 1\n"
	    "f = 1.5\n"
	    "b = false\n"
	    "t = \"x\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"${vars.n}\", \"${vars.f}\", \"${vars.b}\", \"${vars.t}\"]\n");
	reading->sets[0] = "n=7";
	reading->sets[1] = "f=2";
	reading->sets[2] = "b=true";
	reading->sets[3] = "t=7";
	assert_string_equal(reading_told(reading), "a command {v=[7 2 true \"7\"]}\n");
}

static void
a_value_from_outside_that_is_not_of_the_type_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "n = 1\n"
	    "f = 1.5\n"
	    "b = false\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"${vars.n}\", \"${vars.f}\", \"${vars.b}\"]\n");
	reading->sets[0] = "n=7x";
	reading->sets[1] = "b=yes";
	reading->environment[0] = "KGRAPH_VAR_f=";
	assert_string_equal(reading_told(reading),
	    "`--set n=7x`: variable `n` must be a whole number\n"
	    "  as it is at kgraph.toml:2\n"
	    "`KGRAPH_VAR_f=`: variable `f` must be a number\n"
	    "  as it is at kgraph.toml:3\n"
	    "`--set b=yes`: variable `b` must be true or false\n"
	    "  as it is at kgraph.toml:4\n");
}

static void
a_value_from_outside_is_not_looked_into(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = \"\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x}\"\n");
	reading->sets[0] = "x=${env.HOME}=$$";
	assert_string_equal(reading_told(reading), "a command {v=\"$${env.HOME}=$$\"}\n");
}

static void
the_last_of_two_sets_counts(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = \"\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x}\"\n");
	reading->sets[0] = "x=1";
	reading->sets[1] = "x=2";
	assert_string_equal(reading_told(reading), "a command {v=\"2\"}\n");
}

static void
a_set_of_a_variable_that_no_file_has_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "consumer = \"\"\n");
	reading->sets[0] = "consumr=x";
	reading->sets[1] = "nothing";
	reading->sets[2] = "=x";
	assert_string_equal(reading_told(reading),
	    "`--set nothing` does not say which variable gets which value\n"
	    "  write --set NAME=VALUE\n"
	    "`--set =x` does not say which variable gets which value\n"
	    "  write --set NAME=VALUE\n"
	    "`--set consumr=…`: no file has a variable `consumr`\n"
	    "  did you mean `consumer`?\n");
}

static void
a_variable_without_a_value_is_told_where_it_is_used_once(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"i.toml\", as = \"i\" }]\n"
	    "[vars]\n"
	    "x = { required = true, meaning = \"who uses it\" }\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"for ${vars.x}\"\n"
	    "w = \"${vars.x}\"\n");
	reading_file(reading, "i.toml",
	    "[vars]\n"
	    "y-z = {}\n"
	    "unused = {}\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.y-z}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:6:10: variable `x` (who uses it) is not set\n"
	    "    v = \"for ${vars.x}\"\n"
	    "             ^^^^^^^^^\n"
	    "  set it with --set x=… or the environment variable KGRAPH_VAR_x\n"
	    "i.toml:6:6: variable `y-z` is not set\n"
	    "    v = \"${vars.y-z}\"\n"
	    "         ^^^^^^^^^^^\n"
	    "  set it with --set i.y-z=… or the environment variable KGRAPH_VAR_i_y_z, or in `vars` of the include at "
	    "kgraph.toml:1\n");
}

static void
a_variable_may_be_a_table_with_a_default(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = { default = 5, meaning = \"how many\" }\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.x}\"\n");
	assert_string_equal(reading_told(reading), "a command {v=5}\n");
}

static void
a_wrong_declaration_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "a = { defualt = 5 }\n"
	    "b = { default = 1, required = true }\n"
	    "c = [\"x\"]\n"
	    "d = { default = [\"x\"] }\n"
	    "e = { meaning = 3 }\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"${vars.c}\", \"${vars.d}\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:7: unknown key `defualt` in a variable\n"
	    "    a = { defualt = 5 }\n"
	    "          ^^^^^^^\n"
	    "  did you mean `default`?\n"
	    "kgraph.toml:3:20: a required variable has no `default`\n"
	    "    b = { default = 1, required = true }\n"
	    "                       ^^^^^^^^\n"
	    "kgraph.toml:4:5: variable `c` must be a text, a number, or true or false\n"
	    "    c = [\"x\"]\n"
	    "        ^^^^^\n"
	    "kgraph.toml:5:17: variable `d` must be a text, a number, or true or false\n"
	    "    d = { default = [\"x\"] }\n"
	    "                    ^^^^^\n"
	    "kgraph.toml:6:17: `meaning` of a variable must be a text, not a number\n"
	    "    e = { meaning = 3 }\n"
	    "                    ^\n");
}

static void
an_include_that_passes_what_the_file_does_not_have_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"i.toml\", as = \"i\", vars = { prot = 1 } }, { file = \"j.toml\", as = \"j\", vars = 3 }]\n");
	reading_file(reading, "i.toml",
	    "[vars]\n"
	    "port = 2\n");
	reading_file(reading, "j.toml", "[vars]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:50: i.toml has no variable `prot`\n"
	    "    include = [{ file = \"i.toml\", as = \"i\", vars = { prot = 1 } }, { file = \"j.toml\", as = \"j\", vars = 3 }]\n"
	    "                                                     ^^^^\n"
	    "  did you mean `port`?\n"
	    "kgraph.toml:1:100: `vars` of an include must be a table, not a number\n"
	    "    include = [{ file = \"i.toml\", as = \"i\", vars = { prot = 1 } }, { file = \"j.toml\", as = \"j\", vars = 3 }]\n"
	    "                                                                                                       ^\n");
}

static void
an_include_that_passes_the_wrong_type_is_told_where_it_passes_it(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "include = { file = \"i.toml\", as = \"i\", vars = { port = \"x\" } }\n");
	reading_file(reading, "i.toml",
	    "[vars]\n"
	    "port = 2\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.port}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:56: variable `port` must be a whole number\n"
	    "    include = { file = \"i.toml\", as = \"i\", vars = { port = \"x\" } }\n"
	    "                                                           ^^^\n"
	    "  as it is at i.toml:2\n");
}

static void
an_include_may_pass_its_own_variables_ports_and_exports(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"i.toml\", as = \"i\", vars = { url = \"${export.j.URL}?${vars.q}\", port = \"${port.p}\" } }, { "
	    "file = \"j.toml\", as = \"j\" }]\n"
	    "[vars]\n"
	    "q = 1\n"
	    "[ports]\n"
	    "p = 5\n");
	reading_file(reading, "i.toml",
	    "[vars]\n"
	    "url = \"\"\n"
	    "port = 1\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"${vars.url}\", \"${vars.port}\"]\n");
	reading_file(reading, "j.toml",
	    "[ports]\n"
	    "p = 6\n"
	    "[export]\n"
	    "URL = \"x:${port.p}\"\n");
	assert_string_equal(reading_told(reading),
	    "i.a command {v=[\"x:${port.j.p}?1\"? \"${port.p}\"?]?}?\n"
	    "export j.URL = \"x:${port.j.p}\"?\n"
	    "port p = 5\n"
	    "port j.p = 6\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(the_file_gives_the_value_last),
		READING_TEST(a_profile_gives_it_before_the_file),
		READING_TEST(an_include_gives_it_before_the_profile_and_behind_the_environment),
		READING_TEST(a_value_from_outside_is_read_as_the_type_of_the_files),
		READING_TEST(a_value_from_outside_that_is_not_of_the_type_is_told),
		READING_TEST(a_value_from_outside_is_not_looked_into),
		READING_TEST(the_last_of_two_sets_counts),
		READING_TEST(a_set_of_a_variable_that_no_file_has_is_told),
		READING_TEST(a_variable_without_a_value_is_told_where_it_is_used_once),
		READING_TEST(a_variable_may_be_a_table_with_a_default),
		READING_TEST(a_wrong_declaration_is_told),
		READING_TEST(an_include_that_passes_what_the_file_does_not_have_is_told),
		READING_TEST(an_include_that_passes_the_wrong_type_is_told_where_it_passes_it),
		READING_TEST(an_include_may_pass_its_own_variables_ports_and_exports),
	};

	return cmocka_run_group_tests_name("vars", tests, nullptr, nullptr);
}
