#include "targets/kind/cluster_config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

#define LOOPBACK "127.0.0.1"
/* Where containerd looks how a registry is reached. */
#define CERTS_FOLDER "/etc/containerd/certs.d"
#define CERTS_PATCH "[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"" CERTS_FOLDER "\"\n"

static cJSON *
member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The list or object of that name, made when it is not there. */
static cJSON *
member_made(cJSON *object, const char *name, cJSON *(*make)(void))
{
	cJSON *found = member(object, name);

	if (found && !cJSON_IsNull(found))
		return found;
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	found = make();
	cJSON_AddItemToObject(object, name, found);
	return found;
}

static void
text_set(cJSON *object, const char *name, const char *text)
{
	if (!text)
		return;
	cJSON_DeleteItemFromObjectCaseSensitive(object, name);
	cJSON_AddStringToObject(object, name, text);
}

static void
texts_add(cJSON *object, const char *name, const char *const *texts)
{
	for (; texts && *texts; texts++)
		cJSON_AddItemToArray(member_made(object, name, cJSON_CreateArray), cJSON_CreateString(*texts));
}

/* ---- ports and mounts */

static bool
port_read(const char *text, size_t length, uint16_t *ret_port)
{
	char digits[6] = "";
	unsigned long number;

	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	if (strspn(digits, "0123456789") != length)
		return false;
	number = strtoul(digits, NULL, 10);
	*ret_port = (uint16_t)number;
	return number > 0 && number <= UINT16_MAX;
}

static const char *
protocol_read(const char *text)
{
	static const char *const known[] = { "TCP", "UDP", "SCTP" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(known[i], text) == 0)
			return known[i];
	return NULL;
}

struct kg_error *
kg_cluster_mapping_read(struct kg_arena *arena, const char *text, struct kg_cluster_mapping *ret_mapping)
{
	size_t length = strcspn(text, "/");
	const char *whole = kg_copy_bytes(arena, text, length);
	const char *node = strrchr(whole, ':');
	const char *host = node ? memrchr(whole, ':', (size_t)(node - whole)) : NULL;

	*ret_mapping =
	    (struct kg_cluster_mapping){ .address = LOOPBACK, .protocol = text[length] ? protocol_read(text + length + 1) : "TCP" };
	if (host && host > whole) {
		bool is_bracketed = whole[0] == '[' && host[-1] == ']';

		ret_mapping->address = kg_copy_bytes(arena, whole + is_bracketed, (size_t)(host - whole) - (is_bracketed ? 2 : 0));
	}
	host = host ? host + 1 : whole;
	if (node && ret_mapping->protocol && port_read(host, (size_t)(node - host), &ret_mapping->host) &&
	    port_read(node + 1, strlen(node + 1), &ret_mapping->node))
		return NULL;
	return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`%s` maps no port to one of the node", text),
	    "such as \"30081:30081\", \"127.0.0.1:${port.web}:30081\" or \"5353:30053/udp\": this machine's port, then the node's");
}

static struct kg_error *
ports_add(struct kg_arena *arena, cJSON *node, const struct kg_cluster_port *const *ports)
{
	for (; ports && *ports; ports++) {
		struct kg_cluster_mapping mapping;
		struct kg_error *error = kg_cluster_mapping_read(arena, (*ports)->mapping, &mapping);

		if (error)
			return error;
		cJSON *one = cJSON_CreateObject();
		cJSON_AddNumberToObject(one, "containerPort", mapping.node);
		cJSON_AddNumberToObject(one, "hostPort", mapping.host);
		cJSON_AddStringToObject(one, "listenAddress", mapping.address);
		cJSON_AddStringToObject(one, "protocol", mapping.protocol);
		cJSON_AddItemToArray(member_made(node, "extraPortMappings", cJSON_CreateArray), one);
	}
	return NULL;
}

static void
mount_add(cJSON *node, const char *host, const char *inside, bool is_read_only)
{
	cJSON *one = cJSON_CreateObject();

	cJSON_AddStringToObject(one, "hostPath", host);
	cJSON_AddStringToObject(one, "containerPath", inside);
	if (is_read_only)
		cJSON_AddBoolToObject(one, "readOnly", true);
	cJSON_AddItemToArray(member_made(node, "extraMounts", cJSON_CreateArray), one);
}

