#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/reference.h"
#include "targets/kubernetes/manifest/review_inside.h"

struct looking {
	struct kg_scene *scene;
	const struct kg_subject *subject;
};

/* What an object names. */
struct wanted {
	const char *kind, *namespace_, *name; /* namespace_ NULL: it lives in none */
};

static const char *const data_fields[] = { "data", "stringData", "binaryData" };

/* What every cluster has by itself. */
static bool
is_of_the_cluster(const struct kg_reference *reference)
{
	static const char *const roles[] = { "cluster-admin", "admin", "edit", "view", NULL };
	const char *const *role = roles;

	if (strcmp(reference->kind, "ServiceAccount") == 0)
		return strcmp(reference->name, "default") == 0;
	if (strcmp(reference->kind, "ConfigMap") == 0)
		return strcmp(reference->name, "kube-root-ca.crt") == 0;
	if (strcmp(reference->kind, "ClusterRole") != 0)
		return false;
	while (*role && strcmp(*role, reference->name) != 0)
		role++;
	return *role || kg_text_starts(reference->name, "system:");
}

/* What a cluster may well have without the graph: only when it is known that it has not, is there something to say. */
static bool
is_often_there(const char *kind)
{
	static const char *const kinds[] = { "StorageClass", "PriorityClass", "RuntimeClass", "IngressClass", "PersistentVolume",
		"ValidatingAdmissionPolicy", NULL };
	const char *const *one = kinds;

	while (*one && strcmp(*one, kind) != 0)
		one++;
	return *one;
}

/* Without these, nothing breaks: they are warnings at most. */
static bool
is_harmless(const char *what)
{
	static const char *const harmless[] = { "imagePullSecrets", "secrets", "serviceName", "tls", "scaleTargetRef", "backend",
		"claimRef", "ingressClassName", "conversion", NULL };
	const char *const *one = harmless;

	while (*one && strcmp(*one, what) != 0)
		one++;
	return *one;
}

static const char *
api_version_of(const char *kind)
{
	static const char *const groups[][2] = { { "Role", "rbac.authorization.k8s.io/v1" },
		{ "ClusterRole", "rbac.authorization.k8s.io/v1" }, { "StorageClass", "storage.k8s.io/v1" },
		{ "PriorityClass", "scheduling.k8s.io/v1" }, { "RuntimeClass", "node.k8s.io/v1" },
		{ "IngressClass", "networking.k8s.io/v1" }, { "Deployment", "apps/v1" }, { "StatefulSet", "apps/v1" },
		{ "ReplicaSet", "apps/v1" }, { "ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1" } };

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (strcmp(groups[i][0], kind) == 0)
			return groups[i][1];
	}
	return "v1";
}

static enum kg_presence
ask_world(const struct kg_scene *scene, const struct kg_subject *subject, const struct wanted *wanted, const char *key)
{
	if (!scene->world->has)
		return KG_PRESENCE_UNKNOWN;
	return scene->world->has(scene->world->context, subject->node->cluster, api_version_of(wanted->kind), wanted->kind,
	    wanted->namespace_, wanted->name, key);
}

/* What is certain only when the node has its turn is asked again then. */
static void
lack_note(const struct kg_scene *scene, const struct kg_subject *subject, const struct wanted *wanted, const char *key,
    const struct kg_error *error)
{
	const struct kg_lack lack = {
		.api_version = api_version_of(wanted->kind),
		.kind = wanted->kind,
		.namespace_ = wanted->namespace_,
		.name = wanted->name,
		.key = key,
		.error = error,
	};

	scene->world->lacks(scene->world->context, subject->node, &lack);
}

/* In a cluster that the graph makes, what is there now may go with it. */
static bool
is_asked_again(
    const struct kg_scene *scene, const struct kg_subject *subject, enum kg_presence presence, enum kg_certainty certainty)
{
	if (!scene->world->lacks || certainty == KG_CERTAIN_NEVER)
		return false;
	return presence == KG_PRESENCE_UNKNOWN || (presence == KG_PRESENT && subject->node->is_fresh) ||
	    (presence == KG_ABSENT && certainty == KG_CERTAIN_LATER);
}

