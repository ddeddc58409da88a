/* What is read of kubeconfigs, of what an API server says of its nodes, and of what was remembered of a cluster. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "targets/kind/cluster_kept.h"
#include "targets/kind/kubeconfig.h"
#include "targets/kind/node_status.h"

static int
arena_open(void **state)
{
	*state = kg_arena_make();
	return 0;
}

static int
arena_close(void **state)
{
	kg_arena_free(*state);
	return 0;
}

static const char whole[] =
    "apiVersion: v1\n"
    "clusters:\n"
    "- cluster: {server: 'https://127.0.0.1:1', certificate-authority-data: b3RoZXI=}\n"
    "  name: other\n"
    "- cluster:\n"
    "    certificate-authority-data: LS0tLS1CRUdJTiBDQS0tLS0t\n"
    "    server: https://127.0.0.1:43210\n"
    "  name: kind-shop\n"
    "contexts:\n"
    "- context: {cluster: kind-shop, user: kind-shop}\n"
    "  name: kind-shop\n"
    "current-context: kind-shop\n"
    "users:\n"
    "- name: kind-shop\n"
    "  user: {client-certificate-data: LS0tLS1CRUdJTiBDRVJULS0tLS0=, client-key-data: LS0tLS1CRUdJTiBLRVktLS0tLQ==}\n";

static void
a_kubeconfig_of_kinds_is_read(void **state)
{
	struct kg_kubeconfig config;

	assert_null(kg_kind_kubeconfig_read(*state, "kubeconfig", whole, strlen(whole), &config));
	assert_string_equal(config.context, "kind-shop");
	assert_string_equal(config.server, "https://127.0.0.1:43210");
	assert_string_equal(config.ca_pem, "-----BEGIN CA-----");
	assert_string_equal(config.cert_pem, "-----BEGIN CERT-----");
	assert_string_equal(config.key_pem, "-----BEGIN KEY-----");
}

static void
one_that_kind_did_not_write_is_refused(void **state)
{
	static const char *const others[] = {
		"current-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n"
		"clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1', certificate-authority: ca.crt}}]\nusers: [{name: a, "
		"user: {token: x}}]\n",
		"current-context: a\ncontexts: [{name: a, context: {cluster: a}}]\nclusters: [{name: a, cluster: {server: "
		"'http://127.0.0.1:1'}}]\n",
	};
	struct kg_kubeconfig config;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct kg_error *error = kg_kind_kubeconfig_read(*state, "kubeconfig", others[i], strlen(others[i]), &config);

		assert_non_null(error);
		assert_int_equal(error->code, KG_EDATA);
		assert_null(config.server);
	}
}

static void
one_that_is_cut_short_is_refused(void **state)
{
	struct kg_kubeconfig config;

	for (size_t size = 0; size + 2 < strlen(whole); size++)
		assert_non_null(kg_kind_kubeconfig_read(*state, "kubeconfig", whole, size, &config));
}

#define NODE(name, status, heartbeat)                                                                                           \
	"{\"metadata\":{\"name\":\"" name "\"},\"status\":{\"conditions\":[{\"type\":\"MemoryPressure\",\"status\":\"False\"}," \
	"{\"type\":\"Ready\",\"status\":\"" status "\",\"lastHeartbeatTime\":\"" heartbeat "\",\"message\":\"why\"}]}}"
#define LIST(nodes) "{\"items\":[" nodes "]}"

static void
nodes_are_ready_when_all_have_said_so_since_they_were_started(void **state)
{
	static const char early[] = LIST(NODE("a", "True", "1970-01-01T00:01:40Z"));

	assert_null(kg_nodes_unready(*state, early, 1, 0));
	assert_null(kg_nodes_unready(*state, early, 1, 100));
	assert_string_equal(kg_nodes_unready(*state, early, 1, 101), "node a has not been heard of since it was started");
	assert_string_equal(kg_nodes_unready(*state, early, 2, 0), "1 of 2 nodes have joined");
	assert_string_equal(
	    kg_nodes_unready(
		*state, LIST(NODE("a", "True", "2026-01-01T00:00:00Z") "," NODE("b", "False", "2026-01-01T00:00:00Z")), 2, 0),
	    "node b: why");
	assert_string_equal(kg_nodes_unready(*state, LIST("{\"metadata\":{\"name\":\"c\"}}"), 1, 0), "node c has said nothing yet");
	assert_string_equal(kg_nodes_unready(*state, "no JSON", 1, 0), "0 of 1 nodes have joined");
}

static void
what_was_kept_is_read_again(void **state)
{
	char folder[] = "/tmp/kgraph-test.XXXXXX";
	assert_non_null(mkdtemp(folder));
	const char *path = kg_path_join(*state, folder, "kept.json");
	const char *const ids[] = { "0123456789abcdef0123456789abcdef", NULL };
	const struct kg_cluster_kept kept = {
		.owner = "aaaabbbbcccc",
		.folder = "/srv/shop",
		.node = "cluster",
		.name = "shop",
		.engine = "podman",
		.config = "{\"a\": \"b\"}",
		.nodes = ids,
		.is_made = true,
	};
	struct kg_cluster_kept read;

	assert_false(kg_cluster_kept_read(*state, path, &read));
	assert_null(kg_cluster_kept_write(*state, path, &kept));
	assert_true(kg_cluster_kept_read(*state, path, &read));
	assert_string_equal(read.config, kept.config);
	assert_true(read.is_made);
	assert_true(kg_cluster_kept_has(&read, "0123456789ab"));
	assert_true(kg_cluster_kept_has(&read, ids[0]));
	assert_false(kg_cluster_kept_has(&read, "0123456789"));
	assert_false(kg_cluster_kept_has(&read, "0123456789ac"));
	assert_null(kg_file_remove(*state, folder));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_kubeconfig_of_kinds_is_read, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(one_that_kind_did_not_write_is_refused, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(one_that_is_cut_short_is_refused, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(
		    nodes_are_ready_when_all_have_said_so_since_they_were_started, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(what_was_kept_is_read_again, arena_open, arena_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
