/* Files without a transaction: how far they came is written down, and the next run goes on there. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "tests/unit/sql/migration_fixture.h"

#define NO_TRANSACTION "-- +goose NO TRANSACTION\n-- +goose Up\n"

static void
assert_run(void)
{
	if (!fixture_run())
		fail_msg("%s", kg_error_text(fixture.arena, fixture.drive.error));
}

static void
assert_fails(const char *message)
{
	assert_false(fixture_run());
	assert_string_equal(kg_error_text(fixture.arena, fixture.drive.error), message);
}

static void
assert_logged(const char *line)
{
	assert_non_null(strstr(kg_text_end(&fixture.drive.logged), line));
}

static void
assert_done(const char *expected)
{
	assert_string_equal(
	    fixture_ask("SELECT statements_done || ' ' || (applied_at IS NOT NULL) FROM kgraph_migration WHERE version = 1"),
	    expected);
}

static void
a_file_that_failed_goes_on_at_the_statement(void **)
{
	fixture_require();
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (y);\n");
	assert_fails("0 of 1 migrations are applied; 1_a.sql, which is without a transaction, failed in statement 3 of 3, where "
		     "the next run "
		     "goes on: column \"y\" does not exist (SQLSTATE 42703)");
	assert_int_equal(fixture.drive.error->cause->place.line, 5);
	assert_done("2 false");
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (3);\n");
	assert_run();
	assert_logged("1_a.sql goes on at statement 3 of 3, where it stopped\n");
	assert_string_equal(fixture_ask("SELECT string_agg(x::text, ' ' ORDER BY x) FROM a"), "1 3");
	assert_done("3 true");
	assert_string_equal(fixture_versions(), "1");
	assert_run();
	assert_string_equal(kg_text_end(&fixture.drive.told), "");
}

static void
what_is_done_may_not_be_edited(void **)
{
	fixture_require();
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE a (x int);\nSELECT nothing;\n");
	assert_false(fixture_run());
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE a (x bigint);\nSELECT 1;\n");
	assert_fails("1_a.sql was edited in its first 1 statements, which are applied already; it stopped behind them");
	fixture_write("1_a.sql", "-- +goose Up\nCREATE TABLE a (x int);\nSELECT 1;\n");
	assert_fails("1_a.sql was edited in its first 1 statements, which are applied already; it stopped behind them");
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE  TABLE a (x int); -- c\nSELECT 1;\n");
	assert_run();
}

/* What a kill leaves between a statement and the note that it is done. */
static void
forget_progress(int done)
{
	fixture_ask(kg_format(fixture.arena,
	    "DELETE FROM goose_db_version WHERE version_id = 1; UPDATE kgraph_migration SET statements_done = %d, applied_at = "
	    "NULL, "
	    "goose_id = NULL WHERE version = 1",
	    done));
}

static void
an_index_that_was_made_before_a_kill_is_taken_as_done(void **)
{
	fixture_require();
	fixture_ask("CREATE TABLE a (x int)");
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE INDEX CONCURRENTLY a_x ON a (x);\n");
	assert_run();
	forget_progress(0);
	assert_run();
	assert_logged("1_a.sql: the index public.a_x is there and whole: the run before has made it\n");
	assert_string_equal(fixture_versions(), "1");
}

static void
an_index_that_somebody_else_made_is_an_error(void **)
{
	fixture_require();
	fixture_ask("CREATE TABLE a (x int); CREATE INDEX a_x ON a (x)");
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE INDEX CONCURRENTLY a_x ON a (x);\n");
	assert_fails("0 of 1 migrations are applied; 1_a.sql, which is without a transaction, failed in statement 1 of 1, where "
		     "the next run "
		     "goes on: relation \"a_x\" already exists (SQLSTATE 42P07)");
}

