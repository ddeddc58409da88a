#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static void
a_text_grows_and_is_always_ended(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_text text = { .arena = arena };

	assert_string_equal(kg_text_end(&text), "");
	for (int i = 0; i < 1000; i++) {
		kg_text_format(&text, "%d,", i % 10);
		assert_int_equal(strlen(kg_text_end(&text)), text.size);
	}
	assert_int_equal(text.size, 2000);
	kg_text_add(&text, "");
	kg_text_add_bytes(&text, "ab\0c", 4);
	assert_int_equal(text.size, 2004);
	assert_memory_equal(text.bytes + 1996, "8,9,ab\0c", 9);
	kg_arena_free(arena);
}

static void
assert_json(const char *bytes, size_t size, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_text text = { .arena = arena };

	kg_text_add_json_bytes(&text, bytes, size);
	assert_string_equal(kg_text_end(&text), expected);
	kg_arena_free(arena);
}

static void
json_escapes_what_must_be(void **)
{
	assert_json("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
	assert_json("\n\t\r\x01\x7f", 5, "\"\\n\\t\\u000d\\u0001\\u007f\"");
	assert_json("\0", 1, "\"\\u0000\"");
	assert_json("", 0, "\"\"");
	assert_json("h\u00e9 \u20ac \U0001f600", 12, "\"h\u00e9 \u20ac \U0001f600\"");
}

static void
json_replaces_what_is_not_utf8(void **)
{
	assert_json("a\xff"
		    "b",
	    3, "\"a\\ufffdb\"");
	assert_json("\xe2\x82", 2, "\"\\ufffd\\ufffd\"");
	assert_json("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");
}

static void
utf8_is_what_rfc_3629_says(void **)
{
	assert_int_equal(kg_text_utf8_length("a", 1), 1);
	assert_int_equal(kg_text_utf8_length("\0", 1), 1);
	assert_int_equal(kg_text_utf8_length("\xc2\x80", 2), 2);
	assert_int_equal(kg_text_utf8_length("\xe0\xa0\x80", 3), 3);
	assert_int_equal(kg_text_utf8_length("\xed\x9f\xbf", 3), 3);
	assert_int_equal(kg_text_utf8_length("\xf4\x8f\xbf\xbf", 4), 4);
	assert_int_equal(kg_text_utf8_length("", 0), 0);
	assert_int_equal(kg_text_utf8_length("\x80", 1), 0);
	assert_int_equal(kg_text_utf8_length("\xc0\x80", 2), 0);
	assert_int_equal(kg_text_utf8_length("\xc1\xbf", 2), 0);
	assert_int_equal(kg_text_utf8_length("\xe0\x9f\xbf", 3), 0);
	assert_int_equal(kg_text_utf8_length("\xed\xa0\x80", 3), 0);
	assert_int_equal(kg_text_utf8_length("\xf0\x8f\xbf\xbf", 4), 0);
	assert_int_equal(kg_text_utf8_length("\xf4\x90\x80\x80", 4), 0);
	assert_int_equal(kg_text_utf8_length("\xf5\x80\x80\x80", 4), 0);
	assert_int_equal(kg_text_utf8_length("\xe2\x82\xac", 2), 0);
	assert_int_equal(kg_text_utf8_length("\xe2(\xac", 3), 0);
}

static void
starts_ends_and_equal_take_what_comes(void **)
{
	assert_true(kg_text_starts("node.a", "node."));
	assert_true(kg_text_starts("a", ""));
	assert_false(kg_text_starts("nod", "node"));
	assert_true(kg_text_ends("a.ready", "ready"));
	assert_true(kg_text_ends("a", ""));
	assert_false(kg_text_ends("y", "ready"));
	assert_true(kg_text_equal(NULL, NULL));
	assert_false(kg_text_equal(NULL, ""));
	assert_true(kg_text_equal("a", "a"));
}

static void
the_nearest_is_what_was_likely_meant(void **)
{
	const char *const words[] = { "needs", "inputs", "timeout", "pool", "a_very_long_name_that_nobody_would_type", NULL };

	assert_string_equal(kg_text_nearest("neds", words), "needs");
	assert_string_equal(kg_text_nearest("nedes", words), "needs");
	assert_string_equal(kg_text_nearest("imputs", words), "inputs");
	assert_string_equal(kg_text_nearest("timeuot", words), "timeout");
	assert_string_equal(kg_text_nearest("poool", words), "pool");
	assert_null(kg_text_nearest("command", words));
	assert_null(kg_text_nearest("x", words));
	assert_null(kg_text_nearest("", words));
}

static void
the_nearest_of_two_is_the_nearer_and_then_the_first(void **)
{
	assert_string_equal(kg_text_nearest("schema", (const char *const[]){ "schemas1", "schemas", NULL }), "schemas");
	assert_string_equal(kg_text_nearest("redis", (const char *const[]){ "redis1", "redis2", NULL }), "redis1");
}

static void
nothing_is_near_to_what_is_too_long_to_compare(void **)
{
	char word[200];

	memset(word, 'a', sizeof(word) - 1);
	word[199] = '\0';
	assert_null(kg_text_nearest(word, (const char *const[]){ word, NULL }));
	assert_string_equal(kg_text_nearest("ab", (const char *const[]){ word, "abc", NULL }), "abc");
}

static void
lists_are_told_with_commas_and_a_last_join(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *const words[] = { "a", "b", "c" };

	assert_string_equal(kg_text_enumerate(arena, words, 0, " and "), "");
	assert_string_equal(kg_text_enumerate(arena, words, 1, " and "), "a");
	assert_string_equal(kg_text_enumerate(arena, words, 2, " or "), "a or b");
	assert_string_equal(kg_text_enumerate(arena, words, 3, " and "), "a, b and c");
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_grows_and_is_always_ended),
		cmocka_unit_test(json_escapes_what_must_be),
		cmocka_unit_test(json_replaces_what_is_not_utf8),
		cmocka_unit_test(utf8_is_what_rfc_3629_says),
		cmocka_unit_test(starts_ends_and_equal_take_what_comes),
		cmocka_unit_test(the_nearest_is_what_was_likely_meant),
		cmocka_unit_test(the_nearest_of_two_is_the_nearer_and_then_the_first),
		cmocka_unit_test(nothing_is_near_to_what_is_too_long_to_compare),
		cmocka_unit_test(lists_are_told_with_commas_and_a_last_join),
	};

	return cmocka_run_group_tests_name("text", tests, nullptr, nullptr);
}
