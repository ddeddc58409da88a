#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/registry/asking.h"
#include "tests/unit/registry/liar.h"
#include "tests/unit/registry/registry_server.h"

#define CLOSE "Connection: close\r\n"
#define EMPTY "Content-Length: 0\r\n" CLOSE "\r\n"

static constexpr size_t blob_size = 3 << 20;
static constexpr size_t third = 1 << 20;

/* A real registry that holds one blob, in a/b, and is asked through a liar. */
struct test {
	struct asking *asking;
	struct registry_server *server;
	struct liar *liar;
	char *noise;
	const char *digest;
};

static int
setup(void **state)
{
	static struct test test;
	struct kg_arena *arena;

	test.asking = asking_make();
	arena = test.asking->arena;
	test.server = registry_server_start(arena, asking_path(test.asking, "registry"), (struct registry_options){ 0 });
	test.liar = NULL;
	test.noise = asking_noise(test.asking, blob_size);
	test.digest = kg_sha256(arena, test.noise, blob_size);
	*state = &test;
	return 0;
}

static int
teardown(void **state)
{
	struct test *test = *state;

	if (test->server)
		registry_server_stop(test->server);
	if (test->liar)
		liar_free(test->liar);
	asking_free(test->asking);
	return 0;
}

static void
registry_needed(const struct test *test)
{
	if (!test->server) {
		print_message("there is no docker-registry\n");
		skip();
	}
}

static void
blob_hold(struct test *test)
{
	struct ask ask = { .blob_put =
			       &(struct kg_blob_put){ test->server->host, "a/b", .bytes = test->noise, .size = blob_size } };

	registry_needed(test);
	asking_run(test->asking, &ask, 1);
	assert_null(ask.error);
}

/* Gets the blob through the lies. */
static struct ask
blob_get(struct test *test, struct lie *lies, int64_t stall_ms)
{
	struct ask ask = { 0 };

	test->liar = liar_start(test->server ? test->server->port : 0, lies);
	ask.blob = &(struct kg_blob_ask){ test->liar->host, "a/b", test->digest, (int64_t)blob_size,
		asking_path(test->asking, "got"), stall_ms };
	asking_run(test->asking, &ask, 1);
	liar_stop(test->liar);
	return ask;
}

static struct ask
blob_put(struct test *test, struct lie *lies)
{
	struct ask ask = { 0 };

	asking_write(test->asking, "blob", test->noise, blob_size);
	test->liar = liar_start(test->server ? test->server->port : 0, lies);
	ask.blob_put =
	    &(struct kg_blob_put){ test->liar->host, "a/b", .file = asking_path(test->asking, "blob"), .stall_ms = 5000 };
	asking_run(test->asking, &ask, 1);
	liar_stop(test->liar);
	return ask;
}

static struct ask
manifest_get(struct test *test, struct lie *lies)
{
	struct ask ask = { 0 };

	test->liar = liar_start(0, lies);
	ask.manifest = &(struct kg_manifest_ask){ .of = { test->liar->host, "a/b", .tag = "v1" } };
	asking_run(test->asking, &ask, 1);
	liar_stop(test->liar);
	return ask;
}

static void
assert_got(struct test *test, const struct ask *ask)
{
	size_t size = 0;
	const char *bytes = asking_read(test->asking, "got", &size);

	if (ask->error)
		fail_msg("%s; asked:\n%s", ask->error, test->liar->requests);
	assert_int_equal(size, blob_size);
	assert_memory_equal(bytes, test->noise, blob_size);
}

static void
assert_failed(struct test *test, const struct ask *ask, const char *why)
{
	if (!ask->error || !strstr(ask->error, why))
		fail_msg("%s; asked:\n%s", ask->error ? ask->error : "it was well", test->liar->requests);
	assert_null(asking_read(test->asking, "got", NULL));
}

static int
times_asked(const struct test *test, const char *what)
{
	int times = 0;

	for (const char *at = test->liar->requests; (at = strstr(at, what)); at++)
		times++;
	return times;
}

static void
a_blob_that_is_reset_in_the_middle_goes_on_from_there(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 2, .cut_answer_after = third }, { 0 } };
	struct ask ask = blob_get(test, lies, 0);

	assert_got(test, &ask);
	assert_int_equal(times_asked(test, "GET /v2/a/b/blobs/"), 3);
	assert_int_equal(times_asked(test, " Range: bytes="), 2);
	assert_true(ask.result.moved_bytes <= (int64_t)(blob_size + third));
}

