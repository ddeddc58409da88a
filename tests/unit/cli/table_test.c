#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/style.h"
#include "engine/base/text.h"
#include "engine/cli/table.h"

static int
arena_make(void **state)
{
	*state = kg_arena_make();
	return 0;
}

static int
arena_free(void **state)
{
	kg_arena_free(*state);
	return 0;
}

static void
assert_table(const struct kg_table *table, const struct kg_style *style, uint32_t width, const char *expected)
{
	struct kg_text text = { .arena = table->arena };

	kg_table_add(table, &text, style, width);
	assert_string_equal(kg_text_end(&text), expected);
}

static void
columns_are_as_wide_as_their_widest_cell(void **state)
{
	struct kg_table table = { .arena = *state, .columns = 3 };

	kg_table_row(&table, (struct kg_cell[]){ { .text = "NODE" }, { .text = "STATE" }, { .text = "SINCE" } });
	kg_table_row(&table, (struct kg_cell[]){ { .text = "図表" }, { .text = "up" }, { .text = "3 min" } });
	kg_table_row(&table, (struct kg_cell[]){ { .text = "schéma" }, { .text = "made" }, { 0 } });
	assert_table(&table, &kg_style_plain, 80,
	    "NODE    STATE  SINCE\n"
	    "図表    up     3 min\n"
	    "schéma  made\n");
}

static void
a_column_that_is_empty_takes_no_room(void **state)
{
	struct kg_table table = { .arena = *state, .columns = 3, .indent = 2 };

	kg_table_row(&table, (struct kg_cell[]){ { .text = "a" }, { 0 }, { .text = "b" } });
	assert_table(&table, &kg_style_plain, 80, "  a  b\n");
}

static void
the_last_column_is_cut_at_the_edge_or_wrapped(void **state)
{
	struct kg_table table = { .arena = *state, .columns = 2 };

	kg_table_row(&table, (struct kg_cell[]){ { .text = "up" }, { .text = "bring it up: run what has changed, and wait" } });
	assert_table(&table, &kg_style_plain, 30, "up  bring it up: run what has…\n");
	table.is_wrapped = true;
	assert_table(&table, &kg_style_plain, 30,
	    "up  bring it up: run what has\n"
	    "    changed, and wait\n");
	assert_table(&table, &kg_style_plain, 0, "up  bring it up: run what has changed, and wait\n");
}

static void
a_terminal_that_is_too_narrow_gets_long_lines(void **state)
{
	struct kg_table table = { .arena = *state, .columns = 2, .is_wrapped = true };

	kg_table_row(&table, (struct kg_cell[]){ { .text = "a-long-name" }, { .text = "averyveryverylongword and more" } });
	assert_table(&table, &kg_style_plain, 5,
	    "a-long-name  averyveryverylongwor\n"
	    "             d and more\n");
}

static void
colours_take_no_columns(void **state)
{
	struct kg_table table = { .arena = *state, .columns = 2 };

	kg_table_row(&table, (struct kg_cell[]){ { .text = "a", .colour = kg_style_coloured.green }, { .text = "b" } });
	kg_table_row(&table, (struct kg_cell[]){ { .text = "long" }, { .text = "c" } });
	assert_table(&table, &kg_style_coloured, 80, "\033[32ma\033[0m     b\nlong  c\n");
}

int
main(void)
{
#define A_TEST(name) cmocka_unit_test_setup_teardown(name, arena_make, arena_free)
	const struct CMUnitTest tests[] = {
		A_TEST(columns_are_as_wide_as_their_widest_cell),
		A_TEST(a_column_that_is_empty_takes_no_room),
		A_TEST(the_last_column_is_cut_at_the_edge_or_wrapped),
		A_TEST(a_terminal_that_is_too_narrow_gets_long_lines),
		A_TEST(colours_take_no_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
