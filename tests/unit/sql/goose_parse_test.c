#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/sql/goose_parse.h"

static const char *const environment[] = { "NAME=users", "LINES=a\nb", NULL };

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

static struct kg_error *
parse(const char *text, enum kg_goose_direction direction, struct kg_goose_section *section)
{
	struct kg_goose_source source = { "1_x.sql", text, strlen(text) };

	return kg_goose_parse(arena, &source, direction, environment, section);
}

/* The statements, each on its own line within brackets. */
static const char *
statements_of(const char *text, enum kg_goose_direction direction)
{
	struct kg_goose_section section;
	struct kg_text told = { .arena = arena };
	struct kg_error *error = parse(text, direction, &section);

	if (error)
		return error->message;
	for (uint32_t i = 0; i < section.count; i++)
		kg_text_format(&told, "[%s]", section.statements[i].text);
	return kg_text_end(&told);
}

static void
assert_up(const char *text, const char *expected)
{
	assert_string_equal(statements_of(text, KG_GOOSE_UP), expected);
}

static void
assert_refused(const char *text, uint32_t line, uint32_t column, const char *message)
{
	struct kg_goose_section section;
	struct kg_error *error = parse(text, KG_GOOSE_UP, &section);

	assert_non_null(error);
	assert_string_equal(error->message, message);
	assert_string_equal(error->place.file, "1_x.sql");
	assert_int_equal(error->place.line, line);
	assert_int_equal(error->place.column, column);
}

static void
a_statement_ends_with_the_line_whose_last_word_ends_in_a_semicolon(void **)
{
	assert_up("-- +goose Up\n"
		  "CREATE TABLE t (\n\ta int\n);   -- the first\n"
		  "SELECT 2; SELECT 3; -- both\n"
		  "SELECT 'x' -- not here ;\n;\n",
	    "[CREATE TABLE t (\n\ta int\n);   -- the first]"
	    "[SELECT 2; SELECT 3; -- both]"
	    "[SELECT 'x' -- not here ;\n;]");
}

static void
comments_before_a_statement_are_dropped_and_those_within_are_kept(void **)
{
	assert_up("-- about\n\n-- +goose Up\n-- one\n\nSELECT\n-- two\n\n  1;\n-- three\n", "[SELECT\n-- two\n\n  1;]");
}

static void
each_direction_gets_its_own(void **)
{
	const char *text = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\nSELECT 3;\n";

	assert_string_equal(statements_of(text, KG_GOOSE_UP), "[SELECT 1;]");
	assert_string_equal(statements_of(text, KG_GOOSE_DOWN), "[SELECT 2;][SELECT 3;]");
}

static void
a_block_is_one_statement_whatever_its_semicolons(void **)
{
	assert_up("-- +goose Up\n"
		  "-- +goose StatementBegin\nCREATE FUNCTION f() AS $$\nBEGIN\n  x;\nEND;\n$$;\n-- +goose StatementEnd\n"
		  "SELECT 1;\n"
		  "-- +goose StatementBegin\nSELECT 2\n-- +goose StatementEnd\n",
	    "[CREATE FUNCTION f() AS $$\nBEGIN\n  x;\nEND;\n$$;][SELECT 1;][SELECT 2]");
}

static void
annotations_do_not_mind_case_spaces_and_line_ends(void **)
{
	assert_up("--   +goose   uP \t\r\n--+goose statementbegin\r\nSELECT 1\r\n-- +goose STATEMENTEND\r\n", "[SELECT 1]");
}

static void
no_transaction_counts_wherever_it_stands(void **)
{
	struct kg_goose_section section;

	assert_null(parse("-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose NO TRANSACTION\n", KG_GOOSE_UP, &section));
	assert_true(section.no_transaction);
	assert_null(parse("-- +goose Up\nSELECT 1;\n", KG_GOOSE_UP, &section));
	assert_false(section.no_transaction);
}

