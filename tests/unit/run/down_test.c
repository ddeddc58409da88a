/* Taking down: by name, by the ledger, when the ledger is of several graphs, and when it is ended early. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cache/ledger.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/job.h"
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

static enum kg_run_outcome
up(struct bench *bench)
{
	return bench_up(bench, (struct kg_run_options){ 0 });
}

static void
who_uses_what_is_named_goes_first_and_the_rest_stays(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n"
	    "[node.c]\nkind = \"step\"\nneeds = [\"b\"]\n[node.d]\nkind = \"step\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench->down_names = (const char *const[]){ "b", NULL };
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_string_equal(bench->told, "undone c; undone b; ");
	bench->down_names = NULL;
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_non_null(strstr(bench->told, "undone a; "));
	assert_non_null(strstr(bench->told, "undone d; "));
}

/* b is made of the same in both graphs: it does not run again, and its entry says for ever that it needs a. */
static void
edges_that_were_turned_round_keep_nothing_up(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"step\"\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench_graph(bench, "[node.a]\nkind = \"step\"\nsays = \"x\"\nneeds = [\"b\"]\n[node.b]\nkind = \"step\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_int_equal(bench->summary.made, 2);
}

static void
a_kind_that_is_gone_is_told_and_not_forgotten(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.f]\nkind = \"file\"\npath = \"f\"\ncontent = \"x\"\n[node.a]\nkind = \"step\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench->kinds = (const struct kg_kind *const[]){ &bench_kind_step, NULL };
	bench_graph(bench, "[node.a]\nkind = \"step\"\n");
	assert_int_equal(bench_down(bench, true), KG_RUN_UP);
	assert_string_equal(bench->told, "undone a; ");
	assert_non_null(bench_read(bench, "f"));
	bench->kinds = bench_kinds_real;
	assert_int_equal(bench_down(bench, true), KG_RUN_UP);
	assert_string_equal(bench->told, "undone f; ");
	assert_null(bench_read(bench, "f"));
}

static const char *going_on; /* what there is of it; NULL: nothing */

static struct kg_next
kept_asked(struct kg_job *job)
{
	if (going_on)
		kg_remark(job, "%s", going_on);
	return kg_done(job);
}

static struct kg_next
kept_ask(struct kg_job *job)
{
	return kg_wait_timer(job, 1, kept_asked);
}

static struct kg_next
kept_unknown(struct kg_job *job)
{
	kg_remark(job, "it runs on");
	return kg_failed(kg_error_make(job->arena, KG_EFAILED, "nobody answers"));
}

static void
what_goes_on_is_told_when_it_is_kept(void **state)
{
	struct bench *bench = *state;
	struct kg_kind dear = bench_kind_step;

	dear.outlives = false;
	dear.kept = kept_ask;
	bench->kinds = (const struct kg_kind *const[]){ &dear, NULL };
	bench_graph(bench, "[node.a]\nkind = \"step\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	going_on = "it runs on";
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_string_equal(bench->told, "kept a; ");
	assert_int_equal(bench->summary.made, 0);
	assert_int_equal(bench_down(bench, true), KG_RUN_UP);
	assert_string_equal(bench->told, "undone a; ");
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_string_equal(bench->told, "");
}

/* Never made, gone, or nobody knows: nothing is told of it, and it fails nothing. */
static void
what_is_not_there_is_not_told_to_be_kept(void **state)
{
	struct bench *bench = *state;
	struct kg_kind dear = bench_kind_step;

	dear.outlives = false;
	dear.kept = kept_ask;
	bench->kinds = (const struct kg_kind *const[]){ &dear, NULL };
	bench_graph(bench, "[node.a]\nkind = \"step\"\nfails = 1\n");
	assert_int_equal(up(bench), KG_RUN_FAILED);
	going_on = NULL;
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_string_equal(bench->told, "");
	dear.kept = kept_unknown;
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_string_equal(bench->told, "");
}

static void
an_interrupt_leaves_the_rest_for_the_next_time(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"step\"\n[node.b]\nkind = \"step\"\nneeds = [\"a\"]\n[node.c]\nkind = \"step\"\nneeds = [\"b\"]\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench->signal_at = "undone c";
	bench->signal = SIGINT;
	assert_int_equal(bench_down(bench, true), KG_RUN_INTERRUPTED);
	bench->signal_at = NULL;
	assert_int_equal(bench_down(bench, true), KG_RUN_UP);
	assert_non_null(strstr(bench->told, "undone a; "));
}

static void
a_copied_checkout_takes_down_its_own(void **state)
{
	struct bench *bench = *state;
	struct bench *copy = bench_make();

	copy->kinds = bench_kinds_real;
	bench_graph(bench, "[node.f]\nkind = \"file\"\npath = \"f\"\ncontent = \"x\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench_copy(bench, copy);
	assert_int_equal(bench_down(copy, true), KG_RUN_UP);
	assert_null(bench_read(copy, "f"));
	assert_non_null(bench_read(bench, "f"));
	bench_free(copy);
}

/* As after a damage that the ledger's sums do not see, or by an older kgraph that had other settings. */
static void
an_entry_without_its_settings_is_told_and_not_acted_upon(void **state)
{
	struct bench *bench = *state;
	const char *folder = kg_format(bench->arena, "%s/.kgraph/default", bench->folder), *damage = NULL;
	const struct kg_entry *entry = NULL;
	struct kg_ledger *ledger = NULL;

	bench_graph(bench, "[node.f]\nkind = \"file\"\npath = \"f\"\ncontent = \"x\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_null(kg_ledger_open(bench->arena, folder, &ledger, &damage));
	assert_null(kg_ledger_find(ledger, bench->arena, "f", &entry));
	assert_non_null(entry);
	struct kg_entry emptied = *entry;
	emptied.settings = (struct kg_block){ 0 };
	assert_null(kg_ledger_put(ledger, bench->arena, &emptied, NULL));
	kg_ledger_close(ledger);
	assert_int_equal(bench_down(bench, true), KG_RUN_FAILED);
	assert_non_null(strstr(bench->errors, "cannot be read any more"));
	assert_non_null(bench_read(bench, "f"));
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(who_uses_what_is_named_goes_first_and_the_rest_stays),
		STORY(edges_that_were_turned_round_keep_nothing_up),
		STORY(a_kind_that_is_gone_is_told_and_not_forgotten),
		STORY(what_goes_on_is_told_when_it_is_kept),
		STORY(what_is_not_there_is_not_told_to_be_kept),
		STORY(an_interrupt_leaves_the_rest_for_the_next_time),
		STORY(a_copied_checkout_takes_down_its_own),
		STORY(an_entry_without_its_settings_is_told_and_not_acted_upon),
	};

	return cmocka_run_group_tests_name("down", tests, NULL, NULL);
}
