#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
an_include_brings_its_names_under_its_prefix(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"stacks/pg.toml\", as = \"pg\" }]\n"
	    "[node.app]\n"
	    "kind = \"process\"\n"
	    "needs = [\"pg.postgresql:ready\", \"pg.all\"]\n"
	    "url = [\"${node.pg.postgresql.pid}\", \"${port.pg.main}\", \"${export.pg.URL}\", \"${secrets.pg.pw}\"]\n");
	reading_file(reading, "stacks/pg.toml",
	    "[target]\n"
	    "all = [\"schema\"]\n"
	    "[ports]\n"
	    "main = 5432\n"
	    "[secrets]\n"
	    "pw = { file = \"pw\", env = \"PW\" }\n"
	    "[pools]\n"
	    "build = 2\n"
	    "[export]\n"
	    "URL = \"x:${port.main}\"\n"
	    "[node.schema]\n"
	    "kind = \"command\"\n"
	    "needs = [\"postgresql\"]\n"
	    "v = \"${node.postgresql.pid} ${secrets.pw}\"\n"
	    "[node.postgresql]\n"
	    "kind = \"process\"\n");
	assert_string_equal(reading_told(reading),
	    "app process needs pg.postgresql:ready, pg.all {url=[\"${node.pg.postgresql.pid}\"? \"${port.pg.main}\"? "
	    "\"x:${port.pg.main}\"? \"${secrets.pg.pw}\"?!]?!}?!\n"
	    "pg.schema command needs pg.postgresql {v=\"${node.pg.postgresql.pid} ${secrets.pg.pw}\"?!}?!\n"
	    "pg.postgresql process {}\n"
	    "target pg.all = pg.schema\n"
	    "export pg.URL = \"x:${port.pg.main}\"?\n"
	    "port pg.main = 5432\n"
	    "secret pg.pw env=PW file=stacks/pw default=none\n"
	    "pool build = 2, 0 bytes\n");
}

static void
without_a_prefix_names_are_taken_as_they_are(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [\"a.toml\"]\n"
	    "[node.x]\n"
	    "kind = \"command\"\n"
	    "needs = [\"y\"]\n"
	    "v = \"${node.y.path}\"\n");
	reading_file(reading, "a.toml",
	    "[node.y]\n"
	    "kind = \"file\"\n");
	assert_string_equal(reading_told(reading),
	    "x command needs y {v=\"${node.y.path}\"?}?\n"
	    "y file {}\n");
}

static void
includes_of_includes_have_both_prefixes(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "include = { file = \"a/a.toml\", as = \"a\" }\n");
	reading_file(reading, "a/a.toml",
	    "include = { file = \"b.toml\", as = \"b\", vars = { v = \"${port.p}\" } }\n"
	    "[ports]\n"
	    "p = 1\n"
	    "[node.x]\n"
	    "kind = \"command\"\n"
	    "needs = [\"b.x\"]\n"
	    "v = \"${node.b.x.path} ${export.b.E}\"\n");
	reading_file(reading, "a/b.toml",
	    "[vars]\n"
	    "v = \"\"\n"
	    "w = \"\"\n"
	    "[export]\n"
	    "E = \"${vars.v}-${port.p}-${vars.w}\"\n"
	    "[ports]\n"
	    "p = 2\n"
	    "[node.x]\n"
	    "kind = \"command\"\n");
	reading->sets[0] = "a.b.w=set";
	assert_string_equal(reading_told(reading),
	    "a.x command needs a.b.x {v=\"${node.a.b.x.path} ${port.a.p}-${port.a.b.p}-set\"?}?\n"
	    "a.b.x command {}\n"
	    "export a.b.E = \"${port.a.p}-${port.a.b.p}-set\"?\n"
	    "port a.p = 1\n"
	    "port a.b.p = 2\n");
}

static void
the_same_file_may_be_used_twice(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"a.toml\", as = \"one\", vars = { v = 1 } }, { file = \"a.toml\", as = \"two\" }]\n");
	reading_file(reading, "a.toml",
	    "[vars]\n"
	    "v = 0\n"
	    "[node.x]\n"
	    "kind = \"command\"\n"
	    "v = \"${vars.v}\"\n"
	    "needs = [\"y\"]\n"
	    "[node.y]\n"
	    "kind = \"command\"\n");
	assert_string_equal(reading_told(reading),
	    "one.x command needs one.y {v=1}\n"
	    "one.y command {}\n"
	    "two.x command needs two.y {v=0}\n"
	    "two.y command {}\n");
}

static void
a_path_may_be_made_of_variables(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = { file = \"${vars.which}/${env.KIND:-x}.toml\" }\n"
	    "[vars]\n"
	    "which = \"a\"\n"
	    "[graph]\n"
	    "name = \"root\"\n");
	reading_file(reading, "b/x.toml",
	    "[node.x]\n"
	    "kind = \"command\"\n"
	    "d = \"${graph.name}\"\n"
	    "[graph]\n"
	    "name = \"own\"\n"
	    "default=\"x\"\n");
	reading->sets[0] = "which=b";
	assert_string_equal(reading_told(reading), "x command {d=\"root\"}\n");
}