static void
nearest_advise(struct kg_scene *scene, const struct kg_subject *subject, const struct wanted *wanted, const char *key,
    const char *nearest, struct kg_error *error)
{
	const struct kg_world *world = scene->world;
	const char *advice = NULL;

	if (!nearest && world->advise)
		advice = world->advise(world->context, subject->node->cluster, wanted->kind, wanted->namespace_, wanted->name, key);
	if (nearest)
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
	else if (advice)
		kg_error_advise(scene->arena, error, "%s", advice);
}

/* ---- keys ---- */

static bool
has_data(const struct kg_subject *holder)
{
	for (size_t i = 0; i < sizeof(data_fields) / sizeof(*data_fields); i++) {
		const cJSON *data = kg_field_member(holder->object->json, data_fields[i]);

		if (cJSON_IsObject(data) && data->child)
			return true;
	}
	return false;
}

static bool
has_key(struct kg_arena *arena, const struct kg_subject *holder, const char *key, const char **ret_nearest)
{
	KG_LIST(const char *) keys = { 0 };

	for (size_t i = 0; i < sizeof(data_fields) / sizeof(*data_fields); i++) {
		const cJSON *data = kg_field_member(holder->object->json, data_fields[i]);

		for (const cJSON *one = cJSON_IsObject(data) ? data->child : NULL; one; one = one->next) {
			if (strcmp(one->string, key) == 0)
				return true;
			kg_list_push(arena, &keys, one->string);
		}
	}
	kg_list_push(arena, &keys, NULL);
	*ret_nearest = kg_text_nearest(key, keys.items);
	return false;
}

/* Somebody else may have put it there beside ours; and what is empty in the graph is there to be filled. */
static void
own_key_look(struct looking *looking, const struct wanted *wanted, const struct kg_subject *holder, const cJSON *key)
{
	struct kg_scene *scene = looking->scene;
	const char *nearest = NULL;

	if (has_key(scene->arena, holder, key->valuestring, &nearest) ||
	    ask_world(scene, looking->subject, wanted, key->valuestring) == KG_PRESENT)
		return;
	bool is_certain = has_data(holder) && kg_review_runs_now(scene, looking->subject) &&
	    kg_review_certainty(scene, looking->subject, wanted->kind, wanted->namespace_, wanted->name) == KG_CERTAIN_NOW;
	struct kg_error *error = kg_review_tell(scene, is_certain, looking->subject, key, "%s has no key `%s`",
	    kg_object_tell(scene->arena, holder->object), key->valuestring);
	if (nearest)
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
	else
		kg_error_advise(scene->arena, error, "the pod would not start; if that key may miss, say optional: true beside it");
}

static void
cluster_key_look(struct looking *looking, const struct wanted *wanted, enum kg_presence holder, const cJSON *key)
{
	struct kg_scene *scene = looking->scene;
	const struct kg_subject *subject = looking->subject;
	enum kg_presence presence = ask_world(scene, subject, wanted, key->valuestring);
	enum kg_certainty certainty = KG_CERTAIN_NEVER;

	if (holder == KG_ABSENT || holder == KG_ABSENT_YET || holder == KG_LEAVING)
		return;
	if (kg_review_runs_now(scene, subject))
		certainty = kg_review_certainty(scene, subject, wanted->kind, wanted->namespace_, wanted->name);
	bool is_again = is_asked_again(scene, subject, presence, certainty), is_absent = presence == KG_ABSENT;
	if (!is_again && !is_absent)
		return;
	struct kg_error *error = kg_review_make(scene, subject, key, "%s %s/%s in the cluster has no key `%s`", wanted->kind,
	    wanted->namespace_, wanted->name, key->valuestring);
	if (is_absent)
		nearest_advise(scene, subject, wanted, key->valuestring, NULL, error);
	if (!error->advice)
		kg_error_advise(scene->arena, error, "the pod would not start; if that key may miss, say optional: true beside it");
	if (is_again)
		lack_note(scene, subject, wanted, key->valuestring, error);
	if (is_absent)
		kg_errors_add(certainty == KG_CERTAIN_NOW ? scene->errors : scene->warnings, error);
}

