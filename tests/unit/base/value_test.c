#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/value.h"
#include "tests/unit/base/settings.h"

static const char everything[] = "{t: 'text', i: -7, r: 1.5, f: true, l: ['a', '', [3]], o: {x: '${node.a.b}', e: {}}, z: []}";

/* The settings in one line, members sorted. */
static void
told_add(struct kg_text *told, const struct kg_values *values, const struct kg_value *value)
{
	switch (value->type) {
	case KG_VALUE_TEXT: kg_text_format(told, "'%s'", kg_value_text(values, value)); break;
	case KG_VALUE_INTEGER: kg_text_format(told, "%lld", (long long)value->integer); break;
	case KG_VALUE_REAL: kg_text_format(told, "%g", value->real); break;
	case KG_VALUE_FLAG: kg_text_add(told, value->integer ? "true" : "false"); break;
	case KG_VALUE_NONE: kg_text_add(told, "none"); break;
	case KG_VALUE_LIST:
	case KG_VALUE_TABLE:
		kg_text_add(told, value->type == KG_VALUE_LIST ? "[" : "{");
		for (uint32_t i = 0; i < value->count; i++) {
			const struct kg_value *child = &values->items[value->start + i];

			kg_text_format(told, "%s%s%s", i > 0 ? ", " : "", kg_value_key(values, child), child->key ? ": " : "");
			told_add(told, values, child);
		}
		kg_text_add(told, value->type == KG_VALUE_LIST ? "]" : "}");
	}
}

static const char *
told(struct kg_arena *arena, const struct kg_values *values)
{
	struct kg_text text = { .arena = arena };

	told_add(&text, values, &values->items[0]);
	return kg_text_end(&text);
}

static void
members_are_found_by_name(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_values values = settings_make(arena, everything);
	const struct kg_value *root = &values.items[0];

	assert_int_equal(kg_value_member(&values, root, "i")->integer, -7);
	assert_int_equal(kg_value_member(&values, root, "f")->integer, 1);
	assert_string_equal(kg_value_text(&values, kg_value_member(&values, root, "t")), "text");
	assert_string_equal(kg_value_key(&values, kg_value_member(&values, root, "z")), "z");
	assert_null(kg_value_member(&values, root, "a"));
	assert_null(kg_value_member(&values, root, "zz"));
	assert_null(kg_value_member(&values, root, ""));
	assert_null(kg_value_member(&values, kg_value_member(&values, root, "l"), "a"));
	assert_null(kg_value_member(&values, kg_value_member(&values, root, "t"), "a"));
	kg_arena_free(arena);
}

static void
what_is_packed_comes_out_the_same_without_its_places(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_values values = settings_make(arena, everything), unpacked;
	struct kg_block block = kg_value_pack(arena, &values, &values.items[0]);

	assert_true(kg_value_unpack(block, &unpacked));
	assert_string_equal(told(arena, &unpacked), told(arena, &values));
	assert_int_equal(unpacked.items[0].line, 0);
	assert_int_equal(unpacked.items[0].flags, KG_VALUE_OPEN);
	kg_arena_free(arena);
}

static void
a_part_can_be_packed_alone(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_values values = settings_make(arena, everything), unpacked;
	struct kg_block block = kg_value_pack(arena, &values, kg_value_member(&values, &values.items[0], "l"));

	assert_true(kg_value_unpack(block, &unpacked));
	assert_string_equal(told(arena, &unpacked), "['a', '', [3]]");
	kg_arena_free(arena);
}

static void
a_shorter_block_is_refused_at_every_length(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_values values = settings_make(arena, everything), unpacked;
	struct kg_block block = kg_value_pack(arena, &values, &values.items[0]);

	for (uint32_t size = 0; size < block.size; size++) {
		/* A copy of just that size, so that ASan sees a step beyond it. */
		void *copy = aligned_alloc(8, (size + 8) & ~7u);

		memcpy(copy, block.bytes, size);
		assert_false(kg_value_unpack((struct kg_block){ copy, size }, &unpacked));
		free(copy);
	}
	kg_arena_free(arena);
}

/* Going through all of it must come to an end inside the block; UBSan and ASan watch. */
static void
a_damaged_block_is_refused_or_can_be_gone_through(void **)
{
	static const uint32_t words[] = { 0, 1, 3, 0x7f, 0xffff, 0x7fffffff, 0xffffffff };
	struct kg_arena *arena = kg_arena_make(), *scratch = kg_arena_make();
	struct kg_values values = settings_make(arena, everything), unpacked;
	struct kg_block block = kg_value_pack(arena, &values, &values.items[0]);
	char *bytes = (char *)kg_copy_bytes(arena, block.bytes, block.size);
	uint32_t refused = 0;

	for (uint32_t at = 0; at + 4 <= block.size; at++)
		for (size_t word = 0; word < sizeof(words) / sizeof(words[0]); word++) {
			memcpy(bytes + at, &words[word], 4);
			if (kg_value_unpack((struct kg_block){ bytes, block.size }, &unpacked))
				(void)told(scratch, &unpacked);
			else
				refused++;
			kg_arena_empty(scratch);
			memcpy(bytes + at, (const char *)block.bytes + at, 4);
		}
	assert_true(refused > 100);
	kg_arena_free(scratch);
	kg_arena_free(arena);
}

static void
a_deep_table_needs_no_stack_to_be_packed(void **)
{
	constexpr uint32_t depth = 100000;
	struct kg_arena *arena = kg_arena_make();
	struct kg_value *items = kg_new_array(arena, struct kg_value, depth);
	struct kg_values values = { .items = items, .texts = "", .count = depth, .texts_size = 1 }, unpacked;

	for (uint32_t i = 0; i < depth; i++)
		items[i] = (struct kg_value){ .type = KG_VALUE_LIST, .start = i + 1, .count = i + 1 < depth };
	assert_true(kg_value_unpack(kg_value_pack(arena, &values, items), &unpacked));
	assert_int_equal(unpacked.count, depth);
	kg_arena_free(arena);
}

static void
types_are_told_as_words(void **)
{
	assert_string_equal(kg_value_type_tell(KG_VALUE_TEXT), "a text");
	assert_string_equal(kg_value_type_tell(KG_VALUE_REAL), "a number");
	assert_string_equal(kg_value_type_tell(KG_VALUE_NONE), "nothing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_found_by_name),
		cmocka_unit_test(what_is_packed_comes_out_the_same_without_its_places),
		cmocka_unit_test(a_part_can_be_packed_alone),
		cmocka_unit_test(a_shorter_block_is_refused_at_every_length),
		cmocka_unit_test(a_damaged_block_is_refused_or_can_be_gone_through),
		cmocka_unit_test(a_deep_table_needs_no_stack_to_be_packed),
		cmocka_unit_test(types_are_told_as_words),
	};

	return cmocka_run_group_tests_name("value", tests, nullptr, nullptr);
}
