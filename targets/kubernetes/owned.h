/*
 * The fields of a live object that we own, and whether they still hold what we gave them.
 *
 *     const cJSON *fields = kg_owned_fields(answer, "kgraph");                    what the server says is ours, after an apply
 *     const char *const *values = kg_owned_values(arena, fields, answer);         … and what stands there
 *     …  in a later run
 *     const char *why = kg_owned_difference(arena, fields, values, live);         "spec.replicas is 3, it was 1 (kubectl-edit)"
 *
 * The server fills an object with defaults and writes values in its own way ("1000m" may come back as "1"), and controllers add fields of their own: neither
 * the manifest nor the whole object says whether somebody has changed something of ours. The managed fields of our manager do, as the server answered
 * to our own apply. They are kept with the values of then, since an edit takes the edited field away from us.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;

/* The FieldsV1 of the manager's apply, or NULL. */
const cJSON *kg_owned_fields(const cJSON *object, const char *manager);

/*
 * What stands at each of the fields, in their order, ended by NULL: as JSON, or as a digest where it is long or the object is a Secret; "" where nothing
 * stands.
 */
const char *const *kg_owned_values(struct kg_arena *arena, const cJSON *fields, const cJSON *object);

/* What of them has changed, as a sentence for the user, or NULL. values are those of the time when fields were given. */
const char *kg_owned_difference(struct kg_arena *arena, const cJSON *fields, const char *const *values, const cJSON *object);

/*
 * Whether path is one of the fields, or stands below or above one. It is written as the server writes it when managers conflict:
 * .spec.template.spec.containers[name="app"].image
 */
bool kg_owned_has(struct kg_arena *arena, const cJSON *fields, const char *path);
