/*
 * Objects go, the last level first and all of a level at once: what a CRD defines while its controller still runs, which has finalizers to work off, then
 * webhooks, before they refuse what comes after; the namespace at last.
 *
 * Each is looked at first. Only one that carries our labels goes, and only the very one that was looked at (uid): somebody else may have made another of
 * its name since.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/diagnosis.h"

static kg_step level_begin, one_look, one_seen, one_deleted, level_deleted, gone_await;

void
kg_kubernetes_removal_add(struct kg_job *job, const struct kg_put *put)
{
	struct kubernetes_state *state = job->state;

	kg_list_push(job->arena, &state->removal.objects,
	    (struct kubernetes_gone){ .put = put, .resource = kg_api_resource(state->api, put->api_version, put->kind) });
}

static int
last_level_first(const void *left, const void *right)
{
	const struct kubernetes_gone *a = left, *b = right;

	return (int)b->put->level - (int)a->put->level;
}

struct kg_next
kg_kubernetes_remove(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kubernetes_removal *removal = &state->removal;

	if (removal->objects.count > 0)
		qsort(removal->objects.items, removal->objects.count, sizeof(*removal->objects.items), last_level_first);
	removal->from = removal->to = 0;
	removal->until_ns = job->now_ns + removal->limit_ms * 1000000;
	return kg_go(level_begin);
}

static struct kg_next
level_begin(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kubernetes_removal *removal = &state->removal;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);
	uint32_t count = removal->objects.count;

	removal->from = removal->to;
	if (removal->from == count)
		return kg_go(removal->then);
	while (removal->to < count &&
	    removal->objects.items[removal->to].put->level == removal->objects.items[removal->from].put->level)
		removal->to++;
	removal->errors = kg_new_array(job->arena, struct kg_error *, removal->to - removal->from);
	*parts = (struct kg_job_parts){
		.count = removal->to - removal->from,
		.width = KUBERNETES_WIDTH,
		.first = one_look,
		.states = &removal->objects.items[removal->from],
		.state_size = sizeof(struct kubernetes_gone),
		.ret_errors = removal->errors,
	};
	return kg_wait_parts(job, parts, level_deleted);
}

static const char *
tell(struct kg_job *job, const struct kg_put *put)
{
	return kg_put_tell(job->arena, put->kind, put->namespace_, put->name);
}

/* A kind that the server does not know any more has taken its objects along. */
static struct kg_next
one_look(struct kg_job *job)
{
	const struct kubernetes_state *state = job->whole->state;
	const struct kubernetes_gone *gone = job->state;

	if (!gone->resource)
		return kg_done(job);
	return kg_api_get(job, state->api, gone->resource, gone->put->namespace_, gone->put->name, one_seen);
}

/* One without any label of ours is ours if it is the very one that we made. */
static bool
is_ours(struct kg_job *job, const struct kg_put *put, const cJSON *live)
{
	bool is_marked = cJSON_GetObjectItemCaseSensitive(kg_json_at(live, "metadata.labels"), KG_LABEL_GRAPH) != NULL;

	return kg_kubernetes_is_of_node(job, live) ||
	    (!is_marked && *put->uid && kg_text_equal(put->uid, kg_json_text(live, "metadata.uid")));
}

static struct kg_next
one_seen(struct kg_job *job)
{
	struct kubernetes_state *state = job->whole->state;
	struct kubernetes_gone *gone = job->state;
	struct kg_api_delete *delete = kg_new(job->arena, struct kg_api_delete);

	if (!job->http.error && job->http.status == 404)
		return kg_done(job);
	struct kg_error *error = kg_api_error(job, kg_format(job->arena, "cannot look at %s", tell(job, gone->put)));
	if (error)
		return kg_failed(error);
	const cJSON *live = kg_api_answer(job);
	if (!live || !is_ours(job, gone->put, live)) {
		kg_job_log(job, "left %s, which is not of this node", tell(job, gone->put));
		return kg_done(job);
	}
	gone->live = live;
	gone->is_leaving = true;
	*delete = (struct kg_api_delete){
		.namespace_ = gone->put->namespace_,
		.name = gone->put->name,
		.uid = kg_json_text(live, "metadata.uid"),
		.propagation = gone->put->level == KG_LEVEL_WORKLOAD ? state->removal.propagation : KG_API_BACKGROUND,
		.grace_s = -1,
	};
	kg_tell(job, "deletes %s", tell(job, gone->put));
	kg_job_log(job, "deleted %s", tell(job, gone->put));
	state->removed++;
	return kg_api_delete(job, state->api, gone->resource, delete, one_deleted);
}