/* holder: of the graph, or NULL; presence: in the cluster. */
static void
key_look(struct looking *looking, const struct wanted *wanted, const struct kg_subject *holder, enum kg_presence presence,
    const cJSON *key)
{
	if (!cJSON_IsString(key) || kg_review_is_open(key->valuestring))
		return;
	if (holder)
		own_key_look(looking, wanted, holder, key);
	else
		cluster_key_look(looking, wanted, presence, key);
}

/* `key` beside the name in env; `items` in volumes. */
static void
keys_look(struct looking *looking, const struct kg_reference *reference, const struct wanted *wanted,
    const struct kg_subject *holder, enum kg_presence presence)
{
	const cJSON *items = kg_field_member(reference->owner, "items");
	const char *type = holder ? kg_field_text(holder->object->json, "type") : NULL;

	if (strcmp(reference->kind, "ConfigMap") != 0 && strcmp(reference->kind, "Secret") != 0)
		return;
	/* A controller fills it. */
	if (type && strcmp(type, "kubernetes.io/service-account-token") == 0)
		return;
	if (strcmp(reference->what, "env") == 0)
		key_look(looking, wanted, holder, presence, kg_field_member(reference->owner, "key"));
	if (strcmp(reference->what, "volume") != 0)
		return;
	for (const cJSON *item = cJSON_IsArray(items) ? items->child : NULL; item; item = item->next)
		key_look(looking, wanted, holder, presence, kg_field_member(item, "key"));
}

/* ---- names ---- */

/* Whether an account that a binding names may be there; users and groups are not the cluster's to know. */
static bool
may_be_there(struct looking *looking, const cJSON *account)
{
	const struct kg_subject *subject = looking->subject;
	const char *kind = kg_field_text(account, "kind"), *name = kg_field_text(account, "name"),
		   *said = kg_field_text(account, "namespace");
	const struct wanted wanted = {
		.kind = "ServiceAccount", .name = name, .namespace_ = said && *said ? said : subject->namespace_
	};

	if (!kind || !name || strcmp(kind, "ServiceAccount") != 0 || kg_review_is_open(name) || strcmp(name, "default") == 0)
		return true;
	if (!wanted.namespace_ || kg_review_is_open(wanted.namespace_) ||
	    kg_review_find(looking->scene, subject, wanted.kind, wanted.namespace_, name))
		return true;
	enum kg_presence presence = ask_world(looking->scene, subject, &wanted, NULL);
	return presence != KG_ABSENT && presence != KG_LEAVING;
}

/* A binding is taken with whomever it names, and does what it is there for as long as it is for somebody who exists. */
static bool
is_one_of_many(struct looking *looking, const struct kg_reference *reference)
{
	const cJSON *subjects = kg_field_member(looking->subject->object->json, "subjects");

	if (strcmp(reference->what, "subject") != 0)
		return false;
	for (const cJSON *one = cJSON_IsArray(subjects) ? subjects->child : NULL; one; one = one->next)
		if (one != reference->owner && may_be_there(looking, one))
			return true;
	return false;
}

/* In namespaces of others, what is missing is theirs to bring: a binding for a monitoring that is not installed here does no harm. */
static enum kg_certainty
certainty_of(struct looking *looking, const struct kg_reference *reference, const struct wanted *wanted, bool is_ours)
{
	bool is_foreign = reference->has_namespace && !is_ours;

	if (is_foreign || is_harmless(reference->what) || !kg_review_runs_now(looking->scene, looking->subject) ||
	    is_one_of_many(looking, reference))
		return KG_CERTAIN_NEVER;
	return kg_review_certainty(looking->scene, looking->subject, wanted->kind, wanted->namespace_, wanted->name);
}

