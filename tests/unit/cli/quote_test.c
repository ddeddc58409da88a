#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/cli/quote.h"

static const char *const nasty[] = {
	"plain",
	"postgresql://u:p@127.0.0.1:25432/db?sslmode=disable&x=1",
	"with space",
	"$(reboot) `reboot` ${HOME} \\$HOME",
	"it's \"quoted\" 'twice'",
	"ends in backslash\\",
	"two\nlines",
	"#!*?[]{}~;&|<>()",
	"schön 図",
	"",
};

static void
assert_quoted(enum kg_quote quote, const char *value, const char *expected)
{
	struct kg_text text = { .arena = kg_arena_make() };

	kg_quote_variable(&text, quote, "X", value);
	assert_string_equal(kg_text_end(&text), expected);
	kg_arena_free(text.arena);
}

/* The shell itself is asked what it understood. */
static void
a_shell_reads_every_value_as_it_is(void **)
{
	for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
		struct kg_text script = { .arena = kg_arena_make() };
		char got[256] = { 0 };

		kg_quote_variable(&script, KG_QUOTE_SH, "X", nasty[i]);
		kg_text_add(&script, "printf %s \"$X\"");
		setenv("SCRIPT", kg_text_end(&script), 1);
		FILE *shell = popen("eval \"$SCRIPT\"", "r");
		assert_non_null(shell);
		size_t size = fread(got, 1, sizeof(got) - 1, shell);
		assert_int_equal(pclose(shell), 0);
		assert_int_equal(size, strlen(nasty[i]));
		assert_string_equal(got, nasty[i]);
		kg_arena_free(script.arena);
	}
}

static void
a_shell_gets_single_quotes(void **)
{
	assert_quoted(KG_QUOTE_SH, "a$b", "export X='a$b'\n");
	assert_quoted(KG_QUOTE_SH, "it's", "export X='it'\\''s'\n");
	assert_quoted(KG_QUOTE_SH, "a\\", "export X='a\\'\n");
}

static void
fish_has_escapes_within_single_quotes(void **)
{
	assert_quoted(KG_QUOTE_FISH, "a$b", "set -gx X 'a$b'\n");
	assert_quoted(KG_QUOTE_FISH, "it's a\\", "set -gx X 'it\\'s a\\\\'\n");
}

static void
dotenv_files_get_quotes_only_where_they_need_them(void **)
{
	assert_quoted(KG_QUOTE_DOTENV, "http://127.0.0.1:1/x?a=b&c", "X=http://127.0.0.1:1/x?a=b&c\n");
	assert_quoted(KG_QUOTE_DOTENV, "with space $x", "X='with space $x'\n");
	assert_quoted(KG_QUOTE_DOTENV, "it's $x", "X=\"it's \\$x\"\n");
	assert_quoted(KG_QUOTE_DOTENV, "two\nlines", "X=\"two\\nlines\"\n");
	assert_quoted(KG_QUOTE_DOTENV, "", "X=\n");
}

static void
names_are_those_of_a_shell(void **)
{
	assert_true(kg_quote_is_name("DATABASE_URL"));
	assert_true(kg_quote_is_name("_x9"));
	assert_false(kg_quote_is_name("9x"));
	assert_false(kg_quote_is_name("ds.URL"));
	assert_false(kg_quote_is_name("X;reboot"));
	assert_false(kg_quote_is_name(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_reads_every_value_as_it_is),
		cmocka_unit_test(a_shell_gets_single_quotes),
		cmocka_unit_test(fish_has_escapes_within_single_quotes),
		cmocka_unit_test(dotenv_files_get_quotes_only_where_they_need_them),
		cmocka_unit_test(names_are_those_of_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
