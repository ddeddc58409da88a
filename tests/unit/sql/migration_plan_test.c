#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/sql/migration_plan.h"

static const struct kg_goose_statement two_statements[] = {
	{ .text = "SELECT 1;", .size = 9 },
	{ .text = "SELECT 2;", .size = 9 },
};

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

/* A file that reads well; what it is made of is told apart by letters for hashes. */
static struct kg_migration_file
file(int64_t version, char sha256, char normalised)
{
	return (struct kg_migration_file){
		.version = version,
		.name = kg_format(arena, "%d_x.sql", (int)version),
		.sha256 = { { sha256, '\0' } },
		.normalised = { { normalised, '\0' } },
		.up = { two_statements, 2, true },
	};
}

static struct kg_migration_row
row_by_goose(int64_t version)
{
	return (struct kg_migration_row){ .version = version, .is_applied = true, .goose_id = version + 100 };
}

static struct kg_migration_row
row_by_kgraph(int64_t version, const char *sha256, const char *normalised)
{
	struct kg_migration_row row = row_by_goose(version);

	row.is_known = row.is_finished = true;
	row.known_id = row.goose_id;
	row.file = kg_format(arena, "%d_x.sql", (int)version);
	row.sha256 = sha256;
	row.normalised = normalised;
	row.applied_at = "on Monday";
	return row;
}

struct world {
	struct kg_migration_file files[8];
	struct kg_migration_row rows[8];
	bool allow_missing;
};

static struct kg_error *
plan(const struct world *world, struct kg_migration_plan *ret_plan)
{
	struct kg_migration_files files = { .items = world->files };
	uint32_t row_count = 0;

	while (files.count < 8 && world->files[files.count].version > 0)
		files.count++;
	while (row_count < 8 && world->rows[row_count].version > 0)
		row_count++;
	return kg_migration_plan(arena, &files, world->rows, row_count, world->allow_missing, ret_plan);
}

/* "apply 3 4 record 1+ 2": a plus where it is adopted, @N where it goes on at a statement. */
static const char *
told(const struct world *world)
{
	struct kg_migration_plan made;
	struct kg_text text = { .arena = arena };
	struct kg_error *error = plan(world, &made);

	if (error)
		return error->detail ? error->detail : error->message;
	kg_text_add(&text, "apply");
	for (uint32_t i = 0; i < made.step_count; i++) {
		kg_text_format(&text, " %d", (int)made.steps[i].file->version);
		if (made.steps[i].first > 0)
			kg_text_format(&text, "@%u", made.steps[i].first);
	}
	kg_text_add(&text, " record");
	for (uint32_t i = 0; i < made.record_count; i++)
		kg_text_format(&text, " %d%s", (int)made.records[i].file->version, made.records[i].is_adopted ? "+" : "");
	for (uint32_t i = 0; i < made.note_count; i++)
		kg_text_format(&text, "\n%s", made.notes[i]);
	return kg_text_end(&text);
}

#define assert_told(expected, ...) assert_string_equal(told(&(struct world){ __VA_ARGS__ }), expected)

static void
an_empty_database_gets_all_in_order(void **)
{
	assert_told("apply 1 2 10 record", .files = { file(1, 'a', 'a'), file(2, 'b', 'b'), file(10, 'c', 'c') });
}

static void
what_is_applied_and_unchanged_is_left_alone(void **)
{
	assert_told("apply 3 record", .files = { file(1, 'a', 'a'), file(2, 'b', 'b'), file(3, 'c', 'c') },
	    .rows = { row_by_kgraph(1, "a", "a"), row_by_kgraph(2, "b", "b") });
}

static void
what_goose_applied_is_adopted(void **)
{
	assert_told("apply 3 record 1+ 2+", .files = { file(1, 'a', 'a'), file(2, 'b', 'b'), file(3, 'c', 'c') },
	    .rows = { row_by_goose(1), row_by_goose(2) });
}

static void
what_goose_undid_and_applied_again_is_adopted_whatever_it_was(void **)
{
	struct kg_migration_row row = row_by_kgraph(1, "old", "old");

	row.goose_id++;
	assert_told("apply record 1+", .files = { file(1, 'a', 'a') }, .rows = { row });
}

