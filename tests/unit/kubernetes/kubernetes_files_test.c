#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_inside.h"

struct scratch {
	struct kg_arena *arena;
	char folder[64];
};

static int
scratch_make(void **state)
{
	static const char *const files[] = { "a.yaml", "b.yml", "c.json", "README.md", ".hidden.yaml", "base/d.yaml",
		"base/deep/e.yaml" };
	struct kg_arena *arena = kg_arena_make();
	struct scratch *scratch = kg_new(arena, struct scratch);

	scratch->arena = arena;
	strcpy(scratch->folder, "/tmp/kgraph-files.XXXXXX");
	*state = scratch;
	if (!mkdtemp(scratch->folder))
		return -1;
	if (kg_file_make_folder(arena, kg_format(arena, "%s/base/deep", scratch->folder), 0755))
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (kg_file_write(arena, kg_format(arena, "%s/%s", scratch->folder, files[i]), "", 0, 0644))
			return -1;
	return 0;
}

static int
scratch_free(void **state)
{
	struct scratch *scratch = *state;
	bool is_gone = !kg_file_remove(scratch->arena, scratch->folder);

	kg_arena_free(scratch->arena);
	return is_gone ? 0 : -1;
}

/* What the patterns name, relative to the folder, with a space between; errors are counted at the end. */
static const char *
found(const struct scratch *scratch, const char *first, const char *second)
{
	struct kg_arena *arena = scratch->arena;
	struct kg_errors errors = { .arena = arena };
	struct kg_text text = { .arena = arena };
	const char *patterns[3] = { kg_format(arena, "%s/%s", scratch->folder, first) };

	if (second)
		patterns[1] = kg_format(arena, "%s/%s", scratch->folder, second);
	for (const char *const *file = kg_kubernetes_files(arena, &errors, patterns); *file; file++)
		kg_text_format(&text, "%s ", *file + strlen(scratch->folder) + 1);
	if (errors.count > 0)
		kg_text_format(&text, "%u", (unsigned)errors.count);
	return kg_text_end(&text);
}

static void
a_folder_stands_for_all_manifests_below_it(void **state)
{
	assert_string_equal(found(*state, "", NULL), "a.yaml b.yml base/d.yaml base/deep/e.yaml c.json ");
	assert_string_equal(found(*state, "base", NULL), "base/d.yaml base/deep/e.yaml ");
}

static void
a_glob_names_files_as_the_shell_does(void **state)
{
	assert_string_equal(found(*state, "*.yaml", NULL), "a.yaml ");
	assert_string_equal(found(*state, "*/?.yaml", NULL), "base/d.yaml ");
	assert_string_equal(found(*state, "[ab].y*", NULL), "a.yaml b.yml ");
}

static void
two_stars_are_any_number_of_folders(void **state)
{
	assert_string_equal(found(*state, "**/*.yaml", NULL), "a.yaml base/d.yaml base/deep/e.yaml ");
	assert_string_equal(found(*state, "base/**/e.yaml", NULL), "base/deep/e.yaml ");
}

static void
a_file_that_two_patterns_name_is_taken_once(void **state)
{
	assert_string_equal(found(*state, "a.yaml", "*.yaml"), "a.yaml ");
}

static void
a_pattern_without_files_is_an_error(void **state)
{
	assert_string_equal(found(*state, "*.toml", NULL), "1");
	assert_string_equal(found(*state, "none/*.yaml", "a.yaml"), "a.yaml 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_folder_stands_for_all_manifests_below_it, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_glob_names_files_as_the_shell_does, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(two_stars_are_any_number_of_folders, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_file_that_two_patterns_name_is_taken_once, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_pattern_without_files_is_an_error, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
