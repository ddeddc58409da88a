#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/registry/asking.h"
#include "tests/unit/registry/registry_server.h"
#include "tests/unit/registry/token_server.h"

/* base64 of "user:correct horse" and "user:battery staple" */
#define RIGHT "dXNlcjpjb3JyZWN0IGhvcnNl"
#define WRONG "dXNlcjpiYXR0ZXJ5IHN0YXBsZQ=="

struct test {
	struct asking *asking;
	struct registry_server *server;
	struct token_server *tokens;
};

static struct test test;

static int
setup_bare(void **state)
{
	test = (struct test){ .asking = asking_make() };
	*state = &test;
	return 0;
}

static int
setup_password(void **state)
{
	setup_bare(state);
	test.server = registry_server_start(test.asking->arena, asking_path(test.asking, "registry"),
	    (struct registry_options){ .user = "user", .password = "correct horse" });
	return 0;
}

static int
setup_tokens(void **state)
{
	setup_bare(state);
	test.tokens = token_server_start(test.asking, "user", "correct horse");
	test.server = registry_server_start(test.asking->arena, asking_path(test.asking, "registry"),
	    (struct registry_options){ .more = token_server_config(test.tokens) });
	return 0;
}

static int
teardown(void **)
{
	if (test.server)
		registry_server_stop(test.server);
	if (test.tokens)
		token_server_stop(test.tokens);
	asking_free(test.asking);
	return 0;
}

static void
registry_needed(void)
{
	if (!test.server) {
		print_message("there is no docker-registry\n");
		skip();
	}
}

static void
login_write(const char *file, const char *key, const char *auth)
{
	const char *text = kg_format(test.asking->arena, "{\"auths\":{\"%s\":{\"auth\":\"%s\"}}}", key, auth);

	asking_write(test.asking, file, text, strlen(text));
}

static struct ask
put_in(const char *path)
{
	struct ask ask = { .blob_put = &(struct kg_blob_put){ test.server->host, path, .bytes = "some text", .size = 9 } };

	asking_run(test.asking, &ask, 1);
	return ask;
}

/* No part of what is shown has the password, its base64 form, or a token. */
static void
assert_nothing_leaks(const struct ask *ask)
{
	static const char *const secrets[] = { "correct horse", "battery staple", RIGHT, "dXNlcjpiYXR0ZXJ5IHN0YXBsZQ" };
	const char *shown[] = { ask->error, ask->advice, test.asking->warnings };

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		for (size_t j = 0; shown[i] && j < sizeof(secrets) / sizeof(secrets[0]); j++)
			assert_null(strstr(shown[i], secrets[j]));
}

static void
a_password_from_the_containers_file_opens(void **)
{
	registry_needed();
	login_write("home/containers/auth.json", test.server->host, RIGHT);
	struct ask ask = put_in("a/b");

	assert_null(ask.error);
}

static void
files_are_looked_through_in_their_order(void **)
{
	static const char *const files[] = { "home/containers/auth.json", "home/.config/containers/auth.json",
		"home/.docker/config.json" };
	registry_needed();

	for (size_t i = 3; i-- > 0;) {
		login_write(files[i], test.server->host, RIGHT);
		struct ask ask = put_in("a/b");
		assert_null(ask.error);
		login_write(files[i], test.server->host, WRONG);
		ask = put_in("a/b");
		assert_non_null(ask.error);
	}
	login_write("mine.json", test.server->host, RIGHT);
	setenv("REGISTRY_AUTH_FILE", asking_path(test.asking, "mine.json"), 1);
	struct ask ask = put_in("a/b");
	assert_null(ask.error);
	setenv("REGISTRY_AUTH_FILE", asking_path(test.asking, "none.json"), 1);
	ask = put_in("a/b");
	assert_non_null(ask.error);
	unsetenv("REGISTRY_AUTH_FILE");
}

static void
the_login_of_the_longest_path_counts(void **)
{
	registry_needed();
	const char *text =
	    kg_format(test.asking->arena, "{\"auths\":{\"%s\":{\"auth\":\"" WRONG "\"},\"%s/a\":{\"auth\":\"" RIGHT "\"}}}",
		test.server->host, test.server->host);

	asking_write(test.asking, "home/containers/auth.json", text, strlen(text));
	struct ask ask = put_in("a/b");
	assert_null(ask.error);
	ask = put_in("b/a");
	assert_non_null(ask.error);
}

