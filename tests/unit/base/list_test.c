#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"

static void
a_list_keeps_what_was_pushed_while_it_grows(void **)
{
	struct kg_arena *arena = kg_arena_make();
	KG_LIST(uint32_t) list = { 0 };

	for (uint32_t i = 0; i < 10000; i++)
		kg_list_push(arena, &list, i * 3);
	assert_int_equal(list.count, 10000);
	assert_true(list.room >= list.count && list.room < 2 * list.count);
	for (uint32_t i = 0; i < list.count; i++)
		assert_int_equal(list.items[i], i * 3);
	kg_arena_free(arena);
}

static void
an_item_of_the_list_itself_can_be_pushed(void **)
{
	struct kg_arena *arena = kg_arena_make();
	KG_LIST(uint32_t) list = { 0 };

	kg_list_push(arena, &list, 7);
	while (list.count < 100)
		kg_list_push(arena, &list, list.items[0]);
	assert_int_equal(list.items[99], 7);
	kg_arena_free(arena);
}

static void
a_record_is_pushed_as_it_is_written(void **)
{
	struct pair {
		int a, b;
	};
	struct kg_arena *arena = kg_arena_make();
	KG_LIST(struct pair) list = { 0 };

	kg_list_push(arena, &list, (struct pair){ 1, 2 });
	assert_int_equal(list.items[0].b, 2);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_keeps_what_was_pushed_while_it_grows),
		cmocka_unit_test(an_item_of_the_list_itself_can_be_pushed),
		cmocka_unit_test(a_record_is_pushed_as_it_is_written),
	};

	return cmocka_run_group_tests_name("list", tests, nullptr, nullptr);
}
