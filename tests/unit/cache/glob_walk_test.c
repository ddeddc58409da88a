#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/glob.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "tests/unit/cache/scratch.h"

#define list(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

/* A checkout with a bit of everything. */
static int
tree_make(void **state)
{
	static const char *const files[] = { "main.c", "main.h", "README", ".env", "src/a.c", "src/a.h", "src/lib/b.c",
		"src/lib/deep/c.c", "src/.hidden/d.c", "src/build/gen.c", ".git/config", ".kgraph/ledger.mdb", "docs/x.md",
		"docs/y.md", "star*/name" };
	int status = scratch_make(state);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && status == 0; i++)
		scratch_write(*state, files[i], "x");
	struct scratch *scratch = *state;
	if (symlink("src", scratch_path(scratch, "link")) < 0 || symlink(".", scratch_path(scratch, "src/loop")) < 0)
		return -1;
	return status;
}

/* All that was found, relative to the folder, with spaces between. */
static const char *
found(struct scratch *scratch, const char *const *patterns, const char *const *ignore)
{
	struct kg_text text = { .arena = scratch->arena };
	struct kg_files files = { 0 };

	well(kg_glob_expand(scratch->arena, scratch->folder, patterns, ignore, &files));
	for (uint32_t i = 0; i < files.count; i++) {
		assert_int_equal(files.paths[i][0], '/');
		kg_text_format(&text, "%s%s", i ? " " : "", kg_path_inside(scratch->folder, files.paths[i]));
	}
	return kg_text_end(&text);
}

static void
patterns_find_files_sorted_and_each_once(void **state)
{
	struct scratch *scratch = *state;

	assert_string_equal(found(scratch, list("*.c"), NULL), "main.c");
	assert_string_equal(found(scratch, list("*.h", "*.c", "main.?", "./main.c"), NULL), "main.c main.h");
	assert_string_equal(found(scratch, list("src/**/*.c"), NULL), "src/a.c src/build/gen.c src/lib/b.c src/lib/deep/c.c");
	assert_string_equal(
	    found(scratch, list("src/lib/*.c", "src/**/deep/*", "src/lib/**"), NULL), "src/lib/b.c src/lib/deep/c.c");
	assert_string_equal(found(scratch, list("{docs,src}/*.{md,h}"), NULL), "docs/x.md docs/y.md src/a.h");
	assert_string_equal(found(scratch, list("*/lib/b.c"), NULL), "src/lib/b.c");
	assert_string_equal(found(scratch, list("*/lib/{b,missing}.c"), NULL), "src/lib/b.c");
	assert_string_equal(found(scratch, list("star\\*/*"), NULL), "star*/name");
	assert_string_equal(found(scratch, list("nothing*", "nowhere/*.c", "main.c/*"), NULL), "");
	assert_string_equal(found(scratch, list(), NULL), "");
}

static void
a_name_without_wildcards_is_taken_there_or_not(void **state)
{
	struct scratch *scratch = *state;

	assert_string_equal(found(scratch, list("README", "missing", "src/missing.c"), NULL), "README missing src/missing.c");
	assert_string_equal(found(scratch, list(".env", ".git/config"), NULL), ".env .git/config");
	assert_string_equal(found(scratch, list("docs/"), NULL), "docs/x.md docs/y.md");
	assert_string_equal(found(scratch, list("docs"), NULL), "docs/x.md docs/y.md");
	assert_string_equal(found(scratch, list("src/../docs/./x.md"), NULL), "docs/x.md");
}

static void
a_folder_is_all_below_it_with_hidden_files(void **state)
{
	struct scratch *scratch = *state;

	assert_string_equal(found(scratch, list("src"), NULL),
	    "src/.hidden/d.c src/a.c src/a.h src/build/gen.c src/lib/b.c src/lib/deep/c.c src/loop");
	assert_string_equal(found(scratch, list("d*/"), NULL), "docs/x.md docs/y.md");
	assert_string_equal(found(scratch, list("."), list("*.c", "src/", "d*")), ".env README link main.h star*/name");
}

static void
hidden_folders_git_and_kgraph_are_not_walked_into(void **state)
{
	struct scratch *scratch = *state;

	assert_string_equal(found(scratch, list("**/d.c", "**/config", "**/*.mdb", ".*/config"), NULL), "");
	assert_string_equal(found(scratch, list(".*"), NULL), ".env");
	assert_string_equal(found(scratch, list("src/.hidden/*"), NULL), "src/.hidden/d.c");
	assert_string_equal(found(scratch, list("**/.env"), NULL), ".env");
}