static void
missing_tell(struct looking *looking, const struct kg_reference *reference, const struct wanted *wanted, enum kg_presence presence,
    enum kg_certainty certainty)
{
	struct kg_scene *scene = looking->scene;
	const struct kg_subject *subject = looking->subject;
	bool may_be_again = is_asked_again(scene, subject, presence, certainty);

	if (presence == KG_PRESENT && !may_be_again)
		return;
	/* It may be of what is not known yet, and then it stays. */
	if (presence == KG_LEAVING && certainty == KG_CERTAIN_NEVER)
		return;
	const char *nearest = kg_review_nearest(scene, subject, wanted->kind, wanted->namespace_, wanted->name);
	bool is_absent = presence == KG_ABSENT || presence == KG_ABSENT_YET || presence == KG_LEAVING;
	/* A name that is nearly another's, in a cluster that nobody else fills, is a slip. Classes are what clusters come with. */
	bool is_slip = presence == KG_PRESENCE_UNKNOWN && subject->node->is_fresh && nearest && !is_often_there(wanted->kind);
	bool is_error = certainty == KG_CERTAIN_NOW && (presence == KG_ABSENT || presence == KG_LEAVING || is_slip);
	bool is_silent = presence == KG_PRESENT ||
	    (presence == KG_PRESENCE_UNKNOWN && (kg_review_is_partial(scene, subject) || is_often_there(wanted->kind)));
	bool is_again = may_be_again && !is_error;
	const char *thing = wanted->namespace_ ? kg_format(scene->arena, "%s %s/%s", wanted->kind, wanted->namespace_, wanted->name)
					       : kg_format(scene->arena, "%s %s", wanted->kind, wanted->name);

	if (is_silent && !is_again)
		return;
	if (!kg_review_is_new(scene, kg_format(scene->arena, "%p %s", (const void *)subject, thing)))
		return;
	if (is_again) {
		struct kg_error *error = kg_review_make(scene, subject, reference->value,
		    "%s names %s, which neither the graph nor the cluster has", reference->what, thing);

		nearest_advise(scene, subject, wanted, NULL, nearest, error);
		lack_note(scene, subject, wanted, NULL, error);
	}
	if (is_silent)
		return;
	struct kg_error *error = kg_review_tell(scene, is_error, subject, reference->value,
	    presence == KG_LEAVING ? "%s names %s, which the graph has no more: this run deletes it"
		: is_absent        ? "%s names %s, which neither the graph nor the cluster has"
				   : "%s names %s, which no node of the graph has",
	    reference->what, thing);
	nearest_advise(scene, subject, wanted, NULL, nearest, error);
	if (!error->advice && !is_absent)
		kg_error_advise(scene->arena, error, "it has to be in the cluster by then");
}

