#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "tests/unit/registry/liar.h"
#include "tests/unit/registry/registry_server.h"
#include "tests/unit/run/bench.h"

/* Two machines that share nothing but a registry. */
struct pair {
	struct kg_arena *arena;
	struct bench *ci, *home;
	struct registry_server *server;
	struct liar *liar; /* between home and the registry; NULL: nothing is */
	struct kg_remote ci_remote, home_remote;
};

static const char graph[] = "[node.a]\nkind = \"command\"\nshell = \"echo 1 >a\"\noutputs = [\"a\"]\n"
			    "[node.b]\nkind = \"command\"\nshell = \"cat ${node.a.path} >b\"\noutputs = [\"b\"]\n";

static struct bench *
machine(void)
{
	struct bench *bench = bench_make();

	bench->kinds = bench_kinds_real;
	bench->has_store = true;
	bench_graph(bench, graph);
	return bench;
}

static int
make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct pair *pair = kg_new(arena, struct pair);

	pair->arena = arena;
	pair->ci = machine();
	pair->home = machine();
	pair->server = registry_server_start(arena, pair->ci->folder, (struct registry_options){ 0 });
	if (pair->server)
		pair->ci_remote = (struct kg_remote){
			.host = pair->server->host, .path = "shop", .is_plain = true, .push = true, .stall_ms = 10000
		};
	pair->home_remote = pair->ci_remote;
	pair->home_remote.push = false;
	*state = pair;
	return 0;
}

static int
drop(void **state)
{
	struct pair *pair = *state;

	if (pair->liar) {
		liar_stop(pair->liar);
		liar_free(pair->liar);
	}
	if (pair->server)
		registry_server_stop(pair->server);
	bench_free(pair->ci);
	bench_free(pair->home);
	kg_arena_free(pair->arena);
	return 0;
}

static void
ci_up(struct pair *pair)
{
	if (!pair->server)
		skip();
	assert_int_equal(bench_up(pair->ci, (struct kg_run_options){ .remote = &pair->ci_remote }), KG_RUN_UP);
	assert_string_equal(pair->ci->warnings, "");
}

static void
lie(struct pair *pair, struct lie *lies)
{
	pair->liar = liar_start(pair->server->port, lies);
	pair->home_remote.host = pair->liar->host;
}

static void
home_up(struct pair *pair)
{
	assert_int_equal(bench_up(pair->home, (struct kg_run_options){ .remote = &pair->home_remote }), KG_RUN_UP);
	assert_string_equal(bench_read(pair->home, "b"), "1\n");
}

/* One of them, and it says that. */
static void
warned_of(struct pair *pair, const char *what)
{
	const char *end = strstr(pair->home->warnings, "; ");

	if (!strstr(pair->home->warnings, what))
		fail_msg("\"%s\" says nothing of \"%s\"", pair->home->warnings, what);
	assert_string_equal(end, "; ");
}

static int
asked(const struct liar *liar, const char *what)
{
	int count = 0;

	for (const char *at = liar->requests; (at = strstr(at, what)); at++)
		count++;
	return count;
}

static void
what_one_machine_has_made_another_takes(void **state)
{
	struct pair *pair = *state;

	ci_up(pair);
	assert_int_equal(pair->ci->summary.made, 2);
	assert_int_equal(pair->ci->summary.published, 2);
	home_up(pair);
	assert_string_equal(pair->home->told, "restored a; restored b; ");
	assert_int_equal(pair->home->summary.fetched, 2);
	assert_int_equal(pair->home->summary.published, 0);
	assert_string_equal(pair->home->warnings, "");
	assert_null(bench_read(pair->home, ".kgraph/default/shared/0"));
}

static void
a_dependency_file_comes_first(void **state)
{
	static const char with_depfile[] =
	    "[node.a]\nkind = \"command\"\nshell = \"cat h >b; echo 'b: h' >d\"\noutputs = [\"b\"]\ndepfile = \"d\"\n";
	struct pair *pair = *state;

	for (int i = 0; i < 2; i++) {
		bench_graph(i == 0 ? pair->ci : pair->home, with_depfile);
		bench_file(i == 0 ? pair->ci : pair->home, "h", "1\n");
	}
	ci_up(pair);
	home_up(pair);
	assert_string_equal(pair->home->told, "restored a; ");
	bench_file(pair->home, "h", "2\n");
	assert_int_equal(bench_up(pair->home, (struct kg_run_options){ .remote = &pair->home_remote }), KG_RUN_UP);
	assert_string_equal(pair->home->told, "started a; done a; ");
	assert_string_equal(bench_read(pair->home, "b"), "2\n");
}

