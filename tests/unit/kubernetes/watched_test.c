#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/watched.h"

static int
setup(void **state)
{
	*state = calloc(1, sizeof(struct kg_watched));
	return *state ? 0 : -1;
}

static int
teardown(void **state)
{
	kg_watched_free(*state);
	free(*state);
	return 0;
}

static bool
feed(struct kg_watched *watched, const char *text)
{
	return kg_watched_feed(watched, text, strlen(text));
}

static void
put(struct kg_watched *watched, const char *namespace_, const char *name, int value)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"managedFields\":[1]},\"value\":%d}",
	    name, namespace_, value);
	kg_watched_put(watched, cJSON_Parse(text));
}

static int
value_at(const struct kg_watched *watched, const char *namespace_, const char *name)
{
	const cJSON *object = kg_watched_find(watched, namespace_, name);

	return object ? kg_json_at(object, "value")->valueint : -1;
}

static void
events_change_what_is_there(void **state)
{
	struct kg_watched *watched = *state;

	kg_watched_open(watched);
	assert_true(feed(watched,
	    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"resourceVersion\":\"7\"},\"value\":"
	    "1}}\n"
	    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"8\"},\"value\":2}}\n"));
	assert_int_equal(watched->count, 2);
	assert_int_equal(value_at(watched, "x", "a"), 1);
	assert_int_equal(value_at(watched, NULL, "b"), 2);
	assert_int_equal(value_at(watched, "", "a"), -1);
	assert_true(feed(watched,
	    "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"resourceVersion\":\"9\"},"
	    "\"value\":3}}\n"
	    "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"10\"}}}\n"
	    "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"99\"}}}\n"));
	assert_int_equal(watched->count, 1);
	assert_int_equal(value_at(watched, "x", "a"), 3);
	assert_string_equal(watched->resource_version, "99");
}

static void
events_come_in_any_pieces(void **state)
{
	static const char text[] =
	    "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"},\"value\":1}}\r\n\n"
	    "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"2\"},\"value\":2}}\n";

	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct kg_watched watched = {};

		kg_watched_open(&watched);
		for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
			size_t left = sizeof(text) - 1 - at;

			assert_true(kg_watched_feed(&watched, text + at, left < piece ? left : piece));
		}
		assert_int_equal(value_at(&watched, "", "a"), 2);
		assert_string_equal(watched.resource_version, "2");
		kg_watched_free(&watched);
	}
	(void)state;
}

static void
an_expired_version_ends_the_stream(void **state)
{
	static const char *const ends[] = {
		"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}\n",
		"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"reason\":\"Gone\"}}\n",
		"{\"kind\":\"Status\",\"status\":\"Failure\",\"code\":410}\n",
	};
	struct kg_watched *watched = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		kg_watched_open(watched);
		assert_false(feed(watched, ends[i]));
		assert_int_equal(watched->ended_code, 410);
	}
}

static void
what_is_no_event_ends_the_stream(void **state)
{
	static const char *const ends[] = { "<html>\n", "[]\n", "{\"type\":\"ADDED\"}\n", "{}\n", "nul\n" };
	struct kg_watched *watched = *state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		kg_watched_open(watched);
		assert_false(feed(watched, ends[i]));
		assert_int_not_equal(watched->ended_code, 410);
		assert_true(watched->ended_words != NULL);
	}
}

static void
what_a_later_list_does_not_bring_is_gone(void **state)
{
	struct kg_watched *watched = *state;
	uint32_t version;

	kg_watched_begin(watched);
	put(watched, "x", "a", 1);
	put(watched, "x", "b", 2);
	put(watched, "y", "a", 3);
	kg_watched_sweep(watched);
	assert_int_equal(watched->count, 3);
	kg_watched_begin(watched);
	put(watched, "x", "b", 4);
	version = watched->version;
	kg_watched_sweep(watched);
	assert_int_equal(watched->count, 1);
	assert_int_equal(watched->version, version + 2);
	assert_int_equal(value_at(watched, "x", "b"), 4);
	assert_null(kg_json_at(kg_watched_find(watched, "x", "b"), "metadata.managedFields"));
}

static void
an_object_without_a_name_is_passed_over(void **state)
{
	struct kg_watched *watched = *state;

	kg_watched_put(watched, cJSON_Parse("{\"metadata\":{}}"));
	kg_watched_put(watched, cJSON_Parse("{}"));
	kg_watched_put(watched, cJSON_Parse("[1]"));
	assert_int_equal(watched->count, 0);
}

/* Against a plain array, with as many removals as additions, so that holes are closed everywhere. */
static void
thousands_come_and_go(void **state)
{
	enum { names = 700, changes = 40'000 };
	static int values[names];
	struct kg_watched *watched = *state;
	uint32_t seed = 1, there = 0;
	char text[128], name[16];

	memset(values, -1, sizeof(values));
	kg_watched_open(watched);
	for (int i = 0; i < changes; i++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t which = (seed >> 8) % names;

		snprintf(name, sizeof(name), "n%u", which);
		if (seed >> 31) {
			there += values[which] < 0;
			values[which] = i;
			put(watched, "x", name, i);
		} else {
			there -= values[which] >= 0;
			values[which] = -1;
			snprintf(text, sizeof(text),
			    "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"%s\",\"namespace\":\"x\"}}}\n", name);
			assert_true(feed(watched, text));
		}
		assert_int_equal(watched->count, there);
		assert_int_equal(value_at(watched, "x", name), values[which]);
	}
	for (uint32_t i = 0; i < names; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(value_at(watched, "x", name), values[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(events_change_what_is_there, setup, teardown),
		cmocka_unit_test_setup_teardown(events_come_in_any_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(an_expired_version_ends_the_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_event_ends_the_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_later_list_does_not_bring_is_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(an_object_without_a_name_is_passed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(thousands_come_and_go, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