static void
on_reference(void *context, const struct kg_object *object, const struct kg_reference *reference)
{
	struct looking *looking = context;
	struct kg_scene *scene = looking->scene;
	const struct kg_subject *subject = looking->subject;
	bool lives_in_none = kg_object_is_namespaced(api_version_of(reference->kind), reference->kind) == 0;
	const struct wanted wanted = {
		.kind = reference->kind,
		.name = reference->name,
		.namespace_ = lives_in_none ? NULL
		    : reference->namespace_ ? reference->namespace_
					    : subject->namespace_,
	};

	if (kg_review_is_open(wanted.name) || (wanted.namespace_ && kg_review_is_open(wanted.namespace_)) ||
	    is_of_the_cluster(reference) || reference->is_optional)
		return;
	if (strcmp(wanted.kind, "User") == 0 || strcmp(wanted.kind, "Group") == 0)
		return;
	const struct kg_subject *holder = kg_review_find(scene, subject, wanted.kind, wanted.namespace_, wanted.name);
	if (holder) {
		keys_look(looking, reference, &wanted, holder, KG_PRESENT);
		return;
	}
	/* A volume's class need be no object: by it, claims find volumes. */
	if (strcmp(object->kind, "PersistentVolume") == 0 && strcmp(reference->what, "storageClassName") == 0)
		return;
	if (kg_review_is_promised(scene, subject, wanted.kind, wanted.namespace_, wanted.name))
		return;
	enum kg_presence presence = ask_world(scene, subject, &wanted, NULL);
	bool is_ours = !wanted.namespace_ ||
	    kg_map_get(&scene->namespaces, kg_format(scene->arena, "%s\n%s", subject->node->cluster, wanted.namespace_), NULL);
	keys_look(looking, reference, &wanted, NULL, presence);
	/* In namespaces of others, and of what controllers make, nothing is known but what the cluster tells. */
	if (kg_map_get(&scene->custom, kg_format(scene->arena, "%s\n%s", subject->node->cluster, wanted.name), NULL) ||
	    (presence == KG_PRESENCE_UNKNOWN && !is_ours))
		return;
	missing_tell(looking, reference, &wanted, presence, certainty_of(looking, reference, &wanted, is_ours));
}

void
kg_review_references(struct kg_scene *scene, const struct kg_subject *subject)
{
	struct looking looking = { scene, subject };

	kg_reference_each(subject->object, on_reference, &looking);
}

/* ---- namespaces ---- */

void
kg_review_namespace(struct kg_scene *scene, const struct kg_subject *subject)
{
	static const char *const known[] = { "default", "kube-system", "kube-public", "kube-node-lease", NULL };
	const char *namespace_ = subject->namespace_;

	if (!namespace_ || kg_review_is_open(namespace_) || kg_review_find(scene, subject, "Namespace", NULL, namespace_))
		return;
	for (const char *const *one = known; *one; one++) {
		if (strcmp(*one, namespace_) == 0)
			return;
	}
	if (!kg_review_is_new(scene, kg_format(scene->arena, "namespace %s %s", subject->node->cluster, namespace_)))
		return;
	const struct wanted wanted = { .kind = "Namespace", .name = namespace_ };
	enum kg_presence presence = ask_world(scene, subject, &wanted, NULL);
	enum kg_certainty certainty = kg_review_certainty(scene, subject, "Namespace", NULL, namespace_);
	const char *nearest = kg_review_nearest(scene, subject, "Namespace", NULL, namespace_);
	/* In a cluster of others there are namespaces of others. */
	bool is_likely = !kg_review_is_partial(scene, subject) && (subject->node->is_fresh || nearest);
	bool is_again = is_asked_again(scene, subject, presence, certainty);
	bool is_silent = presence == KG_PRESENT || (presence == KG_PRESENCE_UNKNOWN && !is_likely);
	if (is_silent && !is_again)
		return;
	const cJSON *said = kg_field_at(subject->object->json, "metadata.namespace");
	struct kg_error *error = kg_review_make(scene, subject, said,
	    presence == KG_ABSENT || is_silent ? "neither the graph nor the cluster has the namespace `%s`"
					       : "no node of the graph has the namespace `%s`",
	    namespace_);
	nearest_advise(scene, subject, &wanted, NULL, nearest, error);
	if (!error->advice)
		kg_error_advise(
		    scene->arena, error, "add the object: {apiVersion: v1, kind: Namespace, metadata: {name: %s}}", namespace_);
	if (is_again)
		lack_note(scene, subject, &wanted, NULL, error);
	if (!is_silent)
		kg_errors_add(presence == KG_ABSENT && certainty == KG_CERTAIN_NOW ? scene->errors : scene->warnings, error);
}
