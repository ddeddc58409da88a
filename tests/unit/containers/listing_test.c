/* What podman and docker print, recorded from the versions that the files' names say, is told alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/containers/engine.h"
#include "engine/containers/listing_json.h"

static const char podman_images[] = {
#embed "recorded/podman-4.3-images.json" suffix(, 0)
};
static const char podman_5_images[] = {
#embed "recorded/podman-5-images.json" suffix(, 0)
};
static const char podman_containers[] = {
#embed "recorded/podman-4.3-containers.json" suffix(, 0)
};
static const char podman_5_containers[] = {
#embed "recorded/podman-5-containers.json" suffix(, 0)
};
static const char podman_networks[] = {
#embed "recorded/podman-4.3-networks.json" suffix(, 0)
};
static const char podman_volumes[] = {
#embed "recorded/podman-4.3-volumes.json" suffix(, 0)
};
static const char podman_inspected[] = {
#embed "recorded/podman-4.3-inspected.json" suffix(, 0)
};
static const char docker_20_images[] = {
#embed "recorded/docker-20.10-images.json" suffix(, 0)
};
static const char docker_28_images[] = {
#embed "recorded/docker-28-images.json" suffix(, 0)
};
static const char docker_20_containers[] = {
#embed "recorded/docker-20.10-containers.json" suffix(, 0)
};
static const char docker_28_containers[] = {
#embed "recorded/docker-28-containers.json" suffix(, 0)
};
static const char docker_20_networks[] = {
#embed "recorded/docker-20.10-networks.json" suffix(, 0)
};
static const char docker_28_networks[] = {
#embed "recorded/docker-28-networks.json" suffix(, 0)
};
static const char docker_20_volumes[] = {
#embed "recorded/docker-20.10-volumes.json" suffix(, 0)
};
static const char docker_28_volumes[] = {
#embed "recorded/docker-28-volumes.json" suffix(, 0)
};
static const char docker_inspected[] = {
#embed "recorded/docker-28-inspected.json" suffix(, 0)
};

static const char base_id[] = "032e74c511e832b01b6a85e8f7698574c0e3fc73a54d3671ddb04a858fa7323e";

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

/* Two images: a base with two names, and one of ours without any. */
static void
images_are_as_expected(struct kg_arena *arena, const struct kg_engine_driver *driver, const char *text)
{
	struct kg_images images;

	assert_null(driver->read_images(arena, text, &images));
	assert_int_equal(images.count, 2);
	const struct kg_image *base = kg_images_find(&images, arena, "localhost/kgtest/debian:bookworm");
	assert_non_null(base);
	assert_string_equal(base->id, base_id);
	assert_false(base->is_dangling);
	assert_int_equal(base->created_s, 1795253322);
	assert_in_range(base->size_bytes, 160000000, 172000000);
	assert_non_null(base->names[0]);
	assert_non_null(base->names[1]);
	assert_null(base->names[2]);
	assert_ptr_equal(kg_images_find(&images, arena, "another:1"), base);
	assert_ptr_equal(kg_images_find(&images, arena, "032e74c511e8"), base);
	assert_ptr_equal(kg_images_by_id(&images, base->id), base);
	assert_null(kg_images_find(&images, arena, "another"));
	assert_null(kg_images_find(&images, arena, "docker.io/library/another:1"));
	for (uint32_t i = 0; i < images.count; i++)
		assert_true(images.items[i].is_dangling == (&images.items[i] != base));
}

static void
images_are_told_alike_by_both_engines(void **state)
{
	images_are_as_expected(*state, &kg_podman, podman_images);
	images_are_as_expected(*state, &kg_docker, docker_20_images);
	images_are_as_expected(*state, &kg_docker, docker_28_images);
}

static void
podman_tells_labels_and_digests_of_images(void **state)
{
	struct kg_images images;

	assert_null(kg_podman.read_images(*state, podman_images, &images));
	const struct kg_image *ours = kg_images_find(&images, *state, "51c0c3c2bb69");
	assert_non_null(ours);
	assert_string_equal(kg_label(ours->labels, "io.kgraph"), "image");
	assert_null(kg_label(ours->labels, "io.kgraph.node"));
	const struct kg_image *base = kg_images_by_id(&images, base_id);
	assert_string_equal(base->digest, "sha256:3d10f26e7784c024cb858f74476faeb71e3ce47dbeddb3e01980ce36d3ef7515");
	assert_ptr_equal(kg_images_find(&images, *state,
			     "localhost/another@sha256:3d10f26e7784c024cb858f74476faeb71e3ce47dbeddb3e01980ce36d3ef7515"),
	    base);
}

