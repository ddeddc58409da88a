/*
 * cJSON trees as this client needs them: kept in an arena, and printed so that an API server reads what was meant.
 *
 *     cJSON *object = kg_json_read(arena, bytes, size);        never given to cJSON_Delete
 *     const char *text = kg_json_print(arena, object);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

struct kg_arena;

/* NULL when bytes are no JSON value, or more than it. The tree lives in the arena: it may be changed, but nothing of it is freed. */
cJSON *kg_json_read(struct kg_arena *arena, const char *bytes, size_t size);
/* A copy of item and what is below it, without its siblings. */
cJSON *kg_json_keep(struct kg_arena *arena, const cJSON *item);

/*
 * On one line. What applies is read by the server as YAML, which is nearly JSON: so escapes are only those that both have, whole numbers have no exponent, and
 * what YAML calls unprintable is escaped.
 */
const char *kg_json_print(struct kg_arena *arena, const cJSON *item);

/* The text at a path of names, "metadata.namespace"; NULL when it is not there or no text. */
const char *kg_json_text(const cJSON *object, const char *path);
/* The value at a path of names, or NULL. */
const cJSON *kg_json_at(const cJSON *object, const char *path);
/* A new text in the arena, set as object's name in place of what was there; both must live in the arena. */
void kg_json_set_text(struct kg_arena *arena, cJSON *object, const char *name, const char *text);
