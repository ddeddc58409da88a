#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/probe.h"
#include "tests/unit/probe/alone.h"

static constexpr int64_t short_ms = 300;
static constexpr int64_t long_ms = 20000;

static int
setup(void **state)
{
	*state = alone_make(NULL, NULL);
	return 0;
}

static int
teardown(void **state)
{
	alone_free(*state);
	return 0;
}

/* A socket on a free port of the loopback; it accepts nothing before listen(2). */
static int
socket_bind(int family, int *ret_port)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t size = family == AF_INET ? sizeof(four) : sizeof(six);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, address, size) < 0 || getsockname(fd, address, &size) < 0)
		return -1;
	*ret_port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

static const char *
local(struct alone *alone, int port)
{
	return kg_format(alone->arena, "127.0.0.1:%d", port);
}

/* A server in a thread of its own: for each of the answers a connection, whose request is read before it is answered. */
struct server {
	pthread_t thread;
	int fd, port;
	const char *const *answers; /* ended by NULL */
	char requests[2048];
};

static void *
server_run(void *context)
{
	struct server *server = context;

	for (const char *const *answer = server->answers; *answer; answer++) {
		size_t size = strlen(server->requests);
		int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
		ssize_t got = read(fd, server->requests + size, sizeof(server->requests) - size - 1);

		if (got >= 0 && write(fd, *answer, strlen(*answer)) >= 0)
			shutdown(fd, SHUT_WR);
		close(fd);
	}
	return NULL;
}

static struct server *
server_start(struct alone *alone, const char *const *answers)
{
	struct server *server = kg_new(alone->arena, struct server);

	server->answers = answers;
	server->fd = socket_bind(AF_INET, &server->port);
	assert_int_equal(listen(server->fd, 8), 0);
	assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
	return server;
}

static void
server_join(struct server *server)
{
	pthread_join(server->thread, NULL);
	close(server->fd);
}

static const char *
failure_of(struct alone *alone, struct kg_next next)
{
	assert_int_equal(next.what, KG_NEXT_FAILED);
	return kg_error_text(alone->arena, next.error);
}

static void
without_a_rule_it_goes_on_at_once(void **state)
{
	struct alone *alone = *state;

	assert_int_equal(alone_probe(alone, NULL, NULL).what, KG_NEXT_DONE);
	assert_int_equal(alone->waits, 0);
}

static void
tcp_passes_when_somebody_listens(void **state)
{
	struct alone *alone = *state;
	int port, fd = socket_bind(AF_INET, &port);

	assert_int_equal(listen(fd, 1), 0);
	struct kg_probe rule = { .tcp = local(alone, port), .timeout_ms = long_ms, .attempt_ms = 1000 };
	assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_DONE);
	close(fd);
}

static void
localhost_is_either_loopback_address(void **state)
{
	struct alone *alone = *state;
	static const int families[] = { AF_INET, AF_INET6 };

	for (int i = 0; i < 2; i++) {
		int port, fd = socket_bind(families[i], &port);

		if (fd < 0)
			continue;
		assert_int_equal(listen(fd, 1), 0);
		struct kg_probe rule = {
			.tcp = kg_format(alone->arena, "localhost:%d", port), .timeout_ms = long_ms, .attempt_ms = 1000
		};
		assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_DONE);
		close(fd);
	}
}

static void
a_timeout_says_what_was_seen_last_and_what_was_printed(void **state)
{
	struct alone *alone = *state;
	int port, fd = socket_bind(AF_INET, &port);
	struct kg_probe rule = { .tcp = local(alone, port), .timeout_ms = short_ms, .attempt_ms = 1000 };

	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, NULL)),
	    kg_format(alone->arena, "not ready after 300 ms: tcp 127.0.0.1:%d: connection refused", port));
	assert_int_equal(alone->told_count, 1);
	assert_string_equal(alone->told[0], kg_format(alone->arena, "tcp 127.0.0.1:%d: connection refused", port));
	close(fd);
}