static void
short_names_lead_to_the_hub_and_back(void **state)
{
	static const char listed[] = "{\"ID\":\"sha256:aa\",\"Repository\":\"postgres\",\"Tag\":\"16\",\"Digest\":\"<none>\"}\n"
				     "{\"ID\":\"sha256:bb\",\"Repository\":\"redis/stack\",\"Tag\":\"latest\"}\n";
	struct kg_images images;

	assert_null(kg_podman.read_images(*state, podman_5_images, &images));
	assert_non_null(kg_images_find(&images, *state, "postgres:16"));
	assert_non_null(kg_images_find(&images, *state, "library/postgres:16"));
	assert_non_null(kg_images_find(&images, *state, "docker.io/library/postgres:16"));
	assert_null(kg_images_find(&images, *state, "quay.io/library/postgres:16"));
	assert_null(kg_docker.read_images(*state, listed, &images));
	assert_string_equal(kg_images_find(&images, *state, "docker.io/library/postgres:16")->id, "aa");
	assert_string_equal(kg_images_find(&images, *state, "docker.io/postgres:16")->id, "aa");
	assert_string_equal(kg_images_find(&images, *state, "redis/stack")->id, "bb");
	assert_string_equal(kg_images_find(&images, *state, "docker.io/redis/stack")->id, "bb");
	assert_null(kg_images_find(&images, *state, "redis/stack:7"));
}

static void
a_name_of_ones_own_counts_more_than_one_of_a_shared_store(void **state)
{
	static const char *const listed[] = {
		"[{\"Id\":\"aa\",\"Names\":[\"localhost/x:1\"]},{\"Id\":\"bb\",\"Names\":[\"localhost/x:1\"],\"ReadOnly\":true}]",
		"[{\"Id\":\"bb\",\"Names\":[\"localhost/x:1\"],\"ReadOnly\":true},{\"Id\":\"aa\",\"Names\":[\"localhost/x:1\"]}]",
	};
	struct kg_images images;

	for (size_t i = 0; i < 2; i++) {
		assert_null(kg_podman.read_images(*state, listed[i], &images));
		assert_string_equal(kg_images_find(&images, *state, "localhost/x:1")->id, "aa");
	}
}

static void
inspections_tell_sizes_and_labels(void **state)
{
	struct kg_images images;

	assert_null(kg_images_inspected(*state, podman_inspected, &images));
	assert_int_equal(kg_images_by_id(&images, base_id)->size_bytes, 170402547);
	assert_string_equal(kg_label(kg_images_find(&images, *state, "51c0c3c2bb69")->labels, "io.kgraph"), "image");
	assert_null(kg_images_inspected(*state, docker_inspected, &images));
	assert_string_equal(kg_label(kg_images_find(&images, *state, "2115aff48147")->labels, "io.kgraph"), "image");
	assert_true(kg_images_by_id(&images, base_id)->created_s == 1795253322);
}

static void
containers_are_as_expected(struct kg_arena *arena, const struct kg_engine_driver *driver, const char *text)
{
	struct kg_containers containers;

	assert_null(driver->read_containers(arena, text, &containers));
	assert_int_equal(containers.count, 3);
	const struct kg_container *web = kg_containers_find(&containers, "shop-web-3f9a1c");
	assert_non_null(web);
	assert_int_equal(web->state, KG_CONTAINER_RUNNING);
	assert_string_equal(kg_label(web->labels, KG_LABEL_NODE), "web");
	assert_string_equal(kg_label(web->labels, KG_LABEL_FINGERPRINT), "00112233445566778899aabbccddeeff");
	assert_string_equal(web->image, "localhost/kgtest/debian:bookworm");
	assert_non_null(strstr(web->ports, "127.0.0.1:"));
	assert_non_null(strstr(web->ports, "->81/udp"));
	assert_string_equal(web->networks[0], "kgnet");
	const struct kg_container *killed = kg_containers_find(&containers, "killed");
	assert_int_equal(killed->state, KG_CONTAINER_EXITED);
	assert_int_equal(killed->exit_code, 137);
	assert_int_equal(kg_containers_find(&containers, "other")->state, KG_CONTAINER_CREATED);
	assert_null(kg_containers_find(&containers, "shop-web"));
}

static void
containers_are_told_alike_by_both_engines(void **state)
{
	containers_are_as_expected(*state, &kg_podman, podman_containers);
	containers_are_as_expected(*state, &kg_docker, docker_20_containers);
	containers_are_as_expected(*state, &kg_docker, docker_28_containers);
}

