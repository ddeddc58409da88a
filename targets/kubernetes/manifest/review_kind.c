/*
 * Kinds that Kubernetes does not have: `apps/v1` `Deploymnet`, `v1` `Deployment`. A server knows better than a table what it has, so that only what is
 * plainly another kind's name is an error: of a version whose kinds have been settled for years, and with the kind that is meant at hand. A version that is
 * not in the table, or a name like no other, may be of a server that is newer than this.
 */
#include <string.h>

#include "engine/base/text.h"
#include "targets/kubernetes/manifest/review_inside.h"

static const struct version {
	const char *api_version;
	const char *const kinds[24]; /* ended by NULL */
} versions[] = {
	{ "v1",
	    { "Binding", "ComponentStatus", "ConfigMap", "Endpoints", "Event", "LimitRange", "Namespace", "Node",
		"PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplate", "ReplicationController", "ResourceQuota",
		"Secret", "Service", "ServiceAccount" } },
	{ "apps/v1", { "ControllerRevision", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet" } },
	{ "batch/v1", { "CronJob", "Job" } },
	{ "autoscaling/v1", { "HorizontalPodAutoscaler", "Scale" } },
	{ "autoscaling/v2", { "HorizontalPodAutoscaler" } },
	{ "policy/v1", { "Eviction", "PodDisruptionBudget" } },
	{ "networking.k8s.io/v1", { "IPAddress", "Ingress", "IngressClass", "NetworkPolicy", "ServiceCIDR" } },
	{ "rbac.authorization.k8s.io/v1", { "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding" } },
	{ "storage.k8s.io/v1",
	    { "CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment", "VolumeAttributesClass" } },
	{ "scheduling.k8s.io/v1", { "PriorityClass" } },
	{ "node.k8s.io/v1", { "RuntimeClass" } },
	{ "coordination.k8s.io/v1", { "Lease" } },
	{ "discovery.k8s.io/v1", { "EndpointSlice" } },
	{ "events.k8s.io/v1", { "Event" } },
	{ "certificates.k8s.io/v1", { "CertificateSigningRequest" } },
	{ "apiregistration.k8s.io/v1", { "APIService" } },
	{ "apiextensions.k8s.io/v1", { "CustomResourceDefinition" } },
	{ "admissionregistration.k8s.io/v1",
	    { "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration" } },
	{ "flowcontrol.apiserver.k8s.io/v1", { "FlowSchema", "PriorityLevelConfiguration" } },
	{ "resource.k8s.io/v1", { "DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice" } },
};

static const struct version *
version_find(const char *api_version)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (strcmp(versions[i].api_version, api_version) == 0)
			return &versions[i];
	return NULL;
}

static bool
has_kind(const struct version *version, const char *kind)
{
	for (const char *const *one = version->kinds; *one; one++)
		if (strcmp(*one, kind) == 0)
			return true;
	return false;
}

/* Of the kind as it is spelled, but under another version: the kind's own. */
static const char *
home_of(const char *kind)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (has_kind(&versions[i], kind))
			return versions[i].api_version;
	return NULL;
}

/* By a word, such as "ClusterNetworkPolicy" is: no slip of the pen. */
static bool
is_longer(const char *kind, const char *nearest)
{
	return strlen(kind) > strlen(nearest) + 2;
}

void
kg_review_kind(struct kg_scene *scene, const struct kg_subject *subject)
{
	const struct kg_object *object = subject->object;
	const struct version *version = version_find(object->api_version);
	const char *home = version ? home_of(object->kind) : NULL;

	if (!version || has_kind(version, object->kind) || kg_object_is_namespaced(object->api_version, object->kind) >= 0 ||
	    kg_text_ends(object->kind, "List") || kg_review_is_open(object->kind))
		return;
	const char *nearest = home ? NULL : kg_text_nearest(object->kind, version->kinds);
	if (!home && (!nearest || is_longer(object->kind, nearest)))
		return;
	struct kg_error *error = kg_review_tell(
	    scene, true, subject, kg_field_member(object->json, "kind"), "%s has no kind `%s`", object->api_version, object->kind);
	if (home)
		kg_error_advise(scene->arena, error, "it is of `apiVersion: %s`", home);
	else
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
}
