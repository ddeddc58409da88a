/* Proxies that a caller names: of HTTP by CONNECT, and of SOCKS5. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/loop/asking.h"
#include "tests/unit/loop/proxy.h"
#include "tests/unit/loop/transfer_server.h"

struct behind {
	struct asking *asking;
	struct proxy *proxy;
};

static int
set_up(void **state)
{
	struct behind *behind = calloc(1, sizeof(*behind));
	void *asking;

	asking_set_up(&asking);
	behind->asking = asking;
	behind->proxy = proxy_start(transfer_server_port(behind->asking->server));
	*state = behind;
	return 0;
}

static int
tear_down(void **state)
{
	struct behind *behind = *state;
	struct proxy *proxy = behind->proxy;
	void *asking = behind->asking;

	/* The loop keeps connections to the proxy open until it is freed. */
	asking_tear_down(&asking);
	proxy_stop(proxy);
	free(behind);
	return 0;
}

static const char *
proxy_url(struct behind *behind, const char *start)
{
	return kg_format(behind->asking->arena, "%s127.0.0.1:%u", start, proxy_port(behind->proxy));
}

/* Of a name that nobody knows: it reaches the proxy as it is. */
static void
socks5_is_told_the_name_and_looks_it_up_itself(void **state)
{
	struct behind *behind = *state;

	behind->asking->start.proxy = proxy_url(behind, "socks5://");
	ask(behind->asking, "http://nobody-knows.invalid/seen");
	assert_answered(behind->asking, 200, "GET -");
	assert_string_equal(proxy_asked(behind->proxy), "socks nobody-knows.invalid:80; ");
}

static void
a_proxy_that_is_named_counts_for_this_machine_too(void **state)
{
	struct behind *behind = *state;
	const char *expected =
	    kg_format(behind->asking->arena, "socks 127.0.0.1:%u; ", transfer_server_port(behind->asking->server));

	setenv("NO_PROXY", "*", 1);
	behind->asking->start.proxy = proxy_url(behind, "socks5://");
	ask(behind->asking, "/seen");
	unsetenv("NO_PROXY");
	assert_answered(behind->asking, 200, "GET -");
	assert_string_equal(proxy_asked(behind->proxy), expected);
}

/* The server speaks no TLS, which is told through the tunnel. */
static void
http_proxies_are_asked_to_connect(void **state)
{
	struct behind *behind = *state;

	behind->asking->start.proxy = proxy_url(behind, "http://");
	ask(behind->asking, "https://nobody-knows.invalid:6443/seen");
	assert_int_equal(behind->asking->start.status, 0);
	assert_string_equal(proxy_asked(behind->proxy), "connect nobody-knows.invalid:6443; ");
}

static void
a_name_and_a_password_in_the_proxys_url_are_shown_to_it(void **state)
{
	struct behind *behind = *state;

	behind->asking->start.proxy = proxy_url(behind, "http://me:secret@");
	ask(behind->asking, "https://nobody-knows.invalid/seen");
	assert_string_equal(proxy_asked(behind->proxy), "connect nobody-knows.invalid:443 Basic bWU6c2VjcmV0; ");
}

static void
the_servers_name_for_tls_is_no_affair_of_the_proxys(void **state)
{
	struct behind *behind = *state;

	behind->asking->start.proxy = proxy_url(behind, "http://");
	behind->asking->start.tls_name = "kubernetes.test";
	ask(behind->asking, "https://nobody-knows.invalid:6443/seen");
	assert_string_equal(proxy_asked(behind->proxy), "connect nobody-knows.invalid:6443; ");
}

static void
an_empty_proxy_is_none_whatever_the_environment_says(void **state)
{
	struct behind *behind = *state;

	setenv("http_proxy", proxy_url(behind, "http://"), 1);
	behind->asking->start.proxy = "";
	ask(behind->asking, "/seen");
	unsetenv("http_proxy");
	assert_answered(behind->asking, 200, "GET -");
	assert_string_equal(proxy_asked(behind->proxy), "");
}

static void
a_proxy_that_is_not_there_is_told(void **state)
{
	struct behind *behind = *state;

	behind->asking->start.proxy = "http://nobody-knows.invalid:3128";
	ask(behind->asking, "https://127.0.0.1/");
	assert_failed(behind->asking, "the host of the proxy nobody-knows.invalid:3128 is not known");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(socks5_is_told_the_name_and_looks_it_up_itself),
		TEST(a_proxy_that_is_named_counts_for_this_machine_too),
		TEST(http_proxies_are_asked_to_connect),
		TEST(a_name_and_a_password_in_the_proxys_url_are_shown_to_it),
		TEST(the_servers_name_for_tls_is_no_affair_of_the_proxys),
		TEST(an_empty_proxy_is_none_whatever_the_environment_says),
		TEST(a_proxy_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests_name("http_proxy", tests, NULL, NULL);
}
