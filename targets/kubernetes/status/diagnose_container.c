#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

static const char *const status_lists[] = { "status.initContainerStatuses", "status.containerStatuses",
	"status.ephemeralContainerStatuses" };

const cJSON *
kg_pod_container(const cJSON *pod, const char *name)
{
	static const char *const lists[] = { "spec.containers", "spec.initContainers" };
	const cJSON *one;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		cJSON_ArrayForEach(one, kg_member(pod, lists[i]))
		{
			if (strcmp(kg_member_text(one, "name", ""), name) == 0)
				return one;
		}
	}
	return NULL;
}

static const struct {
	const char *words, *advice;
} config_errors[] = {
	{ "image will run as root", "let the image name a user other than root, or set securityContext.runAsUser" },
	{ "non-numeric user", "set securityContext.runAsUser to the user's number" },
	{ "no command specified", "the image has no command of its own: give the container one" },
};

/* The container cannot be made: what it refers to is missing, or its settings contradict each other. */
static bool
examine_config(struct kg_examination *examination, const cJSON *pod, const char *container, const char *message)
{
	int64_t born_s = kg_member_time_s(pod, "metadata.creationTimestamp");
	struct kg_missing missing;
	struct kg_draft draft = { .what = "config", .detail = message, .pod = pod, .container = container };

	if (kg_missing_read(examination->arena, message, &missing)) {
		kg_missing_tell(examination, &missing, born_s, &draft);
		draft.text = kg_format(examination->arena, "container %s cannot be made: %s", container, draft.text);
		kg_found(examination, &draft);
		return true;
	}
	if (strstr(message, "failed to sync") || strstr(message, "context deadline exceeded"))
		return false;
	/* The kubelet repeats which pod it speaks of. */
	const char *pod_again = strstr(message, " (pod: ");
	message = pod_again ? kg_copy_bytes(examination->arena, message, (size_t)(pod_again - message)) : message;
	draft.text = kg_format(
	    examination->arena, "container %s cannot be made: %s", container, kg_tidy_message(examination->arena, message));
	for (size_t i = 0; i < sizeof(config_errors) / sizeof(*config_errors); i++) {
		if (!strstr(message, config_errors[i].words))
			continue;
		draft.advice = config_errors[i].advice;
		draft.is_fatal = true;
	}
	if (!draft.is_fatal)
		kg_fatal_after(examination, born_s, examination->rules.pull_grace_s, &draft);
	kg_found(examination, &draft);
	return true;
}

static bool
examine_waiting(struct kg_examination *examination, const cJSON *pod, const cJSON *status)
{
	const char *container = kg_member_text(status, "name", "?");
	const char *reason = kg_member_text(status, "state.waiting.reason", "");
	const char *message = kg_member_text(status, "state.waiting.message", "");

	if (strcmp(reason, "CrashLoopBackOff") == 0 || strcmp(reason, "RunContainerError") == 0)
		return kg_examine_crash(examination, pod, status);
	if (strcmp(reason, "CreateContainerConfigError") == 0 || strcmp(reason, "CreateContainerError") == 0)
		return examine_config(examination, pod, container, message);
	return kg_examine_image(examination, pod, status, reason, message);
}

bool
kg_examine_containers(struct kg_examination *examination, const cJSON *pod)
{
	bool found = false;
	const cJSON *one;

	for (size_t i = 0; i < sizeof(status_lists) / sizeof(*status_lists); i++) {
		cJSON_ArrayForEach(one, kg_member(pod, status_lists[i]))
		{
			if (kg_member(one, "state.waiting"))
				found |= examine_waiting(examination, pod, one);
			else if (kg_member_integer(one, "state.terminated.exitCode", 0) != 0)
				found |= kg_examine_crash(examination, pod, one);
			else
				found |= kg_examine_restart(examination, pod, one);
		}
	}
	return found;
}

/* "GET :8080/readyz", "port 5432", "command pg_isready -h 127.0.0.1". */
static const char *
probe_words(struct kg_arena *arena, const cJSON *probe)
{
	const cJSON *http = kg_member(probe, "httpGet"), *port = kg_member(http, "port"), *one;
	struct kg_text text = { .arena = arena };

	if (!port)
		port = kg_member(probe, "tcpSocket.port");
	if (!port)
		port = kg_member(probe, "grpc.port");
	if (http)
		kg_text_add(&text, "GET ");
	else if (kg_member(probe, "grpc"))
		kg_text_add(&text, "gRPC on ");
	if (cJSON_IsString(port))
		kg_text_format(&text, "port %s", port->valuestring);
	else if (port)
		kg_text_format(&text, http ? ":%.0f" : "port %.0f", port->valuedouble);
	if (http)
		kg_text_format(&text, "%s%s", cJSON_IsString(port) ? " " : "", kg_member_text(http, "path", "/"));
	cJSON_ArrayForEach(one, kg_member(probe, "exec.command"))
	    kg_text_format(&text, "%s%s", text.size > 0 ? " " : "command ", cJSON_IsString(one) ? one->valuestring : "?");
	const char *words = kg_text_end(&text);
	return strlen(words) > 80 ? kg_format(arena, "%.79s…", words) : words;
}

static const struct {
	const char *start, *field, *name, *verb;
} probes[] = {
	{ "Startup probe ", "startupProbe", "startup", "has not started" },
	{ "Readiness probe ", "readinessProbe", "readiness", "is not ready" },
	{ "Liveness probe ", "livenessProbe", "liveness", "is taken for dead and restarted" },
};

/* Its last answer, also of the container before a restart: what has become ready since is not asked about. */
static bool
examine_probe(struct kg_examination *examination, const cJSON *pod, const cJSON *status, size_t kind)
{
	const char *container = kg_member_text(status, "name", "?");
	struct kg_event event = { .time_s = 0 };

	for (const struct kg_near *near = kg_surroundings_events(examination->around, pod); near; near = near->next) {
		struct kg_event one = kg_event_read(near->object);

		if (strcmp(one.reason, "Unhealthy") != 0 || !kg_text_starts(one.message, probes[kind].start) ||
		    one.time_s < event.time_s || one.time_s < examination->rules.since_s)
			continue;
		if (!kg_event_is_of(&one, container))
			continue;
		event = one;
	}
	if (!event.time_s)
		return false;
	const char *colon = strstr(event.message, ": ");
	const char *answer = kg_tidy_message(examination->arena, colon ? colon + 2 : "");
	const char *probe = probe_words(examination->arena, kg_member(kg_pod_container(pod, container), probes[kind].field));
	struct kg_draft draft = {
		.what = probes[kind].name,
		.pod = pod,
		.container = container,
		.text = kg_format(examination->arena, "container %s %s: its %s probe%s%s%s %s%s", container, probes[kind].verb,
		    probes[kind].name, *probe ? " (" : "", probe, *probe ? ")" : "", *answer ? "says: " : "fails without a word",
		    answer),
		.has_log = true,
	};
	kg_found(examination, &draft);
	return true;
}

bool
kg_examine_probes(struct kg_examination *examination, const cJSON *pod)
{
	bool found = false;
	const cJSON *one;

	for (size_t i = 0; i < 2; i++) {
		cJSON_ArrayForEach(one, kg_member(pod, status_lists[i]))
		{
			if (!kg_member(one, "state.running") || kg_member_flag(one, "ready", false))
				continue;
			for (size_t kind = 0; kind < sizeof(probes) / sizeof(*probes); kind++)
				found |= examine_probe(examination, pod, one, kind);
		}
	}
	return found;
}