static void
what_goose_undid_is_applied_as_it_is_now(void **)
{
	struct kg_migration_row row = row_by_kgraph(2, "old", "old");

	row.is_applied = false;
	row.goose_id = 0;
	assert_told(
	    "apply 2 record", .files = { file(1, 'a', 'a'), file(2, 'b', 'b') }, .rows = { row_by_kgraph(1, "a", "a"), row });
}

static void
an_edit_of_white_space_is_noted_and_written_down(void **)
{
	assert_told(
	    "apply record 1\n1_x.sql was edited since it was applied, but only in white space, comments or its Down section",
	    .files = { file(1, 'b', 'a') }, .rows = { row_by_kgraph(1, "a", "a") });
}

static void
an_edited_file_is_refused_by_name(void **)
{
	assert_told("1_x.sql was edited after it was applied on Monday", .files = { file(1, 'b', 'b'), file(2, 'c', 'c') },
	    .rows = { row_by_kgraph(1, "a", "a") });
}

static void
a_removed_file_is_refused_by_name(void **)
{
	assert_told("2_x.sql is gone, which was applied on Monday", .files = { file(1, 'a', 'a'), file(3, 'c', 'c') },
	    .rows = { row_by_kgraph(1, "a", "a"), row_by_kgraph(2, "b", "b"), row_by_kgraph(3, "c", "c") });
	assert_told("version 4 is applied, but no file has it", .files = { file(1, 'a', 'a') },
	    .rows = { row_by_kgraph(1, "a", "a"), row_by_goose(4) });
}

static void
files_that_were_joined_before_kgraph_came_are_noted(void **)
{
	assert_told("apply 4 record 3+\nversion 1 was applied before, and has no file any more\n"
		    "version 2 was applied before, and has no file any more",
	    .files = { file(3, 'c', 'c'), file(4, 'd', 'd') }, .rows = { row_by_goose(1), row_by_goose(2), row_by_goose(3) });
}

static void
duplicate_versions_are_refused_by_name(void **)
{
	struct kg_migration_file twin = file(2, 'c', 'c');

	twin.name = "02_y.sql";
	assert_told("2_x.sql and 02_y.sql have the same version", .files = { file(1, 'a', 'a'), file(2, 'b', 'b'), twin });
}

static void
a_file_that_comes_too_late_is_refused_unless_it_is_allowed(void **)
{
	assert_told("2_x.sql comes too late: 3_x.sql is applied already",
	    .files = { file(1, 'a', 'a'), file(2, 'b', 'b'), file(3, 'c', 'c') },
	    .rows = { row_by_kgraph(1, "a", "a"), row_by_kgraph(3, "c", "c") });
	assert_told("apply 2 4 record", .files = { file(1, 'a', 'a'), file(2, 'b', 'b'), file(3, 'c', 'c'), file(4, 'd', 'd') },
	    .rows = { row_by_kgraph(1, "a", "a"), row_by_kgraph(3, "c", "c") }, .allow_missing = true);
}

static struct kg_migration_row
row_halfway(int64_t version, uint32_t done)
{
	static struct kg_sha256 hash;
	struct kg_goose_section section = { two_statements, 2, true };
	struct kg_migration_row row = { .version = version, .is_known = true, .file = "2_x.sql", .statements_done = done };

	kg_migration_hash_statements(&section, done, &hash);
	row.normalised = hash.text;
	return row;
}

static void
a_file_that_stopped_on_the_way_goes_on_behind_what_is_done(void **)
{
	assert_told("apply 2@1 record", .files = { file(1, 'a', 'a'), file(2, 'b', 'b') },
	    .rows = { row_by_kgraph(1, "a", "a"), row_halfway(2, 1) });
	/* All statements done, and killed before the version was written. */
	assert_told("apply 2@2 record", .files = { file(2, 'b', 'b') }, .rows = { row_halfway(2, 2) });
}

static void
a_file_that_was_edited_in_what_is_done_is_refused(void **)
{
	struct kg_migration_row row = row_halfway(2, 1);

	row.normalised = "other";
	assert_told("2_x.sql was edited in its first 1 statements, which are applied already; it stopped behind them",
	    .files = { file(2, 'b', 'b') }, .rows = { row });
	row.statements_done = 3;
	assert_told("2_x.sql was edited in its first 3 statements, which are applied already; it stopped behind them",
	    .files = { file(2, 'b', 'b') }, .rows = { row });
	assert_told("2_x.sql is gone, of which 1 statements are applied", .files = { file(1, 'a', 'a') },
	    .rows = { row_by_kgraph(1, "a", "a"), row_halfway(2, 1) });
}

