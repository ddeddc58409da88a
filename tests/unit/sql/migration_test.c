/* The kind `migration` against a real PostgreSQL: up, again, failures and how it goes on after them, undo. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "tests/unit/sql/migration_fixture.h"

#define UP "-- +goose Up\n"
#define DOWN "-- +goose Down\n"

static void
write_three(void)
{
	fixture_write("00001_a.sql", UP "CREATE TABLE a (x int);\n" DOWN "DROP TABLE a;\n");
	fixture_write(
	    "00002_b.sql", UP "CREATE TABLE b (x int);\nINSERT INTO a VALUES (2);\n" DOWN "DELETE FROM a;\nDROP TABLE b;\n");
	fixture_write("00003_c.sql", UP "INSERT INTO b SELECT x + 1 FROM a;\n" DOWN "DELETE FROM b;\n");
}

static void
assert_run(void)
{
	if (!fixture_run())
		fail_msg("%s\n%s", kg_error_text(fixture.arena, fixture.drive.error),
		    fixture.drive.error->detail ? fixture.drive.error->detail : "");
}

static void
assert_fails(const char *message)
{
	assert_false(fixture_run());
	assert_string_equal(kg_error_text(fixture.arena, fixture.drive.error), message);
}

static void
files_are_applied_in_order_and_said_so(void **)
{
	fixture_require();
	write_three();
	assert_run();
	assert_string_equal(fixture_versions(), "1 2 3");
	assert_string_equal(fixture_ask("SELECT x FROM b"), "3");
	assert_string_equal(kg_text_end(&fixture.drive.told), "00001_a.sql (1 of 3)\n00002_b.sql (2 of 3)\n00003_c.sql (3 of 3)\n");
	assert_string_equal(drive_output(&fixture.drive, "version"), "3");
	assert_string_equal(fixture_ask("SELECT string_agg(version || file || applied_by || statements_done, ' ' ORDER BY version) "
					"FROM kgraph_migration WHERE version > 0"),
	    "100001_a.sqlkgraph1 200002_b.sqlkgraph2 300003_c.sqlkgraph1");
	assert_string_equal(fixture_ask("SELECT version_id || is_applied::text FROM goose_db_version WHERE id = 1"), "0true");
}

static void
a_second_run_does_nothing_and_a_new_file_is_found(void **)
{
	fixture_require();
	write_three();
	assert_run();
	const char *identity = drive_output(&fixture.drive, "database"), *checksum = drive_output(&fixture.drive, "checksum");
	assert_run();
	assert_string_equal(kg_text_end(&fixture.drive.told), "");
	assert_string_equal(drive_output(&fixture.drive, "database"), identity);
	assert_string_equal(drive_output(&fixture.drive, "checksum"), checksum);
	fixture_write("00004_d.sql", UP "CREATE TABLE d ();\n");
	assert_run();
	assert_string_equal(kg_text_end(&fixture.drive.told), "00004_d.sql (4 of 4)\n");
	assert_string_not_equal(drive_output(&fixture.drive, "checksum"), checksum);
}

static void
a_look_is_content_until_something_else_changes_what_is_applied(void **)
{
	fixture_require();
	write_three();
	assert_run();
	assert_string_equal(fixture_look(), "");
	fixture_ask("DELETE FROM goose_db_version WHERE version_id = 3");
	assert_string_equal(fixture_look(), "migration 3 was undone by something else, such as goose: its version is 2");
	assert_run();
	fixture_ask("INSERT INTO goose_db_version (version_id, is_applied) VALUES (4, true)");
	assert_string_equal(fixture_look(), "something else, such as goose, migrated it since: its version is 4, and was 3");
	fixture_ask("DELETE FROM goose_db_version WHERE version_id IN (2, 4)");
	assert_string_equal(
	    fixture_look(), "its version is still 3, but something else, such as goose, undid or applied migrations below it");
}

static void
a_look_notices_a_database_that_was_made_anew(void **)
{
	fixture_require();
	write_three();
	assert_run();
	server_database(fixture.server, "shop");
	assert_string_equal(fixture_look(), "the database was made anew: nothing is migrated in it");
	const struct kg_pair *remembered = fixture.drive.job.remembered;
	assert_run();
	fixture.drive.job.remembered = remembered;
	assert_string_equal(fixture_look(), "the database was made anew: it is another one than the last run's");
}

static void
a_look_says_why_the_database_cannot_be_asked(void **)
{
	fixture_require();
	write_three();
	assert_run();
	fixture.spec.url = "postgresql://postgres:s3cret-word@127.0.0.1:1/shop";
	assert_string_equal(fixture_look(),
	    "cannot connect to the database: connection to server at \"127.0.0.1\", port 1 failed: Connection refused");
	fixture.spec.url = kg_format(fixture.arena, "postgresql://postgres:s3cret-word@127.0.0.1:%u/gone", fixture.server->port);
	assert_non_null(strstr(fixture_look(), "database \"gone\" does not exist"));
}

static void
a_failure_leaves_what_went_before_and_the_next_run_goes_on_there(void **)
{
	fixture_require();
	write_three();
	fixture_write(
	    "00003_c.sql", UP "-- \xc3\xa4\nINSERT INTO b VALUES (1);\n\n  INSERT INTO b\n\tVALUES ('\xc3\xa4', nothing);\n");
	assert_fails("2 of 3 migrations are applied; 00003_c.sql failed and was rolled back: column \"nothing\" does not exist "
		     "(SQLSTATE 42703)");
	const struct kg_place *place = &fixture.drive.error->cause->place;
	assert_string_equal(place->file, kg_format(fixture.arena, "%s/00003_c.sql", fixture.folder));
	assert_int_equal(place->line, 6);
	assert_int_equal(place->column, 15);
	assert_int_equal(place->length, 7);
	assert_string_equal(place->line_text, "\tVALUES ('\xc3\xa4', nothing);");
	assert_string_equal(fixture_versions(), "1 2");
	assert_string_equal(fixture_ask("SELECT count(*) FROM b"), "0");
	write_three();
	assert_run();
	assert_string_equal(kg_text_end(&fixture.drive.told), "00003_c.sql (3 of 3)\n");
}

static void
detail_hint_and_context_of_an_error_are_kept(void **)
{
	fixture_require();
	fixture_write("1_a.sql",
	    UP "-- +goose StatementBegin\nDO $$\nBEGIN\n  RAISE EXCEPTION 'no' USING DETAIL = 'because', HINT = 'ask', "
	       "ERRCODE = 'KG001';\nEND $$;\n-- +goose StatementEnd\n");
	assert_fails("0 of 1 migrations are applied; 1_a.sql failed and was rolled back: no (SQLSTATE KG001)");
	const struct kg_error *error = fixture.drive.error->cause;
	assert_string_equal(error->detail, "detail: because\ncontext: PL/pgSQL function inline_code_block line 3 at RAISE\n");
	assert_string_equal(error->advice, "ask");
	assert_int_equal(error->place.line, 3);
}

static void
what_is_wrong_with_the_files_is_told_before_anything_runs(void **)
{
	fixture_require();
	write_three();
	assert_run();
	fixture_write("00001_a.sql", UP "CREATE TABLE a (x bigint);\n");
	fixture_remove("00002_b.sql");
	fixture_write("00004_d.sql", UP "CREATE TABLE d ();\n");
	fixture_write("00005_e.sql", UP "CREATE TABLE e ()\n");
	assert_fails("3 things are wrong with the migrations; nothing was applied");
	const char *detail = fixture.drive.error->detail;
	assert_non_null(strstr(detail, "00001_a.sql was edited after it was applied 2"));
	assert_non_null(strstr(detail, "00002_b.sql is gone, which was applied 2"));
	assert_non_null(strstr(detail, "00005_e.sql:2:18: this statement does not end: a semicolon is missing"));
	assert_string_equal(fixture_versions(), "1 2 3");
}

static void
an_edit_of_comments_is_noted_once(void **)
{
	fixture_require();
	write_three();
	assert_run();
	fixture_write("00001_a.sql", "-- about\n" UP "CREATE TABLE a (x int); -- c\n" DOWN "DROP TABLE a;\n");
	assert_run();
	assert_string_equal(kg_text_end(&fixture.drive.logged),
	    "00001_a.sql was edited since it was applied, but only in white space, comments or its Down section\n");
	assert_string_equal(fixture_look(), "");
	assert_run();
	assert_string_equal(kg_text_end(&fixture.drive.logged), "");
}

static void
a_file_that_comes_late_is_applied_when_that_is_allowed(void **)
{
	fixture_require();
	write_three();
	fixture_remove("00002_b.sql");
	fixture_write("00003_c.sql", UP "INSERT INTO a VALUES (3);\n");
	assert_run();
	write_three();
	fixture_write("00003_c.sql", UP "INSERT INTO a VALUES (3);\n");
	assert_fails("00002_b.sql comes too late: 00003_c.sql is applied already");
	fixture.spec.allow_missing = true;
	assert_run();
	assert_string_equal(fixture_versions(), "1 3 2");
}

static void
settings_of_one_file_do_not_reach_the_next(void **)
{
	fixture_require();
	fixture_write("1_a.sql", UP "SELECT set_config('search_path', '', false);\nCREATE TABLE public.a ();\n");
	fixture_write("2_b.sql", UP "CREATE TABLE b ();\n");
	assert_run();
	assert_string_equal(fixture_ask("SELECT to_regclass('public.b')"), "b");
}

static void
notices_go_to_the_log(void **)
{
	fixture_require();
	fixture_write("1_a.sql", UP "DROP TABLE IF EXISTS nothing;\n");
	assert_run();
	assert_non_null(strstr(kg_text_end(&fixture.drive.logged), "NOTICE: table \"nothing\" does not exist, skipping\n"));
}

static void
variables_come_from_the_node(void **)
{
	fixture_require();
	const struct kg_pair environment[] = { { "NAME", "users" }, { NULL, NULL } };

	fixture.drive.common.env = environment;
	fixture_write("1_a.sql", "-- +goose ENVSUB ON\n" UP "CREATE TABLE ${NAME} ();\n");
	assert_run();
	assert_string_equal(fixture_ask("SELECT to_regclass('users')"), "users");
}

static void
rows_for_copy_are_refused_wherever_it_stands(void **)
{
	fixture_require();
	fixture_write(
	    "1_a.sql", UP "-- +goose StatementBegin\nCREATE TABLE a (x int); COPY a FROM STDIN;\n-- +goose StatementEnd\n");
	assert_fails(
	    "0 of 1 migrations are applied; 1_a.sql failed and was rolled back: COPY … FROM STDIN cannot be used in a migration: "
	    "nothing feeds it rows");
}

static void
rows_that_nobody_reads_are_dropped(void **)
{
	fixture_require();
	fixture_write("1_a.sql",
	    UP "COPY (SELECT generate_series(1, 100000)) TO STDOUT;\nSELECT generate_series(1, 100000);\n"
	       "SELECT 1; SELECT generate_series(1, 10) / 0;\n");
	assert_fails("0 of 1 migrations are applied; 1_a.sql failed and was rolled back: division by zero (SQLSTATE 22012)");
	fixture_write(
	    "1_a.sql", UP "COPY (SELECT generate_series(1, 100000)) TO STDOUT;\nSELECT generate_series(1, 100000);\nSELECT 1;\n");
	assert_run();
}

static void
a_file_that_ends_its_own_transaction_is_noted(void **)
{
	fixture_require();
	fixture_write("1_a.sql", UP "CREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();\n");
	assert_run();
	assert_non_null(strstr(kg_text_end(&fixture.drive.logged), "1_a.sql:3: this statement ends the file's transaction"));
	assert_string_equal(fixture_versions(), "1");
	fixture_write("2_b.sql", UP "CREATE TABLE c ();\nCOMMIT;\nCREATE TABLE c ();\n");
	assert_fails(
	    "1 of 2 migrations are applied; 2_b.sql failed after it had ended its transaction, so that part of it stays: relation "
	    "\"c\" already exists (SQLSTATE 42P07)");
}

static void
a_connection_that_breaks_is_told(void **)
{
	fixture_require();
	write_three();
	fixture_write("00003_c.sql", UP "SELECT pg_terminate_backend(pg_backend_pid());\n");
	assert_fails(
	    "2 of 3 migrations are applied; 00003_c.sql failed and was rolled back: the connection to the database broke: FATAL:  "
	    "terminating connection due to administrator command");
	assert_string_equal(fixture_versions(), "1 2");
}

static void
a_statement_has_a_time_limit_when_asked(void **)
{
	fixture_require();
	/* kgraph's own statements are held to it as well, also on a machine with much to do. */
	fixture.spec.statement_timeout_ms = 1500;
	fixture_write("1_a.sql", UP "SELECT pg_sleep(20);\n");
	assert_fails("0 of 1 migrations are applied; 1_a.sql failed and was rolled back: canceling statement due to statement "
		     "timeout (SQLSTATE "
		     "57014)");
}

