#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/kubeconfig/base64.h"
#include "engine/kubeconfig/kubeconfig.h"
#include "engine/yaml/yaml.h"

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

static struct kg_error *
parse(struct kg_arena *arena, const char *text, const char *context, struct kg_kubeconfig *ret_config)
{
	const struct kg_yaml_source source = { "/home/me/.kube/config", text, strlen(text) };

	return kg_kubeconfig_parse(arena, &source, 1, context, ret_config);
}

static const char whole[] = "apiVersion: v1\n"
			    "kind: Config\n"
			    "preferences: {}\n"
			    "current-context: one\n"
			    "contexts:\n"
			    "- name: one\n"
			    "  context:\n"
			    "    cluster: c\n"
			    "    user: u\n"
			    "    namespace: shop\n"
			    "- name: two\n"
			    "  context: {cluster: plain, user: ''}\n"
			    "clusters:\n"
			    "- name: c\n"
			    "  cluster:\n"
			    "    server: https://10.0.0.1:6443/path/\n"
			    "    certificate-authority: ca.crt\n"
			    "    tls-server-name: kubernetes\n"
			    "    proxy-url: socks5://127.0.0.1:1080\n"
			    "    extensions:\n"
			    "    - name: client.authentication.k8s.io/exec\n"
			    "      extension: {audience: x}\n"
			    "- name: plain\n"
			    "  cluster: {server: 'localhost:8080'}\n"
			    "users:\n"
			    "- name: u\n"
			    "  user:\n"
			    "    client-certificate-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n"
			    "    client-certificate: never.crt\n"
			    "    client-key: keys/me.key\n"
			    "    token: abc\n"
			    "    tokenFile: /run/token\n"
			    "    as: other\n"
			    "    as-groups: [a, b]\n"
			    "    exec:\n"
			    "      apiVersion: client.authentication.k8s.io/v1\n"
			    "      command: bin/login\n"
			    "      interactiveMode: Never\n"
			    "      provideClusterInfo: true\n";

static void
a_context_names_its_cluster_and_user(void **state)
{
	struct kg_kubeconfig config;

	assert_null(parse(*state, whole, NULL, &config));
	assert_string_equal(config.context, "one");
	assert_string_equal(config.namespace_, "shop");
	assert_string_equal(config.server, "https://10.0.0.1:6443/path");
	assert_string_equal(config.tls_name, "kubernetes");
	assert_string_equal(config.proxy, "socks5://127.0.0.1:1080");
	assert_string_equal(config.ca_file, "/home/me/.kube/ca.crt");
	assert_string_equal(config.cert_pem, "-----BEGIN CERTIFICATE-----");
	assert_null(config.cert_file);
	assert_string_equal(config.key_file, "/home/me/.kube/keys/me.key");
	assert_string_equal(config.token_file, "/run/token");
	assert_string_equal(config.as, "other");
	assert_string_equal(config.as_groups[1], "b");
	assert_null(config.as_groups[2]);
	assert_string_equal(config.plugin->command, "/home/me/.kube/bin/login");
	assert_true(config.plugin->wants_cluster);
	assert_non_null(config.plugin->cluster_config);
}

static void
another_context_may_be_asked_for(void **state)
{
	struct kg_kubeconfig config;

	assert_null(parse(*state, whole, "two", &config));
	assert_string_equal(config.server, "http://localhost:8080");
	assert_null(config.namespace_);
	assert_null(config.token);
}

static void
of_several_files_the_first_counts(void **state)
{
	static const char first[] = "clusters:\n- {name: c, cluster: {server: 'https://first'}}\n"
				    "contexts:\n- {name: x, context: {cluster: c, user: u}}\n";
	static const char second[] =
	    "current-context: x\nclusters:\n- {name: c, cluster: {server: 'https://second', insecure-skip-tls-verify: true}}\n"
	    "users:\n- {name: u, user: {tokenFile: token}}\n";
	const struct kg_yaml_source sources[] = { { "/a/one", first, strlen(first) }, { "/b/two", second, strlen(second) } };
	struct kg_kubeconfig config;

	const struct kg_yaml_source damaged[] = { { "/a/one", "a: b: c\n", 8 }, sources[1] };

	assert_non_null(kg_kubeconfig_parse(*state, damaged, 2, NULL, &config));
	assert_null(kg_kubeconfig_parse(*state, sources, 2, NULL, &config));
	assert_string_equal(config.server, "https://first");
	assert_false(config.insecure);
	assert_string_equal(config.token_file, "/b/token");
}

