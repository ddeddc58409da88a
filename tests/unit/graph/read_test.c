#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
nodes_stand_in_the_order_of_the_file_and_their_settings_by_key(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.b]\n"
	    "kind = \"process\"\n"
	    "needs = [\"a\", \"z:ready\"]\n"
	    "user = \"x\"\n"
	    "env = { Z = 1, A = true, M = 1.5 }\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "command = [\"cc\", [\"x\"]]\n");
	assert_string_equal(reading_told(reading),
	    "b process needs a, z:ready {env={A=true M=1.5 Z=1} user=\"x\"}\n"
	    "a command {command=[\"cc\" [\"x\"]]}\n");
}

static void
a_need_may_be_a_single_text_and_say_done(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.b]\n"
	    "kind = \"process\"\n"
	    "needs = \"a:done\"\n");
	assert_string_equal(reading_told(reading), "b process needs a {}\n");
}

static void
targets_ports_secrets_and_pools_are_read(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[target]\n"
	    "all = [\"a\", \"more\"]\n"
	    "more = \"b\"\n"
	    "[ports]\n"
	    "a = 80\n"
	    "b = { prefer = 443 }\n"
	    "c = {}\n"
	    "[secrets]\n"
	    "x = { env = \"X\" }\n"
	    "y = { file = \"/etc/y\" }\n"
	    "z = { default = \"\" }\n"
	    "[pools]\n"
	    "build = 4\n"
	    "link = { memory = \"8G\" }\n");
	assert_string_equal(reading_told(reading),
	    "target all = a, more\n"
	    "target more = b\n"
	    "port a = 80\n"
	    "port b = 443\n"
	    "port c = 0\n"
	    "secret x env=X file= default=none\n"
	    "secret y env= file=/etc/y default=none\n"
	    "secret z env= file= default=\n"
	    "pool build = 4, 0 bytes\n"
	    "pool link = 0, 8589934592 bytes\n");
}

static void
an_unknown_key_is_told_with_the_nearest(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "neme = \"x\"\n"
	    "[nodes.a]\n"
	    "[ports]\n"
	    "a = { prefers = 1 }\n"
	    "[secrets]\n"
	    "b = { env = \"B\", deflaut = \"x\" }\n"
	    "[pools]\n"
	    "c = { width = 1, memry = \"1G\" }\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:1: unknown key `neme` in [graph]\n"
	    "    neme = \"x\"\n"
	    "    ^^^^\n"
	    "  did you mean `name`?\n"
	    "kgraph.toml:3:2: unknown key `nodes` at the top of the file\n"
	    "    [nodes.a]\n"
	    "     ^^^^^\n"
	    "  did you mean `node`?\n"
	    "kgraph.toml:5:7: unknown key `prefers` in a port\n"
	    "    a = { prefers = 1 }\n"
	    "          ^^^^^^^\n"
	    "  did you mean `prefer`?\n"
	    "kgraph.toml:7:18: unknown key `deflaut` in a secret\n"
	    "    b = { env = \"B\", deflaut = \"x\" }\n"
	    "                     ^^^^^^^\n"
	    "  did you mean `default`?\n"
	    "kgraph.toml:9:18: unknown key `memry` in a pool\n"
	    "    c = { width = 1, memry = \"1G\" }\n"
	    "                     ^^^^^\n"
	    "  did you mean `memory`?\n");
}

static void
an_unknown_key_that_is_like_no_other_is_told_with_the_known_ones(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "xyzzy = 1\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:1: unknown key `xyzzy` in [graph]\n"
	    "    xyzzy = 1\n"
	    "    ^^^^^\n"
	    "  known: name, instance, default, profile\n");
}

static void
a_node_without_a_kind_and_a_kind_that_there_is_not_are_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "command = [\"x\"]\n"
	    "[node.b]\n"
	    "kind = \"comand\"\n"
	    "[node.c]\n"
	    "kind = 3\n"
	    "[node.d]\n"
	    "kind = \"${port.x}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:7: node `a` has no `kind`\n"
	    "    [node.a]\n"
	    "          ^\n"
	    "  known: command, process, file\n"
	    "kgraph.toml:4:8: there is no kind `comand`\n"
	    "    kind = \"comand\"\n"
	    "           ^^^^^^^^\n"
	    "  did you mean `command`?\n"
	    "kgraph.toml:6:8: `kind` must be a text, not a number\n"
	    "    kind = 3\n"
	    "           ^\n"
	    "kgraph.toml:8:8: `kind` holds what is only known while the graph runs: ${port.x}\n"
	    "    kind = \"${port.x}\"\n"
	    "           ^^^^^^^^^^^\n"
	    "  it may hold ${vars.…}, ${env.…}, ${graph.…} and ${profile}\n");
}

