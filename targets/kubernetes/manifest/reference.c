#include "targets/kubernetes/manifest/reference.h"

#include <stddef.h>
#include <string.h>

#include "targets/kubernetes/manifest/field.h"
#include "targets/kubernetes/manifest/manifest.h"

struct row {
	const char *from, *path; /* see kg_field_each_of */
	const char *kind;        /* NULL: the owner's `kind` tells */
	const char *what;
	bool has_namespace;
};

static const struct row rows[] = {
	{ NULL, "*.env[].valueFrom.configMapKeyRef.name", "ConfigMap", "env", false },
	{ NULL, "*.env[].valueFrom.secretKeyRef.name", "Secret", "env", false },
	{ NULL, "*.envFrom[].configMapRef.name", "ConfigMap", "envFrom", false },
	{ NULL, "*.envFrom[].secretRef.name", "Secret", "envFrom", false },
	{ NULL, "volumes[].configMap.name", "ConfigMap", "volume", false },
	{ NULL, "volumes[].secret.secretName", "Secret", "volume", false },
	{ NULL, "volumes[].projected.sources[].configMap.name", "ConfigMap", "volume", false },
	{ NULL, "volumes[].projected.sources[].secret.name", "Secret", "volume", false },
	{ NULL, "volumes[].persistentVolumeClaim.claimName", "PersistentVolumeClaim", "volume", false },
	{ NULL, "volumes[].csi.nodePublishSecretRef.name", "Secret", "volume", false },
	{ NULL, "volumes[].azureFile.secretName", "Secret", "volume", false },
	{ NULL, "volumes[].cephfs.secretRef.name", "Secret", "volume", false },
	{ NULL, "volumes[].iscsi.secretRef.name", "Secret", "volume", false },
	{ NULL, "volumes[].rbd.secretRef.name", "Secret", "volume", false },
	{ NULL, "volumes[].flexVolume.secretRef.name", "Secret", "volume", false },
	{ NULL, "imagePullSecrets[].name", "Secret", "imagePullSecrets", false },
	{ NULL, "serviceAccountName", "ServiceAccount", "serviceAccountName", false },
	{ NULL, "serviceAccount", "ServiceAccount", "serviceAccount", false },
	{ NULL, "priorityClassName", "PriorityClass", "priorityClassName", false },
	{ NULL, "runtimeClassName", "RuntimeClass", "runtimeClassName", false },
	{ "ServiceAccount", "imagePullSecrets[].name", "Secret", "imagePullSecrets", false },
	{ "ServiceAccount", "secrets[].name", "Secret", "secrets", false },
	{ "StatefulSet", "spec.serviceName", "Service", "serviceName", false },
	{ "StatefulSet", "spec.volumeClaimTemplates[].spec.storageClassName", "StorageClass", "storageClassName", false },
	{ "PersistentVolumeClaim", "spec.storageClassName", "StorageClass", "storageClassName", false },
	{ "PersistentVolumeClaim", "spec.volumeName", "PersistentVolume", "volumeName", false },
	{ "PersistentVolume", "spec.storageClassName", "StorageClass", "storageClassName", false },
	{ "PersistentVolume", "spec.claimRef.name", "PersistentVolumeClaim", "claimRef", true },
	{ "Ingress", "spec.rules[].http.paths[].backend.service.name", "Service", "backend", false },
	{ "Ingress", "spec.defaultBackend.service.name", "Service", "backend", false },
	{ "Ingress", "spec.tls[].secretName", "Secret", "tls", false },
	{ "Ingress", "spec.ingressClassName", "IngressClass", "ingressClassName", false },
	{ "HorizontalPodAutoscaler", "spec.scaleTargetRef.name", NULL, "scaleTargetRef", false },
	{ "RoleBinding", "roleRef.name", NULL, "roleRef", false },
	{ "RoleBinding", "subjects[].name", NULL, "subject", true },
	{ "ClusterRoleBinding", "roleRef.name", NULL, "roleRef", false },
	{ "ClusterRoleBinding", "subjects[].name", NULL, "subject", true },
	{ "ValidatingWebhookConfiguration", "webhooks[].clientConfig.service.name", "Service", "webhook", true },
	{ "MutatingWebhookConfiguration", "webhooks[].clientConfig.service.name", "Service", "webhook", true },
	{ "APIService", "spec.service.name", "Service", "service", true },
	{ "CustomResourceDefinition", "spec.conversion.webhook.clientConfig.service.name", "Service", "conversion", true },
	{ "ValidatingAdmissionPolicyBinding", "spec.policyName", "ValidatingAdmissionPolicy", "policyName", false },
};

struct walk {
	const struct kg_object *object;
	const struct row *row;
	kg_reference_found *found;
	void *context;
};

/* Groups that are not Kubernetes' own have kinds of the same names. */
static bool
is_own(const cJSON *owner)
{
	const char *api_version = kg_field_text(owner, "apiVersion"), *group = kg_field_text(owner, "apiGroup");

	if (api_version)
		return kg_object_is_namespaced(api_version, kg_field_text(owner, "kind")) >= 0;
	return !group || !*group || strcmp(group, "rbac.authorization.k8s.io") == 0 || strcmp(group, "apps") == 0;
}

static bool
lives_in_none(const char *kind)
{
	static const char *const kinds[] = { "ClusterRole", "PersistentVolume", "StorageClass", "IngressClass", "PriorityClass",
		"RuntimeClass", "ValidatingAdmissionPolicy", NULL };
	const char *const *one = kinds;

	while (*one && strcmp(*one, kind) != 0)
		one++;
	return *one;
}

static void
on_value(void *context, cJSON *owner, cJSON *value)
{
	const struct walk *walk = context;
	struct kg_reference reference = {
		.kind = walk->row->kind ? walk->row->kind : kg_field_text(owner, "kind"),
		.value = value,
		.owner = owner,
		.has_namespace = walk->row->has_namespace,
		.is_optional = cJSON_IsTrue(kg_field_member(owner, "optional")),
		.what = walk->row->what,
	};

	if (!owner || !reference.kind || !cJSON_IsString(value) || !*value->valuestring || (!walk->row->kind && !is_own(owner)))
		return;
	reference.name = value->valuestring;
	if (!lives_in_none(reference.kind)) {
		const char *said = reference.has_namespace ? kg_field_text(owner, "namespace") : NULL;
		reference.namespace_ = said && *said ? said : walk->object->namespace_;
	}
	walk->found(walk->context, walk->object, &reference);
}

void
kg_reference_each(const struct kg_object *object, kg_reference_found *found, void *context)
{
	bool is_own_kind = kg_object_is_namespaced(object->api_version, object->kind) >= 0;
	struct walk walk = { .object = object, .found = found, .context = context };

	for (size_t i = 0; is_own_kind && i < sizeof(rows) / sizeof(*rows); i++) {
		walk.row = &rows[i];
		kg_field_each_of(object, rows[i].from, rows[i].path, on_value, &walk);
	}
}
