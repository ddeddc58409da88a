#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/crash.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/neighbour.h"
#include "targets/kubernetes/status/surroundings.h"

/* What the runtime says when there is nothing that it could start: the next attempt finds the same. */
static const char *const not_startable[] = { "executable file not found", "no such file or directory", "permission denied",
	"exec format error", "not a directory", "is a directory" };

/* Of runc's words the last, which are the reason: '…: unable to start container process: exec: "x": executable file not found in $PATH'. */
static const char *
runtime_words(struct kg_arena *arena, const char *message)
{
	static const char *const ahead[] = {
		"unable to start container process: ", "error during container init: ", "OCI runtime create failed: "
	};

	for (size_t i = 0; i < sizeof(ahead) / sizeof(*ahead); i++) {
		const char *at = strstr(message, ahead[i]);

		if (at)
			message = at + strlen(ahead[i]);
	}
	const char *tidy = kg_tidy_message(arena, message);
	return kg_text_ends(tidy, ": unknown") ? kg_copy_bytes(arena, tidy, strlen(tidy) - strlen(": unknown")) : tidy;
}

static const char *
not_started(struct kg_arena *arena, const cJSON *ended, const char *waiting, bool *ret_is_final)
{
	const char *reason = kg_member_text(ended, "reason", "");
	const char *message = kg_member_text(ended, "message", waiting);

	*ret_is_final = false;
	if (strcmp(reason, "StartError") != 0 && strcmp(reason, "ContainerCannotRun") != 0 && (ended || !*waiting))
		return NULL;
	for (size_t i = 0; i < sizeof(not_startable) / sizeof(*not_startable); i++)
		*ret_is_final |= strstr(message, not_startable[i]) != NULL;
	return runtime_words(arena, message);
}

/* The kubelet kills what fails its liveness or startup probe, and what then looks like a crash is none. */
static bool
was_killed_by_probe(const struct kg_examination *examination, const cJSON *pod, const char *container)
{
	struct kg_event event;

	return kg_event_latest(examination->around, pod, "Killing", container, examination->rules.since_s, &event) &&
	    strstr(event.message, "probe");
}

/* "ended with exit code 1", "was killed: it needs more than its memory limit of 64Mi". */
static const char *
how_it_ended(
    const struct kg_examination *examination, const cJSON *pod, const char *container, const cJSON *ended, const char **ret_advice)
{
	struct kg_arena *arena = examination->arena;
	int64_t code = kg_member_integer(ended, "exitCode", 0);

	if (strcmp(kg_member_text(ended, "reason", ""), "OOMKilled") == 0) {
		const char *limit = kg_member_some_text(kg_pod_container(pod, container), "resources.limits.memory");

		*ret_advice = limit ? "give it a higher limit (resources.limits.memory), or let it use less"
				    : "it has no limit of its own: the node is out of memory";
		return limit ? kg_format(arena, "was killed for memory: it needs more than its limit of %s", limit)
			     : "was killed for memory (OOMKilled)";
	}
	if (was_killed_by_probe(examination, pod, container)) {
		*ret_advice = "see whether the probe's port and path are right, and whether it has time enough (a startupProbe)";
		return kg_format(arena, "was killed because its probe failed (exit code %" PRId64 ")", code);
	}
	switch (code) {
	case 0: *ret_advice = "its program ends by itself, which is right for a Job only"; return "ended with exit code 0";
	case 126: *ret_advice = "its program is there, and cannot be executed"; break;
	case 127:
		*ret_advice = "its shell does not find the program: see command and args, and what the image has in its PATH";
		break;
	case 137: return "was killed (exit code 137)";
	case 139: return "crashed with a segmentation fault (exit code 139)";
	default: break;
	}
	return kg_format(arena, "ended with exit code %" PRId64, code);
}

/* A Job counts the attempts itself, and says when there were enough. */
static bool
is_of_job(const cJSON *pod)
{
	const cJSON *owner;

	cJSON_ArrayForEach(owner, kg_member(pod, "metadata.ownerReferences"))
	{
		if (strcmp(kg_member_text(owner, "kind", ""), "Job") == 0)
			return true;
	}
	return false;
}