static struct kg_error *
has_ended(struct kg_job *job)
{
	return kg_error_make(job->arena, KG_EFAILED, "it ended with exit status 1");
}

static void
what_has_ended_fails_at_once_and_is_not_tried(void **state)
{
	struct alone *alone = *state;
	struct kg_probe rule = { .tcp = "127.0.0.1:1", .timeout_ms = long_ms, .attempt_ms = long_ms };

	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, &(struct kg_probe_about){ .ended = has_ended })),
	    "it ended with exit status 1");
	assert_int_equal(alone->waits, 0);
}

static int lives;

static struct kg_error *
ends_soon(struct kg_job *job)
{
	return lives-- > 0 ? NULL : has_ended(job);
}

/* A listener that never accepts answers nothing to a query: the attempt would last 20 s. */
static void
what_ends_during_a_long_attempt_is_noticed(void **state)
{
	struct alone *alone = *state;
	int port, fd = socket_bind(AF_INET, &port);

	assert_int_equal(listen(fd, 1), 0);
	lives = 2;
	struct kg_probe rule = { .redis = local(alone, port), .timeout_ms = long_ms, .attempt_ms = long_ms };
	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, &(struct kg_probe_about){ .ended = ends_soon })),
	    "it ended with exit status 1");
	close(fd);
}

static void
pauses_grow_so_that_a_long_wait_is_not_a_busy_one(void **state)
{
	struct alone *alone = *state;
	int port, fd = socket_bind(AF_INET, &port);
	struct kg_probe rule = { .tcp = local(alone, port), .timeout_ms = 1000, .attempt_ms = 1000 };

	assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_FAILED);
	/* 25, 50, 100, 200, 250, 250 and the rest; a refused connection may take a wait of its own. */
	assert_in_range(alone->waits, 2, 16);
	close(fd);
}

static void
http_takes_any_good_status(void **state)
{
	struct alone *alone = *state;
	static const struct kg_http_result answers[] = { { .status = 503, .body = "{\"schema\":\"missing\"}\n", .body_size = 21 },
		{ .status = 204 } };
	struct kg_probe rule = { .http = "http://u:pw@x/readyz", .timeout_ms = long_ms, .attempt_ms = 1000 };

	alone->http_answers = answers;
	alone->http_count = 2;
	assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_DONE);
	assert_string_equal(alone->told[0], "http http://u:***@x/readyz: 503 Service Unavailable ({\"schema\":\"missing\"})");
}

static void
http_holds_against_status_header_and_body(void **state)
{
	struct alone *alone = *state;
	static const struct kg_pair header[] = { { "content-type", "json" }, { 0 } };
	static const struct kg_http_result answers[] = {
		{ .status = 200, .headers = "" },
		{ .status = 202, .headers = "Content-Type: text/plain\n" },
		{ .status = 202, .headers = "Content-Type: application/json\n", .body = "{\"ok\":false}", .body_size = 12 },
		{ .status = 202, .headers = "x: y\nContent-Type: application/json\n", .body = "{\"ok\":true}", .body_size = 11 },
	};
	struct kg_probe rule = {
		.http = "http://x/",
		.status = 202,
		.header = header,
		.body = "\"ok\":true",
		.timeout_ms = long_ms,
		.attempt_ms = 1000,
	};

	alone->http_answers = answers;
	alone->http_count = 4;
	assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_DONE);
	assert_int_equal(alone->told_count, 3);
	assert_string_equal(alone->told[0], "http http://x/: 200 OK");
	assert_string_equal(alone->told[1], "http http://x/: 202, but its header content-type does not hold \"json\"");
	assert_string_equal(alone->told[2], "http http://x/: 202 ({\"ok\":false}), but its body does not hold \"\"ok\":true\"");
}

