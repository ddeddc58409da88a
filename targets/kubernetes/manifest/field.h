/*
 * Fields of objects by path, for patches and the review.
 *
 *     kg_field_each(pod, "containers[].envFrom[].secretRef.name", on_name, context);
 *     kg_field_set_text(arena, metadata, "namespace", "ds-e2e");
 */
#pragma once

#include <cjson/cJSON.h>

struct kg_arena;
struct kg_object;

/* owner is the mapping that has value; for an item of a list it is the item itself when that is a mapping, else NULL. */
typedef void(kg_field_found)(void *context, cJSON *owner, cJSON *value);

/* Calls found for each value at path: names joined by ".", "[]" behind one for all items of a list. What is not there is passed over. */
void kg_field_each(cJSON *json, const char *path, kg_field_found *found, void *context);

/*
 * The same for objects of a kind, from; "" stands for every kind, and NULL for the spec of every pod template. A path that starts with "*." is looked for in each
 * list of containers.
 */
void kg_field_each_of(const struct kg_object *object, const char *from, const char *path, kg_field_found *found, void *context);

/* Calls found for each value that has to be a text, as far as Kubernetes' own kinds tell, whatever it is; what tells it: "a label". */
typedef void(kg_field_text_found)(void *context, cJSON *value, const char *what);
void kg_field_each_text(const struct kg_object *object, kg_field_text_found *found, void *context);

/* NULL when there is none, or it is of another type. */
cJSON *kg_field_member(const cJSON *json, const char *name);
cJSON *kg_field_at(const cJSON *json, const char *path);
const char *kg_field_text(const cJSON *json, const char *name);

/* Sets a member of a mapping, keeping its place when it was there. */
void kg_field_set_text(struct kg_arena *arena, cJSON *mapping, const char *name, const char *text);
void kg_field_set_number(struct kg_arena *arena, cJSON *mapping, const char *name, double number);
/* Turns a value into a number where it stands. */
void kg_field_make_number(cJSON *value, double number);
/* The mapping at name, made when it is not there. */
cJSON *kg_field_need_mapping(struct kg_arena *arena, cJSON *mapping, const char *name);

/* The mapping with metadata and spec of the pods that an object makes; a Pod is its own. NULL for what makes none. */
cJSON *kg_field_pod_template(const struct kg_object *object);
/* The names of lists of containers in a pod's spec, ended by NULL. */
extern const char *const kg_field_container_lists[];