/*
 * A service that ends because its database is not up yet is well a moment later, and ends with the same words each time until then. So that it ended alike is
 * enough only where it speaks of itself alone; else what it may be waiting for has to have been there when it was started last.
 */
static bool
is_certain(
    const struct kg_examination *examination, const cJSON *pod, const char *container, const struct kg_crash *crash, int64_t ends)
{
	const struct kg_crash_words *words = &crash->last.words;
	int64_t started_s = crash->last.started_s;

	if (ends < 3 || !kg_crash_is_alike(crash))
		return false;
	if (words->cause == KG_CRASH_MAY_PASS)
		return kg_named_is_ready(examination->arena, examination->around, pod, words->line, started_s) &&
		    !kg_jobs_run(examination->around, pod); /* a database is ready before its schema is there */
	return kg_neighbours_are_ready(examination->around, pod, container, started_s);
}

/* What it speaks of is on its way, as far as can be seen. */
static bool
waits_for_others(const struct kg_examination *examination, const cJSON *pod, const char *container, const struct kg_crash *crash)
{
	return crash && crash->last.words.cause == KG_CRASH_MAY_PASS &&
	    kg_surroundings_is_complete(examination->around, "Pod", kg_member_text(pod, "metadata.namespace", "")) &&
	    !kg_neighbours_are_ready(examination->around, pod, container, crash->last.started_s);
}

/* What holds for the container: its own policy comes before the pod's. That of an init container that is a sidecar is Always. */
static bool
is_never_restarted(const cJSON *pod, const char *container)
{
	const cJSON *own = kg_pod_container(pod, container);

	return !kg_member(own, "restartPolicyRules") &&
	    strcmp(kg_member_text(own, "restartPolicy", kg_member_text(pod, "spec.restartPolicy", "Always")), "Never") == 0;
}

/* Something else may be what it waits for: it is told, and left to try again until that is there, and once more. */
static bool
may_be_helped(const struct kg_examination *examination, const cJSON *pod, int64_t started_s)
{
	const struct kg_diagnosis_rules *rules = &examination->rules;

	return kg_siblings_may_help(examination->around, pod, started_s, rules->crash_restarts) ||
	    (rules->others_may_help && rules->others_may_help(rules->context, started_s));
}

/* It has ended alike, or so often, that it would be given up if nothing else were on its way. */
static bool
is_given_up(const struct kg_examination *examination, const cJSON *pod, const cJSON *status, const struct kg_crash *crash)
{
	const char *container = kg_member_text(status, "name", "?");
	int64_t restarts = kg_member_integer(status, "restartCount", 0);

	if (restarts > 0 && crash && is_certain(examination, pod, container, crash, restarts + 1))
		return true;
	/* What it said this time is heard in a moment, and may tell that it waits for something. */
	if (!kg_member(status, "state.waiting") || (crash && !crash->last.has_words))
		return false;
	return restarts >= examination->rules.crash_restarts && !waits_for_others(examination, pod, container, crash);
}

static bool
is_hopeless(
    const struct kg_examination *examination, const cJSON *pod, const cJSON *status, int64_t code, const struct kg_crash *crash)
{
	int64_t restarts = kg_member_integer(status, "restartCount", 0);
	const cJSON *ended = kg_member(status, "lastState.terminated");
	bool wants_memory = strcmp(kg_member_text(ended, "reason", ""), "OOMKilled") == 0; /* which nobody else brings */

	if (pod == examination->object && is_never_restarted(pod, kg_member_text(status, "name", "?")))
		return true;
	if (kg_member(status, "state.running") || is_of_job(pod))
		return false;
	/* What is wrong is its own. */
	if (restarts > 0 && crash && crash->last.words.cause == KG_CRASH_BROKEN && kg_crash_is_alike(crash))
		return true;
	if (restarts > 0 && kg_member(status, "state.waiting") && (code == 126 || code == 127))
		return true;
	return is_given_up(examination, pod, status, crash) &&
	    (wants_memory ||
		!may_be_helped(examination, pod, crash ? crash->last.started_s : kg_member_time_s(ended, "startedAt")));
}

