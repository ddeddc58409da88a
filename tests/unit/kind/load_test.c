#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kind/load_inside.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEX_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define HEX_D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static const char manifest[] = "{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:" HEX_B "\",\"size\":10},\"layers\":["
			       "{\"digest\":\"sha256:" HEX_C "\",\"size\":1000},{\"digest\":\"sha256:" HEX_D "\",\"size\":20}]}";
static const char index_text[] = "{\"manifests\":[{\"digest\":\"sha256:" HEX_A "\",\"size\":300}]}";

struct place {
	struct kg_arena *arena;
	const char *folder;
};

static void
put(struct place *place, const char *name, const char *text)
{
	const char *path = kg_format(place->arena, "%s/%s", place->folder, name);

	assert_null(kg_file_write(place->arena, path, text, strlen(text), 0600));
}

static int
make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct place *place = kg_new(arena, struct place);
	char folder[] = "/tmp/kgraph-load.XXXXXX";

	*place = (struct place){ arena, mkdtemp(folder) ? kg_copy(arena, folder) : NULL };
	assert_non_null(place->folder);
	assert_null(kg_file_make_folder(arena, kg_format(arena, "%s/sha256", place->folder), 0700));
	put(place, "sha256/" HEX_A, manifest);
	put(place, "sha256/" HEX_B, "config");
	put(place, "sha256/" HEX_C, "base layer");
	put(place, "sha256/" HEX_D, "top layer");
	*state = place;
	return 0;
}

static int
drop(void **state)
{
	struct place *place = *state;
	struct kg_error *error = kg_file_remove(place->arena, place->folder);

	kg_arena_free(place->arena);
	return error != NULL;
}

static struct load_image
image_read(struct place *place)
{
	struct load_image image;

	assert_null(kg_load_image_read(place->arena, index_text, place->folder, "localhost/shop:1", &image));
	return image;
}

static void
names_are_those_that_kubernetes_uses(void **state)
{
	struct place *place = *state;

	assert_string_equal(kg_load_name(place->arena, "localhost/shop:1"), "localhost/shop:1");
	assert_string_equal(kg_load_name(place->arena, "postgres:16"), "docker.io/library/postgres:16");
	assert_string_equal(kg_load_name(place->arena, "bitnami/redis"), "docker.io/bitnami/redis:latest");
	assert_string_equal(kg_load_name(place->arena, "registry:5000/a/b:c"), "registry:5000/a/b:c");
}

static void
an_image_has_a_manifest_a_configuration_and_layers(void **state)
{
	struct load_image image = image_read(*state);

	assert_int_equal(image.blobs.count, 4);
	assert_string_equal(image.manifest.digest, "sha256:" HEX_A);
	assert_string_equal(image.blobs.items[0].digest, "sha256:" HEX_A);
	assert_string_equal(image.blobs.items[1].digest, "sha256:" HEX_B);
	assert_string_equal(image.blobs.items[3].digest, "sha256:" HEX_D);
	assert_int_equal(image.blobs.items[2].size_bytes, 1000);
}

static void
what_is_no_layout_is_refused(void **state)
{
	struct place *place = *state;
	struct load_image image;
	static const char *const indices[] = {
		"",
		"{}",
		"{\"manifests\":[]}",
		"{\"manifests\":[{\"digest\":\"sha256:../../etc/passwd\",\"size\":1}]}",
		"{\"manifests\":[{\"digest\":\"sha256:" HEX_A "\",\"size\":-1}]}",
		"{\"manifests\":[{\"digest\":\"sha256:" HEX_A "\",\"size\":1},{\"digest\":\"sha256:" HEX_B "\",\"size\":1}]}",
		"{\"manifests\":[{\"digest\":\"sha256:" HEX_B "\",\"size\":1}]}",
	};

	for (size_t i = 0; i < sizeof(indices) / sizeof(*indices); i++)
		assert_non_null(kg_load_image_read(place->arena, indices[i], place->folder, "x", &image));
}

