#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "graph/order.h"

/* "1 2;;0" : node 0 needs 1 and 2, node 1 nothing, node 2 needs 0. Told: "1 0" or the cycles, "0>2;". */
static const char *
ordered(struct kg_arena *arena, const char *rows)
{
	KG_LIST(uint32_t) needs = { 0 }, first = { 0 };
	struct kg_text told = { .arena = arena };

	kg_list_push(arena, &first, 0);
	for (const char *at = rows;; at++) {
		if (*at == ';' || *at == '\0')
			kg_list_push(arena, &first, needs.count);
		else if (*at != ' ')
			kg_list_push(arena, &needs, (uint32_t)(*at - '0'));
		if (*at == '\0')
			break;
	}
	struct kg_order order = kg_order_find(arena, &(struct kg_order_rows){ first.count - 1, first.items, needs.items });
	for (uint32_t i = 0; i < order.cycle_count; i++) {
		for (uint32_t at = 0; at < order.cycles[i].count; at++)
			kg_text_format(&told, "%s%u", at > 0 ? ">" : "", order.cycles[i].nodes[at]);
		kg_text_add(&told, ";");
	}
	for (uint32_t i = 0; order.cycle_count == 0 && i < order.count; i++)
		kg_text_format(&told, "%s%u", i > 0 ? " " : "", order.nodes[i]);
	return kg_text_end(&told);
}

static void
assert_ordered(const char *rows, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(ordered(arena, rows), expected);
	kg_arena_free(arena);
}

static void
what_is_in_order_stays_as_it_is(void **)
{
	assert_ordered(";0;0;1 2", "0 1 2 3");
}

static void
a_node_comes_as_early_as_its_number_and_its_needs_let_it(void **)
{
	assert_ordered("3;;;2", "1 2 3 0");
	assert_ordered("4;3;;;", "2 3 1 4 0");
}

static void
the_same_need_twice_does_no_harm(void **)
{
	assert_ordered("1 1;", "1 0");
}

static void
a_cycle_is_told_from_its_lowest_node_on(void **)
{
	assert_ordered("1;2;0", "0>1>2;");
	assert_ordered(";2;3;1", "1>2>3;");
}

static void
a_node_that_needs_itself_is_a_cycle_of_one(void **)
{
	assert_ordered(";1", "1;");
}

static void
what_a_cycle_holds_up_is_not_in_it(void **)
{
	assert_ordered("1;2;3;2;", "2>3;");
}

static void
the_shortest_cycle_through_a_node_is_told(void **)
{
	assert_ordered("1;2;3;4 0;0", "0>1>2>3;");
}

static void
cycles_apart_from_each_other_are_all_told(void **)
{
	assert_ordered("1;0;3;2;0 2", "0>1;2>3;");
}

static void
a_chain_of_many_nodes_needs_no_stack(void **)
{
	constexpr uint32_t count = 200000;
	struct kg_arena *arena = kg_arena_make();
	uint32_t *first = kg_new_array(arena, uint32_t, count + 1), *needs = kg_new_array(arena, uint32_t, count);

	for (uint32_t i = 0; i < count; i++) {
		first[i + 1] = i + 1;
		needs[i] = (i + 1) % count;
	}
	struct kg_order order = kg_order_find(arena, &(struct kg_order_rows){ count, first, needs });
	assert_int_equal(order.cycle_count, 1);
	assert_int_equal(order.cycles[0].count, count);
	assert_int_equal(order.cycles[0].nodes[count - 1], count - 1);

	first[count] = count - 1;
	order = kg_order_find(arena, &(struct kg_order_rows){ count, first, needs });
	assert_int_equal(order.count, count);
	assert_int_equal(order.nodes[0], count - 1);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_in_order_stays_as_it_is),
		cmocka_unit_test(a_node_comes_as_early_as_its_number_and_its_needs_let_it),
		cmocka_unit_test(the_same_need_twice_does_no_harm),
		cmocka_unit_test(a_cycle_is_told_from_its_lowest_node_on),
		cmocka_unit_test(a_node_that_needs_itself_is_a_cycle_of_one),
		cmocka_unit_test(what_a_cycle_holds_up_is_not_in_it),
		cmocka_unit_test(the_shortest_cycle_through_a_node_is_told),
		cmocka_unit_test(cycles_apart_from_each_other_are_all_told),
		cmocka_unit_test(a_chain_of_many_nodes_needs_no_stack),
	};

	return cmocka_run_group_tests_name("order", tests, nullptr, nullptr);
}
