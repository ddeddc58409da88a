#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/kubernetes/calling.h"

static const char *the_path;
static int64_t the_patience_ms;

static kg_step opened, told;

static struct kg_next
open(struct kg_job *job)
{
	struct call *call = job->state;

	return kg_api_open(job, &(struct kg_api_about){}, &call->api, opened);
}

static struct kg_next
opened(struct kg_job *job)
{
	const struct call *call = job->state;

	return kg_api_ask(job, call->api, &(struct kg_api_request){ .path = the_path, .patience_ms = the_patience_ms }, told);
}

static struct kg_next
told(struct kg_job *job)
{
	struct kg_error *error = kg_api_error(job, "cannot ask");

	if (error)
		return kg_failed(error);
	calling_note("%d %s", job->http.status, job->http.body);
	return kg_done(job);
}

static int
setup_with(void **state, fake_answer *answer)
{
	*state = calling_make(answer);
	the_path = "/version";
	the_patience_ms = 0;
	return 0;
}

static int
teardown(void **state)
{
	calling_free(*state);
	return 0;
}

static struct fake_reply
echo(void *, const struct fake_request *request)
{
	char *who = fake_header(request, "Authorization"), *as = fake_header(request, "Impersonate-User");
	char *extra = fake_header(request, "Impersonate-Extra-scopes%2Fx");
	static char body[3][512];
	static int next;
	char *text = body[next++ % 3];

	snprintf(text, sizeof(body[0]), "%s|%s|%s", who ? who : "", as ? as : "", extra ? extra : "");
	free(who);
	free(as);
	free(extra);
	return (struct fake_reply){ .status = 200, .body = text };
}

static int
echo_setup(void **state)
{
	return setup_with(state, echo);
}

static void
credentials_go_with_each_request(void **state)
{
	static const struct {
		const char *user, *seen;
	} cases[] = {
		{ "    token: abcd\n", "200 Bearer abcd||\n" },
		{ "    username: me\n    password: secret\n", "200 Basic bWU6c2VjcmV0||\n" },
		{ "    token: abcd\n    as: other\n    as-user-extra: {scopes/x: [view]}\n", "200 Bearer abcd|other|view\n" },
		{ "    {}\n", "200 ||\n" },
	};
	struct calling *calling = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		calling_config(calling, cases[i].user);
		calling_run(calling, open, 1);
		assert_string_equal(calling->errors, "");
		assert_string_equal(calling_noted(calling), cases[i].seen);
	}
}

static void
what_is_missing_in_a_kubeconfig_is_told(void **state)
{
	struct calling *calling = *state;

	setenv("KUBECONFIG", kg_format(calling->arena, "%s/none:%s/nothing", calling->folder, calling->folder), 1);
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(calling->errors,
	    kg_format(calling->arena, "n0: there is no kubeconfig: I looked for %s/none and %s/nothing; ", calling->folder,
		calling->folder));
	setenv("KUBECONFIG", kg_format(calling->arena, "%s/none:%s/config", calling->folder, calling->folder), 1);
	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
}

static struct fake_reply
later(void *, const struct fake_request *request)
{
	if (request->number <= 2)
		return (
		    struct fake_reply){ .status = request->number == 1 ? 429 : 503, .headers = "Retry-After: 0\r\n", .body = "{}" };
	return (struct fake_reply){ .status = 200, .body = "now" };
}

static int
later_setup(void **state)
{
	return setup_with(state, later);
}

static void
a_server_that_says_later_is_asked_again(void **state)
{
	struct calling *calling = *state;

	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling), "200 now\n");
	assert_string_equal(fake_api_requests(calling->fake), "GET /version\nGET /version\nGET /version\n");
}

static struct fake_reply
always_later(void *, const struct fake_request *)
{
	return (struct fake_reply){ .status = 429,
		.headers = "Retry-After: 0\r\n",
		.body = "{\"kind\":\"Status\",\"message\":\"too many requests,\\n   try "
			"later\",\"reason\":\"TooManyRequests\",\"code\":429}" };
}

static int
always_later_setup(void **state)
{
	return setup_with(state, always_later);
}

static void
but_not_for_ever(void **state)
{
	struct calling *calling = *state;

	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(calling->errors, "n0: cannot ask: too many requests, try later; ");
	assert_int_equal(strlen(fake_api_requests(calling->fake)), 11 * strlen("GET /version\n"));
}

static struct fake_reply
breaks_off(void *, const struct fake_request *request)
{
	if (request->number <= 3)
		return (struct fake_reply){ .status = request->number == 2 ? 502 : 0, .body = "bad gateway" };
	return (struct fake_reply){ .status = 200, .body = "back" };
}

static int
breaks_off_setup(void **state)
{
	return setup_with(state, breaks_off);
}

static void
a_server_that_breaks_off_is_asked_again(void **state)
{
	struct calling *calling = *state;

	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling), "200 back\n");
}

static void
a_server_that_is_away_is_asked_as_long_as_patience_lasts(void **state)
{
	struct calling *calling = *state;
	uint16_t port = fake_api_port(calling->fake);

	fake_api_stop(calling->fake);
	the_patience_ms = 200;
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(calling->errors,
	    kg_format(
		calling->arena, "n0: cannot ask: the API server at 127.0.0.1:%u does not answer: connection refused; ", port));
	the_patience_ms = -1;
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
}

