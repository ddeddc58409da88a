/*
 * From the events of a YAML scanner to a tree: keys, anchors, aliases, merges. For yaml.c alone.
 *
 *     kg_yaml_build_start(&build);
 *     … kg_yaml_build_container, _scalar, _alias, _end, as the scanner tells them …
 *     root = kg_yaml_build_finish(&build);
 *
 * No recursion over what was read but for copies, which are no deeper than the tree may be.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/yaml/yaml_node.h"

struct kg_yaml_frame;

struct kg_yaml_build {
	struct kg_arena *arena;
	struct kg_errors *errors;
	const struct kg_yaml_text *text;
	uint32_t copied; /* values that aliases repeated, in all documents */

	/* Of the document that is being built. */
	cJSON *root;
	bool is_damaged;  /* something in it was told as an error */
	bool is_hopeless; /* what comes next would make no sense, and need not be given */
	uint32_t told;
	KG_LIST(struct kg_yaml_frame) frames;
	struct kg_map anchor_names; /* to anchors */
	KG_LIST(struct kg_yaml_node *) anchors;
};

/* Where something stands, and what it was given: anchor and tag are NULL or texts in the arena. */
struct kg_yaml_mark {
	uint32_t at, length;
	const char *anchor, *tag;
};

void kg_yaml_build_start(struct kg_yaml_build *build);
void kg_yaml_build_container(struct kg_yaml_build *build, struct kg_yaml_mark mark, bool is_map);
void kg_yaml_build_scalar(struct kg_yaml_build *build, struct kg_yaml_mark mark, const char *bytes, size_t size, bool is_plain);
void kg_yaml_build_alias(struct kg_yaml_build *build, struct kg_yaml_mark mark, const char *name);
void kg_yaml_build_end(struct kg_yaml_build *build);
/* NULL when there is nothing in it, or something was wrong. */
cJSON *kg_yaml_build_finish(struct kg_yaml_build *build);
