#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/hash.h"
#include "engine/base/map.h"

static void
what_was_put_is_found_and_nothing_else(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_map map = { .arena = arena };
	uint32_t value;

	assert_false(kg_map_get(&map, "a", &value));
	for (uint32_t i = 0; i < 10000; i++)
		assert_true(kg_map_put(&map, kg_format(arena, "node-%u", i), i));
	assert_int_equal(map.count, 10000);
	assert_true(map.count * 2 <= map.room);
	for (uint32_t i = 0; i < 10000; i++) {
		assert_true(kg_map_get(&map, kg_format(arena, "node-%u", i), &value));
		assert_int_equal(value, i);
	}
	assert_false(kg_map_get(&map, "node-10000", &value));
	assert_false(kg_map_get(&map, "", NULL));
	kg_arena_free(arena);
}

static void
putting_again_changes_the_value_and_says_so(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_map map = { .arena = arena };
	uint32_t value;

	assert_true(kg_map_put(&map, "a", 1));
	assert_false(kg_map_put(&map, "a", 2));
	assert_true(kg_map_get(&map, "a", &value));
	assert_int_equal(value, 2);
	assert_int_equal(map.count, 1);
	kg_arena_free(arena);
}

static void
keys_may_be_part_of_a_text_or_empty_or_hold_zero_bytes(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_map map = { .arena = arena };
	uint32_t value;

	kg_map_put_bytes(&map, "abc", 2, 1);
	kg_map_put_bytes(&map, "ab\0c", 4, 2);
	kg_map_put(&map, "", 3);
	assert_true(kg_map_get(&map, "ab", &value));
	assert_int_equal(value, 1);
	assert_true(kg_map_get_bytes(&map, "ab\0c", 4, &value));
	assert_int_equal(value, 2);
	assert_true(kg_map_get(&map, "", &value));
	assert_int_equal(value, 3);
	assert_false(kg_map_get(&map, "abc", NULL));
	kg_arena_free(arena);
}

static void
hashes_of_like_texts_are_spread_over_a_table(void **)
{
	static unsigned char seen[1 << 16];
	struct kg_arena *arena = kg_arena_make();
	uint32_t collisions = 0;

	for (uint32_t i = 0; i < 8192; i++) {
		unsigned char *slot = &seen[kg_hash_text(kg_format(arena, "out/c%u-%u", i / 100, i % 100)) & 0xffff];

		collisions += *slot;
		*slot = 1;
	}
	/* Chance gives 490 of 8192 in 65536; twice that is a bad hash. */
	assert_true(collisions < 1000);
	assert_int_equal(kg_hash_text("abc"), kg_hash_bytes("abcd", 3));
	assert_true(kg_hash_bytes("\0", 1) != kg_hash_bytes("\0\0", 2));
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found_and_nothing_else),
		cmocka_unit_test(putting_again_changes_the_value_and_says_so),
		cmocka_unit_test(keys_may_be_part_of_a_text_or_empty_or_hold_zero_bytes),
		cmocka_unit_test(hashes_of_like_texts_are_spread_over_a_table),
	};

	return cmocka_run_group_tests_name("map", tests, nullptr, nullptr);
}
