#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"

static void
assert_masked(const char *const *values, const char *text, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_mask mask = { .arena = arena };

	for (; *values; values++)
		kg_mask_add(&mask, *values);
	assert_string_equal(kg_mask_text(arena, &mask, text), expected);
	kg_arena_free(arena);
}

static void
a_secret_is_masked_wherever_it_stands(void **)
{
	const char *const values[] = { "test_password", NULL };

	assert_masked(values, "password=test_password;", "password=***;");
	assert_masked(values, "test_password", "***");
	assert_masked(values, "test_passwordtest_password", "******");
	assert_masked(values, "test_passwor", "test_passwor");
	assert_masked(values, "", "");
}

static void
of_two_secrets_the_longer_one_wins(void **)
{
	assert_masked((const char *const[]){ "secret", "secretsecret", NULL }, "a secretsecret b", "a *** b");
	assert_masked((const char *const[]){ "abcdef", "cdefgh", NULL }, "abcdefgh", "***gh");
}

static void
short_values_are_left_alone(void **)
{
	assert_masked((const char *const[]){ "abc", "", NULL }, "abc abcd", "abc abcd");
	assert_masked((const char *const[]){ "abcd", NULL }, "abc abcd", "abc ***");
}

static void
the_form_in_a_url_is_masked_too(void **)
{
	assert_masked((const char *const[]){ "p@ss/word", NULL }, "?p=p%40ss%2Fword&q", "?p=***&q");
}

static void
each_long_line_of_a_secret_with_lines_is_masked(void **)
{
	const char *const values[] = { "-----BEGIN KEY-----\nMIIEvQIBADANBg\r\n}\n-----END KEY-----\n", NULL };

	assert_masked(values, "log: MIIEvQIBADANBg", "log: ***");
	assert_masked(values, "{ }", "{ }");
}

static void
passwords_in_urls_are_masked_though_nobody_knows_them(void **)
{
	const char *const none[] = { NULL };

	assert_masked(none, "postgresql://slm_user:pw@127.0.0.1:5432/db", "postgresql://slm_user:***@127.0.0.1:5432/db");
	assert_masked(none, "redis://:pw@host", "redis://:***@host");
	assert_masked(none, "x://u:p@ss:w@host/a@b", "x://u:***@host/a@b");
	assert_masked(none, "a://b:c@d e://f:g@h", "a://b:***@d e://f:***@h");
	assert_masked(none, "http://host:80/a@b", "http://host:80/a@b");
	assert_masked(none, "http://host:80?mail=a@b", "http://host:80?mail=a@b");
	assert_masked(none, "http://user@host", "http://user@host");
	assert_masked(none, "http://user:@host", "http://user:@host");
	assert_masked(none, "see http://h:1 or a@b", "see http://h:1 or a@b");
	assert_masked(none, "://", "://");
}

static void
a_text_without_secrets_is_given_back_itself(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_mask mask = { .arena = arena };
	const char *text = "nothing here";

	kg_mask_add(&mask, "hidden");
	assert_ptr_equal(kg_mask_text(arena, &mask, text), text);
	assert_ptr_equal(kg_mask_text(arena, NULL, text), text);
	assert_string_equal(kg_mask_text(arena, NULL, "a://b:c@d"), "a://b:***@d");
	kg_arena_free(arena);
}

static void
the_longest_value_is_known(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_mask mask = { .arena = arena };

	assert_int_equal(kg_mask_longest(&mask), 0);
	kg_mask_add(&mask, "abcd");
	kg_mask_add(&mask, "abc/efgh");
	kg_mask_add(&mask, "abcde");
	kg_mask_add(&mask, "abcde");
	assert_int_equal(kg_mask_longest(&mask), strlen("abc%2Fefgh"));
	assert_int_equal(mask.count, 4);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_masked_wherever_it_stands),
		cmocka_unit_test(of_two_secrets_the_longer_one_wins),
		cmocka_unit_test(short_values_are_left_alone),
		cmocka_unit_test(the_form_in_a_url_is_masked_too),
		cmocka_unit_test(each_long_line_of_a_secret_with_lines_is_masked),
		cmocka_unit_test(passwords_in_urls_are_masked_though_nobody_knows_them),
		cmocka_unit_test(a_text_without_secrets_is_given_back_itself),
		cmocka_unit_test(the_longest_value_is_known),
	};

	return cmocka_run_group_tests_name("mask", tests, nullptr, nullptr);
}
