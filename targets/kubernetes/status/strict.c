#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"
#include "targets/kubernetes/status/surroundings.h"

/* How long after its creation a custom resource's controller may take to write the first status. */
constexpr int64_t settle_s = 5;

static struct kg_status
by_kstatus(const struct kg_strict *strict)
{
	return kg_status_kstatus(strict->arena, strict->object, strict->now_s);
}

static const struct {
	const char *group, *kind;
	kg_strict_rule *rule;
	bool has_pods;    /* that are to stay */
	bool is_observed; /* its controller always writes observedGeneration: without it nobody has seen the object yet */
} rules[] = {
	{ "apps", "Deployment", kg_strict_deployment, true, true },
	{ "apps", "StatefulSet", kg_strict_stateful_set, true, true },
	{ "apps", "DaemonSet", kg_strict_daemon_set, true, true },
	{ "apps", "ReplicaSet", kg_strict_replica_set, true, true },
	{ "", "ReplicationController", kg_strict_replica_set, true, true },
	{ "", "Pod", kg_strict_pod, true, false },
	{ "", "Service", kg_strict_service, false, false },
	{ "", "PersistentVolumeClaim", kg_strict_claim, false, false },
	{ "", "PersistentVolume", kg_strict_volume, false, false },
	{ "", "Namespace", kg_strict_namespace, false, false },
	{ "batch", "Job", kg_strict_job, false, false },
	{ "apiregistration.k8s.io", "APIService", kg_strict_api_service, false, false },
	{ "admissionregistration.k8s.io", "ValidatingWebhookConfiguration", kg_strict_webhooks, false, false },
	{ "admissionregistration.k8s.io", "MutatingWebhookConfiguration", kg_strict_webhooks, false, false },
};

/* A number, or a number as text: some controllers generated from OpenAPI write it so. -1: it is not there or neither. */
static int64_t
generation_at(const cJSON *object, const char *path)
{
	const char *text = kg_member_some_text(object, path);
	char *end;

	if (!text)
		return kg_member_integer(object, path, -1);
	int64_t generation = strtoll(text, &end, 10);
	return *end ? -1 : generation;
}

static bool
is_stale(const struct kg_condition *condition, int64_t generation)
{
	return condition->observed_generation != -1 && condition->observed_generation < generation;
}

