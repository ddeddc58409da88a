/* A machine without libcurl: http_curl.c is stood in for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/loop/http.h"
#include "engine/loop/http_curl.h"

struct kg_curl kg_curl;

bool
kg_curl_load(struct kg_arena *, const char **ret_why)
{
	*ret_why = "libcurl.so.4: cannot open shared object file";
	return false;
}

static void
on_ended(struct kg_wait *wait)
{
	*(bool *)wait->context = true;
}

static void
without_libcurl_a_request_fails_and_says_why(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_loop *loop;
	bool has_ended = false;
	struct kg_wait wait = { .ended = on_ended, .context = &has_ended };
	struct kg_http_start start = { .arena = arena, .url = "http://127.0.0.1/", .stall_ms = 1000 };

	assert_null(kg_loop_make(arena, &loop));
	kg_http_start(loop, &wait, &start);
	kg_loop_run(loop);
	assert_true(has_ended);
	assert_int_equal(wait.end, KG_WAIT_FAILED);
	assert_int_equal(start.status, 0);
	assert_string_equal(start.error_text, "libcurl cannot be used: libcurl.so.4: cannot open shared object file");
	assert_true(start.error_is_lasting);
	kg_loop_free(loop);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(without_libcurl_a_request_fails_and_says_why) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
