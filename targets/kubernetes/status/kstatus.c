#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"

/* How long a pod may look for a node before kstatus counts it as failed. */
constexpr int64_t schedule_window_s = 15;

static struct kg_status
always_ready(struct kg_arena *, const cJSON *, int64_t)
{
	return kg_status_current("Resource is always ready");
}

static struct kg_status
claim(struct kg_arena *arena, const cJSON *object, int64_t)
{
	const char *phase = kg_member_text(object, "status.phase", "unknown");

	if (strcmp(phase, "Bound") != 0)
		return kg_status_waiting("NotBound", kg_format(arena, "PVC is not Bound. phase: %s", phase));
	return kg_status_current("PVC is Bound");
}

/* Any condition with that type and status: unlike elsewhere a type that stands there twice may satisfy with its second. */
static bool
has_condition(const cJSON *object, const char *type, const char *status, struct kg_condition *ret_condition)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		*ret_condition = kg_condition_read(one);
		if (strcmp(ret_condition->type, type) == 0 && strcmp(ret_condition->status, status) == 0)
			return true;
	}
	return false;
}

static const char *
crash_looping(struct kg_arena *arena, const cJSON *object)
{
	struct kg_text names = { .arena = arena };
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.containerStatuses"))
	{
		const char *name = kg_member_text(one, "name", NULL);

		if (!name || strcmp(kg_member_text(one, "state.waiting.reason", ""), "CrashLoopBackOff") != 0)
			continue;
		kg_text_format(&names, "%s%s", names.size > 0 ? "," : "", name);
	}
	return names.size > 0 ? kg_text_end(&names) : NULL;
}

struct kg_status
kg_kstatus_pod(struct kg_arena *arena, const cJSON *object, int64_t now_s)
{
	const char *phase = kg_member_text(object, "status.phase", "");
	struct kg_condition condition;

	if (strcmp(phase, "Succeeded") == 0)
		return kg_status_current("Pod has completed successfully");
	if (strcmp(phase, "Failed") == 0)
		return kg_status_current("Pod has completed, but not successfully");
	if (strcmp(phase, "Running") == 0) {
		if (has_condition(object, "Ready", "True", &condition))
			return kg_status_current("Pod is Ready");
		const char *names = crash_looping(arena, object);
		if (names)
			return kg_status_failed(
			    "ContainerCrashLooping", kg_format(arena, "Containers in CrashLoop state: %s", names));
		return kg_status_waiting("PodRunningNotReady", "Pod is running but is not Ready");
	}
	if (strcmp(phase, "Pending") == 0) {
		if (has_condition(object, "PodScheduled", "False", &condition) && strcmp(condition.reason, "Unschedulable") == 0) {
			if (now_s - schedule_window_s < kg_member_time_s(object, "metadata.creationTimestamp"))
				return kg_status_waiting("PodNotScheduled", "Pod has not been scheduled");
			return kg_status_failed("PodUnschedulable", "Pod could not be scheduled");
		}
		return kg_status_waiting("PodPending", "Pod is in the Pending phase");
	}
	if (*phase)
		return kg_status_unknown(kg_format(arena, "unknown phase %s", phase));
	return kg_status_waiting("PodNotObserved", "Pod phase not available");
}

static struct kg_status
disruption_budget(struct kg_arena *, const cJSON *, int64_t)
{
	return kg_status_current("AllowedDisruptions has been computed.");
}

static struct kg_status
job(struct kg_arena *arena, const cJSON *object, int64_t)
{
	int64_t parallelism = kg_member_integer(object, "spec.parallelism", 1);
	int64_t completions = kg_member_integer(object, "spec.completions", parallelism);
	int64_t succeeded = kg_member_integer(object, "status.succeeded", 0);
	int64_t active = kg_member_integer(object, "status.active", 0);
	int64_t failed = kg_member_integer(object, "status.failed", 0);
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);

		if (strcmp(condition.status, "True") != 0)
			continue;
		if (strcmp(condition.type, "Complete") == 0)
			return kg_status_current(
			    kg_format(arena, "Job Completed. succeeded: %" PRId64 "/%" PRId64, succeeded, completions));
		if (strcmp(condition.type, "Failed") == 0)
			return kg_status_failed(
			    "JobFailed", kg_format(arena, "Job Failed. failed: %" PRId64 "/%" PRId64, failed, completions));
	}
	if (!kg_member_some_text(object, "status.startTime"))
		return kg_status_waiting("JobNotStarted", "Job not started");
	return kg_status_current(kg_format(
	    arena, "Job in progress. success:%" PRId64 ", active: %" PRId64 ", failed: %" PRId64, succeeded, active, failed));
}

static struct kg_status
service(struct kg_arena *, const cJSON *object, int64_t)
{
	if (strcmp(kg_member_text(object, "spec.type", "ClusterIP"), "LoadBalancer") == 0 &&
	    !kg_member_some_text(object, "spec.clusterIP"))
		return kg_status_waiting("NoIPAssigned", "ClusterIP not set. Service type: LoadBalancer");
	return kg_status_current("Service is ready");
}

