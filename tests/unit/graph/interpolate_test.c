#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
what_is_known_is_put_in(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "name = \"shop\"\n"
	    "instance = \"ci\"\n"
	    "[vars]\n"
	    "x = \"X\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"<${vars.x}>\"\n"
	    "e = \"${env.HOME}/bin\"\n"
	    "g = \"${graph.name}-${graph.instance}-${profile}\"\n");
	reading->environment[0] = "HOME=/opt/me";
	assert_string_equal(reading_told(reading), "a command {e=\"/opt/me/bin\" g=\"shop-ci-default\" v=\"<X>\"}\n");
}

static void
a_text_that_is_one_variable_keeps_its_type(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "n = 5\n"
	    "f = 2.5\n"
	    "b = true\n"
	    "t = \"t\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"${vars.n}\", \"${vars.f}\", \"${vars.b}\", \"${vars.t}\", \"${vars.n}0\", \"${vars.f} ${vars.b}\"]\n");
	assert_string_equal(reading_told(reading), "a command {v=[5 2.5 true \"t\" \"50\" \"2.5 true\"]}\n");
}

static void
a_default_stands_for_a_variable_that_is_unset_or_empty(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"${env.A:-x}\", \"${env.B:-y/z:-}\", \"${env.C:-}\", \"${env.D:-no}\"]\n");
	reading->environment[0] = "B=";
	reading->environment[1] = "D=yes";
	assert_string_equal(reading_told(reading), "a command {v=[\"x\" \"y/z:-\" \"\" \"yes\"]}\n");
}

static void
what_is_known_later_stays_and_opens_all_around_it(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = { a = [\"x\", \"${node.b.path}\"], b = \"plain\" }\n"
	    "s = { t = [\"${secrets.pw}:${port.p}\"] }\n"
	    "d = [\"${dir.state}/x\", \"${dir.data}\", \"${dir.graph}\"]\n");
	assert_string_equal(reading_told(reading),
	    "a command {d=[\"${dir.state}/x\"? \"${dir.data}\"? \"${dir.graph}\"?]? s={t=[\"${secrets.pw}:${port.p}\"?!]?!}?! "
	    "v={a=[\"x\" \"${node.b.path}\"?]? b=\"plain\"}?}?!\n");
}

static void
a_variable_may_hold_what_is_known_later(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "url = \"http://127.0.0.1:${port.p}/${secrets.pw}\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.url}/x\"\n");
	assert_string_equal(reading_told(reading), "a command {v=\"http://127.0.0.1:${port.p}/${secrets.pw}/x\"?!}?!\n");
}

static void
two_dollars_before_a_brace_are_a_plain_one_and_stay(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "x = \"$${b}\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"$${vars.x}\", \"$$ $ $x ${vars.x}\", \"$$${env.E}\", \"${env.E}\"]\n");
	reading->environment[0] = "E=a${b}$";
	assert_string_equal(reading_told(reading), "a command {v=[\"$${vars.x}\" \"$$ $ $x $${b}\" \"$$${env.E}\" \"a$${b}$\"]}\n");
}

static void
exports_may_be_used_and_are_texts(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "n = 5\n"
	    "[ports]\n"
	    "p = 1\n"
	    "[export]\n"
	    "URL = \"http://x:${port.p}\"\n"
	    "ALL = \"${export.URL}/all\"\n"
	    "N = \"${vars.n}\"\n"
	    "I = 7\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${export.ALL}\"\n");
	assert_string_equal(reading_told(reading),
	    "a command {v=\"http://x:${port.p}/all\"?}?\n"
	    "export ALL = \"http://x:${port.p}/all\"?\n"
	    "export I = \"7\"\n"
	    "export N = \"5\"\n"
	    "export URL = \"http://x:${port.p}\"?\n"
	    "port p = 1\n");
}

