/*
 * goose's own parser tests, run over its own inputs: they are read from Go's module cache, where `go mod download` puts them,
 * and are skipped when Go is not at hand.
 */
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
#include "engine/base/file.h"
#include "targets/sql/goose_parse.h"
#include "tests/unit/sql/goose.h"

static const char *const environment[] = { "GOOSE_ENV_REGION=us_east_", "GOOSE_ENV_NAME=foo",
	"GOOSE_ENV_SET_BUT_EMPTY_VALUE=", NULL };

static struct kg_arena *arena;
static const char *folder; /* of the inputs; NULL: not at hand */

static int
find_inputs(void **)
{
	arena = kg_arena_make();
	const char *source = goose_source(arena);
	folder = source ? kg_format(arena, "%s/internal/sqlparser/testdata", source) : NULL;
	return 0;
}

static int
free_arena(void **)
{
	kg_arena_free(arena);
	return 0;
}

static struct kg_error *
parse(const char *name, enum kg_goose_direction direction, struct kg_goose_section *section)
{
	struct kg_goose_source source = { .file = name };

	assert_null(kg_file_read(arena, kg_format(arena, "%s/%s", folder, name), &source.bytes, &source.size));
	return kg_goose_parse(arena, &source, direction, environment, section);
}

static void
assert_golden(const char *test, enum kg_goose_direction direction, uint32_t count)
{
	const char *word = direction == KG_GOOSE_UP ? "up" : "down", *golden;
	struct kg_goose_section section;
	size_t size;

	assert_null(parse(kg_format(arena, "%s/input.sql", test), direction, &section));
	assert_int_equal(section.count, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *path = kg_format(arena, "%s/%s/%02u.%s.golden.sql", folder, test, i + 1, word);

		assert_null(kg_file_read(arena, path, &golden, &size));
		assert_string_equal(section.statements[i].text, golden);
		assert_int_equal(section.statements[i].size, size);
	}
}

static void
require_inputs(void)
{
	if (!folder) {
		print_message("Go is missing, or goose's source cannot be had\n");
		skip();
	}
}

static void
valid_files_are_cut_as_goose_cuts_them(void **)
{
	static const uint32_t counts[] = { 3, 1, 1, 3, 2, 5, 1, 6, 1 };

	require_inputs();
	for (uint32_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		assert_golden(kg_format(arena, "valid-up/test%02u", i + 1), KG_GOOSE_UP, counts[i]);
}

static void
variables_are_replaced_as_goose_replaces_them(void **)
{
	require_inputs();
	assert_golden("envsub/test01", KG_GOOSE_UP, 4);
	assert_golden("envsub/test01", KG_GOOSE_DOWN, 1);
	assert_golden("envsub/test02", KG_GOOSE_UP, 3);
	assert_golden("envsub/test02", KG_GOOSE_DOWN, 0);
	assert_golden("envsub/test03", KG_GOOSE_UP, 1);
	assert_golden("envsub/test03", KG_GOOSE_DOWN, 0);
}

static void
invalid_files_are_refused_as_goose_refuses_them(void **)
{
	struct kg_goose_section section;

	require_inputs();
	for (const char *name = "abcd"; *name; name++) {
		struct kg_error *error = parse(kg_format(arena, "invalid/up/%c.sql", *name), KG_GOOSE_UP, &section);

		assert_non_null(error);
		assert_true(error->place.line > 0);
	}
}

static void
transactions_are_used_where_goose_uses_them(void **)
{
	struct kg_goose_section section;

	require_inputs();
	assert_null(parse("valid-txn/00001_create_users_table.sql", KG_GOOSE_UP, &section));
	assert_false(section.no_transaction);
	assert_null(parse("valid-txn/00002_rename_root.sql", KG_GOOSE_UP, &section));
	assert_false(section.no_transaction);
	assert_null(parse("valid-txn/00003_no_transaction.sql", KG_GOOSE_UP, &section));
	assert_true(section.no_transaction);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_files_are_cut_as_goose_cuts_them),
		cmocka_unit_test(variables_are_replaced_as_goose_replaces_them),
		cmocka_unit_test(invalid_files_are_refused_as_goose_refuses_them),
		cmocka_unit_test(transactions_are_used_where_goose_uses_them),
	};

	return cmocka_run_group_tests_name("goose_conformance", tests, find_inputs, free_arena);
}
