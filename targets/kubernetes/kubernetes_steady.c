/*
 * Whether what is ready stays so. A program that ends soon after its start makes its pod ready for a moment at each of its restarts, when nothing probes
 * it, and its Deployment available: a crash loop that is looked at in the right moment is "ready". So a container that has been restarted counts only
 * after it has run for a while; one that has never ended counts at once.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

/* The kubelet's first pause between two starts is 10 s: what lives longer than that is not in the loop. */
static constexpr int64_t steady_s = 12;

static const char *
pod_unsteady(struct kg_arena *arena, const cJSON *pod, int64_t now_s)
{
	const cJSON *container;

	if (kg_json_text(pod, "metadata.deletionTimestamp"))
		return NULL;
	cJSON_ArrayForEach(container, kg_member(pod, "status.containerStatuses"))
	{
		int64_t restarts = kg_member_integer(container, "restartCount", 0);
		int64_t started_s = kg_member_time_s(container, "state.running.startedAt");
		int64_t status = kg_member_integer(container, "lastState.terminated.exitCode", 0);

		if (restarts > 0 && started_s > 0 && now_s - started_s < steady_s)
			return kg_format(arena,
			    "pod %s: container %s was restarted %" PRId64 " times, with exit status %" PRId64
			    " the last time, and runs for %" PRId64 " s now",
			    kg_member_text(pod, "metadata.name", "?"), kg_member_text(container, "name", "?"), restarts, status,
			    now_s > started_s ? now_s - started_s : 0);
	}
	return NULL;
}

const char *
kg_kubernetes_unsteady(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around, int64_t now_s)
{
	const char *kind = kg_member_text(object, "kind", ""), *why = NULL;
	const cJSON *selector = kg_member(object, "spec.selector");
	bool is_workload = strcmp(kind, "Deployment") == 0 || strcmp(kind, "StatefulSet") == 0 || strcmp(kind, "DaemonSet") == 0;

	if (strcmp(kind, "Pod") == 0)
		return pod_unsteady(arena, object, now_s);
	if (!is_workload || !selector)
		return NULL;
	const struct kg_near *near = kg_surroundings_of_kind(around, "Pod", kg_member_some_text(object, "metadata.namespace"));
	for (; near && !why; near = near->next)
		if (kg_selector_matches(selector, kg_member(near->object, "metadata.labels")))
			why = pod_unsteady(arena, near->object, now_s);
	return why;
}
