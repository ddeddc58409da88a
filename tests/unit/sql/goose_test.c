/* goose after kgraph and kgraph after goose on one database: each goes on from what the other has left. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "tests/unit/sql/goose.h"
#include "tests/unit/sql/migration_fixture.h"

static const char *program; /* goose's; NULL: not at hand */

static int
open_both(void **state)
{
	fixture_open(state);
	if (fixture.server)
		program = goose_program(fixture.server->arena);
	return 0;
}

static void
require_both(void)
{
	fixture_require();
	if (!program) {
		print_message("goose cannot be had: Go is missing, or its module proxy cannot be reached\n");
		skip();
	}
}

/* All that goose prints; the test fails when goose does. */
static const char *
goose(const char *command)
{
	const char *line = kg_format(
	    fixture.arena, "'%s' -dir '%s' postgres '%s?sslmode=disable' %s 2>&1", program, fixture.spec.dir, fixture.url, command);
	struct kg_text output = { .arena = fixture.arena };
	char piece[1024];
	size_t size;
	FILE *pipe = popen(line, "r");

	assert_non_null(pipe);
	while ((size = fread(piece, 1, sizeof(piece), pipe)) > 0)
		kg_text_add_bytes(&output, piece, size);
	if (pclose(pipe) != 0)
		fail_msg("goose %s: %s", command, kg_text_end(&output));
	return kg_text_end(&output);
}

static bool
goose_says(const char *command, const char *part)
{
	return strstr(goose(command), part) != NULL;
}

static void
assert_kgraph(void)
{
	if (!fixture_run())
		fail_msg("%s", kg_error_text(fixture.arena, fixture.drive.error));
}

static void
write_files(int first, int last)
{
	for (int i = first; i <= last; i++) {
		const char *text = kg_format(fixture.arena,
		    "-- +goose Up\nCREATE TABLE t%d (x int);\n-- +goose StatementBegin\nDO $$ BEGIN INSERT INTO t%d VALUES (%d); "
		    "END $$;\n"
		    "-- +goose StatementEnd\n-- +goose Down\nDROP TABLE t%d;\n",
		    i, i, i, i);

		fixture_write(kg_format(fixture.arena, "%05d_t%d.sql", i, i), text);
	}
}

static void
goose_finds_nothing_to_do_after_kgraph(void **)
{
	require_both();
	write_files(1, 3);
	assert_kgraph();
	assert_true(goose_says("up", "no migrations to run. current version: 3"));
	assert_false(goose_says("status", "Pending"));
	assert_true(goose_says("version", "3"));
	assert_string_equal(fixture_look(), "");
}

static void
the_table_is_what_goose_makes(void **)
{
	static const char columns[] =
	    "SELECT string_agg(concat_ws(' ', column_name, data_type, is_nullable, column_default, is_identity, "
	    "identity_generation), "
	    "', ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'goose_db_version'";
	static const char rows[] =
	    "SELECT string_agg(concat_ws(' ', id, version_id, is_applied), ', ' ORDER BY id) FROM goose_db_version";

	require_both();
	write_files(1, 2);
	assert_kgraph();
	const char *our_columns = fixture_ask(columns), *our_rows = fixture_ask(rows);
	server_database(fixture.server, "shop");
	goose("up");
	assert_string_equal(fixture_ask(columns), our_columns);
	assert_string_equal(fixture_ask(rows), our_rows);
}

static void
kgraph_adopts_what_goose_has_applied_and_goes_on(void **)
{
	require_both();
	write_files(1, 2);
	goose("up");
	write_files(3, 3);
	assert_kgraph();
	assert_string_equal(kg_text_end(&fixture.drive.told), "00003_t3.sql (3 of 3)\n");
	assert_non_null(
	    strstr(kg_text_end(&fixture.drive.logged), "2 migrations were applied by goose: their checksums are written down"));
	assert_true(goose_says("up", "no migrations to run. current version: 3"));
	/* From now on they are guarded like our own. */
	fixture_write("00001_t1.sql", "-- +goose Up\nSELECT 1;\n");
	assert_false(fixture_run());
	assert_non_null(strstr(fixture.drive.error->message, "00001_t1.sql was edited after it was applied"));
}

