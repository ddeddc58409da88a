#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "targets/kubernetes/manifest/field.h"
#include "targets/kubernetes/manifest/patch_inside.h"
#include "targets/kubernetes/manifest/reference.h"

/* What an object was called, and what it will be. */
struct rename {
	const char *name, *namespace_;
};

struct renaming {
	struct kg_patching *patching;
	struct rename *renames;    /* by object */
	struct kg_map by_name;     /* "Kind namespace name" as the manifest has it, to objects */
	struct kg_map used;        /* namespaces that objects live in as the manifest has it */
	struct kg_map definitions; /* "group kind" of the manifest's CRDs, to whether theirs live in namespaces */
	uint32_t namespaces;       /* objects of kind Namespace */
};

/* Of the kinds that the manifest defines itself. */
static void
definitions_find(struct renaming *renaming)
{
	const struct kg_manifest *manifest = renaming->patching->manifest;

	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];
		const cJSON *spec = kg_field_member(object->json, "spec");
		const char *kind = kg_field_text(kg_field_member(spec, "names"), "kind");
		const char *group = kg_field_text(spec, "group"), *scope = kg_field_text(spec, "scope");

		if (strcmp(object->kind, "CustomResourceDefinition") == 0 && kind && group && scope)
			kg_map_put(&renaming->definitions, kg_format(renaming->patching->arena, "%s %s", group, kind),
			    strcmp(scope, "Cluster") != 0);
	}
}

static bool
is_namespaced(const struct renaming *renaming, const struct kg_object *object)
{
	struct kg_arena *arena = renaming->patching->arena;
	const struct kg_manifest_patch *patch = renaming->patching->patch;
	int known = kg_object_is_namespaced(object->api_version, object->kind);
	const char *type = kg_format(arena, "%s %s", kg_object_group(arena, object->api_version), object->kind);
	uint32_t defined;

	if (known < 0 && kg_map_get(&renaming->definitions, type, &defined))
		known = defined != 0;
	if (known < 0 && patch->scope)
		known = patch->scope(patch->scope_context, object->api_version, object->kind);
	return known != 0;
}

static bool
keeps_its_name(const struct kg_object *object)
{
	return strcmp(object->kind, "Namespace") == 0 || strcmp(object->kind, "CustomResourceDefinition") == 0 ||
	    strcmp(object->kind, "APIService") == 0;
}

static const char *
key_of(struct kg_arena *arena, const char *kind, const char *namespace_, const char *name)
{
	return kg_format(arena, "%s %s %s", kind, namespace_ ? namespace_ : "", name);
}

/* What each object will be called. */
static void
renames_find(struct renaming *renaming)
{
	struct kg_patching *patching = renaming->patching;
	const struct kg_manifest_patch *patch = patching->patch;
	struct kg_manifest *manifest = patching->manifest;

	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];
		struct rename *rename = &renaming->renames[i];

		*rename = (struct rename){ object->name, object->namespace_ };
		if (!keeps_its_name(object))
			rename->name = kg_format(patching->arena, "%s%s%s", patch->name_prefix ? patch->name_prefix : "",
			    object->name, patch->name_suffix ? patch->name_suffix : "");
		if (patch->namespace_ && is_namespaced(renaming, object))
			rename->namespace_ = patch->namespace_;
		if (kg_object_is_namespaced(object->api_version, object->kind) >= 0)
			kg_map_put(&renaming->by_name, key_of(patching->arena, object->kind, object->namespace_, object->name), i);
		if (object->namespace_)
			kg_map_put(&renaming->used, object->namespace_, i);
		renaming->namespaces += strcmp(object->kind, "Namespace") == 0;
	}
	for (uint32_t i = 0; patch->namespace_ && i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];

		if (strcmp(object->kind, "Namespace") == 0 &&
		    (renaming->namespaces == 1 || kg_map_get(&renaming->used, object->name, NULL)))
			renaming->renames[i].name = patch->namespace_;
	}
}

/* An object that says no namespace is meant from wherever it is named. */
static bool
named_find(const struct renaming *renaming, const struct kg_reference *reference, uint32_t *ret_index)
{
	struct kg_arena *arena = renaming->patching->arena;

	return kg_map_get(&renaming->by_name, key_of(arena, reference->kind, reference->namespace_, reference->name), ret_index) ||
	    kg_map_get(&renaming->by_name, key_of(arena, reference->kind, NULL, reference->name), ret_index);
}

static void
on_reference(void *context, const struct kg_object *, const struct kg_reference *reference)
{
	const struct renaming *renaming = context;
	struct kg_patching *patching = renaming->patching;
	const char *namespace_ = patching->patch->namespace_;
	uint32_t index;

	if (named_find(renaming, reference, &index)) {
		reference->value->valuestring = kg_copy(patching->arena, renaming->renames[index].name);
		if (reference->has_namespace && renaming->renames[index].namespace_)
			kg_field_set_text(patching->arena, reference->owner, "namespace", renaming->renames[index].namespace_);
		return;
	}
	/* Every namespace has a ServiceAccount of its own that nobody writes down. */
	const char *said = reference->has_namespace ? kg_field_text(reference->owner, "namespace") : NULL;
	if (namespace_ && strcmp(reference->kind, "ServiceAccount") == 0 && reference->has_namespace &&
	    strcmp(reference->name, "default") == 0 && (!said || kg_map_get(&renaming->used, said, NULL)))
		kg_field_set_text(patching->arena, reference->owner, "namespace", namespace_);
}

