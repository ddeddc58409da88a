/* Nodes that fail at what another node may bring: how long they go on trying. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "tests/unit/run/bench.h"

static const struct kg_field trying_fields[] = { { 0 } };

/* As one that ends again and again: a try each turn, each of which begins later than all that has happened before it. */
static struct kg_next
attempt(struct kg_job *job)
{
	if (!kg_others_may_help(job, kg_clock_wall_ns() / 1000000000 + 1))
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "it tries in vain"));
	return kg_wait_timer(job, 1, attempt);
}

static const struct kg_kind trying = {
	.facts = { .name = "trying",
	    .version = 1,
	    .summary = "tries until nothing else may help",
	    .fields = trying_fields,
	    .spec_size = 1 },
	.run = kg_done,
	.ready = attempt,
};

/* Never ready, and says that it may be one day, until everybody else has given up. */
static struct kg_next
linger(struct kg_job *job)
{
	kg_may_help_others(job);
	return kg_wait_timer(job, 50, kg_done);
}

static const struct kg_kind lingering = {
	.facts = { .name = "lingering",
	    .version = 1,
	    .summary = "takes its time to get ready",
	    .fields = trying_fields,
	    .spec_size = 1 },
	.run = kg_done,
	.ready = linger,
};

static const struct kg_kind *const kinds[] = { &trying, &lingering, &bench_kind_step, NULL };

static int
make(void **state)
{
	struct bench *bench = bench_make();

	bench->kinds = kinds;
	*state = bench;
	return 0;
}

static int
drop(void **state)
{
	bench_free(*state);
	return 0;
}

static bool
comes_before(const char *told, const char *first, const char *second)
{
	const char *at = strstr(told, first), *then = strstr(told, second);

	return at && then && at < then;
}

static void
who_tries_in_vain_goes_on_while_others_are_on_their_way(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"trying\"\n[node.b]\nkind = \"lingering\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_true(comes_before(bench->told, "ready b", "failed a"));
}

static void
what_waits_for_it_in_turn_is_no_hope(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"trying\"\n[node.b]\nkind = \"step\"\nneeds = [\"a:ready\"]\n"
	    "[node.c]\nkind = \"step\"\nneeds = [\"b\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_non_null(strstr(bench->told, "failed a"));
}

static void
two_that_try_in_vain_are_no_hope_to_each_other(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"trying\"\n[node.b]\nkind = \"trying\"\n[node.c]\nkind = \"lingering\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_true(comes_before(bench->told, "ready c", "failed a"));
	assert_true(comes_before(bench->told, "ready c", "failed b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_tries_in_vain_goes_on_while_others_are_on_their_way, make, drop),
		cmocka_unit_test_setup_teardown(what_waits_for_it_in_turn_is_no_hope, make, drop),
		cmocka_unit_test_setup_teardown(two_that_try_in_vain_are_no_hope_to_each_other, make, drop),
	};

	return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
