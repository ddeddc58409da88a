#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "targets/sql/migration_files.h"

static const char *const environment[] = { "NAME=users", NULL };

static struct kg_arena *arena;
static char folder[64];

static int
make_folder(void **)
{
	arena = kg_arena_make();
	strcpy(folder, "/tmp/kgraph-migrations-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **)
{
	struct kg_error *error = kg_file_remove(arena, folder);

	kg_arena_free(arena);
	return error ? -1 : 0;
}

static void
write_file(const char *name, const char *text)
{
	assert_null(kg_file_write(arena, kg_path_join(arena, folder, name), text, strlen(text), 0644));
}

static struct kg_migration_files
read_all(void)
{
	struct kg_migration_files files;

	assert_null(kg_migration_files_read(arena, folder, environment, &files));
	return files;
}

static void
a_version_is_the_number_before_the_first_underscore(void **)
{
	assert_int_equal(kg_migration_version("00001_users.sql"), 1);
	assert_int_equal(kg_migration_version("20240102030405_a_b.sql"), 20240102030405);
	assert_int_equal(kg_migration_version("+7_plus.sql"), 7);
	assert_int_equal(kg_migration_version("0_zero.sql"), 0);
	assert_int_equal(kg_migration_version("7.sql"), 0);
	assert_int_equal(kg_migration_version("-7_minus.sql"), 0);
	assert_int_equal(kg_migration_version("a7_x.sql"), 0);
	assert_int_equal(kg_migration_version(" 7_x.sql"), 0);
	assert_int_equal(kg_migration_version("99999999999999999999_x.sql"), 0);
	assert_int_equal(kg_migration_version(""), 0);
}

static void
files_come_by_version_and_others_are_passed_over(void **)
{
	write_file("10_ten.sql", "-- +goose Up\n");
	write_file("9_nine.sql", "-- +goose Up\nSELECT 9;\n-- +goose Down\nSELECT -9;\n");
	write_file("seed.sql", "SELECT 1;\n");
	write_file("11_code.go", "package migrations\n");
	write_file("12_code_test.go", "package migrations\n");
	write_file("README.md", "# 1_not\n");
	struct kg_migration_files files = read_all();

	assert_int_equal(files.count, 3);
	assert_string_equal(files.items[0].name, "9_nine.sql");
	assert_string_equal(files.items[0].source.file, kg_path_join(arena, folder, "9_nine.sql"));
	assert_int_equal(files.items[0].up.count, 1);
	assert_int_equal(files.items[0].down.count, 1);
	assert_int_equal(files.items[1].version, 10);
	assert_true(files.items[2].is_go);
	assert_int_equal(files.ignored_count, 1);
	assert_string_equal(files.ignored[0], "seed.sql");
}

static void
the_hash_is_that_of_sha256sum(void **)
{
	write_file("1_a.sql", "-- +goose Up\n");
	struct kg_migration_files files = read_all();

	assert_string_equal(files.items[0].sha256.text, "d6f9ebad8844348044d4a7babff440d1547d687488467b8e406c48fd771acfd4");
}

static struct kg_migration_file
read_text(const char *text)
{
	write_file("1_a.sql", text);
	return read_all().items[0];
}

static void
only_what_up_does_counts_in_the_normalised_hash(void **)
{
	struct kg_migration_file a = read_text("-- +goose Up\nSELECT 1, 'x  y';\n-- +goose Down\nSELECT 2;\n");
	struct kg_migration_file b =
	    read_text("-- about\n-- +goose Up\n\nSELECT 1,\r\n   'x  y'; -- c\n-- +goose Down\nSELECT 3;\n");
	struct kg_migration_file c = read_text("-- +goose Up\nSELECT 1, 'x y';\n");
	struct kg_migration_file d = read_text("-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1, 'x  y';\n");

	assert_string_not_equal(a.sha256.text, b.sha256.text);
	assert_string_equal(a.normalised.text, b.normalised.text);
	assert_string_not_equal(a.normalised.text, c.normalised.text);
	assert_string_not_equal(a.normalised.text, d.normalised.text);
}

static void
where_a_statement_ends_counts(void **)
{
	struct kg_migration_file a = read_text("-- +goose Up\nSELECT 1; SELECT 2;\n");
	struct kg_migration_file b = read_text("-- +goose Up\nSELECT 1;\nSELECT 2;\n");

	assert_string_not_equal(a.normalised.text, b.normalised.text);
}

static void
the_value_of_a_variable_is_not_part_of_the_hash(void **)
{
	static const char *const other[] = { "NAME=posts", NULL };
	struct kg_migration_files files;
	struct kg_migration_file a = read_text("-- +goose ENVSUB ON\n-- +goose Up\nSELECT '$NAME';\n");

	assert_null(kg_migration_files_read(arena, folder, other, &files));
	assert_string_equal(a.up.statements[0].text, "SELECT 'users';");
	assert_string_equal(files.items[0].up.statements[0].text, "SELECT 'posts';");
	assert_string_equal(files.items[0].normalised.text, a.normalised.text);
}

static void
a_file_that_cannot_be_read_keeps_its_error(void **)
{
	struct kg_migration_file down = read_text("-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2\n");
	struct kg_migration_file copy =
	    read_text("-- +goose Up\n-- +goose StatementBegin\nCOPY t FROM stdin;\n1\n\\.\n-- +goose StatementEnd\n");

	assert_non_null(down.error);
	assert_int_equal(down.error->place.line, 4);
	assert_int_equal(down.up.count, 0);
	assert_non_null(copy.error);
	assert_int_equal(copy.error->place.line, 3);
}

static void
a_folder_that_is_not_there_is_an_error(void **)
{
	struct kg_migration_files files;
	const char *gone = kg_path_join(arena, folder, "gone");
	struct kg_error *error = kg_migration_files_read(arena, gone, environment, &files);

	assert_non_null(error);
	assert_int_equal(error->code, KG_ESYSTEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_version_is_the_number_before_the_first_underscore),
		cmocka_unit_test_setup_teardown(files_come_by_version_and_others_are_passed_over, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(the_hash_is_that_of_sha256sum, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(only_what_up_does_counts_in_the_normalised_hash, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(where_a_statement_ends_counts, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(the_value_of_a_variable_is_not_part_of_the_hash, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_keeps_its_error, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_an_error, make_folder, remove_folder),
	};

	return cmocka_run_group_tests_name("migration_files", tests, NULL, NULL);
}
