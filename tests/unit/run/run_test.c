#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cache/ledger.h"
#include "engine/base/arena.h"
#include "tests/unit/run/bench.h"

static int
make(void **state)
{
	*state = bench_make();
	return 0;
}

static int
drop(void **state)
{
	bench_free(*state);
	return 0;
}

static void
what_is_needed_runs_first(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n[node.a]\nkind = \"step\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(bench->told, "started a; done a; started b; done b; waiting a; waiting b; ready a; ready b; ");
	assert_string_equal(bench->reasons, "a: it is not up; b: it is not up; ");
}

static void
the_second_run_does_nothing(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(bench->told, "unchanged a; waiting a; ready a; ");
	assert_int_equal(bench->summary.unchanged, 1);
}

static int64_t
ready_ns_of(struct bench *bench, const char *node)
{
	struct kg_ledger *ledger;
	const struct kg_entry *entry;

	assert_null(kg_ledger_open_reading(bench->arena, bench_path(bench, ".kgraph/default"), &ledger));
	assert_null(kg_ledger_find(ledger, bench->arena, node, &entry));
	assert_non_null(entry);
	kg_ledger_close(ledger);
	return entry->ready_ns;
}

static void
how_long_a_node_took_to_be_ready_is_remembered(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nready_after = \"30ms\"\n[node.b]\nkind = \"step\"\nneeds = [\"a:ready\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	int64_t first_ns = ready_ns_of(bench, "a");
	/* A timer counts in whole milliseconds. */
	assert_in_range(first_ns, 29000000, INT64_MAX);
	/* It did not run again, and so nothing new is known of it. */
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_int_equal(bench->summary.unchanged, 2);
	assert_int_equal(ready_ns_of(bench, "a"), first_ns);
}

static void
a_changed_setting_is_named(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nsays = \"x\"\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	bench_graph(bench, "[node.a]\nkind = \"step\"\nsays = \"y\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(bench->reasons, "a: setting `says` changed; ");
}

