#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "tests/unit/registry/asking.h"
#include "tests/unit/registry/registry_server.h"

/* skopeo is the independent peer: what one wrote the other reads. */

static struct asking *asking;
static struct registry_server *server;

static const char config[] =
    "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"%s\"]}}";

/* A tar archive of nothing: two blocks of zero bytes. */
static const char layer[1024];

static int
setup(void **)
{
	asking = asking_make();
	server = registry_server_start(asking->arena, asking_path(asking, "registry"), (struct registry_options){ 0 });
	return 0;
}

static int
teardown(void **)
{
	if (server)
		registry_server_stop(server);
	asking_free(asking);
	return 0;
}

static void
peers_needed(void)
{
	if (!server || access("/usr/bin/skopeo", X_OK) != 0) {
		print_message("there is no docker-registry or no skopeo\n");
		skip();
	}
}

static int
skopeo_copy(const char *from, const char *to, const char *more)
{
	return run_program((const char *[]){ "skopeo", "--insecure-policy", "copy", "--quiet", "--src-tls-verify=false",
	    "--dest-tls-verify=false", from, to, more, NULL });
}

static struct kg_descriptor
descriptor(const char *type, const char *bytes, size_t size)
{
	return (struct kg_descriptor){ .media_type = type, .digest = kg_sha256(asking->arena, bytes, size), .size = (int64_t)size };
}

/* A whole image of one empty layer. */
static struct kg_manifest
image_make(const char **ret_config)
{
	const char *text = kg_format(asking->arena, config, kg_sha256(asking->arena, layer, sizeof(layer)));
	struct kg_descriptor *layers = kg_new_array(asking->arena, struct kg_descriptor, 1);

	layers[0] = descriptor("application/vnd.oci.image.layer.v1.tar", layer, sizeof(layer));
	*ret_config = text;
	return (struct kg_manifest){
		.config = descriptor("application/vnd.oci.image.config.v1+json", text, strlen(text)),
		.layers = layers,
		.layer_count = 1,
	};
}

static void
layout_blob(const char *bytes, size_t size)
{
	const char *digest = kg_sha256(asking->arena, bytes, size);

	asking_write(asking, kg_format(asking->arena, "layout/blobs/sha256/%s", digest + strlen("sha256:")), bytes, size);
}

static void
what_was_put_is_read_by_skopeo(void **)
{
	peers_needed();
	const char *settings;
	struct kg_manifest image = image_make(&settings);
	const char *text = kg_manifest_write(asking->arena, &image);
	struct ask asks[] = {
		{ .blob_put = &(struct kg_blob_put){ server->host, "a/b", .bytes = layer, .size = sizeof(layer) } },
		{ .blob_put = &(struct kg_blob_put){ server->host, "a/b", .bytes = settings, .size = strlen(settings) } },
		{ .manifest_put = &(
		      struct kg_manifest_put){ .of = { server->host, "a/b", .tag = "v1" }, .bytes = text, .size = strlen(text) } },
	};

	asking_run(asking, asks, 3);
	for (int i = 0; i < 3; i++)
		assert_null(asks[i].error);
	const char *from = kg_format(asking->arena, "docker://%s/a/b:v1", server->host);
	const char *to = kg_format(asking->arena, "dir:%s", asking_path(asking, "copied"));
	assert_int_equal(skopeo_copy(from, to, NULL), 0);
	assert_string_equal(asking_read(asking, "copied/manifest.json", NULL), text);
	size_t size;
	const char *file = kg_format(asking->arena, "copied/%s", image.layers[0].digest + strlen("sha256:"));
	assert_memory_equal(asking_read(asking, file, &size), layer, sizeof(layer));
	assert_int_equal(size, sizeof(layer));
}

/* Of skopeo's own making: it compresses layers on the way. */
static void
what_skopeo_wrote_is_got(void **)
{
	static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
	peers_needed();
	const char *settings;
	struct kg_manifest image = image_make(&settings);
	const char *text = kg_manifest_write(asking->arena, &image);
	const char *index =
	    kg_format(asking->arena, "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu}]}",
		kg_manifest_oci, kg_sha256(asking->arena, text, strlen(text)), strlen(text));

	layout_blob(text, strlen(text));
	layout_blob(settings, strlen(settings));
	layout_blob(layer, sizeof(layer));
	asking_write(asking, "layout/oci-layout", layout, strlen(layout));
	asking_write(asking, "layout/index.json", index, strlen(index));
	const char *from = kg_format(asking->arena, "oci:%s", asking_path(asking, "layout"));
	const char *formats[] = { "--format=oci", "--format=v2s2" };
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		assert_int_equal(skopeo_copy(from, kg_format(asking->arena, "docker://%s/c/d:v1", server->host), formats[i]), 0);
		struct ask ask = { .manifest = &(struct kg_manifest_ask){ .of = { server->host, "c/d", .tag = "v1" } } };
		asking_run(asking, &ask, 1);
		assert_null(ask.error);
		assert_non_null(ask.result.manifest);
		assert_int_equal(ask.result.manifest->layer_count, 1);
		const struct kg_descriptor *got[] = { &ask.result.manifest->config, &ask.result.manifest->layers[0] };
		for (int j = 0; j < 2; j++) {
			struct ask blob = { .blob = &(struct kg_blob_ask){ server->host, "c/d", got[j]->digest, got[j]->size,
						.file = asking_path(asking, "got") } };
			asking_run(asking, &blob, 1);
			assert_null(blob.error);
			assert_int_equal(blob.result.size, got[j]->size);
		}
		assert_string_equal(asking_read(asking, "got", NULL) ? "there" : "", "there");
	}
}

