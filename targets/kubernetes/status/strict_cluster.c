#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"
#include "targets/kubernetes/status/surroundings.h"

/*
 * An endpoint that says nothing of its readiness is ready (discovery.k8s.io/v1). A port that no container of the pods has is left out of the
 * slice: ready addresses without a port serve nobody, unless the Service has none itself.
 */
bool
kg_service_has_endpoint(const struct kg_surroundings *around, const char *namespace_, const char *name, const cJSON *service)
{
	bool has_ports = cJSON_GetArraySize(kg_member(service, "spec.ports")) > 0;
	const cJSON *one;

	for (const struct kg_near *near = kg_surroundings_slices(around, namespace_, name); near; near = near->next) {
		if (has_ports && cJSON_GetArraySize(kg_member(near->object, "ports")) == 0)
			continue;
		cJSON_ArrayForEach(one, kg_member(near->object, "endpoints"))
		{
			if (kg_member_flag(one, "conditions.ready", true) && cJSON_GetArraySize(kg_member(one, "addresses")) > 0)
				return true;
		}
	}
	return false;
}

/* A Service in front of workloads that are all scaled to nothing has no endpoint, and is as it was asked for. */
static bool
is_scaled_to_nothing(const struct kg_strict *strict, const cJSON *selector)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet" };
	bool found = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		for (const struct kg_near *near = kg_surroundings_of_kind(strict->around, kinds[i], strict->namespace_); near;
		    near = near->next) {
			if (!kg_selector_pairs_match(selector, kg_member(near->object, "spec.template.metadata.labels")))
				continue;
			if (kg_member_integer(near->object, "spec.replicas", 1) != 0)
				return false;
			found = true;
		}
	}
	return found;
}

struct kg_status
kg_strict_service(const struct kg_strict *strict)
{
	const char *type = kg_member_text(strict->object, "spec.type", "ClusterIP");
	const cJSON *selector = kg_member(strict->object, "spec.selector");

	if (strcmp(type, "ExternalName") == 0)
		return kg_status_current("it is a name for something outside");
	if (strcmp(type, "LoadBalancer") == 0 && cJSON_GetArraySize(kg_member(strict->object, "status.loadBalancer.ingress")) == 0)
		return kg_status_waiting("NoIPAssigned", "no load balancer has given it an address yet");
	if (cJSON_GetArraySize(selector) == 0)
		return kg_status_current("it has no selector: its endpoints are somebody else's");
	if (kg_service_has_endpoint(strict->around, strict->namespace_, strict->name, strict->object))
		return kg_status_current("it has a ready endpoint");
	if (is_scaled_to_nothing(strict, selector))
		return kg_status_current("what it selects is scaled to nothing");
	return kg_status_waiting("NoEndpoints", "no pod behind it is ready yet");
}

static const cJSON *
storage_class(const struct kg_strict *strict, const char *name)
{
	if (name)
		return kg_surroundings_find(strict->around, "StorageClass", NULL, name);
	for (const struct kg_near *near = kg_surroundings_of_kind(strict->around, "StorageClass", NULL); near; near = near->next) {
		const char *is_default =
		    kg_member_key(near->object, "metadata.annotations", "storageclass.kubernetes.io/is-default-class");

		if (is_default && strcmp(is_default, "true") == 0)
			return near->object;
	}
	return NULL;
}

/* The class says so, or, where it is not known, the controller's event does. */
static bool
waits_for_consumer(const struct kg_strict *strict)
{
	const cJSON *class = storage_class(strict, kg_member_text(strict->object, "spec.storageClassName", NULL));

	if (class)
		return strcmp(kg_member_text(class, "volumeBindingMode", ""), "WaitForFirstConsumer") == 0;
	for (const struct kg_near *near = kg_surroundings_events(strict->around, strict->object); near; near = near->next)
		if (strcmp(kg_member_text(near->object, "reason", ""), "WaitForFirstConsumer") == 0)
			return true;
	return false;
}

struct kg_status
kg_strict_claim(const struct kg_strict *strict)
{
	const char *phase = kg_member_text(strict->object, "status.phase", "Pending");

	if (strcmp(phase, "Bound") == 0)
		return kg_status_current("it is bound");
	if (strcmp(phase, "Lost") == 0)
		return kg_status_failed("Lost",
		    kg_format(strict->arena, "its volume %s is gone", kg_member_text(strict->object, "spec.volumeName", "")));
	if (!waits_for_consumer(strict))
		return kg_status_waiting("NotBound", "no volume is bound to it yet");
	if (!kg_surroundings_consumers(strict->around, strict->namespace_, strict->name))
		return kg_status_current("it gets its volume when the first pod uses it");
	return kg_status_waiting("NotBound", "its volume is being made for the pod that uses it");
}

struct kg_status
kg_strict_volume(const struct kg_strict *strict)
{
	const char *phase = kg_member_text(strict->object, "status.phase", "Pending");

	if (strcmp(phase, "Available") == 0 || strcmp(phase, "Bound") == 0)
		return kg_status_current("it is there");
	if (strcmp(phase, "Failed") == 0)
		return kg_status_failed(
		    "VolumeFailed", kg_member_text(strict->object, "status.message", "its reclamation has failed"));
	return kg_status_waiting("NotAvailable", kg_format(strict->arena, "its phase is %s", phase));
}

struct kg_status
kg_strict_api_service(const struct kg_strict *strict)
{
	struct kg_condition condition;

	if (!kg_condition_find(strict->object, "Available", &condition))
		return kg_status_waiting("NotAvailable", "the API server has not looked at it yet");
	if (strcmp(condition.status, "True") == 0)
		return kg_status_current("its API is available");
	return kg_status_waiting(condition.reason, condition.message);
}

static bool
has_injected_authority(const cJSON *object)
{
	static const char *const annotations[] = { "cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret",
		"cert-manager.io/inject-apiserver-ca" };

	for (size_t i = 0; i < sizeof(annotations) / sizeof(*annotations); i++)
		if (kg_member_key(object, "metadata.annotations", annotations[i]))
			return true;
	return false;
}

struct kg_status
kg_strict_webhooks(const struct kg_strict *strict)
{
	bool is_injected = has_injected_authority(strict->object);
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(strict->object, "webhooks"))
	{
		const char *namespace_ = kg_member_text(one, "clientConfig.service.namespace", "");
		const char *service = kg_member_some_text(one, "clientConfig.service.name");

		if (is_injected && !kg_member_some_text(one, "clientConfig.caBundle"))
			return kg_status_waiting("NoCABundle", "the CA that its annotation asks for is not put in yet");
		const cJSON *known = service ? kg_surroundings_find(strict->around, "Service", namespace_, service) : NULL;
		if (service && !kg_service_has_endpoint(strict->around, namespace_, service, known))
			return kg_status_waiting("NoEndpoints",
			    kg_format(
				strict->arena, "service/%s in %s, which it calls, has no ready pod yet", service, namespace_));
	}
	return kg_status_current("all that it calls is there");
}

struct kg_status
kg_strict_namespace(const struct kg_strict *strict)
{
	const char *phase = kg_member_text(strict->object, "status.phase", "");

	if (strcmp(phase, "Active") == 0)
		return kg_status_current("it is active");
	return kg_status_waiting("NotActive", "it is not active yet");
}
