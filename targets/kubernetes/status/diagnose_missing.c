#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/diagnosis_inside.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/surroundings.h"

/* Secrets are often made by a controller, out of a certificate or a vault, and that takes longer than applying them. */
constexpr int32_t secret_patience = 3;

/* A cluster brings its classes by itself, after it has begun to answer: k3d's takes some seconds, and one on a busy machine more. */
constexpr int64_t cluster_brings_s = 90;

/* How the kubelet, the scheduler and admission call things, and what users call them. */
static const struct {
	const char *word, *kind;
} kinds[] = {
	{ "configmap", "ConfigMap" },
	{ "secret", "Secret" },
	{ "serviceaccount", "ServiceAccount" },
	{ "persistentvolumeclaim", "PersistentVolumeClaim" },
	{ "storageclass.storage.k8s.io", "StorageClass" },
	{ "runtimeclass.node.k8s.io", "RuntimeClass" },
};

/* `WORD "NAME" not found` anywhere in the message. */
static bool
read_not_found(struct kg_arena *arena, const char *message, struct kg_missing *missing)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const char *word = kg_format(arena, "%s \"", kinds[i].word);
		const char *at = strstr(message, word);

		if (!at)
			continue;
		at += strlen(word);
		size_t length = strcspn(at, "\"");
		if (!kg_text_starts(at + length, "\" not found"))
			continue;
		*missing = (struct kg_missing){ kinds[i].kind, kg_copy_bytes(arena, at, length), NULL };
		return true;
	}
	return false;
}

/* `couldn't find key KEY in ConfigMap NAMESPACE/NAME` */
static bool
read_key(struct kg_arena *arena, const char *message, struct kg_missing *missing)
{
	static const char start[] = "couldn't find key ";
	const char *key = strstr(message, start);

	if (!key)
		return false;
	key += sizeof(start) - 1;
	size_t key_length = strcspn(key, " ");
	bool is_secret = kg_text_starts(key + key_length, " in Secret ");
	if (!is_secret && !kg_text_starts(key + key_length, " in ConfigMap "))
		return false;
	const char *name = strchr(key + key_length, '/');
	if (!name)
		return false;
	name++;
	*missing = (struct kg_missing){ is_secret ? "Secret" : "ConfigMap", kg_copy_bytes(arena, name, strcspn(name, " ,\n")),
		kg_copy_bytes(arena, key, key_length) };
	return true;
}

/* `no PriorityClass with name NAME was found` */
static bool
read_priority(struct kg_arena *arena, const char *message, struct kg_missing *missing)
{
	static const char start[] = "no PriorityClass with name ";
	const char *at = strstr(message, start);

	if (!at)
		return false;
	at += sizeof(start) - 1;
	*missing = (struct kg_missing){ "PriorityClass", kg_copy_bytes(arena, at, strcspn(at, " ")), NULL };
	return true;
}

bool
kg_missing_read(struct kg_arena *arena, const char *message, struct kg_missing *ret_missing)
{
	return read_not_found(arena, message, ret_missing) || read_key(arena, message, ret_missing) ||
	    read_priority(arena, message, ret_missing);
}

static bool
has_key(const cJSON *object, const char *key)
{
	static const char *const places[] = { "data", "binaryData", "stringData" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (cJSON_GetObjectItemCaseSensitive(kg_member(object, places[i]), key))
			return true;
	return false;
}

/* Who is to make a Secret that is not there yet; NULL when nobody is known to. */
static const char *
secret_maker(const struct kg_examination *examination, const char *namespace_, const char *name)
{
	static const struct {
		const char *kind, *path;
	} makers[] = {
		{ "Certificate.cert-manager.io", "spec.secretName" },
		{ "ExternalSecret.external-secrets.io", "spec.target.name" },
		{ "ExternalSecret.external-secrets.io", "metadata.name" },
		{ "SealedSecret.bitnami.com", "metadata.name" },
	};

	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		for (const struct kg_near *near = kg_surroundings_of_kind(examination->around, makers[i].kind, namespace_); near;
		    near = near->next)
			if (strcmp(kg_member_text(near->object, makers[i].path, ""), name) == 0)
				return kg_object_title(examination->arena, kg_member_text(near->object, "kind", "?"),
				    kg_member_text(near->object, "metadata.name", "?"));
	}
	return NULL;
}

void
kg_missing_tell(const struct kg_examination *examination, const struct kg_missing *missing, int64_t from_s, struct kg_draft *draft)
{
	struct kg_arena *arena = examination->arena;
	bool has_namespace = !kg_text_ends(missing->kind, "Class");
	const char *namespace_ = has_namespace ? kg_member_text(examination->object, "metadata.namespace", "") : "";
	const cJSON *object = kg_surroundings_find(examination->around, missing->kind, namespace_, missing->name);
	const char *in = has_namespace ? kg_format(arena, " in namespace %s", namespace_) : "";

	draft->what = "missing";
	draft->detail = kg_format(arena, "%s %s %s", missing->kind, missing->name, missing->key ? missing->key : "");
	draft->text = missing->key ? kg_format(arena, "%s %s%s has no key %s", missing->kind, missing->name, in, missing->key)
				   : kg_format(arena, "there is no %s %s%s", missing->kind, missing->name, in);
	if (object && (!missing->key || has_key(object, missing->key))) {
		draft->text = kg_format(
		    arena, "%s %s%s was missing; it is there now, and the next try will find it", missing->kind, missing->name, in);
		return;
	}
	bool is_secret = strcmp(missing->kind, "Secret") == 0;
	const char *maker = is_secret ? secret_maker(examination, namespace_, missing->name) : NULL;
	int32_t grace_s = examination->rules.missing_grace_s;
	if (maker) {
		draft->text = kg_format(arena, "%s yet: %s is to make it", draft->text, maker);
		return;
	}
	draft->advice = missing->key
	    ? kg_format(arena, "add the key %s to it, or correct the reference", missing->key)
	    : kg_format(arena, "let a node of the graph bring the %s, or correct the reference", missing->kind);
	if (!has_namespace && examination->rules.cluster_s > 0 && from_s < examination->rules.cluster_s + cluster_brings_s)
		from_s = examination->rules.cluster_s + cluster_brings_s;
	kg_fatal_after(examination, from_s, is_secret && grace_s >= 0 ? grace_s * secret_patience : grace_s, draft);
	kg_spare_while_others_may_help(examination, draft);
}
