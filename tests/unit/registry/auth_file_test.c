#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/registry/auth_file.h"

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

/* "user:all", "user:team", "user:app", … */
#define ALL "dXNlcjphbGw="
#define TEAM "dXNlcjp0ZWFt"
#define APP "dXNlcjphcHA="
#define HUB "dXNlcjpodWI="

static const char logins[] = "{ \"auths\": {"
			     "  \"quay.io\": { \"auth\": \"" ALL "\" },"
			     "  \"quay.io/team\": { \"auth\": \"" TEAM "\" },"
			     "  \"quay.io/team/app\": { \"auth\": \"" APP "\" },"
			     "  \"localhost:5000\": { \"auth\": \"" ALL "\" },"
			     "  \"https://index.docker.io/v1/\": { \"auth\": \"" HUB "\" },"
			     "  \"https://old.example/v1/\": { \"auth\": \"" ALL "\" },"
			     "  \"Upper.example\": { \"username\": \"user\", \"password\": \"plain\" },"
			     "  \"token.example\": { \"auth\": \"" ALL "\", \"identitytoken\": \"refresh me\" },"
			     "  \"slash.example/team/\": { \"auth\": \"" TEAM "\" },"
			     "  \"empty.example\": {}"
			     "} }";

static void
the_longest_path_counts(void **state)
{
	static const struct {
		const char *host, *path, *password;
	} cases[] = {
		{ "quay.io", "other", "all" },
		{ "quay.io", "teams", "all" },
		{ "quay.io", "team/other", "team" },
		{ "quay.io", "team", "team" },
		{ "quay.io", "team/app", "app" },
		{ "quay.io", "team/app/sub", "app" },
		{ "quay.io", "team/apps", "team" },
		{ "quay.io:443", "team", NULL },
		{ "localhost:5000", "x", "all" },
		{ "localhost", "x", NULL },
		{ "localhost:50", "x", NULL },
		{ "docker.io", "library/postgres", "hub" },
		{ "old.example", "v1/x", "all" },
		{ "upper.example", "x", "plain" },
		{ "slash.example", "team/x", "team" },
		{ "slash.example", "x", NULL },
		{ "empty.example", "x", NULL },
		{ "none.example", "x", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_auth_entry entry = {};
		bool is_found = kg_auth_file_find(*state, logins, cases[i].host, cases[i].path, &entry);

		if (is_found != (cases[i].password != NULL) || !kg_text_equal(entry.credentials.password, cases[i].password))
			fail_msg("%s/%s has %s", cases[i].host, cases[i].path, is_found ? entry.credentials.password : "nothing");
		if (is_found)
			assert_string_equal(entry.credentials.user, "user");
	}
}

static void
an_identity_token_comes_instead_of_a_password(void **state)
{
	struct kg_auth_entry entry;

	assert_true(kg_auth_file_find(*state, logins, "token.example", "x", &entry));
	assert_string_equal(entry.credentials.identity, "refresh me");
	assert_null(entry.credentials.password);
}

static void
helpers_are_found_by_host_and_for_all(void **state)
{
	static const char text[] = "{ \"auths\": { \"a.example\": { \"auth\": \"" ALL "\" }, \"b.example\": { \"auth\": \"" ALL
				   "\" }, \"c.example\": {} },"
				   " \"credHelpers\": { \"b.example\": \"secretservice\", \"evil.example\": \"../../bin/sh\" },"
				   " \"credsStore\": \"pass\" }";
	struct kg_auth_entry entry = {};

	assert_true(kg_auth_file_find(*state, text, "a.example", "x", &entry));
	assert_null(entry.helper);
	assert_string_equal(entry.credentials.password, "all");
	assert_true(kg_auth_file_find(*state, text, "b.example", "x", &entry));
	assert_string_equal(entry.helper, "secretservice");
	assert_string_equal(entry.server, "b.example");
	assert_true(kg_auth_file_find(*state, text, "c.example", "x", &entry));
	assert_string_equal(entry.helper, "pass");
	assert_string_equal(entry.server, "c.example");
	assert_true(kg_auth_file_find(*state, text, "docker.io", "library/x", &entry));
	assert_string_equal(entry.server, "https://index.docker.io/v1/");
	assert_true(kg_auth_file_find(*state, text, "evil.example", "x", &entry));
	assert_string_equal(entry.helper, "pass");
}

static void
damaged_files_have_nothing(void **state)
{
	static const char *const cases[] = { "", "{", "[]", "null", "{\"auths\":[]}", "{\"auths\":{\"h\":\"x\"}}",
		"{\"auths\":{\"h\":{\"auth\":\"!\"}}}", "{\"auths\":{\"h\":{\"auth\":\"dXNlcg==\"}}}",
		"{\"auths\":{\"h\":{\"auth\":\"\"}}}", ("{\"auths\":{\"\":{\"auth\":\"" ALL "\"}}}"),
		("{\"auths\":{\"/\":{\"auth\":\"" ALL "\"}}}"), "{\"credHelpers\":{\"h\":7}}", "{\"credsStore\":\"a b\"}",
		"{\"credHelpers\":[\"x\"]}" };
	struct kg_auth_entry entry;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (kg_auth_file_find(*state, cases[i], "h", "x", &entry))
			fail_msg("%s", cases[i]);
}

static void
what_a_helper_answers_is_read(void **state)
{
	struct kg_credentials credentials;

	assert_true(kg_auth_helper_read(*state, "{\"ServerURL\":\"h\",\"Username\":\"u\",\"Secret\":\"p:q\"}", &credentials));
	assert_string_equal(credentials.user, "u");
	assert_string_equal(credentials.password, "p:q");
	assert_string_equal(kg_auth_basic(*state, &credentials), "dTpwOnE=");
	assert_true(kg_auth_helper_read(*state, "{\"Username\":\"<token>\",\"Secret\":\"t\"}", &credentials));
	assert_null(credentials.password);
	assert_string_equal(credentials.identity, "t");
	assert_false(kg_auth_helper_read(*state, "credentials not found in native keychain\n", &credentials));
	assert_false(kg_auth_helper_read(*state, "{\"Username\":\"u\"}", &credentials));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_longest_path_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(an_identity_token_comes_instead_of_a_password, setup, teardown),
		cmocka_unit_test_setup_teardown(helpers_are_found_by_host_and_for_all, setup, teardown),
		cmocka_unit_test_setup_teardown(damaged_files_have_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_helper_answers_is_read, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