static void
each_goes_on_from_the_other_in_turn(void **)
{
	require_both();
	write_files(1, 1);
	goose("up");
	write_files(2, 2);
	assert_kgraph();
	write_files(3, 3);
	goose("up");
	assert_string_equal(fixture_look(), "something else, such as goose, migrated it since: its version is 3, and was 2");
	write_files(4, 4);
	assert_kgraph();
	assert_true(goose_says("up", "current version: 4"));
	assert_string_equal(fixture_versions(), "1 2 3 4");
}

static void
what_goose_undoes_kgraph_applies_again(void **)
{
	require_both();
	write_files(1, 3);
	assert_kgraph();
	goose("down");
	assert_string_equal(fixture_look(), "migration 3 was undone by something else, such as goose: its version is 2");
	assert_kgraph();
	assert_string_equal(kg_text_end(&fixture.drive.told), "00003_t3.sql (3 of 3)\n");
	/* Undone, edited and applied again by goose: no edit to complain about. */
	goose("down");
	fixture_write("00003_t3.sql", "-- +goose Up\nCREATE TABLE other ();\n-- +goose Down\nDROP TABLE other;\n");
	goose("up");
	assert_kgraph();
	assert_string_equal(fixture_look(), "");
	goose("reset");
	assert_string_equal(fixture_look(), "migration 3 was undone by something else, such as goose: its version is 0");
	assert_kgraph();
	assert_string_equal(fixture_versions(), "1 2 3");
}

static void
purge_undoes_what_goose_has_applied_too(void **)
{
	require_both();
	write_files(1, 2);
	goose("up");
	write_files(3, 3);
	assert_kgraph();
	assert_true(fixture_purge());
	assert_string_equal(fixture_ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
	assert_true(goose_says("up", "successfully migrated database to version: 3"));
}

static void
gooses_own_migrations_apply_and_undo(void **)
{
	require_both();
	const char *source = goose_source(fixture.arena);

	if (!source) {
		print_message("goose's source cannot be had\n");
		skip();
	}
	fixture.spec.dir = kg_format(fixture.arena, "%s/testdata/migrations", source);
	assert_kgraph();
	assert_string_equal(fixture_versions(), "1 2 3 4 5");
	assert_true(goose_says("up", "current version: 5"));
	assert_true(fixture_purge());
}

/* They are of the shape that real ones have: partitions, functions, and one file without a transaction. */
static void
the_examples_migrations_mean_the_same_to_both(void **)
{
	static const char objects[] = "SELECT string_agg(relkind::text || ' ' || relname, ' ' ORDER BY relname) FROM pg_class "
				      "WHERE relnamespace = 'public'::regnamespace AND relname !~ 'kgraph_migration|^pg_'";

	require_both();
	fixture.spec.dir = "examples/datastorage-stack/migrations";
	assert_kgraph();
	const char *ours = fixture_ask(objects);
	assert_true(goose_says("up", "no migrations to run. current version: 17"));
	assert_true(fixture_purge());
	assert_string_equal(fixture_ask(objects), "");
	goose("up");
	assert_string_equal(fixture_ask(objects), ours);
	goose("reset");
}

#define with_database(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_database(goose_finds_nothing_to_do_after_kgraph),
		with_database(the_table_is_what_goose_makes),
		with_database(kgraph_adopts_what_goose_has_applied_and_goes_on),
		with_database(each_goes_on_from_the_other_in_turn),
		with_database(what_goose_undoes_kgraph_applies_again),
		with_database(purge_undoes_what_goose_has_applied_too),
		with_database(gooses_own_migrations_apply_and_undo),
		with_database(the_examples_migrations_mean_the_same_to_both),
	};

	return cmocka_run_group_tests_name("goose", tests, open_both, fixture_close);
}
