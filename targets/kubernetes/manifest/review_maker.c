/*
 * Who may make what neither the graph nor the cluster has. A false error would keep a stack from coming up that is well, so that whatever gives a reason
 * to think that somebody brings it turns the error into a warning:
 *
 *     custom objects                 their operator makes Secrets, Services and more, under names of its own
 *     rights to create such a thing  of a Role or ClusterRole of the graph: a Job that makes certificates, a controller
 *     rights that the cluster gives  to accounts that pods of the graph run as, or by roles that the graph binds accounts to
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

/* For accounts, be it by the groups that all of them are in. */
static bool
is_for_accounts(const cJSON *binding)
{
	const cJSON *subjects = kg_field_member(binding, "subjects");

	for (const cJSON *one = cJSON_IsArray(subjects) ? subjects->child : NULL; one; one = one->next) {
		const char *kind = kg_field_text(one, "kind"), *name = kg_field_text(one, "name");

		if (kind && (strcmp(kind, "ServiceAccount") == 0 || (name && kg_text_starts(name, "system:"))))
			return true;
	}
	return false;
}

/* What every cluster knows by itself, and what of it makes things. The others look, but for what is of the system's own. */
static bool
binding_add(struct kg_scene *scene, const struct kg_subject *subject)
{
	static const char *const wide[] = { "cluster-admin", "admin", "edit" };
	const cJSON *role = kg_field_member(subject->object->json, "roleRef");
	const char *kind = kg_field_text(role, "kind"), *name = kg_field_text(role, "name");

	if (!kind || !name || !is_for_accounts(subject->object->json))
		return false;
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (strcmp(wide[i], name) == 0)
			return true;
	bool is_narrow = strcmp(kind, "ClusterRole") == 0 && (strcmp(name, "view") == 0 || kg_text_starts(name, "system:"));
	if (!is_narrow)
		kg_list_push(scene->arena, &scene->roles,
		    (struct kg_scene_role){
			.cluster = subject->node->cluster,
			.kind = kind,
			.namespace_ = strcmp(kind, "ClusterRole") == 0 ? NULL : subject->namespace_,
			.name = name,
		    });
	return false;
}

/* Whom its pods run as. */
static void
account_add(struct kg_scene *scene, const struct kg_subject *subject)
{
	const char *said = kg_field_text(subject->pod, "serviceAccountName"), *old = kg_field_text(subject->pod, "serviceAccount");
	const char *name = said ? said : old ? old : "default";

	if (!subject->pod || kg_review_is_open(name) || !subject->namespace_ || kg_review_is_open(subject->namespace_) ||
	    !kg_map_put(
		&scene->accounts_known, key_of(scene, subject, kg_format(scene->arena, "%s %s", subject->namespace_, name)), 1))
		return;
	kg_list_push(scene->arena, &scene->accounts,
	    (struct kg_scene_account){ subject->node->cluster, { .namespace_ = subject->namespace_, .name = name } });
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
	account_add(scene, subject);
	if (!is_own || (kg_text_ends(object->kind, "RoleBinding") && binding_add(scene, subject)))
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

/* A role that the graph does not have may allow anything, as far as nobody knows better; but in a cluster that the graph makes there is none yet. */
static bool
roles_make(struct kg_scene *scene, const struct kg_subject *subject, const char *kind)
{
	const struct kg_world *world = scene->world;

	for (uint32_t i = 0; world->role_makes && i < scene->roles.count; i++) {
		const struct kg_scene_role *role = &scene->roles.items[i];

		if (strcmp(role->cluster, subject->node->cluster) != 0 ||
		    kg_review_find(scene, subject, role->kind, role->namespace_, role->name))
			continue;
		enum kg_presence makes = world->role_makes(world->context, role->cluster, role->namespace_, role->name, kind);
		if (makes != KG_ABSENT && !(makes == KG_PRESENCE_UNKNOWN && subject->node->is_fresh))
			return true;
	}
	return false;
}

static bool
accounts_make(struct kg_scene *scene, const struct kg_subject *subject, const char *kind, const char *namespace_)
{
	const struct kg_world *world = scene->world;

	for (uint32_t i = 0; world->may_make && i < scene->accounts.count; i++) {
		const struct kg_scene_account *it = &scene->accounts.items[i];

		if (strcmp(it->cluster, subject->node->cluster) == 0 &&
		    world->may_make(world->context, it->cluster, &it->account, kind, namespace_) == KG_PRESENT)
			return true;
	}
	return false;
}

/* By rights that the cluster gives: of a ServiceAccount that a ClusterRoleBinding of the cluster names, say. */
static bool
may_be_made(struct kg_scene *scene, const struct kg_subject *subject, const char *kind, const char *namespace_)
{
	const char *key = key_of(scene, subject, kg_format(scene->arena, "%s %s", kind, namespace_ ? namespace_ : ""));
	uint32_t is_so;

	if (!kg_map_get(&scene->rights, key, &is_so)) {
		is_so = roles_make(scene, subject, kind) || accounts_make(scene, subject, kind, namespace_);
		kg_map_put(&scene->rights, key, is_so);
	}
	return is_so;
}

enum kg_certainty
kg_review_certainty(
    struct kg_scene *scene, const struct kg_subject *subject, const char *kind, const char *namespace_, const char *name)
{
	bool is_data = strcmp(kind, "ConfigMap") == 0 || strcmp(kind, "Secret") == 0;

	if (subject->node->makers == KG_MAKERS_BESIDE || kg_review_is_partial(scene, subject))
		return KG_CERTAIN_NEVER;
	if (kg_map_get(&scene->makers, key_of(scene, subject, "*"), NULL) ||
	    kg_map_get(&scene->makers, key_of(scene, subject, kind), NULL))
		return KG_CERTAIN_NEVER;
	if (is_data && kg_map_get(&scene->named, key_of(scene, subject, name), NULL))
		return KG_CERTAIN_NEVER;
	if (may_be_made(scene, subject, kind, namespace_))
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
