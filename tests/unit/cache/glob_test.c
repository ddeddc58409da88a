#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/glob.h"

struct row {
	const char *pattern, *path;
	bool is_met;
};

static void
assert_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (kg_glob_matches(rows[i].pattern, rows[i].path) != rows[i].is_met)
			fail_msg("`%s` %s `%s`", rows[i].pattern, rows[i].is_met ? "must meet" : "must not meet", rows[i].path);
}
#define assert_table(rows) assert_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void
stars_and_question_marks_stay_within_a_name(void **)
{
	const struct row rows[] = {
		{ "*.c", "main.c", true },
		{ "*.c", "src/main.c", false },
		{ "src/*.c", "src/main.c", true },
		{ "src/*", "src/a/b.c", false },
		{ "*/main.c", "src/main.c", true },
		{ "a*b*c", "aXXbYYc", true },
		{ "a*b*c", "abc", true },
		{ "a*b*c", "aXXbYY", false },
		{ "a**c", "abc", true },
		{ "a**c", "a/c", false },
		{ "?.c", "a.c", true },
		{ "?.c", "ab.c", false },
		{ "?.c", ".c", false },
		{ "?.c", "\xc3\xa9.c", true },
		{ "?.c", "\xff.c", true },
		{ "??.c", "\xc3\xa9.c", false },
		{ "*\xc3\xa9*", "caf\xc3\xa9s", true },
		{ "a?b", "a/b", false },
	};

	assert_table(rows);
}

static void
classes_take_one_character(void **)
{
	const struct row rows[] = {
		{ "[abc]", "b", true },
		{ "[abc]", "d", false },
		{ "[a-c]x", "bx", true },
		{ "[!a-c]", "b", false },
		{ "[!a-c]", "z", true },
		{ "[^a-c]", "z", true },
		{ "[]]", "]", true },
		{ "[!]]", "]", false },
		{ "[a-]", "-", true },
		{ "[\\]]", "]", true },
		{ "[[:digit:]]*", "7up", true },
		{ "[[:digit:]]*", "up7", false },
		{ "[[:alpha:]_][[:alnum:]_]", "_9", true },
		{ "[[:nothing:]]", "n", false },
		{ "[\xc3\xa0-\xc3\xbf]", "\xc3\xa9", true },
		{ "[z-a]", "m", false },
		{ "x[a/b]", "x/b", false },
	};

	assert_table(rows);
}

static void
two_stars_are_any_number_of_folders(void **)
{
	const struct row rows[] = {
		{ "**/main.c", "main.c", true },
		{ "**/main.c", "a/b/main.c", true },
		{ "src/**/*.c", "src/main.c", true },
		{ "src/**/*.c", "src/a/b/c.c", true },
		{ "src/**/*.c", "other/main.c", false },
		{ "src/**", "src/a/b", true },
		{ "src/**", "src", false },
		{ "**", "a/b/c", true },
		{ "**/a/**/b", "x/a/y/z/b", true },
		{ "**/a/**/b", "a/b", true },
		{ "**/a/**/b", "x/b/a", false },
		{ "a/**/**/b", "a/b", true },
		{ "**/a/*/b", "a/a/a/x/b", true },
	};

	assert_table(rows);
}

static void
names_with_a_dot_are_met_where_the_pattern_has_it(void **)
{
	const struct row rows[] = {
		{ "*", ".env", false },
		{ ".*", ".env", true },
		{ "\\.*", ".env", true },
		{ "?env", ".env", false },
		{ "[.]env", ".env", false },
		{ ".env", ".env", true },
		{ "**/.env", "a/.env", true },
		{ "**/.env", ".a/.env", false },
		{ "**", ".a/b", false },
		{ "**/*.c", ".a/b.c", false },
		{ ".a/**/*.c", ".a/x/b.c", true },
		{ "src", "src/.hidden/file", true },
		{ "**/x", "a/.git/x", false },
		{ ".*/config", ".git/config", false },
		{ ".git/config", ".git/config", true },
		{ "src", "src/.git/config", false },
		{ "src", "src/.kgraph/ledger", false },
	};

	assert_table(rows);
}

