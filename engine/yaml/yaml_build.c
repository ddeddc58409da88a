#include "engine/yaml/yaml_build.h"

#include <limits.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/yaml/yaml.h"
#include "engine/yaml/yaml_scalar.h"

static constexpr uint32_t levels_most = 200;
/* An alias of an alias of an alias makes a few lines as large as memory. */
static constexpr uint32_t copied_most = 100000;
static constexpr uint32_t told_most = 20;
/* Mappings with fewer members are searched, others have a map of their names. */
static constexpr uint32_t searched_most = 12;

/* A container whose end has not come yet. */
struct kg_yaml_frame {
	struct kg_yaml_node *node;
	bool is_map, has_key;
	bool is_merge;   /* the key is << */
	const char *key; /* of the value that comes next; NULL when the key was wrong, and the value is dropped */
	uint32_t key_at, key_length;
	uint32_t count;       /* members */
	struct kg_map names;  /* of members, to their ordinals, once there are many */
	cJSON *merged;        /* what << is given */
	uint32_t merge_at;    /* where the << stands */
	uint32_t merge_count; /* members in front of it */
};

static struct kg_yaml_frame *
top(struct kg_yaml_build *build)
{
	return build->frames.count ? &build->frames.items[build->frames.count - 1] : NULL;
}

/* The error is the caller's to word; the document it is in will not be handed on. */
static struct kg_error *
complain(struct kg_yaml_build *build, uint32_t at, uint32_t length, const char *message)
{
	struct kg_place place = kg_yaml_text_place(build->arena, build->text, at, length);
	struct kg_error *error = kg_error_at(build->arena, KG_EINPUT, place, "%s", message);

	build->is_damaged = true;
	build->is_hopeless = ++build->told >= told_most;
	kg_errors_add(build->errors, error);
	return error;
}

/* ---- members of a mapping ---- */

static cJSON *
member_at(const struct kg_yaml_frame *frame, uint32_t ordinal)
{
	cJSON *member = frame->node->json.child;

	while (ordinal-- > 0)
		member = member->next;
	return member;
}

static bool
member_find(const struct kg_yaml_frame *frame, const char *name, uint32_t *ret_ordinal)
{
	if (frame->names.count > 0)
		return kg_map_get(&frame->names, name, ret_ordinal);
	*ret_ordinal = 0;
	for (const cJSON *member = frame->node->json.child; member; member = member->next, ++*ret_ordinal) {
		if (strcmp(member->string, name) == 0)
			return true;
	}
	return false;
}

static void
member_add(struct kg_yaml_build *build, struct kg_yaml_frame *frame, cJSON *member)
{
	kg_yaml_node_add(&frame->node->json, member);
	frame->count++;
	if (frame->count == searched_most) {
		uint32_t ordinal = 0;

		frame->names.arena = build->arena;
		for (const cJSON *each = frame->node->json.child; each; each = each->next)
			kg_map_put(&frame->names, each->string, ordinal++);
	} else if (frame->count > searched_most) {
		kg_map_put(&frame->names, member->string, frame->count - 1);
	}
}

/* ---- keys ---- */

static void
key_set(struct kg_yaml_build *build, struct kg_yaml_mark mark, const char *name, bool is_merge)
{
	struct kg_yaml_frame *frame = top(build);
	uint32_t ordinal;

	frame->has_key = true;
	frame->is_merge = is_merge;
	frame->key = name;
	frame->key_at = mark.at;
	frame->key_length = mark.length;
	if (frame->node->at == kg_yaml_nowhere)
		frame->node->at = mark.at;
	if (is_merge && frame->merged) {
		struct kg_error *error = complain(build, mark.at, mark.length, "there is a merge in this mapping already");
		kg_error_advise(build->arena, error, "give one merge a list: <<: [*one, *other]");
		frame->is_merge = false;
		frame->key = NULL;
	} else if (name && !is_merge && member_find(frame, name, &ordinal)) {
		struct kg_place first = kg_yaml_key_place(build->arena, member_at(frame, ordinal));
		struct kg_error *error =
		    complain(build, mark.at, mark.length, kg_format(build->arena, "`%s` is there already", name));
		kg_error_advise(build->arena, error, "it is first on line %u; of two, tools take the one or the other", first.line);
		frame->key = NULL;
	}
}

