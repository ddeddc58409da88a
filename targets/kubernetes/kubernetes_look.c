/*
 * Is all that the ledger remembers still in the cluster, and as it was left? The objects of each type and namespace are listed once for all nodes of the
 * graph, by its label, all listings at the same time: a second `up` costs as many requests as there are types, however many objects and nodes there are.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/owned.h"

static kg_step opened, listing_next, listing_got;

struct kg_next
kg_kubernetes_look(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_error *error = kg_inventory_read(job->arena, kg_kubernetes_inventory_path(job), &state->before);

	if (error)
		return kg_absent(job, "%s", error->message);
	if (!state->before.is_whole)
		return kg_absent(job,
		    state->before.puts.count > 0 ? "the last run was interrupted while it applied"
						 : "nothing is remembered of its objects");
	return kg_kubernetes_open(job, KUBERNETES_LOOK, opened);
}

/* One for each type and namespace; false when the server does not know a type any more. */
static const struct kg_put *
listings_make(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_map known = { .arena = job->arena };

	state->listings.count = 0;
	for (uint32_t i = 0; i < state->before.puts.count; i++) {
		const struct kg_put *put = &state->before.puts.items[i];
		const struct kg_resource *resource = kg_api_resource(state->api, put->api_version, put->kind);

		if (!resource)
			return put;
		if (!kg_map_put(&known, kg_api_path(job->arena, resource, put->namespace_, NULL), i))
			continue;
		struct kubernetes_listing *listing = kg_kubernetes_listing(job, resource, put->namespace_, true);
		kg_list_push(job->arena, &state->listings, listing);
		kg_ask_ahead(job, &listing->question);
	}
	return NULL;
}

static struct kg_next
opened(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	if (strcmp(state->before.cluster, state->cluster) != 0)
		return kg_absent(job, "the cluster at %s is another one than the last run's", kg_api_server(state->api));
	const struct kg_put *unknown = listings_make(job);
	if (unknown)
		return kg_absent(job, "the cluster does not know %s any more", unknown->kind);
	state->listing = 0;
	return kg_go(listing_next);
}

static const cJSON *
live_find(struct kg_map *index, const struct kubernetes_state *state, struct kg_arena *arena, const struct kg_put *put)
{
	const char *key = kg_format(arena, "%s/%s/%s", put->kind, put->namespace_ ? put->namespace_ : "", put->name);
	uint32_t at;

	/* An aggregated server may list it under another name than it was applied by. */
	if (!kg_map_get(index, key, &at) && (!*put->uid || !kg_map_get(index, put->uid, &at)))
		return NULL;
	return state->listings.items[at >> 20]->items->items[at & 0xfffff];
}

/* By kind, namespace and name; two groups with a kind of the same name are told apart by the uid. */
static void
index_fill(struct kg_map *index, const struct kubernetes_state *state, struct kg_arena *arena)
{
	for (uint32_t list = 0; list < state->listings.count; list++) {
		const struct kubernetes_listing *listing = state->listings.items[list];

		for (uint32_t i = 0; i < listing->items->count && i < 1 << 20; i++) {
			const cJSON *object = listing->items->items[i];
			const char *namespace_ = kg_json_text(object, "metadata.namespace");
			const char *name = kg_json_text(object, "metadata.name");

			const char *uid = kg_json_text(object, "metadata.uid");

			if (uid)
				kg_map_put(index, uid, list << 20 | i);
			kg_map_put(index,
			    kg_format(arena, "%s/%s/%s", listing->resource->kind, namespace_ ? namespace_ : "", name ? name : ""),
			    list << 20 | i);
		}
	}
}

static const char *
difference(struct kg_job *job, const struct kg_put *put, const cJSON *live)
{
	const char *what = kg_put_tell(job->arena, put->kind, put->namespace_, put->name);

	if (!live)
		return kg_format(job->arena, "%s is not there any more", what);
	if (kg_json_text(live, "metadata.deletionTimestamp"))
		return kg_format(job->arena, "%s is being deleted", what);
	if (!kg_kubernetes_is_of_node(job, live))
		return kg_format(job->arena, "%s is of another node now", what);
	if (!kg_text_equal(kg_json_text(live, "metadata.uid"), put->uid))
		return kg_format(job->arena, "%s was deleted and made again", what);
	const char *edit = put->fields ? kg_owned_difference(job->arena, put->fields, put->values, live) : NULL;
	return edit ? kg_format(job->arena, "%s was edited: %s", what, edit) : NULL;
}

static struct kg_next
compare(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;
	struct kg_map index = { .arena = job->arena };

	index_fill(&index, state, job->arena);
	kg_kubernetes_await_begin(job, spec->ready_timeout_ms, NULL);
	for (uint32_t i = 0; i < state->before.puts.count; i++) {
		const struct kg_put *put = &state->before.puts.items[i];
		const cJSON *live = live_find(&index, state, job->arena, put);
		const char *why = difference(job, put, live);

		if (why)
			return kg_absent(job, "%s", why);
		kg_kubernetes_await_add(job, put->api_version, put->kind, put->namespace_, put->name, live, true);
	}
	const char *unready = job->wants_remark ? kg_kubernetes_unready(job) : NULL;
	if (unready)
		kg_remark(job, "%s", unready);
	return kg_done(job);
}

static struct kg_next
listing_next(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	if (state->listing == state->listings.count)
		return compare(job);
	return kg_wait_answer(job, &state->listings.items[state->listing]->question, listing_got);
}

static struct kg_next
listing_got(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	if (!job->answer)
		return kg_absent(job, "%s",
		    job->answer_error ? kg_error_text(job->arena, job->answer_error) : "the objects could not be listed");
	state->listings.items[state->listing++]->items = job->answer;
	return kg_go(listing_next);
}
