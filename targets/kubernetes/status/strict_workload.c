#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"

/* kstatus's short messages as sentences: "Ready: 1/3" is "1 of 3 pods are ready". */
static const struct {
	const char *reason, *rest;
} sentences[] = {
	{ "LessReplicas", "are made" },
	{ "LessLabelled", "are made" },
	{ "LessUpdated", "are of the new revision" },
	{ "PartitionRollout", "are of the new revision" },
	{ "LessCurrent", "are of the current revision" },
	{ "LessAvailable", "are available" },
	{ "LessReady", "are ready" },
};

static struct kg_status
in_words(const struct kg_strict *strict, struct kg_status status)
{
	int64_t is, wanted;

	if (status.verdict != KG_VERDICT_IN_PROGRESS)
		return status;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++)
		if (strcmp(sentences[i].reason, status.reason) == 0 &&
		    sscanf(status.message, "%*[^:]: %" SCNd64 "/%" SCNd64, &is, &wanted) == 2)
			status.message =
			    kg_format(strict->arena, "%" PRId64 " of %" PRId64 " pods %s", is, wanted, sentences[i].rest);
	if (strcmp(status.reason, "ExtraPods") == 0)
		status.message = "pods of the old revision stay until the new ones are ready, or are still ending";
	return status;
}

static struct kg_status
pods_missing(const struct kg_strict *strict, const char *reason, int64_t is, int64_t wanted, const char *rest)
{
	return kg_status_waiting(reason, kg_format(strict->arena, "%" PRId64 " of %" PRId64 " pods %s", is, wanted, rest));
}

/* A controller that may not make its pods says so in a condition, and goes on trying. */
static struct kg_status
refused_or(const struct kg_strict *strict, struct kg_status status)
{
	struct kg_condition failure;

	if (status.verdict != KG_VERDICT_CURRENT && kg_condition_find(strict->object, "ReplicaFailure", &failure) &&
	    strcmp(failure.status, "True") == 0)
		return kg_status_waiting("ReplicaFailure",
		    kg_format(strict->arena, "its pods cannot be made: %s", kg_refusal_words(strict->arena, failure.message)));
	return in_words(strict, status);
}

struct kg_status
kg_strict_deployment(const struct kg_strict *strict)
{
	struct kg_status status = kg_kstatus_deployment(strict->arena, strict->object, strict->now_s);

	if (status.verdict == KG_VERDICT_FAILED)
		return kg_status_failed(status.reason,
		    kg_format(strict->arena, "its pods were not ready within its progressDeadlineSeconds of %" PRId64,
			kg_member_integer(strict->object, "spec.progressDeadlineSeconds", 600)));
	if (status.verdict == KG_VERDICT_IN_PROGRESS && kg_member_flag(strict->object, "spec.paused", false))
		return kg_status_waiting("Paused", "it is paused: its pods stay as they are until spec.paused is taken away");
	return refused_or(strict, status);
}

struct kg_status
kg_strict_replica_set(const struct kg_strict *strict)
{
	return refused_or(strict, kg_kstatus_replica_set(strict->arena, strict->object, strict->now_s));
}

/* kstatus takes OnDelete as "the user's business". The pods must be ready all the same, be they old or new. */
static struct kg_status
stateful_set_on_delete(const struct kg_strict *strict, int64_t wanted)
{
	int64_t replicas = kg_member_integer(strict->object, "status.replicas", 0);
	int64_t ready = kg_member_integer(strict->object, "status.readyReplicas", 0);

	if (wanted > replicas)
		return pods_missing(strict, "LessReplicas", replicas, wanted, "are made");
	if (wanted > ready)
		return pods_missing(strict, "LessReady", ready, wanted, "are ready");
	if (strcmp(kg_member_text(strict->object, "status.currentRevision", ""),
		kg_member_text(strict->object, "status.updateRevision", "")) != 0)
		return kg_status_current(
		    "all pods are ready; some are of an older revision and stay until they are deleted (OnDelete)");
	return kg_status_current("all pods are ready");
}

struct kg_status
kg_strict_stateful_set(const struct kg_strict *strict)
{
	int64_t wanted = kg_member_integer(strict->object, "spec.replicas", 1);
	int64_t available = kg_member_integer(strict->object, "status.availableReplicas", 0);

	if (strcmp(kg_member_text(strict->object, "spec.updateStrategy.type", ""), "OnDelete") == 0)
		return stateful_set_on_delete(strict, wanted);
	struct kg_status status = kg_kstatus_stateful_set(strict->arena, strict->object, strict->now_s);
	if (status.verdict == KG_VERDICT_CURRENT && kg_member_integer(strict->object, "spec.minReadySeconds", 0) > 0 &&
	    wanted > available)
		return pods_missing(strict, "LessAvailable", available, wanted, "are available");
	return in_words(strict, status);
}

