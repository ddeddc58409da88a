#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/graph/reading.h"

static void
the_shared_cache_is_read(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "[cache]\nremote = \"oci://GHCR.io/Acme/shop\"\npush = true\ntimeout = \"3s\"\n");
	assert_string_equal(reading_told(reading), "cache oci://ghcr.io/acme/shop, push 1, 3000 ms\n");
	reading_file(reading, "kgraph.toml", "[cache]\nremote = \"oci://localhost:5000\"\n");
	assert_string_equal(reading_told(reading), "cache oci://localhost:5000/, push 0, 0 ms\n");
}

static void
it_may_come_from_variables(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[vars]\nregistry = \"r.test\"\n[cache]\nremote = \"oci://${vars.registry}/${env.REPOSITORY}\"\n"
	    "push = \"${env.CI:-false}\"\n");
	reading->environment[0] = "REPOSITORY=Acme/Shop";
	assert_string_equal(reading_told(reading), "cache oci://r.test/acme/shop, push 0, 0 ms\n");
	reading->environment[1] = "CI=true";
	assert_string_equal(reading_told(reading), "cache oci://r.test/acme/shop, push 1, 0 ms\n");
}

static void
an_empty_remote_is_none(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "[cache]\nremote = \"${env.CACHE:-}\"\npush = \"\"\n");
	assert_string_equal(reading_told(reading), "");
}

static void
the_including_file_counts(void **state)
{
	struct reading *reading = *state;

	reading_file(
	    reading, "kgraph.toml", "include = [{ file = \"other.toml\", as = \"o\" }]\n[cache]\nremote = \"oci://a/b\"\n");
	reading_file(reading, "other.toml", "[cache]\nremote = \"oci://c/d\"\npush = true\n");
	assert_string_equal(reading_told(reading), "cache oci://a/b, push 0, 0 ms\n");
	reading_file(reading, "kgraph.toml", "include = [{ file = \"other.toml\", as = \"o\" }]\n");
	assert_string_equal(reading_told(reading), "cache oci://c/d, push 1, 0 ms\n");
}

static void
a_profile_may_push(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "[cache]\nremote = \"oci://a/b\"\n[profile.ci.cache]\npush = true\n");
	reading->profile = "ci";
	assert_string_equal(reading_told(reading), "cache oci://a/b, push 1, 0 ms\n");
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml",
	    "[cache]\n"
	    "remote = \"https://ghcr.io/acme/shop\"\n"
	    "push = \"perhaps\"\n"
	    "timeout = \"1ms\"\n"
	    "pull = true\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:2:10: `remote` is not the URL of a shared cache: it does not start with oci://\n"
	    "    remote = \"https://ghcr.io/acme/shop\"\n"
	    "             ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
	    "  write oci://ghcr.io/acme/shop\n"
	    "kgraph.toml:3:8: `push` in [cache] must be true or false, and is `perhaps`\n"
	    "    push = \"perhaps\"\n"
	    "           ^^^^^^^^^\n"
	    "  for a variable that may be unset, write \"${env.CI:-false}\"\n"
	    "kgraph.toml:4:11: `timeout` in [cache] must be a time from 100ms to 1h, such as \"10s\"\n"
	    "    timeout = \"1ms\"\n"
	    "              ^^^^^\n"
	    "kgraph.toml:5:1: unknown key `pull` in [cache]\n"
	    "    pull = true\n"
	    "    ^^^^\n"
	    "  known: remote, push, timeout\n");
}

static void
one_that_says_no_place_is_wrong(void **state)
{
	struct reading *reading = *state;

	reading_file(reading, "kgraph.toml", "[cache]\npush = true\n");
	assert_string_equal(reading_told(reading),
	    "kgraph.toml:1:1: [cache] does not say where: `remote` is missing\n"
	    "    [cache]\n"
	    "    ^^^^^^^\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		READING_TEST(the_shared_cache_is_read),
		READING_TEST(it_may_come_from_variables),
		READING_TEST(an_empty_remote_is_none),
		READING_TEST(the_including_file_counts),
		READING_TEST(a_profile_may_push),
		READING_TEST(what_is_wrong_is_told_with_its_place),
		READING_TEST(one_that_says_no_place_is_wrong),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
