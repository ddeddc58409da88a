/*
 * JSONPath as kubectl has it (k8s.io/client-go/util/jsonpath), of which `kubectl wait --for=jsonpath=` makes use.
 *
 *     const struct kg_jsonpath *path;
 *     error = kg_jsonpath_parse(arena, "{.status.conditions[?(@.type==\"Ready\")].status}", &path);
 *     struct kg_json_hits hits = kg_jsonpath_find(arena, path, object);
 *
 * One expression, in braces or without: fields (.a, with \. for a dot in a name), quoted keys (['a.b']), wildcards (.*, [*]), indices and
 * slices ([0], [-1], [1:3], [::2]), unions ([0,2], ['a','b']), recursive descent (..a), filters ([?(@.a)], [?(@.a=="b")] with == != < <=
 * > >=). Templates (text around braces, range, end) print and do not select: they are errors here. Names that are not there and indices
 * beyond the end find nothing.
 */
#pragma once

#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/error.h"

struct kg_arena;
struct kg_jsonpath;

struct kg_json_hits {
	const cJSON *const *items; /* parts of the object that was searched */
	uint32_t count;
};

/* KG_EINPUT; the error's place has the text as its line_text, and the column where it stops making sense. */
[[nodiscard]] struct kg_error *kg_jsonpath_parse(struct kg_arena *arena, const char *text, const struct kg_jsonpath **ret_path);

struct kg_json_hits kg_jsonpath_find(struct kg_arena *arena, const struct kg_jsonpath *path, const cJSON *object);
