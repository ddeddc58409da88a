#include "targets/kubernetes/kubernetes_world.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_ask.h"
#include "targets/kubernetes/kubernetes_inside.h"

const char kg_kubernetes_default_namespace[] = "default";

/* Who only wants to know does not want to wait; who brings the stack up needs the cluster anyway. */
static constexpr int64_t check_limit_ms = 3000, run_limit_ms = 10000;

/* One that nodes name alike. */
struct kubernetes_cluster {
	struct kubernetes_view *view;
	const char *name;
	const char *united;                   /* the name of all that are the same one, once they are known */
	const struct kg_review_node *speaker; /* by whose settings it is reached */
	struct kubernetes_asking asking;
	struct kg_api *api;
	struct kg_error *error; /* why it was not asked, or not for everything */
};

static kg_step cluster_ask, cluster_open, cluster_opened;

static struct kubernetes_cluster *
cluster_find(const struct kubernetes_view *view, const char *name)
{
	for (uint32_t i = 0; i < view->clusters.count; i++)
		if (strcmp(view->clusters.items[i]->name, name) == 0)
			return view->clusters.items[i];
	return NULL;
}

void
kg_kubernetes_world_ask(struct kubernetes_view *view)
{
	struct kg_review *review = view->review;

	for (uint32_t i = 0; i < review->count; i++) {
		if (cluster_find(view, view->nodes[i].cluster))
			continue;
		struct kubernetes_cluster *cluster = kg_new(review->arena, struct kubernetes_cluster);
		*cluster = (struct kubernetes_cluster){
			.view = view,
			.name = view->nodes[i].cluster,
			.united = view->nodes[i].cluster,
			.speaker = &review->nodes[i],
			.asking = { .arena = review->arena, .patience_ms = -1 },
		};
		kg_list_push(review->arena, &view->clusters, cluster);
		kg_review_ask(review, cluster->speaker,
		    (struct kg_inquiry){
			.ask = cluster_ask,
			.memory = cluster,
			.limit_ms = review->is_run ? run_limit_ms : check_limit_ms,
			.ret_error = &cluster->error,
		    });
	}
}

/* ---- the inquiry ---- */

static bool
is_open(const char *text)
{
	return text && strstr(text, "${");
}

static struct kg_next
cluster_ask(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	/* Of a cluster that is still to be made. */
	if (is_open(spec->kubeconfig) || is_open(spec->context))
		return kg_go(cluster_opened);
	*parts = (struct kg_job_parts){ .count = 1, .first = cluster_open };
	return kg_wait_parts(job, parts, cluster_opened);
}

static struct kg_next
cluster_open(struct kg_job *job)
{
	struct kubernetes_cluster *cluster = job->survey;
	const struct kubernetes_spec *spec = job->spec;
	struct kg_api_about *about = kg_new(job->arena, struct kg_api_about);

	*about = (struct kg_api_about){ .kubeconfig = spec->kubeconfig, .context = spec->context };
	return kg_api_open(job, about, &cluster->api, kg_done);
}

static enum kg_presence
question_note(
    void *context, const char *, const char *, const char *kind, const char *namespace_, const char *name, const char *key)
{
	struct kubernetes_cluster *cluster = context;
	struct kubernetes_question *question = kubernetes_question(&cluster->asking, kind, namespace_, name);

	if (question && key)
		question->wants_keys = true;
	return KG_PRESENCE_UNKNOWN;
}

static enum kg_presence
right_note(void *context, const char *, const struct kg_account *account, const char *kind, const char *namespace_)
{
	struct kubernetes_cluster *cluster = context;

	kubernetes_right(&cluster->asking, account, kind, namespace_);
	return KG_PRESENCE_UNKNOWN;
}

static enum kg_presence
role_note(void *context, const char *, const char *role_namespace, const char *role, const char *)
{
	struct kubernetes_cluster *cluster = context;
	struct kubernetes_question *question =
	    kubernetes_question(&cluster->asking, role_namespace ? "Role" : "ClusterRole", role_namespace, role);

	if (question)
		question->wants_rules = true;
	return KG_ABSENT; /* so that accounts are asked about as well */
}

static const char *
port_note(void *context, const char *, int64_t, const char *)
{
	struct kubernetes_cluster *cluster = context;

	cluster->asking.wants_holders = true;
	return NULL;
}

