#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"

/* The one shape that most messages of kstatus have: "Ready: 1/3". */
static struct kg_status
less(struct kg_arena *arena, const char *reason, const char *what, int64_t is, int64_t wanted)
{
	return kg_status_waiting(reason, kg_format(arena, "%s: %" PRId64 "/%" PRId64, what, is, wanted));
}

static struct kg_status
extra_pods(struct kg_arena *arena, int64_t count)
{
	return kg_status_waiting("ExtraPods", kg_format(arena, "Pending termination: %" PRId64, count));
}

struct deployment_progress {
	bool is_exceeded, is_progressing, is_available;
	const char *reason;
};

/* Without a deadline the controller sets no condition Progressing, and MaxInt32 is its word for "none". */
static struct deployment_progress
deployment_progress(const cJSON *object)
{
	struct deployment_progress progress = {
		.is_progressing = kg_member_integer(object, "spec.progressDeadlineSeconds", INT32_MAX) == INT32_MAX,
	};
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);
		bool is_true = strcmp(condition.status, "True") == 0;

		if (strcmp(condition.type, "Progressing") == 0) {
			if (strcmp(condition.reason, "ProgressDeadlineExceeded") == 0)
				return (struct deployment_progress){ .is_exceeded = true, .reason = condition.reason };
			progress.is_progressing |= is_true && strcmp(condition.reason, "NewReplicaSetAvailable") == 0;
		} else if (strcmp(condition.type, "Available") == 0) {
			progress.is_available |= is_true;
		}
	}
	return progress;
}

struct kg_status
kg_kstatus_deployment(struct kg_arena *arena, const cJSON *object, int64_t)
{
	struct deployment_progress progress = deployment_progress(object);

	if (progress.is_exceeded)
		return kg_status_failed(progress.reason, "Progress deadline exceeded");

	int64_t wanted = kg_member_integer(object, "spec.replicas", 1);
	int64_t replicas = kg_member_integer(object, "status.replicas", 0);
	int64_t updated = kg_member_integer(object, "status.updatedReplicas", 0);
	int64_t ready = kg_member_integer(object, "status.readyReplicas", 0);
	int64_t available = kg_member_integer(object, "status.availableReplicas", 0);

	if (wanted > replicas)
		return less(arena, "LessReplicas", "Replicas", replicas, wanted);
	if (wanted > updated)
		return less(arena, "LessUpdated", "Updated", updated, wanted);
	if (replicas > wanted)
		return extra_pods(arena, replicas - wanted);
	if (updated > available)
		return less(arena, "LessAvailable", "Available", available, updated);
	if (wanted > ready)
		return less(arena, "LessReady", "Ready", ready, wanted);
	if (!progress.is_progressing)
		return kg_status_waiting("ReplicaSetNotAvailable", "ReplicaSet not Available");
	if (!progress.is_available)
		return kg_status_waiting("DeploymentNotAvailable", "Deployment not Available");
	return kg_status_current(kg_format(arena, "Deployment is available. Replicas: %" PRId64, replicas));
}

struct kg_status
kg_kstatus_stateful_set(struct kg_arena *arena, const cJSON *object, int64_t)
{
	if (strcmp(kg_member_text(object, "spec.updateStrategy.type", ""), "OnDelete") == 0)
		return kg_status_current("StatefulSet is using the ondelete update strategy");

	int64_t wanted = kg_member_integer(object, "spec.replicas", 1);
	int64_t replicas = kg_member_integer(object, "status.replicas", 0);
	int64_t ready = kg_member_integer(object, "status.readyReplicas", 0);
	int64_t current = kg_member_integer(object, "status.currentReplicas", 0);
	int64_t updated = kg_member_integer(object, "status.updatedReplicas", 0);
	int64_t partition = kg_member_integer(object, "spec.updateStrategy.rollingUpdate.partition", -1);

	if (wanted > replicas)
		return less(arena, "LessReplicas", "Replicas", replicas, wanted);
	if (wanted > ready)
		return less(arena, "LessReady", "Ready", ready, wanted);
	if (replicas > wanted)
		return extra_pods(arena, replicas - wanted);
	if (partition != -1) {
		if (updated < wanted - partition)
			return less(arena, "PartitionRollout", "updated", updated, wanted - partition);
		return kg_status_current(kg_format(arena, "Partition rollout complete. updated: %" PRId64, updated));
	}
	if (wanted > current)
		return less(arena, "LessCurrent", "current", current, wanted);
	if (strcmp(kg_member_text(object, "status.currentRevision", ""), kg_member_text(object, "status.updateRevision", "")) != 0)
		return kg_status_waiting("RevisionMismatch", "Waiting for updated revision to match current");
	return kg_status_current(kg_format(arena, "All replicas scheduled as expected. Replicas: %" PRId64, replicas));
}

struct kg_status
kg_kstatus_daemon_set(struct kg_arena *arena, const cJSON *object, int64_t)
{
	const char *kind = kg_member_text(object, "kind", "");

	if (!kg_member(object, "metadata.generation"))
		return kg_status_waiting("NoGeneration", kg_format(arena, "%s metadata.generation not found", kind));
	if (!kg_member(object, "status.observedGeneration"))
		return kg_status_waiting("NoObservedGeneration", kg_format(arena, "%s status.observedGeneration not found", kind));

	int64_t desired = kg_member_integer(object, "status.desiredNumberScheduled", -1);
	int64_t current = kg_member_integer(object, "status.currentNumberScheduled", 0);
	int64_t updated = kg_member_integer(object, "status.updatedNumberScheduled", 0);
	int64_t available = kg_member_integer(object, "status.numberAvailable", 0);
	int64_t ready = kg_member_integer(object, "status.numberReady", 0);

	if (desired == -1)
		return kg_status_waiting("NoDesiredNumber", "Missing .status.desiredNumberScheduled");
	if (desired > current)
		return less(arena, "LessCurrent", "Current", current, desired);
	if (desired > updated)
		return less(arena, "LessUpdated", "Updated", updated, desired);
	if (desired > available)
		return less(arena, "LessAvailable", "Available", available, desired);
	if (desired > ready)
		return less(arena, "LessReady", "Ready", ready, desired);
	return kg_status_current(kg_format(arena, "All replicas scheduled as expected. Replicas: %" PRId64, desired));
}

struct kg_status
kg_kstatus_replica_set(struct kg_arena *arena, const cJSON *object, int64_t)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);

		if (strcmp(condition.type, "ReplicaFailure") == 0 && strcmp(condition.status, "True") == 0)
			return kg_status_waiting("ReplicaFailure", "Replica Failure condition. Check Pods");
	}

	int64_t wanted = kg_member_integer(object, "spec.replicas", 1);
	int64_t replicas = kg_member_integer(object, "status.replicas", 0);
	int64_t ready = kg_member_integer(object, "status.readyReplicas", 0);
	int64_t available = kg_member_integer(object, "status.availableReplicas", 0);
	int64_t labelled = kg_member_integer(object, "status.fullyLabeledReplicas", 0);

	if (wanted > labelled)
		return less(arena, "LessLabelled", "Labelled", labelled, wanted);
	if (wanted > available)
		return less(arena, "LessAvailable", "Available", available, wanted);
	if (wanted > ready)
		return less(arena, "LessReady", "Ready", ready, wanted);
	if (replicas > wanted)
		return extra_pods(arena, replicas - wanted);
	return kg_status_current(kg_format(arena, "ReplicaSet is available. Replicas: %" PRId64, replicas));
}