static void
a_file_in_go_is_refused_while_it_is_pending(void **)
{
	struct kg_migration_file go = file(1, 'a', 'a');

	go.is_go = true;
	go.name = "1_x.go";
	assert_told("1_x.go is written in Go, which kgraph cannot run", .files = { go });
	assert_told("apply record", .files = { go }, .rows = { row_by_goose(1) });
}

static void
the_error_of_a_file_counts_only_while_it_is_pending(void **)
{
	struct kg_migration_file bad = file(1, 'a', 'a');

	bad.error = kg_error_make(arena, KG_EINPUT, "no semicolon");
	assert_told("no semicolon", .files = { bad });
	assert_told("apply 2 record", .files = { bad, file(2, 'b', 'b') }, .rows = { row_by_kgraph(1, "a", "a") });
}

static void
all_that_is_wrong_is_told_at_once(void **)
{
	struct kg_migration_file bad = file(4, 'd', 'd');
	struct world world = { .files = { file(1, 'b', 'b'), file(2, 'b', 'b'), bad },
		.rows = { row_by_kgraph(1, "a", "a"), row_by_kgraph(3, "c", "c") } };
	struct kg_migration_plan made;

	world.files[2].error = kg_error_at(arena, KG_EINPUT,
	    (struct kg_place){ .file = "db/4_x.sql", .line = 7, .column = 3, .line_text = "SELECT" }, "no semicolon");
	struct kg_error *error = plan(&world, &made);
	assert_non_null(error);
	assert_string_equal(error->message, "4 things are wrong with the migrations; nothing was applied");
	assert_string_equal(error->detail,
	    "1_x.sql was edited after it was applied on Monday\n"
	    "    put it back as it was and make the change in a new migration, or start with an empty database\n"
	    "2_x.sql comes too late: 3_x.sql is applied already\n"
	    "    give it a higher version, or set allow_missing = true\n"
	    "3_x.sql is gone, which was applied on Monday\n"
	    "    put the file back (is another branch checked out?), or start with an empty database\n"
	    "4_x.sql:7:3: no semicolon\n"
	    "    SELECT\n");
}

static void
what_is_applied_is_counted(void **)
{
	struct world world = { .files = { file(1, 'a', 'a'), file(2, 'b', 'b'), file(3, 'c', 'c') },
		.rows = { row_by_kgraph(1, "a", "a"), row_by_goose(2) } };
	struct kg_migration_plan made;

	assert_null(plan(&world, &made));
	assert_int_equal(made.applied_count, 2);
	assert_int_equal(made.adopted_count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_database_gets_all_in_order),
		cmocka_unit_test(what_is_applied_and_unchanged_is_left_alone),
		cmocka_unit_test(what_goose_applied_is_adopted),
		cmocka_unit_test(what_goose_undid_and_applied_again_is_adopted_whatever_it_was),
		cmocka_unit_test(what_goose_undid_is_applied_as_it_is_now),
		cmocka_unit_test(an_edit_of_white_space_is_noted_and_written_down),
		cmocka_unit_test(an_edited_file_is_refused_by_name),
		cmocka_unit_test(a_removed_file_is_refused_by_name),
		cmocka_unit_test(files_that_were_joined_before_kgraph_came_are_noted),
		cmocka_unit_test(duplicate_versions_are_refused_by_name),
		cmocka_unit_test(a_file_that_comes_too_late_is_refused_unless_it_is_allowed),
		cmocka_unit_test(a_file_that_stopped_on_the_way_goes_on_behind_what_is_done),
		cmocka_unit_test(a_file_that_was_edited_in_what_is_done_is_refused),
		cmocka_unit_test(a_file_in_go_is_refused_while_it_is_pending),
		cmocka_unit_test(the_error_of_a_file_counts_only_while_it_is_pending),
		cmocka_unit_test(all_that_is_wrong_is_told_at_once),
		cmocka_unit_test(what_is_applied_is_counted),
	};

	return cmocka_run_group_tests_name("migration_plan", tests, make_arena, free_arena);
}