/* The rules themselves tell what they would ask: they are gone through once for that, and what they say is forgotten. */
static void
questions_collect(struct kubernetes_cluster *cluster)
{
	const struct kubernetes_view *view = cluster->view;
	struct kg_arena *arena = view->review->arena;
	struct kg_reviewed *nodes = kg_new_array(arena, struct kg_reviewed, view->review->count);
	const struct kg_world world = {
		.context = cluster,
		.has = question_note,
		.may_make = right_note,
		.role_makes = role_note,
		.node_port_holder = port_note,
	};
	struct kg_errors errors = { .arena = arena }, warnings = { .arena = arena };
	uint32_t count = 0;

	for (uint32_t i = 0; i < view->review->count; i++) {
		struct kg_reviewed *node = &view->nodes[i];

		if (strcmp(node->cluster, cluster->name) != 0)
			continue;
		if (cluster->api && node->namespace_ == kg_kubernetes_default_namespace)
			node->namespace_ = kg_api_namespace(cluster->api);
		nodes[count++] = *node;
	}
	kg_manifest_review(arena, nodes, count, &world, &errors, &warnings);
}

static struct kg_next
cluster_opened(struct kg_job *job)
{
	struct kubernetes_cluster *cluster = job->survey;

	questions_collect(cluster);
	if (job->parts_error)
		return kg_failed(
		    kg_error_wrap(job->arena, kg_error_copy(job->arena, job->parts_error), "cannot ask the cluster what it has"));
	return cluster->api ? kg_kubernetes_ask(job, &cluster->asking, cluster->api, kg_done) : kg_done(job);
}

/* ---- the answers ---- */

/* One that the graph makes lends its name: other nodes are found by that. */
static void
cluster_unite(const struct kubernetes_view *view, uint32_t index)
{
	struct kubernetes_cluster *cluster = view->clusters.items[index];

	for (uint32_t i = 0; cluster->api && i < index; i++) {
		struct kubernetes_cluster *other = view->clusters.items[i];

		if (!other->api || !kg_api_is_same(cluster->api, other->api))
			continue;
		if (is_open(cluster->name))
			other->united = cluster->united;
		else
			cluster->united = other->united;
	}
}

void
kg_kubernetes_world_unite(struct kubernetes_view *view)
{
	for (uint32_t i = 0; i < view->clusters.count; i++)
		cluster_unite(view, i);
	for (uint32_t i = 0; i < view->review->count; i++)
		view->nodes[i].cluster = cluster_find(view, view->nodes[i].cluster)->united;
}

/* Of several ways to a cluster, the one by which it was answered. */
static struct kubernetes_question *
question_find(const struct kubernetes_view *view, const char *cluster, const char *kind, const char *namespace_, const char *name)
{
	struct kubernetes_question *found = NULL;

	for (uint32_t i = 0; i < view->clusters.count; i++) {
		struct kubernetes_cluster *one = view->clusters.items[i];
		struct kubernetes_question *question =
		    strcmp(one->united, cluster) == 0 ? kubernetes_question(&one->asking, kind, namespace_, name) : NULL;

		if (question && (!found || found->presence == KG_PRESENCE_UNKNOWN))
			found = question;
	}
	return found;
}

/*
 * It is asked for, so that no manifest has it, or not that key of it: the node that made it takes away what its manifests have no more. Data, and what others
 * are in, may stay.
 */
static bool
is_leaving(const struct kubernetes_view *view, const char *cluster, const struct kubernetes_question *question)
{
	const char *kind = question->resource->kind;

	if (!question->made_by || strcmp(kind, "Namespace") == 0 || kg_text_starts(kind, "PersistentVolume"))
		return false;
	for (uint32_t i = 0; i < view->review->count; i++) {
		const struct kg_review_node *node = &view->review->nodes[i];
		const struct kubernetes_spec *spec = node->spec;

		if (spec->prune && strcmp(view->nodes[i].cluster, cluster) == 0 &&
		    strcmp(kg_kubernetes_node_label(view->review->arena, node->name), question->made_by) == 0)
			return true;
	}
	return false;
}

enum kg_presence
kg_kubernetes_world_presence(
    const struct kubernetes_view *view, const char *cluster, const struct kubernetes_question *question, const char *key)
{
	if (!question)
		return KG_PRESENCE_UNKNOWN;
	if (question->presence == KG_PRESENT && is_leaving(view, cluster, question))
		return key && kubernetes_key_is_of_others(question, key) ? KG_PRESENT : KG_LEAVING;
	if (!key && kubernetes_is_uncertain(question))
		return KG_PRESENCE_UNKNOWN;
	return key ? kubernetes_key(question, key) : question->presence;
}

