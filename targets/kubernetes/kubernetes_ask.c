#include "targets/kubernetes/kubernetes_ask_inside.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static constexpr uint32_t width = 32;
/* Of so many missing things it is found out what may have been meant. */
static constexpr uint32_t explained_most = 50;
/* Of many accounts and many missing things no more is asked for. */
static constexpr uint32_t asked_most = 400;

#define RBAC "rbac.authorization.k8s.io"

/* Kinds that others name, as every server since 1.19 has them: nothing need be discovered to ask for them. */
static const struct kg_resource resources[] = {
	{ "", "v1", "v1", "ConfigMap", "configmaps", true, 0 },
	{ "", "v1", "v1", "Secret", "secrets", true, 0 },
	{ "", "v1", "v1", "ServiceAccount", "serviceaccounts", true, 0 },
	{ "", "v1", "v1", "Service", "services", true, 0 },
	{ "", "v1", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, 0 },
	{ "", "v1", "v1", "PersistentVolume", "persistentvolumes", false, 0 },
	{ "", "v1", "v1", "Namespace", "namespaces", false, 0 },
	{ RBAC, "v1", RBAC "/v1", "Role", "roles", true, 0 },
	{ RBAC, "v1", RBAC "/v1", "ClusterRole", "clusterroles", false, 0 },
	{ "storage.k8s.io", "v1", "storage.k8s.io/v1", "StorageClass", "storageclasses", false, 0 },
	{ "scheduling.k8s.io", "v1", "scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", false, 0 },
	{ "node.k8s.io", "v1", "node.k8s.io/v1", "RuntimeClass", "runtimeclasses", false, 0 },
	{ "networking.k8s.io", "v1", "networking.k8s.io/v1", "IngressClass", "ingressclasses", false, 0 },
};

/* Both rounds are one part of the job that asks, so that they have a place for what they are about. */
struct whole {
	struct kubernetes_asking *asking;
};

static kg_step first_answered, second_answered;

const struct kg_resource *
kubernetes_ask_resource(const char *kind)
{
	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
		if (strcmp(resources[i].kind, kind) == 0)
			return &resources[i];
	return NULL;
}

/* ---- questions ---- */

struct kubernetes_question *
kubernetes_question(struct kubernetes_asking *asking, const char *kind, const char *namespace_, const char *name)
{
	const struct kg_resource *resource = kubernetes_ask_resource(kind);
	const char *key = kg_format(asking->arena, "%s %s %s", kind, namespace_ ? namespace_ : "", name);
	uint32_t index;

	if (!resource || !*name)
		return NULL;
	asking->index.arena = asking->arena;
	if (kg_map_get(&asking->index, key, &index))
		return asking->questions.items[index];
	struct kubernetes_question *question = kg_new(asking->arena, struct kubernetes_question);
	*question = (struct kubernetes_question){
		.resource = resource,
		.namespace_ = resource->is_namespaced ? namespace_ : NULL,
		.name = name,
	};
	kg_map_put(&asking->index, key, asking->questions.count);
	kg_list_push(asking->arena, &asking->questions, question);
	return question;
}

bool
kubernetes_is_uncertain(const struct kubernetes_question *question)
{
	return question->presence == KG_ABSENT && !question->is_explained;
}

enum kg_presence
kubernetes_key(const struct kubernetes_question *question, const char *key)
{
	if (question->presence != KG_PRESENT || !question->keys)
		return question->presence == KG_PRESENT ? KG_PRESENCE_UNKNOWN : question->presence;
	for (const char *const *one = question->keys; *one; one++)
		if (strcmp(*one, key) == 0)
			return KG_PRESENT;
	return KG_ABSENT;
}

bool
kubernetes_key_is_of_others(const struct kubernetes_question *question, const char *key)
{
	for (const char *const *one = question->others; one && *one; one++)
		if (strcmp(*one, key) == 0)
			return true;
	return false;
}

static const char *
thing_key(struct kg_arena *arena, const struct kg_resource *resource, const char *namespace_)
{
	return kg_format(arena, "%s %s", resource->kind, namespace_ ? namespace_ : "");
}

