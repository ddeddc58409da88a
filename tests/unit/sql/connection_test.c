/* Servers that are not there yet, refuse, or are held by somebody else: what is waited for, and what is said. */

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/mask.h"
#include "tests/unit/sql/migration_fixture.h"

static PGconn *other; /* a second session, in which things happen */

static void
write_one(void)
{
	fixture_write("1_a.sql", "-- +goose Up\nCREATE TABLE a ();\n");
}

static void
assert_fails_with(const char *part)
{
	assert_false(fixture_run());
	const char *text = kg_error_text(fixture.arena, fixture.drive.error);
	if (!strstr(text, part))
		fail_msg("%s", text);
	/* Whatever it says, the password is not in it. */
	assert_null(strstr(text, "s3cret"));
	assert_null(strstr(kg_text_end(&fixture.drive.told), "s3cret"));
}

static void
start_server(struct drive *drive)
{
	drive->interfere = NULL;
	server_run(fixture.server);
}

static void
a_server_that_is_still_starting_is_waited_for(void **)
{
	fixture_require();
	write_one();
	server_halt(fixture.server);
	fixture_reset();
	fixture.drive.interfere = start_server;
	assert_true(drive_call(&fixture.drive, kg_kind_migration.run));
	assert_non_null(strstr(kg_text_end(&fixture.drive.told), "Connection refused"));
	assert_string_equal(fixture_versions(), "1");
}

static void
a_wrong_password_fails_at_once_with_the_servers_words(void **)
{
	fixture_require();
	write_one();
	fixture.spec.url = kg_format(fixture.arena, "postgresql://postgres:s3cret-wrong@127.0.0.1:%u/shop", fixture.server->port);
	assert_fails_with("cannot connect to the database: connection to server at \"127.0.0.1\", port ");
	assert_fails_with("failed: password authentication failed for user \"postgres\"");
	assert_string_equal(kg_text_end(&fixture.drive.told), "");
}

static void
a_database_that_is_not_there_fails_at_once(void **)
{
	fixture_require();
	write_one();
	fixture.spec.url = kg_format(fixture.arena, "postgresql://postgres:s3cret-word@127.0.0.1:%u/gone", fixture.server->port);
	assert_fails_with("failed: database \"gone\" does not exist");
	assert_string_equal(kg_text_end(&fixture.drive.told), "");
}

static void
a_host_that_has_no_address_fails_at_once(void **)
{
	fixture_require();
	write_one();
	fixture.spec.url = "postgresql://postgres:s3cret-word@no-such-host.invalid/shop";
	assert_fails_with("could not translate host name \"no-such-host.invalid\"");
	assert_string_equal(kg_text_end(&fixture.drive.told), "");
}

static void
free_a_connection(struct drive *drive)
{
	if (strstr(kg_text_end(&drive->told), "too many")) {
		drive->interfere = NULL;
		PQfinish(other);
		other = NULL;
	}
}

static void
a_free_connection_is_waited_for(void **)
{
	fixture_require();
	write_one();
	fixture_ask("DROP ROLE IF EXISTS narrow");
	fixture_ask("CREATE ROLE narrow LOGIN SUPERUSER PASSWORD 'narrow' CONNECTION LIMIT 1");
	/* Superusers have no limit; the owner of the schema is no superuser. */
	fixture_ask("ALTER ROLE narrow NOSUPERUSER; GRANT ALL ON SCHEMA public TO narrow");
	fixture.spec.url = kg_format(fixture.arena, "postgresql://narrow:narrow@127.0.0.1:%u/shop", fixture.server->port);
	other = PQconnectdb(fixture.spec.url);
	fixture_reset();
	fixture.drive.interfere = free_a_connection;
	assert_true(drive_call(&fixture.drive, kg_kind_migration.run));
	assert_string_equal(fixture_versions(), "1");
}

static const char *silent_url;

static struct kg_next
silence_ended(struct kg_job *job)
{
	const struct kg_connection *connection = job->state;

	assert_null(connection->link);
	return kg_failed(connection->error);
}

static struct kg_next
open_silent(struct kg_job *job)
{
	return kg_connection_open(
	    job, silent_url, &(struct kg_connection_limits){ .connect_ms = 50, .tries_again = true }, silence_ended);
}

static void
a_server_that_accepts_and_says_nothing_is_given_up(void **)
{
	fixture_require();
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	silent_url = kg_format(fixture.arena, "postgresql://u@127.0.0.1:%u/d", ntohs(address.sin_port));
	assert_false(drive_call(&fixture.drive, open_silent));
	close(fd);
	assert_int_equal(fixture.drive.error->code, KG_ETIME);
	assert_string_equal(fixture.drive.error->message, "cannot connect to the database: it does not answer");
}

static void
take_lock(void)
{
	other = PQconnectdb(fixture.url);
	PQclear(PQexec(other, "SET application_name = 'deploy'"));
	PQclear(PQexec(other, "SELECT pg_advisory_lock(4097083626)"));
}

static void
the_holder_of_gooses_lock_is_named_when_time_is_up(void **)
{
	fixture_require();
	write_one();
	fixture.spec.lock_timeout_ms = 200;
	take_lock();
	assert_fails_with("goose's lock was not free within 200 ms; it is held by pid ");
	assert_fails_with(", deploy, user postgres, from 127.0.0.1, connected since ");
	assert_fails_with(", idle, last query: SELECT pg_advisory_lock(4097083626)");
	assert_int_equal(fixture.drive.error->code, KG_EBUSY);
	assert_string_equal(fixture.drive.error->advice,
	    kg_format(fixture.arena, "wait until it has ended, or end it: SELECT pg_terminate_backend(%d)", PQbackendPID(other)));
	PQfinish(other);
}