struct kg_status
kg_strict_daemon_set(const struct kg_strict *strict)
{
	int64_t desired = kg_member_integer(strict->object, "status.desiredNumberScheduled", -1);
	int64_t current = kg_member_integer(strict->object, "status.currentNumberScheduled", 0);
	int64_t available = kg_member_integer(strict->object, "status.numberAvailable", 0);

	if (strcmp(kg_member_text(strict->object, "spec.updateStrategy.type", ""), "OnDelete") != 0 || desired == -1)
		return in_words(strict, kg_kstatus_daemon_set(strict->arena, strict->object, strict->now_s));
	if (desired > current)
		return pods_missing(strict, "LessCurrent", current, desired, "are made");
	if (desired > available)
		return pods_missing(strict, "LessAvailable", available, desired, "are available");
	return kg_status_current("a pod is available on each node that it is for");
}

struct kg_status
kg_strict_job(const struct kg_strict *strict)
{
	int64_t completions =
	    kg_member_integer(strict->object, "spec.completions", kg_member_integer(strict->object, "spec.parallelism", 1));
	int64_t succeeded = kg_member_integer(strict->object, "status.succeeded", 0);
	int64_t failed = kg_member_integer(strict->object, "status.failed", 0);
	struct kg_condition condition;

	if (kg_condition_is(strict->object, "Complete", "True"))
		return kg_status_current("it is complete");
	if (kg_condition_find(strict->object, "Failed", &condition) && strcmp(condition.status, "True") == 0)
		return kg_status_failed(condition.reason,
		    kg_format(strict->arena, "it has failed: %s", *condition.message ? condition.message : condition.reason));
	if (kg_member_flag(strict->object, "spec.suspend", false))
		return kg_status_current("it is suspended, as its spec asks");
	if (!kg_member_some_text(strict->object, "status.startTime"))
		return kg_status_waiting("JobNotStarted", "it has not started");
	if (failed > 0)
		return kg_status_waiting("JobRunning",
		    kg_format(strict->arena, "%" PRId64 " of %" PRId64 " completions, %" PRId64 " attempts have failed", succeeded,
			completions, failed));
	return kg_status_waiting(
	    "JobRunning", kg_format(strict->arena, "%" PRId64 " of %" PRId64 " completions", succeeded, completions));
}

/* The first container that ended badly: "container app ended with exit code 3". */
static const char *
pod_end(const struct kg_strict *strict)
{
	static const char *const lists[] = { "status.initContainerStatuses", "status.containerStatuses" };
	const cJSON *one;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		cJSON_ArrayForEach(one, kg_member(strict->object, lists[i]))
		{
			int64_t code = kg_member_integer(one, "state.terminated.exitCode", 0);

			if (code != 0)
				return kg_format(strict->arena, "container %s ended with exit code %" PRId64,
				    kg_member_text(one, "name", "?"), code);
		}
	}
	const char *reason = kg_member_text(strict->object, "status.reason", "it has failed");
	const char *message = kg_member_some_text(strict->object, "status.message");
	return message ? kg_format(strict->arena, "%s: %s", reason, message) : reason;
}

/* "app is in CrashLoopBackOff"; NULL when no container waits for more than its turn. */
static const char *
pod_waits(const struct kg_strict *strict, bool *ret_is_crashing)
{
	static const char *const lists[] = { "status.initContainerStatuses", "status.containerStatuses" };
	const char *found = NULL;
	const cJSON *one;

	*ret_is_crashing = false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		cJSON_ArrayForEach(one, kg_member(strict->object, lists[i]))
		{
			const char *reason = kg_member_some_text(one, "state.waiting.reason");
			bool is_crashing = reason && strcmp(reason, "CrashLoopBackOff") == 0;

			if (!reason || strcmp(reason, "PodInitializing") == 0 || (found && !is_crashing))
				continue;
			found = kg_format(strict->arena, "container %s is in %s", kg_member_text(one, "name", "?"), reason);
			*ret_is_crashing |= is_crashing;
			if (is_crashing)
				return found;
		}
	}
	return found;
}

struct kg_status
kg_strict_pod(const struct kg_strict *strict)
{
	const char *phase = kg_member_text(strict->object, "status.phase", "");
	bool is_crashing;

	if (strcmp(phase, "Failed") == 0)
		return kg_status_failed("PodFailed", pod_end(strict));
	struct kg_status status = kg_kstatus_pod(strict->arena, strict->object, strict->now_s);
	if (status.verdict == KG_VERDICT_CURRENT)
		return status;
	const char *waits = pod_waits(strict, &is_crashing);
	if (is_crashing)
		return kg_status_failed("ContainerCrashLooping", waits);
	if (status.verdict == KG_VERDICT_IN_PROGRESS && waits)
		return kg_status_waiting(status.reason, waits);
	return status;
}
