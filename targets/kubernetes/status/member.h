/*
 * Reads members of an object by a dotted path: what is absent, or of another type, gives what the caller says.
 *
 *     int64_t replicas = kg_member_integer(deployment, "spec.replicas", 1);
 *     const cJSON *one;
 *     cJSON_ArrayForEach(one, kg_member(pod, "status.containerStatuses")) ...
 *
 * Texts belong to the object.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;

/* NULL when it is absent. A path's names have no dots themselves; object may be NULL. */
const cJSON *kg_member(const cJSON *object, const char *path);
const char *kg_member_text(const cJSON *object, const char *path, const char *otherwise);
/* A number with a fraction counts as of another type. */
int64_t kg_member_integer(const cJSON *object, const char *path, int64_t otherwise);
bool kg_member_flag(const cJSON *object, const char *path, bool otherwise);
bool kg_is_integer(const cJSON *value);

/* A text that is there but not empty, or NULL. */
const char *kg_member_some_text(const cJSON *object, const char *path);

/* The time at a path as RFC 3339 has it, in seconds since 1970, fractions dropped; 0 when it is absent or none. */
int64_t kg_member_time_s(const cJSON *object, const char *path);

/* Whether a group is of Kubernetes itself: its kinds are known, those of all other groups are defined by CRDs and their likes. */
bool kg_is_built_in(const char *group, size_t length);
/* Whether the object is of such a group. */
bool kg_is_of_kubernetes(const cJSON *object);
bool kg_is_kind(const cJSON *object, const char *group, const char *kind);

/* A label or annotation, whose names have dots: kg_member_key(object, "metadata.labels", "app.kubernetes.io/name"). NULL: absent. */
const char *kg_member_key(const cJSON *object, const char *path, const char *key);

/* As kubectl names it: "deployment/web". */
const char *kg_object_title(struct kg_arena *arena, const char *kind, const char *name);
