#include "targets/kubernetes/kubernetes_ask.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/path.h"
#include "targets/kubernetes/kubernetes_inside.h"

static constexpr uint32_t width = 32;
/* Of so many missing things it is found out what may have been meant. */
static constexpr uint32_t explained_most = 50;

static const char metadata_accept[] = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
static const char list_accept[] = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

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

enum ask_what {
	ASK_OBJECT,
	ASK_HOLDERS,   /* Services of all namespaces */
	ASK_NAMES,     /* those of the same kind and namespace */
	ASK_ELSEWHERE, /* those of the same kind and name */
	ASK_VOLUMES,   /* PersistentVolumes that name a class */
	ASK_NAMESPACE, /* that something is missing in */
	ASK_GROUPS,    /* of the server's kinds */
};

/* One request; a part of the job. */
struct ask {
	struct kubernetes_asking *asking;
	enum ask_what what;
	struct kubernetes_question *question; /* that it is about; NULL: none */
};

struct kubernetes_asks {
	struct kg_api *api;
	KG_LIST(struct ask) asks;
	struct kg_map absent_namespaces;
	bool has_operators; /* the server has kinds that are not Kubernetes' own */
};

/* Both rounds are one part of the job that asks, so that they have a place for what they are about. */
struct whole {
	struct kubernetes_asking *asking;
};

static kg_step ask_send, ask_answered, first_answered, second_answered;

static const struct kg_resource *
resource_of(const char *kind)
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
	const struct kg_resource *resource = resource_of(kind);
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

/* ---- requests ---- */

static const char *
path_of(struct kg_job *job, const struct ask *ask)
{
	const struct kubernetes_question *question = ask->question;
	struct kg_text path = { .arena = job->arena };

	switch (ask->what) {
	case ASK_OBJECT: return kg_api_path(job->arena, question->resource, question->namespace_, question->name);
	case ASK_NAMESPACE: return kg_api_path(job->arena, resource_of("Namespace"), NULL, question->namespace_);
	case ASK_GROUPS: return "/apis";
	case ASK_HOLDERS: return kg_api_path(job->arena, resource_of("Service"), NULL, NULL);
	case ASK_VOLUMES: return kg_api_path(job->arena, resource_of("PersistentVolume"), NULL, NULL);
	case ASK_NAMES: kg_text_add(&path, kg_api_path(job->arena, question->resource, question->namespace_, NULL)); break;
	case ASK_ELSEWHERE:
		kg_text_add(&path, kg_api_path(job->arena, question->resource, NULL, NULL));
		kg_path_query(&path, "fieldSelector", kg_format(job->arena, "metadata.name=%s", question->name));
		break;
	}
	kg_path_query(&path, "limit", "500");
	return kg_text_end(&path);
}

static const char *
accept_of(const struct ask *ask)
{
	switch (ask->what) {
	case ASK_OBJECT: return ask->question->wants_keys ? NULL : metadata_accept;
	case ASK_NAMESPACE: return metadata_accept;
	case ASK_NAMES:
	case ASK_ELSEWHERE: return list_accept;
	default: return NULL;
	}
}

static struct kg_next
ask_send(struct kg_job *job)
{
	const struct ask *ask = job->state;
	struct kg_api_request *request = kg_new(job->arena, struct kg_api_request);

	*request = (struct kg_api_request){
		.path = path_of(job, ask),
		.accept = accept_of(ask),
		.patience_ms = ask->asking->patience_ms,
	};
	return kg_api_ask(job, ask->asking->inside->api, request, ask_answered);
}

/* Not there, as opposed to a server that has no such kind. */
static bool
is_absent(struct kg_job *job)
{
	const struct kg_api_status *status = job->http.error ? NULL : kg_api_status(job);

	return status && status->code == 404 && strcmp(status->reason, "NotFound") == 0 &&
	    !strstr(status->message, "could not find the requested resource");
}

static void
keys_take(struct kg_arena *arena, struct kubernetes_question *question, const cJSON *object)
{
	static const char *const fields[] = { "data", "binaryData" };
	KG_LIST(const char *) keys = { 0 };
	const cJSON *one;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		cJSON_ArrayForEach(one, kg_json_at(object, fields[i])) kg_list_push(arena, &keys, kg_copy(arena, one->string));
	kg_list_push(arena, &keys, NULL);
	question->keys = keys.items;
}

