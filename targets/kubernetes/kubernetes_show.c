/*
 * For `kgraph logs`: what the containers of a node's pods print, each line behind the names of its pod and container.
 *
 *     [web-7fd79c559-nf7v9/app, before its restart] panic: no DATABASE_URL
 *     [web-7fd79c559-nf7v9/app] listening on :8080
 *
 * Without `follow` one container after the other, the oldest pod first: the kubelet keeps the logs, and nothing of them is kept here. With `follow` all at once;
 * a watch of the pods tells when a container has started again, or another pod has come. What one container says is in kubernetes_log.c.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "targets/kubernetes/kubernetes_show.h"
#include "targets/kubernetes/status/condition.h"
#include "targets/kubernetes/status/member.h"

/* A kubelet that is asked for a log and says nothing for so long is away. */
static constexpr int64_t silence_ms = 20'000;
/* More streams than that at a time are no reading any more. */
static constexpr uint32_t followed_most = 100;

static kg_step opened, pods_look, all_said;

struct kg_next
kg_kubernetes_show(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_error *error = kg_inventory_read(job->arena, kg_kubernetes_inventory_path(job), &state->before);

	if (error)
		return kg_failed(error);
	if (state->before.puts.count == 0)
		return kg_absent(job, "nothing of it is in the cluster");
	return kg_kubernetes_open(job, KUBERNETES_GATHER, opened);
}

static struct kg_next
opened(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kubernetes_show *show = kg_new(job->arena, struct kubernetes_show);
	const struct kg_resource *pods = kg_api_resource(state->api, "v1", "Pod");
	struct kg_map namespaces = { .arena = job->arena };
	const char *selector = kg_kubernetes_node_selector(job);

	*show = (struct kubernetes_show){
		.job = job,
		.api = state->api,
		.is_followed = job->show->follow,
		.lines = job->show->lines,
	};
	show->known.arena = show->noted.arena = job->arena;
	state->show = show;
	for (uint32_t i = 0; pods && i < state->before.puts.count; i++) {
		const char *namespace_ = state->before.puts.items[i].namespace_;

		if (namespace_ && kg_map_put(&namespaces, namespace_, i))
			kg_list_push(job->arena, &show->watches, kg_api_watch(job, state->api, pods, namespace_, selector, NULL));
	}
	show->is_many = show->watches.count > 1;
	return show->watches.count > 0 ? kg_go(pods_look) : kg_absent(job, "it has nothing that runs");
}

/* ---- the pods */

static int
pod_order(const void *a, const void *b)
{
	const cJSON *const *left = a, *const *right = b;
	int order = strcmp(
	    kg_member_text(*left, "metadata.creationTimestamp", ""), kg_member_text(*right, "metadata.creationTimestamp", ""));

	return order ? order : strcmp(kg_member_text(*left, "metadata.name", ""), kg_member_text(*right, "metadata.name", ""));
}

/* All pods there are, the oldest first. */
static const cJSON **
pods_sorted(struct kg_job *job, const struct kubernetes_show *show, uint32_t *ret_count)
{
	KG_LIST(const cJSON *) pods = { 0 };

	for (uint32_t i = 0; i < show->watches.count; i++)
		for (uint32_t at = 0; at < show->watches.items[i]->count; at++)
			kg_list_push(job->arena, &pods, kg_api_watch_at(show->watches.items[i], at));
	if (pods.count > 1)
		qsort(pods.items, pods.count, sizeof(*pods.items), pod_order);
	*ret_count = pods.count;
	return pods.items;
}

static const char *
title_of(struct kg_arena *arena, const struct kubernetes_show *show, const cJSON *pod, const char *container)
{
	const char *namespace_ = show->is_many ? kg_member_text(pod, "metadata.namespace", "") : "";

	return kg_format(arena, "%s%s%s%s%s", namespace_, *namespace_ ? "/" : "", kg_member_text(pod, "metadata.name", "?"),
	    *container ? "/" : "", container);
}