/* What it said last: in the message that it left for that, or else in its log. */
static const char *
words_of(struct kg_arena *arena, const cJSON *ended, const struct kg_crash *crash)
{
	const char *message = kg_tidy_message(arena, kg_member_text(ended, "message", ""));

	if (*message || !crash || !*crash->last.words.line)
		return message;
	return kg_format(arena, "\"%s\"", crash->last.words.line);
}

/*
 * It was started before anybody asked, and what ended it may be mended since, as by a value in a ConfigMap: its next try tells. That may be minutes away, and
 * time makes it certain enough.
 */
static void
stale_spare(struct kg_examination *examination, const cJSON *pod, const cJSON *ended, struct kg_draft *draft)
{
	int64_t asked_s = examination->rules.asked_s, started_s = kg_member_time_s(ended, "startedAt");

	if (started_s <= 0) /* of a program that could not be started the runtime says 1970 */
		started_s = kg_member_time_s(ended, "finishedAt");
	if (!draft->is_fatal || started_s >= asked_s || is_never_restarted(pod, draft->container))
		return;
	kg_fatal_after(examination, asked_s, examination->rules.pull_grace_s, draft);
	if (!draft->advice)
		draft->advice = "it was so before; `kubectl delete pod` lets it try again at once";
}

/* A container that ended, and waits to be started again, was so just now, or is over. */
bool
kg_examine_crash(struct kg_examination *examination, const cJSON *pod, const cJSON *status)
{
	struct kg_arena *arena = examination->arena;
	const char *container = kg_member_text(status, "name", "?"), *waiting = kg_member_text(status, "state.waiting.message", "");
	const cJSON *ended = kg_member(status, "state.terminated");
	bool is_waiting = kg_member(status, "state.waiting") != NULL, is_final;
	int64_t restarts = kg_member_integer(status, "restartCount", 0);

	if (!ended)
		ended = kg_member(status, "lastState.terminated");
	struct kg_crash *crash = kg_crashes_see(examination->rules.crashes, pod, status);
	const char *refusal = not_started(arena, ended, is_waiting ? waiting : "", &is_final);
	struct kg_draft draft = {
		.what = "crash",
		.detail = kg_format(arena, "%" PRId64, kg_member_integer(ended, "exitCode", 0)),
		.pod = pod,
		.container = container,
		.has_log = !refusal,
		/* By the time that the log is asked for, the next one may have begun. */
		.is_previous = !refusal && !kg_member(status, "state.terminated"),
		.wants_words = !refusal && crash && !crash->last.has_words,
	};

	if (refusal) {
		draft.text = kg_format(arena, "container %s cannot be started: %s", container, refusal);
		draft.advice = is_final ? "see its command and args, and what the image has at that path" : NULL;
		draft.is_fatal = is_final;
	} else {
		const char *how = how_it_ended(examination, pod, container, ended, &draft.advice);
		const char *words = words_of(arena, ended, crash);

		draft.text = kg_format(arena, "container %s %s%s%s", container, how, *words ? ": " : "", words);
		if (restarts > 0)
			draft.text = kg_format(arena, "%s; started %" PRId64 " times", draft.text, restarts + 1);
	}
	draft.is_fatal |= is_hopeless(examination, pod, status, kg_member_integer(ended, "exitCode", 0), crash);
	stale_spare(examination, pod, ended, &draft);
	kg_found(examination, &draft);
	return true;
}

/* Who has run for so long since it ended is taken at its word that it is ready. */
static constexpr int64_t settled_s = 15;

/* It runs again, but what ended it may come back: within moments, or for memory at any time. What a probe ended is told by the probe. */
bool
kg_examine_restart(struct kg_examination *examination, const cJSON *pod, const cJSON *status)
{
	const cJSON *ended = kg_member(status, "lastState.terminated");
	int64_t ended_s = kg_member_time_s(ended, "finishedAt");
	bool is_killed_for_memory = strcmp(kg_member_text(ended, "reason", ""), "OOMKilled") == 0;
	bool is_settled = kg_member_flag(status, "ready", false) && examination->rules.now_s - ended_s > settled_s;

	if (!ended || !kg_member(status, "state.running") || ended_s < examination->rules.since_s)
		return false;
	if (!is_killed_for_memory && (is_settled || was_killed_by_probe(examination, pod, kg_member_text(status, "name", "?"))))
		return false;
	return kg_examine_crash(examination, pod, status);
}
