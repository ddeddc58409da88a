#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"

static void
assert_joined(const char *folder, const char *path, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(kg_path_join(arena, folder, path), expected);
	kg_arena_free(arena);
}

static void
joined_paths_are_tidy(void **)
{
	assert_joined("/srv/app", "x.c", "/srv/app/x.c");
	assert_joined("/srv/app", "../lib/x.c", "/srv/lib/x.c");
	assert_joined("/srv/app/", "./a//b/./c/", "/srv/app/a/b/c");
	assert_joined("/srv", "/etc//passwd", "/etc/passwd");
	assert_joined("/srv", "", "/srv");
	assert_joined("/srv", ".", "/srv");
	assert_joined("/", "x", "/x");
	assert_joined("/a", "..", "/");
	assert_joined("/srv", "..a/.b/...", "/srv/..a/.b/...");
}

static void
the_root_has_nothing_above_it(void **)
{
	assert_joined("/a", "../../../b", "/b");
	assert_joined("/", "..", "/");
	assert_joined("/a", "/../b/..", "/");
}

static void
relative_paths_keep_what_leads_out_of_them(void **)
{
	assert_joined("a", "../..", "..");
	assert_joined("..", "../b", "../../b");
	assert_joined("a/b", "../../..", "..");
	assert_joined("a", "..", ".");
	assert_joined(".", "a", "a");
	assert_joined("", "a", "a");
	assert_joined("", "", ".");
	assert_joined(".", ".", ".");
}

static void
the_folder_is_what_stands_before_the_last_slash(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(kg_path_folder(arena, "/a/b"), "/a");
	assert_string_equal(kg_path_folder(arena, "/a"), "/");
	assert_string_equal(kg_path_folder(arena, "a"), ".");
	assert_string_equal(kg_path_folder(arena, "a/b/c"), "a/b");
	assert_string_equal(kg_path_name("/a/b"), "b");
	assert_string_equal(kg_path_name("b"), "b");
	assert_string_equal(kg_path_name("a/"), "");
	kg_arena_free(arena);
}

static void
a_path_is_told_from_a_folder_when_it_is_inside(void **)
{
	assert_string_equal(kg_path_inside("/srv", "/srv/a/b"), "a/b");
	assert_string_equal(kg_path_inside("/srv", "/srv"), ".");
	assert_string_equal(kg_path_inside("/srv", "/srvx/a"), "/srvx/a");
	assert_string_equal(kg_path_inside("/srv/a", "/srv"), "/srv");
	assert_string_equal(kg_path_inside("/", "/srv/a"), "srv/a");
	assert_string_equal(kg_path_inside("/", "/"), ".");
}

static void
here_is_an_absolute_folder(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_int_equal(*kg_path_here(arena), '/');
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joined_paths_are_tidy),
		cmocka_unit_test(the_root_has_nothing_above_it),
		cmocka_unit_test(relative_paths_keep_what_leads_out_of_them),
		cmocka_unit_test(the_folder_is_what_stands_before_the_last_slash),
		cmocka_unit_test(a_path_is_told_from_a_folder_when_it_is_inside),
		cmocka_unit_test(here_is_an_absolute_folder),
	};

	return cmocka_run_group_tests_name("path", tests, nullptr, nullptr);
}