static void
a_refused_password_is_told_without_it(void **)
{
	registry_needed();
	login_write("home/containers/auth.json", test.server->host, WRONG);
	struct ask ask = put_in("a/b");

	assert_non_null(strstr(ask.error, "/a/b: the registry refuses the login of user"));
	assert_string_equal(ask.advice, kg_format(test.asking->arena, "podman login %s", test.server->host));
	assert_nothing_leaks(&ask);
}

static void
a_missing_login_is_told_with_what_to_do(void **)
{
	registry_needed();
	struct ask ask = put_in("a/b");

	assert_non_null(strstr(ask.error, "/a/b: the registry wants a login"));
	assert_string_equal(ask.advice, kg_format(test.asking->arena, "podman login %s", test.server->host));
}

static void
a_credential_helper_is_asked(void **)
{
	static const char helper[] =
	    "#!/bin/sh\nread server\n[ \"$1\" = get ] || exit 1\n"
	    "echo \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"user\\\",\\\"Secret\\\":\\\"correct horse\\\"}\"\n";
	registry_needed();
	const char *text = kg_format(test.asking->arena, "{\"credHelpers\":{\"%s\":\"kgraph-test\"}}", test.server->host);
	const char *path = getenv("PATH"), *bin = asking_path(test.asking, "bin");

	asking_write(test.asking, "bin/docker-credential-kgraph-test", helper, strlen(helper));
	chmod(asking_path(test.asking, "bin/docker-credential-kgraph-test"), 0755);
	asking_write(test.asking, "home/.docker/config.json", text, strlen(text));
	struct ask ask = put_in("a/b");
	assert_non_null(strstr(ask.error, "wants a login"));

	char *before = kg_copy(test.asking->arena, path);
	setenv("PATH", kg_format(test.asking->arena, "%s:%s", bin, path), 1);
	ask = put_in("a/b");
	setenv("PATH", before, 1);
	assert_null(ask.error);
	assert_nothing_leaks(&ask);
}

static void
a_helper_that_fails_is_no_login(void **)
{
	static const char helper[] = "#!/bin/sh\necho 'credentials not found in native keychain'\nexit 1\n";
	registry_needed();
	char *before = kg_copy(test.asking->arena, getenv("PATH"));

	asking_write(test.asking, "bin/docker-credential-kgraph-test", helper, strlen(helper));
	chmod(asking_path(test.asking, "bin/docker-credential-kgraph-test"), 0755);
	asking_write(test.asking, "home/.docker/config.json", "{\"credsStore\":\"kgraph-test\"}", 28);
	setenv("PATH", kg_format(test.asking->arena, "%s:%s", asking_path(test.asking, "bin"), before), 1);
	struct ask ask = put_in("a/b");
	setenv("PATH", before, 1);
	assert_non_null(strstr(ask.error, "wants a login"));
}

static void
tokens_are_fetched_once_and_used_for_all(void **)
{
	registry_needed();
	login_write("home/containers/auth.json", test.server->host, RIGHT);
	const char *host = test.server->host, *digest = kg_sha256(test.asking->arena, "some text", 9);
	struct ask asks[] = {
		{ .blob_put = &(struct kg_blob_put){ host, "a/b", .bytes = "some text", .size = 9 } },
		{ .blob = &(struct kg_blob_ask){ host, "a/b", digest, 9, .file = asking_path(test.asking, "got") } },
		{ .manifest = &(struct kg_manifest_ask){ .of = { host, "a/b", .tag = "none" } } },
	};

	asking_run(test.asking, asks, 3);
	for (int i = 0; i < 3; i++)
		assert_null(asks[i].error);
	assert_true(asks[2].result.is_absent);
	assert_int_equal(token_server_given(test.tokens), 1);
}

/* A dozen at once: each would otherwise fetch one of its own. */
static void
a_token_is_fetched_once_for_all_that_ask_at_once(void **)
{
	registry_needed();
	login_write("home/containers/auth.json", test.server->host, RIGHT);
	struct kg_blob_put puts[12];
	struct ask asks[12] = { 0 };

	for (int i = 0; i < 12; i++) {
		puts[i] = (struct kg_blob_put){ test.server->host, "a/b", .bytes = kg_format(test.asking->arena, "text %02d", i),
			.size = 7 };
		asks[i].blob_put = &puts[i];
	}
	asking_run_at_once(test.asking, asks, 12);
	for (int i = 0; i < 12; i++)
		assert_null(asks[i].error);
	assert_int_equal(token_server_given(test.tokens), 1);
}

