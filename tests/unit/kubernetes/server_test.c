/* Who kgraph-stream says that it is, and by which way it goes: plug-ins and token files in the course of time, proxies of the kubeconfig. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/stream/link.h"
#include "targets/kubernetes/stream/server.h"
#include "tests/unit/kubernetes/fake_api.h"
#include "tests/unit/loop/proxy.h"

static struct kg_arena *arena;
static const char *folder;
static struct server server;

static const char *
path_of(const char *name)
{
	return kg_path_join(arena, folder, name);
}

static void
file(const char *name, const char *text, mode_t mode)
{
	assert_null(kg_file_write(arena, path_of(name), text, strlen(text), mode));
}

static const char *
content(const char *name)
{
	const char *bytes;
	size_t size;

	return kg_file_read(arena, path_of(name), &bytes, &size) ? "" : bytes;
}

static int
setup(void **)
{
	char template[] = "/tmp/kgraph-test.XXXXXX";

	arena = kg_arena_make();
	assert_non_null(mkdtemp(template));
	folder = kg_copy(arena, template);
	server = (struct server){ .kubeconfig = path_of("config") };
	return 0;
}

static int
teardown(void **)
{
	assert_null(kg_file_remove(arena, folder));
	if (server.arena)
		kg_arena_free(server.arena);
	kg_arena_free(arena);
	return 0;
}

/* The cluster's part and the user's, as YAML in braces. */
static void
config(const char *cluster, const char *user)
{
	static const char form[] = "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
				   "contexts: [{ name: here, context: { cluster: c, user: u } }]\n"
				   "clusters: [{ name: c, cluster: { %s } }]\nusers: [{ name: u, user: { %s } }]\n";

	file("config", kg_format(arena, form, cluster, user), 0600);
}

/* Counts its runs, keeps what it was told, and prints the file `answer`. */
static void
plugin(const char *more)
{
	file("plugin",
	    kg_format(arena,
		"#!/bin/sh\ncd '%s'\necho run >>runs\necho \"$KUBERNETES_EXEC_INFO\" >info\necho \"$WORD $1\" >given\n%s\ncat "
		"answer\n",
		folder, more),
	    0700);
	config("server: \"http://api.test:8001\"",
	    "exec: { apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [one], env: [{ name: WORD, value: hello "
	    "}], interactiveMode: Never, provideClusterInfo: true }");
}

static void
plugin_answers(const char *status)
{
	file("answer",
	    kg_format(
		arena, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{%s}}", status),
	    0600);
}

/* RFC 3339, in that many seconds. */
static const char *
time_in(int seconds)
{
	time_t at = time(NULL) + seconds;
	char text[32];
	struct tm when;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &when));
	return kg_copy(arena, text);
}

/* The first header once it is prepared, or the error. */
static const char *
who(void)
{
	struct kg_error *error = server_prepare(&server, arena);

	if (error)
		return kg_error_text(arena, error);
	return server.headers[0] ? kg_copy(arena, server.headers[0]) : "nobody";
}

