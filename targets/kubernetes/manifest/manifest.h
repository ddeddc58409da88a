/*
 * Kubernetes objects as the user wrote them: read from YAML, JSON or the graph file, changed by patches, ordered, and told apart.
 *
 *     struct kg_manifest manifest = { 0 };
 *     kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ path, bytes, size }, &manifest);
 *     kg_manifest_check(arena, &errors, &manifest);
 *     kg_manifest_patch(arena, &errors, &manifest, &(struct kg_manifest_patch){ .namespace_ = "ds-e2e" });
 *
 * Pure: no waiting, no network, on any thread. Everything lives in the arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/yaml/yaml.h"

struct kg_arena;

/* One object. The texts are those of its tree; kg_object_refresh after a change of them. */
struct kg_object {
	cJSON *json;
	const char *api_version, *kind, *name;
	const char *namespace_; /* NULL: it says none */
	struct kg_place place;  /* of its name */
};

struct kg_manifest {
	KG_LIST(struct kg_object) objects;
};

/*
 * Adds all objects of a text; the items of lists (kind List, or a kind that ends with List and has items) one by one. Errors: what is no YAML, no object, or
 * has no apiVersion, kind or metadata.name; generateName.
 */
void kg_manifest_read(
    struct kg_arena *arena, struct kg_errors *errors, const struct kg_yaml_source *source, struct kg_manifest *manifest);
/* The same of JSON text that came out of the graph file; place is where it stands there. */
void kg_manifest_read_json(
    struct kg_arena *arena, struct kg_errors *errors, const char *json, struct kg_place place, struct kg_manifest *manifest);

/* Errors for objects that are there twice (group, kind, namespace and name), with both places. Call it once all is read and patched. */
void kg_manifest_check(struct kg_arena *arena, struct kg_errors *errors, const struct kg_manifest *manifest);

/* Where value stands, or the object, when value was put in later or is NULL. */
struct kg_place kg_object_place(struct kg_arena *arena, const struct kg_object *object, const cJSON *value);
/* A copy whose values all stand where its name does. */
struct kg_object kg_object_copy(struct kg_arena *arena, const struct kg_object *object);
/* Takes the texts from the tree again. */
void kg_object_refresh(struct kg_arena *arena, struct kg_object *object);

/* ---- patches (patch.c and its parts) ---- */

struct kg_manifest_pair {
	const char *name, *value;
};

struct kg_manifest_replicas {
	const char *name; /* of a Deployment, StatefulSet, ReplicaSet, ReplicationController, before prefix and suffix */
	int64_t count;
};

/*
 * Whether objects of a kind live in a namespace, for kinds that are not Kubernetes' own and that no CustomResourceDefinition of the manifest defines:
 * 1 yes, 0 no, -1 not known, which is taken for yes.
 */
typedef int(kg_manifest_scope)(void *context, const char *api_version, const char *kind);

/* What is changed, in this order. NULL or nothing: not changed. */
struct kg_manifest_patch {
	struct kg_place place; /* of the settings below, for errors about them */
	/*
	 * ${NAME} in texts, keys excepted. A scalar without quotes that is nothing but one reference becomes a number when the value is spelled like one in JSON, and a
	 * boolean for true and false, but where Kubernetes takes texts alone (ConfigMaps, Secrets, env, labels …); all else stays text. $${NAME} stands for ${NAME}. With no values, nothing of this happens.
	 */
	const struct kg_manifest_pair *values;
	uint32_t value_count;
	/* Image names as they stand there, without tag and digest, and the whole reference that takes their place. */
	const struct kg_manifest_pair *images;
	uint32_t image_count;
	const struct kg_manifest_replicas *replicas;
	uint32_t replica_count;
	/* Put onto every object; into selectors and pod templates as well where in_selectors says so. */
	const struct kg_manifest_pair *labels;
	uint32_t label_count;
	bool in_selectors;
	const char *name_prefix, *name_suffix; /* of all names but those of namespaces and CRDs; what refers to them follows */
	/*
	 * Of all objects that live in one, whatever they say; what refers to them follows, and so do host names of Services in texts ("NAME.NAMESPACE.svc"). The
	 * manifest's own Namespace is renamed: of several, those that its objects live in become one.
	 */
	const char *namespace_;
	kg_manifest_scope *scope; /* may be NULL */
	void *scope_context;
};

/* Errors: unknown ${NAME}, an image or replicas of nothing that is there. The manifest is changed in place. */
void kg_manifest_patch(
    struct kg_arena *arena, struct kg_errors *errors, struct kg_manifest *manifest, const struct kg_manifest_patch *patch);

/* Labels are put onto one object and nothing inside it; those of the same name are replaced. */
void kg_object_label(struct kg_arena *arena, struct kg_object *object, const char *name, const char *value);

/* ---- order and identity (object.c) ---- */

enum kg_object_level : uint8_t {
	KG_LEVEL_NAMESPACE,
	KG_LEVEL_DEFINITION, /* CRDs, to be Established before the last level */
	KG_LEVEL_ACCESS,     /* RBAC, ServiceAccounts, quotas and limits: what decides whether others may be made */
	KG_LEVEL_CONFIGURATION,
	KG_LEVEL_STORAGE,
	KG_LEVEL_SERVICE,
	KG_LEVEL_WORKLOAD,
	KG_LEVEL_WEBHOOK, /* webhooks and APIServices, behind what answers them */
	KG_LEVEL_CUSTOM,  /* what CRDs define */
	KG_LEVEL_COUNT,
};
enum kg_object_level kg_object_level(const struct kg_object *object);
/* "namespaces", "webhooks" … */
const char *kg_object_level_tell(enum kg_object_level level);

/* The group of an apiVersion: "apps" of "apps/v1", "" of "v1". In the arena. */
const char *kg_object_group(struct kg_arena *arena, const char *api_version);
/* 1: lives in a namespace, 0: does not, -1: not one of Kubernetes' own kinds. */
int kg_object_is_namespaced(const char *api_version, const char *kind);

/* "Deployment ds-e2e/datastorage", "ClusterRole reader": for sentences. */
const char *kg_object_tell(struct kg_arena *arena, const struct kg_object *object);
/* One line that names the object for good, for inventories: "apps/v1 Deployment ds-e2e datastorage", "-" for no namespace. Read back by kg_object_read_line. */
const char *kg_object_line(struct kg_arena *arena, const struct kg_object *object);
/* The same without the version, by which the same object is known again: "apps Deployment ds-e2e datastorage", "core ConfigMap …". */
const char *kg_object_key(struct kg_arena *arena, const struct kg_object *object);
/* False when the line is damaged. json and place of the result are empty. */
[[nodiscard]] bool kg_object_read_line(struct kg_arena *arena, const char *line, struct kg_object *ret_object);

/* JSON on one line, names sorted by bytes, escapes as few as an API server's YAML parser takes: what two trees have alike when they say the same. */
const char *kg_object_canonical(struct kg_arena *arena, const cJSON *json);
/* XXH3-128 of that, as 32 hexadecimal digits. */
const char *kg_object_digest(struct kg_arena *arena, const cJSON *json);