static void
the_exact_place_in_a_text_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"ü \\u00fc \\t\\\"${vars.x}\\\" ${vars.yy}\"\n"
	    "w = '\\\\ ${vars.x}'\n"
	    "l = \"\"\"\n"
	    "first\n"
	    "  \\\n"
	    "  third ${vars.x}\n"
	    "\"\"\"\n"
	    "m = \"\"\"a ${vars.x}\"\"\"\n"
	    "n = '''\n"
	    "${vars.x}'''\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:19: there is no variable `x`\n"
	    "    v = \"ü \\u00fc \\t\\\"${vars.x}\\\" ${vars.yy}\"\n"
	    "                      ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:3:31: there is no variable `yy`\n"
	    "    v = \"ü \\u00fc \\t\\\"${vars.x}\\\" ${vars.yy}\"\n"
	    "                                  ^^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:4:9: there is no variable `x`\n"
	    "    w = '\\\\ ${vars.x}'\n"
	    "            ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:8:9: there is no variable `x`\n"
	    "      third ${vars.x}\n"
	    "            ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:10:10: there is no variable `x`\n"
	    "    m = \"\"\"a ${vars.x}\"\"\"\n"
	    "             ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:12:1: there is no variable `x`\n"
	    "    ${vars.x}'''\n"
	    "    ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n");
}

static void
an_unknown_variable_is_told_with_the_nearest(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "http_port = 1\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.http_prot} ${vars.zzz} ${http_port}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:5:6: there is no variable `http_prot`\n"
	    "    v = \"${vars.http_prot} ${vars.zzz} ${http_port}\"\n"
	    "         ^^^^^^^^^^^^^^^^^\n"
	    "  did you mean `http_port`?\n"
	    "kgraph.toml:5:24: there is no variable `zzz`\n"
	    "    v = \"${vars.http_prot} ${vars.zzz} ${http_port}\"\n"
	    "                           ^^^^^^^^^^^\n"
	    "  known: http_port\n"
	    "kgraph.toml:5:36: `${http_port}` refers to nothing that is known\n"
	    "    v = \"${vars.http_prot} ${vars.zzz} ${http_port}\"\n"
	    "                                       ^^^^^^^^^^^^\n"
	    "  did you mean `${vars.http_port}`?\n");
}

static void
an_environment_variable_that_is_not_set_is_told_with_what_to_do(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${env.NOPE}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:6: the environment variable `NOPE` is not set\n"
	    "    v = \"${env.NOPE}\"\n"
	    "         ^^^^^^^^^^^\n"
	    "  set it, or give it a default: ${env.NOPE:-…}\n");
}

static void
a_reference_of_no_known_kind_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:7: `${secret.x}` refers to nothing that is known\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "          ^^^^^^^^^^^\n"
	    "  did you mean `${secrets.x}`?\n"
	    "kgraph.toml:3:22: `${ports.x}` refers to nothing that is known\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                         ^^^^^^^^^^\n"
	    "  did you mean `${port.x}`?\n"
	    "kgraph.toml:3:36: `${profil}` refers to nothing that is known\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                                       ^^^^^^^^^\n"
	    "  did you mean `${profile}`?\n"
	    "kgraph.toml:3:49: `${what}` refers to nothing that is known\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                                                    ^^^^^^^\n"
	    "  there are ${vars.…}, ${env.…}, ${node.X.OUTPUT}, ${port.…}, ${secrets.…}, ${export.…}, ${dir.…}, ${graph.…} and "
	    "${profile}; write $${ for a plain ${\n"
	    "kgraph.toml:3:60: `${}` refers to nothing that is known\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                                                               ^^^\n"
	    "  there are ${vars.…}, ${env.…}, ${node.X.OUTPUT}, ${port.…}, ${secrets.…}, ${export.…}, ${dir.…}, ${graph.…} and "
	    "${profile}; write $${ for a plain ${\n"
	    "kgraph.toml:3:67: `${vars.}` holds no name that there could be\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                                                                      ^^^^^^^^\n"
	    "kgraph.toml:3:79: `${vars. x}` holds no name that there could be\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                                                                                  ^^^^^^^^^^\n"
	    "kgraph.toml:3:109: there is no folder `${dir.stat}`\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                                                                                                                "
	    "^^^^^^^^^^^\n"
	    "  did you mean `state`?\n"
	    "kgraph.toml:3:124: there is no `${graph.nam}`\n"
	    "    v = [\"${secret.x}\", \"${ports.x}\", \"${profil}\", \"${what}\", \"${}\", \"${vars.}\", \"${vars. x}\", "
	    "\"${node.a..b}\", \"${dir.stat}\", \"${graph.nam}\"]\n"
	    "                                                                                                                      "
	    "         ^^^^^^^^^^^^\n"
	    "  did you mean `name`?\n");
}