static void
a_plugin_is_run_once_and_told_of_the_cluster(void **)
{
	plugin("");
	plugin_answers("\"token\":\"today\"");
	for (int i = 0; i < 3; i++)
		assert_string_equal(who(), "Authorization: Bearer today");
	assert_string_equal(content("runs"), "run\n");
	assert_string_equal(content("given"), "hello one\n");
	assert_string_equal(content("info"),
	    "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":{\"cluster\":{\"server\":"
	    "\"http://api.test:8001\"},\"interactive\":false}}\n");
}

static void
a_plugin_is_run_again_when_what_it_printed_is_refused_or_expires(void **)
{
	plugin("");
	plugin_answers(kg_format(arena, "\"token\":\"one\",\"expirationTimestamp\":\"%s\"", time_in(3600)));
	assert_string_equal(who(), "Authorization: Bearer one");
	/* What expires within the flight of a request is as good as expired. */
	plugin_answers(kg_format(arena, "\"token\":\"two\",\"expirationTimestamp\":\"%s\"", time_in(5)));
	assert_string_equal(who(), "Authorization: Bearer one");
	server.is_refused = true;
	assert_string_equal(who(), "Authorization: Bearer two");
	assert_false(server.is_refused);
	plugin_answers("\"clientCertificateData\":\"a certificate\",\"clientKeyData\":\"its key\"");
	assert_string_equal(who(), "nobody");
	assert_string_equal(server.cert_pem, "a certificate");
	assert_string_equal(server.key_pem, "its key");
	assert_string_equal(content("runs"), "run\nrun\nrun\n");
}

static void
what_is_wrong_with_a_plugin_is_told_until_it_is_mended(void **)
{
	plugin("exit 3");
	assert_non_null(strstr(who(), "plugin failed (status 3)"));
	plugin("kill -9 $$");
	assert_non_null(strstr(who(), "plugin failed (signal 9)"));
	plugin("");
	file("answer", "log in first\n", 0600);
	assert_non_null(strstr(who(), "it is no ExecCredential in JSON"));
	plugin_answers("");
	assert_non_null(strstr(who(), "neither a token nor a certificate"));
	assert_int_equal(unlink(path_of("plugin")), 0);
	assert_non_null(strstr(who(), "cannot be run"));
	plugin("");
	plugin_answers("\"token\":\"at last\"");
	assert_string_equal(who(), "Authorization: Bearer at last");
}

static void
a_token_file_is_read_again_when_the_token_is_refused(void **)
{
	config("server: \"https://api.test\"", "tokenFile: token, as: somebody");
	file("token", "one\n", 0600);
	assert_string_equal(who(), "Authorization: Bearer one");
	assert_string_equal(server.headers[1], "Impersonate-User: somebody");
	file("token", "two\n", 0600);
	assert_string_equal(who(), "Authorization: Bearer one");
	server.is_refused = true;
	assert_string_equal(who(), "Authorization: Bearer two");
	/* It may be in the middle of being replaced, and nobody at all is worse than who we were. */
	file("token", "\n", 0600);
	server.is_refused = true;
	assert_string_equal(who(), "Authorization: Bearer two");
	assert_int_equal(unlink(path_of("token")), 0);
	server.is_refused = true;
	assert_string_equal(who(), "Authorization: Bearer two");
	/* Another kubeconfig counts at once. */
	config("server: \"https://api.test\"", "username: me, password: secret");
	assert_string_equal(who(), "Authorization: Basic bWU6c2VjcmV0");
}

static void
a_token_file_without_a_token_is_told(void **)
{
	config("server: \"https://api.test\"", "tokenFile: token");
	assert_non_null(strstr(who(), "/token"));
	file("token", "", 0600);
	assert_non_null(strstr(who(), "/token is empty"));
	file("token", "one", 0600);
	assert_string_equal(who(), "Authorization: Bearer one");
}

static struct fake_reply
well(void *, const struct fake_request *)
{
	return (struct fake_reply){ .status = 200, .body = "well" };
}

/* What a proxy in front of everything is asked for: by a question, whose answer is told with it, or by a connection to speak on. */
static const char *
asked_by(const char *scheme, const char *cluster, bool is_question)
{
	struct fake_api *fake = fake_api_start(well, NULL);
	struct proxy *proxy = proxy_start(fake_api_port(fake));
	CURLM *multi = curl_multi_init();
	struct ask ask = { 0 };
	struct link link = { 0 };
	int running = 1, left;

	/* It speaks no TLS, and is away then: all that matters has been asked before. */
	if (strstr(cluster, "https://"))
		fake_api_stop(fake);
	config(kg_format(arena, "%s, proxy-url: \"%s127.0.0.1:%u\"", cluster, scheme, proxy_port(proxy)), "token: t");
	assert_string_equal(who(), "Authorization: Bearer t");
	if (is_question)
		ask_start(&ask, multi, &server, "/api", NULL);
	else
		link_open(&link, multi, &server, NULL);
	while (running && !curl_multi_perform(multi, &running))
		curl_multi_poll(multi, NULL, 0, 100, NULL);
	const CURLMsg *message = curl_multi_info_read(multi, &left);
	if (is_question)
		ask_done(&ask, message->data.result);
	kg_bytes_put(&ask.body, "", 1);
	const char *asked = kg_format(arena, "%s%s", proxy_asked(proxy), kg_bytes_at(&ask.body));
	ask_free(&ask);
	link_close(&link);
	curl_multi_cleanup(multi);
	proxy_stop(proxy);
	fake_api_free(fake);
	return asked;
}

static void
the_api_server_is_reached_through_the_kubeconfigs_proxy(void **)
{
	static const char plain[] = "server: \"http://api.test:8001/root\"", secure[] = "server: \"https://api.test:6443\"";

	/* Whatever the environment says: the kubeconfig's is meant. */
	setenv("no_proxy", "*", 1);
	assert_string_equal(asked_by("socks5://", plain, true), "socks api.test:8001; well");
	assert_string_equal(asked_by("http://", plain, false), "connect api.test:8001; ");
	assert_string_equal(asked_by("socks5://", plain, false), "socks api.test:8001; ");
	assert_string_equal(asked_by("http://", secure, true), "connect api.test:6443; ");
	assert_string_equal(asked_by("http://", secure, false), "connect api.test:6443; ");
	/* The certificate's name says who answers, not who is asked. */
	assert_string_equal(asked_by("http://", "server: \"https://api.test:6443\", tls-server-name: kubernetes", false),
	    "connect api.test:6443; ");
	unsetenv("no_proxy");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_plugin_is_run_once_and_told_of_the_cluster, setup, teardown),
		cmocka_unit_test_setup_teardown(a_plugin_is_run_again_when_what_it_printed_is_refused_or_expires, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_wrong_with_a_plugin_is_told_until_it_is_mended, setup, teardown),
		cmocka_unit_test_setup_teardown(a_token_file_is_read_again_when_the_token_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_token_file_without_a_token_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(the_api_server_is_reached_through_the_kubeconfigs_proxy, setup, teardown),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