/* The last digits of the digests that travel, in order. */
static const char *
travels(struct place *place, const struct load_image *images, uint32_t count, const struct kg_map *contents, int64_t *ret_bytes)
{
	struct load_parts parts;
	const char *text = "";

	kg_load_parts_find(place->arena, images, count, contents, 2, &parts);
	for (uint32_t i = 0; i < parts.count; i++)
		text = kg_format(place->arena, "%s%c", text, parts.items[i].digest[sizeof("sha256:") - 1]);
	*ret_bytes = parts.size_bytes;
	return text;
}

static void
only_what_a_node_lacks_travels(void **state)
{
	struct place *place = *state;
	struct load_image images[] = { image_read(place), image_read(place) };
	struct kg_map contents[2] = { { .arena = place->arena }, { .arena = place->arena } };
	int64_t bytes;

	kg_load_contents_read(place->arena, "sha256:" HEX_C "\nsha256:" HEX_D "\nsha256:" HEX_A "\n", &contents[0]);
	kg_load_contents_read(place->arena, "sha256:" HEX_C "\nno digest\n", &contents[1]);
	/* The manifest and the configuration always; the second node lacks the last layer. */
	assert_string_equal(travels(place, images, 1, contents, &bytes), "abd");
	assert_int_equal(bytes, 300 + 10 + 20);
	assert_string_equal(travels(place, images, 1, NULL, &bytes), "abcd");
	assert_int_equal(bytes, 300 + 10 + 1000 + 20);
	/* What images share travels once. */
	assert_string_equal(travels(place, images, 2, NULL, &bytes), "abcd");
}

static void
what_went_through_here_and_is_listed_is_known_to_be_there(void **state)
{
	struct place *place = *state;
	struct kg_map images[1] = { { .arena = place->arena } }, has = { .arena = place->arena };
	struct load_nodes nodes = { .images = images };

	kg_list_push(place->arena, &nodes.digests, "sha256:" HEX_A);
	kg_list_push(place->arena, &nodes.digests, "sha256:" HEX_B); /* no manifest */
	kg_list_push(place->arena, &nodes.digests, "sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee");
	kg_load_known(place->arena, &nodes, 0, place->folder, &has);
	assert_int_equal(has.count, 0);
	kg_map_put(&images[0], "localhost/other:1", 1);
	kg_map_put(&images[0], "localhost/theirs:1", 2);
	kg_load_known(place->arena, &nodes, 0, place->folder, &has);
	assert_int_equal(has.count, 0);
	kg_map_put(&images[0], "localhost/shop:1", 0);
	kg_load_known(place->arena, &nodes, 0, place->folder, &has);
	assert_int_equal(has.count, 4);
	assert_true(kg_map_get(&has, "sha256:" HEX_C, NULL));
}

/* What tar says of an archive's content, without its folders' names. */
static const char *
tar_says(struct place *place, const char *arguments)
{
	const char *text;
	size_t size;

	assert_int_equal(system(kg_format(place->arena, "tar %s >%s/told", arguments, place->folder)), 0);
	assert_null(kg_file_read(place->arena, kg_format(place->arena, "%s/told", place->folder), &text, &size));
	return text;
}

static void
an_archive_is_one_that_tar_reads(void **state)
{
	struct place *place = *state;
	const char *path = kg_format(place->arena, "%s/sending.tar", place->folder);
	struct load_blob items[] = { { "sha256:" HEX_C, 10 }, { "sha256:" HEX_D, 9 } };
	struct load_parts parts = { .items = items, .count = 2 };
	_Atomic bool stop = false;

	assert_null(kg_load_archive_write(place->arena, path, place->folder, "{}", &parts, &stop));
	assert_string_equal(tar_says(place, kg_format(place->arena, "--list --file %s", path)),
	    "oci-layout\nindex.json\nblobs/sha256/" HEX_C "\nblobs/sha256/" HEX_D "\n");
	assert_string_equal(tar_says(place, kg_format(place->arena, "--extract --to-stdout --file %s", path)),
	    "{\"imageLayoutVersion\":\"1.0.0\"}{}base layertop layer");
	items[0].size_bytes = 11; /* shorter than was said */
	assert_non_null(kg_load_archive_write(place->arena, path, place->folder, "{}", &parts, &stop));
	assert_int_not_equal(access(path, F_OK), 0);
}

struct layer {
	const char *path; /* a pipe */
	_Atomic bool stop;
};

