#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

/* What a scheduler says of itself follows what it says of the nodes. */
static const char *
scheduler_words(struct kg_arena *arena, const char *message)
{
	static const char *const behind[] = { " preemption:", " no new claims to deallocate" };
	const char *words = message;
	size_t length = strlen(words);

	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		const char *at = strstr(words, behind[i]);

		length = at && (size_t)(at - words) < length ? (size_t)(at - words) : length;
	}

	while (length > 0 && (words[length - 1] == '.' || words[length - 1] == ' '))
		length--;
	return kg_tidy_message(arena, kg_copy_bytes(arena, words, length));
}

static const struct {
	const char *words, *advice;
	bool may_pass; /* a matter of time: it is told, and never fatal */
} scheduling[] = {
	{ "node.kubernetes.io/not-ready", "the node is starting, or its kubelet or network is broken: see `kubectl describe node`",
	    true },
	{ "node.cloudprovider.kubernetes.io/uninitialized", NULL, true },
	{ "node.kubernetes.io/unreachable", "the node does not answer any more: is its machine on, and its network up?", true },
	{ "node.kubernetes.io/network-unavailable", "the node's network plug-in is not there, or not up yet", true },
	{ "node.kubernetes.io/disk-pressure",
	    "the node's disk is nearly full: free some of it, images and volumes that nobody uses", false },
	{ "node.kubernetes.io/memory-pressure", "the node's memory is nearly full: take something else away from it", false },
	{ "node.kubernetes.io/pid-pressure", "the node runs too many processes: take something else away from it", false },
	{ "unbound immediate PersistentVolumeClaims", "its claim waits for a volume", true },
	{ "Insufficient", "ask for less (resources.requests), or take something else away from the cluster", false },
	{ "Too many pods", "take something else away from the cluster, or give it another node", false },
	{ "untolerated taint", "give the pod a toleration, or take the taint off the node", false },
	{ "node affinity/selector", "no node has the labels of its nodeSelector or affinity: change them, or label a node", false },
	{ "volume node affinity conflict", "its volume is on a node that it may not run on", false },
	{ "free ports for the requested pod ports", "another pod has its hostPort already", false },
	{ "anti-affinity rules", "a pod that it may not stand beside is on each node", false },
	{ "were unschedulable", "a node is cordoned: `kubectl uncordon` it", false },
};

/* An autoscaler says that it makes a node for the pod, which takes minutes. */
static bool
is_scaled_up(const struct kg_examination *examination, const cJSON *pod)
{
	static const char *const reasons[] = { "TriggeredScaleUp", "Nominated" };

	for (const struct kg_near *near = kg_surroundings_events(examination->around, pod); near; near = near->next)
		for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
			if (strcmp(kg_event_read(near->object).reason, reasons[i]) == 0)
				return true;
	return false;
}

static void
examine_scheduling(struct kg_examination *examination, const cJSON *pod, const struct kg_condition *scheduled)
{
	struct kg_missing missing;
	int64_t born_s = kg_member_time_s(pod, "metadata.creationTimestamp");
	const char *words = scheduler_words(examination->arena, scheduled->message);
	struct kg_draft draft = { .what = "schedule", .detail = words, .pod = pod };

	if (kg_missing_read(examination->arena, scheduled->message, &missing)) {
		kg_missing_tell(examination, &missing, born_s, &draft);
		kg_found(examination, &draft);
		return;
	}
	const char *nodes = kg_nodes_tell(examination);
	draft.text = kg_format(examination->arena, "no node can take it: %s%s%s", *words ? words : "the scheduler does not say why",
	    nodes ? "; " : "", nodes ? nodes : "");
	bool may_pass = false;
	for (size_t i = 0; i < sizeof(scheduling) / sizeof(*scheduling); i++) {
		if (!strstr(words, scheduling[i].words))
			continue;
		draft.advice = scheduling[i].advice;
		may_pass = scheduling[i].may_pass;
		break;
	}
	if (!may_pass && !is_scaled_up(examination, pod)) {
		kg_fatal_after(examination, born_s, examination->rules.unschedulable_grace_s, &draft);
		kg_spare_while_others_may_help(examination, &draft); /* a Job that ends gives its room back */
	}
	kg_found(examination, &draft);
}

