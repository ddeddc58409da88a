#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status_inside.h"
#include "targets/kubernetes/status/surroundings.h"

const char *
kg_refusal_words(struct kg_arena *arena, const char *message)
{
	static const char *const ahead[] = { "\" is forbidden: ", "\" is invalid: ", "Error creating: ", " failed error: " };

	for (size_t i = 0; i < sizeof(ahead) / sizeof(*ahead); i++) {
		const char *at = strstr(message, ahead[i]);

		if (at)
			return kg_tidy_message(arena, at + strlen(ahead[i]));
	}
	return kg_tidy_message(arena, message);
}

static const struct {
	const char *words, *why, *advice;
} refusals[] = {
	{ "exceeded quota", "the quota of the namespace is used up", "free some of it, or raise the ResourceQuota" },
	{ "failed quota", "the quota of the namespace wants limits that they do not give",
	    "give the containers requests and limits" },
	{ "violates PodSecurity", "the namespace's pod security forbids them",
	    "change their securityContext, or the namespace's label pod-security.kubernetes.io/enforce" },
	{ "admission webhook", "an admission webhook refuses them", NULL },
	{ "failed calling webhook", "an admission webhook cannot be asked",
	    "its Service has no ready pod, or its certificate is not trusted" },
	{ "ValidatingAdmissionPolicy", "an admission policy refuses them", NULL },
	{ "usage per", "the LimitRange of the namespace forbids them", "change their requests and limits, or the LimitRange" },
};

static void
tell_refusal(struct kg_examination *examination, const char *message, int64_t since_s)
{
	struct kg_missing missing;
	const char *words = kg_refusal_words(examination->arena, message);
	struct kg_draft draft = { .what = "refusal", .is_fatal = true };

	if (kg_missing_read(examination->arena, message, &missing)) {
		draft.is_fatal = false;
		kg_missing_tell(examination, &missing, since_s, &draft);
		draft.text = kg_format(examination->arena, "its pods cannot be made: %s", draft.text);
		kg_found(examination, &draft);
		return;
	}
	draft.text = kg_format(examination->arena, "its pods cannot be made: %s", words);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		if (!strstr(message, refusals[i].words))
			continue;
		draft.text = kg_format(examination->arena, "its pods cannot be made: %s (%s)", refusals[i].why, words);
		draft.advice = refusals[i].advice;
		/* A webhook that starts beside it can be asked in a moment. */
		draft.is_fatal = strcmp(refusals[i].words, "failed calling webhook") != 0;
		break;
	}
	if (!draft.is_fatal || strstr(words, "the object has been modified") || strstr(words, "try again")) {
		draft.is_fatal = false;
		kg_fatal_after(examination, since_s, examination->rules.pull_grace_s, &draft);
	}
	kg_found(examination, &draft);
}

/* A ReplicaSet keeps a condition for as long as it is so. The other controllers only say it once, in an event, and a pod that was made
 * since has overtaken it. */
void
kg_examine_refusals(struct kg_examination *examination, const cJSON *controller)
{
	struct kg_condition failure;
	struct kg_event failed, made;
	int64_t since_s = examination->rules.since_s;

	if (kg_is_kind(controller, "apps", "Deployment"))
		return;
	if (kg_condition_find(controller, "ReplicaFailure", &failure) && strcmp(failure.status, "True") == 0) {
		const cJSON *one;

		cJSON_ArrayForEach(one, kg_member(controller, "status.conditions"))
		{
			if (strcmp(kg_member_text(one, "type", ""), "ReplicaFailure") == 0)
				tell_refusal(examination, failure.message, kg_member_time_s(one, "lastTransitionTime"));
		}
		return;
	}
	if (kg_is_kind(controller, "apps", "ReplicaSet") ||
	    !kg_event_latest(examination->around, controller, "FailedCreate", NULL, since_s, &failed))
		return;
	if (kg_event_latest(examination->around, controller, "SuccessfulCreate", NULL, since_s, &made) &&
	    made.time_s > failed.time_s)
		return;
	tell_refusal(examination, failed.message, failed.time_s);
}

static void
tell(struct kg_examination *examination, const char *what, bool is_fatal, const char *text, const char *advice)
{
	struct kg_draft draft = { .what = what, .text = text, .advice = advice, .is_fatal = is_fatal };

	kg_found(examination, &draft);
}

static void
examine_deployment(struct kg_examination *examination)
{
	int64_t generation = kg_member_integer(examination->object, "metadata.generation", -1);
	struct kg_condition progressing, failure;

	if (kg_member_integer(examination->object, "status.observedGeneration", -1) < generation)
		return;
	if (kg_condition_find(examination->object, "Progressing", &progressing) &&
	    strcmp(progressing.reason, "ProgressDeadlineExceeded") == 0)
		tell(examination, "deadline", true,
		    kg_format(examination->arena, "its pods were not ready within its progressDeadlineSeconds of %" PRId64,
			kg_member_integer(examination->object, "spec.progressDeadlineSeconds", 600)),
		    NULL);
	/* Where its ReplicaSets are not known, its own copy of their condition serves. */
	if (!kg_surroundings_owned(examination->around, kg_member_text(examination->object, "metadata.uid", NULL)) &&
	    kg_condition_find(examination->object, "ReplicaFailure", &failure) && strcmp(failure.status, "True") == 0)
		tell_refusal(examination, failure.message, 0);
}