static void
purge_runs_down_from_the_newest_and_leaves_nothing(void **)
{
	fixture_require();
	write_three();
	assert_run();
	assert_true(fixture_purge());
	assert_string_equal(kg_text_end(&fixture.drive.told),
	    "undoes 00003_c.sql (1 of 3)\nundoes 00002_b.sql (2 of 3)\nundoes 00001_a.sql (3 of 3)\n");
	assert_string_equal(fixture_ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
	assert_true(fixture_purge());
	assert_string_equal(kg_text_end(&fixture.drive.logged), "the database has no migrations of kgraph's: nothing is undone\n");
	assert_run();
}

static void
purge_that_fails_says_how_far_it_came(void **)
{
	fixture_require();
	write_three();
	assert_run();
	fixture_write("00002_b.sql", UP "SELECT 1;\n" DOWN "DROP TABLE b;\nDROP TABLE nothing;\n");
	assert_false(fixture_purge());
	assert_string_equal(kg_error_text(fixture.arena, fixture.drive.error),
	    "1 of 3 migrations are undone; the Down section of 00002_b.sql failed and was rolled back: table \"nothing\" does not "
	    "exist "
	    "(SQLSTATE 42P01)");
	assert_int_equal(fixture.drive.error->cause->place.line, 5);
	assert_string_equal(fixture_versions(), "1 2");
	fixture_remove("00002_b.sql");
	assert_false(fixture_purge());
	assert_string_equal(fixture.drive.error->detail, "version 2 is applied, but no file says how it is undone\n");
}

static void
undo_without_purge_and_purge_without_a_server_do_nothing(void **)
{
	fixture_require();
	write_three();
	assert_run();
	assert_true(drive_call(&fixture.drive, kg_kind_migration.undo));
	assert_string_equal(fixture_versions(), "1 2 3");
	fixture.spec.url = "postgresql://postgres@127.0.0.1:1/shop";
	assert_true(fixture_purge());
	assert_string_equal(kg_text_end(&fixture.drive.logged),
	    "cannot connect to the database: connection to server at \"127.0.0.1\", port 1 failed: Connection refused: nothing is "
	    "undone\n");
}

static void
two_tables_of_goose_live_in_one_database(void **)
{
	fixture_require();
	write_three();
	assert_run();
	fixture_remove("00002_b.sql");
	fixture_remove("00003_c.sql");
	fixture_write("00001_a.sql", UP "CREATE TABLE other ();\n" DOWN "DROP TABLE other;\n");
	fixture.spec.table = "Other_Version";
	assert_run();
	assert_string_equal(fixture_ask("SELECT max(version_id) FROM other_version"), "1");
	assert_true(fixture_purge());
	assert_string_equal(fixture_ask("SELECT coalesce(to_regclass('other_version')::text, 'none')"), "none");
	assert_string_equal(fixture_ask("SELECT count(*) FROM kgraph_migration"), "4");
	fixture_ask("CREATE SCHEMA s");
	fixture.spec.table = "s.v";
	assert_run();
	assert_string_equal(fixture_ask("SELECT count(*) FROM s.kgraph_migration"), "2");
	assert_string_equal(fixture_look(), "");
}

static void
an_ordinary_role_is_enough(void **)
{
	fixture_require();
	fixture_ask("DROP ROLE IF EXISTS clerk");
	fixture_ask("CREATE ROLE clerk LOGIN PASSWORD 'clerk-word'");
	fixture_ask("GRANT ALL ON SCHEMA public TO clerk");
	fixture.spec.url = kg_format(fixture.arena, "postgresql://clerk:clerk-word@127.0.0.1:%u/shop", fixture.server->port);
	write_three();
	assert_run();
	assert_string_equal(fixture_look(), "");
	fixture_ask("REASSIGN OWNED BY clerk TO postgres; DROP OWNED BY clerk; DROP ROLE clerk");
}

static void
a_role_that_may_not_make_tables_is_told(void **)
{
	fixture_require();
	fixture_ask("DROP ROLE IF EXISTS guest");
	fixture_ask("CREATE ROLE guest LOGIN PASSWORD 'guest-word'");
	fixture.spec.url = kg_format(fixture.arena, "postgresql://guest:guest-word@127.0.0.1:%u/shop", fixture.server->port);
	write_three();
	assert_fails(
	    "cannot make \"public\".\"goose_db_version\" and \"public\".kgraph_migration: permission denied for schema public "
	    "(SQLSTATE 42501)");
	fixture_ask("DROP ROLE guest");
}

#define with_database(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_database(files_are_applied_in_order_and_said_so),
		with_database(a_second_run_does_nothing_and_a_new_file_is_found),
		with_database(a_look_is_content_until_something_else_changes_what_is_applied),
		with_database(a_look_notices_a_database_that_was_made_anew),
		with_database(a_look_says_why_the_database_cannot_be_asked),
		with_database(a_failure_leaves_what_went_before_and_the_next_run_goes_on_there),
		with_database(detail_hint_and_context_of_an_error_are_kept),
		with_database(what_is_wrong_with_the_files_is_told_before_anything_runs),
		with_database(an_edit_of_comments_is_noted_once),
		with_database(a_file_that_comes_late_is_applied_when_that_is_allowed),
		with_database(settings_of_one_file_do_not_reach_the_next),
		with_database(notices_go_to_the_log),
		with_database(variables_come_from_the_node),
		with_database(rows_for_copy_are_refused_wherever_it_stands),
		with_database(rows_that_nobody_reads_are_dropped),
		with_database(a_file_that_ends_its_own_transaction_is_noted),
		with_database(a_connection_that_breaks_is_told),
		with_database(a_statement_has_a_time_limit_when_asked),
		with_database(purge_runs_down_from_the_newest_and_leaves_nothing),
		with_database(purge_that_fails_says_how_far_it_came),
		with_database(undo_without_purge_and_purge_without_a_server_do_nothing),
		with_database(two_tables_of_goose_live_in_one_database),
		with_database(an_ordinary_role_is_enough),
		with_database(a_role_that_may_not_make_tables_is_told),
	};

	return cmocka_run_group_tests_name("migration", tests, fixture_open, fixture_close);
}
