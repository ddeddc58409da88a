#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/http_header.h"

static constexpr int64_t minute_ms = 60000;
/* Sun, 06 Nov 1994 08:49:37 GMT, the moment of RFC 9110's examples. */
static constexpr int64_t example_ns = 784111777LL * 1000000000;

static void
a_header_is_found_in_whatever_case(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *headers = "Content-Length: 5\nDOCKER-content-digest:  sha256:ab \nX-Empty:\nLast: 1";

	assert_string_equal(kg_http_header(arena, headers, "docker-content-digest"), "sha256:ab");
	assert_string_equal(kg_http_header(arena, headers, "Content-Length"), "5");
	assert_string_equal(kg_http_header(arena, headers, "x-empty"), "");
	assert_string_equal(kg_http_header(arena, headers, "LAST"), "1");
	kg_arena_free(arena);
}

static void
a_part_of_a_name_and_a_value_are_not_the_header(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_null(kg_http_header(arena, "X-Content-Length: 5\n", "Content-Length"));
	assert_null(kg_http_header(arena, "Content-Length-Of: 5\n", "Content-Length"));
	assert_null(kg_http_header(arena, "A: Location: b\n", "Location"));
	assert_null(kg_http_header(arena, "", "Location"));
	kg_arena_free(arena);
}

static void
the_first_of_several_headers_counts(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(kg_http_header(arena, "Link: <a>\nLink: <b>\n", "link"), "<a>");
	kg_arena_free(arena);
}

static void
retry_after_is_seconds(void **)
{
	assert_int_equal(kg_http_retry_after_ms("Retry-After: 7\n", example_ns, minute_ms), 7000);
	assert_int_equal(kg_http_retry_after_ms("retry-after: 0\n", example_ns, minute_ms), 0);
}

static void
retry_after_is_a_date_in_three_forms(void **)
{
	assert_int_equal(kg_http_retry_after_ms("Retry-After: Sun, 06 Nov 1994 08:49:40 GMT\n", example_ns, minute_ms), 3000);
	assert_int_equal(kg_http_retry_after_ms("Retry-After: Sunday, 06-Nov-94 08:49:40 GMT\n", example_ns, minute_ms), 3000);
	assert_int_equal(kg_http_retry_after_ms("Retry-After: Sun Nov  6 08:49:40 1994\n", example_ns, minute_ms), 3000);
	assert_int_equal(kg_http_retry_after_ms("Retry-After: Sun, 06 Nov 1994 08:49:30 GMT\n", example_ns, minute_ms), 0);
}

static void
retry_after_has_a_bound(void **)
{
	assert_int_equal(kg_http_retry_after_ms("Retry-After: 3600\n", example_ns, minute_ms), minute_ms);
	assert_int_equal(
	    kg_http_retry_after_ms("Retry-After: 99999999999999999999999999999999\n", example_ns, minute_ms), minute_ms);
	assert_int_equal(kg_http_retry_after_ms("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\n", example_ns, minute_ms), minute_ms);
}

static void
a_retry_after_that_cannot_be_read_is_none(void **)
{
	static const char *const all[] = { "", "Retry-After:\n", "Retry-After: soon\n", "Retry-After: -5\n", "Retry-After: 1.5\n",
		"Retry-After: Sun, 06 Nov 1994 08:49:37 CET\n",
		"Retry-After: a very long text that is longer than any date or number could ever be in such a header\n" };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		assert_int_equal(kg_http_retry_after_ms(all[i], example_ns, minute_ms), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_found_in_whatever_case),
		cmocka_unit_test(a_part_of_a_name_and_a_value_are_not_the_header),
		cmocka_unit_test(the_first_of_several_headers_counts),
		cmocka_unit_test(retry_after_is_seconds),
		cmocka_unit_test(retry_after_is_a_date_in_three_forms),
		cmocka_unit_test(retry_after_has_a_bound),
		cmocka_unit_test(a_retry_after_that_cannot_be_read_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