static void
nerdctls_words_for_a_container_are_dockers_states(void **state)
{
	static const char listing[] = "{\"Names\":\"a\",\"Status\":\"Up\",\"Labels\":\"io.x-k8s.kind.cluster=shop\"}\n"
				      "{\"Names\":\"b\",\"Status\":\"Exited (137) 3 minutes ago\"}\n"
				      "{\"Names\":\"c\",\"Status\":\"Created\"}\n"
				      "{\"Names\":\"d\",\"Status\":\"Paused\"}\n"
				      "{\"Names\":\"e\",\"Status\":\"Unknown\"}\n";
	struct kg_containers containers;

	assert_null(kg_nerdctl.read_containers(*state, listing, &containers));
	assert_int_equal(kg_containers_find(&containers, "a")->state, KG_CONTAINER_RUNNING);
	assert_string_equal(kg_label(kg_containers_find(&containers, "a")->labels, "io.x-k8s.kind.cluster"), "shop");
	assert_int_equal(kg_containers_find(&containers, "b")->state, KG_CONTAINER_EXITED);
	assert_int_equal(kg_containers_find(&containers, "b")->exit_code, 137);
	assert_int_equal(kg_containers_find(&containers, "c")->state, KG_CONTAINER_CREATED);
	assert_int_equal(kg_containers_find(&containers, "d")->state, KG_CONTAINER_PAUSED);
	assert_int_equal(kg_containers_find(&containers, "e")->state, KG_CONTAINER_OTHER);
}

static void
ranges_of_ports_are_told_one_by_one(void **state)
{
	struct kg_containers containers;

	assert_null(kg_podman.read_containers(*state, podman_5_containers, &containers));
	assert_string_equal(containers.items[0].ports, "127.0.0.1:25432->5432/tcp, 127.0.0.1:25433->5433/tcp");
	assert_int_equal(containers.items[0].exit_code, 137);
	assert_string_equal(containers.items[0].image_id, "51c0c3c2bb69ac44c4b8f46fd5c39a9500be49b6c99d3aad8e5812e27add980c");
}

static void
networks_and_volumes_are_told_with_their_labels(void **state)
{
	const struct {
		const struct kg_engine_driver *driver;
		const char *networks, *volumes;
	} engines[] = {
		{ &kg_podman, podman_networks, podman_volumes },
		{ &kg_docker, docker_20_networks, docker_20_volumes },
		{ &kg_docker, docker_28_networks, docker_28_volumes },
	};

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		struct kg_networks networks;
		struct kg_volumes volumes;

		assert_null(engines[i].driver->read_networks(*state, engines[i].networks, &networks));
		assert_string_equal(kg_networks_find(&networks, "kgnet")->driver, "bridge");
		assert_string_equal(kg_label(kg_networks_find(&networks, "kgnet")->labels, KG_LABEL_NODE), "net");
		assert_null(engines[i].driver->read_volumes(*state, engines[i].volumes, &volumes));
		assert_string_equal(kg_label(kg_volumes_find(&volumes, "kgvol")->labels, KG_LABEL_NODE), "data");
		assert_null(kg_volumes_find(&volumes, "kgnet"));
	}
}

static void
what_is_no_listing_is_an_error_and_nothing_is_nothing(void **state)
{
	struct kg_images images;
	struct kg_containers containers;

	assert_non_null(kg_podman.read_images(*state, "[{", &images));
	assert_non_null(kg_docker.read_containers(*state, "template: :1: unexpected", &containers));
	assert_null(kg_podman.read_images(*state, "[]\n", &images));
	assert_int_equal(images.count, 0);
	assert_null(kg_docker.read_images(*state, "", &images));
	assert_null(kg_podman.read_containers(*state, "[{}, 3, {\"Names\": [null]}]", &containers));
	assert_int_equal(containers.count, 0);
}

static void
times_are_read_in_all_forms(void **)
{
	assert_int_equal(kg_listing_time_s("2026-11-21T09:28:42.291668572Z"), 1795253322);
	assert_int_equal(kg_listing_time_s("2026-11-21 09:28:42 +0000 UTC"), 1795253322);
	assert_int_equal(kg_listing_time_s("2026-11-21 10:28:42 +0100 CET"), 1795253322);
	assert_int_equal(kg_listing_time_s("2026-11-21T03:58:42-05:30"), 1795253322);
	assert_int_equal(kg_listing_time_s("just now"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(images_are_told_alike_by_both_engines, setup, teardown),
		cmocka_unit_test_setup_teardown(podman_tells_labels_and_digests_of_images, setup, teardown),
		cmocka_unit_test_setup_teardown(short_names_lead_to_the_hub_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_of_ones_own_counts_more_than_one_of_a_shared_store, setup, teardown),
		cmocka_unit_test_setup_teardown(inspections_tell_sizes_and_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(containers_are_told_alike_by_both_engines, setup, teardown),
		cmocka_unit_test_setup_teardown(nerdctls_words_for_a_container_are_dockers_states, setup, teardown),
		cmocka_unit_test_setup_teardown(ranges_of_ports_are_told_one_by_one, setup, teardown),
		cmocka_unit_test_setup_teardown(networks_and_volumes_are_told_with_their_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_listing_is_an_error_and_nothing_is_nothing, setup, teardown),
		cmocka_unit_test(times_are_read_in_all_forms),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
