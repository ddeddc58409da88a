#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/registry/challenge.h"
#include "engine/registry/url.h"

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

static void
a_location_is_resolved_against_where_it_came_from(void **state)
{
	static const char base[] = "https://host:5000/v2/a/b/blobs/uploads/?x=1";
	static const struct {
		const char *location, *url;
	} cases[] = {
		{ "https://other/x?y#z", "https://other/x?y" },
		{ "http://other/x", "http://other/x" },
		{ "HTTPS://Other", "https://Other/" },
		{ "https://other?y", "https://other/?y" },
		{ "//cdn.example:1/x", "https://cdn.example:1/x" },
		{ "/v2/a/b/blobs/uploads/1?_state=a%3D", "https://host:5000/v2/a/b/blobs/uploads/1?_state=a%3D" },
		{ "1?_state=a", "https://host:5000/v2/a/b/blobs/uploads/1?_state=a" },
		{ "?digest=x", "https://host:5000/v2/a/b/blobs/uploads/?digest=x" },
		{ "a/b:c", "https://host:5000/v2/a/b/blobs/uploads/a/b:c" },
		{ "", NULL },
		{ "ftp://other/x", NULL },
		{ "file:///etc/passwd", NULL },
		{ "javascript:x", NULL },
		{ "https://", NULL },
		{ "https:///x", NULL },
		{ "https://user:password@other/x", NULL },
		{ "https://other:port/x", NULL },
		{ "https://other:123456/x", NULL },
		{ "https://[::1/x", NULL },
		{ "/x y", NULL },
		{ "/x\r\nHost: other", NULL },
		{ "/\x7f", NULL },
		{ "/ä", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *url = kg_url_resolve(*state, base, cases[i].location);

		if (!kg_text_equal(url, cases[i].url))
			fail_msg("%s becomes %s", cases[i].location, url ? url : "nothing");
	}
}

static void
credentials_are_for_one_scheme_host_and_port(void **state)
{
	static const struct {
		const char *one, *other;
		bool is_same;
	} cases[] = {
		{ "https://host/a", "https://host/b?c", true },
		{ "https://host/a", "https://HOST:443/b", true },
		{ "http://host:80/a", "http://host", true },
		{ "https://host/a", "http://host/a", false },
		{ "https://host/a", "https://host:5000/a", false },
		{ "https://host/a", "https://host.evil/a", false },
		{ "https://host/a", "https://evil/host", false },
		{ "https://[::1]:1/a", "https://[::1]:1/b", true },
		{ "https://host/a", "https://host@evil/a", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (kg_url_same_origin(*state, cases[i].one, cases[i].other) != cases[i].is_same)
			fail_msg("%s and %s", cases[i].one, cases[i].other);
}

static void
only_this_machine_is_spoken_to_without_tls(void **state)
{
	static const char *const local[] = { "localhost", "localhost:5000", "LOCALHOST", "127.0.0.1", "127.1.2.3:80", "[::1]",
		"[::1]:5000" };
	static const char *const foreign[] = { "localhost.example.org", "127.0.0.1.example.org", "127.evil", "128.0.0.1", "0.0.0.0",
		"[::2]", "example.org:127", "[::ffff:8.8.8.8]", "127.1", "", ":80", "[::1" };

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (!kg_url_is_loopback(*state, local[i]))
			fail_msg("%s", local[i]);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (kg_url_is_loopback(*state, foreign[i]))
			fail_msg("%s", foreign[i]);
}

static void
a_query_grows_by_escaped_values(void **state)
{
	assert_string_equal(kg_url_add(*state, "https://h/t", "scope", "repository:a/b:pull,push"),
	    "https://h/t?scope=repository%3Aa%2Fb%3Apull%2Cpush");
	assert_string_equal(
	    kg_url_add(*state, "https://h/t?x=1", "service", "a b&c=ä"), "https://h/t?x=1&service=a%20b%26c%3D%C3%A4");
}

static void
challenges_are_read(void **state)
{
	static const struct {
		const char *headers;
		int scheme;
		const char *realm, *service, *scope;
	} cases[] = {
		{ "WWW-Authenticate: Bearer realm=\"https://auth/token\",service=\"registry\",scope=\"repository:a/b:pull,push\"\n",
		    KG_CHALLENGE_BEARER, "https://auth/token", "registry", "repository:a/b:pull,push" },
		{ "www-authenticate: bearer Realm=\"https://a\" , Service = s\n", KG_CHALLENGE_BEARER, "https://a", "s", NULL },
		{ "WWW-Authenticate: Basic realm=\"test\"\n", KG_CHALLENGE_BASIC, "test", NULL, NULL },
		{ "Www-Authenticate: Basic\n", KG_CHALLENGE_BASIC, NULL, NULL, NULL },
		{ "WWW-Authenticate: Basic realm=\"x\", Bearer realm=\"https://a\",service=\"s\"\n", KG_CHALLENGE_BEARER,
		    "https://a", "s", NULL },
		{ "WWW-Authenticate: Bearer realm=\"https://a\", Basic realm=\"x\"\n", KG_CHALLENGE_BEARER, "https://a", NULL,
		    NULL },
		{ "WWW-Authenticate: Basic realm=\"x\"\nX: y\nWWW-Authenticate: Bearer realm=\"https://a\"\n", KG_CHALLENGE_BEARER,
		    "https://a", NULL, NULL },
		{ "WWW-Authenticate: Negotiate, Basic realm=\"x\"\n", KG_CHALLENGE_BASIC, "x", NULL, NULL },
		{ "WWW-Authenticate: Negotiate abcd==, Basic\n", KG_CHALLENGE_BASIC, NULL, NULL, NULL },
		{ "WWW-Authenticate: Bearer realm=\"a \\\"quoted\\\", one\"\n", KG_CHALLENGE_BEARER, "a \"quoted\", one", NULL,
		    NULL },
		{ "WWW-Authenticate: Bearer service=\"s\"\n", KG_CHALLENGE_NONE, NULL, NULL, NULL },
		{ "WWW-Authenticate: Bearer realm=\"https://a", KG_CHALLENGE_BEARER, "https://a", NULL, NULL },
		{ "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\n", KG_CHALLENGE_NONE, NULL, NULL, NULL },
		{ "WWW-Authenticate: \n", KG_CHALLENGE_NONE, NULL, NULL, NULL },
		{ "X: Bearer realm=\"x\"\n", KG_CHALLENGE_NONE, NULL, NULL, NULL },
		{ "", KG_CHALLENGE_NONE, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_challenge challenge = kg_challenge_read(*state, cases[i].headers);

		if ((int)challenge.scheme != cases[i].scheme)
			fail_msg("%s has scheme %d", cases[i].headers, (int)challenge.scheme);
		if (cases[i].realm && !kg_text_equal(challenge.realm, cases[i].realm))
			fail_msg("%s has realm %s", cases[i].headers, challenge.realm);
		assert_true(kg_text_equal(challenge.service, cases[i].service));
		assert_true(kg_text_equal(challenge.scope, cases[i].scope));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_location_is_resolved_against_where_it_came_from, setup, teardown),
		cmocka_unit_test_setup_teardown(credentials_are_for_one_scheme_host_and_port, setup, teardown),
		cmocka_unit_test_setup_teardown(only_this_machine_is_spoken_to_without_tls, setup, teardown),
		cmocka_unit_test_setup_teardown(a_query_grows_by_escaped_values, setup, teardown),
		cmocka_unit_test_setup_teardown(challenges_are_read, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
