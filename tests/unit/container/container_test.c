/* What the settings of a container mean, and what inspections of one tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "targets/container/container_inside.h"

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
what_is_published_is_so_on_this_machine_alone(void **state)
{
	static const struct {
		const char *text, *publish;
		uint16_t port;
	} cases[] = {
		{ "80", "127.0.0.1::80", 0 },
		{ "8080:80", "127.0.0.1:8080:80", 8080 },
		{ "8080:80/udp", "127.0.0.1:8080:80/udp", 8080 },
		{ "0.0.0.0:8080:80", "0.0.0.0:8080:80", 8080 },
		{ "[::1]:8080:80", "[::1]:8080:80", 8080 },
		{ "127.0.0.2::80", "127.0.0.2::80", 0 },
		{ "8000-8010:9000-9010/tcp", "127.0.0.1:8000-8010:9000-9010/tcp", 0 },
		{ "eighty", NULL, 0 },
		{ "80:", NULL, 0 },
		{ "0:80", NULL, 0 },
		{ "65536:80", NULL, 0 },
		{ "8010-8000:80", NULL, 0 },
		{ "80/icmp", NULL, 0 },
		{ "[::1:80", NULL, 0 },
		{ "80x:80", NULL, 0 },
		{ "", NULL, 0 },
		{ "-80:80", NULL, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *publish = kg_container_publish(*state, cases[i].text);

		if (!cases[i].publish && publish)
			fail_msg("\"%s\" is taken for %s", cases[i].text, publish);
		if (!cases[i].publish)
			continue;
		assert_non_null(publish);
		assert_string_equal(publish, cases[i].publish);
		assert_int_equal(kg_container_host_port(*state, cases[i].text), cases[i].port);
	}
}

static void
volumes_are_told_from_folders_of_this_machine(void **state)
{
	assert_string_equal(kg_container_volume(*state, "data:/var/lib/data"), "data");
	assert_string_equal(kg_container_volume(*state, "data:/var/lib/data:ro"), "data");
	assert_string_equal(kg_container_volume(*state, "/cache"), "");
	assert_null(kg_container_volume(*state, "./data:/x"));
	assert_null(kg_container_volume(*state, "/data:/x"));
	assert_null(kg_container_volume(*state, "sub/data:/x"));
	assert_null(kg_container_volume(*state, "data"));
	assert_null(kg_container_volume(*state, "data:relative"));
}

static void
modes_are_no_networks_to_be_joined(void **)
{
	assert_true(kg_container_joins("shop-net-3f9a1c"));
	assert_true(kg_container_joins("hosting"));
	assert_false(kg_container_joins("host"));
	assert_false(kg_container_joins("none"));
	assert_false(kg_container_joins("container:web"));
	assert_false(kg_container_joins("slirp4netns:port_handler=slirp4netns"));
}

static void
mistakes_are_told_before_anything_runs(void **state)
{
	static const char *const folder[] = { "./data:/x", NULL }, *const networks[] = { "a", "host", NULL },
				 *const open[] = { "${node.data.name}:/x", NULL };
	const struct {
		struct container_spec spec;
		const char *says;
	} cases[] = {
		{ { .image = "" }, "`image` is empty" },
		{ { .image = "x", .name = "-x" }, "`name` is no name for a container: -x" },
		{ { .image = "x", .volumes = folder }, "`volumes`: ./data:/x is not VOLUME:/PATH" },
		{ { .image = "x", .network = networks }, "`network`: the mode host cannot stand beside networks" },
		{ { .image = "x", .volumes = open }, NULL },
		{ { .image = "${node.image.ref}", .name = "${vars.name}" }, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_error *error = kg_container_check(*state, &cases[i].spec);

		if (cases[i].says)
			assert_string_equal(error->message, cases[i].says);
		else
			assert_null(error);
	}
}

static const char podman_state[] =
    "[{\"Id\":\"aa\",\"Image\":\"bb\",\"Config\":{\"Image\":\"localhost/x:1\",\"Labels\":{\"io.kgraph.node\":\"web\"}},"
    "\"State\":{\"Status\":\"exited\",\"Running\":false,\"OOMKilled\":true,\"ExitCode\":137,"
    "\"FinishedAt\":\"2026-11-21T09:28:42.5Z\",\"Healthcheck\":{\"Status\":\"unhealthy\",\"Log\":[{\"Output\":\"old\"},{\"Output\":"
    "\"ill\"}]}},"
    "\"NetworkSettings\":{\"IPAddress\":\"\",\"Networks\":{\"net\":{\"IPAddress\":\"10.89.0.2\"}},"
    "\"Ports\":{\"80/tcp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"8080\"}],\"81/udp\":null}}}]";
static const char docker_state[] =
    "[{\"Id\":\"aa\",\"Image\":\"sha256:bb\",\"Config\":{\"Image\":\"x\",\"Labels\":null},"
    "\"State\":{\"Status\":\"running\",\"Running\":true,\"FinishedAt\":\"0001-01-01T00:00:00Z\"},"
    "\"NetworkSettings\":{\"IPAddress\":\"172.17.0.2\",\"Ports\":{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},"
    "{\"HostIp\":\"::\",\"HostPort\":\"8080\"}]}}}]";

static struct kg_error *
read(struct kg_arena *arena, int status, const char *output, const char *lines, struct kg_inspected *ret)
{
	struct kg_job job = { .arena = arena, .child = { .status = status, .output = output, .last_lines = lines } };
	const struct kg_engine engine = { .driver = &kg_podman };

	return kg_inspect_read(&job, &engine, ret);
}

static void
inspections_of_both_engines_tell_the_same(void **state)
{
	struct kg_inspected it;

	assert_null(read(*state, 0, podman_state, "", &it));
	assert_true(it.is_there && !it.is_running && it.is_oom_killed);
	assert_string_equal(it.image_id, "bb");
	assert_string_equal(it.finished_at, "2026-11-21T09:28:42.5Z");
	assert_string_equal(it.health, "unhealthy");
	assert_string_equal(it.health_words, "ill");
	assert_string_equal(it.ip, "10.89.0.2");
	assert_string_equal(it.ports, "127.0.0.1:8080->80/tcp");
	assert_string_equal(it.address, "127.0.0.1:8080");
	assert_null(read(*state, 0, docker_state, "", &it));
	assert_true(it.is_running);
	assert_string_equal(it.image_id, "bb");
	assert_string_equal(it.finished_at, "");
	assert_string_equal(it.health, "");
	assert_string_equal(it.ip, "172.17.0.2");
	assert_string_equal(it.port, "8080");
	assert_string_equal(it.address, "127.0.0.1:8080");
}

static void
one_that_is_not_there_is_no_error_and_an_engine_that_does_not_answer_is(void **state)
{
	struct kg_inspected it;

	assert_null(read(*state, 125, "[]\n", "Error: inspecting object: no such container web", &it));
	assert_false(it.is_there);
	assert_null(read(*state, 1, "[]\n", "Error response from daemon: No such container: web", &it));
	assert_false(it.is_there);
	struct kg_error *error = read(*state, 1, "",
	    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", &it);
	assert_non_null(error);
	assert_non_null(strstr(error->message, "Cannot connect to the Docker daemon"));
	assert_non_null(strstr(error->advice, "systemctl start docker"));
}

static void
how_it_ended_is_told(void **state)
{
	assert_string_equal(kg_exit_tell(*state, 3, false), "it ended with exit status 3");
	assert_string_equal(
	    kg_exit_tell(*state, 137, false), "it was killed (exit status 137: signal 9), perhaps because memory ran out");
	assert_string_equal(kg_exit_tell(*state, 137, true), "it was killed, since its memory ran out (exit status 137)");
	assert_string_equal(kg_exit_tell(*state, 143, false), "it was ended by signal 15 (TERM)");
}

/* The engine's own words, without what stands before them and beside them. */
static void
errors_are_told_in_the_engines_words(void **state)
{
	static const struct {
		const char *lines, *says;
	} cases[] = {
		{ "time=\"…\" level=warning msg=\"x\"\nError: creating container storage: the name is in use",
		    "cannot do it: creating container storage: the name is in use" },
		{ "docker: Error response from daemon: no such image.\nSee 'docker run --help'.", "cannot do it: no such image." },
		{ "Trying to pull x...\nError: initializing source docker://x: connection refused",
		    "cannot do it: initializing source docker://x: connection refused" },
		{ "", "cannot do it: podman ended with status 125" },
	};
	const struct kg_engine engine = { .driver = &kg_podman };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_job job = { .arena = *state, .child = { .status = 125, .last_lines = cases[i].lines } };

		assert_string_equal(kg_engine_error(&job, &engine, "do it")->message, cases[i].says);
	}
}

