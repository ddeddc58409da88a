#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"
#include "targets/kubernetes/status/surroundings.h"

/* Between a Service and its pods stand a controller or two: for so long nothing is said. */
constexpr int64_t quiet_s = 5;

static const char *
pairs_words(struct kg_arena *arena, const cJSON *pairs)
{
	struct kg_text text = { .arena = arena };
	const cJSON *one;

	cJSON_ArrayForEach(one, pairs)
	    kg_text_format(&text, "%s%s=%s", text.size > 0 ? "," : "", one->string, cJSON_IsString(one) ? one->valuestring : "?");
	return kg_text_end(&text);
}

/* A workload that would make such pods has a story of its own to tell. */
static bool
has_workload(const struct kg_examination *examination, const cJSON *selector, const char *namespace_)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		for (const struct kg_near *near = kg_surroundings_of_kind(examination->around, kinds[i], namespace_); near;
		    near = near->next)
			if (kg_selector_pairs_match(selector, kg_member(near->object, "spec.template.metadata.labels")))
				return true;
	}
	return false;
}

/* A pod that has one of the selector's labels with another value is most likely the one that was meant. */
static const char *
nearest_pod(struct kg_examination *examination, const cJSON *selector, const char *namespace_)
{
	const cJSON *pair;

	for (const struct kg_near *near = kg_surroundings_of_kind(examination->around, "Pod", namespace_); near;
	    near = near->next) {
		cJSON_ArrayForEach(pair, selector)
		{
			const char *value = kg_member_key(near->object, "metadata.labels", pair->string);
			const char *const wanted[] = { cJSON_IsString(pair) ? pair->valuestring : "", NULL };

			if (value && kg_text_nearest(value, wanted))
				return kg_format(examination->arena, "pod %s has %s=%s",
				    kg_member_text(near->object, "metadata.name", "?"), pair->string, value);
		}
	}
	return NULL;
}

static bool
names_port(const cJSON *pod, const char *name)
{
	const cJSON *container, *port;

	cJSON_ArrayForEach(container, kg_member(pod, "spec.containers"))
	{
		cJSON_ArrayForEach(port, kg_member(container, "ports"))
		{
			if (strcmp(kg_member_text(port, "name", ""), name) == 0)
				return true;
		}
	}
	return false;
}

static void
examine_ports(struct kg_examination *examination, const cJSON *pod)
{
	const cJSON *port;

	cJSON_ArrayForEach(port, kg_member(examination->object, "spec.ports"))
	{
		const char *name = kg_member_some_text(port, "targetPort");

		if (!name || names_port(pod, name))
			continue;
		struct kg_draft draft = {
			.what = "port",
			.detail = name,
			.text = kg_format(examination->arena, "no container of pod %s has a port named %s",
			    kg_member_text(pod, "metadata.name", "?"), name),
			.advice = "give the container's port that name, or the Service the port's number",
		};
		kg_found(examination, &draft);
	}
}

void
kg_examine_service(struct kg_examination *examination)
{
	const cJSON *selector = kg_member(examination->object, "spec.selector"), *first = NULL;
	const char *namespace_ = kg_member_text(examination->object, "metadata.namespace", "");
	int64_t born_s = kg_member_time_s(examination->object, "metadata.creationTimestamp");
	int64_t start_s = born_s > examination->rules.since_s ? born_s : examination->rules.since_s;

	if (cJSON_GetArraySize(selector) == 0 ||
	    strcmp(kg_member_text(examination->object, "spec.type", ""), "ExternalName") == 0 ||
	    kg_service_has_endpoint(
		examination->around, namespace_, kg_member_text(examination->object, "metadata.name", ""), examination->object))
		return;
	for (const struct kg_near *near = kg_surroundings_of_kind(examination->around, "Pod", namespace_); near && !first;
	    near = near->next)
		if (kg_selector_pairs_match(selector, kg_member(near->object, "metadata.labels")))
			first = near->object;
	if (first) {
		examine_ports(examination, first);
		return;
	}
	if (examination->rules.now_s < start_s + quiet_s || has_workload(examination, selector, namespace_))
		return;
	const char *near = nearest_pod(examination, selector, namespace_);
	struct kg_draft draft = {
		.what = "selector",
		.text = kg_format(examination->arena, "no pod in namespace %s has the labels that it selects: %s", namespace_,
		    pairs_words(examination->arena, selector)),
		.advice = near ? kg_format(examination->arena, "%s: was that meant?", near)
			       : "correct spec.selector, or let a node of the graph bring the pods",
	};
	kg_found(examination, &draft);
}
