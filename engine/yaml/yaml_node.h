/*
 * A value of a YAML tree: a cJSON node and where it stands. For the files of yaml.h alone.
 *
 *     struct kg_yaml_node *node = kg_yaml_node_new(arena, text, cJSON_String, at, length);
 *
 * A node of ours is known by a bit of cJSON.type that cJSON leaves alone, since what is handed on is a cJSON like any other, and others put theirs among them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/error.h"
#include "engine/base/list.h"

struct kg_arena;

/* cJSON knows bits up to 512, and looks at the lowest eight alone where it asks for the type. */
static constexpr int kg_yaml_node_bit = 1 << 16;

/* Larger than any offset. */
static constexpr uint32_t kg_yaml_nowhere = UINT32_MAX;

struct kg_yaml_text {
	const char *file, *bytes;
	uint32_t size;
	KG_LIST(uint32_t) lines; /* where each starts */
	bool is_fixed;           /* all values stand at one place */
	struct kg_place fixed;
};

struct kg_yaml_node {
	cJSON json;
	const struct kg_yaml_text *text;
	uint32_t at, length, key_at, key_length; /* bytes; kg_yaml_nowhere: not known */
	bool is_plain;
	bool is_open; /* a container whose end has not come yet */
};

struct kg_yaml_text *kg_yaml_text_new(struct kg_arena *arena, const char *file, const char *bytes, size_t size);
struct kg_place kg_yaml_text_place(struct kg_arena *arena, const struct kg_yaml_text *text, uint32_t at, uint32_t length);

struct kg_yaml_node *kg_yaml_node_new(
    struct kg_arena *arena, const struct kg_yaml_text *text, int type, uint32_t at, uint32_t length);
/* NULL when value is not of ours. */
const struct kg_yaml_node *kg_yaml_node_of(const cJSON *value);
/* Puts child behind the last that container has. */
void kg_yaml_node_add(cJSON *container, cJSON *child);

/* Whether a template's action, {{ … }}, stands on the line: the file was never rendered. */
bool kg_yaml_text_has_template(const struct kg_yaml_text *text, uint32_t at);
extern const char kg_yaml_template_advice[];
