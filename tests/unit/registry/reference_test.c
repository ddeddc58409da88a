#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/registry.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX64 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

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
names_are_normalised_as_docker_does(void **state)
{
	static const struct {
		const char *text, *host, *path, *tag, *digest;
	} cases[] = {
		{ "postgres", "docker.io", "library/postgres", "latest", NULL },
		{ "postgres:16", "docker.io", "library/postgres", "16", NULL },
		{ "docker.io/postgres:16", "docker.io", "library/postgres", "16", NULL },
		{ "index.docker.io/postgres", "docker.io", "library/postgres", "latest", NULL },
		{ "docker.io/library/postgres", "docker.io", "library/postgres", "latest", NULL },
		{ "team/app", "docker.io", "team/app", "latest", NULL },
		{ "team/app:v1.2_3-x", "docker.io", "team/app", "v1.2_3-x", NULL },
		{ "quay.io/team/app:v1", "quay.io", "team/app", "v1", NULL },
		{ "localhost/app:1", "localhost", "app", "1", NULL },
		{ "localhost:5000/app", "localhost:5000", "app", "latest", NULL },
		{ "host:5000/a/b/c:t", "host:5000", "a/b/c", "t", NULL },
		{ "a.b/c", "a.b", "c", "latest", NULL },
		{ "Registry/c", "Registry", "c", "latest", NULL },
		{ "[::1]:5000/a/b", "[::1]:5000", "a/b", "latest", NULL },
		{ "[2001:db8::1]/a", "[2001:db8::1]", "a", "latest", NULL },
		{ "127.0.0.1:80/a", "127.0.0.1:80", "a", "latest", NULL },
		{ "host/a", "docker.io", "host/a", "latest", NULL },
		{ "a@" DIGEST, "docker.io", "library/a", NULL, DIGEST },
		{ "host:5000/a/b@" DIGEST, "host:5000", "a/b", NULL, DIGEST },
		{ "a:1@" DIGEST, "docker.io", "library/a", "1", DIGEST },
		{ "a.b_c__d-e---f/g", "a.b_c__d-e---f", NULL, NULL, NULL },
		{ "x/a.b_c__d-e---f", "docker.io", "x/a.b_c__d-e---f", "latest", NULL },
		{ "sha256", "docker.io", "library/sha256", "latest", NULL },
		{ "x/" HEX64, "docker.io", "x/" HEX64, "latest", NULL },
		{ "a:" HEX64, "docker.io", "library/a", HEX64, NULL },
		{ "_/a", NULL, NULL, NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_image_reference reference;
		bool is_well = kg_image_reference_read(*state, cases[i].text, &reference);

		if (is_well != (cases[i].path != NULL))
			fail_msg("%s is %s", cases[i].text, is_well ? "read" : "not read");
		if (!is_well)
			continue;
		assert_string_equal(reference.host, cases[i].host);
		assert_string_equal(reference.path, cases[i].path);
		assert_true(kg_text_equal(reference.tag, cases[i].tag));
		assert_true(kg_text_equal(reference.digest, cases[i].digest));
	}
}

static void
what_is_no_name_is_refused(void **state)
{
	static const char *const cases[] = { "", ":", "@", "a:", "a@", "/a", "a/", "a//b", "A", "team/App", "a:-b", "a:.b", "a b",
		"a\n", "a/b:c/d", "-a", "a-", "a..b", "a___b", "a._b", "host:/a", "host:99999999/a", "host:x/a", "-a.b/c", "a-.b/c",
		".b/c", "[::1/a", "[]/a", "[::1]x/a", "a@sha256:abc", ("a@md5:" HEX64), ("a@" DIGEST "0"), ("a@" DIGEST "@" DIGEST),
		HEX64, "https://a.b/c", "http://localhost:5000/a", "a?b", "a#b", "a%20b", "../a", "localhost/../a", "quay.io/", "ä",
		"a:ä" };
	struct kg_image_reference reference;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (kg_image_reference_read(*state, cases[i], &reference))
			fail_msg("\"%s\" is read as %s", cases[i], kg_image_reference_tell(*state, &reference));
}

static void
too_long_names_and_tags_are_refused(void **state)
{
	struct kg_text text = { .arena = *state };
	struct kg_image_reference reference;

	for (int i = 0; i < 128; i++)
		kg_text_add(&text, "t");
	assert_true(kg_image_reference_read(*state, kg_format(*state, "a:%s", text.bytes), &reference));
	assert_false(kg_image_reference_read(*state, kg_format(*state, "a:%st", text.bytes), &reference));
	assert_true(kg_image_reference_read(*state, kg_format(*state, "x/%s", text.bytes), &reference));
	assert_false(kg_image_reference_read(*state, kg_format(*state, "x/%s%s", text.bytes, text.bytes), &reference));
}

static void
a_reference_is_told_whole(void **state)
{
	struct kg_image_reference reference;

	assert_true(kg_image_reference_read(*state, "postgres", &reference));
	assert_string_equal(kg_image_reference_tell(*state, &reference), "docker.io/library/postgres:latest");
	assert_true(kg_image_reference_read(*state, "h:1/a@" DIGEST, &reference));
	assert_string_equal(kg_image_reference_tell(*state, &reference), "h:1/a@" DIGEST);
}

static void
a_remote_has_repositories_below_its_path(void **state)
{
	const struct kg_remote with = { .host = "h", .path = "team/cache" }, without = { .host = "h", .path = "" };

	assert_string_equal(kg_remote_repository(*state, &with, "images"), "team/cache/images");
	assert_string_equal(kg_remote_repository(*state, &without, "images"), "images");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_normalised_as_docker_does, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_name_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(too_long_names_and_tags_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reference_is_told_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(a_remote_has_repositories_below_its_path, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
