#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/registry/through.h"

static void
a_blob_that_is_reset_in_the_middle_goes_on_from_there(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 2, .cut_answer_after = third }, { 0 } };
	struct ask ask = through_get(through, lies, 0);

	through_assert_got(through, &ask);
	assert_int_equal(through_times(through, "GET /v2/a/b/blobs/"), 3);
	assert_int_equal(through_times(through, " Range: bytes="), 2);
	assert_true(ask.result.moved_bytes <= (int64_t)(blob_size + third));
}

static void
a_blob_that_is_shorter_than_its_content_length_goes_on_from_there(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 1, .cut_answer_after = 1000, .closes = true }, { 0 } };
	struct ask ask = through_get(through, lies, 0);

	through_assert_got(through, &ask);
	assert_int_equal(through_times(through, " Range: bytes=1000-"), 1);
}

static void
a_blob_that_is_always_cut_fails_in_the_end(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .cut_answer_after = 1000 }, { 0 } };
	struct ask ask = through_get(through, lies, 0);

	through_assert_failed(through, &ask, "cannot get blob sha256:");
	assert_int_equal(through_times(through, "GET /v2/a/b/blobs/"), 4);
}

static void
a_blob_of_which_much_comes_each_time_is_gone_on_with_for_longer(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 3, .cut_answer_after = 100 },
		{ .method = "GET", .path = "/blobs/", .times = 1, .cut_answer_after = third + 1 },
		{ .method = "GET", .path = "/blobs/", .times = 2, .cut_answer_after = 100 }, { 0 } };
	struct ask ask = through_get(through, lies, 0);

	through_assert_got(through, &ask);
}

static void
a_damaged_blob_is_refused(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .damage_at = third }, { 0 } };
	struct ask ask = through_get(through, lies, 0);

	through_assert_failed(through, &ask, "what came is damaged: it has the digest sha256:");
	assert_int_equal(through_times(through, "GET /v2/a/b/blobs/"), 1);
}

static void
what_was_put_together_wrongly_is_fetched_whole_once_more(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 1, .cut_answer_after = third },
		{ .method = "GET", .path = "/blobs/", .times = 1, .damage_at = 7 }, { 0 } };
	struct ask ask = through_get(through, lies, 0);

	through_assert_got(through, &ask);
	assert_int_equal(through_times(through, "GET /v2/a/b/blobs/"), 3);
	assert_int_equal(through_times(through, " Range: bytes="), 1);
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
		struct through *through = *state;
		struct lie lies[] = { { .path = "/blobs/", .answer = cases[i].answer },
			{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 } };
		struct ask ask = through_get(through, lies, 0);

		through_assert_failed(through, &ask, cases[i].why);
		if (through_times(through, "/blobs/") != cases[i].times)
			fail_msg("%s is asked for %d times", cases[i].answer, through_times(through, "/blobs/"));
		through_forget(through);
	}
}

static void
a_registry_that_says_later_is_asked_again(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .path = "/blobs/", .times = 1, .answer = "HTTP/1.1 503 Later\r\nRetry-After: 0\r\n" EMPTY },
		{ .path = "/blobs/", .times = 1, .answer = "HTTP/1.1 429 Later\r\nRetry-After: 1\r\n" EMPTY },
		{ .path = "/blobs/", .times = 1, .answer = "HTTP/1.1 502 Bad\r\n" EMPTY }, { 0 } };
	struct ask ask = through_get(through, lies, 0);

	through_assert_got(through, &ask);
	assert_int_equal(through_times(through, "/blobs/"), 4);
}

static void
a_registry_that_says_nothing_is_given_up(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .path = "/blobs/", .pause_ms = 20000 }, { 0 } };
	struct ask ask = through_get(through, lies, 200);

	through_assert_failed(through, &ask, "nothing arrived for 200 ms");
	assert_int_equal(through_times(through, "/blobs/"), 2);
}

static void
a_registry_that_is_slow_but_moves_is_waited_for(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .path = "/blobs/", .drip_bytes = blob_size / 20, .drip_ms = 40 }, { 0 } };
	struct ask ask = through_get(through, lies, 400);

	through_assert_got(through, &ask);
	assert_int_equal(through_times(through, "/blobs/"), 1);
}

static void
nobody_there_is_told_with_host_and_repository(void **state)
{
	struct through *through = *state;
	const char *to = asking_path(through->asking, "got");
	struct ask ask = { .blob = &(struct kg_blob_ask){ "127.0.0.1:1", "a/b", through->digest, 1, .file = to } };

	asking_run(through->asking, &ask, 1);
	assert_string_equal(ask.error,
	    kg_format(through->asking->arena, "cannot get blob %s in 127.0.0.1:1/a/b: connection refused", through->digest));
	assert_null(asking_read(through->asking, "got", NULL));
}