static void
http_that_cannot_be_reached_tells_why(void **state)
{
	struct alone *alone = *state;
	struct kg_error refused = { .code = KG_ENETWORK, .message = "connection refused" };
	struct kg_http_result answer = { .error = &refused };
	struct kg_probe rule = { .http = "http://127.0.0.1:1/", .timeout_ms = short_ms, .attempt_ms = 1000 };

	alone->http_answers = &answer;
	alone->http_count = 1;
	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, NULL)),
	    "not ready after 300 ms: http http://127.0.0.1:1/: connection refused");
}

static void
exec_passes_with_status_zero_and_else_tells_the_last_line(void **state)
{
	struct alone *alone = *state;
	const char *script = kg_format(alone->arena, "echo one; echo not there; [ -e %s/once ] && exit 0; touch %s/once; exit 3",
	    alone->folder, alone->folder);
	struct kg_probe rule = {
		.exec = (const char *const[]){ "sh", "-c", script, NULL }, .timeout_ms = long_ms, .attempt_ms = 5000
	};

	assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_DONE);
	assert_int_equal(alone->told_count, 1);
	assert_true(kg_text_ends(alone->told[0], ": exit status 3: not there"));
}

static void
exec_that_hangs_is_ended_with_its_attempt(void **state)
{
	struct alone *alone = *state;
	struct kg_probe rule = { .exec = (const char *const[]){ "sleep", "60", NULL }, .timeout_ms = short_ms, .attempt_ms = 50 };

	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, NULL)),
	    "not ready after 300 ms: exec sleep 60: still running when its time was up");
}

static void
redis_is_asked_until_it_has_loaded(void **state)
{
	struct alone *alone = *state;
	struct server *server = server_start(
	    alone, (const char *const[]){ "-LOADING Redis is loading the dataset in memory\r\n", "", "+PONG\r\n", NULL });
	struct kg_probe rule = { .redis = local(alone, server->port), .timeout_ms = long_ms, .attempt_ms = 5000 };

	assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_DONE);
	server_join(server);
	assert_true(kg_text_ends(alone->told[0], ": LOADING Redis is loading the dataset in memory"));
	assert_true(kg_text_ends(alone->told[1], ": it closed the connection without an answer"));
	assert_true(kg_text_starts(server->requests, "*1\r\n$4\r\nPING\r\n"));
}

static void
redis_gets_its_password_and_nobody_else_does(void **state)
{
	struct alone *alone = *state;
	struct server *server =
	    server_start(alone, (const char *const[]){ "-WRONGPASS invalid username-password pair\r\n", "+OK\r\n+PONG\r\n", NULL });
	struct kg_probe rule = { .redis = kg_format(alone->arena, "redis://:pass%%20word@127.0.0.1:%d/0", server->port),
		.timeout_ms = long_ms,
		.attempt_ms = 5000 };

	assert_int_equal(alone_probe(alone, &rule, NULL).what, KG_NEXT_DONE);
	server_join(server);
	assert_true(kg_text_starts(server->requests, "*2\r\n$4\r\nAUTH\r\n$9\r\npass word\r\n*1\r\n$4\r\nPING\r\n"));
	assert_string_equal(alone->told[0],
	    kg_format(alone->arena, "redis redis://:***@127.0.0.1:%d/0: WRONGPASS invalid username-password pair", server->port));
}

