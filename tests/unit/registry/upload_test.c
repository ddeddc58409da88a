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
an_upload_that_is_reset_is_there_in_the_end(void **state)
{
	struct through *through = *state;
	through_needed(through);
	struct lie lies[] = { { .method = "PUT", .path = "/uploads/", .times = 2, .cut_request_after = third }, { 0 } };
	struct ask ask = through_put(through, lies);

	if (ask.error)
		fail_msg("%s; asked:\n%s", ask.error, through->liar->requests);
	struct ask get = { .blob = &(struct kg_blob_ask){ through->server->host, "a/b", through->digest, (int64_t)blob_size,
			       asking_path(through->asking, "got"), 0 } };
	asking_run(through->asking, &get, 1);
	through_assert_got(through, &get);
	assert_int_equal(through_times(through, "PUT "), 3);
}

static void
an_upload_whose_answer_is_lost_is_not_sent_again(void **state)
{
	struct through *through = *state;
	through_needed(through);
	struct lie lies[] = { { .method = "PUT", .path = "/uploads/", .drops_answer = true }, { 0 } };
	struct ask ask = through_put(through, lies);

	assert_null(ask.error);
	assert_false(ask.result.was_there);
	assert_int_equal(through_times(through, "PUT "), 1);
	assert_int_equal(through_times(through, "HEAD "), 2);
}

static void
an_upload_that_a_registry_remembers_goes_on_by_patch(void **state)
{
	struct through *through = *state;
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

	if (through->server)
		registry_server_stop(through->server);
	through->server = NULL;
	struct ask ask = through_put(through, lies);
	if (ask.error)
		fail_msg("%s; asked:\n%s", ask.error, through->liar->requests);
	assert_int_equal(through_times(through, "PATCH /v2/a/b/blobs/uploads/1?s=1 Content-Range: 1048576-3145727\n"), 1);
	assert_int_equal(through->liar->received_size, blob_size);
	assert_memory_equal(through->liar->received, through->noise, blob_size);
	assert_int_equal(ask.result.moved_bytes, blob_size);
}

static void
an_upload_at_another_host_carries_no_credentials(void **state)
{
	struct through *through = *state;
	struct lie lies[] = {
		{ .method = "HEAD",
		    .path = "/blobs/",
		    .times = 1,
		    .answer = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n" EMPTY },
		{ .method = "HEAD", .path = "/blobs/", .answer = "HTTP/1.1 404 No\r\n" EMPTY },
		{ .method = "POST",
		    .path = "/uploads/",
		    .answer = "HTTP/1.1 202 Yes\r\nLocation: http://localhost:%PORT%/up\r\n" EMPTY },
		{ .method = "PUT", .path = "/up?digest=", .answer = "HTTP/1.1 201 Created\r\n" EMPTY },
		{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY },
		{ 0 },
	};

	through->liar = liar_start(0, lies);
	const char *login =
	    kg_format(through->asking->arena, "{\"auths\":{\"%s\":{\"auth\":\"dXNlcjpzZWNyZXQ6cGFzcw==\"}}}", through->liar->host);
	asking_write(through->asking, "home/.docker/config.json", login, strlen(login));
	struct ask ask = { .blob_put = &(struct kg_blob_put){ through->liar->host, "a/b", .bytes = "text", .size = 4 } };
	asking_run(through->asking, &ask, 1);
	liar_stop(through->liar);
	assert_null(ask.error);
	assert_int_equal(through_times(through, "Authorization: Basic"), 2);
	assert_int_equal(through_times(through, "POST /v2/a/b/blobs/uploads/ Authorization: Basic\n"), 1);
	assert_int_equal(through_times(through, "PUT /up?digest="), 1);
	assert_memory_equal(through->liar->received, "text", 4);
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
		struct through *through = *state;
		struct lie lies[] = { { .method = "HEAD", .path = "/blobs/", .answer = "HTTP/1.1 404 No\r\n" EMPTY },
			{ .method = "POST", .path = "/uploads/", .answer = cases[i].post },
			{ .path = "/up?digest=", .answer = cases[i].put ? cases[i].put : "" },
			{ .path = "/up", .answer = "HTTP/1.1 404 No\r\n" EMPTY },
			{ .path = "/v2/", .answer = "HTTP/1.1 200 OK\r\n" EMPTY }, { 0 } };
		struct ask ask = through_put(through, lies);

		if (!ask.error || !strstr(ask.error, cases[i].why) || !kg_text_starts(ask.error, "cannot put blob sha256:"))
			fail_msg("%s; asked:\n%s", ask.error ? ask.error : "it was well", through->liar->requests);
		through_forget(through);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_upload_that_is_reset_is_there_in_the_end, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(an_upload_whose_answer_is_lost_is_not_sent_again, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(
		    an_upload_that_a_registry_remembers_goes_on_by_patch, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(an_upload_at_another_host_carries_no_credentials, through_setup, through_teardown),
		cmocka_unit_test_setup_teardown(registries_that_do_not_take_a_blob_are_told, through_setup, through_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
