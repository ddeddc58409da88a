#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

static const char *const pull_reasons[] = { "ErrImagePull", "ImagePullBackOff", "ErrImagePullBackOff", "RegistryUnavailable",
	"SignatureValidationFailed", "ImageInspectError" };

/* What registries and runtimes say; the first that is in the message decides. */
static const struct {
	const char *words, *why, *advice;
	bool is_final;
} answers[] = {
	{ "no match for platform", "it has no variant for the node's processor", "build it for the node's platform", true },
	{ "toomanyrequests", "the registry limits how often one may ask", "wait, log in, or load it into the nodes beforehand",
	    false },
	{ "429 Too Many", "the registry limits how often one may ask", "wait, log in, or load it into the nodes beforehand",
	    false },
	{ "repository does not exist or may require authorization",
	    "the registry has no such image, or hides it from whom it does not know",
	    "correct the name, load it into the nodes beforehand, or give the pod an imagePullSecret", true },
	{ "manifest unknown", "the registry has no such tag", "push it, correct the tag, or load it into the nodes beforehand",
	    true },
	{ "name unknown", "the registry has no such image", "push it, correct the name, or load it into the nodes beforehand",
	    true },
	{ "dial tcp: lookup", "the registry's name does not resolve",
	    "correct the image's name; the node has to reach its registry", false },
	{ "connection refused", "the registry does not answer", "see whether it runs, and whether the node reaches it", false },
	{ "network is unreachable", "the node does not reach the registry",
	    "see the node's network, or load it into the nodes beforehand", false },
	{ "no route to host", "the node does not reach the registry",
	    "see the node's network, or load it into the nodes beforehand", false },
	{ "i/o timeout", "the registry does not answer", "see whether the node reaches it", false },
	{ "server gave HTTP response to HTTPS client", "the registry speaks no TLS",
	    "tell the node's runtime that it is an insecure registry", false },
	{ "x509:", "the registry's certificate is not trusted", "give the node's runtime the CA of the registry", false },
	{ ": not found", "the registry has no such image or tag", "push it, correct the name, or load it into the nodes beforehand",
	    true },
	{ "unauthorized", "the registry wants to know who asks", "give the pod an imagePullSecret that may read it", true },
	{ "authorization failed", "the registry refuses it to whom it does not know",
	    "give the pod an imagePullSecret that may read it", true },
	{ "401 Unauthorized", "the registry wants to know who asks", "give the pod an imagePullSecret that may read it", true },
	{ "403 Forbidden", "the registry refuses it", "give the pod an imagePullSecret that may read it", true },
	{ "denied", "the registry refuses it", "give the pod an imagePullSecret that may read it", true },
};

/* The part of a pull's message that the registry or the network said. */
static const char *
last_words(struct kg_arena *arena, const char *message)
{
	static const char *const ahead[] = { "ErrImagePull: ", "failed to pull and unpack image ", "failed to resolve reference ",
		"failed to copy: ", "failed to do request: " };

	for (size_t i = 0; i < sizeof(ahead) / sizeof(*ahead); i++) {
		const char *at = strstr(message, ahead[i]);

		if (!at)
			continue;
		message = at + strlen(ahead[i]);
		/* `"NAME": ` follows some of them. */
		const char *end = *message == '"' ? strstr(message, "\": ") : NULL;
		message = end ? end + 3 : message;
	}
	return kg_tidy_message(arena, message);
}

static const char *
image_name(const cJSON *pod, const char *container)
{
	return kg_member_text(kg_pod_container(pod, container), "image", "?");
}

/* So podman calls what was made on a machine: no registry has it. */
static bool
is_local(const char *image)
{
	return kg_text_starts(image, "localhost/");
}

/* It was so before anybody asked. The kubelet tries again at longer and longer intervals, and may find another world. */
static void
stale_spare(struct kg_examination *examination, const cJSON *pod, const char *container, struct kg_draft *draft)
{
	int64_t asked_s = examination->rules.asked_s;
	struct kg_event event;

	if (kg_member_time_s(pod, "metadata.creationTimestamp") >= asked_s ||
	    kg_event_latest(examination->around, pod, "Failed", container, asked_s, &event))
		return;
	kg_fatal_after(examination, asked_s, examination->rules.pull_grace_s, draft);
}