static void
an_engine_that_is_not_installed_is_told_with_what_to_install(void **state)
{
	struct kg_engine engine;
	const char *path = kg_copy(*state, getenv("PATH"));

	unsetenv("KGRAPH_ENGINE");
	setenv("PATH", "/nonexistent:.", 1);
	struct kg_error *error = kg_engine_find(*state, KG_ENGINE_AUTO, &engine);
	assert_string_equal(error->message, "there is no container engine on this machine");
	assert_non_null(strstr(error->advice, "install podman"));
	assert_string_equal(kg_engine_find(*state, KG_ENGINE_DOCKER, &engine)->message, "docker is not installed");
	setenv("KGRAPH_ENGINE", "lxc", 1);
	assert_non_null(
	    strstr(kg_error_text(*state, kg_engine_find(*state, KG_ENGINE_AUTO, &engine)), "no container engine `lxc`"));
	setenv("PATH", path, 1);
	unsetenv("KGRAPH_ENGINE");
}

static void
names_are_of_the_folder_the_node_and_the_checkout(void **state)
{
	const struct kg_folders folders = { .graph = "/home/me/My Shop", .state = "/home/me/My Shop/.kgraph/default" };
	const struct kg_folders other = { .graph = "/home/me/My Shop", .state = "/home/me/My Shop/.kgraph/second" };
	struct kg_job job = { .arena = *state, .name = "ds.PostgreSQL", .folders = &folders };
	const char *name = kg_engine_name(&job);

	assert_true(strncmp(name, "my-shop-ds.postgresql-", strlen("my-shop-ds.postgresql-")) == 0);
	assert_int_equal(strlen(name), strlen("my-shop-ds.postgresql-") + 6);
	job.folders = &other;
	assert_string_not_equal(kg_engine_name(&job), name);
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		STORY(what_is_published_is_so_on_this_machine_alone),
		STORY(volumes_are_told_from_folders_of_this_machine),
		STORY(modes_are_no_networks_to_be_joined),
		STORY(mistakes_are_told_before_anything_runs),
		STORY(inspections_of_both_engines_tell_the_same),
		STORY(one_that_is_not_there_is_no_error_and_an_engine_that_does_not_answer_is),
		STORY(how_it_ended_is_told),
		STORY(errors_are_told_in_the_engines_words),
		STORY(an_engine_that_is_not_installed_is_told_with_what_to_install),
		STORY(names_are_of_the_folder_the_node_and_the_checkout),
	};

	return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
