/* What runs leave: products of `command` and `file`, before, between and after tries; data and its generations; the store. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/file.h"
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
what_was_changed_or_is_gone_is_made_again(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"file\"\npath = \"a\"\ncontent = \"x\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench_file(bench, "a", "edited");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->reasons, "a: a was changed after it was made; ");
	assert_string_equal(bench_read(bench, "a"), "x");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->told, "unchanged a; ");
}

static void
what_a_failed_run_half_wrote_is_removed(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"echo half >a; exit 1\"\noutputs = [\"a\"]\n");
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_null(bench_read(bench, "a"));
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_string_equal(bench->reasons, "a: its first run did not finish; ");
}

static void
each_try_finds_what_the_first_one_found(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.a]\nkind = \"command\"\nshell = \"mkdir out; test -e second || { touch second; exit 1; }\"\n"
	    "outputs = [\"out\"]\nretry = { times = 1, pause = \"1ms\" }\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->told, "started a; retried a; started a; done a; ");
}

static void
an_output_that_is_not_there_is_an_error(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"true\"\noutputs = [\"a\"]\n");
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_string_equal(bench->errors, "a: the run succeeded, but its output a is not there; ");
}

#define DATA "outputs = [{ path = \"data\", as = \"data\", data = true }]\n"
#define USER "[node.user]\nkind = \"command\"\nshell = \"true\"\nuses = [\"${node.db.data}\"]\n"

static void
data_is_kept_over_runs_and_failures(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"echo 1 >>data\"\n" DATA USER);
	assert_int_equal(up(bench), KG_RUN_UP);
	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"echo 2 >>data; exit 1\"\n" DATA USER);
	assert_int_equal(up(bench), KG_RUN_FAILED);
	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"echo 3 >>data\"\n" DATA USER);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench_read(bench, "data"), "1\n2\n3\n");
	assert_string_equal(bench->told, "started db; done db; unchanged user; ");
}

static void
data_that_was_deleted_is_of_a_new_generation(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"echo 1 >data\"\n" DATA USER);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(unlink(bench_path(bench, "data")), 0);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->reasons, "db: data is gone; user: output db.data changed; ");
}

/* It is neither what was deleted nor what a run has made: the next run would take half a database for the old one. */
static void
data_that_a_failed_run_began_is_not_trusted(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"echo 1 >data\"\n" DATA USER);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(unlink(bench_path(bench, "data")), 0);
	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"echo half >data; exit 1\"\n" DATA USER);
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_null(bench_read(bench, "data"));
	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"test ! -e data; echo 1 >data\"\n" DATA USER);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench->summary.made, 2);
}

static void
data_that_was_there_before_the_first_run_is_not_removed(void **state)
{
	struct bench *bench = *state;

	bench_file(bench, "data", "precious\n");
	bench_graph(bench, "[node.db]\nkind = \"command\"\nshell = \"echo 1 >>data; exit 1\"\n" DATA);
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_string_equal(bench_read(bench, "data"), "precious\n1\n1\n");
}

static void
a_folder_that_was_filled_by_somebody_else_is_not_taken_for_an_empty_one(void **state)
{
	struct bench *bench = *state;

	bench_file(bench, "data/x", "precious\n");
	bench_graph(bench,
	    "[node.db]\nkind = \"command\"\nshell = \"true\"\n"
	    "outputs = [{ path = \"data\", as = \"data\", data = true, folder = true }]\n");
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_non_null(strstr(bench->errors, "holds data already"));
	assert_string_equal(bench_read(bench, "data/x"), "precious\n");
}

static void
an_output_that_holds_the_graph_or_the_state_is_refused(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"true\"\noutputs = [\".\"]\n");
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_non_null(strstr(bench->errors, "holds the graph itself"));
	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"true\"\noutputs = [\".kgraph\"]\n");
	assert_int_equal(up(bench), KG_RUN_FAILED);
	assert_non_null(strstr(bench->errors, "holds kgraph's own state"));
}

static void
outputs_come_back_from_the_store(void **state)
{
	struct bench *bench = *state;
	static const char one[] = "[node.a]\nkind = \"command\"\nshell = \"echo 1 >a; echo ran >>log\"\noutputs = [\"a\"]\n";

	bench->has_store = true;
	bench_graph(bench, one);
	assert_int_equal(up(bench), KG_RUN_UP);
	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"echo 2 >a\"\noutputs = [\"a\"]\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench_graph(bench, one);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->told, "restored a; ");
	assert_string_equal(bench_read(bench, "a"), "1\n");
	assert_string_equal(bench_read(bench, "log"), "ran\n");
}