/* The token of the file is of yesterday, until the server has said so. */
static struct fake_reply
wants_the_new_token(void *, const struct fake_request *request)
{
	char *token = fake_header(request, "Authorization");
	bool is_new = token && strcmp(token, "Bearer token-of-today") == 0;

	free(token);
	if (is_new)
		return (struct fake_reply){ .status = 200, .body = "welcome" };
	return (struct fake_reply){ .status = 401,
		.body = "{\"kind\":\"Status\",\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\",\"code\":401}" };
}

static int
new_token_setup(void **state)
{
	return setup_with(state, wants_the_new_token);
}

static kg_step twice_opened, twice_told;

static struct kg_next
twice(struct kg_job *job)
{
	struct call *call = job->state;

	return kg_api_open(job, &(struct kg_api_about){}, &call->api, twice_opened);
}

/* Once with the old token, which reads it; then the file is another, and the 401 makes it be read again. */
static struct kg_next
twice_opened(struct kg_job *job)
{
	const struct call *call = job->state;

	return kg_api_ask(job, call->api, &(struct kg_api_request){ .path = "/first" }, twice_told);
}

static struct calling *the_calling;

static struct kg_next
twice_told(struct kg_job *job)
{
	calling_note("%d", job->http.status);
	calling_file(the_calling, "token", "token-of-today\n", 0600);
	return opened(job);
}

static void
a_token_file_is_read_again_when_the_server_refuses_it(void **state)
{
	struct calling *calling = *state;

	the_calling = calling;
	calling_file(calling, "token", "token-of-yesterday\n", 0600);
	calling_config(calling, "    token: never-this-one\n    tokenFile: token\n");
	calling_run(calling, twice, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling), "401\n200 welcome\n");
	assert_string_equal(fake_api_requests(calling->fake), "GET /first\nGET /first\nGET /version\nGET /version\n");
}

static void
credentials_that_are_refused_are_told_with_their_place(void **state)
{
	struct calling *calling = *state;

	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(calling->errors,
	    kg_format(calling->arena,
		"n0: cannot ask: the API server at 127.0.0.1:%u does not take the credentials of the user `u`; ",
		fake_api_port(calling->fake)));
	assert_string_equal(fake_api_requests(calling->fake), "GET /version\n");
}

/* Prints the token of the file `word`, and counts. */
static void
plugin_write(struct calling *calling, const char *more)
{
	const char *script = kg_format(calling->arena,
	    "#!/bin/sh\ncd '%s'\necho run >>runs\necho \"$KUBERNETES_EXEC_INFO\" >info\necho \"$WORD $1\" >given\n"
	    "%s\nprintf "
	    "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"%%s\"}}' "
	    "\"$(cat word)\"\n",
	    calling->folder, more);

	calling_file(calling, "plugin", script, 0755);
	calling_config(calling,
	    "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: ./plugin\n      args: [one]\n"
	    "      env: [{name: WORD, value: hello}]\n      interactiveMode: IfAvailable\n      provideClusterInfo: true\n"
	    "      installHint: install it with care\n");
}

static void
a_plugin_is_run_once_for_all(void **state)
{
	struct calling *calling = *state;

	plugin_write(calling, "");
	calling_file(calling, "word", "token-of-today", 0600);
	calling_run(calling, open, 20);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_read(calling, "runs"), "run\n");
	assert_string_equal(calling_read(calling, "given"), "hello one\n");
	assert_string_equal(calling_read(calling, "info"),
	    kg_format(calling->arena,
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":{\"cluster\":{\"server\":"
		"\"http://127.0.0.1:%u\"},\"interactive\":false}}\n",
		fake_api_port(calling->fake)));
}

static void
and_again_when_the_server_refuses_what_it_printed(void **state)
{
	struct calling *calling = *state;

	plugin_write(calling, "[ $(wc -l <runs) = 1 ] || printf token-of-today >word");
	calling_file(calling, "word", "token-of-yesterday", 0600);
	calling_run(calling, open, 20);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_read(calling, "runs"), "run\nrun\n");
}

static void
a_plugin_that_fails_is_told(void **state)
{
	struct calling *calling = *state;

	plugin_write(calling, "echo log in first >&2; exit 3");
	calling_file(calling, "word", "", 0600);
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_non_null(strstr(calling->errors, "the user `u` of the kubeconfig gets its credentials from a plug-in"));
	assert_non_null(strstr(calling->errors, "3"));
	plugin_write(calling, "echo nonsense; exit 0");
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_non_null(strstr(calling->errors, "it is no ExecCredential in JSON"));
	assert_string_equal(fake_api_requests(calling->fake), "");
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(credentials_go_with_each_request, echo_setup),
		TEST(what_is_missing_in_a_kubeconfig_is_told, echo_setup),
		TEST(a_server_that_says_later_is_asked_again, later_setup),
		TEST(but_not_for_ever, always_later_setup),
		TEST(a_server_that_breaks_off_is_asked_again, breaks_off_setup),
		TEST(a_server_that_is_away_is_asked_as_long_as_patience_lasts, echo_setup),
		TEST(a_token_file_is_read_again_when_the_server_refuses_it, new_token_setup),
		TEST(credentials_that_are_refused_are_told_with_their_place, new_token_setup),
		TEST(a_plugin_is_run_once_for_all, new_token_setup),
		TEST(and_again_when_the_server_refuses_what_it_printed, new_token_setup),
		TEST(a_plugin_that_fails_is_told, new_token_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
