#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/registry/manifest.h"

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define OCI "application/vnd.oci.image.manifest.v1+json"
#define INDEX "application/vnd.oci.image.index.v1+json"
#define DOCKER "application/vnd.docker.distribution.manifest.v2+json"
#define LIST "application/vnd.docker.distribution.manifest.list.v2+json"

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

static struct kg_error *
read_text(struct kg_arena *arena, const char *text, const char *type, struct kg_manifest *manifest)
{
	return kg_registry_manifest_read(arena, text, strlen(text), type, manifest);
}

static void
manifests_of_both_families_are_read(void **state)
{
	static const struct {
		const char *text, *content_type, *media_type;
	} cases[] = {
		{ "{\"schemaVersion\":2,\"mediaType\":\"" OCI "\",\"config\":{\"digest\":\"" A "\",\"size\":2},\"layers\":[]}",
		    NULL, OCI },
		{ "{\"schemaVersion\":2,\"mediaType\":\"" DOCKER "\",\"config\":{\"digest\":\"" A "\",\"size\":2},\"layers\":[]}",
		    OCI, DOCKER },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":2},\"layers\":[]}", DOCKER "; charset=utf-8",
		    DOCKER },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":2},\"layers\":[]}", "application/json", OCI },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_manifest manifest;

		assert_null(read_text(*state, cases[i].text, cases[i].content_type, &manifest));
		assert_string_equal(manifest.media_type, cases[i].media_type);
		assert_string_equal(manifest.config.digest, A);
		assert_int_equal(manifest.config.size, 2);
		assert_false(manifest.is_index);
		assert_null(manifest.annotations->name);
	}
}

static void
what_is_no_manifest_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "no JSON object" },
		{ "<html><body>Sign in</body></html>", "no JSON object" },
		{ "[]", "no JSON object" },
		{ "{\"schemaVersion\":2", "no JSON object" },
		{ "{}", "no schemaVersion 2" },
		{ "{\"schemaVersion\":1,\"fsLayers\":[]}", "schema 1" },
		{ "{\"schemaVersion\":\"2\"}", "no schemaVersion 2" },
		{ "{\"schemaVersion\":2}", "config" },
		{ "{\"schemaVersion\":2,\"config\":7}", "config" },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:x\",\"size\":1},\"layers\":[]}", "config" },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"../../etc\",\"size\":1},\"layers\":[]}", "config" },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":-1},\"layers\":[]}", "config" },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":1e300},\"layers\":[]}", "config" },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":\"1\"},\"layers\":[]}", "config" },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":1},\"layers\":{}}", "layers" },
		{ "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":1},\"layers\":[{}]}", "layers" },
		{ "{\"schemaVersion\":2,\"manifests\":7}", "list of manifests" },
		{ "{\"schemaVersion\":2,\"mediaType\":\"text/plain\"}", "text/plain" },
	};
	struct kg_manifest manifest;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_error *error = read_text(*state, cases[i].text, NULL, &manifest);

		if (!error || !strstr(error->message, cases[i].why))
			fail_msg("%s: %s", cases[i].text, error ? error->message : "is read");
	}
}

static const char index_text[] =
    "{\"schemaVersion\":2,\"mediaType\":\"" LIST "\",\"manifests\":["
    "{\"digest\":\"" A "\",\"size\":1,\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}},"
    "{\"digest\":\"" A "\",\"size\":2,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}},"
    "{\"digest\":\"" A "\",\"size\":3,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v6\"}},"
    "{\"digest\":\"" A "\",\"size\":4,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\"}},"
    "{\"digest\":\"" A "\",\"size\":5,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}},"
    "{\"digest\":\"" A "\",\"size\":6,\"platform\":{\"os\":\"windows\",\"architecture\":\"amd64\"}},"
    "{\"digest\":\"" B "\",\"size\":7}]}";

static void
an_index_is_chosen_from_by_platform(void **state)
{
	static const struct {
		const char *platform;
		int64_t size; /* of the entry; 0: none fits */
	} cases[] = { { "linux/amd64", 2 }, { "linux/arm", 3 }, { "linux/arm/v7", 4 }, { "linux/arm/v5", 0 }, { "linux/arm64", 5 },
		{ "linux/arm64/v8", 5 }, { "linux/arm64/v9", 0 }, { "windows/amd64", 6 }, { "linux/s390x", 0 }, { "linux", 0 },
		{ "/", 0 } };
	struct kg_manifest index;

	assert_null(read_text(*state, index_text, NULL, &index));
	assert_true(index.is_index);
	assert_int_equal(index.layer_count, 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kg_descriptor *entry = kg_manifest_choose(*state, &index, cases[i].platform);

		if ((entry ? entry->size : 0) != cases[i].size)
			fail_msg("%s chooses %d", cases[i].platform, entry ? (int)entry->size : 0);
	}
}

static void
annotations_are_set_and_all_else_stays(void **state)
{
	static const char before[] = "{\"schemaVersion\":2,\"config\":{\"digest\":\"" A "\",\"size\":123456789012},\"layers\":[],"
				     "\"subject\":{\"x\":[1,2.5,null]},\"annotations\":{\"a\":\"1\",\"b\":\"2\"}}";
	const struct kg_pair pairs[] = { { "b", "\"new\"" }, { "c", "3" }, { 0 } };
	const char *after = kg_manifest_annotate(*state, before, strlen(before), pairs);
	struct kg_manifest manifest;

	assert_null(read_text(*state, after, NULL, &manifest));
	assert_string_equal(kg_annotation(manifest.annotations, "a"), "1");
	assert_string_equal(kg_annotation(manifest.annotations, "b"), "\"new\"");
	assert_string_equal(kg_annotation(manifest.annotations, "c"), "3");
	assert_null(kg_annotation(manifest.annotations, "d"));
	assert_int_equal(manifest.config.size, 123456789012);
	assert_non_null(strstr(after, "\"subject\":{\"x\":[1,2.5,null]}"));
	assert_null(kg_manifest_annotate(*state, "[]", 2, pairs));
	assert_null(kg_manifest_annotate(*state, "{", 1, pairs));
	assert_non_null(kg_manifest_annotate(*state, "{\"annotations\":7}", 17, pairs));
}

static void
the_digest_of_bytes_is_their_sha256(void **state)
{
	assert_string_equal(kg_sha256(*state, "", 0), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(kg_sha256(*state, "abc", 3), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(kg_digest_is_well(A));
	assert_false(kg_digest_is_well("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	assert_false(kg_digest_is_well(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(manifests_of_both_families_are_read, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_manifest_is_refused_with_a_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(an_index_is_chosen_from_by_platform, setup, teardown),
		cmocka_unit_test_setup_teardown(annotations_are_set_and_all_else_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(the_digest_of_bytes_is_their_sha256, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