static void
a_name_that_is_none_is_told_for_every_sort_of_name(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.\"a.b\"]\n"
	    "kind = \"command\"\n"
	    "[node.\"-x\"]\n"
	    "kind = \"command\"\n"
	    "[target]\n"
	    "\"a b\" = []\n"
	    "[ports]\n"
	    "\"p.q\" = 1\n"
	    "[secrets]\n"
	    "\"\" = { env = \"X\" }\n"
	    "[export]\n"
	    "1X = \"a\"\n"
	    "[vars]\n"
	    "\"a.b\" = 1\n"
	    "[pools]\n"
	    "\"a/b\" = 1\n"
	    "[template.\"é\"]\n"
	    "[profile.\"a.b\".node]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:7: `a.b` cannot be the name of a node\n"
	    "    [node.\"a.b\"]\n"
	    "          ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:3:7: `-x` cannot be the name of a node\n"
	    "    [node.\"-x\"]\n"
	    "          ^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:6:1: `a b` cannot be the name of a target\n"
	    "    \"a b\" = []\n"
	    "    ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:8:1: `p.q` cannot be the name of a port\n"
	    "    \"p.q\" = 1\n"
	    "    ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:10:1: `` cannot be the name of a secret\n"
	    "    \"\" = { env = \"X\" }\n"
	    "    ^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:12:1: `1X` cannot be the name of an export\n"
	    "    1X = \"a\"\n"
	    "    ^^\n"
	    "  it becomes an environment variable: letters, digits and _, no digit first\n"
	    "kgraph.toml:14:1: `a.b` cannot be the name of a variable\n"
	    "    \"a.b\" = 1\n"
	    "    ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:16:1: `a/b` cannot be the name of a pool\n"
	    "    \"a/b\" = 1\n"
	    "    ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:17:11: `é` cannot be the name of a template\n"
	    "    [template.\"é\"]\n"
	    "              ^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:18:10: `a.b` cannot be the name of a profile\n"
	    "    [profile.\"a.b\".node]\n"
	    "             ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n");
}

static void
a_section_of_the_wrong_type_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "vars = 3\n"
	    "node = [\"a\"]\n"
	    "[graph]\n"
	    "name = 3\n"
	    "[target]\n"
	    "a = { x = 1 }\n"
	    "b = [\"a\", 7]\n"
	    "[export]\n"
	    "A = [\"x\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:8: [vars] must be a table, not a number\n"
	    "    vars = 3\n"
	    "           ^\n"
	    "kgraph.toml:2:8: [node] must be a table, not a list\n"
	    "    node = [\"a\"]\n"
	    "           ^^^^^\n"
	    "kgraph.toml:4:8: `name` in [graph] must be a text, not a number\n"
	    "    name = 3\n"
	    "           ^\n"
	    "kgraph.toml:6:5: the target `a` must be a list, not a table\n"
	    "    a = { x = 1 }\n"
	    "        ^^^^^^^^^\n"
	    "kgraph.toml:7:11: what a target names must be a text, not a number\n"
	    "    b = [\"a\", 7]\n"
	    "              ^\n"
	    "kgraph.toml:9:5: a text, a number, or true or false is wanted here, not a list\n"
	    "    A = [\"x\"]\n"
	    "        ^^^^^\n");
}

static void
a_wrong_port_secret_or_pool_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[ports]\n"
	    "a = \"x\"\n"
	    "b = -1\n"
	    "c = 70000\n"
	    "d = \"${port.a}\"\n"
	    "[secrets]\n"
	    "a = \"plain\"\n"
	    "b = {}\n"
	    "c = { default = 3 }\n"
	    "[pools]\n"
	    "a = 0\n"
	    "b = {}\n"
	    "c = { memory = \"much\" }\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:5: the port `a` must be a number from 1 to 65535, or 0 for any\n"
	    "    a = \"x\"\n"
	    "        ^^^\n"
	    "kgraph.toml:3:5: the port `b` must be a number from 1 to 65535, or 0 for any\n"
	    "    b = -1\n"
	    "        ^^\n"
	    "kgraph.toml:4:5: the port `c` must be a number from 1 to 65535, or 0 for any\n"
	    "    c = 70000\n"
	    "        ^^^^^\n"
	    "kgraph.toml:5:5: the port `d` must be a number from 1 to 65535, or 0 for any\n"
	    "    d = \"${port.a}\"\n"
	    "        ^^^^^^^^^^^\n"
	    "kgraph.toml:7:5: it is not said where the secret `a` comes from\n"
	    "    a = \"plain\"\n"
	    "        ^^^^^^^\n"
	    "  write { env = \"NAME\" }, { file = \"path\" } or { default = \"…\" }\n"
	    "kgraph.toml:8:5: it is not said where the secret `b` comes from\n"
	    "    b = {}\n"
	    "        ^^\n"
	    "  write { env = \"NAME\" }, { file = \"path\" } or { default = \"…\" }\n"
	    "kgraph.toml:9:17: `default` of a secret must be a text, not a number\n"
	    "    c = { default = 3 }\n"
	    "                    ^\n"
	    "kgraph.toml:11:5: nothing could ever run in the pool `a`\n"
	    "    a = 0\n"
	    "        ^\n"
	    "kgraph.toml:12:5: the pool `b` has neither `width` nor `memory`\n"
	    "    b = {}\n"
	    "        ^^\n"
	    "kgraph.toml:13:16: `memory` of a pool must be a size, such as \"8G\"\n"
	    "    c = { memory = \"much\" }\n"
	    "                   ^^^^^^\n");
}