static void
a_blob_that_is_shorter_than_its_content_length_goes_on_from_there(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 1, .cut_answer_after = 1000, .closes = true }, { 0 } };
	struct ask ask = blob_get(test, lies, 0);

	assert_got(test, &ask);
	assert_int_equal(times_asked(test, " Range: bytes=1000-"), 1);
}

static void
a_blob_that_is_always_cut_fails_in_the_end(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .cut_answer_after = 1000 }, { 0 } };
	struct ask ask = blob_get(test, lies, 0);

	assert_failed(test, &ask, "cannot get blob sha256:");
	assert_int_equal(times_asked(test, "GET /v2/a/b/blobs/"), 4);
}

static void
a_blob_of_which_much_comes_each_time_is_gone_on_with_for_longer(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 3, .cut_answer_after = 100 },
		{ .method = "GET", .path = "/blobs/", .times = 1, .cut_answer_after = third + 1 },
		{ .method = "GET", .path = "/blobs/", .times = 2, .cut_answer_after = 100 }, { 0 } };
	struct ask ask = blob_get(test, lies, 0);

	assert_got(test, &ask);
}

static void
a_damaged_blob_is_refused(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .damage_at = third }, { 0 } };
	struct ask ask = blob_get(test, lies, 0);

	assert_failed(test, &ask, "what came is damaged: it has the digest sha256:");
	assert_int_equal(times_asked(test, "GET /v2/a/b/blobs/"), 1);
}

static void
what_was_put_together_wrongly_is_fetched_whole_once_more(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 1, .cut_answer_after = third },
		{ .method = "GET", .path = "/blobs/", .times = 1, .damage_at = 7 }, { 0 } };
	struct ask ask = blob_get(test, lies, 0);

	assert_got(test, &ask);
	assert_int_equal(times_asked(test, "GET /v2/a/b/blobs/"), 3);
	assert_int_equal(times_asked(test, " Range: bytes="), 1);
}

static void
other_answers_than_the_blob_are_refused(void **state)
{
	static const struct {
		const char *answer, *why;
		int times;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n" CLOSE "\r\n<html></html>",
		    "13 bytes instead of 3145728", 1 },
		{ "HTTP/1.1 200 OK\r\n" EMPTY, "0 bytes instead of 3145728", 1 },
		{ "HTTP/1.1 200 OK\r\n" CLOSE "\r\nuntil it is closed", "18 bytes instead of", 1 },
		{ "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n" CLOSE "\r\nx", "1 bytes instead of", 1 },
		{ "HTTP/1.1 204 No Content\r\n" CLOSE "\r\n", "204", 1 },
		{ "HTTP/1.1 500 Oops\r\n" CLOSE
		  "\r\n{\"errors\":[{\"code\":\"UNKNOWN\",\"message\":\"disk\\nis \\u001b[31mfull\"}]}",
		    "500 Internal Server Error (disk is  [31mfull)", 1 },
		{ "HTTP/1.1 418 Teapot\r\n" EMPTY, "the registry answered 418", 1 },
		{ "HTTP/1.1 416 Range Not Satisfiable\r\n" EMPTY, "", 1 },
		{ "HTTP/1.1 503 Later\r\nRetry-After: 0\r\n" EMPTY, "503 Service Unavailable", 4 },
		{ "HTTP/1.1 429 Later\r\nRetry-After: 3600\r\n" EMPTY, "429 Too Many Requests", 1 },
		{ "HTTP/1.1 301 Moved\r\n" EMPTY, "redirects to nowhere", 1 },
		{ "HTTP/1.1 307 Moved\r\nLocation: /v2/a/b/blobs/again\r\n" EMPTY, "redirects more than 5 times", 6 },
		{ "HTTP/1.1 307 Moved\r\nLocation: http://registry.example/x\r\n" EMPTY,
		    "redirects to registry.example without TLS", 1 },
		{ "HTTP/1.1 307 Moved\r\nLocation: file:///etc/passwd\r\n" EMPTY, "redirects to nowhere", 1 },
		{ "HTTP/1.1 401 Unauthorized\r\n" EMPTY, "wants a login", 1 },
		{ "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://auth.example/token\"\r\n" EMPTY,
		    "no token from auth.example: it would be asked without TLS", 1 },
		{ "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"nowhere\"\r\n" EMPTY,
		    "names no place that gives tokens", 1 },
		{ "no HTTP at all\r\n\r\n", "does not speak HTTP", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test *test = *state;
		struct lie lies[] = { { .path = "/blobs/", .answer = cases[i].answer },
			{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 } };
		struct ask ask = blob_get(test, lies, 0);

		assert_failed(test, &ask, cases[i].why);
		if (times_asked(test, "/blobs/") != cases[i].times)
			fail_msg("%s is asked for %d times", cases[i].answer, times_asked(test, "/blobs/"));
		liar_free(test->liar);
		test->liar = NULL;
	}
}