static void
free_lock(struct drive *drive)
{
	if (strstr(kg_text_end(&drive->told), "waits for goose's lock")) {
		drive->interfere = NULL;
		PQfinish(other);
	}
}

static void
gooses_lock_is_waited_for_and_given_back(void **)
{
	fixture_require();
	write_one();
	take_lock();
	fixture_reset();
	fixture.drive.interfere = free_lock;
	assert_true(drive_call(&fixture.drive, kg_kind_migration.run));
	assert_string_equal(fixture_versions(), "1");
	assert_string_equal(fixture_ask("SELECT pg_try_advisory_lock(4097083626)"), "t");
}

static void
a_lock_on_a_table_is_waited_for_only_so_long(void **)
{
	fixture_require();
	fixture_ask("CREATE TABLE t ()");
	fixture_write("1_a.sql", "-- +goose Up\nALTER TABLE t ADD COLUMN x int;\n");
	fixture.spec.lock_timeout_ms = 100;
	other = PQconnectdb(fixture.url);
	PQclear(PQexec(other, "BEGIN; LOCK TABLE t"));
	assert_fails_with("canceling statement due to lock timeout (SQLSTATE 55P03)");
	assert_non_null(strstr(fixture.drive.error->cause->advice, "another session holds a lock"));
	PQfinish(other);
}

static bool
sleeps(void)
{
	const char *count = fixture_ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");

	return strcmp(count, "0") != 0;
}

/* The statement takes a minute; as soon as it runs, its time is up. */
static void
end_early(struct drive *drive)
{
	drive->is_cancelled = sleeps();
}

static void
an_operation_that_is_ended_early_lets_go_of_the_database(void **)
{
	fixture_require();
	fixture_write("1_a.sql", "-- +goose Up\nCREATE TABLE a ();\nSELECT pg_sleep(60);\n");
	fixture_reset();
	fixture.drive.interfere = end_early;
	assert_false(drive_call(&fixture.drive, kg_kind_migration.run));
	const struct kg_migration_state *state = fixture.drive.job.state;
	assert_null(state->connection.link);
	assert_null(state->reading.arena);
	for (int i = 0; i < 200 && sleeps(); i++)
		usleep(50000);
	assert_false(sleeps());
	assert_string_equal(fixture_ask("SELECT pg_try_advisory_lock(4097083626)"), "t");
}

static void
secrets_in_what_the_server_says_are_masked(void **)
{
	fixture_require();
	struct kg_mask mask = { .arena = fixture.arena };

	kg_mask_add(&mask, "s3cret-key");
	fixture_write("1_a.sql", "-- +goose Up\nSELECT 's3cret-key'::int;\n");
	fixture_reset();
	fixture.drive.job.mask = &mask;
	assert_false(drive_call(&fixture.drive, kg_kind_migration.run));
	assert_string_equal(fixture.drive.error->cause->message, "invalid input syntax for type integer: \"***\" (SQLSTATE 22P02)");
}

static void
settings_that_make_no_sense_are_refused_without_a_server(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_migration_spec spec = { .url = "postgresql://u:p@h/d", .dir = "/m", .table = "goose_db_version" };

	assert_null(kg_kind_migration.facts.check(arena, &spec));
	spec.table = "goose versions; DROP";
	assert_non_null(kg_kind_migration.facts.check(arena, &spec));
	spec.table = "${vars.table}";
	spec.url = "mysql://u:p@h/d";
	assert_string_equal(kg_kind_migration.facts.check(arena, &spec)->message,
	    "`url` must start with postgresql://: migrations are for PostgreSQL only");
	spec.url = "postgresql://u:pass%zz@h/d";
	struct kg_error *error = kg_kind_migration.facts.check(arena, &spec);
	assert_string_equal(error->message, "`url` is not one that PostgreSQL understands");
	assert_string_equal(error->advice, "characters such as @ / : % in the password are written as %40 %2F %3A %25");
	spec.url = "host=h dbname=d";
	assert_null(kg_kind_migration.facts.check(arena, &spec));
	spec.url = "postgresql://u:${secrets.word}@h:${port.x}/d";
	assert_null(kg_kind_migration.facts.check(arena, &spec));
	kg_arena_free(arena);
}

#define with_database(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_database(a_server_that_is_still_starting_is_waited_for),
		with_database(a_wrong_password_fails_at_once_with_the_servers_words),
		with_database(a_database_that_is_not_there_fails_at_once),
		with_database(a_host_that_has_no_address_fails_at_once),
		with_database(a_free_connection_is_waited_for),
		with_database(a_server_that_accepts_and_says_nothing_is_given_up),
		with_database(the_holder_of_gooses_lock_is_named_when_time_is_up),
		with_database(gooses_lock_is_waited_for_and_given_back),
		with_database(a_lock_on_a_table_is_waited_for_only_so_long),
		with_database(an_operation_that_is_ended_early_lets_go_of_the_database),
		with_database(secrets_in_what_the_server_says_are_masked),
		cmocka_unit_test(settings_that_make_no_sense_are_refused_without_a_server),
	};

	return cmocka_run_group_tests_name("connection", tests, fixture_open, fixture_close);
}