/* "f:data": {"f:KEY": {}} of all managers but ours. */
static void
others_take(struct kg_arena *arena, struct kubernetes_question *question, const cJSON *object)
{
	static const char *const fields[] = { "f:data", "f:binaryData" };
	KG_LIST(const char *) keys = { 0 };
	const cJSON *entry, *one;

	cJSON_ArrayForEach(entry, kg_json_at(object, "metadata.managedFields"))
	{
		for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
			const cJSON *owned = cJSON_GetObjectItemCaseSensitive(kg_json_at(entry, "fieldsV1"), fields[i]);

			if (kg_text_equal(kg_json_text(entry, "manager"), kg_api_manager))
				continue;
			cJSON_ArrayForEach(one, owned) if (kg_text_starts(one->string, "f:"))
			    kg_list_push(arena, &keys, kg_copy(arena, one->string + strlen("f:")));
		}
	}
	kg_list_push(arena, &keys, NULL);
	question->others = keys.items;
}

static void
object_take(struct kg_job *job, struct kubernetes_question *question)
{
	const cJSON *object = kg_api_answer(job);

	/* Somebody fills an account's token in a moment. */
	bool is_filled = kg_text_equal(kg_json_text(object, "type"), "kubernetes.io/service-account-token");
	const cJSON *node = cJSON_GetObjectItemCaseSensitive(kg_json_at(object, "metadata.labels"), KG_LABEL_NODE);

	question->presence = KG_PRESENT;
	if (cJSON_IsString(node) && kg_kubernetes_is_of_graph(job, object))
		question->made_by = kg_copy(job->arena, node->valuestring);
	if (question->wants_keys && !is_filled)
		keys_take(job->arena, question, object);
	if (question->wants_keys)
		others_take(job->arena, question, object);
}

static void
service_take(struct kg_job *job, struct kubernetes_asking *asking, const cJSON *service)
{
	const cJSON *ports = kg_json_at(service, "spec.ports"), *port;
	const char *namespace_ = kg_json_text(service, "metadata.namespace"), *name = kg_json_text(service, "metadata.name");

	/* One of ours is changed in this run, or leaves before the port is wanted; so does one that is being deleted. */
	if (!namespace_ || !name || kg_kubernetes_is_of_graph(job, service) || kg_json_text(service, "metadata.deletionTimestamp"))
		return;
	cJSON_ArrayForEach(port, ports)
	{
		const cJSON *number = kg_json_at(port, "nodePort");
		const char *protocol = kg_json_text(port, "protocol");

		if (cJSON_IsNumber(number) && number->valueint > 0)
			kg_list_push(job->arena, &asking->holders,
			    (struct kubernetes_holder){
				number->valueint, protocol ? protocol : "TCP", kg_format(job->arena, "%s/%s", namespace_, name) });
	}
}

static void
names_take(struct kg_job *job, struct kubernetes_question *question, const cJSON *items)
{
	KG_LIST(const char *) names = { 0 };
	const cJSON *item;

	cJSON_ArrayForEach(item, items)
	{
		const char *name = kg_json_text(item, "metadata.name");

		if (name)
			kg_list_push(job->arena, &names, name);
	}
	kg_list_push(job->arena, &names, NULL);
	question->nearest = kg_text_nearest(question->name, names.items);
}

/* Some controllers copy things from one namespace to others, and are told so by annotations: "reflector", "replicator", "kubed". */
static bool
is_copied(const cJSON *object)
{
	static const char *const words[] = { "reflect", "replicat", "kubed", "sync", "copy" };
	const cJSON *annotation;

	cJSON_ArrayForEach(annotation, kg_json_at(object, "metadata.annotations"))
	{
		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (strstr(annotation->string, words[i]))
				return true;
	}
	return false;
}

static void
elsewhere_take(struct kubernetes_question *question, const cJSON *items)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items)
	{
		const char *namespace_ = kg_json_text(item, "metadata.namespace");

		if (!kg_text_equal(kg_json_text(item, "metadata.name"), question->name))
			continue;
		question->elsewhere = namespace_;
		if (is_copied(item))
			question->presence = KG_ABSENT_YET;
	}
}