static void
a_registry_that_says_later_is_asked_again(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .path = "/blobs/", .times = 1, .answer = "HTTP/1.1 503 Later\r\nRetry-After: 0\r\n" EMPTY },
		{ .path = "/blobs/", .times = 1, .answer = "HTTP/1.1 429 Later\r\nRetry-After: 1\r\n" EMPTY },
		{ .path = "/blobs/", .times = 1, .answer = "HTTP/1.1 502 Bad\r\n" EMPTY }, { 0 } };
	struct ask ask = blob_get(test, lies, 0);

	assert_got(test, &ask);
	assert_int_equal(times_asked(test, "/blobs/"), 4);
}

static void
a_registry_that_says_nothing_is_given_up(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .path = "/blobs/", .pause_ms = 20000 }, { 0 } };
	struct ask ask = blob_get(test, lies, 200);

	assert_failed(test, &ask, "nothing arrived for 200 ms");
	assert_int_equal(times_asked(test, "/blobs/"), 2);
}

static void
a_registry_that_is_slow_but_moves_is_waited_for(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .path = "/blobs/", .drip_bytes = blob_size / 20, .drip_ms = 40 }, { 0 } };
	struct ask ask = blob_get(test, lies, 400);

	assert_got(test, &ask);
	assert_int_equal(times_asked(test, "/blobs/"), 1);
}

static void
nobody_there_is_told_with_host_and_repository(void **state)
{
	struct test *test = *state;
	const char *to = asking_path(test->asking, "got");
	struct ask ask = { .blob = &(struct kg_blob_ask){ "127.0.0.1:1", "a/b", test->digest, 1, .file = to } };

	asking_run(test->asking, &ask, 1);
	assert_string_equal(
	    ask.error, kg_format(test->asking->arena, "cannot get blob %s in 127.0.0.1:1/a/b: connection refused", test->digest));
	assert_null(asking_read(test->asking, "got", NULL));
}

static void
an_interrupted_run_leaves_no_half_blob(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .path = "/blobs/", .drip_bytes = 1000, .drip_ms = 100 }, { 0 } };

	test->asking->cancel_after_ms = 500;
	blob_get(test, lies, 0);
	assert_int_equal(times_asked(test, "/blobs/"), 1);
	assert_null(asking_read(test->asking, "got", NULL));
}

static void
manifests_that_are_none_are_refused(void **state)
{
	static const char manifest[] =
	    "{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"size\":2},\"layers\":[]}";
	struct test *test = *state;
	struct kg_arena *arena = test->asking->arena;
	const char *other = kg_sha256(arena, "other", 5), *html = "<html>Please sign in to the hotel's network</html>";
	const struct {
		const char *answer, *why;
	} cases[] = {
		{ kg_format(arena, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n" CLOSE "\r\n%s",
		      strlen(html), html),
		    "is no JSON object" },
		{ kg_format(arena, "HTTP/1.1 200 OK\r\nDocker-Content-Digest: %s\r\nContent-Length: %zu\r\n" CLOSE "\r\n%s", other,
		      strlen(manifest), manifest),
		    "what came is damaged: it has the digest" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n" CLOSE "\r\n", "longer than 4 MiB" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n" CLOSE "\r\n{}\n", "no schemaVersion" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lie lies[] = { { .path = "/manifests/", .answer = cases[i].answer },
			{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 } };
		struct ask ask = manifest_get(test, lies);

		if (i == 2 && ask.error && strstr(ask.error, "closed in the middle")) {
			/* It says so before it has sent as much. */
		} else {
			assert_failed(test, &ask, cases[i].why);
		}
		liar_free(test->liar);
		test->liar = NULL;
	}
}

static void
what_is_denied_is_told_apart(void **state)
{
	static const struct {
		const char *answer;
		bool is_denied;
	} cases[] = { { "HTTP/1.1 403 No\r\n" EMPTY, true }, { "HTTP/1.1 401 No\r\n" EMPTY, true },
		{ "HTTP/1.1 500 No\r\n" EMPTY, false }, { "HTTP/1.1 404 No\r\n" EMPTY, false } };
	struct test *test = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lie lies[] = { { .path = "/manifests/", .answer = cases[i].answer },
			{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 } };
		struct ask ask = manifest_get(test, lies);

		assert_int_equal(ask.result.is_denied, cases[i].is_denied);
		liar_free(test->liar);
		test->liar = NULL;
	}
}