static void
examine_job(struct kg_examination *examination)
{
	struct kg_condition failed;
	const cJSON *last = NULL, *status;

	if (!kg_condition_find(examination->object, "Failed", &failed) || strcmp(failed.status, "True") != 0)
		return;
	const char *uid = kg_member_text(examination->object, "metadata.uid", NULL);
	for (const struct kg_near *near = kg_surroundings_owned(examination->around, uid); near; near = near->next)
		if (strcmp(kg_member_text(near->object, "status.phase", ""), "Failed") == 0 &&
		    (!last || kg_member_time_s(near->object, "status.startTime") >= kg_member_time_s(last, "status.startTime")))
			last = near->object;
	struct kg_draft draft = {
		.what = "job",
		.text = kg_format(examination->arena, "it has failed: %s", *failed.message ? failed.message : failed.reason),
		.is_fatal = true,
		.pod = last,
		.is_about_object = true,
	};
	cJSON_ArrayForEach(status, kg_member(last, "status.containerStatuses"))
	{
		int64_t code = kg_member_integer(status, "state.terminated.exitCode", 0);

		if (code == 0)
			continue;
		draft.container = kg_member_text(status, "name", NULL);
		draft.has_log = true;
		draft.text = kg_format(examination->arena, "%s; container %s of its last pod ended with exit code %" PRId64,
		    draft.text, draft.container, code);
		break;
	}
	kg_found(examination, &draft);
}

static void
examine_daemon_set(struct kg_examination *examination)
{
	if (kg_member_integer(examination->object, "status.desiredNumberScheduled", -1) == 0 &&
	    kg_member_integer(examination->object, "status.observedGeneration", -1) ==
		kg_member_integer(examination->object, "metadata.generation", -1))
		tell(
		    examination, "nodes", false, "no node is one that it is for", "see its nodeSelector, affinity and tolerations");
}

static void
examine_claim(struct kg_examination *examination)
{
	struct kg_missing missing;
	struct kg_event event;

	int64_t since_s = examination->rules.since_s;

	/* That there is neither class nor volume for it is no warning in the controller's eyes. */
	if (strcmp(kg_member_text(examination->object, "status.phase", ""), "Pending") != 0 ||
	    (!kg_event_latest(examination->around, examination->object, NULL, NULL, since_s, &event) &&
		!kg_event_latest(examination->around, examination->object, "FailedBinding", NULL, since_s, &event)))
		return;
	struct kg_draft draft = { .what = "claim" };
	if (kg_missing_read(examination->arena, event.message, &missing))
		kg_missing_tell(examination, &missing, kg_member_time_s(examination->object, "metadata.creationTimestamp"), &draft);
	else
		draft.text =
		    kg_format(examination->arena, "gets no volume: %s", kg_tidy_message(examination->arena, event.message));
	kg_found(examination, &draft);
}

/* Words of other objects' controllers: of an Ingress, a load balancer, a custom resource that is not ready. */
static void
examine_others(struct kg_examination *examination)
{
	struct kg_event event;

	if (kg_status_strict(examination->arena, examination->object, examination->around, examination->rules.now_s).verdict ==
		KG_VERDICT_CURRENT ||
	    !kg_event_latest(examination->around, examination->object, NULL, NULL, examination->rules.since_s, &event))
		return;
	struct kg_draft draft = {
		.what = "warning",
		.detail = event.reason,
		.text = kg_format(examination->arena, "%s: %s", event.reason, kg_tidy_message(examination->arena, event.message)),
	};
	kg_found(examination, &draft);
}

void
kg_examine_object(struct kg_examination *examination)
{
	static const struct {
		const char *group, *kind;
		void (*examine)(struct kg_examination *examination);
	} rules[] = {
		{ "apps", "Deployment", examine_deployment },
		{ "apps", "DaemonSet", examine_daemon_set },
		{ "apps", "StatefulSet", NULL },
		{ "apps", "ReplicaSet", NULL },
		{ "batch", "Job", examine_job },
		{ "", "Pod", NULL },
		{ "", "Service", kg_examine_service },
		{ "", "PersistentVolumeClaim", examine_claim },
	};
	const char *deletion = kg_diagnose_deletion(examination->arena, examination->object, examination->around);

	if (deletion) {
		tell(examination, "deletion", false, deletion, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		if (!kg_is_kind(examination->object, rules[i].group, rules[i].kind))
			continue;
		if (rules[i].examine)
			rules[i].examine(examination);
		return;
	}
	examine_others(examination);
}