struct kubernetes_right *
kubernetes_right(struct kubernetes_asking *asking, const struct kg_account *account, const char *kind, const char *namespace_)
{
	const struct kg_resource *resource = kubernetes_ask_resource(kind);
	uint32_t index;

	if (!resource)
		return NULL;
	const char *key = kg_format(
	    asking->arena, "%s/%s %s", account->namespace_, account->name, thing_key(asking->arena, resource, namespace_));
	asking->rights_index.arena = asking->arena;
	if (kg_map_get(&asking->rights_index, key, &index))
		return asking->rights.items[index];
	struct kubernetes_right *right = kg_new(asking->arena, struct kubernetes_right);
	*right = (struct kubernetes_right){
		.account = *account,
		.resource = resource,
		.namespace_ = resource->is_namespaced ? namespace_ : NULL,
	};
	kg_map_put(&asking->rights_index, key, asking->rights.count);
	kg_list_push(asking->arena, &asking->rights, right);
	return right;
}

enum kg_presence
kubernetes_role_makes(const struct kubernetes_question *role, const char *kind)
{
	const struct kg_resource *resource = kubernetes_ask_resource(kind);

	if (role->presence != KG_PRESENT || !role->makes || !resource)
		return role->presence == KG_PRESENT ? KG_PRESENCE_UNKNOWN : role->presence;
	for (const char *const *one = role->makes; *one; one++)
		if (strcmp(*one, "*") == 0 || strcmp(*one, resource->plural) == 0)
			return KG_PRESENT;
	return KG_ABSENT;
}

const char *
kubernetes_advice(struct kg_arena *arena, const struct kubernetes_question *question, const char *key)
{
	const char *nearest = question->nearest;

	if (key)
		nearest = question->keys ? kg_text_nearest(key, question->keys) : NULL;
	if (nearest)
		return kg_format(arena, "did you mean `%s`?", nearest);
	if (!key && question->elsewhere)
		return kg_format(arena, "the namespace `%s` has one of that name", question->elsewhere);
	return NULL;
}

const char *
kubernetes_holder(const struct kubernetes_asking *asking, int64_t node_port, const char *protocol)
{
	for (uint32_t i = 0; i < asking->holders.count; i++)
		if (asking->holders.items[i].node_port == node_port && strcmp(asking->holders.items[i].protocol, protocol) == 0)
			return asking->holders.items[i].service;
	return NULL;
}

/* ---- both rounds ---- */

static struct kg_next
asks_send(struct kg_job *job, struct kubernetes_asking *asking, kg_step *then)
{
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){
		.count = asking->inside->asks.count,
		.width = width,
		.first = kubernetes_ask_send,
		.states = asking->inside->asks.items,
		.state_size = sizeof(struct ask),
	};
	return kg_wait_parts(job, parts, then);
}

static void
ask_add(struct kubernetes_asking *asking, enum ask_what what, struct kubernetes_question *question)
{
	kg_list_push(asking->arena, &asking->inside->asks, (struct ask){ asking, what, question, NULL });
}

/* Classes and the like: distributions bring them by themselves, some of them a while after the cluster answers. Namespaces are what users bring. */
static bool
comes_with_the_cluster(const struct kubernetes_question *question)
{
	return question->namespace_ ? kg_text_starts(question->namespace_, "kube-")
				    : strcmp(question->resource->kind, "Namespace") != 0;
}

/* Whether accounts may make something like what is missing is asked for nothing else. */
static void
rights_add(struct kubernetes_asking *asking)
{
	struct kg_map missing = { .arena = asking->arena };

	for (uint32_t i = 0; i < asking->questions.count; i++) {
		const struct kubernetes_question *question = asking->questions.items[i];

		if (question->presence == KG_ABSENT)
			kg_map_put(&missing, thing_key(asking->arena, question->resource, question->namespace_), 1);
	}
	for (uint32_t i = 0; i < asking->rights.count && asking->inside->asks.count < asked_most; i++) {
		struct kubernetes_right *right = asking->rights.items[i];

		if (!right->was_asked && kg_map_get(&missing, thing_key(asking->arena, right->resource, right->namespace_), NULL))
			kg_list_push(asking->arena, &asking->inside->asks, (struct ask){ asking, ASK_RIGHT, NULL, right });
		right->was_asked = true;
	}
}

