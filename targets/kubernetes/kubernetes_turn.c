/*
 * What is known of a node only when it has its turn, reviewed then and before the first write: what its command has printed, files that other nodes have made, names
 * that their outputs are part of. Together with all that is known of the other nodes by then, and with what the cluster says. While of another node not all
 * is known, what is missing may be among that, and nothing is said of it.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/kubernetes_ask.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/kubernetes_world.h"

struct kubernetes_turn {
	struct kubernetes_lacks *left; /* by the review of the start */
	struct kubernetes_asking asking;
	uint32_t first;                 /* of the scene's objects: what is new */
	KG_LIST(struct kg_object) news; /* with the places of their values, until the operation ends */
	struct kg_object *copies;       /* of these, that others find until the run ends */
	kg_step *then;
};

static kg_step answered;

/* ---- what the rules ask ---- */

static enum kg_presence
question_note(
    void *context, const char *, const char *, const char *kind, const char *namespace_, const char *name, const char *key)
{
	const struct kubernetes_view *view = context;
	struct kubernetes_question *question = kubernetes_question(view->asking, kind, namespace_, name);

	if (question && key)
		question->wants_keys = true;
	return KG_PRESENCE_UNKNOWN;
}

static enum kg_presence
right_note(void *context, const char *, const struct kg_account *account, const char *kind, const char *namespace_)
{
	const struct kubernetes_view *view = context;

	kubernetes_right(view->asking, account, kind, namespace_);
	return KG_PRESENCE_UNKNOWN;
}

static enum kg_presence
role_note(void *context, const char *, const char *role_namespace, const char *role, const char *)
{
	const struct kubernetes_view *view = context;
	struct kubernetes_question *question =
	    kubernetes_question(view->asking, role_namespace ? "Role" : "ClusterRole", role_namespace, role);

	if (question)
		question->wants_rules = true;
	return KG_ABSENT; /* so that accounts are asked about as well */
}

static const char *
port_note(void *context, const char *, int64_t, const char *)
{
	const struct kubernetes_view *view = context;

	view->asking->wants_holders = true;
	return NULL;
}

static enum kg_presence
has(void *context, const char *cluster, const char *, const char *kind, const char *namespace_, const char *name, const char *key)
{
	const struct kubernetes_view *view = context;
	const struct kubernetes_question *question = kubernetes_question(view->asking, kind, namespace_, name);
	enum kg_presence presence = kg_kubernetes_world_presence(view, cluster, question, key);
	bool is_absent = presence == KG_ABSENT || presence == KG_ABSENT_YET;

	return is_absent && kg_review_scene_is_partial(view->scene, cluster) ? KG_PRESENCE_UNKNOWN : presence;
}

static enum kg_presence
may_make(void *context, const char *, const struct kg_account *account, const char *kind, const char *namespace_)
{
	const struct kubernetes_view *view = context;
	const struct kubernetes_right *right = kubernetes_right(view->asking, account, kind, namespace_);

	return right ? right->presence : KG_PRESENCE_UNKNOWN;
}

static enum kg_presence
role_makes(void *context, const char *, const char *role_namespace, const char *role, const char *kind)
{
	const struct kubernetes_view *view = context;
	const struct kubernetes_question *question =
	    kubernetes_question(view->asking, role_namespace ? "Role" : "ClusterRole", role_namespace, role);

	return question ? kubernetes_role_makes(question, kind) : KG_PRESENCE_UNKNOWN;
}

static const char *
advise(void *context, const char *, const char *kind, const char *namespace_, const char *name, const char *key)
{
	const struct kubernetes_view *view = context;
	const struct kubernetes_question *question = kubernetes_question(view->asking, kind, namespace_, name);

	return question ? kubernetes_advice(view->review->arena, question, key) : NULL;
}

static const char *
holder(void *context, const char *, int64_t node_port, const char *protocol)
{
	const struct kubernetes_view *view = context;

	return kubernetes_holder(view->asking, node_port, protocol);
}

/* ---- the scene ---- */

/* Of all nodes, as the review of the start has known them. */
static void
scene_make(struct kubernetes_view *view, const struct kubernetes_state *state, const char *cluster)
{
	view->scene = kg_review_scene_make(view->review->arena);
	for (uint32_t i = 0; i < view->review->count; i++) {
		struct kg_reviewed *node = &view->nodes[i];

		if (node->namespace_ == kg_kubernetes_default_namespace && strcmp(node->cluster, cluster) == 0)
			node->namespace_ = kg_api_namespace(state->api);
		kg_review_scene_add(view->scene, node);
	}
}

/* Commands before it have run by now, and its cluster is there. */
static struct kg_reviewed *
node_now(struct kg_job *job, struct kubernetes_view *view, uint32_t index)
{
	const struct kubernetes_spec *spec = job->spec;
	const struct kubernetes_state *state = job->state;
	struct kg_reviewed *node = &view->nodes[index];

	if (!view->scene)
		scene_make(view, state, node->cluster);
	node->namespace_ = kg_copy(view->review->arena, spec->namespace_ ? spec->namespace_ : kg_api_namespace(state->api));
	node->is_fresh = false;
	if (node->makers == KG_MAKERS_BEFORE)
		node->makers = KG_MAKERS_NONE;
	if (node->is_partial)
		kg_review_scene_complete(view->scene, node);
	node->is_partial = false;
	return node;
}