static void
a_reference_that_is_not_closed_or_within_another_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = [\"a ${vars.x\", \"${env.A:-${vars.x}}\", \"\"\"${vars\n"
	    ".x}\"\"\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:9: this ${ is not closed by a }\n"
	    "    v = [\"a ${vars.x\", \"${env.A:-${vars.x}}\", \"\"\"${vars\n"
	    "            ^^\n"
	    "  write $${ for a plain ${\n"
	    "kgraph.toml:3:21: a ${…} within a ${…}\n"
	    "    v = [\"a ${vars.x\", \"${env.A:-${vars.x}}\", \"\"\"${vars\n"
	    "                        ^^\n"
	    "  give the inner one a variable of its own in [vars]\n"
	    "kgraph.toml:3:46: this ${ is not closed by a }\n"
	    "    v = [\"a ${vars.x\", \"${env.A:-${vars.x}}\", \"\"\"${vars\n"
	    "                                                 ^^\n"
	    "  write $${ for a plain ${\n");
}

static void
a_node_without_an_output_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${node.b}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:6: `${node.b}` does not say which output is meant\n"
	    "    v = \"${node.b}\"\n"
	    "         ^^^^^^^^^\n"
	    "  write ${node.b.OUTPUT}\n");
}

static void
an_unknown_export_is_told_with_the_nearest(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[export]\n"
	    "DATABASE_URL = \"x\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${export.DATABSE_URL}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:5:6: there is no export `DATABSE_URL`\n"
	    "    v = \"${export.DATABSE_URL}\"\n"
	    "         ^^^^^^^^^^^^^^^^^^^^^\n"
	    "  did you mean `DATABASE_URL`?\n");
}

static void
what_is_made_of_itself_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "name = \"${vars.n}\"\n"
	    "[vars]\n"
	    "a = \"${vars.b}\"\n"
	    "b = \"${vars.a}\"\n"
	    "n = \"${graph.name}\"\n"
	    "[export]\n"
	    "X = \"${export.Y}\"\n"
	    "Y = \"${export.X}\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.a}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:5:6: variable `a` is made of itself\n"
	    "    b = \"${vars.a}\"\n"
	    "         ^^^^^^^^^\n"
	    "kgraph.toml:6:6: `name` in [graph] is made of itself\n"
	    "    n = \"${graph.name}\"\n"
	    "         ^^^^^^^^^^^^^\n"
	    "kgraph.toml:9:6: export `X` is made of itself\n"
	    "    Y = \"${export.X}\"\n"
	    "         ^^^^^^^^^^^\n");
}

