/* What nodes read and others make without a need between them; by the settings alone, nothing runs. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/run/undeclared.h"
#include "graph/graph.h"
#include "tests/unit/run/bench.h"

static int
make(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = bench_kinds_real;
	*state = bench;
	return 0;
}

static int
drop(void **state)
{
	bench_free(*state);
	return 0;
}

struct telling {
	struct bench *bench;
	const struct kg_graph *graph;
	struct kg_text text;
	uint32_t count;
};

static void
found(void *context, uint32_t user, uint32_t maker, const char *path)
{
	struct telling *telling = context;
	const struct kg_graph *graph = telling->graph;

	telling->count++;
	kg_text_format(&telling->text, "%s reads %s of %s; ", kg_graph_text(graph, graph->nodes[user].name),
	    kg_path_inside(telling->bench->folder, path), kg_graph_text(graph, graph->nodes[maker].name));
}

static const char *
told(struct bench *bench, const char *graph)
{
	struct telling telling = { .bench = bench, .text.arena = bench->arena };

	bench_graph(bench, graph);
	telling.graph = bench_read_graph(bench);
	kg_undeclared_each(bench->arena, telling.graph, bench->kinds, found, &telling);
	return kg_text_end(&telling.text);
}

#define MAKER "[node.maker]\nkind = \"command\"\nshell = \"echo >out/a.h\"\noutputs = [\"out/a.h\"]\n"
#define USER "[node.user]\nkind = \"command\"\nshell = \"cat out/a.h\"\n"

static void
a_file_that_is_named_is_found(void **state)
{
	assert_string_equal(told(*state, MAKER USER "inputs = [\"out/a.h\"]\n"), "user reads out/a.h of maker; ");
	assert_string_equal(told(*state, MAKER USER "inputs = [\"./out/../out/a.h\"]\n"), "user reads out/a.h of maker; ");
	assert_string_equal(told(*state, MAKER USER "inputs = [\"out/b.h\", \"out/a.hh\", \"a.h\"]\n"), "");
}

static void
a_pattern_or_a_folder_that_meets_it_is_found(void **state)
{
	assert_string_equal(told(*state, MAKER USER "inputs = [\"out/*.h\"]\n"), "user reads out/a.h of maker; ");
	assert_string_equal(told(*state, MAKER USER "inputs = [\"**/*.h\"]\n"), "user reads out/a.h of maker; ");
	assert_string_equal(told(*state, MAKER USER "inputs = [\"out\"]\n"), "user reads out/a.h of maker; ");
	assert_string_equal(told(*state, MAKER USER "inputs = [\"*.h\", \"out/*.c\", \"ou\", \"src/**\"]\n"), "");
}

static void
what_stands_in_a_folder_that_is_made_is_found(void **state)
{
	static const char maker[] = "[node.maker]\nkind = \"command\"\nshell = \"true\"\noutputs = [\"out\"]\n";

	assert_string_equal(
	    told(*state, kg_format(((struct bench *)*state)->arena, "%s%s", maker, USER "inputs = [\"out/b/c.h\"]\n")),
	    "user reads out of maker; ");
	assert_string_equal(
	    told(*state, kg_format(((struct bench *)*state)->arena, "%s%s", maker, USER "inputs = [\"out/b/*.h\"]\n")),
	    "user reads out of maker; ");
}

static void
a_need_is_enough_and_so_is_a_need_of_a_need(void **state)
{
	assert_string_equal(told(*state, MAKER USER "inputs = [\"out/a.h\"]\nneeds = [\"maker\"]\n"), "");
	assert_string_equal(told(*state,
				MAKER USER "inputs = [\"out/*\"]\nneeds = [\"between\"]\n"
					   "[node.between]\nkind = \"command\"\nshell = \"true\"\nneeds = [\"maker\"]\n"),
	    "");
	/* Using an output is a need. */
	assert_string_equal(told(*state, MAKER USER "inputs = [\"out/a.h\"]\nenv = { A = \"${node.maker.path}\" }\n"), "");
}

static void
what_is_ignored_or_its_own_is_not_told(void **state)
{
	assert_string_equal(told(*state, MAKER USER "inputs = [\"**/*.h\"]\nignore = [\"out/\"]\n"), "");
	assert_string_equal(told(*state, MAKER USER "inputs = [\"**/*.h\"]\nignore = [\"a.h\"]\n"), "");
	assert_string_equal(
	    told(*state, "[node.a]\nkind = \"command\"\nshell = \"true\"\ninputs = [\"*\"]\noutputs = [\"a\"]\n"), "");
}

static void
a_setting_that_is_an_input_counts_too(void **state)
{
	assert_string_equal(told(*state, MAKER "[node.user]\nkind = \"file\"\npath = \"b\"\ntemplate = \"out/a.h\"\n"),
	    "user reads out/a.h of maker; ");
}

static void
each_pair_is_told_once_and_not_more_than_some(void **state)
{
	struct bench *bench = *state;
	struct kg_text text = { .arena = bench->arena };
	struct telling telling = { .bench = bench, .text.arena = bench->arena };

	assert_string_equal(
	    told(bench, MAKER USER "inputs = [\"out/a.h\", \"out/*\", \"out\"]\n"), "user reads out/a.h of maker; ");
	for (uint32_t i = 0; i < 50; i++)
		kg_text_format(&text, "[node.a%u]\nkind = \"file\"\npath = \"%u\"\ncontent = \"\"\n", i, i);
	kg_text_add(&text, USER "inputs = [\"*\"]\n");
	bench_graph(bench, kg_text_end(&text));
	telling.graph = bench_read_graph(bench);
	kg_undeclared_each(bench->arena, telling.graph, bench->kinds, found, &telling);
	assert_int_equal(telling.count, 20);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(a_file_that_is_named_is_found),
		STORY(a_pattern_or_a_folder_that_meets_it_is_found),
		STORY(what_stands_in_a_folder_that_is_made_is_found),
		STORY(a_need_is_enough_and_so_is_a_need_of_a_need),
		STORY(what_is_ignored_or_its_own_is_not_told),
		STORY(a_setting_that_is_an_input_counts_too),
		STORY(each_pair_is_told_once_and_not_more_than_some),
	};

	return cmocka_run_group_tests_name("undeclared", tests, NULL, NULL);
}