static void
what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *context, *message, *advice;
		uint32_t line;
	} cases[] = {
		{ "contexts: []\n", NULL, "/home/me/.kube/config says no current-context",
		    "it has no contexts: is it the right file?", 0 },
		{ whole, "too", "/home/me/.kube/config has no context `too`", "did you mean `two`?", 0 },
		{ whole, "production", "/home/me/.kube/config has no context `production`", "name one of its contexts: one or two",
		    0 },
		{ "current-context: a\ncontexts:\n- name: a\n  context:\n    cluster: gone\n", NULL, "there is no cluster `gone`",
		    NULL, 5 },
		{ "current-context: a\ncontexts:\n- name: a\n  context: {user: u}\n", NULL, "the context `a` names no cluster",
		    NULL, 4 },
		{ "current-context: a\ncontexts:\n- {name: a, context: {cluster: c}}\nclusters:\n- name: c\n  cluster: "
		  "{certificate-authority: x}\n",
		    NULL, "the cluster `c` names no server", NULL, 6 },
		{ "current-context: a\ncontexts:\n- {name: a, context: {cluster: c}}\nclusters:\n- name: c\n  cluster:\n    "
		  "server: https://x\n"
		  "    certificate-authority-data: '%%%'\n",
		    NULL, "`certificate-authority-data` is not base64", NULL, 8 },
		{ "current-context: a\ncontexts:\n- {name: a, context: {cluster: c, user: u}}\nclusters:\n- {name: c, cluster: "
		  "{server: 'https://x'}}\n"
		  "users:\n- name: u\n  user:\n    token: 12345\n",
		    NULL, "`token` must be a text", NULL, 9 },
		{ "current-context: a\ncontexts:\n- {name: a, context: {cluster: c, user: u}}\nclusters:\n- {name: c, cluster: "
		  "{server: 'https://x'}}\n"
		  "users:\n- name: u\n  user:\n    exec:\n      command: x\n      apiVersion: "
		  "client.authentication.k8s.io/v1alpha1\n",
		    NULL,
		    "plug-ins speak client.authentication.k8s.io/v1 or v1beta1, and not client.authentication.k8s.io/v1alpha1",
		    NULL, 11 },
		{ "current-context: a\ncontexts:\n- {name: a, context: {cluster: c}}\nclusters:\n- name: c\n  cluster:\n    "
		  "server: ftp://x\n",
		    NULL, "`server` must be an https or http URL", NULL, 7 },
		{ "- a\n", NULL, "this is no kubeconfig", NULL, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_kubeconfig config;
		struct kg_error *error = parse(*state, cases[i].text, cases[i].context, &config);

		assert_non_null(error);
		assert_string_equal(error->message, cases[i].message);
		assert_true(kg_text_equal(error->advice, cases[i].advice));
		assert_int_equal(error->place.line, cases[i].line);
		assert_null(error->place.line_text);
	}
}

static void
a_line_that_may_hold_a_secret_is_never_shown(void **state)
{
	struct kg_kubeconfig config;
	struct kg_error *error = parse(*state, "users:\n- user: {token: 'secret\n", NULL, &config);

	assert_non_null(error);
	for (; error; error = error->cause)
		assert_null(error->place.line_text);
}

static void
kinds_own_banner_is_recognised(void **state)
{
	struct kg_kubeconfig config;
	struct kg_error *error =
	    parse(*state, "enabling experimental podman provider\napiVersion: v1\nclusters: []\n", NULL, &config);

	assert_non_null(error);
	assert_non_null(strstr(error->advice, "kind export kubeconfig"));
}

static void
files_are_those_of_the_list_or_the_usual_one(void **state)
{
	const char *const *files = kg_kubeconfig_files(*state, NULL, "/a::/b:", "/home/me");

	assert_string_equal(files[0], "/a");
	assert_string_equal(files[1], "/b");
	assert_null(files[2]);
	assert_string_equal(kg_kubeconfig_files(*state, NULL, "", "/home/me")[0], "/home/me/.kube/config");
	assert_string_equal(kg_kubeconfig_files(*state, "/x", "/a", "/home/me")[0], "/x");
	assert_null(kg_kubeconfig_files(*state, NULL, NULL, NULL)[0]);
}

static void
a_pod_has_a_service_account(void **state)
{
	char folder[] = "/tmp/kgraph-pod.XXXXXX";
	struct kg_kubeconfig config;

	assert_non_null(mkdtemp(folder));
	assert_false(kg_kubeconfig_of_pod(*state, "10.96.0.1", "443", folder, &config));
	assert_null(kg_file_write(*state, kg_format(*state, "%s/token", folder), "t", 1, 0600));
	assert_null(kg_file_write(*state, kg_format(*state, "%s/namespace", folder), "shop\n", 5, 0600));
	assert_true(kg_kubeconfig_of_pod(*state, "fd00::1", "443", folder, &config));
	assert_string_equal(config.server, "https://[fd00::1]:443");
	assert_string_equal(config.namespace_, "shop");
	assert_null(config.ca_pem);
	assert_false(kg_kubeconfig_of_pod(*state, NULL, "443", folder, &config));
	assert_null(kg_file_remove(*state, folder));
}

static void
base64_is_read_and_written(void **state)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {
		{ "", "" },
		{ "YQ==", "a" },
		{ "YWI=", "ab" },
		{ "YWJj", "abc" },
		{ " YW\nJj\r\n", "abc" },
		{ "YWJ", NULL },
		{ "Y===", NULL },
		{ "=YWJ", NULL },
		{ "Y*Jj", NULL },
	};
	size_t size;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bytes = kg_base64_decode(*state, cases[i].text, &size);

		assert_true(kg_text_equal(bytes, cases[i].bytes));
		if (bytes)
			assert_int_equal(size, strlen(bytes));
	}
	assert_string_equal(kg_base64_encode(*state, "ab", 2), "YWI=");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_context_names_its_cluster_and_user),
		TEST(another_context_may_be_asked_for),
		TEST(of_several_files_the_first_counts),
		TEST(what_is_wrong_is_told_with_its_place),
		TEST(a_line_that_may_hold_a_secret_is_never_shown),
		TEST(kinds_own_banner_is_recognised),
		TEST(files_are_those_of_the_list_or_the_usual_one),
		TEST(a_pod_has_a_service_account),
		TEST(base64_is_read_and_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