/* Puts a manifest and what it names, with an architecture of its own; returns its entry for an index. */
static const char *
image_put(const char *architecture)
{
	const char *settings;
	struct kg_manifest image = image_make(&settings);
	const struct kg_pair annotations[] = { { "architecture", architecture }, { 0 } };

	image.annotations = annotations;
	const char *text = kg_manifest_write(asking->arena, &image);
	struct ask asks[] = {
		{ .blob_put = &(struct kg_blob_put){ server->host, "i/j", .bytes = layer, .size = sizeof(layer) } },
		{ .blob_put = &(struct kg_blob_put){ server->host, "i/j", .bytes = settings, .size = strlen(settings) } },
		{ .manifest_put =
			&(struct kg_manifest_put){ .of = { server->host, .path = "i/j" }, .bytes = text, .size = strlen(text) } },
	};
	asking_run(asking, asks, 3);
	for (int i = 0; i < 3; i++)
		assert_null(asks[i].error);
	return kg_format(asking->arena,
	    "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu,\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}",
	    kg_manifest_oci, asks[2].result.digest, strlen(text), architecture);
}

static void
an_index_leads_to_the_manifest_of_the_platform(void **)
{
	static const char type[] = "application/vnd.oci.image.index.v1+json";
	peers_needed();
	const char *first = image_put("amd64"), *second = image_put("arm64");
	const char *index =
	    kg_format(asking->arena, "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s,%s]}", type, first, second);
	const struct kg_image_reference of = { server->host, "i/j", .tag = "v1" };
	struct ask asks[] = {
		{ .manifest_put =
			&(struct kg_manifest_put){ .of = of, .media_type = type, .bytes = index, .size = strlen(index) } },
		{ .manifest = &(struct kg_manifest_ask){ .of = of, .platform = "linux/amd64" } },
		{ .manifest = &(struct kg_manifest_ask){ .of = of, .platform = "linux/arm64/v8" } },
		{ .manifest = &(struct kg_manifest_ask){ .of = of, .platform = "linux/riscv64" } },
		{ .manifest = &(struct kg_manifest_ask){ .of = of, .platform = "" } },
	};

	asking_run(asking, asks, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(asks[i].error != NULL, i == 3);
	assert_string_equal(kg_annotation(asks[1].result.manifest->annotations, "architecture"), "amd64");
	assert_string_equal(kg_annotation(asks[2].result.manifest->annotations, "architecture"), "arm64");
	assert_string_equal(asks[1].result.named_digest, asks[0].result.digest);
	assert_string_not_equal(asks[1].result.digest, asks[0].result.digest);
	assert_non_null(strstr(asks[3].error, "it is not there for linux/riscv64"));
	assert_true(asks[4].result.manifest->is_index);
	assert_string_equal(asks[4].result.bytes, index);
}

/* Each index has the one before it as its only entry. */
static void
indexes_of_indexes_end_at_the_third(void **)
{
	static const char type[] = "application/vnd.oci.image.index.v1+json";
	peers_needed();
	const char *entry = image_put("amd64");

	for (int depth = 1; depth <= 4; depth++) {
		const char *index =
		    kg_format(asking->arena, "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s]}", type, entry);
		const struct kg_image_reference of = { server->host, "i/j", .tag = "v1" };
		struct ask asks[] = {
			{ .manifest_put =
				&(struct kg_manifest_put){ .of = of, .media_type = type, .bytes = index, .size = strlen(index) } },
			{ .manifest = &(struct kg_manifest_ask){ .of = of, .platform = "linux/amd64" } },
		};

		asking_run(asking, asks, 2);
		assert_null(asks[0].error);
		if (depth <= 3)
			assert_null(asks[1].error);
		else
			assert_non_null(strstr(asks[1].error, "indexes lead to indexes without end"));
		entry = kg_format(asking->arena,
		    "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu,\"platform\":{\"os\":\"linux\",\"architecture\":"
		    "\"amd64\"}}",
		    type, asks[0].result.digest, strlen(index));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_put_is_read_by_skopeo, setup, teardown),
		cmocka_unit_test_setup_teardown(what_skopeo_wrote_is_got, setup, teardown),
		cmocka_unit_test_setup_teardown(an_index_leads_to_the_manifest_of_the_platform, setup, teardown),
		cmocka_unit_test_setup_teardown(indexes_of_indexes_end_at_the_third, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