static void
links_are_found_and_not_followed_by_wildcards(void **state)
{
	struct scratch *scratch = *state;

	assert_string_equal(found(scratch, list("link"), NULL), "link");
	assert_string_equal(found(scratch, list("l*", "l*/a.c"), NULL), "link");
	assert_string_equal(found(scratch, list("link/a.c", "link/*.h"), NULL), "link/a.c link/a.h");
	assert_string_equal(found(scratch, list("link/lib/"), NULL), "link/lib/b.c link/lib/deep/c.c");
}

static void
ignored_files_and_folders_are_left_out(void **state)
{
	struct scratch *scratch = *state;

	assert_string_equal(found(scratch, list("src/**/*.c"), list("build/")), "src/a.c src/lib/b.c src/lib/deep/c.c");
	assert_string_equal(found(scratch, list("src/**/*.c"), list("/src/lib")), "src/a.c src/build/gen.c");
	assert_string_equal(found(scratch, list("src/**/*.c"), list("*.c", "!c.c")), "src/lib/deep/c.c");
	assert_string_equal(found(scratch, list("src/**/*.c"), list("lib/", "!b.c")), "src/a.c src/build/gen.c");
}

static void
what_a_pattern_names_is_taken_though_it_is_ignored(void **state)
{
	struct scratch *scratch = *state;

	assert_string_equal(found(scratch, list("src/build/gen.c"), list("build/")), "src/build/gen.c");
	assert_string_equal(found(scratch, list("src/**/*.c", "src/build/*.c"), list("build/", "lib")), "src/a.c src/build/gen.c");
	assert_string_equal(found(scratch, list("src/*.c", "src/build"), list("build")), "src/a.c src/build/gen.c");
}

static void
files_outside_the_folder_can_be_meant(void **state)
{
	struct scratch *scratch = *state;
	struct kg_files files = { 0 };
	const char *absolute = scratch_path(scratch, "docs/*.md");

	/* Ignore patterns are relative to the folder, so they do not reach there. */
	well(kg_glob_expand(
	    scratch->arena, scratch_path(scratch, "src"), list("../docs/*.md", "../main.c", absolute), list("*"), &files));
	assert_int_equal(files.count, 3);
	assert_string_equal(files.paths[0], scratch_path(scratch, "docs/x.md"));
	assert_string_equal(files.paths[2], scratch_path(scratch, "main.c"));
}

static void
a_malformed_pattern_is_told_with_what_is_wrong(void **state)
{
	struct scratch *scratch = *state;
	const char *const wrong[][2] = {
		{ "src/[a", "`[` is not closed" },
		{ "src/{a,b", "`{` is not closed" },
		{ "a\\", "a backslash ends it" },
		{ "*/../x", "`..` stands behind a wildcard" },
		{ "", "it is empty" },
		{ "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "its braces stand for too many patterns" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct kg_files files = { 0 };
		struct kg_error *error = kg_glob_expand(scratch->arena, scratch->folder, list("*.c", wrong[i][0]), NULL, &files);

		assert_non_null(error);
		assert_int_equal(error->code, KG_EINPUT);
		assert_non_null(strstr(error->message, wrong[i][1]));
	}
}

static void
a_deep_tree_is_walked_without_recursion(void **state)
{
	struct scratch *scratch = *state;
	struct kg_text path = { .arena = scratch->arena };
	constexpr int depth = 1000;

	kg_text_add(&path, "deep");
	for (int i = 0; i < depth; i++)
		kg_text_add(&path, "/d");
	scratch_write(scratch, kg_format(scratch->arena, "%s/x.end", kg_text_end(&path)), "x");
	struct kg_files files = { 0 };
	well(kg_glob_expand(scratch->arena, scratch->folder, list("**/*.end", "deep/**/d/*.end"), NULL, &files));
	assert_int_equal(files.count, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(patterns_find_files_sorted_and_each_once, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_name_without_wildcards_is_taken_there_or_not, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_folder_is_all_below_it_with_hidden_files, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(hidden_folders_git_and_kgraph_are_not_walked_into, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(links_are_found_and_not_followed_by_wildcards, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(ignored_files_and_folders_are_left_out, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(what_a_pattern_names_is_taken_though_it_is_ignored, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(files_outside_the_folder_can_be_meant, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_malformed_pattern_is_told_with_what_is_wrong, tree_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_deep_tree_is_walked_without_recursion, tree_make, scratch_free),
	};

	return cmocka_run_group_tests_name("glob_walk", tests, nullptr, nullptr);
}