/* One byte, and another one when it is not wanted any more: who reads on sees that before he asks for a third. */
static void *
layer_give(void *data)
{
	struct layer *layer = data;
	int fd = open(layer->path, O_WRONLY | O_CLOEXEC);

	(void)!write(fd, "a", 1);
	layer->stop = true;
	(void)!write(fd, "b", 1);
	close(fd);
	return NULL;
}

/* Nobody waits for gigabytes, and none of them stays. */
static void
an_archive_that_is_not_wanted_any_more_ends_in_the_middle(void **state)
{
	struct place *place = *state;
	const char *path = kg_format(place->arena, "%s/sending.tar", place->folder);
	struct load_blob item = { "sha256:" HEX_C, (int64_t)1 << 40 };
	struct load_parts parts = { .items = &item, .count = 1 };
	struct layer layer = { .path = kg_load_blob_path(place->arena, place->folder, item.digest) };
	pthread_t giver;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(unlink(layer.path), 0);
	assert_int_equal(mkfifo(layer.path, 0600), 0);
	assert_int_equal(pthread_create(&giver, NULL, layer_give, &layer), 0);
	struct kg_error *error = kg_load_archive_write(place->arena, path, place->folder, "{}", &parts, &layer.stop);
	assert_int_equal(pthread_join(giver, NULL), 0);
	assert_int_equal(error->sys, ECANCELED);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
the_index_of_an_archive_names_its_images(void **state)
{
	struct place *place = *state;
	struct load_image image = image_read(place);

	assert_string_equal(kg_load_index_write(place->arena, &image, 1),
	    "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/"
	    "vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:" HEX_A
	    "\",\"size\":300,\"annotations\":{\"io.containerd.image.name\":\"localhost/shop:1\"}}]}");
}

static void
image_found(void *context, const char *name, const char *digest)
{
	const char **seen = context;

	*seen = *seen ? "more than one" : name;
	assert_string_equal(digest, "sha256:" HEX_A);
}

static void
a_listing_of_images_is_read_by_its_columns(void **state)
{
	struct place *place = *state;
	const char *seen = NULL;

	kg_load_images_read(place->arena,
	    "REF              TYPE                                       DIGEST                 SIZE    PLATFORMS   LABELS\n"
	    "localhost/shop:1 application/vnd.oci.image.manifest.v1+json sha256:" HEX_A " 2.0 MiB linux/amd64 -\n"
	    "cut off\n\nlocalhost/other:1 type sha256:123",
	    image_found, &seen);
	assert_string_equal(seen, "localhost/shop:1");
}

static void
parts_that_no_image_has_go_when_they_are_old(void **state)
{
	struct place *place = *state;
	const char *nodes = kg_format(place->arena, "%s/nodes", place->folder);
	const char *layout = kg_format(place->arena, "%s/load/image-0", nodes);

	assert_null(kg_file_make_folder(place->arena, layout, 0700));
	put(place, "nodes/load/image-0/index.json", index_text);
	put(place, "sha256/old", "");
	put(place, "sha256/new", "");
	assert_int_equal(
	    system(kg_format(place->arena, "touch -d '3 days ago' %s/sha256/old %s/sha256/" HEX_C, place->folder, place->folder)),
	    0);
	kg_load_layout_tidy(nodes, place->folder);
	assert_int_not_equal(access(kg_format(place->arena, "%s/sha256/old", place->folder), F_OK), 0);
	assert_int_equal(access(kg_format(place->arena, "%s/sha256/new", place->folder), F_OK), 0);
	assert_int_equal(access(kg_format(place->arena, "%s/sha256/" HEX_C, place->folder), F_OK), 0);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(names_are_those_that_kubernetes_uses),
		STORY(an_image_has_a_manifest_a_configuration_and_layers),
		STORY(what_is_no_layout_is_refused),
		STORY(only_what_a_node_lacks_travels),
		STORY(what_went_through_here_and_is_listed_is_known_to_be_there),
		STORY(an_archive_is_one_that_tar_reads),
		STORY(an_archive_that_is_not_wanted_any_more_ends_in_the_middle),
		STORY(the_index_of_an_archive_names_its_images),
		STORY(a_listing_of_images_is_read_by_its_columns),
		STORY(parts_that_no_image_has_go_when_they_are_old),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