/* "HOST:NODE[:ro]" */
static struct kg_error *
mounts_add(struct kg_arena *arena, cJSON *node, const char *const *mounts)
{
	for (; mounts && *mounts; mounts++) {
		bool is_read_only = kg_text_ends(*mounts, ":ro");
		const char *text = kg_copy_bytes(arena, *mounts, strlen(*mounts) - (is_read_only ? 3 : 0));
		const char *colon = strchr(text, ':');

		if (!colon || text[0] != '/' || colon[1] != '/')
			return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`%s` is no mount of a node", *mounts),
			    "such as \"${dir.state}/data:/data\" or \"/etc/ssl:/etc/ssl:ro\": a folder of this machine, then where "
			    "nodes have it, both from the root");
		mount_add(node, kg_copy_bytes(arena, text, (size_t)(colon - text)), colon + 1, is_read_only);
	}
	return NULL;
}

/* ---- nodes */

static struct kg_error *
nodes_make(struct kg_arena *arena, cJSON *config, const struct kg_cluster_settings *settings)
{
	cJSON *nodes = member_made(config, "nodes", cJSON_CreateArray);
	bool has_own = cJSON_GetArraySize(nodes) > 0;

	if (has_own && (settings->control_planes > 0 || settings->workers > 0))
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "%s says which nodes there are", settings->config),
		    "leave `control_planes` and `workers` out, or the file's `nodes`");
	int64_t control_planes = has_own ? 0 : settings->control_planes > 0 ? settings->control_planes : 1;
	for (int64_t i = 0; !has_own && i < control_planes + settings->workers; i++) {
		cJSON *node = cJSON_CreateObject();

		cJSON_AddStringToObject(node, "role", i < control_planes ? "control-plane" : "worker");
		cJSON_AddItemToArray(nodes, node);
	}
	return NULL;
}

static const char *
role_of(const cJSON *node)
{
	const char *role = cJSON_GetStringValue(member(node, "role"));

	return role ? role : "control-plane";
}

/* Ports lead to the first control plane: a NodePort is open on every node, and this one is always there. */
static struct kg_error *
nodes_set(struct kg_arena *arena, cJSON *config, const struct kg_cluster_settings *settings, const char *mirrors)
{
	bool has_ports = false;
	struct kg_error *error = NULL;
	cJSON *node;

	cJSON_ArrayForEach(node, member(config, "nodes"))
	{
		if (!cJSON_IsObject(node))
			return kg_error_make(arena, KG_EINPUT, "%s has a node that is no table", settings->config);
		text_set(node, "image", settings->image);
		for (const struct kg_pair *label = settings->labels; label && label->name; label++)
			text_set(member_made(node, "labels", cJSON_CreateObject), label->name, label->value);
		error = error ? error : mounts_add(arena, node, settings->mounts);
		if (mirrors)
			mount_add(node, mirrors, CERTS_FOLDER, true);
		if (!has_ports && strcmp(role_of(node), "control-plane") == 0) {
			error = error ? error : ports_add(arena, node, settings->ports);
			has_ports = true;
		}
	}
	return error;
}

static void
networking_set(cJSON *config, const struct kg_cluster_networking *networking)
{
	cJSON *object = networking ? member_made(config, "networking", cJSON_CreateObject) : NULL;

	if (!networking)
		return;
	text_set(object, "ipFamily", networking->ip_family);
	text_set(object, "apiServerAddress", networking->api_server_address);
	text_set(object, "podSubnet", networking->pod_subnet);
	text_set(object, "serviceSubnet", networking->service_subnet);
	text_set(object, "kubeProxyMode", networking->kube_proxy_mode);
	texts_add(object, "dnsSearch", networking->dns_search);
	if (networking->api_server_port > 0) {
		cJSON_DeleteItemFromObjectCaseSensitive(object, "apiServerPort");
		cJSON_AddNumberToObject(object, "apiServerPort", (double)networking->api_server_port);
	}
	if (networking->disable_default_cni) {
		cJSON_DeleteItemFromObjectCaseSensitive(object, "disableDefaultCNI");
		cJSON_AddBoolToObject(object, "disableDefaultCNI", true);
	}
}

