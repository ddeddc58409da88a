/* Graphs that are long or wide: a worker goes on along a chain by itself, and only so many nodes are prepared at a time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/run/bench.h"

/* More than one batch. */
static constexpr uint32_t chain_length = 600;

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

static enum kg_run_outcome
up(struct bench *bench)
{
	return bench_up(bench, (struct kg_run_options){ 0 });
}

/* Each node but the first writes what the one before it wrote, so that its inspection reads that node's outputs. */
static void
chain_write(struct bench *bench, const char *first, const char *middle)
{
	struct kg_text text = { .arena = bench->arena };

	kg_text_format(&text, "[node.n0]\nkind = \"file\"\npath = \"0\"\ncontent = \"%s\"\n", first);
	for (uint32_t i = 1; i < chain_length; i++)
		kg_text_format(&text,
		    "[node.n%u]\nkind = \"command\"\nshell = \"cat ${node.n%u.path} >%u%s\"\noutputs = [\"%u\"]\n", i, i - 1, i,
		    i == chain_length / 2 ? middle : "", i);
	bench_graph(bench, kg_text_end(&text));
}

static void
a_chain_that_has_not_changed_is_left_alone(void **state)
{
	struct bench *bench = *state;

	chain_write(bench, "x", "");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench->summary.made, chain_length);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench->summary.unchanged, chain_length);
	assert_int_equal(bench->summary.made, 0);
}

static void
a_change_in_a_chain_goes_as_far_as_it_reaches(void **state)
{
	struct bench *bench = *state;

	chain_write(bench, "x", "");
	assert_int_equal(up(bench), KG_RUN_UP);
	/* Its command is another one, and what it writes is the same. */
	chain_write(bench, "x", "; true");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench->summary.made, 1);
	assert_int_equal(bench->summary.unchanged, chain_length - 1);
	chain_write(bench, "y", "; true");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench->summary.made, chain_length);
	assert_string_equal(bench_read(bench, kg_format(bench->arena, "%u", chain_length - 1)), "y");
}

static void
a_plan_of_a_chain_tells_who_might_run(void **state)
{
	struct bench *bench = *state;

	chain_write(bench, "x", "");
	assert_int_equal(up(bench), KG_RUN_UP);
	chain_write(bench, "x", "; true");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .plan = true }), KG_RUN_UP);
	assert_int_equal(bench->summary.unchanged, chain_length / 2);
	assert_int_equal(bench->summary.made, chain_length - chain_length / 2);
}

static void
more_nodes_than_are_prepared_at_a_time_all_run(void **state)
{
	struct bench *bench = *state;
	struct kg_text text = { .arena = bench->arena };

	for (uint32_t i = 0; i < 1000; i++)
		kg_text_format(&text, "[node.n%u]\nkind = \"file\"\npath = \"%u\"\ncontent = \"x\"\n", i, i);
	bench_graph(bench, kg_text_end(&text));
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench->summary.made, 1000);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(a_chain_that_has_not_changed_is_left_alone),
		STORY(a_change_in_a_chain_goes_as_far_as_it_reaches),
		STORY(a_plan_of_a_chain_tells_who_might_run),
		STORY(more_nodes_than_are_prepared_at_a_time_all_run),
	};

	return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
