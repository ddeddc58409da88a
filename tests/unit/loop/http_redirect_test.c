/* Where redirects are followed to, and what goes along. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "tests/unit/loop/asking.h"
#include "tests/unit/loop/transfer_server.h"

static const char *const secret[] = { "Authorization: Bearer abc", NULL };

/* A path of the server that leads to another URL. */
static const char *
leads_to(struct asking *asking, int status, const char *url)
{
	return kg_format(asking->arena, "/to/%d/%s", status, url);
}

static void
a_redirect_is_followed_when_asked_for(void **state)
{
	struct asking *asking = *state;

	ask(asking, leads_to(asking, 302, "/seen"));
	assert_answered(asking, 302, "not here");
	asking->start.follow = true;
	ask(asking, leads_to(asking, 302, "/seen"));
	assert_answered(asking, 200, "GET -");
	assert_string_equal(asking->start.answer_headers, "Content-Length: 5\n");
}

static void
a_secret_goes_along_on_the_same_host(void **state)
{
	struct asking *asking = *state;

	asking->start.follow = true;
	asking->start.headers = secret;
	ask(asking, leads_to(asking, 307, "/seen"));
	assert_answered(asking, 200, "GET Bearer abc");
}

static void
a_secret_does_not_go_along_to_another_host(void **state)
{
	struct asking *asking = *state;
	unsigned port = transfer_server_port(asking->server);

	asking->start.follow = true;
	asking->start.headers = secret;
	ask(asking, leads_to(asking, 307, kg_format(asking->arena, "http://localhost:%u/seen", port)));
	assert_answered(asking, 200, "GET -");
	/* Nor does it come back. */
	ask(asking,
	    leads_to(asking, 307,
		kg_format(asking->arena, "http://localhost:%u/to/307/http://127.0.0.1:%u/to/307/http://localhost:%u/seen", port,
		    port, port)));
	assert_answered(asking, 200, "GET -");
}

static void
a_secret_does_not_go_along_to_another_port(void **state)
{
	struct asking *asking = *state;
	struct transfer_server *other = transfer_server_start();

	asking->start.follow = true;
	asking->start.headers = secret;
	ask(asking, leads_to(asking, 307, kg_format(asking->arena, "http://127.0.0.1:%u/seen", transfer_server_port(other))));
	assert_answered(asking, 200, "GET -");
	kg_loop_free(asking->loop);
	assert_null(kg_loop_make(asking->arena, &asking->loop));
	transfer_server_stop(other);
}

static void
a_password_in_a_url_does_not_go_along_to_another_host(void **state)
{
	struct asking *asking = *state;
	unsigned port = transfer_server_port(asking->server);

	asking->start.follow = true;
	ask(asking, kg_format(asking->arena, "http://me:secret@127.0.0.1:%u/seen", port));
	assert_answered(asking, 200, "GET Basic bWU6c2VjcmV0");
	ask(asking, kg_format(asking->arena, "http://me:secret@127.0.0.1:%u/to/302/http://localhost:%u/seen", port, port));
	assert_answered(asking, 200, "GET -");
}

static void
method_and_body_are_kept_by_307_and_308(void **state)
{
	static const char *const methods[] = { "PUT", "POST", "PATCH" };
	struct asking *asking = *state;

	asking->start.follow = true;
	asking->start.body_path = file_with_bytes(asking, "file", 200000);
	for (int i = 0; i < 3; i++) {
		asking->start.method = methods[i];
		ask(asking, leads_to(asking, 307, "/sum"));
		assert_answered(asking, 200, sum_of(asking, methods[i], 0, 200000));
		ask(asking, leads_to(asking, 308, "/to/307//sum"));
		assert_answered(asking, 200, sum_of(asking, methods[i], 0, 200000));
	}
}

static void
a_post_becomes_a_get_by_the_others(void **state)
{
	struct asking *asking = *state;

	asking->start.follow = true;
	asking->start.body = "{}";
	asking->start.body_size = 2;
	asking->start.method = "POST";
	for (int status = 301; status <= 303; status++) {
		ask(asking, leads_to(asking, status, "/sum"));
		assert_answered(asking, 200, "GET 0 0");
	}
	asking->start.method = "PUT";
	ask(asking, leads_to(asking, 303, "/sum"));
	assert_answered(asking, 200, "GET 0 0");
	asking->start.method = "HEAD";
	asking->start.body = NULL;
	ask(asking, leads_to(asking, 302, "/sum"));
	assert_answered(asking, 200, "");
}

static void
a_circle_is_left(void **state)
{
	struct asking *asking = *state;

	asking->start.follow = true;
	ask(asking, "/around");
	assert_failed(asking, "it redirects more than 10 times");
	assert_true(asking->start.error_is_lasting);
}

static void
other_schemes_are_not_followed(void **state)
{
	struct asking *asking = *state;

	asking->start.follow = true;
	ask(asking, leads_to(asking, 302, "file:///etc/passwd"));
	assert_failed(asking, "it does not speak HTTP");
}

static void
this_machine_is_not_asked_for_through_a_proxy_after_a_redirect(void **state)
{
	struct asking *asking = *state;
	unsigned port = transfer_server_port(asking->server);

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	asking->start.follow = true;
	ask(asking, leads_to(asking, 302, kg_format(asking->arena, "http://localhost:%u/seen", port)));
	assert_answered(asking, 200, "GET -");
	ask(asking, leads_to(asking, 302, "http://elsewhere.invalid/"));
	assert_failed(asking, "connection refused");
	setenv("no_proxy", "elsewhere.invalid", 1);
	ask(asking, leads_to(asking, 302, "http://elsewhere.invalid/"));
	assert_failed(asking, "the host elsewhere.invalid is not known");
	ask(asking, "/seen");
	assert_answered(asking, 200, "GET -");
	unsetenv("no_proxy");
	unsetenv("http_proxy");
}

/* A listener whose queue is full does not answer to a connection at all. */
static void
connecting_has_a_limit_of_its_own(void **state)
{
	struct asking *asking = *state;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int fds[4], listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	for (int i = 0; i < 4; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		assert_true(connect(fds[i], (struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS);
	}
	asking->start.connect_ms = 80;
	ask(asking, kg_format(asking->arena, "http://127.0.0.1:%u/", ntohs(address.sin_port)));
	assert_failed(asking, "no connection within 80 ms");
	assert_int_equal(asking->wait.end, KG_WAIT_TIMEOUT);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	close(listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asking_set_up, asking_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_redirect_is_followed_when_asked_for),
		TEST(a_secret_goes_along_on_the_same_host),
		TEST(a_secret_does_not_go_along_to_another_host),
		TEST(a_secret_does_not_go_along_to_another_port),
		TEST(a_password_in_a_url_does_not_go_along_to_another_host),
		TEST(method_and_body_are_kept_by_307_and_308),
		TEST(a_post_becomes_a_get_by_the_others),
		TEST(a_circle_is_left),
		TEST(other_schemes_are_not_followed),
		TEST(this_machine_is_not_asked_for_through_a_proxy_after_a_redirect),
		TEST(connecting_has_a_limit_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