static void
an_empty_block_before_the_next_section_is_well(void **)
{
	assert_up("-- +goose Up\nSELECT 1;\n-- +goose StatementBegin\n-- nothing\n-- +goose StatementEnd\n"
		  "-- +goose Down\n-- +goose StatementBegin\n-- +goose StatementEnd\n",
	    "[SELECT 1;]");
}

static void
a_line_that_goose_would_lose_behind_an_empty_block_is_refused(void **)
{
	assert_refused("-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementEnd\n\nSELECT 1;\n", 5, 1,
	    "goose would pass over this line: the block in line 2 before it is empty");
}

static void
an_empty_block_of_the_other_direction_is_well(void **)
{
	const char *text = "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementEnd\nSELECT 1;\n-- +goose Down\nSELECT 2;\n";

	assert_string_equal(statements_of(text, KG_GOOSE_DOWN), "[SELECT 2;]");
}

static void
lines_and_column_lead_back_into_the_file(void **)
{
	struct kg_goose_section section;

	assert_null(parse("-- +goose Up\n-- c\n \n\t\xc3\xa4  SELECT\n-- +goose ENVSUB ON\n  $LINES\n;\n", KG_GOOSE_UP, &section));
	assert_int_equal(section.count, 1);
	const struct kg_goose_statement *statement = &section.statements[0];
	assert_string_equal(statement->text, "\xc3\xa4  SELECT\n  a\nb\n;");
	assert_int_equal(statement->size, strlen(statement->text));
	assert_int_equal(statement->line_count, 4);
	const uint32_t expected[] = { 4, 6, 6, 7 };
	assert_memory_equal(statement->lines, expected, sizeof(expected));
	assert_int_equal(statement->column, 2);
}

static void
variables_are_put_in_between_on_and_off_even_in_a_block(void **)
{
	assert_up("-- +goose Up\nSELECT '$NAME';\n-- +goose ENVSUB ON\nSELECT '$NAME';\n-- +goose StatementBegin\nDO '${NAME}'\n"
		  "-- +goose StatementEnd\n-- +goose ENVSUB OFF\nSELECT '${NAME}';\n",
	    "[SELECT '$NAME';][SELECT 'users';][DO 'users'][SELECT '${NAME}';]");
}

static void
a_wrong_variable_is_refused_where_it_stands(void **)
{
	assert_refused(
	    "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '\xc3\xa4 $1';\n", 3, 12, "the name of a variable must start with a letter");
	/* As with goose, the other direction counts too. */
	assert_refused("-- +goose ENVSUB ON\n-- +goose Up\n-- +goose Down\nSELECT ${GONE?say it};\n", 4, 21, "$GONE: say it");
}

static void
a_missing_semicolon_is_told_where_it_should_stand(void **)
{
	const char *message = "this statement does not end: a semicolon is missing";

	assert_refused("-- +goose Up\nALTER TABLE t -- no\n\n-- more\n-- +goose Down\n", 2, 20, message);
	assert_refused("-- +goose Up\nSELECT 1;\nSELECT\n  2\n", 4, 4, message);
}

static void
an_open_block_is_told_where_it_starts(void **)
{
	assert_refused("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n", 2, 1,
	    "this block does not end: `-- +goose StatementEnd` is missing");
	assert_refused("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n", 2, 1,
	    "this block does not end before `-- +goose Down`: `-- +goose StatementEnd` is missing");
	assert_refused("-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementBegin\n", 4, 1,
	    "a block within a block: the one that starts in line 2 has no `-- +goose StatementEnd`");
}

static void
sections_out_of_order_are_refused(void **)
{
	assert_refused("", 0, 0, "the file has no `-- +goose Up` line");
	assert_refused("-- +goose Down\n", 1, 1, "`-- +goose Up` must come before `-- +goose Down`");
	assert_refused("-- +goose Up\n-- +goose Down\n-- +goose Up\n", 3, 1, "`-- +goose Up` may stand only once, at the start");
	assert_refused("-- +goose Up\n-- +goose Down\n-- +goose Down\n", 3, 1, "`-- +goose Down` may stand only once");
	assert_refused("\n -- c\nSELECT 1;\n", 3, 1, "only comments may stand before `-- +goose Up`");
	assert_refused("-- +goose StatementBegin\n", 1, 1, "`-- +goose Up` must come before `-- +goose StatementBegin`");
	assert_refused("-- +goose Up\n-- +goose StatementEnd\n", 2, 1, "there is no `-- +goose StatementBegin` before this line");
}