/* resourceNames of a rule that is about one type, which is how they are written. */
static void
rule_follow(const struct renaming *renaming, const struct kg_object *object, const cJSON *rule)
{
	static const char *const types[][2] = { { "configmaps", "ConfigMap" }, { "secrets", "Secret" }, { "services", "Service" },
		{ "serviceaccounts", "ServiceAccount" }, { "deployments", "Deployment" }, { "statefulsets", "StatefulSet" },
		{ "pods", "Pod" }, { "persistentvolumeclaims", "PersistentVolumeClaim" } };
	const cJSON *resources = kg_field_member(rule, "resources"), *names = kg_field_member(rule, "resourceNames");
	const cJSON *type = cJSON_IsArray(resources) && cJSON_GetArraySize(resources) == 1 ? resources->child : NULL;

	for (size_t i = 0; type && cJSON_IsString(type) && cJSON_IsArray(names) && i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(type->valuestring, types[i][0]) != 0)
			continue;
		for (cJSON *name = names->child; name; name = name->next) {
			struct kg_reference reference = {
				.kind = types[i][1], .name = name->valuestring, .namespace_ = object->namespace_
			};
			uint32_t index;

			if (cJSON_IsString(name) && named_find(renaming, &reference, &index))
				name->valuestring = kg_copy(renaming->patching->arena, renaming->renames[index].name);
		}
	}
}

static void
rules_follow(const struct renaming *renaming, const struct kg_object *object)
{
	const cJSON *rules = kg_field_member(object->json, "rules");

	if ((strcmp(object->kind, "Role") != 0 && strcmp(object->kind, "ClusterRole") != 0) || !cJSON_IsArray(rules))
		return;
	for (const cJSON *rule = rules->child; rule; rule = rule->next)
		rule_follow(renaming, object, rule);
}

static void
hosts_follow(const struct renaming *renaming)
{
	struct kg_arena *arena = renaming->patching->arena;
	const struct kg_manifest *manifest = renaming->patching->manifest;
	struct kg_hosts hosts = { .arena = arena, .names.arena = arena };

	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];
		const struct rename *rename = &renaming->renames[i];

		if (strcmp(object->kind, "Service") != 0 || strcmp(object->api_version, "v1") != 0 || !object->namespace_)
			continue;
		kg_map_put(&hosts.names, kg_format(arena, "%s.%s", object->name, object->namespace_), hosts.renamed.count);
		kg_list_push(arena, &hosts.renamed, kg_format(arena, "%s.%s", rename->name, rename->namespace_));
	}
	for (uint32_t i = 0; hosts.renamed.count > 0 && i < manifest->objects.count; i++)
		kg_patch_hosts(&hosts, manifest->objects.items[i].json);
}

/* Namespaces that have become one are one object. */
static void
doubles_drop(struct kg_patching *patching)
{
	struct kg_manifest *manifest = patching->manifest;
	bool is_there = false;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];
		bool is_it = strcmp(object->kind, "Namespace") == 0 && strcmp(object->name, patching->patch->namespace_) == 0;

		if (!is_it || !is_there)
			manifest->objects.items[kept++] = *object;
		is_there = is_there || is_it;
	}
	manifest->objects.count = kept;
}

void
kg_patch_names(struct kg_patching *patching)
{
	const struct kg_manifest_patch *patch = patching->patch;
	struct kg_manifest *manifest = patching->manifest;
	struct kg_arena *arena = patching->arena;
	struct renaming renaming = {
		.patching = patching, .by_name.arena = arena, .used.arena = arena, .definitions.arena = arena
	};

	if (!patch->name_prefix && !patch->name_suffix && !patch->namespace_)
		return;
	renaming.renames = kg_new_array(patching->arena, struct rename, manifest->objects.count + 1);
	definitions_find(&renaming);
	renames_find(&renaming);
	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		kg_reference_each(&manifest->objects.items[i], on_reference, &renaming);
		rules_follow(&renaming, &manifest->objects.items[i]);
	}
	hosts_follow(&renaming);
	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		struct kg_object *object = &manifest->objects.items[i];
		const struct rename *rename = &renaming.renames[i];
		cJSON *metadata = kg_field_member(object->json, "metadata");

		kg_field_set_text(patching->arena, metadata, "name", rename->name);
		if (rename->namespace_)
			kg_field_set_text(patching->arena, metadata, "namespace", rename->namespace_);
		kg_object_refresh(patching->arena, object);
	}
	if (patch->namespace_)
		doubles_drop(patching);
}