static void
postgresql_tells_the_servers_own_words(void **state)
{
	struct alone *alone = *state;
	/* ErrorResponse: length, then fields by letter (PostgreSQL documentation, "Message Formats"). */
	static const char starting_up[] = "E\0\0\0\x3b"
					  "SFATAL\0"
					  "VFATAL\0"
					  "C57P03\0"
					  "Mthe database system is starting up\0";
	int port, listener = socket_bind(AF_INET, &port);

	assert_int_equal(listen(listener, 4), 0);
	pid_t pid = fork();
	if (pid == 0) {
		for (;;) {
			char request[1024];
			int fd = accept(listener, NULL, NULL);

			/* A request for TLS comes first: eight bytes, answered by N. */
			if (read(fd, request, sizeof(request)) == 8 && write(fd, "N", 1) == 1 &&
			    read(fd, request, sizeof(request)) > 0 && write(fd, starting_up, sizeof(starting_up)) > 0)
				shutdown(fd, SHUT_WR);
			close(fd);
		}
	}
	close(listener);
	struct kg_probe rule = { .postgresql = kg_format(alone->arena, "postgresql://u:secret@127.0.0.1:%d/db", port),
		.timeout_ms = 500,
		.attempt_ms = 5000 };
	const char *text = failure_of(alone, alone_probe(alone, &rule, NULL));
	kill(pid, SIGKILL);
	assert_string_equal(text,
	    kg_format(alone->arena,
		"not ready after 500 ms: postgresql postgresql://u:***@127.0.0.1:%d/db: the database system is starting up", port));
}

static void
postgresql_that_is_not_there_is_told_without_libpqs_hints(void **state)
{
	struct alone *alone = *state;
	int port, fd = socket_bind(AF_INET, &port);
	struct kg_probe rule = { .postgresql = kg_format(alone->arena, "postgresql://u@127.0.0.1:%d/db", port),
		.timeout_ms = short_ms,
		.attempt_ms = 5000 };

	assert_true(kg_text_ends(failure_of(alone, alone_probe(alone, &rule, NULL)), "/db: Connection refused"));
	close(fd);
}

static void
secrets_are_masked_in_the_error_of_a_timeout(void **state)
{
	struct alone *alone = *state;
	struct kg_mask mask = { .arena = alone->arena };
	struct kg_probe rule = {
		.exec = (const char *const[]){ "sh", "-c", "echo hunter2!; exit 1", NULL }, .timeout_ms = 600, .attempt_ms = 5000
	};

	kg_mask_add(&mask, "hunter2!");
	alone->job.mask = &mask;
	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, NULL)),
	    "not ready after 600 ms: exec sh -c echo ***; exit 1: exit status 1: ***");
}

static void
assert_refused(struct alone *alone, struct kg_probe rule, const char *expected)
{
	if (rule.timeout_ms == 0)
		rule.timeout_ms = rule.attempt_ms = 1000;
	struct kg_error *error = kg_probe_check(alone->arena, &rule);

	assert_string_equal(error ? error->message : "well", expected);
}

static void
a_rule_is_checked_before_anything_runs(void **state)
{
	struct alone *alone = *state;

	assert_refused(alone, (struct kg_probe){ 0 }, "`ready` has no rule");
	assert_refused(alone, (struct kg_probe){ .tcp = "x:1", .redis = "x:1" }, "`ready` takes one rule, not `tcp` and `redis`");
	assert_refused(alone, (struct kg_probe){ .tcp = "x:1" }, "well");
	assert_refused(alone, (struct kg_probe){ .tcp = "[::1]:1" }, "well");
	assert_refused(alone, (struct kg_probe){ .tcp = "x:${port.x}" }, "well");
	assert_refused(alone, (struct kg_probe){ .tcp = "x" }, "`tcp` must be HOST:PORT, not \"x\"");
	assert_refused(alone, (struct kg_probe){ .tcp = "x:70000" }, "`tcp` must be HOST:PORT, not \"x:70000\"");
	assert_refused(alone, (struct kg_probe){ .tcp = "::1:1" }, "`tcp` must be HOST:PORT, not \"::1:1\"");
	assert_refused(alone, (struct kg_probe){ .tcp = "x:1", .status = 200 }, "`status` in `ready` goes with `http` only");
	assert_refused(alone, (struct kg_probe){ .tcp = "x:1", .query = "x" }, "`query` in `ready` goes with `postgresql` only");
	assert_refused(alone, (struct kg_probe){ .http = "x" }, "`http` must be a URL with http:// or https://, not \"x\"");
	assert_refused(
	    alone, (struct kg_probe){ .http = "http://x", .status = 7 }, "`status` must be one of HTTP, 100 to 599, not 7");
	assert_refused(
	    alone, (struct kg_probe){ .log = "(" }, "`log` in `ready` is not a regular expression: Unmatched ( or \\(: \"(\"");
	assert_refused(alone, (struct kg_probe){ .redis = "redis://:p@x" }, "well");
	assert_refused(
	    alone, (struct kg_probe){ .redis = "rediss://x:1" }, "`redis` must be HOST:PORT or redis://:PASSWORD@HOST:PORT");
	assert_refused(alone, (struct kg_probe){ .exec = (const char *const[]){ NULL } }, "`exec` in `ready` needs a program");
	assert_refused(
	    alone, (struct kg_probe){ .tcp = "x:1", .timeout_ms = 1 }, "`attempt` in `ready` must be longer than nothing");
}