static void
a_damaged_blob_is_refused(void **state)
{
	struct pair *pair = *state;
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 1, .damage_at = 10 }, { 0 } };

	ci_up(pair);
	lie(pair, lies);
	home_up(pair);
	assert_string_equal(pair->home->told, "started a; done a; restored b; ");
	warned_of(pair, "a is not taken from the shared cache: ");
}

static void
a_registry_that_damages_all_is_left_aside(void **state)
{
	struct pair *pair = *state;
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .damage_at = 10 }, { 0 } };
	struct kg_text text = { .arena = pair->arena };

	kg_text_add(&text, graph);
	for (int i = 0; i < 8; i++)
		kg_text_format(&text,
		    "[node.n%d]\nkind = \"command\"\nshell = \"echo %d >n%d\"\noutputs = [\"n%d\"]\nneeds = [\"%s\"]\n", i, i, i, i,
		    i == 0 ? "b" : kg_format(pair->arena, "n%d", i - 1));
	bench_graph(pair->ci, kg_text_end(&text));
	bench_graph(pair->home, kg_text_end(&text));
	ci_up(pair);
	lie(pair, lies);
	home_up(pair);
	assert_int_equal(pair->home->summary.made, 10);
	assert_non_null(
	    strstr(pair->home->warnings, "is not asked any more in this run: what it holds is damaged again and again; "));
	liar_stop(pair->liar);
	assert_int_equal(asked(pair->liar, "/manifests/"), 3);
}

static void
what_is_something_else_is_refused(void **state)
{
	static const char manifest[] =
	    "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"x\","
	    "\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":0},"
	    "\"layers\":[{\"mediaType\":\"y\",\"digest\":"
	    "\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":0}]}";
	struct pair *pair = *state;
	struct lie lies[] = { { .method = "GET",
				  .path = "/manifests/",
				  .times = 1,
				  .answer = kg_format(pair->arena,
				      "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n"
				      "Connection: close\r\nContent-Length: %zu\r\n\r\n%s",
				      sizeof(manifest) - 1, manifest) },
		{ 0 } };

	ci_up(pair);
	lie(pair, lies);
	home_up(pair);
	assert_string_equal(pair->home->told, "started a; done a; restored b; ");
	warned_of(pair, "what is there is not the outputs of a node");
}

static void
an_answer_that_does_not_come_costs_its_time_once(void **state)
{
	struct pair *pair = *state;
	struct lie lies[] = { { .path = "/v2/", .pause_ms = 60000 }, { 0 } };

	ci_up(pair);
	lie(pair, lies);
	pair->home_remote.stall_ms = 200;
	home_up(pair);
	assert_int_equal(pair->home->summary.made, 2);
	warned_of(pair, "is left aside in this run: ");
}

static void
a_blob_that_stops_on_its_way_is_made(void **state)
{
	struct pair *pair = *state;
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .drip_bytes = 1, .drip_ms = 60000 }, { 0 } };

	ci_up(pair);
	lie(pair, lies);
	pair->home_remote.stall_ms = 300;
	home_up(pair);
	assert_int_equal(pair->home->summary.made, 2);
	warned_of(pair, "in this run: ");
}

static void
asking_in_vain_has_an_end(void **state)
{
	struct pair *pair = *state;
	struct lie lies[] = { { .method = "GET", .path = "/manifests/", .pause_ms = 120 }, { 0 } };
	struct kg_text text = { .arena = pair->arena };

	if (!pair->server)
		skip();
	kg_text_add(&text, graph);
	for (int i = 0; i < 20; i++)
		kg_text_format(&text,
		    "[node.n%d]\nkind = \"command\"\nshell = \"echo %d >n%d\"\noutputs = [\"n%d\"]\nneeds = [\"%s\"]\n", i, i, i, i,
		    i == 0 ? "b" : kg_format(pair->arena, "n%d", i - 1));
	bench_graph(pair->home, kg_text_end(&text));
	lie(pair, lies);
	pair->home_remote.stall_ms = 400;
	home_up(pair);
	assert_int_equal(pair->home->summary.made, 22);
	warned_of(pair, "is not asked any more in this run: that has taken ");
}

