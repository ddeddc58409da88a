#include "targets/kubernetes/status/neighbour.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

static const cJSON *
ready_condition(const cJSON *pod)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(pod, "status.conditions"))
	{
		if (strcmp(kg_member_text(one, "type", ""), "Ready") == 0)
			return one;
	}
	return NULL;
}

/* Times are of whole seconds: what happened in the same one may have happened after it. */
static bool
was_ready(const cJSON *pod, int64_t before_s)
{
	const cJSON *ready = ready_condition(pod);

	return strcmp(kg_member_text(ready, "status", ""), "True") == 0 && kg_member_time_s(ready, "lastTransitionTime") < before_s;
}

static const cJSON *
controller_of(const cJSON *pod)
{
	const cJSON *owner;

	cJSON_ArrayForEach(owner, kg_member(pod, "metadata.ownerReferences"))
	{
		if (kg_member_flag(owner, "controller", false))
			return owner;
	}
	return NULL;
}

static bool
is_neighbour(const cJSON *pod, const cJSON *other)
{
	static const char graph[] = "kgraph/graph";
	const cJSON *own = controller_of(pod), *its = controller_of(other);
	const char *phase = kg_member_text(other, "status.phase", "");

	if (kg_member(other, "metadata.deletionTimestamp") || strcmp(phase, "Succeeded") == 0 || strcmp(phase, "Failed") == 0)
		return false;
	if (own && its && kg_text_equal(kg_member_text(own, "uid", ""), kg_member_text(its, "uid", "")))
		return false;
	return other != pod &&
	    kg_text_equal(kg_member_key(pod, "metadata.labels", graph), kg_member_key(other, "metadata.labels", graph)) &&
	    !kg_text_equal(kg_member_text(pod, "metadata.uid", ""), kg_member_text(other, "metadata.uid", " "));
}

static bool
others_run(const cJSON *pod, const char *container, int64_t before_s)
{
	const cJSON *status;

	cJSON_ArrayForEach(status, kg_member(pod, "status.containerStatuses"))
	{
		if (strcmp(kg_member_text(status, "name", ""), container) == 0)
			continue;
		if (!kg_member_flag(status, "ready", false) || kg_member_time_s(status, "state.running.startedAt") >= before_s)
			return false;
	}
	return true;
}

bool
kg_jobs_run(const struct kg_surroundings *around, const cJSON *pod)
{
	const char *namespace_ = kg_member_text(pod, "metadata.namespace", "");

	for (const struct kg_near *near = kg_surroundings_of_kind(around, "Pod", namespace_); near; near = near->next) {
		if (is_neighbour(pod, near->object) && strcmp(kg_member_text(controller_of(near->object), "kind", ""), "Job") == 0)
			return true;
	}
	return false;
}

bool
kg_neighbours_are_ready(const struct kg_surroundings *around, const cJSON *pod, const char *container, int64_t before_s)
{
	const char *namespace_ = kg_member_text(pod, "metadata.namespace", "");

	if (!kg_surroundings_is_complete(around, "Pod", namespace_) || !others_run(pod, container, before_s))
		return false;
	for (const struct kg_near *near = kg_surroundings_of_kind(around, "Pod", namespace_); near; near = near->next) {
		if (!is_neighbour(pod, near->object))
			continue;
		if (strcmp(kg_member_text(controller_of(near->object), "kind", ""), "Job") == 0 ||
		    !was_ready(near->object, before_s))
			return false;
	}
	return true;
}

static bool
is_sibling(const cJSON *pod, const cJSON *other)
{
	static const char node[] = "kgraph/node";

	return is_neighbour(pod, other) &&
	    kg_text_equal(kg_member_key(pod, "metadata.labels", node), kg_member_key(other, "metadata.labels", node));
}