enum kg_presence
kg_kubernetes_world_may_make(
    void *context, const char *cluster, const struct kg_account *account, const char *kind, const char *namespace_)
{
	const struct kubernetes_view *view = context;
	enum kg_presence presence = KG_PRESENCE_UNKNOWN;

	for (uint32_t i = 0; presence == KG_PRESENCE_UNKNOWN && i < view->clusters.count; i++) {
		struct kubernetes_cluster *one = view->clusters.items[i];
		const struct kubernetes_right *right =
		    strcmp(one->united, cluster) == 0 ? kubernetes_right(&one->asking, account, kind, namespace_) : NULL;

		presence = right ? right->presence : presence;
	}
	return presence;
}

enum kg_presence
kg_kubernetes_world_role_makes(void *context, const char *cluster, const char *role_namespace, const char *role, const char *kind)
{
	const struct kubernetes_question *question =
	    question_find(context, cluster, role_namespace ? "Role" : "ClusterRole", role_namespace, role);

	return question ? kubernetes_role_makes(question, kind) : KG_PRESENCE_UNKNOWN;
}

enum kg_presence
kg_kubernetes_world_has(
    void *context, const char *cluster, const char *, const char *kind, const char *namespace_, const char *name, const char *key)
{
	return kg_kubernetes_world_presence(context, cluster, question_find(context, cluster, kind, namespace_, name), key);
}

const char *
kg_kubernetes_world_advise(
    void *context, const char *cluster, const char *kind, const char *namespace_, const char *name, const char *key)
{
	const struct kubernetes_view *view = context;
	const struct kubernetes_question *question = question_find(view, cluster, kind, namespace_, name);

	return question ? kubernetes_advice(view->review->arena, question, key) : NULL;
}

const char *
kg_kubernetes_world_holder(void *context, const char *cluster, int64_t node_port, const char *protocol)
{
	const struct kubernetes_view *view = context;
	const char *holder = NULL;

	for (uint32_t i = 0; !holder && i < view->clusters.count; i++)
		if (strcmp(view->clusters.items[i]->united, cluster) == 0)
			holder = kubernetes_holder(&view->clusters.items[i]->asking, node_port, protocol);
	return holder;
}

void
kg_kubernetes_world_warn(const struct kubernetes_view *view)
{
	struct kg_review *review = view->review;

	for (uint32_t i = 0; i < view->clusters.count; i++) {
		const struct kubernetes_cluster *cluster = view->clusters.items[i];
		const struct kubernetes_asking *asking = &cluster->asking;
		const struct kg_error *why = cluster->error ? cluster->error : asking->failure;

		if (!why || review->is_run || (asking->questions.count == 0 && !asking->wants_holders))
			continue;
		const char *text = why->code == KG_ETIME && !why->cause
		    ? kg_format(review->arena, "cannot ask the cluster what it has: %s did not answer within %d s",
			  cluster->api ? kg_api_server(cluster->api) : "it", (int)(check_limit_ms / 1000))
		    : kg_error_text(review->arena, why);
		struct kg_error *warning = kg_review_warn(review, cluster->speaker->place, "%s", text);
		kg_error_advise(
		    review->arena, warning, "what the manifests name and no node of the graph has was not looked for there");
	}
}

/* ---- what is asked later ---- */

static struct kubernetes_lacks *
lacks_of(struct kubernetes_view *view, uint32_t index)
{
	struct kg_review *review = view->review;

	if (!view->lacks)
		view->lacks = kg_new_array(review->arena, struct kubernetes_lacks *, review->count);
	if (!view->lacks[index])
		view->lacks[index] = kg_new(review->keep, struct kubernetes_lacks);
	return view->lacks[index];
}

void
kg_kubernetes_world_lacks(void *context, const struct kg_reviewed *node, const struct kg_lack *lack)
{
	struct kubernetes_view *view = context;
	struct kg_lack it = *lack;

	if (it.namespace_ == kg_kubernetes_default_namespace)
		it.namespace_ = NULL;
	kg_kubernetes_lack_add(view->review->keep, lacks_of(view, (uint32_t)(node - view->nodes)), &it);
}

void
kg_kubernetes_world_leave(struct kubernetes_view *view)
{
	struct kg_review *review = view->review;

	for (uint32_t i = 0; review->is_run && i < review->count; i++) {
		if (!view->nodes[i].is_partial)
			continue;
		struct kubernetes_lacks *lacks = lacks_of(view, i);
		lacks->view = view;
		lacks->node = i;
		kg_review_hold(review);
	}
	for (uint32_t i = 0; view->lacks && i < review->count; i++)
		if (view->lacks[i])
			kg_review_leave(review, &review->nodes[i], view->lacks[i]);
}
