#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"

static bool
is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static void
memory_is_zero_and_aligned_for_any_type(void **)
{
	struct kg_arena *arena = kg_arena_make();

	for (size_t size = 0; size < 5000; size += 7) {
		unsigned char *memory = kg_alloc(arena, size);

		assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
		assert_true(is_zero(memory, size));
		memset(memory, 0xff, size);
	}
	kg_arena_free(arena);
}

static void
memory_that_is_handed_out_again_is_zero_again(void **)
{
	struct kg_arena *arena = kg_arena_make();

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++) {
			unsigned char *memory = kg_alloc(arena, 1000);

			assert_true(is_zero(memory, 1000));
			memset(memory, 0xff, 1000);
		}
		kg_arena_empty(arena);
		assert_int_equal(kg_arena_size_bytes(arena), 0);
	}
	kg_arena_free(arena);
}

static void
what_is_larger_than_a_block_gets_one_of_its_own(void **)
{
	struct kg_arena *arena = kg_arena_make();
	unsigned char *large = kg_alloc(arena, 5 << 20), *small = kg_alloc(arena, 1);

	assert_true(is_zero(large, 5 << 20));
	memset(large, 0xff, 5 << 20);
	assert_int_equal(*small, 0);
	assert_true(kg_arena_size_bytes(arena) > 5 << 20);
	kg_arena_free(arena);
}

static void
copies_end_with_a_zero_byte_and_NULL_stays_NULL(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_null(kg_copy(arena, NULL));
	assert_string_equal(kg_copy(arena, "abc"), "abc");
	assert_string_equal(kg_copy_bytes(arena, "abc", 2), "ab");
	assert_string_equal(kg_copy_bytes(arena, NULL, 0), "");
	kg_arena_free(arena);
}

static void
formatting_is_as_long_as_it_must_be(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_format(arena, "%10000d|%s", 7, "end");

	assert_int_equal(strlen(text), 10004);
	assert_string_equal(text + 9999, "7|end");
	kg_arena_free(arena);
	kg_arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zero_and_aligned_for_any_type),
		cmocka_unit_test(memory_that_is_handed_out_again_is_zero_again),
		cmocka_unit_test(what_is_larger_than_a_block_gets_one_of_its_own),
		cmocka_unit_test(copies_end_with_a_zero_byte_and_NULL_stays_NULL),
		cmocka_unit_test(formatting_is_as_long_as_it_must_be),
	};

	return cmocka_run_group_tests_name("arena", tests, nullptr, nullptr);
}