static void
a_file_that_is_not_there_is_told_where_it_is_named(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"stacks/pg.toml\", as = \"pg\" }, { file = \".\" }, { file = \"/nowhere/x.toml\" }]\n"
	    "[node.a]\n"
	    "kind = \"command\"\n"
	    "v = \"${export.pg.URL}\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:21: cannot read stacks/pg.toml: No such file or directory\n"
	    "    include = [{ file = \"stacks/pg.toml\", as = \"pg\" }, { file = \".\" }, { file = \"/nowhere/x.toml\" }]\n"
	    "                        ^^^^^^^^^^^^^^^^\n"
	    "kgraph.toml:1:61: cannot read .: Is a directory\n"
	    "    include = [{ file = \"stacks/pg.toml\", as = \"pg\" }, { file = \".\" }, { file = \"/nowhere/x.toml\" }]\n"
	    "                                                                ^^^\n"
	    "kgraph.toml:1:77: cannot read /nowhere/x.toml: No such file or directory\n"
	    "    include = [{ file = \"stacks/pg.toml\", as = \"pg\" }, { file = \".\" }, { file = \"/nowhere/x.toml\" }]\n"
	    "                                                                                ^^^^^^^^^^^^^^^^^\n");
}

static void
a_root_file_that_is_not_there_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "other.toml", "");
	assert_string_equal(reading_told(reading), "cannot read kgraph.toml: No such file or directory\n");
}

static void
an_include_that_ends_in_itself_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "include = { file = \"a.toml\", as = \"a\" }\n");
	reading_file(reading, "a.toml", "include = { file = \"b.toml\", as = \"b\" }\n");
	reading_file(reading, "b.toml", "include = { file = \"a.toml\", as = \"a\" }\n");
	assert_string_equal(reading_told(reading),
	    "b.toml:1:20: an include that ends in itself: a.toml includes b.toml includes a.toml\n"
	    "    include = { file = \"a.toml\", as = \"a\" }\n"
	    "                       ^^^^^^^^\n");
	reading_file(reading, "kgraph.toml", "include = \"./kgraph.toml\"\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:11: an include that ends in itself: kgraph.toml includes kgraph.toml\n"
	    "    include = \"./kgraph.toml\"\n"
	    "              ^^^^^^^^^^^^^^^\n");
}

static void
a_prefix_that_is_taken_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ file = \"a.toml\", as = \"x\" },\n"
	    "  { file = \"b.toml\", as = \"x\" }]\n");
	reading_file(reading, "a.toml", "");
	reading_file(reading, "b.toml", "");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:27: the prefix `x` is taken by another include\n"
	    "      { file = \"b.toml\", as = \"x\" }]\n"
	    "                              ^^^\n"
	    "  that one stands at kgraph.toml:1; give this one another name\n");
}

static void
a_wrong_include_is_told(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = 3 }, "
	    "{ file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n");
	reading_file(reading, "a.toml", "");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:12: an include without `file`\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "               ^^^^^^^^^^^^^^^^^^\n"
	    "kgraph.toml:1:14: unknown key `fle` in an include\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "                 ^^^\n"
	    "  did you mean `file`?\n"
	    "kgraph.toml:1:32: an include must be a table, not a number\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "                                   ^\n"
	    "kgraph.toml:1:44: `file` of an include must be a text, not a number\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "                                               ^\n"
	    "kgraph.toml:1:73: `a.b` cannot be the name of a prefix\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "                                                                            ^^^^^\n"
	    "  names are letters, digits, _ and -, and do not start with -\n"
	    "kgraph.toml:1:106: `as` of an include must be a text, not a number\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "                                                                                                             ^\n"
	    "kgraph.toml:1:120: `file` of an include holds what is only known while the graph runs: ${node.x.path}\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "                                                                                                                      "
	    "     ^^^^^^^^^^^^^^^^\n"
	    "  it may hold ${vars.…}, ${env.…}, ${graph.…} and ${profile}\n"
	    "kgraph.toml:1:150: exports are not known yet while it is found out which files there are\n"
	    "    include = [{ fle = \"a.toml\" }, 3, { file = 3 }, { file = \"a.toml\", as = \"a.b\" }, { file = \"a.toml\", as = "
	    "3 }, { file = \"${node.x.path}\" }, { file = \"${export.X}\" }]\n"
	    "                                                                                                                      "
	    "                                   ^^^^^^^^^^^\n");
}

