/* The single requests of what a cluster is asked for, and what is made of their answers. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/path.h"
#include "targets/kubernetes/kubernetes_ask_inside.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/member.h"

static const char metadata_accept[] = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
static const char list_accept[] = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

static kg_step ask_answered;

static const char *
path_of(struct kg_job *job, const struct ask *ask)
{
	const struct kubernetes_question *question = ask->question;
	struct kg_text path = { .arena = job->arena };

	switch (ask->what) {
	case ASK_OBJECT: return kg_api_path(job->arena, question->resource, question->namespace_, question->name);
	case ASK_NAMESPACE: return kg_api_path(job->arena, kubernetes_ask_resource("Namespace"), NULL, question->namespace_);
	case ASK_AGE: return kg_api_path(job->arena, kubernetes_ask_resource("Namespace"), NULL, "kube-system");
	case ASK_RIGHT: return "/apis/authorization.k8s.io/v1/subjectaccessreviews";
	case ASK_GROUPS: return "/apis";
	case ASK_HOLDERS: return kg_api_path(job->arena, kubernetes_ask_resource("Service"), NULL, NULL);
	case ASK_VOLUMES: return kg_api_path(job->arena, kubernetes_ask_resource("PersistentVolume"), NULL, NULL);
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
	case ASK_OBJECT: return ask->question->wants_keys || ask->question->wants_rules ? NULL : metadata_accept;
	case ASK_AGE:
	case ASK_NAMESPACE: return metadata_accept;
	case ASK_NAMES:
	case ASK_ELSEWHERE: return list_accept;
	default: return NULL;
	}
}

/* Whether the account may make such things there, whoever gives it the right. */
static const char *
review_of(struct kg_job *job, const struct kubernetes_right *right)
{
	const char *namespace_ = right->account.namespace_;
	struct kg_text text = { .arena = job->arena };

	kg_text_add(&text, "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{\"user\":");
	kg_text_add_json(&text, kg_format(job->arena, "system:serviceaccount:%s:%s", namespace_, right->account.name));
	kg_text_add(&text, ",\"groups\":[\"system:serviceaccounts\",\"system:authenticated\",");
	kg_text_add_json(&text, kg_format(job->arena, "system:serviceaccounts:%s", namespace_));
	kg_text_add(&text, "],\"resourceAttributes\":{\"verb\":\"create\",\"group\":");
	kg_text_add_json(&text, right->resource->group);
	kg_text_add(&text, ",\"resource\":");
	kg_text_add_json(&text, right->resource->plural);
	kg_text_add(&text, ",\"namespace\":");
	kg_text_add_json(&text, right->namespace_ ? right->namespace_ : "");
	kg_text_add(&text, "}}}");
	return kg_text_end(&text);
}

struct kg_next
kubernetes_ask_send(struct kg_job *job)
{
	const struct ask *ask = job->state;
	struct kg_api_request *request = kg_new(job->arena, struct kg_api_request);

	*request = (struct kg_api_request){
		.path = path_of(job, ask),
		.accept = accept_of(ask),
		.patience_ms = ask->asking->patience_ms,
	};
	if (ask->what == ASK_RIGHT) {
		request->method = "POST";
		request->content_type = "application/json";
		request->body = review_of(job, ask->right);
		request->body_size = strlen(request->body);
	}
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

static bool
list_has(const cJSON *list, const char *text)
{
	const cJSON *one;

	cJSON_ArrayForEach(one, list) if (cJSON_IsString(one) &&
	    (strcmp(one->valuestring, text) == 0 || strcmp(one->valuestring, "*") == 0)) return true;
	return false;
}

/* What the role allows to make: who patches may make as well. */
static void
rules_take(struct kg_arena *arena, struct kubernetes_question *question, const cJSON *object)
{
	KG_LIST(const char *) makes = { 0 };
	const cJSON *rule, *one;

	cJSON_ArrayForEach(rule, kg_json_at(object, "rules"))
	{
		const cJSON *verbs = kg_json_at(rule, "verbs");

		if (!list_has(verbs, "create") && !list_has(verbs, "patch"))
			continue;
		cJSON_ArrayForEach(one, kg_json_at(rule, "resources")) if (cJSON_IsString(one))
		    kg_list_push(arena, &makes, kg_copy(arena, one->valuestring));
	}
	kg_list_push(arena, &makes, NULL);
	question->makes = makes.items;
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
	if (question->wants_rules)
		rules_take(job->arena, question, object);
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

/* Clocks may differ by minutes; one that seems to be of the future is young. */
static void
age_take(struct kubernetes_asks *inside, const cJSON *namespace_)
{
	int64_t born_s = kg_member_time_s(namespace_, "metadata.creationTimestamp");

	inside->is_young = born_s > 0 && kg_clock_wall_ns() / 1000000000 - born_s < kg_kubernetes_young_s;
}

static void
right_take(struct kubernetes_right *right, const cJSON *review)
{
	right->presence = cJSON_IsTrue(kg_json_at(review, "status.allowed")) ? KG_PRESENT : KG_ABSENT;
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
	case ASK_AGE: age_take(asking->inside, answer); break;
	case ASK_RIGHT: right_take(ask->right, answer); break;
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
