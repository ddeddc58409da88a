#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/manifest/manifest.h"

/* Kubernetes' own kinds, sorted by kind. Of those that come under two groups, both are the same here. */
static const struct builtin {
	const char *kind, *group;
	enum kg_object_level level;
	bool is_namespaced;
} builtins[] = {
	{ "APIService", "apiregistration.k8s.io", KG_LEVEL_WEBHOOK, false },
	{ "Binding", "", KG_LEVEL_WORKLOAD, true },
	{ "CSIDriver", "storage.k8s.io", KG_LEVEL_STORAGE, false },
	{ "CSINode", "storage.k8s.io", KG_LEVEL_STORAGE, false },
	{ "CSIStorageCapacity", "storage.k8s.io", KG_LEVEL_STORAGE, true },
	{ "CertificateSigningRequest", "certificates.k8s.io", KG_LEVEL_CONFIGURATION, false },
	{ "ClusterRole", "rbac.authorization.k8s.io", KG_LEVEL_ACCESS, false },
	{ "ClusterRoleBinding", "rbac.authorization.k8s.io", KG_LEVEL_ACCESS, false },
	{ "ClusterTrustBundle", "certificates.k8s.io", KG_LEVEL_CONFIGURATION, false },
	{ "ConfigMap", "", KG_LEVEL_CONFIGURATION, true },
	{ "ControllerRevision", "apps", KG_LEVEL_WORKLOAD, true },
	{ "CronJob", "batch", KG_LEVEL_WORKLOAD, true },
	{ "CustomResourceDefinition", "apiextensions.k8s.io", KG_LEVEL_DEFINITION, false },
	{ "DaemonSet", "apps", KG_LEVEL_WORKLOAD, true },
	{ "Deployment", "apps", KG_LEVEL_WORKLOAD, true },
	{ "DeviceClass", "resource.k8s.io", KG_LEVEL_CONFIGURATION, false },
	{ "EndpointSlice", "discovery.k8s.io", KG_LEVEL_SERVICE, true },
	{ "Endpoints", "", KG_LEVEL_SERVICE, true },
	{ "Event", "", KG_LEVEL_WORKLOAD, true },
	{ "Event", "events.k8s.io", KG_LEVEL_WORKLOAD, true },
	{ "FlowSchema", "flowcontrol.apiserver.k8s.io", KG_LEVEL_ACCESS, false },
	{ "HorizontalPodAutoscaler", "autoscaling", KG_LEVEL_WORKLOAD, true },
	{ "IPAddress", "networking.k8s.io", KG_LEVEL_SERVICE, false },
	{ "Ingress", "networking.k8s.io", KG_LEVEL_SERVICE, true },
	{ "IngressClass", "networking.k8s.io", KG_LEVEL_SERVICE, false },
	{ "Job", "batch", KG_LEVEL_WORKLOAD, true },
	{ "Lease", "coordination.k8s.io", KG_LEVEL_CONFIGURATION, true },
	{ "LimitRange", "", KG_LEVEL_ACCESS, true },
	{ "MutatingAdmissionPolicy", "admissionregistration.k8s.io", KG_LEVEL_WEBHOOK, false },
	{ "MutatingAdmissionPolicyBinding", "admissionregistration.k8s.io", KG_LEVEL_WEBHOOK, false },
	{ "MutatingWebhookConfiguration", "admissionregistration.k8s.io", KG_LEVEL_WEBHOOK, false },
	{ "Namespace", "", KG_LEVEL_NAMESPACE, false },
	{ "NetworkPolicy", "networking.k8s.io", KG_LEVEL_ACCESS, true },
	{ "Node", "", KG_LEVEL_NAMESPACE, false },
	{ "PersistentVolume", "", KG_LEVEL_STORAGE, false },
	{ "PersistentVolumeClaim", "", KG_LEVEL_STORAGE, true },
	{ "Pod", "", KG_LEVEL_WORKLOAD, true },
	{ "PodDisruptionBudget", "policy", KG_LEVEL_WORKLOAD, true },
	{ "PodTemplate", "", KG_LEVEL_CONFIGURATION, true },
	{ "PriorityClass", "scheduling.k8s.io", KG_LEVEL_ACCESS, false },
	{ "PriorityLevelConfiguration", "flowcontrol.apiserver.k8s.io", KG_LEVEL_ACCESS, false },
	{ "ReplicaSet", "apps", KG_LEVEL_WORKLOAD, true },
	{ "ReplicationController", "", KG_LEVEL_WORKLOAD, true },
	{ "ResourceClaim", "resource.k8s.io", KG_LEVEL_STORAGE, true },
	{ "ResourceClaimTemplate", "resource.k8s.io", KG_LEVEL_STORAGE, true },
	{ "ResourceQuota", "", KG_LEVEL_ACCESS, true },
	{ "ResourceSlice", "resource.k8s.io", KG_LEVEL_STORAGE, false },
	{ "Role", "rbac.authorization.k8s.io", KG_LEVEL_ACCESS, true },
	{ "RoleBinding", "rbac.authorization.k8s.io", KG_LEVEL_ACCESS, true },
	{ "RuntimeClass", "node.k8s.io", KG_LEVEL_ACCESS, false },
	{ "Secret", "", KG_LEVEL_CONFIGURATION, true },
	{ "Service", "", KG_LEVEL_SERVICE, true },
	{ "ServiceAccount", "", KG_LEVEL_ACCESS, true },
	{ "ServiceCIDR", "networking.k8s.io", KG_LEVEL_SERVICE, false },
	{ "StatefulSet", "apps", KG_LEVEL_WORKLOAD, true },
	{ "StorageClass", "storage.k8s.io", KG_LEVEL_STORAGE, false },
	{ "StorageVersion", "internal.apiserver.k8s.io", KG_LEVEL_DEFINITION, false },
	{ "StorageVersionMigration", "storagemigration.k8s.io", KG_LEVEL_DEFINITION, false },
	{ "ValidatingAdmissionPolicy", "admissionregistration.k8s.io", KG_LEVEL_WEBHOOK, false },
	{ "ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io", KG_LEVEL_WEBHOOK, false },
	{ "ValidatingWebhookConfiguration", "admissionregistration.k8s.io", KG_LEVEL_WEBHOOK, false },
	{ "VolumeAttachment", "storage.k8s.io", KG_LEVEL_STORAGE, false },
	{ "VolumeAttributesClass", "storage.k8s.io", KG_LEVEL_STORAGE, false },
};

