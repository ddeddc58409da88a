#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/registry/asking.h"
#include "tests/unit/registry/registry_server.h"

struct test {
	struct asking *asking;
	struct registry_server *server;
};

static int
setup(void **state)
{
	static struct test test;

	test.asking = asking_make();
	test.server =
	    registry_server_start(test.asking->arena, asking_path(test.asking, "registry"), (struct registry_options){ 0 });
	*state = &test;
	return 0;
}

static int
teardown(void **state)
{
	struct test *test = *state;

	if (test->server)
		registry_server_stop(test->server);
	asking_free(test->asking);
	return 0;
}

/* One without the program is skipped, with the reason. */
static void
registry_needed(const struct test *test)
{
	if (!test->server) {
		print_message("there is no docker-registry\n");
		skip();
	}
}

static void
a_blob_that_was_put_is_got(void **state)
{
	struct test *test = *state;
	registry_needed(test);
	static constexpr size_t size = 3 << 20;
	char *noise = asking_noise(test->asking, size);
	const char *digest = kg_sha256(test->asking->arena, noise, size);
	asking_write(test->asking, "blob", noise, size);
	const char *to = asking_path(test->asking, "got");
	struct ask asks[] = {
		{ .blob_put = &(struct kg_blob_put){ test->server->host, "a/b", .file = asking_path(test->asking, "blob") } },
		{ .blob_put = &(struct kg_blob_put){ test->server->host, "a/b", .file = asking_path(test->asking, "blob") } },
		{ .blob = &(struct kg_blob_ask){ test->server->host, "a/b", digest, (int64_t)size, .file = to } },
	};

	asking_run(test->asking, asks, 3);
	for (int i = 0; i < 3; i++) {
		assert_null(asks[i].error);
		assert_string_equal(asks[i].result.digest, digest);
		assert_int_equal(asks[i].result.size, size);
	}
	assert_false(asks[0].result.was_there);
	assert_int_equal(asks[0].result.moved_bytes, size);
	assert_true(asks[1].result.was_there);
	assert_int_equal(asks[1].result.moved_bytes, 0);
	size_t got;
	const char *bytes = asking_read(test->asking, "got", &got);
	assert_int_equal(got, size);
	assert_memory_equal(bytes, noise, size);
}

static void
a_manifest_that_was_put_is_got_by_tag_and_by_digest(void **state)
{
	struct test *test = *state;
	registry_needed(test);
	static const char config[] = "{}", layer[] = "not much";
	struct kg_arena *arena = test->asking->arena;
	const struct kg_pair annotations[] = { { "io.kgraph.duration", "1.5 s" }, { "io.kgraph.node", "a \"quoted\" name" },
		{ 0 } };
	const struct kg_manifest manifest = {
		.artifact_type = "application/vnd.test",
		.config = { .media_type = "application/vnd.oci.empty.v1+json", .digest = kg_sha256(arena, config, 2), .size = 2 },
		.layers = &(struct kg_descriptor){ .media_type = "application/octet-stream",
		    .digest = kg_sha256(arena, layer, strlen(layer)),
		    .size = (int64_t)strlen(layer) },
		.layer_count = 1,
		.annotations = annotations,
	};
	const char *text = kg_manifest_write(arena, &manifest);
	const char *digest = kg_sha256(arena, text, strlen(text)), *host = test->server->host;
	struct ask asks[] = {
		{ .blob_put = &(struct kg_blob_put){ host, "a/b", .bytes = config, .size = 2 } },
		{ .blob_put = &(struct kg_blob_put){ host, "a/b", .bytes = layer, .size = strlen(layer) } },
		{ .manifest_put =
			&(struct kg_manifest_put){ .of = { host, "a/b", .tag = "v1" }, .bytes = text, .size = strlen(text) } },
		{ .manifest = &(struct kg_manifest_ask){ .of = { host, "a/b", .tag = "v1" } } },
		{ .manifest = &(struct kg_manifest_ask){ .of = { host, "a/b", .digest = digest } } },
		{ .manifest = &(struct kg_manifest_ask){ .of = { host, "a/b", .tag = "v2" } } },
	};

	asking_run(test->asking, asks, 6);
	for (int i = 0; i < 6; i++)
		assert_null(asks[i].error);
	for (int i = 3; i < 5; i++) {
		assert_string_equal(asks[i].result.bytes, text);
		assert_string_equal(asks[i].result.digest, digest);
		assert_string_equal(asks[i].result.named_digest, digest);
		const struct kg_manifest *got = asks[i].result.manifest;
		assert_non_null(got);
		assert_string_equal(got->media_type, kg_manifest_oci);
		assert_string_equal(got->config.digest, manifest.config.digest);
		assert_int_equal(got->layer_count, 1);
		assert_string_equal(got->layers[0].digest, manifest.layers[0].digest);
		assert_int_equal(got->layers[0].size, manifest.layers[0].size);
		assert_string_equal(kg_annotation(got->annotations, "io.kgraph.node"), "a \"quoted\" name");
	}
	assert_true(asks[5].result.is_absent);
	assert_null(asks[5].result.manifest);
}

static void
what_is_not_there_is_absent_and_no_error(void **state)
{
	struct test *test = *state;
	registry_needed(test);
	const char *digest = kg_sha256(test->asking->arena, "x", 1), *to = asking_path(test->asking, "got");
	struct ask asks[] = {
		{ .manifest = &(struct kg_manifest_ask){ .of = { test->server->host, "no/where", .tag = "v1" } } },
		{ .blob = &(struct kg_blob_ask){ test->server->host, "no/where", digest, 1, .file = to } },
	};

	asking_run(test->asking, asks, 2);
	for (int i = 0; i < 2; i++) {
		assert_null(asks[i].error);
		assert_true(asks[i].result.is_absent);
		assert_int_equal(asks[i].result.status, 404);
	}
	assert_null(asking_read(test->asking, "got", NULL));
}

static void
a_digest_that_is_not_the_blobs_is_refused_by_the_registry(void **state)
{
	struct test *test = *state;
	registry_needed(test);
	const char *other = kg_sha256(test->asking->arena, "other", 5), *digest = kg_sha256(test->asking->arena, "text", 4);
	asking_write(test->asking, "blob", "text", 4);
	struct ask asks[] = {
		{ .blob_put =
			&(struct kg_blob_put){ test->server->host, "a/b", digest, .file = asking_path(test->asking, "blob") } },
		{ .blob_put =
			&(struct kg_blob_put){ test->server->host, "a/b", other, .file = asking_path(test->asking, "blob") } },
		{ .blob_put =
			&(struct kg_blob_put){ test->server->host, "a/b", "sha256:x", .file = asking_path(test->asking, "blob") } },
		{ .blob_put = &(struct kg_blob_put){ test->server->host, "a/b", .file = asking_path(test->asking, "none") } },
	};

	asking_run(test->asking, asks, 4);
	assert_null(asks[0].error);
	assert_int_equal(asks[0].result.size, 4);
	assert_non_null(strstr(asks[1].error, "400 Bad Request (provided digest did not match uploaded content)"));
	assert_non_null(strstr(asks[2].error, "is no SHA-256"));
	assert_non_null(strstr(asks[3].error, "No such file"));
	assert_int_equal(asks[3].result.status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_blob_that_was_put_is_got, setup, teardown),
		cmocka_unit_test_setup_teardown(a_manifest_that_was_put_is_got_by_tag_and_by_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_absent_and_no_error, setup, teardown),
		cmocka_unit_test_setup_teardown(a_digest_that_is_not_the_blobs_is_refused_by_the_registry, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