static void
a_text_that_grows_beyond_bounds_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\n"
	    "a = \"0123456789abcdef0123456789abcdef0123456789abcdef\"\n"
	    "b = \"${vars.a}${vars.a}${vars.a}${vars.a}${vars.a}${vars.a}${vars.a}${vars.a}${vars.a}${vars.a}\"\n"
	    "c = \"${vars.b}${vars.b}${vars.b}${vars.b}${vars.b}${vars.b}${vars.b}${vars.b}${vars.b}${vars.b}\"\n"
	    "d = \"${vars.c}${vars.c}${vars.c}${vars.c}${vars.c}${vars.c}${vars.c}${vars.c}${vars.c}${vars.c}\"\n"
	    "e = \"${vars.d}${vars.d}${vars.d}${vars.d}${vars.d}${vars.d}${vars.d}${vars.d}${vars.d}${vars.d}\"\n"
	    "f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "g = \"${vars.f}${vars.f}${vars.f}${vars.f}${vars.f}${vars.f}${vars.f}${vars.f}${vars.f}${vars.f}\"\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.g}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:7:24: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                           ^^^^^^^^^\n"
	    "kgraph.toml:7:33: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                                    ^^^^^^^^^\n"
	    "kgraph.toml:7:42: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                                             ^^^^^^^^^\n"
	    "kgraph.toml:7:51: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                                                      ^^^^^^^^^\n"
	    "kgraph.toml:7:60: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                                                               ^^^^^^^^^\n"
	    "kgraph.toml:7:69: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                                                                        ^^^^^^^^^\n"
	    "kgraph.toml:7:78: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                                                                                 ^^^^^^^^^\n"
	    "kgraph.toml:7:87: with this put in, the text is larger than a megabyte\n"
	    "    f = \"${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}${vars.e}\"\n"
	    "                                                                                          ^^^^^^^^^\n");
}

static void
one_wrong_reference_does_not_hide_the_next(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "timeout = \"${vars.a}${vars.b}\"\n"
	    "needs = [\"${vars.c}\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:12: there is no variable `a`\n"
	    "    timeout = \"${vars.a}${vars.b}\"\n"
	    "               ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:3:21: there is no variable `b`\n"
	    "    timeout = \"${vars.a}${vars.b}\"\n"
	    "                        ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n"
	    "kgraph.toml:4:11: there is no variable `c`\n"
	    "    needs = [\"${vars.c}\"]\n"
	    "              ^^^^^^^^^\n"
	    "  say it in [vars] of kgraph.toml\n");
}

static void
where_a_text_must_be_known_one_that_is_not_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[target]\n"
	    "a = [\"${node.x.path}\"]\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "needs = [\"${secrets.x}\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:6: what a target names holds what is only known while the graph runs: ${node.x.path}\n"
	    "    a = [\"${node.x.path}\"]\n"
	    "         ^^^^^^^^^^^^^^^^\n"
	    "  it may hold ${vars.…}, ${env.…}, ${graph.…} and ${profile}\n"
	    "kgraph.toml:5:10: what `needs` names holds what is only known while the graph runs: ${secrets.x}\n"
	    "    needs = [\"${secrets.x}\"]\n"
	    "             ^^^^^^^^^^^^^^\n"
	    "  it may hold ${vars.…}, ${env.…}, ${graph.…} and ${profile}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(what_is_known_is_put_in),
		READING_TEST(a_text_that_is_one_variable_keeps_its_type),
		READING_TEST(a_default_stands_for_a_variable_that_is_unset_or_empty),
		READING_TEST(what_is_known_later_stays_and_opens_all_around_it),
		READING_TEST(a_variable_may_hold_what_is_known_later),
		READING_TEST(two_dollars_before_a_brace_are_a_plain_one_and_stay),
		READING_TEST(exports_may_be_used_and_are_texts),
		READING_TEST(the_exact_place_in_a_text_is_told),
		READING_TEST(an_unknown_variable_is_told_with_the_nearest),
		READING_TEST(an_environment_variable_that_is_not_set_is_told_with_what_to_do),
		READING_TEST(a_reference_of_no_known_kind_is_told),
		READING_TEST(a_reference_that_is_not_closed_or_within_another_is_told),
		READING_TEST(a_node_without_an_output_is_told),
		READING_TEST(an_unknown_export_is_told_with_the_nearest),
		READING_TEST(what_is_made_of_itself_is_told),
		READING_TEST(a_text_that_grows_beyond_bounds_is_told),
		READING_TEST(one_wrong_reference_does_not_hide_the_next),
		READING_TEST(where_a_text_must_be_known_one_that_is_not_is_told),
	};

	return cmocka_run_group_tests_name("interpolate", tests, nullptr, nullptr);
}
