/*
 * The last words of containers: heard when one ends while it is waited for, so that the user reads them at the first crash, and told with the error when it never
 * will be ready.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/crash.h"
#include "targets/kubernetes/status/diagnosis.h"

static constexpr int64_t words_lines = 25;
/* A kubelet that has nothing to say for so long is not waited for. */
static constexpr int64_t silence_ms = 5000;

static kg_step words_ask, words_told, ended_ask, ended_heard;

static struct kubernetes_wait *
wait_of(struct kg_job *job)
{
	return &((struct kubernetes_state *)job->state)->wait;
}

/* What the finding names is of one judgement, and gone with it. */
static struct kg_api_logs
logs_of(struct kg_job *job, const struct kg_finding *speaker)
{
	return (struct kg_api_logs){
		.namespace_ = kg_copy(job->arena, speaker->namespace_),
		.pod = kg_copy(job->arena, speaker->pod),
		.container = kg_copy(job->arena, speaker->container),
		.previous = speaker->is_previous,
		.tail_lines = words_lines,
		.stall_ms = silence_ms,
	};
}

static bool
is_answered(const struct kg_job *job)
{
	return !job->http.error && job->http.status == 200 && job->http.body_size > 0;
}

/* ---- of one that never will be ready */

struct kg_next
kg_kubernetes_fail_with_words(struct kg_job *job, struct kg_error *failure, const char *words, const struct kg_finding *speaker)
{
	struct kubernetes_wait *wait = wait_of(job);

	wait->failure = failure;
	wait->words = words;
	wait->logs = speaker ? logs_of(job, speaker) : (struct kg_api_logs){ 0 };
	return kg_go(speaker ? words_ask : words_told);
}

static struct kg_next
words_ask(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;

	return kg_api_logs(job, state->api, &wait_of(job)->logs, words_told);
}

/* A container that has not been restarted has no previous one. */
static struct kg_next
words_told(struct kg_job *job)
{
	struct kubernetes_wait *wait = wait_of(job);
	bool is_told = wait->logs.pod && is_answered(job);
	struct kg_text detail = { .arena = job->arena };

	if (wait->logs.pod && !is_told && wait->logs.previous) {
		wait->logs.previous = false;
		return kg_go(words_ask);
	}
	/* What the message says already is not said again. */
	for (const char *line = wait->words; *line; line += strcspn(line, "\n") + 1) {
		const char *text = kg_copy_bytes(job->arena, line, strcspn(line, "\n"));

		if (!strstr(wait->failure->message, text))
			kg_text_format(&detail, "%s\n", text);
	}
	if (is_told)
		kg_text_format(&detail, "pod %s, container %s%s:\n%s", wait->logs.pod,
		    wait->logs.container ? wait->logs.container : "", wait->logs.previous ? ", before its restart" : "",
		    job->http.body);
	wait->failure->detail = detail.size > 0 ? kg_text_end(&detail) : NULL;
	return kg_kubernetes_await_end(job, wait->failure);
}

/* ---- of one that may still be */

struct kg_next
kg_kubernetes_hear(struct kg_job *job, const struct kg_finding *speaker, kg_step *heard)
{
	struct kubernetes_wait *wait = wait_of(job);

	wait->logs = logs_of(job, speaker);
	wait->heard = heard;
	return kg_go(ended_ask);
}

static struct kg_next
ended_ask(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;

	return kg_api_logs(job, state->api, &wait_of(job)->logs, ended_heard);
}

/* The next one may have started since: then what has ended is the one before it. One that said nothing is not asked again. */
static struct kg_next
ended_heard(struct kg_job *job)
{
	struct kubernetes_wait *wait = wait_of(job);
	bool is_told = is_answered(job);

	if (!is_told && !job->http.error && !wait->logs.previous) {
		wait->logs.previous = true;
		return kg_go(ended_ask);
	}
	kg_crashes_hear(wait->crashes, wait->logs.namespace_, wait->logs.pod, wait->logs.container, is_told ? job->http.body : "");
	if (is_told)
		kg_job_log(
		    job, "pod %s, container %s has ended; it said:\n%s", wait->logs.pod, wait->logs.container, job->http.body);
	return kg_go(wait->heard);
}
