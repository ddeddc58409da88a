#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/depfile.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

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

/* What is read from content, with bars between. */
static void
assert_read(struct kg_arena *arena, const char *content, const char *expected)
{
	struct kg_text text = { .arena = arena };
	struct kg_files files = { 0 };
	/* Without the zero byte at the end, so that a read behind it is seen. */
	size_t size = strlen(content);
	char *bytes = kg_alloc(arena, size);

	memcpy(bytes, content, size);
	struct kg_error *error = kg_depfile_read(arena, bytes, size, "/srv", &files);
	if (error)
		fail_msg("%s", kg_error_text(arena, error));
	for (uint32_t i = 0; i < files.count; i++)
		kg_text_format(&text, "%s%s", i ? "|" : "", files.paths[i]);
	assert_string_equal(kg_text_end(&text), expected);
}

static void
a_compilers_file_is_read(void **state)
{
	assert_read(*state,
	    "build/main.o: src/main.c src/main.h \\\n /usr/include/stdio.h \\\n  "
	    "src/../lib/x.h\n\nsrc/main.h:\n\n/usr/include/stdio.h:\n",
	    "/srv/lib/x.h|/srv/src/main.c|/srv/src/main.h|/usr/include/stdio.h");
}

static void
several_rules_and_targets_are_one_list(void **state)
{
	assert_read(*state, "a.o b.o: x.c y.h\nc.o : y.h\nd.o:: z.c", "/srv/x.c|/srv/y.h|/srv/z.c");
	assert_read(*state, "a.o \\\n b.o \\\n : x.c", "/srv/x.c");
	assert_read(*state, "a.o:\\\nx.c", "/srv/x.c");
}

static void
nothing_is_read_from_nothing(void **state)
{
	assert_read(*state, "", "");
	assert_read(*state, "\n\n  \n# a comment: x\n", "");
	assert_read(*state, "a.o:", "");
	assert_read(*state, "a.o: \\\n\n", "");
}

static void
escapes_are_undone(void **state)
{
	assert_read(*state, "a.o: my\\ file.c", "/srv/my file.c");
	assert_read(*state, "my\\ target.o: x.c", "/srv/x.c");
	assert_read(*state, "a.o: x\\#1.c", "/srv/x#1.c");
	assert_read(*state, "a.o: cost$$.c", "/srv/cost$.c");
	assert_read(*state, "a.o: $x.c", "/srv/$x.c");
	assert_read(*state, "a.o: x\\:y.c", "/srv/x:y.c");
	assert_read(*state, "a\\:b.o: x.c", "/srv/x.c");
	assert_read(*state, "a.o: x\\y.c", "/srv/x\\y.c");
	assert_read(*state, "a.o: x\\\\\\ y.c", "/srv/x\\ y.c");
	assert_read(*state, "a.o: x\\\\ y.c", "/srv/x\\\\|/srv/y.c");
	assert_read(*state, "a.o: x\\\\\n", "/srv/x\\");
	assert_read(*state, "a.o: x\\", "/srv/x");
	assert_read(*state, "a.o: x # y\n", "/srv/x");
	assert_read(*state, "a.o: x#y\n", "/srv/x#y");
}

static void
colons_within_names_are_part_of_them(void **state)
{
	assert_read(*state, "c:/a.o: c:/x.c d:", "/srv/c:/x.c|/srv/d:");
	assert_read(*state, "a:b.o: x.c", "/srv/x.c");
}

static void
lines_may_end_as_on_windows(void **state)
{
	assert_read(*state, "a.o: x.c \\\r\n y.c\r\nb.o: z.c\r\n", "/srv/x.c|/srv/y.c|/srv/z.c");
}

static void
what_is_no_dependency_file_is_told_with_its_line(void **state)
{
	const struct {
		const char *content, *expected;
	} wrong[] = {
		{ "a.o: x.c\nnot a rule\n", "line 2 of the dependency file has no colon" },
		{ "a.o: x.c \\\n y.c\n\nnot a rule", "line 4 of the dependency file has no colon" },
		{ ": x.c", "line 1 of the dependency file has no target" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct kg_files files = { 0 };
		struct kg_error *error = kg_depfile_read(*state, wrong[i].content, strlen(wrong[i].content), "/srv", &files);

		assert_non_null(error);
		assert_int_equal(error->code, KG_EINPUT);
		assert_string_equal(error->message, wrong[i].expected);
	}
	struct kg_files files = { 0 };
	assert_non_null(kg_depfile_read(*state, "a.o: x\0y", 8, "/srv", &files));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_compilers_file_is_read, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(several_rules_and_targets_are_one_list, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(nothing_is_read_from_nothing, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(escapes_are_undone, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(colons_within_names_are_part_of_them, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(lines_may_end_as_on_windows, arena_make, arena_free),
		cmocka_unit_test_setup_teardown(what_is_no_dependency_file_is_told_with_its_line, arena_make, arena_free),
	};

	return cmocka_run_group_tests_name("depfile", tests, nullptr, nullptr);
}