static void
examine_absent(struct kg_examination *examination, const cJSON *pod, const char *container, const char *why, const char *or_else)
{
	const char *node = kg_member_text(pod, "spec.nodeName", "its node"), *image = image_name(pod, container);
	struct kg_draft draft = {
		.what = "image",
		.detail = image,
		.pod = pod,
		.container = container,
		.text = kg_format(examination->arena, "container %s: image %s is not on %s, and %s", container, image, node, why),
		.advice = kg_format(examination->arena, "let an `image-load` node bring it into the cluster first, or %s", or_else),
		.is_fatal = true,
	};

	stale_spare(examination, pod, container, &draft);
	kg_found(examination, &draft);
}

/* The state says only "back-off" on older servers; then the event has the words. */
static const char *
pull_message(struct kg_examination *examination, const cJSON *pod, const char *container, const char *message)
{
	int64_t latest_s = examination->rules.since_s;

	if (*message && (!kg_text_starts(message, "Back-off") || strstr(message, ": ")))
		return message;
	for (const struct kg_near *near = kg_surroundings_events(examination->around, pod); near; near = near->next) {
		struct kg_event event = kg_event_read(near->object);

		if (event.time_s < latest_s || !kg_text_starts(event.message, "Failed to pull") ||
		    !kg_event_is_of(&event, container))
			continue;
		latest_s = event.time_s;
		message = event.message;
	}
	return message;
}

static void
examine_pull(struct kg_examination *examination, const cJSON *pod, const char *container, const char *message)
{
	struct kg_arena *arena = examination->arena;
	const char *image = image_name(pod, container), *words = last_words(arena, message);
	struct kg_draft draft = { .what = "pull", .detail = image, .pod = pod, .container = container };

	draft.text = kg_format(arena, "container %s: image %s cannot be pulled: %s", container, image, words);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		if (!strstr(message, answers[i].words))
			continue;
		draft.text =
		    kg_format(arena, "container %s: image %s cannot be pulled: %s (%s)", container, image, answers[i].why, words);
		draft.advice = answers[i].advice;
		draft.is_fatal = answers[i].is_final;
		break;
	}
	if (draft.is_fatal)
		stale_spare(examination, pod, container, &draft);
	else
		kg_fatal_after(
		    examination, kg_member_time_s(pod, "metadata.creationTimestamp"), examination->rules.pull_grace_s, &draft);
	kg_found(examination, &draft);
}

bool
kg_examine_image(struct kg_examination *examination, const cJSON *pod, const cJSON *status, const char *reason, const char *message)
{
	const char *container = kg_member_text(status, "name", "?");

	if (strcmp(reason, "ErrImageNeverPull") == 0) {
		examine_absent(
		    examination, pod, container, "imagePullPolicy is Never", "allow the pull (imagePullPolicy: IfNotPresent)");
		return true;
	}
	if (strcmp(reason, "InvalidImageName") == 0) {
		struct kg_draft draft = {
			.what = "image",
			.detail = image_name(pod, container),
			.pod = pod,
			.container = container,
			.text = kg_format(
			    examination->arena, "container %s: %s is no name of an image", container, image_name(pod, container)),
			.advice = "names are lower case: registry/path:tag",
			.is_fatal = true,
		};
		kg_found(examination, &draft);
		return true;
	}
	for (size_t i = 0; i < sizeof(pull_reasons) / sizeof(*pull_reasons); i++) {
		if (strcmp(reason, pull_reasons[i]) != 0)
			continue;
		if (is_local(image_name(pod, container)))
			examine_absent(examination, pod, container, "no registry has what is called localhost/",
			    "give it the name of a registry");
		else
			examine_pull(examination, pod, container, pull_message(examination, pod, container, message));
		return true;
	}
	return false;
}
