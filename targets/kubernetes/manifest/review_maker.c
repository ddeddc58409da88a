/*
 * Who may make what neither the graph nor the cluster has. A false error would keep a stack from coming up that is well, so that whatever gives a reason
 * to think that somebody brings it turns the error into a warning:
 *
 *     custom objects                 their operator makes Secrets, Services and more, under names of its own
 *     rights to create such a thing  of a Role or ClusterRole of the graph: a Job that makes certificates, a controller
 *     a word of a program            "--secret-name=admission" in a container's command or arguments
 *     an annotation's value          "serving-cert-secret-name: web-tls"
 *     the `tls` of an Ingress        which names the Secret that is made for it
 *     a command of the graph         struct kg_reviewed.makers
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/review_inside.h"

/* What parts the words of a command line or a script. */
static const char separators[] = " \t\r\n'\"`=:,;()[]{}<>|&$";

static const char *
key_of(struct kg_scene *scene, const struct kg_subject *subject, const char *word)
{
	return kg_format(scene->arena, "%s\n%s", subject->node->cluster, word);
}

static void
word_add(struct kg_scene *scene, const struct kg_subject *subject, const char *word, size_t length)
{
	const char *slash = memchr(word, '/', length);

	if (length == 0 || length > 253)
		return;
	kg_map_put(&scene->named, key_of(scene, subject, kg_copy_bytes(scene->arena, word, length)), 1);
	/* "namespace/name", but not a path. */
	if (slash && slash > word && !memchr(slash + 1, '/', length - (size_t)(slash + 1 - word)))
		word_add(scene, subject, slash + 1, length - (size_t)(slash + 1 - word));
}

static void
words_add(struct kg_scene *scene, const struct kg_subject *subject, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, separators);

		word_add(scene, subject, text, length);
		text += length;
		text += strspn(text, separators);
	}
}

static void
list_words_add(struct kg_scene *scene, const struct kg_subject *subject, const cJSON *list)
{
	for (const cJSON *one = cJSON_IsArray(list) ? list->child : NULL; one; one = one->next)
		if (cJSON_IsString(one))
			words_add(scene, subject, one->valuestring);
}

static void
annotations_add(struct kg_scene *scene, const struct kg_subject *subject, const cJSON *annotations)
{
	for (const cJSON *one = cJSON_IsObject(annotations) ? annotations->child : NULL; one; one = one->next)
		/* The whole object once more, with all that it names. */
		if (cJSON_IsString(one) && strcmp(one->string, "kubectl.kubernetes.io/last-applied-configuration") != 0)
			words_add(scene, subject, one->valuestring);
}

static bool
list_has(const cJSON *list, const char *text)
{
	for (const cJSON *one = cJSON_IsArray(list) ? list->child : NULL; one; one = one->next)
		if (cJSON_IsString(one) && (strcmp(one->valuestring, text) == 0 || strcmp(one->valuestring, "*") == 0))
			return true;
	return false;
}

/* Resources as rules name them, and the kinds that they hold. */
static const char *const resources[][2] = { { "configmaps", "ConfigMap" }, { "secrets", "Secret" },
	{ "serviceaccounts", "ServiceAccount" }, { "persistentvolumeclaims", "PersistentVolumeClaim" },
	{ "persistentvolumes", "PersistentVolume" }, { "services", "Service" }, { "namespaces", "Namespace" }, { "roles", "Role" },
	{ "clusterroles", "ClusterRole" }, { "storageclasses", "StorageClass" }, { "priorityclasses", "PriorityClass" },
	{ "runtimeclasses", "RuntimeClass" }, { "ingressclasses", "IngressClass" } };

static void
rules_add(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *rules = kg_field_member(subject->object->json, "rules");

	for (const cJSON *rule = cJSON_IsArray(rules) ? rules->child : NULL; rule; rule = rule->next) {
		const cJSON *verbs = kg_field_member(rule, "verbs"), *named = kg_field_member(rule, "resources");

		/* Who patches may make: server-side apply does both. */
		if (!list_has(verbs, "create") && !list_has(verbs, "patch"))
			continue;
		for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
			if (list_has(named, resources[i][0]))
				kg_map_put(&scene->makers, key_of(scene, subject, resources[i][1]), 1);
	}
}

/* Accounts of the graph that are given rights that the cluster knows by itself. */
static bool
gives_all_rights(const struct kg_subject *subject)
{
	static const char *const roles[] = { "cluster-admin", "admin", "edit" };
	const char *role = kg_field_text(kg_field_member(subject->object->json, "roleRef"), "name");
	const cJSON *subjects = kg_field_member(subject->object->json, "subjects");
	bool is_wide = false, has_account = false;

	for (size_t i = 0; role && i < sizeof(roles) / sizeof(*roles); i++)
		is_wide = is_wide || strcmp(roles[i], role) == 0;
	for (const cJSON *one = cJSON_IsArray(subjects) ? subjects->child : NULL; one; one = one->next) {
		const char *kind = kg_field_text(one, "kind");
		has_account = has_account || (kind && strcmp(kind, "ServiceAccount") == 0);
	}
	return is_wide && has_account;
}