/* Why nothing comes of it; once for each reason. */
static void
silence_tell(struct kg_job *job, struct kubernetes_show *show, const char *title, const char *reason, const char *message)
{
	const char *text = kg_format(job->arena, "[%s] has not started: %s%s%s", title, reason, *message ? ": " : "", message);

	if (kg_map_put(&show->noted, kg_format(job->arena, "%s %s", title, reason), 0))
		kg_tell(job, "%s", text);
}

/* Where it begins. What has come while it was followed is wanted whole. */
static void
start_set(const struct kubernetes_show *show, struct speech *speech)
{
	bool is_old = !show->is_synced;

	speech->logs.tail_lines = !is_old || show->lines < 0 ? 0 : show->lines > 0 ? show->lines : -1;
	speech->has_previous &= is_old && show->lines != 0;
}

static struct speech *
speech_make(struct kg_job *job, struct kubernetes_show *show, const cJSON *pod, const cJSON *status, const char *id)
{
	struct kg_arena *arena = job->arena;
	struct speech *speech = kg_new(arena, struct speech);
	const char *last = kg_member_text(status, "lastState.terminated.containerID", "");

	*speech = (struct speech){
		.show = show,
		.title = title_of(arena, show, pod, kg_member_text(status, "name", "?")),
		.node = kg_copy(arena, kg_member_text(pod, "spec.nodeName", "")),
		.id = kg_copy(arena, id),
		.has_previous = *last && strcmp(last, id) != 0,
		.said.arena = arena,
		.lines = { .line.arena = arena, .say = kg_kubernetes_line_say, .context = speech },
		.logs = {
			.namespace_ = kg_copy(arena, kg_member_text(pod, "metadata.namespace", "")),
			.pod = kg_copy(arena, kg_member_text(pod, "metadata.name", "")),
			.container = kg_copy(arena, kg_member_text(status, "name", "")),
			.timestamps = show->is_followed,
			.follow = show->is_followed,
			.limit_bytes = -1,
			.stall_ms = show->is_followed ? 0 : silence_ms,
		},
	};
	start_set(show, speech);
	return speech;
}

static void
container_add(struct kg_job *job, struct kubernetes_show *show, const cJSON *pod, const cJSON *status)
{
	const char *id = kg_member_text(status, "containerID", ""), *name = kg_member_text(status, "name", "?");
	const char *reason = kg_member_text(status, "state.waiting.reason", "it is being made");
	uint32_t at;

	if (!*id) {
		bool is_beginning = strcmp(reason, "PodInitializing") == 0 || strcmp(reason, "ContainerCreating") == 0;

		if (!is_beginning || !show->is_followed)
			silence_tell(job, show, title_of(job->arena, show, pod, name), reason,
			    kg_member_text(status, "state.waiting.message", ""));
		return;
	}
	const char *key = kg_format(job->arena, "%s %s %s", kg_member_text(pod, "metadata.uid", ""), name, id);
	if (!kg_map_get(&show->known, key, &at)) {
		at = show->speeches.count;
		kg_map_put(&show->known, key, at);
		kg_list_push(job->arena, &show->speeches, speech_make(job, show, pod, status, id));
	}
	show->speeches.items[at]->is_running = kg_member(status, "state.running") != NULL;
}

static void
pod_add(struct kg_job *job, struct kubernetes_show *show, const cJSON *pod)
{
	struct kg_condition scheduled;
	const cJSON *status;

	show->pods++;
	if (kg_condition_find(pod, "PodScheduled", &scheduled) && strcmp(scheduled.status, "False") == 0)
		silence_tell(job, show, title_of(job->arena, show, pod, ""), scheduled.reason, scheduled.message);
	for (const char *const *list = kg_kubernetes_status_lists; *list; list++)
		cJSON_ArrayForEach(status, kg_member(pod, *list))
		{
			container_add(job, show, pod, status);
		}
}