static struct kg_error *
gates_set(struct kg_arena *arena, cJSON *config, const struct kg_cluster_settings *settings)
{
	for (const struct kg_pair *gate = settings->feature_gates; gate && gate->name; gate++) {
		cJSON *gates = member_made(config, "featureGates", cJSON_CreateObject);
		bool is_on = strcmp(gate->value, "true") == 0;

		if (!is_on && strcmp(gate->value, "false") != 0)
			return kg_error_make(
			    arena, KG_EINPUT, "the feature gate `%s` is true or false, not `%s`", gate->name, gate->value);
		cJSON_DeleteItemFromObjectCaseSensitive(gates, gate->name);
		cJSON_AddBoolToObject(gates, gate->name, is_on);
	}
	for (const struct kg_pair *one = settings->runtime_config; one && one->name; one++)
		text_set(member_made(config, "runtimeConfig", cJSON_CreateObject), one->name, one->value);
	return NULL;
}

static struct kg_error *
config_fill(
    struct kg_arena *arena, cJSON *config, const struct kg_cluster_settings *settings, const char *name, const char *mirrors)
{
	static const char *const mirrors_patch[] = { CERTS_PATCH, NULL };

	text_set(config, "kind", "Cluster");
	if (!member(config, "apiVersion"))
		cJSON_AddStringToObject(config, "apiVersion", "kind.x-k8s.io/v1alpha4");
	text_set(config, "name", name);
	struct kg_error *error = nodes_make(arena, config, settings);
	if (!error)
		error = nodes_set(arena, config, settings, mirrors);
	if (!error)
		error = gates_set(arena, config, settings);
	networking_set(config, settings->networking);
	texts_add(config, "kubeadmConfigPatches", settings->kubeadm_patches);
	texts_add(config, "containerdConfigPatches", mirrors ? mirrors_patch : NULL);
	texts_add(config, "containerdConfigPatches", settings->containerd_patches);
	return error;
}

/* Two mappings of one port would be found out by the engine alone, and after a while. */
static struct kg_error *
twice_mapped(struct kg_arena *arena, const char *config)
{
	struct kg_cluster_mappings mappings = kg_cluster_config_mappings(arena, config);

	for (uint32_t i = 0; i < mappings.all.count; i++)
		for (uint32_t j = i + 1; j < mappings.all.count; j++) {
			const struct kg_cluster_mapping *a = &mappings.all.items[i], *b = &mappings.all.items[j];

			if (a->host == b->host && strcmp(a->address, b->address) == 0 && strcmp(a->protocol, b->protocol) == 0)
				return kg_error_make(arena, KG_EINPUT,
				    "port %d of this machine is mapped twice: to the node's ports %d and %d", a->host, a->node,
				    b->node);
		}
	return NULL;
}

struct kg_error *
kg_cluster_config_make(struct kg_arena *arena, const struct kg_cluster_settings *settings, cJSON *file, const char *name,
    const char *mirrors, const char **ret_text)
{
	cJSON *config = file ? file : cJSON_CreateObject();
	struct kg_error *error;

	*ret_text = NULL;
	if (cJSON_IsObject(config))
		error = config_fill(arena, config, settings, name, mirrors);
	else
		error = kg_error_make(arena, KG_EINPUT, "%s is no configuration of kind's", settings->config);
	char *text = error ? NULL : cJSON_PrintUnformatted(config);
	if (text)
		*ret_text = kg_copy(arena, text);
	cJSON_free(text);
	if (!file)
		cJSON_Delete(config);
	return error ? error : twice_mapped(arena, *ret_text);
}

/* ---- what a configuration says */

uint32_t
kg_cluster_config_node_count(const char *config)
{
	cJSON *tree = cJSON_Parse(config);
	int count = cJSON_GetArraySize(member(tree, "nodes"));

	cJSON_Delete(tree);
	return count > 0 ? (uint32_t)count : 0;
}

bool
kg_cluster_config_lacks_network(const char *config)
{
	cJSON *tree = cJSON_Parse(config);
	bool lacks = cJSON_IsTrue(member(member(tree, "networking"), "disableDefaultCNI"));

	cJSON_Delete(tree);
	return lacks;
}

