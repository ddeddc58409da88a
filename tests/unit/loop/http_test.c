#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/loop/http.h"
#include "tests/unit/loop/server.h"

struct fixture {
	struct kg_arena *arena;
	struct kg_loop *loop;
	struct server *server;
	struct kg_wait wait;
	struct kg_http_start start;
	struct kg_text collected;
	uint32_t ended, again, enough_at;
	char folder[32];
};

static void
on_ended(struct kg_wait *wait)
{
	struct fixture *fixture = wait->context;

	fixture->ended++;
	if (fixture->again > 0) {
		fixture->again--;
		kg_http_start(fixture->loop, wait, &fixture->start);
	}
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	strcpy(fixture->folder, "/tmp/kgraph-http-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	fixture->server = server_start(fixture->folder);
	fixture->arena = kg_arena_make();
	fixture->collected.arena = fixture->arena;
	assert_null(kg_loop_make(fixture->arena, &fixture->loop));
	fixture->wait = (struct kg_wait){ .ended = on_ended, .context = fixture };
	fixture->start = (struct kg_http_start){ .arena = fixture->arena, .context = fixture };
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	kg_loop_free(fixture->loop);
	server_stop(fixture->server);
	rmdir(fixture->folder);
	kg_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static void
start(struct fixture *fixture, const char *path)
{
	fixture->start.url = kg_format(fixture->arena, "http://127.0.0.1:%u%s", server_port(fixture->server), path);
	kg_http_start(fixture->loop, &fixture->wait, &fixture->start);
}

static void
ask(struct fixture *fixture, const char *path)
{
	uint32_t expected = fixture->ended + 1;

	start(fixture, path);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, expected);
}

static void
assert_failed(struct fixture *fixture, const char *error_text)
{
	assert_int_equal(fixture->start.status, 0);
	assert_string_equal(fixture->start.error_text, error_text);
}

static void
an_answer_has_status_body_and_headers(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/ok");
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_null(fixture->start.error_text);
	assert_int_equal(fixture->start.status, 200);
	assert_string_equal(fixture->start.answer, "hello");
	assert_int_equal(fixture->start.answer_size, 5);
	assert_string_equal(fixture->start.answer_headers, "Content-Length: 5\nX-First: 1\nX-Second: two\n");
}

static void
a_status_of_failure_is_an_answer(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/nowhere");
	assert_null(fixture->start.error_text);
	assert_int_equal(fixture->start.status, 404);
	assert_string_equal(fixture->start.answer, "no such thing");
}

static void
a_redirect_is_told_and_not_followed(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/redirect");
	assert_int_equal(fixture->start.status, 302);
	assert_string_equal(fixture->start.answer, "");
}

static void
a_connection_is_used_again(void **state)
{
	struct fixture *fixture = *state;

	fixture->again = 9;
	start(fixture, "/ok");
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, 10);
	assert_int_equal(server_connections(fixture->server), 1);
}

/*
 * Some at once, which libcurl puts on a connection that speaks HTTP/1.1 as soon as it has seen the server speak HTTP/2: then answers come to whoever reads
 * first.
 */
static void
what_may_be_shared_takes_no_connection_of_what_may_not(void **state)
{
	struct fixture *fixture = *state;

	for (int round = 0; round < 2; round++) {
		fixture->start.http2 = false;
		ask(fixture, "/ok");
		assert_int_equal(fixture->start.status, 200);
		fixture->start.http2 = true;
		ask(fixture, "/ok");
		assert_int_equal(fixture->start.status, 200);
	}
	assert_int_equal(server_connections(fixture->server), 2);
}

static void
a_slow_answer_runs_into_the_time_limit(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.timeout_ms = 60;
	ask(fixture, "/slow");
	assert_int_equal(fixture->wait.end, KG_WAIT_TIMEOUT);
	assert_failed(fixture, "timed out after 60 ms");
}

static void
a_reset_in_the_middle_is_told(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/reset");
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_failed(fixture, "connection reset by peer");
}

static void
an_answer_that_breaks_off_is_told(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/short");
	assert_failed(fixture, "the connection was closed in the middle of the answer");
}

static void
no_answer_at_all_is_told(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/nothing");
	assert_failed(fixture, "the connection was closed without an answer");
}

static void
what_is_not_http_is_told(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/garbage");
	assert_failed(fixture, "it does not speak HTTP");
}

