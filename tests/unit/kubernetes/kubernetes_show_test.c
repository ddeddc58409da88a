/* What `kgraph logs --follow` says of a node's containers, whatever becomes of them, of their log's stream and of the watch. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes.h"
#include "tests/unit/kubernetes/fake_api.h"
#include "tests/unit/run/bench.h"

#define SECOND "2026-11-21T16:58:00"
#define POD "/api/v1/namespaces/shop/pods/"

static const struct kg_kind *const kinds[] = { &kg_kind_kubernetes, NULL };

/* What the server says now: of the pods, and of the log of one container by its name. */
static struct {
	const char *pods; /* as the list has them */
	struct fake_reply (*log)(const struct fake_request *request);
	const char *pod; /* as it is when it is asked for by its name; NULL: gone */
} now;

struct world {
	struct bench *bench;
	struct fake_api *fake;
	struct kg_text heard;
	const char *until; /* the line that is the last to be waited for */
	bool has_heard_all;
};

static struct fake_reply
said(const char *body)
{
	return (struct fake_reply){ .status = 200, .body = body };
}

static struct fake_reply
answer(void *, const struct fake_request *request)
{
	static const char *const nothing[] = { "", NULL };
	const char *path = request->path;

	if (strcmp(path, "/api") == 0)
		return said("{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{},\"versions\":[{\"version\":\"v1\","
			    "\"resources\":["
			    "{\"resource\":\"pods\",\"responseKind\":{\"kind\":\"Pod\"},\"scope\":\"Namespaced\"}]}]}]}");
	if (strcmp(path, "/apis") == 0)
		return said("{\"kind\":\"APIGroupDiscoveryList\",\"items\":[]}");
	if (strcmp(path, "/api/v1/namespaces/kube-system") == 0)
		return said("{\"metadata\":{\"name\":\"kube-system\",\"uid\":\"k\"}}");
	if (strncmp(path, POD, strlen(POD)) == 0 && strstr(path, "/log?"))
		return now.log(request);
	if (strcmp(request->method, "PATCH") == 0)
		return said(
		    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\",\"uid\":\"u\"}}");
	if (strstr(path, "watch=1"))
		return (struct fake_reply){ .status = 200, .pieces = nothing + 1, .stays = true };
	if (strcmp(path, POD "p") == 0 && now.pod)
		return said(now.pod);
	if (strstr(path, "/pods?"))
		return said(now.pods);
	if (strchr(path, '?'))
		return said("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}");
	return (struct fake_reply){ .status = 404, .body = "{\"kind\":\"Status\",\"code\":404,\"message\":\"not found\"}" };
}

static int
make(void **state)
{
	static struct world world;
	struct bench *bench = bench_make();

	memset(&now, 0, sizeof(now));
	now.pods = "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
	world = (struct world){ .bench = bench, .fake = fake_api_start(answer, NULL), .heard.arena = bench->arena };
	bench->kinds = kinds;
	setenv("HOME", bench_path(bench, "home"), 1);
	unsetenv("XDG_CACHE_HOME");
	setenv("KUBECONFIG", bench_path(bench, "config"), 1);
	bench_file(bench, "config",
	    kg_format(bench->arena,
		"apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts:\n- name: here\n  context: {cluster: c, user: u, "
		"namespace: shop}\nclusters:\n- name: c\n  cluster: {server: 'http://127.0.0.1:%u'}\nusers:\n- name: u\n  user: "
		"{token: x}\n",
		fake_api_port(world.fake)));
	bench_file(
	    bench, "pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: app, image: i}]\n");
	bench_graph(bench, "[node.web]\nkind = \"kubernetes\"\nfiles = [\"pod.yaml\"]\n");
	assert_int_equal(bench_up(bench, (struct kg_run_options){ .no_wait = true }), KG_RUN_UP);
	*state = &world;
	return 0;
}

static int
drop(void **state)
{
	struct world *world = *state;

	fake_api_free(world->fake);
	bench_free(world->bench);
	return 0;
}