static void
wrong_annotations_are_refused(void **)
{
	assert_refused("-- +goose\n", 1, 1, "`-- +goose` says nothing");
	assert_refused(" -- +goose Up\n", 1, 1, "a line of goose's may not start with white space");
	assert_refused("-- +goose +goose Up\n", 1, 1, "a line may say `+goose` only once");
	assert_refused("-- +goose Up\n-- +goose StatmentBegin\n", 2, 1, "`-- +goose StatmentBegin` is unknown");
	assert_refused("-- +goose Up -- now\n", 1, 1, "`-- +goose Up  now` is unknown");

	struct kg_goose_section section;
	struct kg_error *error = parse("-- +goose Up\n-- +goose StatmentBegin\n", KG_GOOSE_UP, &section);
	assert_string_equal(error->advice, "did you mean `-- +goose StatementBegin`?");
	assert_string_equal(error->place.line_text, "-- +goose StatmentBegin");
}

static void
bytes_that_are_no_text_are_refused(void **)
{
	struct kg_goose_section section;
	const char zero[] = "-- +goose Up\nSELECT\0 1;\n";
	struct kg_goose_source source = { "1_x.sql", zero, sizeof(zero) - 1 };

	assert_refused("\xef\xbb\xbf-- +goose Up\n", 0, 0, "the file starts with a byte order mark");
	struct kg_error *error = kg_goose_parse(arena, &source, KG_GOOSE_UP, environment, &section);
	assert_non_null(error);
	assert_int_equal(error->place.line, 2);
}

static void
a_line_of_four_mebibytes_is_refused(void **)
{
	size_t size = 4 * 1024 * 1024 + 13;
	char *text = malloc(size);
	struct kg_goose_section section;

	memset(text, 'x', size);
	memcpy(text, "-- +goose Up\n", 13);
	struct kg_goose_source source = { "1_x.sql", text, size };
	struct kg_error *error = kg_goose_parse(arena, &source, KG_GOOSE_UP, environment, &section);
	free(text);
	assert_non_null(error);
	assert_string_equal(error->message, "the line is longer than 4 MiB");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_ends_with_the_line_whose_last_word_ends_in_a_semicolon),
		cmocka_unit_test(comments_before_a_statement_are_dropped_and_those_within_are_kept),
		cmocka_unit_test(each_direction_gets_its_own),
		cmocka_unit_test(a_block_is_one_statement_whatever_its_semicolons),
		cmocka_unit_test(annotations_do_not_mind_case_spaces_and_line_ends),
		cmocka_unit_test(no_transaction_counts_wherever_it_stands),
		cmocka_unit_test(an_empty_block_before_the_next_section_is_well),
		cmocka_unit_test(a_line_that_goose_would_lose_behind_an_empty_block_is_refused),
		cmocka_unit_test(an_empty_block_of_the_other_direction_is_well),
		cmocka_unit_test(lines_and_column_lead_back_into_the_file),
		cmocka_unit_test(variables_are_put_in_between_on_and_off_even_in_a_block),
		cmocka_unit_test(a_wrong_variable_is_refused_where_it_stands),
		cmocka_unit_test(a_missing_semicolon_is_told_where_it_should_stand),
		cmocka_unit_test(an_open_block_is_told_where_it_starts),
		cmocka_unit_test(sections_out_of_order_are_refused),
		cmocka_unit_test(wrong_annotations_are_refused),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_line_of_four_mebibytes_is_refused),
	};

	return cmocka_run_group_tests_name("goose_parse", tests, make_arena, free_arena);
}