static void
a_rule_that_references_made_wrong_fails_the_probe(void **state)
{
	struct alone *alone = *state;
	struct kg_probe rule = { .tcp = "127.0.0.1:many", .timeout_ms = long_ms, .attempt_ms = 1000 };

	assert_string_equal(failure_of(alone, alone_probe(alone, &rule, NULL)), "`tcp` must be HOST:PORT, not \"127.0.0.1:many\"");
	assert_string_equal(failure_of(alone, alone_probe(alone, &(struct kg_probe){ 0 }, NULL)), "`ready` has no rule");
}

static void
a_rule_is_told_in_a_few_words_without_its_password(void **state)
{
	struct alone *alone = *state;

	assert_string_equal(kg_probe_tell(alone->arena, &(struct kg_probe){ .http = "http://x/readyz" }), "http http://x/readyz");
	assert_string_equal(kg_probe_tell(alone->arena, &(struct kg_probe){ .log = "ready" }), "log /ready/");
	assert_string_equal(
	    kg_probe_tell(alone->arena, &(struct kg_probe){ .exec = (const char *const[]){ "a", "b", NULL } }), "exec a b");
	assert_string_equal(kg_probe_tell(alone->arena, &(struct kg_probe){ .postgresql = "postgresql://u:p@h/d" }),
	    "postgresql postgresql://u:***@h/d");
}

#define probe_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		probe_test(without_a_rule_it_goes_on_at_once),
		probe_test(tcp_passes_when_somebody_listens),
		probe_test(localhost_is_either_loopback_address),
		probe_test(a_timeout_says_what_was_seen_last_and_what_was_printed),
		probe_test(what_has_ended_fails_at_once_and_is_not_tried),
		probe_test(what_ends_during_a_long_attempt_is_noticed),
		probe_test(pauses_grow_so_that_a_long_wait_is_not_a_busy_one),
		probe_test(http_takes_any_good_status),
		probe_test(http_holds_against_status_header_and_body),
		probe_test(http_that_cannot_be_reached_tells_why),
		probe_test(exec_passes_with_status_zero_and_else_tells_the_last_line),
		probe_test(exec_that_hangs_is_ended_with_its_attempt),
		probe_test(redis_is_asked_until_it_has_loaded),
		probe_test(redis_gets_its_password_and_nobody_else_does),
		probe_test(postgresql_tells_the_servers_own_words),
		probe_test(postgresql_that_is_not_there_is_told_without_libpqs_hints),
		probe_test(secrets_are_masked_in_the_error_of_a_timeout),
		probe_test(a_rule_is_checked_before_anything_runs),
		probe_test(a_rule_that_references_made_wrong_fails_the_probe),
		probe_test(a_rule_is_told_in_a_few_words_without_its_password),
	};

	return cmocka_run_group_tests_name("probe", tests, nullptr, nullptr);
}