/* Nobody has looked for a node: a pod that names its own scheduler may have to wait for ever. */
static void
examine_unseen(struct kg_examination *examination, const cJSON *pod)
{
	const char *scheduler = kg_member_text(pod, "spec.schedulerName", "default-scheduler");
	struct kg_draft draft = {
		.what = "unseen",
		.detail = scheduler,
		.pod = pod,
		.text = kg_format(examination->arena, "no scheduler has looked for a node for it yet (%s)", scheduler),
	};
	kg_found(examination, &draft);
}

/* A pod that is over as a whole: evicted, refused by its node, out of time. One that a controller replaces is only told. */
static bool
examine_end(struct kg_examination *examination, const cJSON *pod)
{
	const char *reason = kg_member_some_text(pod, "status.reason");
	const char *message = kg_member_text(pod, "status.message", "");

	if (strcmp(kg_member_text(pod, "status.phase", ""), "Failed") != 0 || !reason)
		return false;
	bool is_evicted = strcmp(reason, "Evicted") == 0;
	struct kg_draft draft = {
		.what = "end",
		.detail = reason,
		.pod = pod,
		.text = kg_format(examination->arena, "%s: %s", is_evicted ? "was evicted from its node" : reason,
		    kg_tidy_message(examination->arena, *message ? message : "its node does not say why")),
		.is_fatal = pod == examination->object,
	};
	if (strstr(message, "low on resource"))
		draft.advice = "the node lacks room: give its containers requests and limits, or the node more";
	else if (strstr(message, "exceeds the limit"))
		draft.advice = "raise the limit (sizeLimit, or ephemeral-storage in resources.limits), or let it write less";
	kg_found(examination, &draft);
	return true;
}

static bool
has_started(const cJSON *pod)
{
	static const char *const lists[] = { "status.initContainerStatuses", "status.containerStatuses" };
	const cJSON *one;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		cJSON_ArrayForEach(one, kg_member(pod, lists[i]))
		{
			if (!kg_member(one, "state.waiting") || kg_member_integer(one, "restartCount", 0) > 0)
				return true;
		}
	}
	return false;
}

/* The kubelet's own troubles at start, which pass by themselves. */
static bool
is_noise(const char *message)
{
	return strstr(message, "not registered") || strstr(message, "failed to sync") ||
	    strstr(message, "timed out waiting for the condition") || strstr(message, "context deadline exceeded");
}

/* 'MountVolume.SetUp failed for volume "config" : configmap "x" not found', or, of mount itself, what it printed. */
static const char *
mount_words(struct kg_arena *arena, const char *message)
{
	const char *colon = strstr(message, " : "), *output = strstr(message, "Output: ");

	return kg_tidy_message(arena, output ? output + strlen("Output: ") : colon ? colon + 3 : message);
}

static const char *
mount_volume(struct kg_arena *arena, const char *message)
{
	const char *at = strstr(message, " for volume \"");

	if (!at)
		return "a volume";
	at += strlen(" for volume \"");
	return kg_format(arena, "volume %.*s", (int)strcspn(at, "\""), at);
}

static bool
examine_mounts(struct kg_examination *examination, const cJSON *pod)
{
	static const char *const reasons[] = { "FailedMount", "FailedAttachVolume", "FailedMapVolume" };
	struct kg_missing missing;
	struct kg_event event;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (!kg_event_latest(examination->around, pod, reasons[i], NULL, examination->rules.since_s, &event) ||
		    is_noise(event.message))
			continue;
		int64_t born_s = kg_member_time_s(pod, "metadata.creationTimestamp");
		const char *words = mount_words(examination->arena, event.message);
		struct kg_draft draft = { .what = "mount", .detail = words, .pod = pod };

		if (kg_missing_read(examination->arena, event.message, &missing)) {
			kg_missing_tell(examination, &missing, born_s, &draft);
		} else {
			draft.text =
			    kg_format(examination->arena, "%s cannot be %s: %s", mount_volume(examination->arena, event.message),
				strcmp(reasons[i], "FailedAttachVolume") == 0 ? "attached" : "mounted", words);
			if (strstr(words, "hostPath type check failed") || strstr(words, "references non-existent"))
				kg_fatal_after(examination, born_s, examination->rules.missing_grace_s, &draft);
		}
		kg_found(examination, &draft);
		return true;
	}
	return false;
}

