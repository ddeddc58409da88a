#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/oci_url.h"

static struct kg_arena *arena;

static int
start(void **)
{
	arena = kg_arena_make();
	return 0;
}

static int
stop(void **)
{
	kg_arena_free(arena);
	return 0;
}

static void
reads(const char *text, const char *host, const char *path, bool is_loopback)
{
	struct kg_oci_url url;
	const char *advice, *why = kg_oci_url_read(arena, text, &url, &advice);

	if (why)
		fail_msg("%s: %s", text, why);
	assert_string_equal(url.host, host);
	assert_string_equal(url.path, path);
	assert_int_equal(url.is_loopback, is_loopback);
}

static void
refuses(const char *text, const char *why, const char *advice)
{
	struct kg_oci_url url;
	const char *advised, *told = kg_oci_url_read(arena, text, &url, &advised);

	if (!told)
		fail_msg("%s is taken", text);
	assert_string_equal(told, why);
	if (advice)
		assert_string_equal(advised, advice);
}

static void
a_registry_and_a_path_are_told_apart(void **)
{
	reads("oci://ghcr.io/acme/shop/cache", "ghcr.io", "acme/shop/cache", false);
	reads("oci://registry.example:5000/a", "registry.example:5000", "a", false);
	reads("oci://registry.example", "registry.example", "", false);
	reads("oci://registry.example///", "registry.example", "", false);
	reads("oci://registry.example/a/b/", "registry.example", "a/b", false);
	reads("oci://[2001:db8::1]:5000/a", "[2001:db8::1]:5000", "a", false);
	reads("oci://r/a-b/c__d/e.f/g---h", "r", "a-b/c__d/e.f/g---h", false);
}

static void
capital_letters_become_small_ones(void **)
{
	reads("OCI://GHCR.io/Acme/Shop", "ghcr.io", "acme/shop", false);
}

static void
this_machine_is_known_by_its_names(void **)
{
	reads("oci://localhost/a", "localhost", "a", true);
	reads("oci://localhost:5000/a", "localhost:5000", "a", true);
	reads("oci://127.0.0.1:5000/a", "127.0.0.1:5000", "a", true);
	reads("oci://127.1.2.3/a", "127.1.2.3", "a", true);
	reads("oci://[::1]:5000/a", "[::1]:5000", "a", true);
	reads("oci://128.0.0.1/a", "128.0.0.1", "a", false);
	reads("oci://127.0.0.1.example/a", "127.0.0.1.example", "a", false);
	reads("oci://localhost.example/a", "localhost.example", "a", false);
}

static void
what_is_no_such_url_is_refused_with_advice(void **)
{
	refuses("https://ghcr.io/acme", "it does not start with oci://", "write oci://ghcr.io/acme");
	refuses("ghcr.io/acme", "it does not start with oci://", "write oci://ghcr.io/acme");
	refuses("oci://", "it does not name a host", NULL);
	refuses("oci:///a", "it does not name a host", NULL);
	refuses("oci://a:/b", "it does not name a host", NULL);
	refuses("oci://a:0/b", "it does not name a host", NULL);
	refuses("oci://a:99999/b", "it does not name a host", NULL);
	refuses("oci://a b/c", "it does not name a host", NULL);
	refuses("oci://[::1/c", "it does not name a host", NULL);
	refuses("oci://[x]/c", "it does not name a host", NULL);
	refuses("oci://user:word@ghcr.io/a", "credentials do not belong into it", NULL);
	refuses("oci://ghcr.io/a:tag", "it names more than a repository", NULL);
	refuses("oci://ghcr.io/a@sha256:00", "it names more than a repository", NULL);
	refuses("oci://ghcr.io/a//b", "`a//b` cannot be the name of a repository", NULL);
	refuses("oci://ghcr.io/a..b", "`a..b` cannot be the name of a repository", NULL);
	refuses("oci://ghcr.io/a___b", "`a___b` cannot be the name of a repository", NULL);
	refuses("oci://ghcr.io/-a", "`-a` cannot be the name of a repository", NULL);
	refuses("oci://ghcr.io/a-", "`a-` cannot be the name of a repository", NULL);
	refuses("oci://ghcr.io/../a", "`../a` cannot be the name of a repository", NULL);
	refuses("oci://ghcr.io/a b", "`a b` cannot be the name of a repository", NULL);
	refuses("oci://ghcr.io/\xc3\xa9", "`\xc3\xa9` cannot be the name of a repository", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_registry_and_a_path_are_told_apart, start, stop),
		cmocka_unit_test_setup_teardown(capital_letters_become_small_ones, start, stop),
		cmocka_unit_test_setup_teardown(this_machine_is_known_by_its_names, start, stop),
		cmocka_unit_test_setup_teardown(what_is_no_such_url_is_refused_with_advice, start, stop),
	};

	return cmocka_run_group_tests_name("oci url", tests, NULL, NULL);
}