static uint16_t
port_of(const cJSON *object, const char *name)
{
	const cJSON *number = member(object, name);

	return cJSON_IsNumber(number) && number->valuedouble > 0 && number->valuedouble <= UINT16_MAX
	    ? (uint16_t)number->valuedouble
	    : 0;
}

static const char *
text_or(struct kg_arena *arena, const cJSON *object, const char *name, const char *otherwise)
{
	const char *text = cJSON_GetStringValue(member(object, name));

	return text && *text ? kg_copy(arena, text) : otherwise;
}

struct kg_cluster_mappings
kg_cluster_config_mappings(struct kg_arena *arena, const char *config)
{
	struct kg_cluster_mappings mappings = { 0 };
	cJSON *tree = cJSON_Parse(config);
	const cJSON *networking = member(tree, "networking"), *node, *one;
	uint16_t api = port_of(networking, "apiServerPort");

	if (api)
		kg_list_push(arena, &mappings.all,
		    (struct kg_cluster_mapping){ text_or(arena, networking, "apiServerAddress", LOOPBACK), "TCP", api, 6443 });
	cJSON_ArrayForEach(node, member(tree, "nodes"))
	{
		cJSON_ArrayForEach(one, member(node, "extraPortMappings"))
		{
			struct kg_cluster_mapping mapping = {
				.address = text_or(arena, one, "listenAddress", "0.0.0.0"),
				.protocol = text_or(arena, one, "protocol", "TCP"),
				.host = port_of(one, "hostPort"),
				.node = port_of(one, "containerPort"),
			};

			if (mapping.host)
				kg_list_push(arena, &mappings.all, mapping);
		}
	}
	cJSON_Delete(tree);
	return mappings;
}

/* ---- what has changed */

/* Values that are short enough for a sentence. */
static const char *
value_tell(struct kg_arena *arena, const cJSON *value)
{
	static constexpr size_t longest = 60;
	char *text = value ? cJSON_PrintUnformatted(value) : NULL;
	const char *told = text && strlen(text) <= longest ? kg_copy(arena, text) : NULL;

	cJSON_free(text);
	return told;
}

static const char *
differs(struct kg_arena *arena, const char *path, const cJSON *before, const cJSON *now)
{
	const char *then = value_tell(arena, before), *is = value_tell(arena, now);

	if (!before)
		return is ? kg_format(arena, "%s is new: %s", path, is) : kg_format(arena, "%s is new", path);
	if (!now)
		return kg_format(arena, "%s is not there any more", path);
	return then && is ? kg_format(arena, "%s was %s and is %s", path, then, is) : kg_format(arena, "%s has changed", path);
}

/* Goes down where both have something of the same form; a configuration is a few levels deep. */
static const char *
difference(struct kg_arena *arena, const char *path, const cJSON *before, const cJSON *now)
{
	bool is_list = cJSON_IsArray(before) && cJSON_IsArray(now), is_table = cJSON_IsObject(before) && cJSON_IsObject(now);
	const char *found = NULL;
	int index = 0;

	if (!before || !now || (!is_list && !is_table))
		return before && now && cJSON_Compare(before, now, true) ? NULL : differs(arena, path, before, now);
	for (const cJSON *one = now->child; one && !found; one = one->next, index++) {
		const char *at = is_list ? kg_format(arena, "%s[%d]", path, index)
					 : kg_format(arena, "%s%s%s", path, *path ? "." : "", one->string);

		found = difference(arena, at, is_list ? cJSON_GetArrayItem(before, index) : member(before, one->string), one);
	}
	index = 0;
	for (const cJSON *one = before->child; one && !found; one = one->next, index++)
		if (is_list ? !cJSON_GetArrayItem(now, index) : !member(now, one->string))
			found = differs(arena,
			    is_list ? kg_format(arena, "%s[%d]", path, index)
				    : kg_format(arena, "%s%s%s", path, *path ? "." : "", one->string),
			    one, NULL);
	return found;
}

const char *
kg_cluster_config_difference(struct kg_arena *arena, const char *before, const char *now)
{
	cJSON *then = cJSON_Parse(before), *is = cJSON_Parse(now);
	const char *found = then && is ? difference(arena, "", then, is) : "its configuration cannot be read";

	cJSON_Delete(then);
	cJSON_Delete(is);
	return found;
}