static void
what_two_files_bring_under_one_name_is_told_with_the_first(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = \"a.toml\"\n"
	    "[target]\n"
	    "t = []\n"
	    "[ports]\n"
	    "p = 1\n"
	    "[secrets]\n"
	    "s = { env = \"S\" }\n"
	    "[export]\n"
	    "E = \"e\"\n"
	    "[node.n]\n"
	    "kind = \"command\"\n");
	reading_file(reading, "a.toml",
	    "[target]\n"
	    "t = []\n"
	    "[ports]\n"
	    "p = 1\n"
	    "[secrets]\n"
	    "s = { env = \"S\" }\n"
	    "[export]\n"
	    "E = \"e\"\n"
	    "[node.n]\n"
	    "kind = \"command\"\n");
	assert_string_equal(reading_told(reading),
	    "a.toml:2:1: there is a target `t` already\n"
	    "    t = []\n"
	    "    ^\n"
	    "  it stands at kgraph.toml:3; with `as`, an include brings its own under a prefix\n"
	    "a.toml:4:1: there is a port `p` already\n"
	    "    p = 1\n"
	    "    ^\n"
	    "  it stands at kgraph.toml:5; with `as`, an include brings its own under a prefix\n"
	    "a.toml:6:1: there is a secret `s` already\n"
	    "    s = { env = \"S\" }\n"
	    "    ^\n"
	    "  it stands at kgraph.toml:7; with `as`, an include brings its own under a prefix\n"
	    "a.toml:8:1: there is an export `E` already\n"
	    "    E = \"e\"\n"
	    "    ^\n"
	    "  it stands at kgraph.toml:9; with `as`, an include brings its own under a prefix\n"
	    "a.toml:9:7: there is a node `n` already\n"
	    "    [node.n]\n"
	    "          ^\n"
	    "  it stands at kgraph.toml:10; with `as`, an include brings its own under a prefix\n");
}

static void
the_outer_file_says_how_wide_a_pool_is(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = \"a.toml\"\n"
	    "[pools]\n"
	    "build = 8\n");
	reading_file(reading, "a.toml",
	    "[pools]\n"
	    "build = 2\n"
	    "link = 1\n");
	assert_string_equal(reading_told(reading),
	    "pool build = 8, 0 bytes\n"
	    "pool link = 1, 0 bytes\n");
}

static void
errors_of_all_files_are_told_in_one_run(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "include = [\"a.toml\", \"b.toml\"]\n"
	    "node = 3\n");
	reading_file(reading, "a.toml",
	    "[graf]\n"
	    "[node.x]\n"
	    "kind = \"command\"\n"
	    "kind = \"file\"\n");
	reading_file(reading, "b.toml",
	    "[nod.x]\n"
	    "[node.y]\n"
	    "kind = \"fil\"\n"
	    "needs = [\"${vars.x}\"]\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:8: [node] must be a table, not a number\n"
	    "    node = 3\n"
	    "           ^\n"
	    "a.toml:4:1: `kind` is given for the second time\n"
	    "    kind = \"file\"\n"
	    "    ^^^^\n"
	    "  the first one is in line 3; keep one of them\n"
	    "b.toml:1:2: unknown key `nod` at the top of the file\n"
	    "    [nod.x]\n"
	    "     ^^^\n"
	    "  did you mean `node`?\n"
	    "b.toml:3:8: there is no kind `fil`\n"
	    "    kind = \"fil\"\n"
	    "           ^^^^^\n"
	    "  did you mean `file`?\n"
	    "b.toml:4:11: there is no variable `x`\n"
	    "    needs = [\"${vars.x}\"]\n"
	    "              ^^^^^^^^^\n"
	    "  say it in [vars] of b.toml\n");
}

static void
a_files_folder_is_put_in_and_its_secrets_files_are_found_there(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "include = { file = \"sub/a.toml\", as = \"a\" }\n");
	reading_file(reading, "sub/a.toml",
	    "[secrets]\n"
	    "s = { file = \"../pw\" }\n");
	assert_string_equal(reading_told(reading), "secret a.s env= file=pw default=none\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(an_include_brings_its_names_under_its_prefix),
		READING_TEST(without_a_prefix_names_are_taken_as_they_are),
		READING_TEST(includes_of_includes_have_both_prefixes),
		READING_TEST(the_same_file_may_be_used_twice),
		READING_TEST(a_path_may_be_made_of_variables),
		READING_TEST(a_file_that_is_not_there_is_told_where_it_is_named),
		READING_TEST(a_root_file_that_is_not_there_is_told),
		READING_TEST(an_include_that_ends_in_itself_is_told),
		READING_TEST(a_prefix_that_is_taken_is_told),
		READING_TEST(a_wrong_include_is_told),
		READING_TEST(what_two_files_bring_under_one_name_is_told_with_the_first),
		READING_TEST(the_outer_file_says_how_wide_a_pool_is),
		READING_TEST(errors_of_all_files_are_told_in_one_run),
		READING_TEST(a_files_folder_is_put_in_and_its_secrets_files_are_found_there),
	};

	return cmocka_run_group_tests_name("include", tests, nullptr, nullptr);
}