static struct kg_status
resource_definition(struct kg_arena *, const cJSON *object, int64_t)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);
		bool is_false = strcmp(condition.status, "False") == 0;

		if (strcmp(condition.type, "NamesAccepted") == 0 && is_false)
			return kg_status_failed(condition.reason, condition.message);
		if (strcmp(condition.type, "Established") != 0)
			continue;
		if (is_false && strcmp(condition.reason, "Installing") != 0)
			return kg_status_failed(condition.reason, condition.message);
		if (strcmp(condition.status, "True") == 0)
			return kg_status_current("CRD is established");
	}
	return kg_status_waiting("Installing", "Install in progress");
}

static const struct {
	const char *group, *kind;
	kg_status_rule *rule;
} rules[] = {
	{ "", "Service", service },
	{ "", "Pod", kg_kstatus_pod },
	{ "", "Secret", always_ready },
	{ "", "ConfigMap", always_ready },
	{ "", "PersistentVolumeClaim", claim },
	{ "apps", "StatefulSet", kg_kstatus_stateful_set },
	{ "apps", "DaemonSet", kg_kstatus_daemon_set },
	{ "apps", "Deployment", kg_kstatus_deployment },
	{ "apps", "ReplicaSet", kg_kstatus_replica_set },
	{ "extensions", "DaemonSet", kg_kstatus_daemon_set },
	{ "extensions", "Deployment", kg_kstatus_deployment },
	{ "extensions", "ReplicaSet", kg_kstatus_replica_set },
	{ "policy", "PodDisruptionBudget", disruption_budget },
	{ "batch", "CronJob", always_ready },
	{ "batch", "Job", job },
	{ "apiextensions.k8s.io", "CustomResourceDefinition", resource_definition },
};

/* What kstatus's reader says of a number that is none. */
static const char *
not_a_number(struct kg_arena *arena, const cJSON *object, const char *path)
{
	const cJSON *value = kg_member(object, path);

	if (!value || kg_is_integer(value))
		return NULL;
	char *text = cJSON_PrintUnformatted(value);
	const char *type = cJSON_IsString(value) ? "string"
	    : cJSON_IsBool(value)                ? "bool"
	    : cJSON_IsNumber(value)              ? "float64"
						 : "other";
	const char *message =
	    kg_format(arena, "looking up %s from resource: .%s accessor error: %s is of the type %s, expected int64", path, path,
		cJSON_IsString(value) ? value->valuestring : text, type);

	cJSON_free(text);
	return message;
}

/* What holds for every kind; false when it decides nothing. */
static bool
generic(struct kg_arena *arena, const cJSON *object, struct kg_status *ret_status)
{
	const char *wrong = not_a_number(arena, object, "metadata.generation");
	const cJSON *one;

	if (kg_member_some_text(object, "metadata.deletionTimestamp")) {
		*ret_status = kg_status_terminating("Resource scheduled for deletion");
		return true;
	}
	if (!wrong && kg_member(object, "metadata.generation"))
		wrong = not_a_number(arena, object, "status.observedGeneration");
	if (wrong) {
		*ret_status = kg_status_unknown(wrong);
		return true;
	}
	int64_t generation = kg_member_integer(object, "metadata.generation", -1);
	int64_t observed = kg_member_integer(object, "status.observedGeneration", generation);
	if (kg_member(object, "metadata.generation") && observed != generation) {
		*ret_status = kg_status_waiting("LatestGenerationNotObserved",
		    kg_format(arena, "%s generation is %" PRId64 ", but latest observed generation is %" PRId64,
			kg_member_text(object, "kind", ""), generation, observed));
		return true;
	}
	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);

		if (strcmp(condition.status, "True") != 0)
			continue;
		if (strcmp(condition.type, "Reconciling") == 0) {
			*ret_status = kg_status_waiting(condition.reason, condition.message);
			return true;
		}
		if (strcmp(condition.type, "Stalled") == 0) {
			*ret_status = kg_status_failed(condition.reason, condition.message);
			return true;
		}
	}
	return false;
}

static struct kg_status
by_ready_condition(const cJSON *object)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);

		if (strcmp(condition.type, "Ready") != 0)
			continue;
		if (strcmp(condition.status, "True") == 0)
			return kg_status_current("Resource is Ready");
		if (strcmp(condition.status, "False") == 0 || strcmp(condition.status, "Unknown") == 0)
			return kg_status_waiting(condition.reason, condition.message);
	}
	return kg_status_current("Resource is current");
}

struct kg_status
kg_status_kstatus(struct kg_arena *arena, const cJSON *object, int64_t now_s)
{
	struct kg_status status;

	if (generic(arena, object, &status))
		return status;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (kg_is_kind(object, rules[i].group, rules[i].kind))
			return rules[i].rule(arena, object, now_s);
	return by_ready_condition(object);
}