static void
volumes_take(struct kubernetes_question *question, const cJSON *items)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items) if (kg_text_equal(kg_json_text(item, "spec.storageClassName"), question->name))
	    question->presence = KG_PRESENT;
}

/* "apps", "batch" and all that ends with k8s.io are Kubernetes' own. */
static void
groups_take(struct kubernetes_asks *inside, const cJSON *groups)
{
	static const char *const own[] = { "apps", "autoscaling", "batch", "extensions", "policy" };
	const cJSON *group;

	cJSON_ArrayForEach(group, groups)
	{
		const char *name = kg_json_text(group, "name");
		bool is_own = !name || kg_text_ends(name, ".k8s.io");

		for (size_t i = 0; i < sizeof(own) / sizeof(*own) && !is_own; i++)
			is_own = strcmp(own[i], name) == 0;
		inside->has_operators |= !is_own;
	}
}

static void
answer_take(struct kg_job *job, const struct ask *ask)
{
	struct kubernetes_asking *asking = ask->asking;
	const cJSON *answer = ask->what == ASK_OBJECT ? NULL : kg_api_answer(job), *items = kg_json_at(answer, "items"), *item;

	switch (ask->what) {
	case ASK_OBJECT: object_take(job, ask->question); break;
	case ASK_HOLDERS:
		asking->has_holders = true;
		cJSON_ArrayForEach(item, items) service_take(job, asking, item);
		break;
	case ASK_NAMES: names_take(job, ask->question, items); break;
	case ASK_ELSEWHERE: elsewhere_take(ask->question, items); break;
	case ASK_VOLUMES: volumes_take(ask->question, items); break;
	case ASK_GROUPS: groups_take(asking->inside, kg_json_at(answer, "groups")); break;
	case ASK_NAMESPACE: break;
	}
}

static struct kg_next
ask_answered(struct kg_job *job)
{
	const struct ask *ask = job->state;

	if (!job->http.error && job->http.status >= 200 && job->http.status < 300)
		answer_take(job, ask);
	else if (ask->what == ASK_OBJECT && is_absent(job))
		ask->question->presence = KG_ABSENT;
	else if (ask->what == ASK_NAMESPACE && is_absent(job))
		kg_map_put(&ask->asking->inside->absent_namespaces, ask->question->namespace_, 1);
	else if (!ask->asking->failure && (job->http.error || (job->http.status != 403 && job->http.status != 404)))
		ask->asking->failure = kg_api_error(job, "cannot ask the cluster what it has");
	return kg_done(job);
}

/* ---- both rounds ---- */

static struct kg_next
asks_send(struct kg_job *job, struct kubernetes_asking *asking, kg_step *then)
{
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){
		.count = asking->inside->asks.count,
		.width = width,
		.first = ask_send,
		.states = asking->inside->asks.items,
		.state_size = sizeof(struct ask),
	};
	return kg_wait_parts(job, parts, then);
}

static void
ask_add(struct kubernetes_asking *asking, enum ask_what what, struct kubernetes_question *question)
{
	kg_list_push(asking->arena, &asking->inside->asks, (struct ask){ asking, what, question });
}

/* What may have been meant by a name that is not there, and whether it will come by itself. */
static void
explain(struct kubernetes_asking *asking, struct kubernetes_question *question, struct kg_map *namespaces)
{
	question->is_doubted = true;
	ask_add(asking, ASK_NAMES, question);
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
	return asks_send(job, asking, second_answered);
}

/* Operators fill namespaces as they are made: with accounts, certificates, policies. One that is there has been filled. */
static struct kg_next
second_answered(struct kg_job *job)
{
	struct kubernetes_asking *asking = ((const struct whole *)job->state)->asking;

	for (uint32_t i = 0; asking->inside->has_operators && i < asking->questions.count; i++) {
		struct kubernetes_question *question = asking->questions.items[i];

		if (question->presence == KG_ABSENT && question->namespace_ &&
		    kg_map_get(&asking->inside->absent_namespaces, question->namespace_, NULL))
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