static void
an_interrupted_run_leaves_no_half_blob(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .path = "/blobs/", .drip_bytes = 1000, .drip_ms = 100 }, { 0 } };

	through->asking->cancel_after_ms = 500;
	through_get(through, lies, 0);
	assert_int_equal(through_times(through, "/blobs/"), 1);
	assert_null(asking_read(through->asking, "got", NULL));
}

static void
manifests_that_are_none_are_refused(void **state)
{
	static const char manifest[] =
	    "{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"size\":2},\"layers\":[]}";
	struct through *through = *state;
	struct kg_arena *arena = through->asking->arena;
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
		struct ask ask = through_manifest(through, lies);

		if (i == 2 && ask.error && strstr(ask.error, "closed in the middle")) {
			/* It says so before it has sent as much. */
		} else {
			through_assert_failed(through, &ask, cases[i].why);
		}
		through_forget(through);
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
	struct through *through = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lie lies[] = { { .path = "/manifests/", .answer = cases[i].answer },
			{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 } };
		struct ask ask = through_manifest(through, lies);

		assert_int_equal(ask.result.is_denied, cases[i].is_denied);
		through_forget(through);
	}
}

static void
a_login_that_the_registry_repeats_is_not_shown(void **state)
{
	struct through *through = *state;
	struct lie lies[] = {
		{ .path = "/manifests/", .times = 1, .answer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n" EMPTY },
		{ .path = "/manifests/",
		    .answer = "HTTP/1.1 403 No\r\n" CLOSE "\r\n{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no secret:pass, no "
			      "dXNlcjpzZWNyZXQ6cGFzcw== here\"}]}" },
		{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 }
	};

	through->liar = liar_start(0, lies);
	const char *login =
	    kg_format(through->asking->arena, "{\"auths\":{\"%s\":{\"auth\":\"dXNlcjpzZWNyZXQ6cGFzcw==\"}}}", through->liar->host);
	asking_write(through->asking, "home/.docker/config.json", login, strlen(login));
	struct ask ask = { .manifest = &(struct kg_manifest_ask){ .of = { through->liar->host, "a/b", .tag = "v1" } } };
	asking_run(through->asking, &ask, 1);
	assert_non_null(strstr(ask.error, "refuses the login of user (no ***, no *** here)"));
}

static void
redirects_to_another_host_carry_no_credentials(void **state)
{
	struct through *through = *state;
	through_hold(through);
	struct lie lies[] = { { .path = "/v2/a/b/blobs/",
				  .times = 1,
				  .answer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n" EMPTY },
		{ .path = "/v2/a/b/blobs/",
		    .times = 1,
		    .answer = "HTTP/1.1 307 Moved\r\nLocation: http://localhost:%PORT%/elsewhere\r\n" EMPTY },
		{ .path = "/elsewhere", .answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n" CLOSE "\r\nx" }, { 0 } };

	asking_write(through->asking, "home/.docker/config.json", "{\"auths\":{\"127.0.0.1:0\":{}}}", 27);
	through->liar = liar_start(through->server->port, lies);
	const char *login =
	    kg_format(through->asking->arena, "{\"auths\":{\"%s\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}", through->liar->host);
	asking_write(through->asking, "home/.docker/config.json", login, strlen(login));
	struct ask ask = { .blob = &(struct kg_blob_ask){ through->liar->host, "a/b", kg_sha256(through->asking->arena, "x", 1), 1,
			       .file = asking_path(through->asking, "got") } };
	asking_run(through->asking, &ask, 1);
	liar_stop(through->liar);
	assert_null(ask.error);
	assert_int_equal(through_times(through, "Authorization: Basic"), 1);
	assert_int_equal(through_times(through, "GET /elsewhere\n"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_blob_that_is_reset_in_the_middle_goes_on_from_there, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(
		    a_blob_that_is_shorter_than_its_content_length_goes_on_from_there, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(a_blob_that_is_always_cut_fails_in_the_end, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(
		    a_blob_of_which_much_comes_each_time_is_gone_on_with_for_longer, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(a_damaged_blob_is_refused, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(
		    what_was_put_together_wrongly_is_fetched_whole_once_more, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(other_answers_than_the_blob_are_refused, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(a_registry_that_says_later_is_asked_again, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(a_registry_that_says_nothing_is_given_up, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(a_registry_that_is_slow_but_moves_is_waited_for, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(nobody_there_is_told_with_host_and_repository, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(an_interrupted_run_leaves_no_half_blob, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(manifests_that_are_none_are_refused, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(what_is_denied_is_told_apart, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(a_login_that_the_registry_repeats_is_not_shown, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(redirects_to_another_host_carry_no_credentials, through_setup, through_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
