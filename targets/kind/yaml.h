/*
 * YAML as JSON: what kind writes and reads.
 *
 *     cJSON *config;
 *     struct kg_error *error = kg_kind_yaml_read(arena, "kind.yaml", bytes, size, &config);
 *     ...
 *     cJSON_Delete(config);
 */
#pragma once

#include <stddef.h>

#include <cjson/cJSON.h>

struct kg_arena;
struct kg_error;

/* The first document of text, anchors and merge keys resolved. *ret_tree is the caller's, for cJSON_Delete. KG_EINPUT with the place in file. */
[[nodiscard]] struct kg_error *kg_kind_yaml_read(
    struct kg_arena *arena, const char *file, const char *text, size_t size, cJSON **ret_tree);
