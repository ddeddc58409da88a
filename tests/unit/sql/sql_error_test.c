#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/sql/sql_error.h"

static const char *const environment[] = { "TABLE=a_rather_long_name", "TWO=1,\n2", NULL };

static struct kg_arena *arena;

static int
make_arena(void **)
{
	arena = kg_arena_make();
	return 0;
}

static int
free_arena(void **)
{
	kg_arena_free(arena);
	return 0;
}

/* The place of the first time that `part` stands in the only statement of the file. */
static struct kg_place
place_of(const char *file, const char *part)
{
	struct kg_goose_source source = { "1_x.sql", file, strlen(file) };
	struct kg_goose_section up;
	uint32_t position = 1;

	assert_null(kg_goose_parse(arena, &source, KG_GOOSE_UP, environment, &up));
	assert_int_equal(up.count, 1);
	const char *found = strstr(up.statements[0].text, part);
	assert_non_null(found);
	for (const char *at = up.statements[0].text; at < found; at++)
		position += ((unsigned char)*at & 0xc0) != 0x80;
	return kg_sql_place(arena, &source, &up.statements[0], position);
}

static void
assert_place(struct kg_place place, uint32_t line, uint32_t column, uint32_t length)
{
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
	assert_int_equal(place.length, length);
}

static void
a_position_counts_characters_from_where_the_statement_starts(void **)
{
	const char *file = "-- +goose Up\n\n  SELECT '\xc3\xa4\xe2\x82\xac', wrong\n  FROM \"t\xc3\xa4g\";\n";

	assert_place(place_of(file, "SELECT"), 3, 3, 6);
	assert_place(place_of(file, "wrong"), 3, 16, 5);
	assert_place(place_of(file, "\"t"), 4, 8, 5);
	assert_string_equal(place_of(file, "wrong").line_text, "  SELECT '\xc3\xa4\xe2\x82\xac', wrong");
}

static void
lines_that_goose_takes_out_are_counted(void **)
{
	assert_place(place_of("-- +goose Up\nSELECT 1,\n-- +goose ENVSUB OFF\n\n  wrong;\n", "wrong"), 5, 3, 5);
}

static void
behind_a_variable_the_caret_stays_at_the_variable(void **)
{
	const char *file = "-- +goose ENVSUB ON\n-- +goose Up\nSELECT x FROM ${TABLE} WHERE y;\n";

	assert_place(place_of(file, "x FROM"), 3, 8, 1);
	assert_place(place_of(file, "WHERE"), 3, 15, 1);
	assert_string_equal(place_of(file, "WHERE").line_text, "SELECT x FROM ${TABLE} WHERE y;");
	assert_place(place_of("-- +goose ENVSUB ON\n-- +goose Up\nSELECT ${TWO}, x\n, y;\n", "2, x"), 3, 1, 1);
	assert_place(place_of("-- +goose ENVSUB ON\n-- +goose Up\nSELECT ${TWO}, x\n, y;\n", "y;"), 4, 3, 1);
}

static void
a_position_beyond_the_end_stands_at_the_end(void **)
{
	const char *file = "-- +goose Up\nSELECT (1;\n";
	struct kg_goose_source source = { "1_x.sql", file, strlen(file) };
	struct kg_goose_section up;

	assert_null(kg_goose_parse(arena, &source, KG_GOOSE_UP, environment, &up));
	assert_place(kg_sql_place(arena, &source, &up.statements[0], 11), 2, 11, 1);
	assert_place(kg_sql_place(arena, &source, &up.statements[0], 4000000000), 2, 11, 1);
	assert_place(kg_sql_place(arena, &source, &up.statements[0], 0), 2, 1, 6);
}

static void
assert_connect_error(const char *words, const char *message, const char *sqlstate, bool heals)
{
	char state[6];
	bool may_heal;
	struct kg_error *error = kg_sql_connect_error(arena, NULL, words, state, &may_heal);

	assert_string_equal(error->message, message);
	assert_string_equal(state, sqlstate);
	assert_int_equal(may_heal, heals);
}

static void
what_may_heal_is_told_from_what_will_not(void **)
{
	assert_connect_error(
	    "connection to server at \"127.0.0.1\", port 5432 failed: Connection refused\n\tIs the server running?\n",
	    "cannot connect to the database: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused", "",
	    true);
	assert_connect_error("connection to server at \"h\", port 1 failed: FATAL:  57P03: the database system is starting up\n"
			     "LOCATION:  ProcessStartupPacket, postmaster.c:2409\n",
	    "cannot connect to the database: connection to server at \"h\", port 1 failed: the database system is starting up",
	    "57P03", true);
	assert_connect_error("connection to server at \"h\", port 1 failed: FATAL:  53300: sorry, too many clients already\n",
	    "cannot connect to the database: connection to server at \"h\", port 1 failed: sorry, too many clients already",
	    "53300", true);
	assert_connect_error(
	    "connection to server at \"h\", port 1 failed: FATAL:  28P01: password authentication failed for user \"u\"\n",
	    "cannot connect to the database: connection to server at \"h\", port 1 failed: password authentication failed for user "
	    "\"u\"",
	    "28P01", false);
	assert_connect_error("could not translate host name \"h\" to address: Name or service not known\n",
	    "cannot connect to the database: could not translate host name \"h\" to address: Name or service not known", "", false);
	assert_connect_error(
	    "invalid port number: \"x\"\n", "cannot connect to the database: invalid port number: \"x\"", "", false);
	assert_connect_error("", "cannot connect to the database: ", "", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_position_counts_characters_from_where_the_statement_starts),
		cmocka_unit_test(lines_that_goose_takes_out_are_counted),
		cmocka_unit_test(behind_a_variable_the_caret_stays_at_the_variable),
		cmocka_unit_test(a_position_beyond_the_end_stands_at_the_end),
		cmocka_unit_test(what_may_heal_is_told_from_what_will_not),
	};

	return cmocka_run_group_tests_name("sql_error", tests, make_arena, free_arena);
}