static void
line_take(void *context, const char *line)
{
	struct world *world = context;

	kg_text_format(&world->heard, "%s; ", line);
	world->has_heard_all |= strcmp(line, world->until) == 0;
}

static bool
reader_stays(void *context)
{
	return !((const struct world *)context)->has_heard_all;
}

/* All lines, up to one. */
static const char *
followed(struct world *world, const char *until)
{
	const struct kg_show_to to = { line_take, reader_stays, world };
	const struct kg_show wanted = { .follow = true, .lines = -1 };
	const char *none;
	struct kg_run *run;

	world->until = until;
	assert_null(bench_open(world->bench, (struct kg_run_options){ .reading = true }, &run));
	assert_null(kg_run_show(run, "web", &wanted, &to, &none));
	kg_run_close(run);
	return kg_text_end(&world->heard);
}

static bool
asks_previous(const struct fake_request *request)
{
	return strstr(request->path, "previous=true") != NULL;
}

/* The stream is cut in the middle of a line, and of a second; then the container is another one, which the watch has not told. */
static struct fake_reply
cut_log(const struct fake_request *request)
{
	static const char *const first[] = { SECOND ".1Z one\n" SECOND ".1Z two\n" SECOND ".2Z thr", NULL };

	if (request->number == 1)
		return (struct fake_reply){ .status = 200, .pieces = first, .is_cut = true };
	if (asks_previous(request))
		return said(SECOND ".1Z one\n" SECOND ".1Z two\n" SECOND ".2Z three\n" SECOND ".3Z last words\n");
	return said(SECOND ".9Z of the one behind it\n");
}

static void
a_cut_log_goes_on_though_its_container_has_ended(void **state)
{
	struct world *world = *state;

	now.pods =
	    "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"},\"status\":"
	    "{\"containerStatuses\":[{\"name\":\"app\",\"containerID\":\"c://1\",\"state\":{\"running\":{}}}]}}]}";
	now.pod =
	    "{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"},\"status\":{\"containerStatuses\":[{\"name\":\"app\","
	    "\"containerID\":\"c://2\",\"state\":{\"running\":{}},\"lastState\":{\"terminated\":{\"containerID\":\"c://1\"}}}]}}";
	now.log = cut_log;
	assert_string_equal(followed(world, "[p/app] last words"), "[p/app] one; [p/app] two; [p/app] three; [p/app] last words; ");
}

/* Each says its name, and ends. */
static struct fake_reply
short_log(const struct fake_request *request)
{
	static char names[200][64];
	static uint32_t count;
	unsigned number;

	assert_int_equal(sscanf(strstr(request->path, "container=c"), "container=c%u", &number), 1);
	char *line = names[count++ % 200];
	snprintf(line, sizeof(names[0]), SECOND ".1Z this is %u\n", number);
	return said(line);
}

/* More than are followed at a time, and all have ended but the last. */
static void
what_has_ended_leaves_its_place_to_others(void **state)
{
	struct world *world = *state;
	struct kg_text pods = { .arena = world->bench->arena };
	enum { count = 130 };

	kg_text_add(&pods, "{\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"},\"status\":{\"containerStatuses\":[");
	for (int i = 0; i < count; i++)
		kg_text_format(&pods, "%s{\"name\":\"c%d\",\"containerID\":\"c://%d\",\"state\":{\"%s\":{}}}", i ? "," : "", i, i,
		    i < count - 1 ? "terminated" : "running");
	kg_text_add(&pods, "]}}");
	now.pod = kg_text_end(&pods);
	now.pods = kg_format(world->bench->arena, "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[%s]}", now.pod);
	now.log = short_log;
	const char *heard = followed(world, "[p/c129] this is 129");
	assert_non_null(strstr(heard, "[p/c0] this is 0; "));
	assert_non_null(strstr(heard, "[p/c99] this is 99; "));
	assert_null(strstr(heard, "when another one ends"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		TEST(a_cut_log_goes_on_though_its_container_has_ended),
		TEST(what_has_ended_leaves_its_place_to_others),
	};

	return cmocka_run_group_tests_name("kubernetes show", tests, NULL, NULL);
}
