#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/sql/goose_expand.h"

static const char *const environment[] = { "REGION=us_east", "EMPTY=", "SEVEN=abcdefg", "DEEP=deep", NULL };

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
assert_expanded(const char *line, const char *expected)
{
	struct kg_text text = { .arena = arena };
	size_t at;
	struct kg_error *error = kg_goose_expand(arena, environment, kg_goose_slice_of(line), &text, &at);

	assert_null(error);
	assert_string_equal(kg_text_end(&text), expected);
}

static void
assert_refused(const char *line, const char *message, size_t expected_at)
{
	struct kg_text text = { .arena = arena };
	size_t at;
	struct kg_error *error = kg_goose_expand(arena, environment, kg_goose_slice_of(line), &text, &at);

	assert_non_null(error);
	assert_string_equal(error->message, message);
	assert_int_equal(at, expected_at);
}

static void
plain_names_end_where_the_name_ends(void **)
{
	assert_expanded("a $REGION.b ${REGION}_c $UNSET|${UNSET}|", "a us_east.b us_east_c ||");
}

static void
a_colon_dash_text_stands_for_an_empty_value_and_a_dash_text_for_an_unset_one(void **)
{
	assert_expanded("${EMPTY:-x} ${EMPTY-x} ${UNSET-x} ${UNSET:-x} ${REGION:-x}", "x  x x us_east");
}

static void
texts_may_hold_variables(void **)
{
	assert_expanded("${UNSET:-${EMPTY:-a$DEEP}} ${UNSET-}", "adeep ");
}

static void
a_text_that_is_not_taken_is_not_asked_for_what_it_requires(void **)
{
	assert_expanded("${REGION:-${UNSET?must be set}}", "us_east");
}

static void
a_part_of_a_value_is_cut_by_bytes(void **)
{
	assert_expanded("${SEVEN:2} ${SEVEN:2:3} ${SEVEN: -2} ${SEVEN:1:-2} ${SEVEN:9} ${SEVEN:-9} ${SEVEN: -9:2} ${UNSET:1:2}",
	    "cdefg cde fg bcde  abcdefg ab ");
}

static void
escaped_dollars_and_shell_commands_stay(void **)
{
	assert_expanded("\\$REGION $$REGION $(date) \\\\ \\x cost $", "$REGION $REGION $(date) \\\\ \\x cost $");
}

static void
what_is_required_and_not_set_is_refused_with_its_message(void **)
{
	assert_refused("CREATE ${UNSET?give $REGION a name}", "$UNSET: give us_east a name", 34);
	assert_refused("${UNSET?}", "$UNSET: not set", 8);
	assert_expanded("${EMPTY?must be set}${REGION?must be set}", "us_east");
}

static void
what_is_no_variable_is_refused_where_it_stands(void **)
{
	assert_refused("SELECT $1", "the name of a variable must start with a letter", 8);
	assert_refused("${REGION", "`${REGION` must go on with }, :-, -, ? or :", 8);
	assert_refused("${REGION:-x", "`${REGION` is not closed by `}`", 11);
	assert_refused("${REGION:x}", "`x` is not a number", 10);
	assert_refused("$REGION\xc3\xa9", "the name of a variable may hold ASCII letters, digits and `_` only", 7);
}

static void
nesting_has_a_limit(void **)
{
	char line[4 * 100 + 1] = "";

	for (int i = 0; i < 100; i++)
		strcat(line, "${A-");
	struct kg_text text = { .arena = arena };
	size_t at;
	assert_non_null(kg_goose_expand(arena, environment, kg_goose_slice_of(line), &text, &at));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_names_end_where_the_name_ends),
		cmocka_unit_test(a_colon_dash_text_stands_for_an_empty_value_and_a_dash_text_for_an_unset_one),
		cmocka_unit_test(texts_may_hold_variables),
		cmocka_unit_test(a_text_that_is_not_taken_is_not_asked_for_what_it_requires),
		cmocka_unit_test(a_part_of_a_value_is_cut_by_bytes),
		cmocka_unit_test(escaped_dollars_and_shell_commands_stay),
		cmocka_unit_test(what_is_required_and_not_set_is_refused_with_its_message),
		cmocka_unit_test(what_is_no_variable_is_refused_where_it_stands),
		cmocka_unit_test(nesting_has_a_limit),
	};

	return cmocka_run_group_tests_name("goose_expand", tests, make_arena, free_arena);
}
