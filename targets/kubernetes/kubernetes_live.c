/*
 * What is there of the objects that a node wants, before it writes any: so that nobody else's object is taken over unasked, what is as it should be is not
 * written again, and what stands in the way is told before half of the node is applied.
 *
 * An object that we did not make looks to server-side apply just like one of ours: it would be merged with our fields, and from then on be ours to
 * delete. So it is refused, unless `force` says that it may be taken. Namespaces and CRDs are used as they are: they are shared by their nature, and stay
 * when we go.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"

/* So many of one type in one namespace are asked for one by one; more are listed. */
static constexpr uint32_t single_most = 8;

/* One request: for one item, or for all of a type and namespace. */
struct sight {
	uint32_t first, count;
	struct kg_api_items items;
	struct kg_map names;
};

struct sights {
	KG_LIST(struct sight) all;
	kg_step *then;
};

static kg_step sight_ask, sight_got, sight_listed, all_seen;

static const struct kubernetes_state *
whole_state(const struct kg_job *job)
{
	return job->whole->state;
}

static struct kg_next
sight_ask(struct kg_job *job)
{
	const struct kubernetes_state *state = whole_state(job);
	struct sight *sight = job->state;
	const struct kubernetes_item *item = &state->items[sight->first];

	if (sight->count > 1)
		return kg_api_list(job, state->api, item->resource, item->namespace_, NULL, &sight->items, sight_listed);
	return kg_api_get(job, state->api, item->resource, item->namespace_, item->object.name, sight_got);
}

static struct kg_next
sight_got(struct kg_job *job)
{
	const struct kubernetes_state *state = whole_state(job);
	const struct sight *sight = job->state;
	struct kubernetes_item *item = &state->items[sight->first];

	item->live = NULL;
	if (!job->http.error && job->http.status == 404)
		return kg_done(job);
	struct kg_error *error =
	    kg_api_error(job, kg_format(job->arena, "cannot look at %s", kg_kubernetes_tell(job->arena, item)));
	if (error)
		return kg_failed(error);
	item->live = kg_api_answer(job);
	return kg_done(job);
}

static struct kg_next
sight_listed(struct kg_job *job)
{
	const struct kubernetes_state *state = whole_state(job);
	struct sight *sight = job->state;
	uint32_t at;

	if (sight->items.error)
		return kg_failed(sight->items.error);
	sight->names.arena = job->arena;
	for (uint32_t i = 0; i < sight->items.count; i++) {
		const char *name = kg_json_text(sight->items.items[i], "metadata.name");

		if (name)
			kg_map_put(&sight->names, name, i);
	}
	for (uint32_t i = sight->first; i < sight->first + sight->count; i++)
		state->items[i].live = kg_map_get(&sight->names, state->items[i].object.name, &at) ? sight->items.items[at] : NULL;
	return kg_done(job);
}

static bool
is_alike(const struct kubernetes_item *a, const struct kubernetes_item *b)
{
	return a->resource == b->resource && kg_text_equal(a->namespace_ ? a->namespace_ : "", b->namespace_ ? b->namespace_ : "");
}

/* Items are sorted, so that those of one type and namespace stand side by side. */
static void
sights_plan(struct kg_job *job, struct sights *sights)
{
	const struct kubernetes_state *state = job->state;

	for (uint32_t i = 0, end; i < state->count; i = end) {
		for (end = i + 1; end < state->count && is_alike(&state->items[i], &state->items[end]);)
			end++;
		if (!state->items[i].resource)
			continue;
		if (end - i > single_most) {
			kg_list_push(job->arena, &sights->all, (struct sight){ .first = i, .count = end - i });
			continue;
		}
		for (uint32_t one = i; one < end; one++)
			kg_list_push(job->arena, &sights->all, (struct sight){ .first = one, .count = 1 });
	}
}

struct kg_next
kg_kubernetes_see(struct kg_job *job, kg_step *then)
{
	struct kubernetes_state *state = job->state;
	struct sights *sights = kg_new(job->arena, struct sights);
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	sights_plan(job, sights);
	state->opened = then;
	*parts = (struct kg_job_parts){
		.count = sights->all.count,
		.width = KUBERNETES_WIDTH,
		.first = sight_ask,
		.states = sights->all.items,
		.state_size = sizeof(struct sight),
		.stop_at_failure = true,
	};
	return kg_wait_parts(job, parts, all_seen);
}

