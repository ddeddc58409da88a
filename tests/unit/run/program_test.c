#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/run/program.h"

static struct kg_arena *arena;
static const char *folder;

static int
make(void **state)
{
	char name[] = "/tmp/kgraph-program-test.XXXXXX";

	(void)state;
	if (!mkdtemp(name))
		return -1;
	arena = kg_arena_make();
	folder = kg_copy(arena, name);
	return 0;
}

static int
drop(void **state)
{
	(void)state;
	assert_null(kg_file_remove(arena, folder));
	kg_arena_free(arena);
	return 0;
}

static const char *
program(const char *name, int mode)
{
	const char *path = kg_path_join(arena, folder, name);

	assert_null(kg_file_make_folder(arena, kg_path_folder(arena, path), 0755));
	assert_null(kg_file_write(arena, path, "#!/bin/sh\n", 10, (mode_t)mode));
	return path;
}

static void
of_a_glob_the_highest_version_is_taken(void **state)
{
	const char *const search[] = { "lib/*/bin", NULL };

	(void)state;
	program("lib/9/bin/x", 0755);
	const char *newest = program("lib/15/bin/x", 0755);
	assert_string_equal(kg_program_find(arena, search, "x", folder), newest);
	assert_null(kg_program_find(arena, search, "nothing-of-that-name", folder));
}

static void
what_cannot_be_run_is_passed_over(void **state)
{
	const char *const search[] = { "lib/*/bin", NULL };

	(void)state;
	program("lib/15/bin/x", 0644);
	const char *older = program("lib/9/bin/x", 0755);
	assert_string_equal(kg_program_find(arena, search, "x", folder), older);
}

static void
search_comes_before_the_path(void **state)
{
	const char *const search[] = { "bin", NULL };

	(void)state;
	const char *ours = program("bin/sh", 0755);
	assert_string_equal(kg_program_find(arena, search, "sh", folder), ours);
	assert_non_null(strstr(kg_program_path(arena, search, folder), "/bin:/usr/local/sbin:"));
}

static void
a_name_with_a_slash_is_a_path(void **state)
{
	(void)state;
	const char *path = program("tool/x", 0755);
	assert_string_equal(kg_program_find(arena, NULL, "./tool/x", folder), path);
	assert_null(kg_program_find(arena, NULL, "./tool", folder));
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(of_a_glob_the_highest_version_is_taken),
		STORY(what_cannot_be_run_is_passed_over),
		STORY(search_comes_before_the_path),
		STORY(a_name_with_a_slash_is_a_path),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