static void
redirects_to_another_host_carry_no_credentials(void **state)
{
	struct test *test = *state;
	blob_hold(test);
	struct lie lies[] = { { .path = "/v2/a/b/blobs/",
				  .times = 1,
				  .answer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n" EMPTY },
		{ .path = "/v2/a/b/blobs/",
		    .times = 1,
		    .answer = "HTTP/1.1 307 Moved\r\nLocation: http://localhost:%PORT%/elsewhere\r\n" EMPTY },
		{ .path = "/elsewhere", .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" CLOSE "\r\nx" }, { 0 } };

	asking_write(test->asking, "home/.docker/config.json", "{\"auths\":{\"127.0.0.1:0\":{}}}", 27);
	test->liar = liar_start(test->server->port, lies);
	const char *login =
	    kg_format(test->asking->arena, "{\"auths\":{\"%s\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}", test->liar->host);
	asking_write(test->asking, "home/.docker/config.json", login, strlen(login));
	struct ask ask = { .blob = &(struct kg_blob_ask){ test->liar->host, "a/b", kg_sha256(test->asking->arena, "x", 1), 1,
			       .file = asking_path(test->asking, "got") } };
	asking_run(test->asking, &ask, 1);
	liar_stop(test->liar);
	assert_null(ask.error);
	assert_int_equal(times_asked(test, "Authorization: Basic"), 1);
	assert_int_equal(times_asked(test, "GET /elsewhere\n"), 1);
}

static void
an_upload_that_is_reset_is_there_in_the_end(void **state)
{
	struct test *test = *state;
	registry_needed(test);
	struct lie lies[] = { { .method = "PUT", .path = "/uploads/", .times = 2, .cut_request_after = third }, { 0 } };
	struct ask ask = blob_put(test, lies);

	if (ask.error)
		fail_msg("%s; asked:\n%s", ask.error, test->liar->requests);
	struct ask get = { .blob = &(struct kg_blob_ask){
			       test->server->host, "a/b", test->digest, (int64_t)blob_size, asking_path(test->asking, "got"), 0 } };
	asking_run(test->asking, &get, 1);
	assert_got(test, &get);
	assert_int_equal(times_asked(test, "PUT "), 3);
}

static void
an_upload_whose_answer_is_lost_is_not_sent_again(void **state)
{
	struct test *test = *state;
	registry_needed(test);
	struct lie lies[] = { { .method = "PUT", .path = "/uploads/", .drops_answer = true }, { 0 } };
	struct ask ask = blob_put(test, lies);

	assert_null(ask.error);
	assert_false(ask.result.was_there);
	assert_int_equal(times_asked(test, "PUT "), 1);
	assert_int_equal(times_asked(test, "HEAD "), 2);
}

static void
an_upload_that_a_registry_remembers_goes_on_by_patch(void **state)
{
	struct test *test = *state;
	struct lie lies[] = {
		{ .method = "HEAD", .path = "/blobs/", .answer = "HTTP/1.1 404 No\r\n" EMPTY },
		{ .method = "POST",
		    .path = "/uploads/",
		    .answer = "HTTP/1.1 202 Yes\r\nLocation: /v2/a/b/blobs/uploads/1?s=0\r\n" EMPTY },
		{ .method = "PUT", .path = "/uploads/1?s=0&digest=sha256%3A", .times = 1, .cut_request_after = third },
		{ .method = "GET",
		    .path = "/uploads/1?s=0",
		    .answer = "HTTP/1.1 204 Yes\r\nRange: 0-1048575\r\nLocation: 1?s=1\r\n" CLOSE "\r\n" },
		{ .method = "PATCH",
		    .path = "/uploads/1?s=1",
		    .answer = "HTTP/1.1 202 Yes\r\nLocation: http://127.0.0.1:%PORT%/v2/x\r\n" EMPTY },
		{ .method = "PUT", .path = "/v2/x?digest=", .answer = "HTTP/1.1 201 Created\r\n" EMPTY },
		{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY },
		{ 0 },
	};

	if (test->server)
		registry_server_stop(test->server);
	test->server = NULL;
	struct ask ask = blob_put(test, lies);
	if (ask.error)
		fail_msg("%s; asked:\n%s", ask.error, test->liar->requests);
	assert_int_equal(times_asked(test, "PATCH /v2/a/b/blobs/uploads/1?s=1 Content-Range: 1048576-3145727\n"), 1);
	assert_int_equal(test->liar->received_size, blob_size);
	assert_memory_equal(test->liar->received, test->noise, blob_size);
	assert_int_equal(ask.result.moved_bytes, blob_size);
}

static void
registries_that_do_not_take_a_blob_are_told(void **state)
{
	static const struct {
		const char *post, *put, *why;
	} cases[] = {
		{ "HTTP/1.1 202 Yes\r\n" EMPTY, NULL, "names no place to put it" },
		{ "HTTP/1.1 202 Yes\r\nLocation: http://registry.example/x\r\n" EMPTY, NULL, "names no place to put it" },
		{ "HTTP/1.1 405 No\r\n" EMPTY, NULL, "405 Method Not Allowed" },
		{ "HTTP/1.1 307 Moved\r\nLocation: http://localhost:%PORT%/up\r\n" EMPTY, NULL,
		    "redirects what is put to localhost:" },
		{ "HTTP/1.1 403 No\r\n" EMPTY, NULL, "wants a login" },
		{ "HTTP/1.1 202 Yes\r\nLocation: /up\r\n" EMPTY, "HTTP/1.1 507 Full\r\n" EMPTY, "507 Insufficient Storage" },
		{ "HTTP/1.1 202 Yes\r\nLocation: /up\r\n" EMPTY, "HTTP/1.1 413 Large\r\n" EMPTY, "413 Content Too Large" },
		{ "HTTP/1.1 202 Yes\r\nLocation: /up\r\n" EMPTY, "HTTP/1.1 500 No\r\n" EMPTY, "500 Internal Server Error" },
		{ "HTTP/1.1 202 Yes\r\nLocation: /up\r\n" EMPTY,
		    "HTTP/1.1 201 Yes\r\nDocker-Content-Digest: "
		    "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" EMPTY,
		    "the registry has kept it as sha256:aaaa" },
		{ "HTTP/1.1 202 Yes\r\nLocation: /up\r\n" EMPTY, "HTTP/1.1 503 No\r\nRetry-After: 0\r\n" EMPTY,
		    "503 Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test *test = *state;
		struct lie lies[] = { { .method = "HEAD", .path = "/blobs/", .answer = "HTTP/1.1 404 No\r\n" EMPTY },
			{ .method = "POST", .path = "/uploads/", .answer = cases[i].post },
			{ .path = "/up?digest=", .answer = cases[i].put ? cases[i].put : "" },
			{ .path = "/up", .answer = "HTTP/1.1 404 No\r\n" EMPTY },
			{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 } };
		struct ask ask = blob_put(test, lies);

		if (!ask.error || !strstr(ask.error, cases[i].why) || !kg_text_starts(ask.error, "cannot put blob sha256:"))
			fail_msg("%s; asked:\n%s", ask.error ? ask.error : "it was well", test->liar->requests);
		liar_free(test->liar);
		test->liar = NULL;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_blob_that_is_reset_in_the_middle_goes_on_from_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_blob_that_is_shorter_than_its_content_length_goes_on_from_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_blob_that_is_always_cut_fails_in_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(a_blob_of_which_much_comes_each_time_is_gone_on_with_for_longer, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_blob_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_put_together_wrongly_is_fetched_whole_once_more, setup, teardown),
		cmocka_unit_test_setup_teardown(other_answers_than_the_blob_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_registry_that_says_later_is_asked_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_registry_that_says_nothing_is_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(a_registry_that_is_slow_but_moves_is_waited_for, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_there_is_told_with_host_and_repository, setup, teardown),
		cmocka_unit_test_setup_teardown(an_interrupted_run_leaves_no_half_blob, setup, teardown),
		cmocka_unit_test_setup_teardown(manifests_that_are_none_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_denied_is_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(redirects_to_another_host_carry_no_credentials, setup, teardown),
		cmocka_unit_test_setup_teardown(an_upload_that_is_reset_is_there_in_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(an_upload_whose_answer_is_lost_is_not_sent_again, setup, teardown),
		cmocka_unit_test_setup_teardown(an_upload_that_a_registry_remembers_goes_on_by_patch, setup, teardown),
		cmocka_unit_test_setup_teardown(registries_that_do_not_take_a_blob_are_told, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
