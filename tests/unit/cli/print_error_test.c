#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/cli/print_error.h"
#include "engine/base/style.h"

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
assert_shown(struct kg_arena *arena, const struct kg_error *error, const char *expected)
{
	struct kg_error_look look = { .style = &kg_style_plain, .here = "/srv/app" };
	struct kg_text text = { .arena = arena };

	kg_error_show(&text, &look, error);
	assert_string_equal(kg_text_end(&text), expected);
}

static struct kg_place
place(const char *line, uint32_t column, uint32_t length)
{
	return (
	    struct kg_place){ .file = "/srv/app/kgraph.toml", .line = 12, .column = column, .length = length, .line_text = line };
}

static void
an_error_in_a_file_shows_the_line_with_a_caret_and_what_to_do(void **state)
{
	struct kg_error *error = kg_error_at(*state, KG_EINPUT, place("neds = [\"postgresql\"]", 1, 4), "unknown key `neds`");

	assert_shown(*state, kg_error_advise(*state, error, "did you mean `needs`?"),
	    "error: unknown key `neds`\n"
	    "  --> kgraph.toml:12:1\n"
	    "   |\n"
	    "12 | neds = [\"postgresql\"]\n"
	    "   | ^^^^\n"
	    "   = did you mean `needs`?\n");
}

static void
the_caret_stands_right_after_tabs_and_wide_characters(void **state)
{
	assert_shown(*state, kg_error_at(*state, KG_EINPUT, place("\tx = \"図é\" ; no", 11, 1), "no `;` here"),
	    "error: no `;` here\n"
	    "  --> kgraph.toml:12:11\n"
	    "   |\n"
	    "12 |     x = \"図é\" ; no\n"
	    "   |               ^\n");
}

static void
a_password_in_the_line_is_masked_and_the_caret_moves_along(void **state)
{
	assert_shown(*state, kg_error_at(*state, KG_EINPUT, place("u = \"redis://:geheimnis@h:1\" # x", 30, 1), "no comment here"),
	    "error: no comment here\n"
	    "  --> kgraph.toml:12:30\n"
	    "   |\n"
	    "12 | u = \"redis://:***@h:1\" # x\n"
	    "   |                        ^\n");
}

static void
a_long_line_is_cut_around_the_caret(void **state)
{
	char line[401];

	memset(line, 'a', 400);
	line[400] = '\0';
	line[300] = '!';
	struct kg_error *error = kg_error_at(*state, KG_EINPUT, place(line, 301, 1), "odd");
	struct kg_error_look look = { .style = &kg_style_plain, .columns = 80 };
	struct kg_text text = { .arena = *state };

	kg_error_show(&text, &look, error);
	assert_non_null(strstr(kg_text_end(&text), "12 | …aaaaaaaaaaaaaaaaaaaa!aaaa"));
	assert_non_null(strstr(text.bytes, "aaaa…\n   |                      ^\n"));
}

static void
causes_details_and_advice_stand_below_each_other(void **state)
{
	struct kg_error *cause = kg_error_make(*state, KG_ECHILD, "psql ended with status 3");

	cause->detail = "line one\nline two";
	struct kg_error *error = kg_error_wrap(*state, cause, "while running it");
	assert_shown(*state, kg_error_advise(*state, error, "look there\nand here"),
	    "error: while running it\n"
	    "  = look there\n"
	    "    and here\n"
	    "  because: psql ended with status 3\n"
	    "    line one\n"
	    "    line two\n");
}

static void
secrets_and_control_characters_are_never_shown(void **state)
{
	struct kg_mask mask = { .arena = *state };
	struct kg_error *error = kg_error_make(*state, KG_EFAILED, "login with hunter22 at postgresql://u:pw@h/d failed");
	struct kg_error_look look = { .style = &kg_style_plain, .mask = &mask };
	struct kg_text text = { .arena = *state };

	kg_mask_add(&mask, "hunter22");
	error->detail = "it said hunter22\033[31m";
	kg_error_show(&text, &look, error);
	assert_string_equal(kg_text_end(&text),
	    "error: login with *** at postgresql://u:***@h/d failed\n"
	    "    it said ***?[31m\n");
}

static void
a_file_as_a_whole_has_no_line(void **state)
{
	struct kg_place whole = { .file = "/etc/x.toml" };

	assert_shown(*state, kg_error_at(*state, KG_EINPUT, whole, "it is empty"),
	    "error: it is empty\n"
	    " --> /etc/x.toml\n");
}

static void
all_errors_of_a_pass_are_told_and_counted(void **state)
{
	struct kg_errors errors = { .arena = *state };
	struct kg_error_look look = { .style = &kg_style_plain };
	struct kg_text text = { .arena = *state };

	kg_errors_add(&errors, kg_error_make(*state, KG_EINPUT, "one"));
	kg_errors_add(&errors, kg_error_make(*state, KG_EINPUT, "two"));
	kg_errors_show(&text, &look, &errors);
	assert_string_equal(kg_text_end(&text), "error: one\n\nerror: two\n\n2 errors\n");
}

static void
colours_surround_what_they_colour_and_nothing_else(void **state)
{
	struct kg_error_look look = { .style = &kg_style_coloured };
	struct kg_text text = { .arena = *state };

	kg_error_show(&text, &look, kg_error_make(*state, KG_EINPUT, "one"));
	assert_string_equal(kg_text_end(&text), "\033[31;1merror:\033[0m \033[1mone\033[0m\n");
}

int
main(void)
{
#define A_TEST(name) cmocka_unit_test_setup_teardown(name, arena_make, arena_free)
	const struct CMUnitTest tests[] = {
		A_TEST(an_error_in_a_file_shows_the_line_with_a_caret_and_what_to_do),
		A_TEST(the_caret_stands_right_after_tabs_and_wide_characters),
		A_TEST(a_password_in_the_line_is_masked_and_the_caret_moves_along),
		A_TEST(a_long_line_is_cut_around_the_caret),
		A_TEST(causes_details_and_advice_stand_below_each_other),
		A_TEST(secrets_and_control_characters_are_never_shown),
		A_TEST(a_file_as_a_whole_has_no_line),
		A_TEST(all_errors_of_a_pass_are_told_and_counted),
		A_TEST(colours_surround_what_they_colour_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