static void
news_add(struct kg_job *job, struct kubernetes_turn *turn)
{
	const struct kubernetes_state *state = job->state;
	struct kubernetes_view *view = turn->left->view;
	struct kg_reviewed *node = node_now(job, view, turn->left->node);
	const struct kg_manifest *all = &state->reading.manifest, *before = node->manifest;
	struct kg_arena *arena = view->review->arena;
	struct kg_manifest news = { 0 };

	for (uint32_t i = 0; i < all->objects.count; i++)
		if (!kg_review_scene_has(view->scene, node, &all->objects.items[i]))
			kg_list_push(job->arena, &turn->news, all->objects.items[i]);
	turn->copies = kg_new_array(arena, struct kg_object, turn->news.count);
	for (uint32_t i = 0; i < turn->news.count; i++) {
		turn->copies[i] = kg_object_copy(arena, &turn->news.items[i]);
		kg_list_push(arena, &news.objects, turn->copies[i]);
		kg_list_push(arena, &view->readings[turn->left->node].manifest.objects, turn->copies[i]);
	}
	node->manifest = &news;
	turn->first = kg_review_scene_add(view->scene, node);
	node->manifest = before;
	kg_review_scene_put(view->scene, turn->first, turn->copies, turn->news.count);
}

/* While the rules look at what is new, its values have their places. Others may have their turns while the cluster is asked. */
static void
news_look(struct kubernetes_turn *turn, const struct kg_world *world, struct kg_errors *errors, struct kg_errors *warnings)
{
	struct kubernetes_view *view = turn->left->view;

	view->asking = &turn->asking;
	kg_review_scene_put(view->scene, turn->first, turn->news.items, turn->news.count);
	kg_review_scene_review(view->scene, turn->first, turn->news.count, world, errors, warnings);
	kg_review_scene_put(view->scene, turn->first, turn->copies, turn->news.count);
}

static void
questions_collect(struct kubernetes_turn *turn)
{
	struct kubernetes_view *view = turn->left->view;
	struct kg_errors errors = { .arena = view->review->arena }, warnings = { .arena = view->review->arena };
	const struct kg_world world = {
		.context = view,
		.has = question_note,
		.may_make = right_note,
		.role_makes = role_note,
		.node_port_holder = port_note,
		.is_let_be = kg_kubernetes_is_let_be,
	};

	news_look(turn, &world, &errors, &warnings);
}

struct kg_next
kg_kubernetes_turn_review(struct kg_job *job, kg_step *then)
{
	const struct kubernetes_lacks *left = job->reviewed;
	struct kubernetes_state *state = job->state;

	if (!left || !left->view)
		return kg_go(then);
	/* What it has is known since it was tried the first time. */
	if (left->error)
		return kg_kubernetes_failed(job, kg_error_copy_all(job->arena, left->error));
	state->turn = kg_new(job->arena, struct kubernetes_turn);
	*state->turn = (struct kubernetes_turn){
		.left = left->view->lacks[left->node],
		.asking = { .arena = job->arena },
		.then = then,
	};
	news_add(job, state->turn);
	questions_collect(state->turn);
	return kg_kubernetes_ask(job, &state->turn->asking, state->api, answered);
}

/* ---- what is told ---- */

static void
warnings_tell(struct kg_job *job, const struct kg_errors *warnings)
{
	for (const struct kg_error *warning = warnings->first; warning; warning = warning->next)
		kg_warn(job, "%s:%u:%u: %s%s%s", kg_path_inside(job->folders->graph, warning->place.file),
		    (unsigned)warning->place.line, (unsigned)warning->place.column, warning->message, warning->advice ? "; " : "",
		    warning->advice ? warning->advice : "");
}

static void
news_review(struct kubernetes_turn *turn, struct kg_errors *errors, struct kg_errors *warnings)
{
	struct kubernetes_view *view = turn->left->view;
	uint32_t node = turn->left->node, first = view->readings[node].manifest.objects.count - turn->news.count;
	const struct kg_world world = {
		.context = view,
		.has = has,
		.may_make = may_make,
		.role_makes = role_makes,
		.advise = advise,
		.node_port_holder = holder,
		.has_image = kg_kubernetes_has_known_image,
		.maps_port = kg_kubernetes_maps_port,
		.is_let_be = kg_kubernetes_is_let_be,
	};

	view->review->errors = errors;
	view->review->warnings = warnings;
	news_look(turn, &world, errors, warnings);
	for (uint32_t i = 0; i < turn->news.count; i++)
		kg_kubernetes_own(view, node, &turn->news.items[i]);
	kg_kubernetes_schemas_review(view, node, first);
}

static struct kg_next
answered(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kubernetes_turn *turn = state->turn;
	struct kg_errors errors = { .arena = turn->left->view->review->arena }, warnings = errors;

	news_review(turn, &errors, &warnings);
	kg_kubernetes_rendered_tell(&errors, &state->reading, 1);
	kg_kubernetes_rendered_tell(&warnings, &state->reading, 1);
	warnings_tell(job, &warnings);
	turn->left->error = kg_kubernetes_errors(job, &errors);
	return turn->left->error ? kg_kubernetes_failed(job, turn->left->error) : kg_go(turn->then);
}