static void
a_node_that_is_no_table_and_needs_that_are_no_list_are_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node]\n"
	    "a = \"command\"\n"
	    "[node.b]\n"
	    "kind = \"command\"\n"
	    "needs = { a = 1 }\n"
	    "[node.c]\n"
	    "kind = \"command\"\n"
	    "needs = [\"a\", 3, \"\", \"b:raedy\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:5: [node.a] must be a table, not a text\n"
	    "    a = \"command\"\n"
	    "        ^^^^^^^^^\n"
	    "kgraph.toml:5:9: `needs` must be a list, not a table\n"
	    "    needs = { a = 1 }\n"
	    "            ^^^^^^^^^\n"
	    "kgraph.toml:8:15: what `needs` names must be a text, not a number\n"
	    "    needs = [\"a\", 3, \"\", \"b:raedy\"]\n"
	    "                  ^\n"
	    "kgraph.toml:8:18: what `needs` names is empty\n"
	    "    needs = [\"a\", 3, \"\", \"b:raedy\"]\n"
	    "                     ^^\n"
	    "kgraph.toml:8:22: a need is of `NAME` or `NAME:ready`, not `b:raedy`\n"
	    "    needs = [\"a\", 3, \"\", \"b:raedy\"]\n"
	    "                         ^^^^^^^^^\n"
	    "  did you mean `ready`?\n");
}

static void
a_date_is_told_with_how_to_write_it(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "day = 1979-05-27\n"
	    "when = [1979-05-27T07:32:00Z]\n"
	    "[vars]\n"
	    "t = 07:32:00\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:3:7: dates and times have no meaning here\n"
	    "    day = 1979-05-27\n"
	    "          ^^^^^^^^^^\n"
	    "  write it as a text: \"1979-05-27\"\n"
	    "kgraph.toml:4:9: dates and times have no meaning here\n"
	    "    when = [1979-05-27T07:32:00Z]\n"
	    "            ^^^^^^^^^^^^^^^^^^^^\n"
	    "  write it as a text: \"1979-05-27T07:32:00Z\"\n"
	    "kgraph.toml:6:5: variable `t` must be a text, a number, or true or false\n"
	    "    t = 07:32:00\n"
	    "        ^^^^^^^^\n"
	    "  write a date or time as a text: \"07:32:00\"\n");
}

static void
an_instance_that_cannot_name_a_folder_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[graph]\n"
	    "instance = \"a/b\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:12: `a/b` cannot be the name of an instance\n"
	    "    instance = \"a/b\"\n"
	    "               ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(nodes_stand_in_the_order_of_the_file_and_their_settings_by_key),
		READING_TEST(a_need_may_be_a_single_text_and_say_done),
		READING_TEST(targets_ports_secrets_and_pools_are_read),
		READING_TEST(an_unknown_key_is_told_with_the_nearest),
		READING_TEST(an_unknown_key_that_is_like_no_other_is_told_with_the_known_ones),
		READING_TEST(a_node_without_a_kind_and_a_kind_that_there_is_not_are_told),
		READING_TEST(a_name_that_is_none_is_told_for_every_sort_of_name),
		READING_TEST(a_section_of_the_wrong_type_is_told),
		READING_TEST(a_wrong_port_secret_or_pool_is_told),
		READING_TEST(a_node_that_is_no_table_and_needs_that_are_no_list_are_told),
		READING_TEST(a_date_is_told_with_how_to_write_it),
		READING_TEST(an_instance_that_cannot_name_a_folder_is_told),
	};

	return cmocka_run_group_tests_name("read", tests, nullptr, nullptr);
}