static void
a_longer_answer_than_allowed_is_told(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.body_limit = 2048;
	ask(fixture, "/long");
	assert_failed(fixture, "the answer is longer than 2 KiB");
	fixture->start.body_limit = 3000;
	ask(fixture, "/long");
	assert_int_equal(fixture->start.answer_size, 3000);
}

static void
a_refused_connection_is_told(void **state)
{
	struct fixture *fixture = *state;

	/* Port 1 (tcpmux) is free wherever tests run. */
	fixture->start.url = "http://127.0.0.1:1/";
	kg_http_start(fixture->loop, &fixture->wait, &fixture->start);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_failed(fixture, "connection refused");
}

static void
other_schemes_and_bad_urls_are_refused(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.url = "file:///etc/passwd";
	kg_http_start(fixture->loop, &fixture->wait, &fixture->start);
	kg_loop_run(fixture->loop);
	assert_failed(fixture, "it does not speak HTTP");
	fixture->start.url = "http://exa mple/";
	kg_http_start(fixture->loop, &fixture->wait, &fixture->start);
	kg_loop_run(fixture->loop);
	assert_failed(fixture, "the URL cannot be read");
}

static void
headers_of_earlier_responses_are_left_out(void **state)
{
	struct fixture *fixture = *state;

	ask(fixture, "/continue");
	assert_int_equal(fixture->start.status, 201);
	assert_string_equal(fixture->start.answer_headers, "Content-Length: 0\nX-Late: yes\n");
}

static void
method_headers_and_body_arrive_as_given(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.method = "PATCH";
	fixture->start.headers = (const char *const[]){ "X-Given: yes", NULL };
	fixture->start.body = "{\"a\":1}";
	fixture->start.body_size = 7;
	ask(fixture, "/echo");
	assert_true(kg_text_starts(fixture->start.answer, "PATCH /echo HTTP/1.1\r\n"));
	assert_non_null(strstr(fixture->start.answer, "\r\nX-Given: yes\r\n"));
	assert_non_null(strstr(fixture->start.answer, "\r\nContent-Length: 7\r\n"));
	assert_null(strstr(fixture->start.answer, "Content-Type"));
	assert_null(strstr(fixture->start.answer, "Expect"));
	assert_true(kg_text_ends(fixture->start.answer, "\r\n\r\n{\"a\":1}"));
}

static void
a_post_without_a_body_says_that_it_is_empty(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.method = "POST";
	ask(fixture, "/echo");
	assert_true(kg_text_starts(fixture->start.answer, "POST "));
	assert_non_null(strstr(fixture->start.answer, "\r\nContent-Length: 0\r\n"));
	fixture->start.method = "DELETE";
	ask(fixture, "/echo");
	assert_true(kg_text_starts(fixture->start.answer, "DELETE "));
	fixture->start.method = "HEAD";
	ask(fixture, "/ok");
	assert_int_equal(fixture->start.status, 200);
	assert_int_equal(fixture->start.answer_size, 0);
}

static void
a_unix_socket_is_reached(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.unix_socket = kg_format(fixture->arena, "%s/socket", fixture->folder);
	fixture->start.url = "http://engine/ok";
	kg_http_start(fixture->loop, &fixture->wait, &fixture->start);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->start.status, 200);
	fixture->start.unix_socket = "/no/such/socket";
	kg_http_start(fixture->loop, &fixture->wait, &fixture->start);
	kg_loop_run(fixture->loop);
	assert_failed(fixture, "no such file or directory");
}

static void
proxies_are_not_asked_for_this_machine(void **state)
{
	struct fixture *fixture = *state;

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	ask(fixture, "/ok");
	assert_int_equal(fixture->start.status, 200);
	fixture->start.url = "http://elsewhere.invalid/";
	kg_http_start(fixture->loop, &fixture->wait, &fixture->start);
	kg_loop_run(fixture->loop);
	unsetenv("http_proxy");
	assert_failed(fixture, "connection refused");
}

static bool
collect(void *context, const char *bytes, size_t size)
{
	struct fixture *fixture = context;

	assert_int_equal(fixture->start.status, 200);
	kg_text_add_bytes(&fixture->collected, bytes, size);
	return fixture->collected.size < fixture->enough_at;
}