/* What holds for every kind; false when it decides nothing. */
static bool
generic(const struct kg_strict *strict, bool is_observed, struct kg_status *ret_status)
{
	int64_t generation = generation_at(strict->object, "metadata.generation");
	int64_t observed = generation_at(strict->object, "status.observedGeneration");
	const char *deletion = kg_diagnose_deletion(strict->arena, strict->object, strict->around);
	const cJSON *one;

	if (deletion) {
		*ret_status = kg_status_terminating(deletion);
		return true;
	}
	if (observed == -1 ? is_observed : generation != -1 && observed != generation) {
		*ret_status = kg_status_waiting("LatestGenerationNotObserved", "its controller has not seen its latest change yet");
		return true;
	}
	cJSON_ArrayForEach(one, kg_member(strict->object, "status.conditions"))
	{
		struct kg_condition condition = kg_condition_read(one);

		if (strcmp(condition.status, "True") != 0 || is_stale(&condition, generation))
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

struct kg_status
kg_status_strict(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around, int64_t now_s)
{
	struct kg_strict strict = { arena, object, around, now_s, kg_member_text(object, "metadata.namespace", ""),
		kg_member_text(object, "metadata.name", "") };
	kg_strict_rule *rule = kg_is_of_kubernetes(object) ? by_kstatus : kg_strict_custom;
	struct kg_status status;
	bool is_observed = false, has_pods = false;

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (kg_is_kind(object, rules[i].group, rules[i].kind)) {
			rule = rules[i].rule;
			is_observed = rules[i].is_observed;
			has_pods = rules[i].has_pods;
		}
	}
	if (generic(&strict, is_observed, &status))
		return status;
	status = rule(&strict);
	return has_pods && status.verdict == KG_VERDICT_CURRENT ? kg_strict_settled(&strict, status) : status;
}

/* The conditions that controllers use for "it works", by how much they are to be believed. */
static const char *const telling[] = { "Ready", "Available", "Healthy", "Programmed" };

static struct kg_status
custom_by_condition(const struct kg_strict *strict, const struct kg_condition *condition, int64_t generation)
{
	if (is_stale(condition, generation))
		return kg_status_waiting("LatestGenerationNotObserved",
		    kg_format(strict->arena, "its condition %s is still that of an older generation", condition->type));
	if (strcmp(condition->status, "True") == 0)
		return kg_status_current(kg_format(strict->arena, "its condition %s is True", condition->type));
	const char *reason = *condition->reason ? condition->reason : "NotReady";
	if (*condition->message)
		return kg_status_waiting(reason,
		    kg_format(strict->arena, "its condition %s is %s: %s", condition->type, condition->status, condition->message));
	return kg_status_waiting(reason,
	    kg_format(strict->arena, "its condition %s is %s%s%s", condition->type, condition->status,
		*condition->reason ? ": " : "", condition->reason));
}

/* Its controller has said for this generation what it had to say, of whatever it may be. */
static bool
has_settled(const cJSON *object, int64_t generation)
{
	const cJSON *one;

	if (generation == -1)
		return false;
	if (generation_at(object, "status.observedGeneration") == generation)
		return true;
	cJSON_ArrayForEach(one, kg_member(object, "status.conditions"))
	{
		if (kg_condition_read(one).observed_generation >= generation)
			return true;
	}
	return false;
}

/* The definition of a custom resource, when it is known, tells whether there will ever be a status. */
static bool
never_has_status(const struct kg_strict *strict)
{
	const char *version = kg_member_text(strict->object, "apiVersion", "");
	const char *kind = kg_member_text(strict->object, "kind", "");
	size_t group = strcspn(version, "/");
	const cJSON *one;

	for (const struct kg_near *near = kg_surroundings_of_kind(strict->around, "CustomResourceDefinition", NULL); near;
	    near = near->next) {
		const char *of = kg_member_text(near->object, "spec.group", "");

		if (strlen(of) != group || memcmp(of, version, group) != 0 ||
		    strcmp(kg_member_text(near->object, "spec.names.kind", ""), kind) != 0)
			continue;
		cJSON_ArrayForEach(one, kg_member(near->object, "spec.versions"))
		{
			if (strcmp(kg_member_text(one, "name", ""), version + group + 1) == 0)
				return !kg_member(one, "subresources.status");
		}
	}
	return false;
}

struct kg_status
kg_strict_custom(const struct kg_strict *strict)
{
	int64_t generation = generation_at(strict->object, "metadata.generation");
	const cJSON *status = kg_member(strict->object, "status");
	int64_t settled_s = kg_member_time_s(strict->object, "metadata.creationTimestamp") + settle_s;
	bool is_young = strict->now_s < settled_s;
	struct kg_condition condition;

	for (size_t i = 0; i < sizeof(telling) / sizeof(*telling); i++)
		if (kg_condition_find(strict->object, telling[i], &condition))
			return custom_by_condition(strict, &condition, generation);
	if (has_settled(strict->object, generation))
		return kg_status_current("its controller has settled, and no condition says whether it is ready");
	if (!status || !status->child) {
		if (never_has_status(strict))
			return kg_status_current("its definition has no status");
		if (!is_young)
			return kg_status_current("no controller writes a status for it");
	}
	if (is_young) {
		struct kg_status waiting = kg_status_waiting("NoStatus", "its controller has not said anything of it yet");

		waiting.again_s = settled_s;
		return waiting;
	}
	return kg_status_unknown(
	    "its status has neither a condition Ready or Available nor an observedGeneration: say with `ready_when` when it "
	    "is ready, such as \"{.status.phase}=Running\"");
}