/* "kubectl-client-side-apply, kube-controller-manager": who has written to it. */
static const char *
managers_tell(struct kg_arena *arena, const cJSON *object)
{
	KG_LIST(const char *) names = { 0 };
	const cJSON *entry;

	cJSON_ArrayForEach(entry, kg_json_at(object, "metadata.managedFields"))
	{
		const char *name = kg_json_text(entry, "manager");
		bool is_known = !name;

		for (uint32_t i = 0; i < names.count && !is_known; i++)
			is_known = strcmp(names.items[i], name) == 0;
		if (!is_known)
			kg_list_push(arena, &names, name);
	}
	return names.count ? kg_text_enumerate(arena, names.items, names.count, " and ") : "somebody else";
}

static struct kg_error *
foreign_error(struct kg_job *job, const struct kubernetes_item *item)
{
	const cJSON *labels = kg_json_at(item->live, "metadata.labels");
	const cJSON *graph = cJSON_GetObjectItemCaseSensitive(labels, KG_LABEL_GRAPH);
	const cJSON *node = cJSON_GetObjectItemCaseSensitive(labels, KG_LABEL_NODE);
	const char *what = kg_kubernetes_tell(job->arena, item);
	struct kg_error *error;

	if (cJSON_IsString(graph))
		error = kg_error_make(job->arena, KG_EBUSY, "%s is there already, and another checkout's: its node %s made it",
		    what, cJSON_IsString(node) ? node->valuestring : "?");
	else
		error = kg_error_make(job->arena, KG_EBUSY, "%s is there already, and kgraph did not make it: %s did", what,
		    managers_tell(job->arena, item->live));
	error->place = kg_object_place(job->arena, &item->object, NULL);
	return kg_error_advise(job->arena, error,
	    "`force = true` takes it over, and `down` then deletes it; or give the node another `namespace` or a `name_prefix`");
}

/* Whose it is: NULL when it is ours, or free to be used. */
static struct kg_error *
owner_check(struct kg_job *job, struct kubernetes_item *item)
{
	const struct kubernetes_spec *spec = job->spec;
	bool is_shared = item->level == KG_LEVEL_NAMESPACE || item->level == KG_LEVEL_DEFINITION;
	const struct kg_put *before = item->before;

	item->is_lent = false;
	if (!item->live || kg_kubernetes_is_of_node(job, item->live))
		return NULL;
	/* One that is just being deleted is nobody's: another one is made when it has gone. */
	if (is_shared && kg_json_text(item->live, "metadata.deletionTimestamp"))
		return NULL;
	if (is_shared && !(spec->force && !item->is_added)) {
		item->is_lent = true;
		return NULL;
	}
	/* One that has moved from another node of the graph to this one is taken along; that one leaves it, since it does not carry its label any more. */
	if (spec->force || kg_kubernetes_is_of_graph(job, item->live))
		return NULL;
	/* Somebody has taken our label off it, or deleted it and made it again. */
	if (before && !cJSON_GetObjectItemCaseSensitive(kg_json_at(item->live, "metadata.labels"), KG_LABEL_GRAPH))
		return NULL;
	return foreign_error(job, item);
}

/* What is in a namespace that is being deleted goes with it, whether it knows that yet or not. */
static void
leaving_forget(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;
	struct kg_map leaving = { .arena = job->arena };

	for (uint32_t i = 0; i < state->count && state->items[i].level == KG_LEVEL_NAMESPACE; i++)
		if (state->items[i].live && kg_json_text(state->items[i].live, "metadata.deletionTimestamp"))
			kg_map_put(&leaving, state->items[i].object.name, i);
	for (uint32_t i = 0; leaving.count > 0 && i < state->count; i++)
		if (state->items[i].namespace_ && kg_map_get(&leaving, state->items[i].namespace_, NULL))
			state->items[i].live = NULL;
}

static struct kg_next
all_seen(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_errors errors = { .arena = job->arena };

	if (job->parts_error)
		return kg_kubernetes_failed(job, kg_error_copy(job->arena, job->parts_error));
	leaving_forget(job);
	for (uint32_t i = 0; i < state->count; i++) {
		struct kg_error *error = owner_check(job, &state->items[i]);

		if (error)
			kg_errors_add(&errors, error);
	}
	struct kg_error *error = kg_kubernetes_errors(job, &errors);
	return error ? kg_kubernetes_failed(job, error) : kg_go(state->opened);
}
