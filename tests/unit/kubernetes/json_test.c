#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/client/json.h"

static int
setup(void **state)
{
	*state = kg_arena_make();
	return 0;
}

static int
teardown(void **state)
{
	kg_arena_free(*state);
	return 0;
}

static cJSON *
read_text(struct kg_arena *arena, const char *text)
{
	return kg_json_read(arena, text, strlen(text));
}

static void
what_is_read_prints_the_same(void **state)
{
	static const char *const same[] = {
		"{}",
		"[]",
		"null",
		"{\"a\":[1,-2,true,false,null,\"x\"],\"b\":{\"c\":{}}}",
		"1.5",
		"0.1",
		"9007199254740991",
		"1000000000000000",
		"-9007199254740991",
		"{\"ä\":\"日本 😀\"}",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_string_equal(kg_json_print(*state, read_text(*state, same[i])), same[i]);
}

static void
whole_numbers_have_no_exponent(void **state)
{
	assert_string_equal(kg_json_print(*state, read_text(*state, "[1e15,1E3,12e0,1.0]")), "[1000000000000000,1000,12,1]");
}

static void
what_yaml_has_no_place_for_is_escaped(void **state)
{
	static const struct {
		const char *json, *printed;
	} cases[] = {
		{ "\"a\\\"b\\\\c\\nd\\te\"", "\"a\\\"b\\\\c\\nd\\te\"" },
		{ "\"\\r\\b\\f\\/\\u0001\"", "\"\\u000d\\u0008\\u000c/\\u0001\"" },
		{ "\"\x7f\"", "\"\\u007f\"" },
		{ "\"\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\"", "\"\\u0085\\u2028\\u2029\"" },
		{ "\"\xef\xbb\xbf\"", "\"\\ufeff\"" },
		{ "\"\xff!\"", "\"\\ufffd!\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(kg_json_print(*state, read_text(*state, cases[i].json)), cases[i].printed);
}

static void
what_is_no_json_is_not_read(void **state)
{
	static const char *const wrong[] = { "", "{", "{} x", "[1,]", "{\"a\":1}}", "nul" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(read_text(*state, wrong[i]));
	assert_non_null(read_text(*state, " {} \n"));
	assert_null(kg_json_read(*state, "{}\0", 3));
}

static void
a_kept_tree_may_be_changed(void **state)
{
	cJSON *object = read_text(*state, "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}");

	kg_json_set_text(*state, object, "kind", "Deployment");
	kg_json_set_text(*state, object, "apiVersion", "apps/v1");
	assert_string_equal(
	    kg_json_print(*state, object), "{\"kind\":\"Deployment\",\"metadata\":{\"name\":\"a\"},\"apiVersion\":\"apps/v1\"}");
	assert_string_equal(kg_json_text(object, "metadata.name"), "a");
	assert_null(kg_json_text(object, "metadata.nam"));
	assert_null(kg_json_text(object, "metadata"));
	assert_null(kg_json_at(object, "metadata.name.x"));
	assert_ptr_equal(object->child->prev, kg_json_at(object, "apiVersion"));
	assert_int_equal(cJSON_GetArraySize(object), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_read_prints_the_same, setup, teardown),
		cmocka_unit_test_setup_teardown(whole_numbers_have_no_exponent, setup, teardown),
		cmocka_unit_test_setup_teardown(what_yaml_has_no_place_for_is_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_json_is_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_kept_tree_may_be_changed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
