/* A run that ends early: by a signal, by its time limit, by the first failure. In each state a node ends, and is counted once. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static void
signal_at(struct bench *bench, const char *event, int signal)
{
	bench->signal_at = event;
	bench->signal = signal;
}

static void
what_is_being_inspected_is_cancelled(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n");
	signal_at(bench, "done a", SIGINT);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_INTERRUPTED);
	assert_string_equal(bench->told, "started a; done a; ");
	assert_string_equal(bench->reasons, "a: it is not up; ");
	assert_int_equal(bench->summary.cancelled, 1);
}

static void
what_runs_is_ended_and_what_waits_is_cancelled(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nsleep = \"1h\"\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n");
	signal_at(bench, "started a", SIGTERM);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_INTERRUPTED);
	assert_int_equal(bench->summary.cancelled, 2);
	assert_int_equal(bench->summary.failed, 0);
}

static void
what_waits_for_a_survey_is_not_looked_at(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"surveyed\"\nworld = \"x\"\n[node.z]\nkind = \"step\"\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	bench_graph(bench, "[node.a]\nkind = \"surveyed\"\nworld = \"x\"\nslow = \"1h\"\n[node.z]\nkind = \"step\"\n");
	signal_at(bench, "unchanged z", SIGINT);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_INTERRUPTED);
	assert_string_equal(bench->errors, "");
	assert_int_equal(bench->summary.cancelled, 1);
}

static void
a_pause_between_tries_is_not_waited_out(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nfails = 2\nretry = { times = 2, pause = \"1h\" }\n");
	signal_at(bench, "retried a", SIGINT);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_INTERRUPTED);
	assert_string_equal(bench->errors, "a: it was told to fail; ");
	bench->signal_at = NULL;
	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\nfails = 2\nretry = { times = 2, pause = \"1h\" }\n"
	    "[node.b]\nkind = \"step\"\nfails = 1\nsleep = \"10ms\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .fail_fast = true }), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "b: it was told to fail; a: it was told to fail; ");
}

static void
what_is_waited_for_is_let_go(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nready_after = \"1h\"\n[node.b]\nkind = \"step\"\nneeds = [\"a:ready\"]\n");
	signal_at(bench, "waiting a", SIGHUP);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_INTERRUPTED);
	assert_int_equal(bench->summary.made, 1);
	assert_int_equal(bench->summary.cancelled, 1);
	assert_int_equal(bench->summary.failed, 0);
}

static void
after_the_first_failure_what_a_look_does_not_find_is_cancelled(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.b]\nkind = \"step\"\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\nfails = 1\n[node.b]\nkind = \"step\"\nlook_after = \"30ms\"\ngone = true\n"
	    "[node.c]\nkind = \"step\"\nneeds = [\"b\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .fail_fast = true }), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "a: it was told to fail; ");
	assert_int_equal(bench->summary.cancelled, 2);
}

static void
at_the_time_limit_what_waits_for_a_place_is_cancelled(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[pools]\none = 1\n[node.a]\nkind = \"step\"\nsleep = \"1h\"\npool = \"one\"\n"
	    "[node.b]\nkind = \"step\"\nsleep = \"1h\"\npool = \"one\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .timeout_ms = 800 }), KG_RUN_NOT_READY);
	assert_string_equal(bench->errors, "a: the time limit of the run, 800 ms, was reached; ");
	assert_int_equal(bench->summary.cancelled, 1);
}

static void
a_failure_counts_more_than_the_time_limit(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nfails = 1\n[node.b]\nkind = \"step\"\nsleep = \"1h\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .timeout_ms = 800 }), KG_RUN_FAILED);
}

static void
a_child_that_ignores_term_is_killed_at_the_second_signal(void **state)
{
	struct bench *bench = *state;

	/* Both signals come from the child itself: the second when it is told to end. */
	bench_graph(bench,
	    "[node.a]\nkind = \"command\"\n"
	    "shell = \"trap 'kill -INT $PPID' TERM; kill -INT $PPID; while :; do sleep 0.01; done\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_INTERRUPTED);
	assert_int_equal(bench->summary.cancelled, 1);
}

static void
a_node_whose_plain_need_is_met_runs_although_that_never_gets_ready(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\nnever_ready = true\n[node.slow]\nkind = \"step\"\nsleep = \"50ms\"\n"
	    "[node.b]\nkind = \"step\"\nneeds = [\"a:ready\"]\n[node.c]\nkind = \"step\"\nneeds = [\"a\", \"slow\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_int_equal(bench->summary.blocked, 1);
	assert_int_equal(bench->summary.made, 2);
	assert_int_equal(bench->summary.failed, 1);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(what_is_being_inspected_is_cancelled),
		STORY(what_runs_is_ended_and_what_waits_is_cancelled),
		STORY(what_waits_for_a_survey_is_not_looked_at),
		STORY(a_pause_between_tries_is_not_waited_out),
		STORY(what_is_waited_for_is_let_go),
		STORY(after_the_first_failure_what_a_look_does_not_find_is_cancelled),
		STORY(at_the_time_limit_what_waits_for_a_place_is_cancelled),
		STORY(a_failure_counts_more_than_the_time_limit),
		STORY(a_child_that_ignores_term_is_killed_at_the_second_signal),
		STORY(a_node_whose_plain_need_is_met_runs_although_that_never_gets_ready),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