static void
a_store_that_cannot_be_used_stops_nothing(void **state)
{
	struct bench *bench = *state;

	bench_file(bench, "store", "no folder");
	bench->has_store = true;
	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"echo 1 >a\"\noutputs = [\"a\"]\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->told, "unchanged a; ");
}

static void
what_a_depfile_names_counts(void **state)
{
	struct bench *bench = *state;

	bench_file(bench, "h", "1");
	bench_graph(
	    bench, "[node.a]\nkind = \"command\"\nshell = \"cat h >a; echo 'a: h' >a.d\"\noutputs = [\"a\"]\ndepfile = \"a.d\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->told, "unchanged a; ");
	bench_file(bench, "h", "2");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->reasons, "a: h changed; ");
}

static void
a_purge_removes_a_depfile_and_never_a_folder_in_its_place(void **state)
{
	struct bench *bench = *state;
	static const char graph[] =
	    "[node.a]\nkind = \"command\"\nshell = \"echo >a; echo 'a: a' >a.d\"\noutputs = [\"a\"]\ndepfile = \"a.d\"\n";

	bench_graph(bench, graph);
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_non_null(bench_read(bench, "a.d"));
	assert_int_equal(bench_down(bench, true), KG_RUN_UP);
	assert_null(bench_read(bench, "a.d"));

	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(unlink(bench_path(bench, "a.d")), 0);
	assert_int_equal(mkdir(bench_path(bench, "a.d"), 0700), 0);
	bench_file(bench, "a.d/kept", "x");
	assert_int_equal(bench_down(bench, true), KG_RUN_UP);
	assert_string_equal(bench_read(bench, "a.d/kept"), "x");
}

static void
a_plan_leaves_products_and_ledger_alone(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"echo 1 >a\"\noutputs = [\"a\"]\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"echo 2 >a\"\noutputs = [\"a\"]\n");
	assert_null(kg_file_remove(bench->arena, bench_path(bench, ".kgraph/default/runs")));
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .plan = true }), KG_RUN_UP);
	assert_int_equal(access(bench_path(bench, ".kgraph/default/runs"), F_OK), -1);
	assert_string_equal(bench_read(bench, "a"), "1\n");
	bench_graph(bench, "[node.a]\nkind = \"command\"\nshell = \"echo 1 >a\"\noutputs = [\"a\"]\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->told, "unchanged a; ");
}

static void
down_leaves_what_only_a_purge_removes(void **state)
{
	struct bench *bench = *state;

	bench_graph(bench,
	    "[node.db]\nkind = \"command\"\nshell = \"echo 1 >data\"\n" DATA
	    "[node.f]\nkind = \"file\"\npath = \"f\"\ncontent = \"x\"\n");
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_int_equal(bench_down(bench, false), KG_RUN_UP);
	assert_string_equal(bench->told, "");
	assert_non_null(bench_read(bench, "data"));
	assert_int_equal(bench_down(bench, true), KG_RUN_UP);
	assert_null(bench_read(bench, "data"));
	assert_null(bench_read(bench, "f"));
	assert_int_equal(up(bench), KG_RUN_UP);
	assert_string_equal(bench->reasons, "db: it has never run here; f: it has never run here; ");
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(what_was_changed_or_is_gone_is_made_again),
		STORY(what_a_failed_run_half_wrote_is_removed),
		STORY(each_try_finds_what_the_first_one_found),
		STORY(an_output_that_is_not_there_is_an_error),
		STORY(data_is_kept_over_runs_and_failures),
		STORY(data_that_was_deleted_is_of_a_new_generation),
		STORY(data_that_a_failed_run_began_is_not_trusted),
		STORY(data_that_was_there_before_the_first_run_is_not_removed),
		STORY(a_folder_that_was_filled_by_somebody_else_is_not_taken_for_an_empty_one),
		STORY(an_output_that_holds_the_graph_or_the_state_is_refused),
		STORY(outputs_come_back_from_the_store),
		STORY(a_store_that_cannot_be_used_stops_nothing),
		STORY(what_a_depfile_names_counts),
		STORY(a_purge_removes_a_depfile_and_never_a_folder_in_its_place),
		STORY(a_plan_leaves_products_and_ledger_alone),
		STORY(down_leaves_what_only_a_purge_removes),
	};

	return cmocka_run_group_tests_name("product", tests, NULL, NULL);
}
