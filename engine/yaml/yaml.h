/*
 * YAML as Kubernetes takes it: every document of a text as a tree of JSON values that know where they stand. Manifests,
 * kubeconfig files and the configuration of kind are read with it.
 *
 *     struct kg_yaml yaml;
 *     kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ path, bytes, size }, &yaml);
 *     for (uint32_t i = 0; i < yaml.documents.count; i++)
 *         use(yaml.documents.items[i]);
 *     ...
 *     kg_errors_add(&errors, kg_error_at(arena, KG_EINPUT, kg_yaml_place(arena, value), "…"));
 *
 * What a text means follows sigs.k8s.io/yaml, which kubectl and the API server read with: yes, no, on, off, y and n are booleans (in any of the
 * three usual spellings, unless quoted), 017 and 0o17 are octal, 0b11 is binary, 1_000 is a number, a date is a text, !!binary is decoded, unknown tags make
 * texts, a key that is a number or a boolean becomes its text. Stricter, because what is meant is not clear or tools disagree: a key that is said twice, a
 * merge behind a key that it would replace, and two merges in one mapping are errors. More is taken where YAML 1.2, and so JSON, allows more: "\/", surrogate pairs, and
 * the directive %YAML 1.2.
 *
 * Any thread may call it. The library that scans (libfyaml) is loaded at the first call of the process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/error.h"
#include "engine/base/list.h"

struct kg_arena;

struct kg_yaml_source {
	const char *file; /* as errors name it; it need not be a file's path */
	const char *text; /* must live as long as the trees: places show its lines */
	size_t size;
};

/* In the arena, to be changed but never given to cJSON_Delete. A document without content is left out. */
struct kg_yaml {
	KG_LIST(cJSON *) documents;
};

/*
 * All errors of all documents are added, with their place (KG_EINPUT; KG_ESYSTEM when there is no libfyaml); documents without an error are there all the
 * same. Bounded: 200 levels, 100,000 values by way of aliases, 50 errors.
 */
void kg_yaml_read(struct kg_arena *arena, struct kg_errors *errors, const struct kg_yaml_source *source, struct kg_yaml *ret_yaml);

/* A copy of JSON that was read elsewhere, all of whose values stand at place. */
cJSON *kg_yaml_from_json(struct kg_arena *arena, const cJSON *json, struct kg_place place);

/*
 * Where a value of such a tree stands, or its key. What an alias repeats stands where it was said first. For a value of another tree, or one that was put in
 * later, file is NULL.
 */
struct kg_place kg_yaml_place(struct kg_arena *arena, const cJSON *value);
struct kg_place kg_yaml_key_place(struct kg_arena *arena, const cJSON *value);

/* Where part stands in the text of value, such as "${NAME}"; value itself when it is not found as it is. */
struct kg_place kg_yaml_place_of(struct kg_arena *arena, const cJSON *value, const char *part);

/* A text that stands there without quotes: what is put into it may turn out to be a number. */
bool kg_yaml_is_plain(const cJSON *value);
/* Such a value as it is written, 1.10 or yes, for who takes it as a text all the same; NULL when value is no such one. */
const char *kg_yaml_plain_text(struct kg_arena *arena, const cJSON *value);

/* A new value of the same place as model, for what is put into a tree later; without name and neighbours. */
cJSON *kg_yaml_make(struct kg_arena *arena, int type, const cJSON *model);
cJSON *kg_yaml_make_text(struct kg_arena *arena, const char *text, const cJSON *model);