/* What may have been meant by a name that is not there, and whether it will come by itself. */
static void
explain(struct kubernetes_asking *asking, struct kubernetes_question *question, struct kg_map *namespaces)
{
	question->is_doubted = true;
	ask_add(asking, ASK_NAMES, question);
	asking->inside->wants_age |= comes_with_the_cluster(question);
	if (strcmp(question->resource->kind, "StorageClass") == 0)
		ask_add(asking, ASK_VOLUMES, question);
	if (!question->namespace_)
		return;
	ask_add(asking, ASK_ELSEWHERE, question);
	if (kg_map_put(namespaces, question->namespace_, 1))
		ask_add(asking, ASK_NAMESPACE, question);
}

static struct kg_next
asking_begin(struct kg_job *job)
{
	struct kubernetes_asking *asking = ((const struct whole *)job->state)->asking;

	return asks_send(job, asking, first_answered);
}

static struct kg_next
first_answered(struct kg_job *job)
{
	struct kubernetes_asking *asking = ((const struct whole *)job->state)->asking;
	struct kg_map namespaces = { .arena = asking->arena };

	asking->inside->asks.count = 0;
	for (uint32_t i = 0; i < asking->questions.count && asking->inside->asks.count < explained_most; i++)
		if (asking->questions.items[i]->presence == KG_ABSENT)
			explain(asking, asking->questions.items[i], &namespaces);
	if (asking->inside->asks.count == 0)
		return kg_done(job);
	ask_add(asking, ASK_GROUPS, NULL);
	if (asking->inside->wants_age)
		ask_add(asking, ASK_AGE, NULL);
	rights_add(asking);
	return asks_send(job, asking, second_answered);
}

/* Operators fill namespaces as they are made: with accounts, certificates, policies. One that is there has been filled. */
static struct kg_next
second_answered(struct kg_job *job)
{
	struct kubernetes_asking *asking = ((const struct whole *)job->state)->asking;

	for (uint32_t i = 0; i < asking->questions.count; i++) {
		struct kubernetes_question *question = asking->questions.items[i];
		bool is_filled = asking->inside->has_operators && question->namespace_ &&
		    kg_map_get(&asking->inside->absent_namespaces, question->namespace_, NULL);
		bool is_brought = asking->inside->is_young && comes_with_the_cluster(question);

		if (question->presence == KG_ABSENT && (is_filled || is_brought))
			question->presence = KG_ABSENT_YET;
	}
	for (uint32_t i = 0; i < asking->questions.count; i++)
		asking->questions.items[i]->is_explained |= asking->questions.items[i]->is_doubted && !asking->failure;
	return kg_done(job);
}

struct kg_next
kg_kubernetes_ask(struct kg_job *job, struct kubernetes_asking *asking, struct kg_api *api, kg_step *then)
{
	struct kubernetes_asks *inside = kg_new(asking->arena, struct kubernetes_asks);
	struct whole *whole = kg_new(asking->arena, struct whole);
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	asking->inside = inside;
	*inside = (struct kubernetes_asks){ .api = api, .absent_namespaces.arena = asking->arena };
	for (uint32_t i = 0; i < asking->questions.count; i++) {
		struct kubernetes_question *question = asking->questions.items[i];

		if (!question->was_asked)
			ask_add(asking, ASK_OBJECT, question);
		question->was_asked = true;
	}
	if (asking->wants_holders && !asking->has_holders)
		ask_add(asking, ASK_HOLDERS, NULL);
	if (inside->asks.count == 0)
		return kg_go(then);
	whole->asking = asking;
	*parts = (struct kg_job_parts){ .count = 1, .first = asking_begin, .states = whole, .state_size = sizeof(*whole) };
	return kg_wait_parts(job, parts, then);
}