static void
an_equal_output_stops_the_wave(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\ngives = \"1\"\n[node.b]\nkind = \"step\"\nsays = \"${node.a.value}\"\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\ngives = \"1\"\nsays = \"new\"\n[node.b]\nkind = \"step\"\nsays = \"${node.a.value}\"\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench->summary.made, 1);
	assert_int_equal(bench->summary.unchanged, 1);
	bench_graph(bench, "[node.a]\nkind = \"step\"\ngives = \"2\"\n[node.b]\nkind = \"step\"\nsays = \"${node.a.value}\"\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench->summary.made, 2);
}

static void
what_the_look_does_not_find_runs_again(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	bench_graph(bench, "[node.a]\nkind = \"step\"\ngone = true\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_string_equal(bench->reasons, "a: somebody took it away; ");
	assert_int_equal(bench->summary.made, 1);
}

static void
behind_a_failure_nodes_are_blocked_and_the_rest_runs(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\nfails = 1\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n"
	    "[node.c]\nkind = \"step\"\nneeds = [\"b\"]\n[node.d]\nkind = \"step\"\nsleep = \"20ms\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "a: it was told to fail; ");
	assert_int_equal(bench->summary.blocked, 2);
	assert_int_equal(bench->summary.made, 1);
	assert_int_equal(bench->summary.ready, 1);
}

static void
fail_fast_starts_nothing_more(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\nfails = 1\nbegun = 2\n[node.b]\nkind = \"step\"\nsleep = \"20ms\"\n"
	    "[node.c]\nkind = \"step\"\nneeds = [\"b\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .fail_fast = true }), KG_RUN_FAILED);
	assert_int_equal(bench->summary.cancelled, 1);
	assert_int_equal(bench->summary.made, 1);
}

static void
a_failed_run_is_tried_again_where_the_node_asks(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nfails = 2\nretry = { times = 2, pause = \"1ms\" }\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_string_equal(bench->told, "started a; retried a; started a; retried a; started a; done a; waiting a; ready a; ");
}

static void
a_run_that_takes_too_long_is_ended(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nsleep = \"1h\"\ntimeout = \"10ms\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "a: it did not end within 10 ms; ");
}

static void
a_gate_waits_until_the_other_is_ready(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\nready_begun = 2\n[node.b]\nkind = \"step\"\nneeds = [\"a:ready\"]\n"
	    "[node.c]\nkind = \"step\"\nneeds = [\"a\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .jobs = 1 }), KG_RUN_UP);
	const char *waiting = strstr(bench->told, "waiting a; "), *ready = strstr(bench->told, "ready a; ");
	const char *gated = strstr(bench->told, "started b; "), *free = strstr(bench->told, "started c; ");
	assert_true(waiting && ready && gated && free);
	assert_true(waiting < free && free < ready && ready < gated);
}

static void
what_is_never_ready_ends_with_its_own_status(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\nready_after = \"1h\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .timeout_ms = 300 }), KG_RUN_NOT_READY);
	bench_graph(bench, "[node.a]\nkind = \"step\"\nnever_ready = true\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "a: it will never be ready; ");
}

static void
a_plan_tells_and_changes_nothing(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\ngives = \"1\"\n[node.b]\nkind = \"step\"\nsays = \"${node.a.value}\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .plan = true }), KG_RUN_UP);
	assert_string_equal(bench->told, "");
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_int_equal(bench->summary.made, 2);
	bench_graph(bench, "[node.a]\nkind = \"step\"\ngives = \"2\"\n[node.b]\nkind = \"step\"\nsays = \"${node.a.value}\"\n");
	bench_up(bench, (struct kg_run_options){ .plan = true });
	assert_string_equal(
	    bench->reasons, "a: setting `gives` changed; b: it uses an output of a, and runs if that comes out different; ");
}

static void
nodes_of_a_key_share_one_survey_and_one_stream(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"surveyed\"\nworld = \"x\"\ntogether = 2\n"
	    "[node.b]\nkind = \"surveyed\"\nworld = \"x\"\ntogether = 2\n"
	    "[node.c]\nkind = \"surveyed\"\nworld = \"y\"\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_int_equal(bench_surveys, 2);
	/* Each is told, in whatever order they came. */
	assert_int_equal(strlen(bench->says), strlen("a: asking; b: asking; c: asking; "));
	assert_non_null(strstr(bench->says, "a: asking; "));
	assert_non_null(strstr(bench->says, "b: asking; "));
	assert_non_null(strstr(bench->says, "c: asking; "));
	assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
	assert_int_equal(bench_surveys, 4);
	assert_int_equal(bench->summary.unchanged, 3);
	assert_int_equal(bench->summary.ready, 3);
}

static void
down_forgets_what_outlives_a_run(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n");
	bench_up(bench, (struct kg_run_options){ 0 });
	bench_graph(bench, "[node.a]\nkind = \"step\"\n");
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_string_equal(bench->told, "undone b; undone a; ");
	bench_up(bench, (struct kg_run_options){ 0 });
	assert_string_equal(bench->reasons, "a: it is not up; ");
}

static void
what_was_not_asked_for_is_not_exported(void **state)
{
	struct bench *bench = *state;
	const struct kg_pair *pairs;
	struct kg_run *run;

	bench_graph(bench,
	    "[graph]\ndefault = \"a\"\n[export]\nA = \"1 ${node.a.value}\"\nB = \"2 ${node.b.value}\"\nC = \"3\"\n"
	    "[node.a]\nkind = \"step\"\ngives = \"x\"\n[node.b]\nkind = \"step\"\ngives = \"y\"\n");
	assert_null(bench_open(bench, (struct kg_run_options){ 0 }, &run));
	struct kg_error *error = kg_run_exports(run, bench->arena, &pairs);
	assert_non_null(error);
	assert_string_equal(error->message, "the export A uses ${node.a.value}, which is not known yet");
	assert_int_equal(kg_run_up(run), KG_RUN_UP);
	assert_null(kg_run_exports(run, bench->arena, &pairs));
	assert_string_equal(pairs[0].value, "1 x");
	assert_string_equal(pairs[1].name, "C");
	assert_null(pairs[2].name);
	kg_run_close(run);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(what_is_needed_runs_first),
		STORY(the_second_run_does_nothing),
		STORY(how_long_a_node_took_to_be_ready_is_remembered),
		STORY(a_changed_setting_is_named),
		STORY(an_equal_output_stops_the_wave),
		STORY(what_the_look_does_not_find_runs_again),
		STORY(behind_a_failure_nodes_are_blocked_and_the_rest_runs),
		STORY(fail_fast_starts_nothing_more),
		STORY(a_failed_run_is_tried_again_where_the_node_asks),
		STORY(a_run_that_takes_too_long_is_ended),
		STORY(a_gate_waits_until_the_other_is_ready),
		STORY(what_is_never_ready_ends_with_its_own_status),
		STORY(a_plan_tells_and_changes_nothing),
		STORY(nodes_of_a_key_share_one_survey_and_one_stream),
		STORY(down_forgets_what_outlives_a_run),
		STORY(what_was_not_asked_for_is_not_exported),
	};

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
