/*
 * A container without a readiness probe is ready as soon as it runs, and what ends at once has run. The kubelet sees the end up to a second
 * later, and for that second a Deployment of programs that all fail is available: whoever believes it tells the user that all is well.
 * So such a container has to run for a moment before its workload counts as ready; one that was restarted, through what the restart
 * before it did not survive. With a readiness probe nothing waits.
 */
#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/status/below.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"
#include "targets/kubernetes/status/surroundings.h"

/* The kubelet's first pause between two starts is 10 s: what lives longer than that is not in the loop. */
constexpr int64_t first_s = 2, restarted_s = 12;

/* When the container has run for long enough; 0 when it does not matter. */
static int64_t
settled_at_s(const struct kg_strict *strict, const cJSON *pod, const cJSON *status)
{
	const cJSON *container = kg_pod_container(pod, kg_member_text(status, "name", ""));
	int64_t started_s = kg_member_time_s(status, "state.running.startedAt");

	/* A start in the future is that of another clock. */
	if (!started_s || started_s > strict->now_s + 1 || kg_member(container, "readinessProbe"))
		return 0;
	return started_s + (kg_member_integer(status, "restartCount", 0) > 0 ? restarted_s : first_s);
}

static const char *
words(const struct kg_strict *strict, const cJSON *pod, const cJSON *status)
{
	const char *pod_name = kg_member_text(pod, "metadata.name", "?"), *name = kg_member_text(status, "name", "?");
	int64_t restarts = kg_member_integer(status, "restartCount", 0);
	int64_t age_s = strict->now_s - kg_member_time_s(status, "state.running.startedAt");

	if (restarts == 0)
		return kg_format(
		    strict->arena, "pod %s: container %s has no readiness probe, and has to run for a moment", pod_name, name);
	return kg_format(strict->arena,
	    "pod %s: container %s was restarted %" PRId64 " times, with exit code %" PRId64 " the last time, and runs for %" PRId64
	    " s now",
	    pod_name, name, restarts, kg_member_integer(status, "lastState.terminated.exitCode", 0), age_s > 0 ? age_s : 0);
}

static void
settle_pod(const struct kg_strict *strict, const cJSON *pod, struct kg_status *status)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(pod, "status.containerStatuses"))
	{
		int64_t at_s = settled_at_s(strict, pod, one);

		if (at_s <= strict->now_s || at_s <= status->again_s)
			continue;
		*status = kg_status_waiting("Settling", words(strict, pod, one));
		status->again_s = at_s;
	}
}

/*
 * Pods are ahead of what their controller says of them: one that has ended since is still counted. No pods at all may mean that nobody
 * follows them.
 */
static bool
are_ready(const struct kg_strict *strict, const struct kg_below *below, struct kg_status *ret_status)
{
	bool is_daemon_set = kg_is_kind(strict->object, "apps", "DaemonSet");
	int64_t wanted = is_daemon_set ? kg_member_integer(strict->object, "status.desiredNumberScheduled", 0)
				       : kg_member_integer(strict->object, "spec.replicas", 1);
	int64_t ready = 0;

	for (uint32_t i = 0; i < below->pods.count; i++)
		ready += kg_condition_is(below->pods.items[i], "Ready", "True") &&
		    !kg_member(below->pods.items[i], "metadata.deletionTimestamp");
	bool is_known = below->pods.count > 0 || kg_surroundings_is_complete(strict->around, "Pod", strict->namespace_);
	if (!is_known || ready >= wanted)
		return true;
	*ret_status =
	    kg_status_waiting("LessReady", kg_format(strict->arena, "%" PRId64 " of %" PRId64 " pods are ready", ready, wanted));
	return false;
}

struct kg_status
kg_strict_settled(const struct kg_strict *strict, struct kg_status current)
{
	struct kg_below below = kg_below_find(strict->arena, strict->object, strict->around);
	struct kg_status status = current;

	if (kg_is_kind(strict->object, "", "Pod")) {
		settle_pod(strict, strict->object, &status);
		return status;
	}
	if (!are_ready(strict, &below, &status))
		return status;
	for (uint32_t i = 0; i < below.pods.count; i++)
		settle_pod(strict, below.pods.items[i], &status);
	return status;
}