static void
an_index_that_is_left_invalid_is_reported_until_it_is_dropped(void **)
{
	fixture_require();
	fixture_ask("CREATE TABLE a (x int); INSERT INTO a VALUES (1), (1)");
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_x\n  ON a (x);\n");
	const char *advice = "the index is left invalid; DROP INDEX CONCURRENTLY public.a_x; and run again";

	assert_fails("0 of 1 migrations are applied; 1_a.sql, which is without a transaction, failed in statement 1 of 1, where "
		     "the next run "
		     "goes on: could not create unique index \"a_x\" (SQLSTATE 23505)");
	assert_string_equal(fixture.drive.error->cause->advice, advice);
	/* With IF NOT EXISTS PostgreSQL itself would be content now. */
	fixture_ask("DELETE FROM a");
	assert_fails("0 of 1 migrations are applied; 1_a.sql, which is without a transaction, failed in statement 1 of 1, where "
		     "the next run "
		     "goes on: the index public.a_x is invalid: an earlier try to make it failed");
	assert_string_equal(fixture.drive.error->cause->advice, advice);
	assert_int_equal(fixture.drive.error->cause->place.line, 3);
	fixture_ask("DROP INDEX a_x");
	assert_run();
}

static void
another_thing_that_is_there_after_a_kill_comes_with_advice(void **)
{
	fixture_require();
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE a ();\nCREATE TABLE b ();\n");
	assert_run();
	forget_progress(0);
	assert_false(fixture_run());
	assert_string_equal(fixture.drive.error->cause->message, "relation \"a\" already exists (SQLSTATE 42P07)");
	assert_string_equal(fixture.drive.error->cause->advice,
	    "the run before stopped in this statement, and it may have taken effect: if so, make it harmless when repeated (IF NOT "
	    "EXISTS)");
	fixture_ask("DROP TABLE b");
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE IF NOT EXISTS a ();\nCREATE TABLE b ();\n");
	assert_run();
}

static void
a_kill_before_the_version_is_written_needs_only_that(void **)
{
	fixture_require();
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE a ();\n");
	fixture_write("2_b.sql", NO_TRANSACTION "SELECT 1;\nSELECT nothing;\n");
	assert_false(fixture_run());
	fixture_write("2_b.sql", NO_TRANSACTION "SELECT 1;\n");
	assert_run();
	assert_string_equal(fixture_versions(), "1 2");
}

static void
what_goose_finished_is_adopted(void **)
{
	fixture_require();
	fixture_write("1_a.sql", NO_TRANSACTION "CREATE TABLE a ();\nSELECT nothing;\n");
	assert_false(fixture_run());
	fixture_ask("INSERT INTO goose_db_version (version_id, is_applied) VALUES (1, true)");
	assert_run();
	assert_string_equal(fixture_ask("SELECT applied_by FROM kgraph_migration WHERE version = 1"), "goose");
}

static void
purge_runs_down_without_a_transaction_as_well(void **)
{
	fixture_require();
	fixture_ask("CREATE TABLE a (x int)");
	fixture_write(
	    "1_a.sql", NO_TRANSACTION "CREATE INDEX CONCURRENTLY a_x ON a (x);\n-- +goose Down\nDROP INDEX CONCURRENTLY a_x;\n");
	assert_run();
	assert_true(fixture_purge());
	assert_string_equal(
	    fixture_ask("SELECT count(*) FROM pg_class WHERE relname IN ('a_x', 'goose_db_version', 'kgraph_migration')"), "0");
}

#define with_database(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_database(a_file_that_failed_goes_on_at_the_statement),
		with_database(what_is_done_may_not_be_edited),
		with_database(an_index_that_was_made_before_a_kill_is_taken_as_done),
		with_database(an_index_that_somebody_else_made_is_an_error),
		with_database(an_index_that_is_left_invalid_is_reported_until_it_is_dropped),
		with_database(another_thing_that_is_there_after_a_kill_comes_with_advice),
		with_database(a_kill_before_the_version_is_written_needs_only_that),
		with_database(what_goose_finished_is_adopted),
		with_database(purge_runs_down_without_a_transaction_as_well),
	};

	return cmocka_run_group_tests_name("migration_resume", tests, fixture_open, fixture_close);
}