static void
braces_stand_for_one_of_several(void **)
{
	const struct row rows[] = {
		{ "*.{c,h}", "a.c", true },
		{ "*.{c,h}", "a.h", true },
		{ "*.{c,h}", "a.o", false },
		{ "{src,lib/**}/*.c", "lib/x/y.c", true },
		{ "{a,b{c,d}}", "bd", true },
		{ "{a,b{c,d}}", "ad", false },
		{ "a{,b}", "a", true },
		{ "a{,b}", "ab", true },
		{ "{a}", "a", true },
		{ "\\{a,b}", "{a,b}", true },
		{ "[{]a", "{a", true },
		{ "{a\\,b,c}", "a,b", true },
		{ "a}", "a}", true },
	};

	assert_table(rows);
}

static void
a_backslash_takes_the_next_character_as_it_is(void **)
{
	const struct row rows[] = {
		{ "\\*.c", "*.c", true },
		{ "\\*.c", "a.c", false },
		{ "a\\?", "a?", true },
		{ "\\[a]", "[a]", true },
		{ "a\\\\b", "a\\b", true },
		{ "*\\[", "x[", true },
	};

	assert_table(rows);
}

static void
a_folder_stands_for_all_below_it(void **)
{
	const struct row rows[] = {
		{ "src", "src", true },
		{ "src", "src/a/b.c", true },
		{ "src/", "src/a/b.c", true },
		{ "src/", "src", false },
		{ "src", "srcs/a", false },
		{ "*/", "a/b/c", true },
		{ "*/", "a", false },
		{ "./src/../lib/", "lib/x", true },
		{ "s*", "src/a", false },
	};

	assert_table(rows);
}

static void
malformed_patterns_meet_nothing(void **)
{
	const struct row rows[] = {
		{ "[a", "[a", false },
		{ "{a", "{a", false },
		{ "a\\", "a\\", false },
		{ "", "", false },
		{ "*/../a", "a", false },
		{ "/a", "a", false },
	};

	assert_table(rows);
}

static void
many_stars_take_no_time(void **)
{
	char name[20001], pattern[2001];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < sizeof(pattern) - 1; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	assert_false(kg_glob_matches(pattern, name));
	assert_false(
	    kg_glob_matches("**/a/**/a/**/a/**/a/**/a/**/a/**/a/**/b", "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"));
}

static void
a_wildcard_makes_a_pattern(void **)
{
	assert_true(kg_glob_is_pattern("*.c"));
	assert_true(kg_glob_is_pattern("a?"));
	assert_true(kg_glob_is_pattern("[ab]"));
	assert_true(kg_glob_is_pattern("{a,b}"));
	assert_false(kg_glob_is_pattern("src/main.c"));
	assert_false(kg_glob_is_pattern("\\*"));
	assert_false(kg_glob_is_pattern(""));
	assert_false(kg_glob_is_pattern("a\\"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stars_and_question_marks_stay_within_a_name),
		cmocka_unit_test(classes_take_one_character),
		cmocka_unit_test(two_stars_are_any_number_of_folders),
		cmocka_unit_test(names_with_a_dot_are_met_where_the_pattern_has_it),
		cmocka_unit_test(braces_stand_for_one_of_several),
		cmocka_unit_test(a_backslash_takes_the_next_character_as_it_is),
		cmocka_unit_test(a_folder_stands_for_all_below_it),
		cmocka_unit_test(malformed_patterns_meet_nothing),
		cmocka_unit_test(many_stars_take_no_time),
		cmocka_unit_test(a_wildcard_makes_a_pattern),
	};

	return cmocka_run_group_tests_name("glob", tests, nullptr, nullptr);
}