static void
a_stream_is_collected_until_it_is_enough(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.collect = collect;
	fixture->enough_at = 15;
	fixture->start.timeout_ms = -1;
	ask(fixture, "/stream");
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_null(fixture->start.error_text);
	assert_int_equal(fixture->start.status, 200);
	assert_string_equal(kg_text_end(&fixture->collected), "piecepiecepiece");
}

static void
the_words_of_a_failure_are_kept_beside_a_stream(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.collect = collect;
	fixture->start.keep_failure = true;
	ask(fixture, "/missing");
	assert_null(fixture->start.error_text);
	assert_int_equal(fixture->start.status, 404);
	assert_true(fixture->start.answer_size > 0);
	assert_int_equal(fixture->collected.size, 0);
}

static bool
collect_and_cancel(void *context, const char *, size_t)
{
	struct fixture *fixture = context;

	kg_wait_cancel(&fixture->wait);
	return true;
}

static void
an_exchange_can_be_cancelled_from_its_own_stream(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.collect = collect_and_cancel;
	ask(fixture, "/stream");
	assert_int_equal(fixture->wait.end, KG_WAIT_CANCELLED);
	assert_failed(fixture, "cancelled");
}

static void
cancel(struct kg_wait *timer)
{
	kg_wait_cancel(timer->context);
}

static void
an_exchange_can_be_cancelled_at_any_moment(void **state)
{
	struct fixture *fixture = *state;

	/* 0: before libcurl has done anything; later: while connecting, and while waiting for the answer. */
	for (int64_t after_ms = 0; after_ms < 12; after_ms += 3) {
		struct kg_wait timer = { .ended = cancel, .context = &fixture->wait };

		kg_timer_start(fixture->loop, &timer, after_ms);
		ask(fixture, "/slow");
		assert_int_equal(fixture->wait.end, KG_WAIT_CANCELLED);
		start(fixture, "/slow");
		kg_wait_cancel(&fixture->wait);
		kg_loop_run(fixture->loop);
		assert_int_equal(fixture->wait.end, KG_WAIT_CANCELLED);
	}
}

enum { crowd_size = 50 };

struct crowd {
	struct kg_wait waits[crowd_size];
	struct kg_http_start starts[crowd_size];
	uint32_t ended;
};

static void
on_crowd_ended(struct kg_wait *wait)
{
	struct crowd *crowd = wait->context;

	assert_int_equal(crowd->starts[wait - crowd->waits].status, 200);
	crowd->ended++;
}

static void
many_exchanges_go_on_at_the_same_time(void **state)
{
	struct fixture *fixture = *state;
	static struct crowd crowd;
	const char *url = kg_format(fixture->arena, "http://127.0.0.1:%u/ok", server_port(fixture->server));

	for (int i = 0; i < crowd_size; i++) {
		crowd.waits[i] = (struct kg_wait){ .ended = on_crowd_ended, .context = &crowd };
		crowd.starts[i] = (struct kg_http_start){ .arena = fixture->arena, .url = url };
		kg_http_start(fixture->loop, &crowd.waits[i], &crowd.starts[i]);
	}
	kg_loop_run(fixture->loop);
	assert_int_equal(crowd.ended, crowd_size);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_has_status_body_and_headers),
		TEST(a_status_of_failure_is_an_answer),
		TEST(a_redirect_is_told_and_not_followed),
		TEST(a_connection_is_used_again),
		TEST(what_may_be_shared_takes_no_connection_of_what_may_not),
		TEST(a_slow_answer_runs_into_the_time_limit),
		TEST(a_reset_in_the_middle_is_told),
		TEST(an_answer_that_breaks_off_is_told),
		TEST(no_answer_at_all_is_told),
		TEST(what_is_not_http_is_told),
		TEST(a_longer_answer_than_allowed_is_told),
		TEST(a_refused_connection_is_told),
		TEST(other_schemes_and_bad_urls_are_refused),
		TEST(headers_of_earlier_responses_are_left_out),
		TEST(method_headers_and_body_arrive_as_given),
		TEST(a_post_without_a_body_says_that_it_is_empty),
		TEST(a_unix_socket_is_reached),
		TEST(proxies_are_not_asked_for_this_machine),
		TEST(a_stream_is_collected_until_it_is_enough),
		TEST(the_words_of_a_failure_are_kept_beside_a_stream),
		TEST(an_exchange_can_be_cancelled_from_its_own_stream),
		TEST(an_exchange_can_be_cancelled_at_any_moment),
		TEST(many_exchanges_go_on_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