static bool
examine_sandbox(struct kg_examination *examination, const cJSON *pod)
{
	struct kg_event event;

	if (!kg_event_latest(examination->around, pod, "FailedCreatePodSandBox", NULL, examination->rules.since_s, &event))
		return false;
	struct kg_draft draft = {
		.what = "sandbox",
		.pod = pod,
		.text = kg_format(
		    examination->arena, "its node cannot set it up: %s", kg_tidy_message(examination->arena, event.message)),
	};
	kg_found(examination, &draft);
	return true;
}

/* What the state of the pod or of a container says as well, a moment later and better, or what a rule has found to be over. */
static bool
is_told_by_state(const char *reason)
{
	static const char *const reasons[] = { "FailedScheduling", "BackOff", "Failed", "ErrImageNeverPull", "InspectFailed",
		"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "Unhealthy" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strcmp(reason, reasons[i]) == 0)
			return true;
	return false;
}

/* Whatever else was said of a pod that is not ready, in the words in which it was said. */
static void
examine_warning(struct kg_examination *examination, const cJSON *pod)
{
	struct kg_event event;

	if (!kg_event_latest(examination->around, pod, NULL, NULL, examination->rules.since_s, &event) || is_noise(event.message) ||
	    is_told_by_state(event.reason))
		return;
	struct kg_draft draft = {
		.what = "warning",
		.detail = event.reason,
		.pod = pod,
		.text = kg_format(examination->arena, "%s: %s", event.reason, kg_tidy_message(examination->arena, event.message)),
	};
	kg_found(examination, &draft);
}

static bool
examine_gates(struct kg_examination *examination, const cJSON *pod, const struct kg_condition *ready)
{
	if (strcmp(ready->reason, "ReadinessGatesNotReady") != 0)
		return false;
	struct kg_draft draft = {
		.what = "gate",
		.pod = pod,
		.text = kg_format(examination->arena, "its containers are ready, and it waits for a readiness gate: %s",
		    kg_tidy_message(examination->arena, ready->message)),
	};
	kg_found(examination, &draft);
	return true;
}

void
kg_examine_pod(struct kg_examination *examination, const cJSON *pod)
{
	struct kg_condition scheduled, ready;
	const char *phase = kg_member_text(pod, "status.phase", "");

	if (kg_member(pod, "metadata.deletionTimestamp") || strcmp(phase, "Succeeded") == 0 || examine_end(examination, pod))
		return;
	if (kg_condition_find(pod, "PodScheduled", &scheduled) && strcmp(scheduled.status, "False") == 0) {
		if (strcmp(scheduled.reason, "SchedulingGated") != 0)
			examine_scheduling(examination, pod, &scheduled);
		return;
	}
	if (!*scheduled.status && !kg_member_some_text(pod, "spec.nodeName") && strcmp(phase, "Pending") == 0) {
		examine_unseen(examination, pod);
		return;
	}
	bool found = kg_examine_containers(examination, pod);
	bool has_ready = kg_condition_find(pod, "Ready", &ready);
	if ((has_ready && strcmp(ready.status, "True") == 0) || strcmp(phase, "Failed") == 0)
		return;
	found |= kg_examine_node(examination, pod);
	if (!has_started(pod))
		found |= examine_mounts(examination, pod) || examine_sandbox(examination, pod);
	found |= kg_examine_probes(examination, pod);
	found |= has_ready && examine_gates(examination, pod, &ready);
	if (!found)
		examine_warning(examination, pod);
}