static void
a_registry_that_takes_nothing_is_one_warning(void **state)
{
	struct pair *pair = *state;
	struct lie lies[] = { { .method = "POST",
				  .answer = "HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" },
		{ 0 } };

	if (!pair->server)
		skip();
	lie(pair, lies);
	pair->home_remote.push = true;
	home_up(pair);
	assert_int_equal(pair->home->summary.made, 2);
	assert_int_equal(pair->home->summary.published, 0);
	warned_of(pair, "could not be published");
}

/* The same machine with another checkout: its store alone is as it was. */
static void
checkout_anew(struct bench *bench)
{
	static const char *const names[] = { "a", "b", ".kgraph" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_null(kg_file_remove(bench->arena, bench_path(bench, names[i])));
}

static void
what_the_local_store_has_goes_there_once(void **state)
{
	struct pair *pair = *state;
	struct lie honest[] = { { 0 } };

	if (!pair->server)
		skip();
	assert_int_equal(bench_up(pair->home, (struct kg_run_options){ 0 }), KG_RUN_UP);
	lie(pair, honest);
	pair->home_remote.push = true;
	for (int i = 0; i < 2; i++) {
		checkout_anew(pair->home);
		home_up(pair);
		assert_int_equal(pair->home->summary.restored, 2);
		assert_int_equal(pair->home->summary.fetched, 0);
		assert_int_equal(pair->home->summary.published, i == 0 ? 2 : 0);
		assert_string_equal(pair->home->warnings, "");
	}
	liar_stop(pair->liar);
	assert_int_equal(asked(pair->liar, "GET /v2/shop/outputs/manifests/"), 2);
	pair->ci_remote.push = false;
	ci_up(pair);
	assert_int_equal(pair->ci->summary.fetched, 2);
}

static void
what_the_cache_has_from_others_is_not_sent_again(void **state)
{
	struct pair *pair = *state;
	struct lie honest[] = { { 0 } };

	ci_up(pair);
	assert_int_equal(bench_up(pair->home, (struct kg_run_options){ 0 }), KG_RUN_UP);
	lie(pair, honest);
	pair->home_remote.push = true;
	for (int i = 0; i < 2; i++) {
		checkout_anew(pair->home);
		home_up(pair);
		assert_int_equal(pair->home->summary.restored, 2);
		assert_int_equal(pair->home->summary.published, 0);
	}
	/* What has come from there is known to be there. */
	checkout_anew(pair->home);
	assert_null(kg_file_remove(pair->arena, bench_path(pair->home, "store")));
	for (int i = 0; i < 2; i++) {
		home_up(pair);
		assert_int_equal(pair->home->summary.fetched, i == 0 ? 2 : 0);
		assert_int_equal(pair->home->summary.published, 0);
		checkout_anew(pair->home);
	}
	liar_stop(pair->liar);
	assert_int_equal(asked(pair->liar, "GET /v2/shop/outputs/manifests/"), 4);
	assert_int_equal(asked(pair->liar, "POST "), 0);
}

static void
an_interrupt_ends_a_push(void **state)
{
	struct pair *pair = *state;
	struct lie lies[] = { { .method = "POST", .pause_ms = 60000 }, { 0 } };

	if (!pair->server)
		skip();
	lie(pair, lies);
	pair->home_remote.push = true;
	pair->home_remote.stall_ms = 60000;
	pair->home->signal_at = "done b";
	pair->home->signal = SIGINT;
	assert_int_equal(bench_up(pair->home, (struct kg_run_options){ .remote = &pair->home_remote }), KG_RUN_INTERRUPTED);
	assert_null(bench_read(pair->home, ".kgraph/default/shared/0"));
}

int
main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		STORY(what_one_machine_has_made_another_takes),
		STORY(a_dependency_file_comes_first),
		STORY(a_damaged_blob_is_refused),
		STORY(a_registry_that_damages_all_is_left_aside),
		STORY(what_is_something_else_is_refused),
		STORY(an_answer_that_does_not_come_costs_its_time_once),
		STORY(a_blob_that_stops_on_its_way_is_made),
		STORY(asking_in_vain_has_an_end),
		STORY(a_registry_that_takes_nothing_is_one_warning),
		STORY(what_the_local_store_has_goes_there_once),
		STORY(what_the_cache_has_from_others_is_not_sent_again),
		STORY(an_interrupt_ends_a_push),
	};

	return cmocka_run_group_tests_name("remote", tests, NULL, NULL);
}
