#include "engine/yaml/yaml_node.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/yaml/yaml.h"

/*
 * Programs print everything on one line, and each object asks for its place: copying and counting that line each time would be quadratic. Nobody reads such a line
 * above a caret; its columns are bytes.
 */
static constexpr uint32_t line_longest = 2000;

struct kg_yaml_text *
kg_yaml_text_new(struct kg_arena *arena, const char *file, const char *bytes, size_t size)
{
	struct kg_yaml_text *text = kg_new(arena, struct kg_yaml_text);

	*text = (struct kg_yaml_text){ .file = file, .bytes = bytes, .size = (uint32_t)size };
	kg_list_push(arena, &text->lines, 0);
	for (const char *at = bytes; (at = memchr(at, '\n', size - (size_t)(at - bytes))); at++)
		kg_list_push(arena, &text->lines, (uint32_t)(at - bytes) + 1);
	return text;
}

/* The last line that starts at or before the byte. */
static uint32_t
line_find(const struct kg_yaml_text *text, uint32_t at)
{
	uint32_t low = 0, high = text->lines.count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (text->lines.items[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct kg_place
kg_yaml_text_place(struct kg_arena *arena, const struct kg_yaml_text *text, uint32_t at, uint32_t length)
{
	if (text->is_fixed)
		return text->fixed;
	if (at == kg_yaml_nowhere)
		return (struct kg_place){ .file = text->file };
	if (at > text->size)
		at = text->size;

	uint32_t line = line_find(text, at), start = text->lines.items[line];
	uint32_t end = line + 1 < text->lines.count ? text->lines.items[line + 1] - 1 : text->size;
	if (end > start && text->bytes[end - 1] == '\r')
		end--;
	if (at > end)
		at = end;
	if (length > end - at)
		length = end - at;
	bool is_long = end - start > line_longest;
	return (struct kg_place){
		.file = text->file,
		.line_text = is_long ? NULL : kg_copy_bytes(arena, text->bytes + start, end - start),
		.line = line + 1,
		.column = (is_long ? at - start : kg_text_characters(text->bytes + start, at - start)) + 1,
		.length = kg_text_characters(text->bytes + at, length),
	};
}

const char kg_yaml_template_advice[] = "{{ … }} is a template's: let its program print the YAML, with `render`";

bool
kg_yaml_text_has_template(const struct kg_yaml_text *text, uint32_t at)
{
	if (at >= text->size)
		return false;

	uint32_t line = line_find(text, at), start = text->lines.items[line];
	uint32_t end = line + 1 < text->lines.count ? text->lines.items[line + 1] : text->size;
	return memmem(text->bytes + start, end - start, "{{", 2);
}

struct kg_yaml_node *
kg_yaml_node_new(struct kg_arena *arena, const struct kg_yaml_text *text, int type, uint32_t at, uint32_t length)
{
	struct kg_yaml_node *node = kg_new(arena, struct kg_yaml_node);

	*node = (struct kg_yaml_node){ .json.type = type | kg_yaml_node_bit, .text = text, .at = at, .length = length };
	node->key_at = kg_yaml_nowhere;
	return node;
}

const struct kg_yaml_node *
kg_yaml_node_of(const cJSON *value)
{
	static_assert(offsetof(struct kg_yaml_node, json) == 0);
	return value && value->type & kg_yaml_node_bit ? (const struct kg_yaml_node *)value : NULL;
}

void
kg_yaml_node_add(cJSON *container, cJSON *child)
{
	cJSON *first = container->child;

	child->next = NULL;
	if (first) {
		child->prev = first->prev;
		first->prev->next = child;
		first->prev = child;
	} else {
		container->child = child;
		child->prev = child; /* cJSON has the last behind the first */
	}
}

struct kg_place
kg_yaml_place(struct kg_arena *arena, const cJSON *value)
{
	const struct kg_yaml_node *node = kg_yaml_node_of(value);

	return node ? kg_yaml_text_place(arena, node->text, node->at, node->length) : (struct kg_place){ 0 };
}

struct kg_place
kg_yaml_key_place(struct kg_arena *arena, const cJSON *value)
{
	const struct kg_yaml_node *node = kg_yaml_node_of(value);

	if (!node || node->key_at == kg_yaml_nowhere)
		return kg_yaml_place(arena, value);
	return kg_yaml_text_place(arena, node->text, node->key_at, node->key_length);
}

struct kg_place
kg_yaml_place_of(struct kg_arena *arena, const cJSON *value, const char *part)
{
	const struct kg_yaml_node *node = kg_yaml_node_of(value);

	if (node && !node->text->is_fixed && node->at < node->text->size) {
		const char *from = node->text->bytes + node->at;
		const char *found = memmem(from, node->text->size - node->at, part, strlen(part));
		if (found)
			return kg_yaml_text_place(arena, node->text, (uint32_t)(found - node->text->bytes), (uint32_t)strlen(part));
	}
	return kg_yaml_place(arena, value);
}

bool
kg_yaml_is_plain(const cJSON *value)
{
	const struct kg_yaml_node *node = kg_yaml_node_of(value);

	return node && node->is_plain;
}

const char *
kg_yaml_plain_text(struct kg_arena *arena, const cJSON *value)
{
	const struct kg_yaml_node *node = kg_yaml_node_of(value);

	if (!node || !node->is_plain || node->text->is_fixed || node->at > node->text->size ||
	    node->length > node->text->size - node->at)
		return NULL;
	return kg_copy_bytes(arena, node->text->bytes + node->at, node->length);
}

cJSON *
kg_yaml_make(struct kg_arena *arena, int type, const cJSON *model)
{
	const struct kg_yaml_node *node = kg_yaml_node_of(model);
	cJSON *made;

	if (node) {
		struct kg_yaml_node *copy = kg_yaml_node_new(arena, node->text, type, node->at, node->length);

		copy->key_at = node->key_at;
		copy->key_length = node->key_length;
		return &copy->json;
	}
	made = kg_new(arena, cJSON);
	made->type = type;
	return made;
}

cJSON *
kg_yaml_make_text(struct kg_arena *arena, const char *text, const cJSON *model)
{
	cJSON *made = kg_yaml_make(arena, cJSON_String, model);

	made->valuestring = kg_copy(arena, text);
	return made;
}

static cJSON *
copy_fixed(struct kg_arena *arena, const struct kg_yaml_text *text, const cJSON *json)
{
	struct kg_yaml_node *node = kg_yaml_node_new(arena, text, json->type & 0xff, 0, 0);

	node->json.valueint = json->valueint;
	node->json.valuedouble = json->valuedouble;
	node->json.valuestring = kg_copy(arena, json->valuestring);
	node->json.string = kg_copy(arena, json->string);
	for (const cJSON *child = json->child; child; child = child->next)
		kg_yaml_node_add(&node->json, copy_fixed(arena, text, child));
	return &node->json;
}

cJSON *
kg_yaml_from_json(struct kg_arena *arena, const cJSON *json, struct kg_place place)
{
	struct kg_yaml_text *text = kg_yaml_text_new(arena, place.file, "", 0);

	text->is_fixed = true;
	text->fixed = place;
	return copy_fixed(arena, text, json);
}