/* It ends again and again, and did so after a time. */
static bool
is_at_its_end(const cJSON *pod, int64_t after_s, int64_t restarts_most)
{
	static const char *const lists[] = { "status.initContainerStatuses", "status.containerStatuses" };
	const cJSON *status;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		cJSON_ArrayForEach(status, kg_member(pod, lists[i]))
		{
			if (kg_member_integer(status, "restartCount", 0) >= restarts_most &&
			    kg_member_time_s(status, "lastState.terminated.startedAt") > after_s)
				return true;
		}
	}
	return false;
}

bool
kg_siblings_may_help(const struct kg_surroundings *around, const cJSON *pod, int64_t started_s, int64_t restarts_most)
{
	int64_t settled_s = 0;

	for (const struct kg_near *near = kg_surroundings_pods(around); near; near = near->next) {
		const cJSON *ready = ready_condition(near->object);
		int64_t since_s = kg_member_time_s(ready, "lastTransitionTime");

		if (is_sibling(pod, near->object) && strcmp(kg_member_text(ready, "status", ""), "True") == 0 &&
		    since_s > settled_s)
			settled_s = since_s;
	}
	for (const struct kg_near *near = kg_surroundings_pods(around); near; near = near->next)
		if (is_sibling(pod, near->object) &&
		    strcmp(kg_member_text(ready_condition(near->object), "status", ""), "True") != 0 &&
		    !is_at_its_end(near->object, settled_s, restarts_most))
			return true;
	return settled_s > 0 && started_s <= settled_s;
}

static bool
is_in_name(char letter)
{
	return isalnum((unsigned char)letter) || letter == '-' || letter == '_';
}

/* As a word of its own: "postgresql" in "dial postgresql:5432", and not in "postgresql-replica". */
static bool
is_named(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strstr(text, name); length > 0 && at; at = strstr(at + 1, name))
		if ((at == text || !is_in_name(at[-1])) && !is_in_name(at[length]))
			return true;
	return false;
}

static bool
slice_was_ready(const struct kg_surroundings *around, const cJSON *slice, const char *namespace_, int64_t before_s)
{
	const cJSON *endpoint;

	cJSON_ArrayForEach(endpoint, kg_member(slice, "endpoints"))
	{
		const char *name = kg_member_text(endpoint, "targetRef.name", "");
		const cJSON *pod = kg_surroundings_find(around, "Pod", namespace_, name);

		if (kg_member_flag(endpoint, "conditions.ready", true) && pod && was_ready(pod, before_s))
			return true;
	}
	return false;
}

/* What leads to the pod itself tells nothing of what it waits for. */
static bool
leads_to(const cJSON *slice, const cJSON *pod)
{
	const cJSON *endpoint;

	cJSON_ArrayForEach(endpoint, kg_member(slice, "endpoints"))
	{
		if (kg_text_equal(kg_member_text(endpoint, "targetRef.name", ""), kg_member_text(pod, "metadata.name", " ")))
			return true;
	}
	return false;
}

static bool
service_was_ready(const struct kg_surroundings *around, const char *namespace_, const char *service, int64_t before_s)
{
	for (const struct kg_near *near = kg_surroundings_slices(around, namespace_, service); near; near = near->next)
		if (slice_was_ready(around, near->object, namespace_, before_s))
			return true;
	return false;
}

/* Slices tell the names of all Services that select pods. */
bool
kg_named_is_ready(
    struct kg_arena *arena, const struct kg_surroundings *around, const cJSON *pod, const char *text, int64_t before_s)
{
	const char *namespace_ = kg_member_text(pod, "metadata.namespace", "");
	const struct kg_near *near = kg_surroundings_of_kind(around, "EndpointSlice", namespace_);
	struct kg_map seen = { .arena = arena };
	bool is_one_named = false;

	for (; near; near = near->next) {
		const char *service = kg_member_key(near->object, "metadata.labels", "kubernetes.io/service-name");

		if (!service || leads_to(near->object, pod) || !kg_map_put(&seen, service, 0) || !is_named(text, service))
			continue;
		is_one_named = true;
		if (!service_was_ready(around, namespace_, service, before_s))
			return false;
	}
	return is_one_named;
}
