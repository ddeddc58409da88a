#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/sql/migration_sql.h"

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

static void
assert_split(const char *setting, const char *schema, const char *table)
{
	const char *found_schema, *found_table;

	assert_true(kg_migration_table_split(arena, setting, &found_schema, &found_table));
	assert_string_equal(found_table, table);
	if (schema)
		assert_string_equal(found_schema, schema);
	else
		assert_null(found_schema);
}

static void
a_table_is_named_as_postgresql_reads_it(void **)
{
	assert_split("goose_db_version", NULL, "goose_db_version");
	assert_split("Goose", NULL, "goose");
	assert_split("App.\"Version \"\"1\"\"\"", "app", "Version \"1\"");
}

static void
what_is_no_name_is_refused(void **)
{
	const char *const others[] = { "", ".", "a.", ".b", "a.b.c", "a b", "a; DROP TABLE b", "a . b", "'a'", "a--", "a.b -- c",
		"$$a$$" };
	const char *schema, *table;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (kg_migration_table_split(arena, others[i], &schema, &table))
			fail_msg("%s", others[i]);
}

static void
quotes_cannot_be_left(void **)
{
	assert_string_equal(kg_sql_quote_name(arena, "a\"b"), "\"a\"\"b\"");
	assert_string_equal(kg_sql_quote_text(arena, "a'b\\c"), "E'a''b\\\\c'");
	struct kg_migration_tables tables = kg_migration_tables_name(arena, "s", "t'x");
	assert_string_equal(tables.goose, "\"s\".\"t'x\"");
	assert_string_equal(tables.own, "\"s\".kgraph_migration");
	assert_string_equal(tables.key, "E't''x'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_named_as_postgresql_reads_it),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(quotes_cannot_be_left),
	};

	return cmocka_run_group_tests_name("migration_sql", tests, make_arena, free_arena);
}
