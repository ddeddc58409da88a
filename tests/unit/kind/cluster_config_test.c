/* What kind is told, and how a change of it is told to the user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "targets/kind/cluster_config.h"

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

static const char *
made(struct kg_arena *arena, const struct kg_cluster_settings *settings, const char *yaml, const char *mirrors)
{
	cJSON *file = NULL;
	const char *text = NULL;

	if (yaml)
		assert_null(kg_cluster_file_read(arena, "kind.yaml", yaml, strlen(yaml), &file));
	struct kg_error *error = kg_cluster_config_make(arena, settings, file, "shop", mirrors, &text);
	cJSON_Delete(file);
	return error ? error->message : text;
}

static void
without_settings_it_is_one_node(void **state)
{
	assert_string_equal(made(*state, &(struct kg_cluster_settings){ 0 }, NULL, NULL),
	    "{\"kind\":\"Cluster\",\"apiVersion\":\"kind.x-k8s.io/"
	    "v1alpha4\",\"name\":\"shop\",\"nodes\":[{\"role\":\"control-plane\"}]}");
}

static void
ports_lead_to_the_first_control_plane_and_the_rest_to_all_nodes(void **state)
{
	const struct kg_cluster_port web = { .mapping = "30981:30081" }, dns = { .mapping = "0.0.0.0:5353:53/udp" };
	const struct kg_cluster_port *const ports[] = { &web, &dns, NULL };
	const char *const mounts[] = { "/a:/b:ro", NULL };
	const struct kg_cluster_settings settings = { .workers = 1, .image = "node:1", .ports = ports, .mounts = mounts };

	assert_string_equal(made(*state, &settings, NULL, NULL),
	    "{\"kind\":\"Cluster\",\"apiVersion\":\"kind.x-k8s.io/v1alpha4\",\"name\":\"shop\",\"nodes\":["
	    "{\"role\":\"control-plane\",\"image\":\"node:1\",\"extraMounts\":[{\"hostPath\":\"/a\",\"containerPath\":\"/"
	    "b\",\"readOnly\":true}],"
	    "\"extraPortMappings\":[{\"containerPort\":30081,\"hostPort\":30981,\"listenAddress\":\"127.0.0.1\",\"protocol\":"
	    "\"TCP\"},"
	    "{\"containerPort\":53,\"hostPort\":5353,\"listenAddress\":\"0.0.0.0\",\"protocol\":\"UDP\"}]},"
	    "{\"role\":\"worker\",\"image\":\"node:1\",\"extraMounts\":[{\"hostPath\":\"/a\",\"containerPath\":\"/"
	    "b\",\"readOnly\":true}]}]}");
}

static void
a_file_keeps_what_it_says_and_settings_are_added(void **state)
{
	static const char yaml[] = "kind: Cluster\n"
				   "apiVersion: kind.x-k8s.io/v1alpha4\n"
				   "name: other\n"
				   "networking: {podSubnet: \"10.0.0.0/16\"}\n"
				   "nodes:\n"
				   "- role: worker\n"
				   "- extraPortMappings: [{containerPort: 80, hostPort: 8080}]\n"
				   "kubeadmConfigPatches: [\"kind: InitConfiguration\"]\n";
	const struct kg_cluster_port web = { .mapping = "[::1]:30981:30081" };
	const struct kg_cluster_port *const ports[] = { &web, NULL };
	const char *const patches[] = { "kind: ClusterConfiguration", NULL };
	const struct kg_pair gates[] = { { "A", "true" }, { 0 } };
	const struct kg_cluster_networking networking = { .api_server_port = 6443 };
	const struct kg_cluster_settings settings = {
		.config = "kind.yaml", .ports = ports, .kubeadm_patches = patches, .feature_gates = gates, .networking = &networking
	};

	const char *text = made(*state, &settings, yaml, "/certs");
	assert_string_equal(text,
	    "{\"apiVersion\":\"kind.x-k8s.io/v1alpha4\",\"networking\":{\"podSubnet\":\"10.0.0.0/"
	    "16\",\"apiServerPort\":6443},\"nodes\":["
	    "{\"role\":\"worker\",\"extraMounts\":[{\"hostPath\":\"/certs\",\"containerPath\":\"/etc/containerd/"
	    "certs.d\",\"readOnly\":true}]},"
	    "{\"extraPortMappings\":[{\"containerPort\":80,\"hostPort\":8080},"
	    "{\"containerPort\":30081,\"hostPort\":30981,\"listenAddress\":\"::1\",\"protocol\":\"TCP\"}],"
	    "\"extraMounts\":[{\"hostPath\":\"/certs\",\"containerPath\":\"/etc/containerd/certs.d\",\"readOnly\":true}]}],"
	    "\"kubeadmConfigPatches\":[\"kind: InitConfiguration\",\"kind: "
	    "ClusterConfiguration\"],\"kind\":\"Cluster\",\"name\":\"shop\","
	    "\"featureGates\":{\"A\":true},\"containerdConfigPatches\":[\"[plugins.\\\"io.containerd.grpc.v1.cri\\\".registry]\\n  "
	    "config_path = \\\"/etc/containerd/certs.d\\\"\\n\"]}");
	assert_int_equal(kg_cluster_config_node_count(text), 2);
	struct kg_cluster_mappings mappings = kg_cluster_config_mappings(*state, text);
	assert_int_equal(mappings.all.count, 3);
	assert_int_equal(mappings.all.items[0].host, 6443);
	assert_string_equal(mappings.all.items[1].address, "0.0.0.0");
	assert_int_equal(mappings.all.items[2].node, 30081);
}

static void
what_kind_reads_as_a_text_stays_as_it_is_written(void **state)
{
	static const char yaml[] = "nodes:\n"
				   "- role: control-plane\n"
				   "  labels: {version: 1.10, tier: yes, octal: 017, text: a, none: }\n"
				   "runtimeConfig: {api/alpha: false}\n"
				   "featureGates: {A: yes}\n";

	assert_string_equal(made(*state, &(struct kg_cluster_settings){ .config = "kind.yaml" }, yaml, NULL),
	    "{\"nodes\":[{\"role\":\"control-plane\",\"labels\":{\"version\":\"1.10\",\"tier\":\"yes\",\"octal\":\"017\","
	    "\"text\":\"a\",\"none\":null}}],\"runtimeConfig\":{\"api/alpha\":\"false\"},\"featureGates\":{\"A\":true},"
	    "\"kind\":\"Cluster\",\"apiVersion\":\"kind.x-k8s.io/v1alpha4\",\"name\":\"shop\"}");
}

static void
a_file_that_is_no_yaml_is_told_with_its_place(void **state)
{
	static const char yaml[] = "kind: Cluster\nnodes: [\n";
	cJSON *file;
	struct kg_error *error = kg_cluster_file_read(*state, "kind.yaml", yaml, strlen(yaml), &file);

	assert_non_null(error);
	assert_null(file);
	assert_string_equal(error->place.file, "kind.yaml");
	assert_true(error->place.line > 1);
	assert_string_equal(made(*state, &(struct kg_cluster_settings){ .config = "kind.yaml" }, "", NULL),
	    "kind.yaml is no configuration of kind's");
}

static void
what_does_not_go_together_is_refused(void **state)
{
	const struct kg_cluster_port one = { .mapping = "30981:1" }, other = { .mapping = "127.0.0.1:30981:2" };
	const struct kg_cluster_port *const ports[] = { &one, &other, NULL };
	const struct kg_pair gates[] = { { "A", "yes" }, { 0 } };

	assert_string_equal(
	    made(*state, &(struct kg_cluster_settings){ .config = "kind.yaml", .workers = 1 }, "nodes: [{role: worker}]", NULL),
	    "kind.yaml says which nodes there are");
	assert_string_equal(made(*state, &(struct kg_cluster_settings){ .config = "kind.yaml" }, "- a", NULL),
	    "kind.yaml is no configuration of kind's");
	assert_string_equal(made(*state, &(struct kg_cluster_settings){ .ports = ports }, NULL, NULL),
	    "port 30981 of this machine is mapped twice: to the node's ports 1 and 2");
	assert_string_equal(made(*state, &(struct kg_cluster_settings){ .feature_gates = gates }, NULL, NULL),
	    "the feature gate `A` is true or false, not `yes`");
}

static void
mappings_that_are_none_are_refused(void **state)
{
	static const char *const wrong[] = { "", "30081", ":", "a:b", "0:1", "1:0", "65536:1", "1:65536", "1:2/icmp", "1:2:3:x",
		"1:2/" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct kg_cluster_mapping mapping;

		assert_non_null(kg_cluster_mapping_read(*state, wrong[i], &mapping));
	}
}

static void
a_difference_is_one_part_of_a_sentence(void **state)
{
	static const struct {
		const char *before, *now, *told;
	} cases[] = {
		{ "{\"a\":1}", "{\"a\":1}", NULL },
		{ "{\"a\":[{\"p\":1}]}", "{\"a\":[{\"p\":2}]}", "a[0].p was 1 and is 2" },
		{ "{\"a\":[1]}", "{\"a\":[1,2]}", "a[1] is new: 2" },
		{ "{\"a\":[1,{\"b\":2}]}", "{\"a\":[1]}", "a[1] is not there any more" },
		{ "{}", "{\"image\":\"x\"}", "image is new: \"x\"" },
		{ "{\"a\":{\"b\":true}}", "{\"a\":{}}", "a.b is not there any more" },
		{ "{\"a\":[]}", "{\"a\":{}}", "a was [] and is {}" },
		{ "no", "{}", "its configuration cannot be read" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *told = kg_cluster_config_difference(*state, cases[i].before, cases[i].now);

		if (cases[i].told)
			assert_string_equal(told, cases[i].told);
		else
			assert_null(told);
	}
}

static void
another_network_is_seen(void **state)
{
	(void)state;
	assert_true(kg_cluster_config_lacks_network("{\"networking\":{\"disableDefaultCNI\":true}}"));
	assert_false(kg_cluster_config_lacks_network("{}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_settings_it_is_one_node, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(
		    ports_lead_to_the_first_control_plane_and_the_rest_to_all_nodes, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(a_file_keeps_what_it_says_and_settings_are_added, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(what_kind_reads_as_a_text_stays_as_it_is_written, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(a_file_that_is_no_yaml_is_told_with_its_place, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(what_does_not_go_together_is_refused, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(mappings_that_are_none_are_refused, arena_open, arena_close),
		cmocka_unit_test_setup_teardown(a_difference_is_one_part_of_a_sentence, arena_open, arena_close),
		cmocka_unit_test(another_network_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
