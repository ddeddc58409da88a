#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/reference.h"
#include "targets/kubernetes/manifest/review_inside.h"

struct looking {
	struct kg_scene *scene;
	const struct kg_subject *subject;
};

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
		"claimRef", NULL };
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
ask_world(struct kg_scene *scene, const struct kg_subject *subject, const struct kg_reference *reference, const char *namespace_,
    const char *key)
{
	if (!scene->world->has)
		return KG_PRESENCE_UNKNOWN;
	return scene->world->has(scene->world->context, subject->node->cluster, api_version_of(reference->kind), reference->kind,
	    namespace_, reference->name, key);
}

/* ---- keys ---- */

static bool
has_key(struct kg_arena *arena, const struct kg_subject *holder, const char *key, const char **ret_nearest)
{
	static const char *const fields[] = { "data", "stringData", "binaryData" };
	KG_LIST(const char *) keys = { 0 };

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const cJSON *data = kg_field_member(holder->object->json, fields[i]);

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

static void
key_look(struct looking *looking, const struct kg_subject *holder, const cJSON *key)
{
	struct kg_scene *scene = looking->scene;
	const char *nearest = NULL;

	if (!cJSON_IsString(key) || kg_review_is_open(key->valuestring) ||
	    has_key(scene->arena, holder, key->valuestring, &nearest))
		return;
	struct kg_error *error = kg_review_tell(scene, true, looking->subject, key, "%s has no key `%s`",
	    kg_object_tell(scene->arena, holder->object), key->valuestring);
	if (nearest)
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
	else
		kg_error_advise(scene->arena, error, "the pod would not start; if that key may miss, say optional: true beside it");
}

/* `key` beside the name in env; `items` in volumes. */
static void
keys_look(struct looking *looking, const struct kg_reference *reference, const struct kg_subject *holder)
{
	const cJSON *items = kg_field_member(reference->owner, "items");

	if (strcmp(reference->kind, "ConfigMap") != 0 && strcmp(reference->kind, "Secret") != 0)
		return;
	if (strcmp(reference->what, "env") == 0)
		key_look(looking, holder, kg_field_member(reference->owner, "key"));
	if (strcmp(reference->what, "volume") != 0)
		return;
	for (const cJSON *item = cJSON_IsArray(items) ? items->child : NULL; item; item = item->next)
		key_look(looking, holder, kg_field_member(item, "key"));
}

/* ---- names ---- */

static void
missing_tell(struct looking *looking, const struct kg_reference *reference, const char *namespace_, enum kg_presence presence)
{
	struct kg_scene *scene = looking->scene;
	const struct kg_subject *subject = looking->subject;
	bool is_partial = kg_review_is_partial(scene, subject);
	const char *nearest = kg_review_nearest(scene, subject, reference->kind, namespace_, reference->name);
	/* A name that is nearly another's, in a cluster that nobody else fills, is a slip. */
	bool is_certain = presence == KG_ABSENT || (subject->node->is_fresh && nearest);
	bool is_error = is_certain && !is_partial && !is_harmless(reference->what);
	const char *thing = namespace_ ? kg_format(scene->arena, "%s %s/%s", reference->kind, namespace_, reference->name)
				       : kg_format(scene->arena, "%s %s", reference->kind, reference->name);

	if (presence == KG_PRESENCE_UNKNOWN && (is_partial || is_often_there(reference->kind)))
		return;
	if (!kg_review_is_new(scene, kg_format(scene->arena, "%p %s", (const void *)subject, thing)))
		return;
	struct kg_error *error = kg_review_tell(scene, is_error, subject, reference->value,
	    presence == KG_ABSENT ? "%s names %s, which neither the graph nor the cluster has"
				  : "%s names %s, which no node of the graph has",
	    reference->what, thing);
	if (nearest)
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
	else if (presence == KG_PRESENCE_UNKNOWN)
		kg_error_advise(scene->arena, error, "it has to be in the cluster by then");
}

static void
on_reference(void *context, const struct kg_object *, const struct kg_reference *reference)
{
	struct looking *looking = context;
	struct kg_scene *scene = looking->scene;
	const struct kg_subject *subject = looking->subject;
	bool lives_in_none = kg_object_is_namespaced(api_version_of(reference->kind), reference->kind) == 0;
	const char *namespace_ = lives_in_none ? NULL : reference->namespace_ ? reference->namespace_ : subject->namespace_;

	if (kg_review_is_open(reference->name) || (namespace_ && kg_review_is_open(namespace_)) || is_of_the_cluster(reference))
		return;
	if (strcmp(reference->kind, "User") == 0 || strcmp(reference->kind, "Group") == 0)
		return;
	const struct kg_subject *holder = kg_review_find(scene, subject, reference->kind, namespace_, reference->name);
	if (holder) {
		if (!reference->is_optional)
			keys_look(looking, reference, holder);
		return;
	}
	enum kg_presence presence = ask_world(scene, subject, reference, namespace_, NULL);
	bool is_ours = !namespace_ ||
	    kg_map_get(&scene->namespaces, kg_format(scene->arena, "%s\n%s", subject->node->cluster, namespace_), NULL);
	bool may_be_made =
	    kg_map_get(&scene->custom, kg_format(scene->arena, "%s\n%s", subject->node->cluster, reference->name), NULL);
	/* In namespaces of others, and of what controllers make, nothing is known but what the cluster tells. */
	if (reference->is_optional || presence == KG_PRESENT || may_be_made || (presence == KG_PRESENCE_UNKNOWN && !is_ours))
		return;
	missing_tell(looking, reference, namespace_, presence);
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
	enum kg_presence presence = KG_PRESENCE_UNKNOWN;

	if (!namespace_ || kg_review_is_open(namespace_) || kg_review_find(scene, subject, "Namespace", NULL, namespace_))
		return;
	for (const char *const *one = known; *one; one++) {
		if (strcmp(*one, namespace_) == 0)
			return;
	}
	if (!kg_review_is_new(scene, kg_format(scene->arena, "namespace %s %s", subject->node->cluster, namespace_)))
		return;
	if (scene->world->has)
		presence =
		    scene->world->has(scene->world->context, subject->node->cluster, "v1", "Namespace", NULL, namespace_, NULL);
	bool is_partial = kg_review_is_partial(scene, subject);
	const char *nearest = kg_review_nearest(scene, subject, "Namespace", NULL, namespace_);
	/* In a cluster of others there are namespaces of others. */
	bool is_likely = !is_partial && (subject->node->is_fresh || nearest);
	if (presence == KG_PRESENT || (presence == KG_PRESENCE_UNKNOWN && !is_likely))
		return;
	const cJSON *said = kg_field_at(subject->object->json, "metadata.namespace");
	struct kg_error *error = kg_review_tell(scene, presence == KG_ABSENT && !is_partial, subject, said,
	    presence == KG_ABSENT ? "neither the graph nor the cluster has the namespace `%s`"
				  : "no node of the graph has the namespace `%s`",
	    namespace_);
	if (nearest)
		kg_error_advise(scene->arena, error, "did you mean `%s`?", nearest);
	else
		kg_error_advise(
		    scene->arena, error, "add the object: {apiVersion: v1, kind: Namespace, metadata: {name: %s}}", namespace_);
}