/* Numbers and booleans become their texts; what has none is told. */
static void
key_from_scalar(struct kg_yaml_build *build, struct kg_yaml_mark mark, const struct kg_yaml_scalar *scalar)
{
	const char *name = NULL;

	switch (scalar->type) {
	case cJSON_String: name = scalar->text; break;
	case cJSON_Number: name = kg_yaml_number_tell(build->arena, scalar->number); break;
	case cJSON_True: name = "true"; break;
	case cJSON_False: name = "false"; break;
	default: kg_error_advise(build->arena, complain(build, mark.at, mark.length, "null is no name"), "put it in quotes");
	}
	key_set(build, mark, name, scalar->is_merge);
}

/* ---- values ---- */

/* Gives a value to the container that is open, or to the document. */
static void
value_put(struct kg_yaml_build *build, struct kg_yaml_node *node)
{
	struct kg_yaml_frame *frame = top(build);

	if (!frame) {
		build->root = &node->json;
		return;
	}
	if (frame->node->at == kg_yaml_nowhere)
		frame->node->at = node->at;
	if (!frame->is_map) {
		kg_yaml_node_add(&frame->node->json, &node->json);
		return;
	}
	frame->has_key = false;
	if (frame->is_merge) {
		frame->merged = &node->json;
		frame->merge_at = frame->key_at;
		frame->merge_count = frame->count;
	} else if (frame->key) {
		if (node->at == kg_yaml_nowhere)
			node->at = frame->key_at;
		node->json.string = (char *)frame->key;
		node->key_at = frame->key_at;
		node->key_length = frame->key_length;
		member_add(build, frame, &node->json);
	}
}

static void
anchor_set(struct kg_yaml_build *build, const char *name, struct kg_yaml_node *node)
{
	if (!name)
		return;
	kg_map_put(&build->anchor_names, name, build->anchors.count);
	kg_list_push(build->arena, &build->anchors, node);
}

static bool
expects_key(struct kg_yaml_build *build)
{
	const struct kg_yaml_frame *frame = top(build);

	return frame && frame->is_map && !frame->has_key;
}

void
kg_yaml_build_container(struct kg_yaml_build *build, struct kg_yaml_mark mark, bool is_map)
{
	struct kg_yaml_node *node =
	    kg_yaml_node_new(build->arena, build->text, is_map ? cJSON_Object : cJSON_Array, mark.at, mark.length);

	node->is_open = true;
	anchor_set(build, mark.anchor, node);
	if (expects_key(build)) {
		uint32_t at = mark.at == kg_yaml_nowhere ? top(build)->node->at : mark.at;

		struct kg_error *error = complain(build, at, 1, is_map ? "a mapping is no name" : "a list is no name");
		if (kg_yaml_text_has_template(build->text, at))
			error->advice = kg_yaml_template_advice;
		build->is_hopeless = true;
		key_set(build, mark, NULL, false);
	} else {
		value_put(build, node);
	}
	if (build->frames.count == levels_most) {
		complain(build, mark.at, 1, kg_format(build->arena, "there are more than %u levels here", levels_most));
		build->is_hopeless = true;
	}
	kg_list_push(build->arena, &build->frames, (struct kg_yaml_frame){ .node = node, .is_map = is_map });
}

void
kg_yaml_build_scalar(struct kg_yaml_build *build, struct kg_yaml_mark mark, const char *bytes, size_t size, bool is_plain)
{
	struct kg_yaml_scalar scalar;
	const char *wrong = kg_yaml_scalar_read(build->arena, size ? bytes : "", size, mark.tag, is_plain, &scalar);
	struct kg_yaml_node *node = kg_yaml_node_new(build->arena, build->text, scalar.type, mark.at, mark.length);
	bool is_key = expects_key(build);

	if (wrong)
		complain(build, mark.at, mark.length, kg_format(build->arena, "this %s", wrong));
	node->is_plain = is_plain && !mark.tag;
	node->json.valuestring = scalar.type == cJSON_String ? (char *)scalar.text : NULL;
	node->json.valuedouble = scalar.type == cJSON_Number ? scalar.number : 0;
	if (scalar.type == cJSON_Number) /* as cJSON itself keeps both */
		node->json.valueint = scalar.number >= INT_MAX ? INT_MAX
		    : scalar.number <= (double)INT_MIN         ? INT_MIN
							       : (int)scalar.number;
	else
		node->json.valueint = scalar.type == cJSON_True;
	anchor_set(build, mark.anchor, node);
	if (is_key)
		key_from_scalar(build, mark, &scalar);
	else
		value_put(build, node);
}

/* ---- aliases ---- */