static void
ingress_add(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *tls = kg_field_at(subject->object->json, "spec.tls");

	for (const cJSON *one = cJSON_IsArray(tls) ? tls->child : NULL; one; one = one->next) {
		const char *name = kg_field_text(one, "secretName");

		if (name)
			word_add(scene, subject, name, strlen(name));
	}
}

static const char *
promise_key(struct kg_scene *scene, const struct kg_subject *subject, const char *kind, const char *namespace_, const char *name)
{
	return kg_format(scene->arena, "%s\n%s %s %s", subject->node->cluster, kind, namespace_ ? namespace_ : "", name);
}

/* The claims of a StatefulSet, without the number at their end; classes that volumes and claims find each other by. */
static void
promises_add(struct kg_scene *scene, const struct kg_subject *subject)
{
	const cJSON *spec = kg_field_member(subject->object->json, "spec");
	const cJSON *claims = kg_field_member(spec, "volumeClaimTemplates");
	const char *class = kg_field_text(spec, "storageClassName");

	if (strcmp(subject->object->kind, "PersistentVolume") == 0 && class)
		kg_map_put(&scene->promised, promise_key(scene, subject, "StorageClass", NULL, class), 1);
	if (strcmp(subject->object->kind, "StatefulSet") != 0)
		return;
	for (const cJSON *one = cJSON_IsArray(claims) ? claims->child : NULL; one; one = one->next) {
		const char *claim = kg_field_text(kg_field_member(one, "metadata"), "name");

		if (claim)
			kg_map_put(&scene->promised,
			    promise_key(scene, subject, "PersistentVolumeClaim", subject->namespace_,
				kg_format(scene->arena, "%s-%s", claim, subject->object->name)),
			    1);
	}
}

void
kg_review_makers_add(struct kg_scene *scene, const struct kg_subject *subject)
{
	const struct kg_object *object = subject->object;
	bool is_own = kg_object_is_namespaced(object->api_version, object->kind) >= 0;

	/* Under a name that is not known yet it may be the one that is missed. */
	if (kg_review_is_open(object->name) || (subject->namespace_ && kg_review_is_open(subject->namespace_)))
		kg_map_put(&scene->makers, key_of(scene, subject, object->kind), 1);
	if (!is_own || (kg_text_ends(object->kind, "RoleBinding") && gives_all_rights(subject)))
		kg_map_put(&scene->makers, key_of(scene, subject, "*"), 1);
	if (strcmp(object->kind, "Role") == 0 || strcmp(object->kind, "ClusterRole") == 0)
		rules_add(scene, subject);
	if (strcmp(object->kind, "Ingress") == 0)
		ingress_add(scene, subject);
	promises_add(scene, subject);
	annotations_add(scene, subject, kg_field_at(object->json, "metadata.annotations"));
	annotations_add(scene, subject, kg_field_at(subject->template_, "metadata.annotations"));
	for (const char *const *list = kg_field_container_lists; subject->pod && *list; list++) {
		const cJSON *containers = kg_field_member(subject->pod, *list);

		for (const cJSON *one = cJSON_IsArray(containers) ? containers->child : NULL; one; one = one->next) {
			list_words_add(scene, subject, kg_field_member(one, "command"));
			list_words_add(scene, subject, kg_field_member(one, "args"));
		}
	}
}

enum kg_certainty
kg_review_certainty(struct kg_scene *scene, const struct kg_subject *subject, const char *kind, const char *name)
{
	bool is_data = strcmp(kind, "ConfigMap") == 0 || strcmp(kind, "Secret") == 0;

	if (subject->node->makers == KG_MAKERS_BESIDE || kg_review_is_partial(scene, subject))
		return KG_CERTAIN_NEVER;
	if (kg_map_get(&scene->makers, key_of(scene, subject, "*"), NULL) ||
	    kg_map_get(&scene->makers, key_of(scene, subject, kind), NULL))
		return KG_CERTAIN_NEVER;
	if (is_data && kg_map_get(&scene->named, key_of(scene, subject, name), NULL))
		return KG_CERTAIN_NEVER;
	return subject->node->makers == KG_MAKERS_BEFORE ? KG_CERTAIN_LATER : KG_CERTAIN_NOW;
}

bool
kg_review_runs_now(const struct kg_scene *scene, const struct kg_subject *subject)
{
	const struct kg_object *object = subject->object;
	const cJSON *replicas = kg_field_at(object->json, "spec.replicas");

	if (!subject->pod)
		return true;
	if (strcmp(object->kind, "CronJob") == 0 || strcmp(object->kind, "PodTemplate") == 0 ||
	    cJSON_IsTrue(kg_field_at(object->json, "spec.suspend")) || (cJSON_IsNumber(replicas) && replicas->valueint == 0))
		return false;
	return !scene->world->is_let_be || !scene->world->is_let_be(scene->world->context, subject->node, object);
}

bool
kg_review_is_promised(
    struct kg_scene *scene, const struct kg_subject *from, const char *kind, const char *namespace_, const char *name)
{
	size_t length = strlen(name);

	if (strcmp(kind, "PersistentVolumeClaim") == 0) {
		while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9')
			length--;
		if (length < 2 || name[length - 1] != '-')
			return false;
		name = kg_copy_bytes(scene->arena, name, length - 1);
	}
	return kg_map_get(&scene->promised, promise_key(scene, from, kind, namespace_, name), NULL);
}
