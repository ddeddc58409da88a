#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/digest.h"

static void
assert_told(struct kg_digest digest, const char *expected)
{
	char hex[KG_DIGEST_HEX + 1];

	kg_digest_tell(digest, hex);
	assert_string_equal(hex, expected);
}

static void
digests_are_those_of_the_published_algorithm(void **)
{
	assert_told(kg_digest_text(""), "99aa06d3014798d86001c324468d497f");
	assert_told(kg_digest_bytes("a", 1), "a96faf705af16834e6c632b61e964e1f");
}

static void
what_is_told_can_be_read_back(void **)
{
	struct kg_digest digest = kg_digest_text("main.c"), again = { 0 };
	char hex[KG_DIGEST_HEX + 1];

	kg_digest_tell(digest, hex);
	assert_true(kg_digest_read(hex, &again));
	assert_true(kg_digest_equal(digest, again));
}

static void
what_is_not_a_digest_is_refused(void **)
{
	const char *const wrong[] = {
		"",
		"99aa06d3014798d86001c324468d497",
		"99aa06d3014798d86001c324468d497f0",
		"99aa06d3014798d86001c324468d497g",
		"99AA06D3014798D86001C324468D497F",
	};
	struct kg_digest digest;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(kg_digest_read(wrong[i], &digest));
}

static void
none_is_all_zero_and_no_content_has_it(void **)
{
	assert_true(kg_digest_is_none((struct kg_digest){ 0 }));
	assert_false(kg_digest_is_none(kg_digest_text("")));
}

static void
pieces_give_what_the_whole_gives(void **)
{
	static char content[100000];
	struct kg_digest_state state;

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (char)(i * 7919 >> 3);
	kg_digest_start(&state);
	for (size_t at = 0, piece = 1; at < sizeof(content); at += piece, piece = piece * 3 % 4099 + 1) {
		if (piece > sizeof(content) - at)
			piece = sizeof(content) - at;
		kg_digest_add(&state, content + at, piece);
	}
	assert_true(kg_digest_equal(kg_digest_end(&state), kg_digest_bytes(content, sizeof(content))));
}

static void
texts_added_one_after_the_other_keep_their_borders(void **)
{
	struct kg_digest_state one, other;

	kg_digest_start(&one);
	kg_digest_add_text(&one, "ab");
	kg_digest_add_text(&one, "c");
	kg_digest_start(&other);
	kg_digest_add_text(&other, "a");
	kg_digest_add_text(&other, "bc");
	assert_false(kg_digest_equal(kg_digest_end(&one), kg_digest_end(&other)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_of_the_published_algorithm),
		cmocka_unit_test(what_is_told_can_be_read_back),
		cmocka_unit_test(what_is_not_a_digest_is_refused),
		cmocka_unit_test(none_is_all_zero_and_no_content_has_it),
		cmocka_unit_test(pieces_give_what_the_whole_gives),
		cmocka_unit_test(texts_added_one_after_the_other_keep_their_borders),
	};

	return cmocka_run_group_tests_name("digest", tests, nullptr, nullptr);
}
