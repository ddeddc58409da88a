#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/ignore.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"

constexpr int lines_max = 5; /* with the NULL at the end */

/* The path of a folder ends with a slash. */
struct row {
	const char *lines[lines_max];
	const char *path;
	bool is_ignored;
};

static void
assert_rows(const struct row *rows, size_t count)
{
	struct kg_arena *arena = kg_arena_make();

	for (size_t i = 0; i < count; i++) {
		struct kg_ignore *ignore;
		size_t size = strlen(rows[i].path);
		bool is_folder = rows[i].path[size - 1] == '/';
		const char *path = kg_copy_bytes(arena, rows[i].path, size - is_folder);

		assert_null(kg_ignore_read(arena, rows[i].lines, &ignore));
		if (kg_ignore_matches(ignore, path, is_folder) != rows[i].is_ignored)
			fail_msg("row %zu: `%s` %s ignore %s", i, rows[i].lines[0], rows[i].is_ignored ? "must" : "must not",
			    rows[i].path);
	}
	kg_arena_free(arena);
}
#define assert_table(rows) assert_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void
patterns_mean_what_gitignore_says(void **)
{
	const struct row rows[] = {
		{ { "*.o" }, "main.o", true },
		{ { "*.o" }, "a/b/main.o", true },
		{ { "*.o" }, "main.c", false },
		{ { "*" }, ".hidden", true },
		{ { "build" }, "build/", true },
		{ { "build" }, "a/build", true },
		{ { "build/" }, "build/", true },
		{ { "build/" }, "a/build/", true },
		{ { "build/" }, "build", false },
		{ { "/build" }, "build", true },
		{ { "/build" }, "a/build", false },
		{ { "/build/" }, "build/", true },
		{ { "doc/frotz" }, "doc/frotz", true },
		{ { "doc/frotz" }, "a/doc/frotz", false },
		{ { "doc/frotz/" }, "doc/frotz/", true },
		{ { "doc/frotz/" }, "a/doc/frotz/", false },
		{ { "frotz/" }, "a/frotz/", true },
		{ { "foo/*" }, "foo/test.json", true },
		{ { "foo/*" }, "foo/bar/", true },
		{ { "foo/*" }, "foo/bar/hello.c", false },
		{ { "**/foo" }, "foo", true },
		{ { "**/foo" }, "a/b/foo", true },
		{ { "**/foo/bar" }, "a/foo/bar", true },
		{ { "**/foo/bar" }, "foo/bar", true },
		{ { "abc/**" }, "abc/x", true },
		{ { "abc/**" }, "abc/x/y/z", true },
		{ { "abc/**" }, "abc/", false },
		{ { "a/**/b" }, "a/b", true },
		{ { "a/**/b" }, "a/x/b", true },
		{ { "a/**/b" }, "a/x/y/b", true },
		{ { "a/**/b" }, "a/x/y/c", false },
		{ { "a**b" }, "axxb", true },
		{ { "foo**/bar" }, "foox/bar", true },
		{ { "foo**/bar" }, "foo/x/bar", false },
		{ { "**" }, "a", true },
		{ { "[ab].c" }, "x/a.c", true },
		{ { "[!ab].c" }, "a.c", false },
		{ { "f?o" }, "f/o", false },
	};

	assert_table(rows);
}

static void
the_last_pattern_wins_and_an_exclamation_mark_takes_back(void **)
{
	const struct row rows[] = {
		{ { "*.o", "!keep.o" }, "keep.o", false },
		{ { "*.o", "!keep.o" }, "a/keep.o", false },
		{ { "*.o", "!keep.o" }, "other.o", true },
		{ { "!keep.o", "*.o" }, "keep.o", true },
		{ { "/*", "!/foo", "/foo/*", "!/foo/bar" }, "foo/", false },
		{ { "/*", "!/foo", "/foo/*", "!/foo/bar" }, "x", true },
		{ { "/*", "!/foo", "/foo/*", "!/foo/bar" }, "foo/x", true },
		{ { "/*", "!/foo", "/foo/*", "!/foo/bar" }, "foo/bar", false },
		{ { "a/**", "!a/x/" }, "a/x/", false },
		{ { "a/**", "!a/x/" }, "a/x/y", true },
	};

	assert_table(rows);
}

static void
special_characters_can_be_escaped(void **)
{
	const struct row rows[] = {
		{ { "" }, "a", false },
		{ { "/" }, "a/", false },
		{ { "!" }, "a", false },
		{ { "# comment" }, "# comment", false },
		{ { "\\#file" }, "#file", true },
		{ { "\\!file" }, "!file", true },
		{ { "name   " }, "name", true },
		{ { "name\\ " }, "name ", true },
		{ { "name\\  " }, "name ", true },
		{ { "\\*" }, "*", true },
		{ { "\\*" }, "a", false },
	};

	assert_table(rows);
}

static void
a_malformed_pattern_is_told(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *const wrong[] = { "src/[a", "x\\" };

	for (int i = 0; i < 2; i++) {
		struct kg_ignore *ignore;
		struct kg_error *error = kg_ignore_read(arena, (const char *const[]){ "fine", wrong[i], NULL }, &ignore);

		assert_non_null(error);
		assert_int_equal(error->code, KG_EINPUT);
		assert_non_null(strstr(error->message, wrong[i]));
	}
	kg_arena_free(arena);
}

static void
no_list_ignores_nothing(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_ignore *ignore;

	assert_null(kg_ignore_read(arena, NULL, &ignore));
	assert_false(kg_ignore_matches(ignore, "a", false));
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_mean_what_gitignore_says),
		cmocka_unit_test(the_last_pattern_wins_and_an_exclamation_mark_takes_back),
		cmocka_unit_test(special_characters_can_be_escaped),
		cmocka_unit_test(a_malformed_pattern_is_told),
		cmocka_unit_test(no_list_ignores_nothing),
	};

	return cmocka_run_group_tests_name("ignore", tests, nullptr, nullptr);
}