/* Which containers there are now; those of pods that have gone run no more. */
static void
pods_read(struct kg_job *job, struct kubernetes_show *show)
{
	uint32_t count;
	const cJSON **pods = pods_sorted(job, show, &count);

	show->pods = 0;
	for (uint32_t i = 0; i < show->speeches.count; i++)
		show->speeches.items[i]->is_running = false;
	for (uint32_t i = 0; i < count; i++)
		pod_add(job, show, pods[i]);
}

/* ---- all of them */

/* Those that have ended give their places free in a moment. */
static bool
is_crowded(const struct kubernetes_show *show)
{
	uint32_t running = 0;

	for (uint32_t i = 0; i < show->speeches.count; i++)
		running += show->speeches.items[i]->stage == SPEECH_FOLLOWED && show->speeches.items[i]->is_running;
	return running == followed_most;
}

static void
follow(struct kg_job *job, struct kubernetes_show *show, struct speech *speech)
{
	struct speech **place = kg_new(job->arena, struct speech *);

	speech->stage = SPEECH_FOLLOWED;
	show->followed++;
	*place = speech;
	kg_subscribe(job,
	    &(struct kg_question){
		.key = kg_format(job->arena, "log %s %s", speech->title, speech->id),
		.ask = kg_kubernetes_speak,
		.about = place,
	    });
}

static void
follow_all(struct kg_job *job, struct kubernetes_show *show)
{
	for (uint32_t i = 0; i < show->speeches.count; i++) {
		struct speech *speech = show->speeches.items[i];

		if (speech->stage != SPEECH_NEW)
			continue;
		/* Of what has ended before, `--lines 0` wants nothing. */
		if (!show->is_synced && show->lines == 0 && !speech->is_running) {
			speech->stage = SPEECH_OVER;
		} else if (show->followed < followed_most) {
			follow(job, show, speech);
		} else {
			if (!speech->is_refused && is_crowded(show)) {
				kg_tell(
				    job, "[%s] is followed when another one ends: %u containers are", speech->title, followed_most);
				speech->is_refused = true;
			}
			speech->had_to_wait = true;
		}
	}
}

static struct kg_next
say_all(struct kg_job *job, struct kubernetes_show *show)
{
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	if (show->pods == 0)
		return kg_absent(job, "it has no pods");
	*parts = (struct kg_job_parts){
		.count = show->lines == 0 ? 0 : show->speeches.count,
		.width = 1,
		.first = kg_kubernetes_speak,
		.states = show->speeches.items,
		.state_size = sizeof(*show->speeches.items),
	};
	return kg_wait_parts(job, parts, all_said);
}

static struct kg_next
all_said(struct kg_job *job)
{
	const struct kubernetes_show *show = ((const struct kubernetes_state *)job->state)->show;
	bool is_silent = show->failed > 0 && show->failed == show->speeches.count;

	return is_silent ? kg_failed(show->error) : kg_done(job);
}

static struct kg_next
pods_look(struct kg_job *job)
{
	struct kubernetes_show *show = ((struct kubernetes_state *)job->state)->show;

	for (uint32_t i = 0; i < show->watches.count; i++) {
		const struct kg_api_watch *watch = show->watches.items[i];

		if (watch->error)
			return kg_failed(kg_error_copy(job->arena, watch->error));
		if (watch->trouble)
			kg_tell(job, "%s", watch->trouble);
		if (!watch->is_synced)
			return kg_wait_topic(job, watch->topic, 0, pods_look);
	}
	pods_read(job, show);
	if (!show->is_followed)
		return say_all(job, show);
	if (!show->is_synced && show->pods == 0)
		kg_tell(job, "it has no pods yet; they are waited for");
	follow_all(job, show);
	show->is_synced = true;
	return kg_wait_topic(job, show->watches.items[0]->topic, 0, pods_look);
}