static struct kg_next
one_deleted(struct kg_job *job)
{
	const struct kubernetes_gone *gone = job->state;

	if (!job->http.error && (job->http.status == 404 || job->http.status == 409))
		return kg_done(job);
	struct kg_error *error = kg_api_error(job, kg_format(job->arena, "cannot delete %s", tell(job, gone->put)));
	return error ? kg_failed(error) : kg_done(job);
}

static struct kg_next
level_deleted(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kubernetes_removal *removal = &state->removal;
	struct kg_errors errors = { .arena = job->arena };

	for (uint32_t i = 0; i < removal->to - removal->from; i++)
		if (removal->errors[i])
			kg_errors_add(&errors, removal->errors[i]);
	struct kg_error *error = kg_kubernetes_errors(job, &errors);
	if (error)
		return kg_kubernetes_failed(job, error);
	uint32_t level = removal->objects.items[removal->from].put->level;
	bool is_last = removal->to == removal->objects.count;
	bool is_before_namespace = !is_last && removal->objects.items[removal->to].put->level == KG_LEVEL_NAMESPACE;
	if (removal->waits && (level == KG_LEVEL_CUSTOM || is_before_namespace || is_last))
		return kg_go(gone_await);
	return kg_go(level_begin);
}

/* The first of them that is still there, or NULL. */
static const char *
still_there(struct kg_job *job, struct kubernetes_gone *gone)
{
	struct kubernetes_state *state = job->state;
	const struct kg_put *put = gone->put;

	if (!gone->is_leaving)
		return NULL;
	if (!gone->watch)
		gone->watch = kg_api_watch(job, state->api, gone->resource, put->namespace_, kg_kubernetes_selector(job), NULL);
	const cJSON *left = kg_api_watch_find(gone->watch, put->namespace_, put->name);
	bool is_it = left && kg_text_equal(kg_json_text(left, "metadata.uid"), kg_json_text(gone->live, "metadata.uid"));
	if (gone->watch->error || gone->watch->is_absent || (gone->watch->is_synced && !is_it)) {
		gone->is_leaving = false;
		return NULL;
	}
	const char *why = is_it ? kg_diagnose_deletion(job->arena, left, NULL) : NULL;
	return why ? why : kg_format(job->arena, "%s is still there", tell(job, put));
}

static struct kg_next
gone_await(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kubernetes_removal *removal = &state->removal;
	struct kg_text all = { .arena = job->arena };
	const char *first = NULL;
	struct kg_topic *topic = NULL;

	for (uint32_t i = 0; i < removal->to; i++) {
		const char *why = still_there(job, &removal->objects.items[i]);

		if (!why)
			continue;
		first = first ? first : why;
		topic = removal->objects.items[i].watch->topic;
		kg_text_format(&all, "%s\n", why);
	}
	if (!first)
		return kg_go(level_begin);
	int64_t left_ms = (removal->until_ns - job->now_ns) / 1000000;
	if (left_ms <= 0) {
		struct kg_error *error = kg_error_make(job->arena, KG_ETIME, "%s", first);

		error->detail = kg_text_end(&all);
		return kg_kubernetes_failed(job,
		    kg_error_advise(job->arena, error,
			"a finalizer is worked off by its controller: does that still run? `gone_timeout` says how long this is "
			"waited "
			"for"));
	}
	kg_tell(job, "%s", first);
	return kg_wait_topic(job, topic, left_ms, gone_await);
}