/* NULL when it would be too deep or too much, which has then been told. */
static struct kg_yaml_node *
copy(struct kg_yaml_build *build, uint32_t at, const cJSON *value, uint32_t level)
{
	const struct kg_yaml_node *node = kg_yaml_node_of(value);
	struct kg_yaml_node *made = kg_new(build->arena, struct kg_yaml_node);

	if (level > levels_most || build->copied >= copied_most) {
		complain(build, at, 1,
		    level > levels_most ? "this makes the document too deep" : "aliases make this document too large");
		return NULL;
	}
	build->copied++;
	*made = *node;
	made->json.child = made->json.next = made->json.prev = NULL;
	for (const cJSON *child = value->child; child; child = child->next) {
		struct kg_yaml_node *below = copy(build, at, child, level + 1);

		if (!below)
			return NULL;
		kg_yaml_node_add(&made->json, &below->json);
	}
	return made;
}

static void
key_from_alias(struct kg_yaml_build *build, struct kg_yaml_mark mark, const cJSON *value)
{
	struct kg_yaml_scalar scalar = { .type = value ? value->type & 0xff : cJSON_String };

	if (scalar.type == cJSON_Array || scalar.type == cJSON_Object) {
		complain(build, mark.at, mark.length, "what this stands for is no name");
		key_set(build, mark, NULL, false);
		return;
	}
	scalar.number = value ? value->valuedouble : 0;
	scalar.text = value ? value->valuestring : NULL;
	key_from_scalar(build, mark, &scalar);
}

void
kg_yaml_build_alias(struct kg_yaml_build *build, struct kg_yaml_mark mark, const char *name)
{
	struct kg_yaml_node *node = NULL, *made = NULL;
	uint32_t anchor;

	if (!kg_map_get(&build->anchor_names, name, &anchor))
		complain(build, mark.at, mark.length, kg_format(build->arena, "there is no anchor &%s before this", name));
	else
		node = build->anchors.items[anchor];
	if (node && node->is_open) {
		complain(build, mark.at, mark.length, kg_format(build->arena, "&%s would hold itself", name));
		node = NULL;
	}
	if (expects_key(build)) {
		key_from_alias(build, mark, node ? &node->json : NULL);
		return;
	}
	if (node)
		made = copy(build, mark.at, &node->json, build->frames.count);
	if (!made)
		made = kg_yaml_node_new(build->arena, build->text, cJSON_NULL, mark.at, mark.length);
	value_put(build, made);
}

/* ---- merges ---- */

/* What the mapping says itself stays; of several merged mappings the first counts. */
static void
merge_one(struct kg_yaml_build *build, struct kg_yaml_frame *frame, cJSON *mapping)
{
	uint32_t ordinal;

	for (cJSON *member = mapping->child, *next; member; member = next) {
		next = member->next;
		if (!member_find(frame, member->string, &ordinal)) {
			member_add(build, frame, member);
			continue;
		}
		if (ordinal >= frame->merge_count || cJSON_Compare(member, member_at(frame, ordinal), true))
			continue;
		struct kg_error *error = complain(build, frame->merge_at, 2,
		    kg_format(build->arena, "`%s` is said before this merge, which has another", member->string));
		kg_error_advise(build->arena, error, "put << first: kubectl would take the merge's, other tools the other");
	}
}

static void
merge(struct kg_yaml_build *build, struct kg_yaml_frame *frame)
{
	cJSON *merged = frame->merged;
	bool is_well = cJSON_IsObject(merged) || cJSON_IsArray(merged);

	for (const cJSON *each = cJSON_IsArray(merged) ? merged->child : NULL; each; each = each->next)
		is_well = is_well && cJSON_IsObject(each);
	if (!is_well) {
		if (!build->is_damaged)
			complain(build, frame->merge_at, 2, "a merge takes a mapping, or a list of mappings");
		return;
	}
	if (cJSON_IsObject(merged)) {
		merge_one(build, frame, merged);
		return;
	}
	for (cJSON *each = merged->child; each; each = each->next)
		merge_one(build, frame, each);
}

/* ---- documents ---- */

void
kg_yaml_build_end(struct kg_yaml_build *build)
{
	struct kg_yaml_frame *frame = top(build);

	kg_assert(frame);
	frame->node->is_open = false;
	if (frame->merged)
		merge(build, frame);
	build->frames.count--;
}

void
kg_yaml_build_start(struct kg_yaml_build *build)
{
	build->root = NULL;
	build->told = 0;
	build->is_damaged = build->is_hopeless = false;
	build->frames.count = 0;
	build->anchors.count = 0;
	build->anchor_names = (struct kg_map){ .arena = build->arena };
}

cJSON *
kg_yaml_build_finish(struct kg_yaml_build *build)
{
	return build->is_damaged || cJSON_IsNull(build->root) ? NULL : build->root;
}