static size_t
group_length(const char *api_version)
{
	const char *slash = strchr(api_version, '/');

	return slash ? (size_t)(slash - api_version) : 0;
}

static const struct builtin *
builtin_find(const char *api_version, const char *kind)
{
	size_t length = group_length(api_version), low = 0, high = sizeof(builtins) / sizeof(*builtins);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(builtins[middle].kind, kind) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = low; i < sizeof(builtins) / sizeof(*builtins) && strcmp(builtins[i].kind, kind) == 0; i++) {
		if (strlen(builtins[i].group) == length && strncmp(builtins[i].group, api_version, length) == 0)
			return &builtins[i];
	}
	return NULL;
}

enum kg_object_level
kg_object_level(const struct kg_object *object)
{
	const struct builtin *builtin = builtin_find(object->api_version, object->kind);

	return builtin ? builtin->level : KG_LEVEL_CUSTOM;
}

const char *
kg_object_level_tell(enum kg_object_level level)
{
	static const char *const names[] = {
		[KG_LEVEL_NAMESPACE] = "namespaces",
		[KG_LEVEL_DEFINITION] = "custom resource definitions",
		[KG_LEVEL_ACCESS] = "access",
		[KG_LEVEL_CONFIGURATION] = "configuration",
		[KG_LEVEL_STORAGE] = "storage",
		[KG_LEVEL_SERVICE] = "services",
		[KG_LEVEL_WORKLOAD] = "workloads",
		[KG_LEVEL_WEBHOOK] = "webhooks",
		[KG_LEVEL_CUSTOM] = "custom resources",
	};

	return level < KG_LEVEL_COUNT ? names[level] : "nothing";
}

const char *
kg_object_group(struct kg_arena *arena, const char *api_version)
{
	return kg_copy_bytes(arena, api_version, group_length(api_version));
}

int
kg_object_is_namespaced(const char *api_version, const char *kind)
{
	const struct builtin *builtin = builtin_find(api_version, kind);

	return builtin ? builtin->is_namespaced : -1;
}

/* ---- what it is called ---- */

const char *
kg_object_tell(struct kg_arena *arena, const struct kg_object *object)
{
	if (!object->namespace_)
		return kg_format(arena, "%s %s", object->kind, object->name);
	return kg_format(arena, "%s %s/%s", object->kind, object->namespace_, object->name);
}

static const char *
line_make(struct kg_arena *arena, const struct kg_object *object, const char *first)
{
	return kg_format(arena, "%s %s %s %s", first, object->kind, object->namespace_ ? object->namespace_ : "-", object->name);
}

const char *
kg_object_line(struct kg_arena *arena, const struct kg_object *object)
{
	return line_make(arena, object, object->api_version);
}

const char *
kg_object_key(struct kg_arena *arena, const struct kg_object *object)
{
	const char *group = kg_object_group(arena, object->api_version);

	return line_make(arena, object, *group ? group : "core");
}

bool
kg_object_read_line(struct kg_arena *arena, const char *line, struct kg_object *ret_object)
{
	char *words[4], *at = kg_copy(arena, line);

	for (size_t i = 0; i < 4; i++) {
		/* The name is the last, and names of RBAC may hold spaces. */
		char *end = i < 3 ? strchr(at, ' ') : at + strlen(at);

		if (!end || end == at)
			return false;
		words[i] = at;
		at = end + (*end != '\0');
		*end = '\0';
	}
	*ret_object = (struct kg_object){ .api_version = words[0], .kind = words[1], .name = words[3] };
	ret_object->namespace_ = strcmp(words[2], "-") == 0 ? NULL : words[2];
	return true;
}

/* ---- what it says ---- */

static int
compare_names(const void *a, const void *b)
{
	const cJSON *const *left = a, *const *right = b;

	return strcmp((*left)->string, (*right)->string);
}

/* Sorts the members of a copy; as deep as trees are read. */
static void
sort(struct kg_arena *arena, cJSON *json)
{
	uint32_t count = 0, at = 0;

	for (cJSON *child = json->child; child; child = child->next, count++)
		sort(arena, child);
	if (!cJSON_IsObject(json) || count < 2)
		return;

	cJSON **members = kg_new_array(arena, cJSON *, count);
	for (cJSON *child = json->child; child; child = child->next)
		members[at++] = child;
	qsort(members, count, sizeof(cJSON *), compare_names);
	for (at = 0; at < count; at++) {
		members[at]->prev = members[at ? at - 1 : count - 1];
		members[at]->next = at + 1 < count ? members[at + 1] : NULL;
	}
	json->child = members[0];
}

const char *
kg_object_canonical(struct kg_arena *arena, const cJSON *json)
{
	cJSON *copy = kg_json_keep(arena, json);

	sort(arena, copy);
	return kg_json_print(arena, copy);
}

const char *
kg_object_digest(struct kg_arena *arena, const cJSON *json)
{
	const char *canonical = kg_object_canonical(arena, json);
	XXH128_hash_t hash = XXH3_128bits(canonical, strlen(canonical));

	return kg_format(arena, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}