static void
a_helper_is_started_once_for_all_that_ask_at_once(void **)
{
	static const char helper[] = "#!/bin/sh\necho >>\"$HOME/asked\"\n"
				     "echo '{\"Username\":\"user\",\"Secret\":\"correct horse\"}'\n";
	registry_needed();
	char *before = kg_copy(test.asking->arena, getenv("PATH"));
	struct kg_manifest_ask manifest = { .of = { test.server->host, "a/b", .tag = "none" } };
	struct ask asks[6] = { 0 };

	asking_write(test.asking, "bin/docker-credential-kgraph-test", helper, strlen(helper));
	chmod(asking_path(test.asking, "bin/docker-credential-kgraph-test"), 0755);
	asking_write(test.asking, "home/.docker/config.json", "{\"credsStore\":\"kgraph-test\"}", 28);
	for (int i = 0; i < 6; i++)
		asks[i].manifest = &manifest;
	setenv("PATH", kg_format(test.asking->arena, "%s:%s", asking_path(test.asking, "bin"), before), 1);
	asking_run_at_once(test.asking, asks, 6);
	setenv("PATH", before, 1);
	for (int i = 0; i < 6; i++)
		assert_true(asks[i].result.is_absent);
	assert_string_equal(asking_read(test.asking, "home/asked", NULL), "\n");
}

static void
anonymous_askers_may_read(void **)
{
	registry_needed();
	struct ask read = { .manifest = &(struct kg_manifest_ask){ .of = { test.server->host, "a/b", .tag = "none" } } };

	asking_run(test.asking, &read, 1);
	assert_null(read.error);
	assert_true(read.result.is_absent);
	struct ask write = put_in("a/b");
	assert_non_null(strstr(write.error, "wants a login"));
}

static void
a_token_that_has_expired_is_fetched_anew(void **)
{
	registry_needed();
	login_write("home/containers/auth.json", test.server->host, RIGHT);
	/* The registry allows for a minute's difference of clocks. */
	token_server_life(test.tokens, 300, -61);
	struct ask ask = put_in("a/b");
	assert_non_null(strstr(ask.error, "refuses the login of user"));
	assert_int_equal(token_server_given(test.tokens), 1);
	token_server_life(test.tokens, 0, 300);
	ask = put_in("a/b");
	assert_null(ask.error);
	assert_null(strstr(test.asking->warnings, token_server_last(test.tokens)));
}

static void
a_wrong_password_at_the_token_server_is_told(void **)
{
	registry_needed();
	login_write("home/containers/auth.json", test.server->host, WRONG);
	struct ask ask = put_in("a/b");

	assert_non_null(strstr(ask.error, "the registry refuses the login of user"));
	assert_nothing_leaks(&ask);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_password_from_the_containers_file_opens, setup_password, teardown),
		cmocka_unit_test_setup_teardown(files_are_looked_through_in_their_order, setup_password, teardown),
		cmocka_unit_test_setup_teardown(the_login_of_the_longest_path_counts, setup_password, teardown),
		cmocka_unit_test_setup_teardown(a_refused_password_is_told_without_it, setup_password, teardown),
		cmocka_unit_test_setup_teardown(a_missing_login_is_told_with_what_to_do, setup_password, teardown),
		cmocka_unit_test_setup_teardown(a_credential_helper_is_asked, setup_password, teardown),
		cmocka_unit_test_setup_teardown(a_helper_that_fails_is_no_login, setup_password, teardown),
		cmocka_unit_test_setup_teardown(tokens_are_fetched_once_and_used_for_all, setup_tokens, teardown),
		cmocka_unit_test_setup_teardown(a_token_is_fetched_once_for_all_that_ask_at_once, setup_tokens, teardown),
		cmocka_unit_test_setup_teardown(a_helper_is_started_once_for_all_that_ask_at_once, setup_password, teardown),
		cmocka_unit_test_setup_teardown(anonymous_askers_may_read, setup_tokens, teardown),
		cmocka_unit_test_setup_teardown(a_token_that_has_expired_is_fetched_anew, setup_tokens, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_password_at_the_token_server_is_told, setup_tokens, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
