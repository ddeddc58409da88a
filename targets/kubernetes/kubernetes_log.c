/*
 * What one container says, for `kgraph logs`: its log, before that the one from before its restart, and where it is followed, all that comes until it ends.
 *
 * A log that is followed ends when its container does. It also ends when the API server is started again, or the kubelet: then it goes on behind the last line
 * that has come. Logs are asked for by the container's name, and the watch may lag: so the pod is asked first whose log that is now.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_show.h"
#include "targets/kubernetes/status/member.h"

/* Until what has ended is looked at. */
static constexpr int64_t again_ms = 500;

const char *const kg_kubernetes_status_lists[] = { "status.initContainerStatuses", "status.containerStatuses",
	"status.ephemeralContainerStatuses", NULL };

static kg_step previous_said, current_ask, current_said, pod_ask, pod_told;

/* Of a stream's job, which is nobody's part. */
static struct speech *
speech_of(struct kg_job *job)
{
	struct speech *const *place = job->whole ? job->state : job->about;

	return *place;
}

void
kg_kubernetes_line_say(void *context, const char *line)
{
	struct speech *speech = context;

	speech->said.size = 0;
	kg_text_add(&speech->said, speech->prefix);
	kg_text_add(&speech->said, line);
	kg_print(speech->job, kg_text_end(&speech->said));
}

static bool
bytes_say(void *context, const char *bytes, size_t size)
{
	kg_log_lines_take(&((struct speech *)context)->lines, bytes, size);
	return true;
}

/* Somebody else may have its place now. */
static struct kg_next
over(struct kg_job *job, struct speech *speech)
{
	struct kubernetes_show *show = speech->show;

	kg_log_lines_end(&speech->lines);
	if (speech->stage == SPEECH_FOLLOWED) {
		speech->stage = SPEECH_OVER;
		show->followed--;
		kg_topic_signal(show->watches.items[0]->topic);
	}
	return kg_done(job);
}

static bool
is_away(const struct speech *speech)
{
	const struct kubernetes_show *show = speech->show;

	for (uint32_t i = 0; i < show->away.count; i++)
		if (strcmp(show->away.items[i], speech->node) == 0)
			return true;
	return false;
}

static struct kg_next
logs_ask(struct kg_job *job, struct speech *speech, kg_step *then)
{
	speech->job = job;
	speech->lines.has_times = speech->logs.timestamps;
	speech->logs.collect = bytes_say;
	speech->logs.context = speech;
	return kg_api_logs(job, speech->show->api, &speech->logs, then);
}

struct kg_next
kg_kubernetes_speak(struct kg_job *job)
{
	struct speech *speech = speech_of(job);

	if (is_away(speech)) {
		kg_tell(speech->show->job, "[%s] is not asked: its node %s does not answer", speech->title, speech->node);
		speech->show->failed++;
		return over(job, speech);
	}
	/* Meanwhile its name may have become another one's. */
	if (speech->had_to_wait)
		return kg_go(pod_ask);
	if (!speech->has_previous)
		return kg_go(current_ask);
	speech->prefix = kg_format(job->arena, "[%s, before its restart] ", speech->title);
	speech->logs.previous = true;
	speech->logs.follow = speech->logs.timestamps = false;
	return logs_ask(job, speech, previous_said);
}

/* It may be gone by now, which is no harm. */
static struct kg_next
previous_said(struct kg_job *job)
{
	kg_log_lines_end(&speech_of(job)->lines);
	return kg_go(current_ask);
}

static struct kg_next
current_ask(struct kg_job *job)
{
	struct speech *speech = speech_of(job);

	speech->prefix = kg_format(job->arena, "[%s] ", speech->title);
	speech->logs.previous = false;
	speech->logs.follow = speech->logs.timestamps = speech->show->is_followed;
	speech->is_last = !speech->is_running;
	return logs_ask(job, speech, current_said);
}

static struct kg_next
not_said(struct kg_job *job, struct speech *speech)
{
	struct kubernetes_show *show = speech->show;
	struct kg_error *error = kg_api_error(job, kg_format(job->arena, "cannot read the log of %s", speech->title));

	if (job->http.error && *speech->node)
		kg_list_push(job->arena, &show->away, speech->node);
	if (show->failed++ == 0)
		show->error = error;
	kg_tell(show->job, "%s", kg_error_text(job->arena, error));
	return over(job, speech);
}

static struct kg_next
current_said(struct kg_job *job)
{
	struct speech *speech = speech_of(job);
	bool is_well = !job->http.error && job->http.status == 200;

	if (!speech->show->is_followed || job->http.status == 403)
		return is_well ? over(job, speech) : not_said(job, speech);
	return is_well && speech->is_last ? over(job, speech) : kg_wait_timer(job, again_ms, pod_ask);
}

static struct kg_next
pod_ask(struct kg_job *job)
{
	const struct speech *speech = speech_of(job);
	struct kg_api *api = speech->show->api;

	return kg_api_get(job, api, kg_api_resource(api, "v1", "Pod"), speech->logs.namespace_, speech->logs.pod, pod_told);
}

static const cJSON *
status_of(const cJSON *pod, const char *container)
{
	const cJSON *status;

	for (const char *const *list = kg_kubernetes_status_lists; *list; list++)
		cJSON_ArrayForEach(status, kg_member(pod, *list))
		{
			if (strcmp(kg_member_text(status, "name", ""), container) == 0)
				return status;
		}
	return NULL;
}

/* Behind what was said, or where it was to begin. */
static struct kg_next
go_on(struct kg_job *job, struct speech *speech, bool is_previous)
{
	speech->prefix = kg_format(job->arena, "[%s] ", speech->title);
	speech->logs.since = kg_log_lines_resume(&speech->lines);
	if (speech->logs.since)
		speech->logs.tail_lines = 0;
	speech->logs.previous = is_previous;
	speech->logs.follow = !is_previous;
	speech->logs.timestamps = true;
	return logs_ask(job, speech, current_said);
}

static struct kg_next
pod_told(struct kg_job *job)
{
	struct speech *speech = speech_of(job);

	if (job->http.status == 404)
		return over(job, speech);
	if (job->http.status == 403)
		return not_said(job, speech);
	if (job->http.error || job->http.status != 200)
		return kg_wait_timer(job, again_ms, pod_ask);
	const cJSON *status = status_of(kg_api_answer(job), speech->logs.container);
	bool is_now = strcmp(kg_member_text(status, "containerID", ""), speech->id) == 0;
	bool was_before = strcmp(kg_member_text(status, "lastState.terminated.containerID", ""), speech->id) == 0;
	speech->is_last = !is_now || !kg_member(status, "state.running");
	return is_now || was_before ? go_on(job, speech, !is_now) : over(job, speech);
}
