#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/width.h"

static void
columns_are_those_of_a_terminal(void **)
{
	assert_int_equal(kg_width(""), 0);
	assert_int_equal(kg_width("schema"), 6);
	assert_int_equal(kg_width("schéma"), 6);
	assert_int_equal(kg_width("sche\u0301ma"), 6);
	assert_int_equal(kg_width("図表"), 4);
	assert_int_equal(kg_width("한글"), 4);
	assert_int_equal(kg_width("🚀!"), 3);
	assert_int_equal(kg_width("\xff\xfe"), 2);
}

static void
what_does_not_fit_is_cut_with_an_ellipsis(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(kg_width_cut(arena, "datastorage", 11), "datastorage");
	assert_string_equal(kg_width_cut(arena, "datastorage", 10), "datastora…");
	assert_string_equal(kg_width_cut(arena, "図表図表", 6), "図表…");
	assert_string_equal(kg_width_cut(arena, "図表図表", 5), "図表…");
	assert_string_equal(kg_width_cut(arena, "abc", 1), "…");
	assert_string_equal(kg_width_cut(arena, "abc", 0), "");
	kg_arena_free(arena);
}

static void
what_would_upset_a_terminal_is_taken_out(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(kg_width_plain(arena, "a\tbc\td"), "a   bc  d");
	assert_string_equal(kg_width_plain(arena, "図\tx"), "図  x");
	assert_string_equal(kg_width_plain(arena, "\033[31mred\xc2\x9b\x7f\xff"), "?[31mred???");
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_those_of_a_terminal),
		cmocka_unit_test(what_does_not_fit_is_cut_with_an_ellipsis),
		cmocka_unit_test(what_would_upset_a_terminal_is_taken_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
