/*
 * What kind is told to make: its own configuration, out of a file and of settings. Pure.
 *
 *     error = kg_cluster_file_read(arena, spec->settings.config, bytes, size, &file_tree);
 *     error = kg_cluster_config_make(arena, &spec->settings, file_tree, name, mirrors, &text);
 *     const char *changed = kg_cluster_config_difference(arena, before, text);        "nodes[0].extraPortMappings[0].hostPort was 30081 and is 30098"
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/field.h"
#include "engine/base/list.h"

struct kg_arena;
struct kg_error;

/* A text "[ADDRESS:]HOST:NODE[/PROTOCOL]", and the output that tells ADDRESS:HOST. */
struct kg_cluster_port {
	const char *mapping, *as;
};

struct kg_cluster_networking {
	const char *ip_family, *api_server_address, *pod_subnet, *service_subnet, *kube_proxy_mode;
	const char *const *dns_search;
	int64_t api_server_port;
	bool disable_default_cni;
};

/* What of a node's settings counts for kind. */
struct kg_cluster_settings {
	const char *config; /* kind's own file; NULL: none */
	const char *image;
	int64_t control_planes, workers;
	const struct kg_cluster_port *const *ports;
	const char *const *mounts;
	const char *const *kubeadm_patches, *const *containerd_patches;
	const struct kg_pair *feature_gates, *runtime_config, *labels, *registry_mirrors;
	const struct kg_cluster_networking *networking;
};

/* A port of this machine that leads to one of a node. */
struct kg_cluster_mapping {
	const char *address;  /* "127.0.0.1" */
	const char *protocol; /* "TCP", "UDP", "SCTP" */
	uint16_t host, node;
};

struct kg_cluster_mappings {
	KG_LIST(struct kg_cluster_mapping) all;
};

/* KG_EINPUT when text is no mapping. Without an address it is 127.0.0.1: a test's cluster is nobody else's. */
[[nodiscard]] struct kg_error *kg_cluster_mapping_read(
    struct kg_arena *arena, const char *text, struct kg_cluster_mapping *ret_mapping);

/* A file of kind's own; *ret_tree is the caller's, for cJSON_Delete. KG_EINPUT with the place where it is no YAML. */
[[nodiscard]] struct kg_error *kg_cluster_file_read(
    struct kg_arena *arena, const char *file, const char *text, size_t size, cJSON **ret_tree);

/*
 * The whole configuration as one line of JSON, which kind reads as the YAML that it is. file: the tree of settings->config, changed by this, or NULL. Settings
 * are added to what it says: ports and mirrors to its first node and to all, patches behind its own; image replaces what nodes have. mirrors: the
 * folder that nodes see as containerd's folder of registries; NULL: none. KG_EINPUT when file and settings do not go together.
 */
[[nodiscard]] struct kg_error *kg_cluster_config_make(struct kg_arena *arena, const struct kg_cluster_settings *settings,
    cJSON *file, const char *name, const char *mirrors, const char **ret_text);

/* Where two configurations first differ, as a sentence's part; NULL when they say the same. */
const char *kg_cluster_config_difference(struct kg_arena *arena, const char *before, const char *now);
/* What it maps, the API server's own port among them when it is fixed. */
struct kg_cluster_mappings kg_cluster_config_mappings(struct kg_arena *arena, const char *config);
uint32_t kg_cluster_config_node_count(const char *config);
/* Its pods' network is put in by somebody else, later. */
bool kg_cluster_config_lacks_network(const char *config);
