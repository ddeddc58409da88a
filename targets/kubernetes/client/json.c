#include "targets/kubernetes/client/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* Beyond it a double no longer holds every whole number. */
static constexpr double whole_most = 9007199254740992.0;

static cJSON *
node_keep(struct kg_arena *arena, const cJSON *item)
{
	cJSON *kept = kg_new(arena, cJSON);

	kept->type = item->type & 0xff;
	kept->valueint = item->valueint;
	kept->valuedouble = item->valuedouble;
	kept->valuestring = kg_copy(arena, item->valuestring);
	kept->string = kg_copy(arena, item->string);
	return kept;
}

/* As deep as cJSON reads (CJSON_NESTING_LIMIT). The first of a list has its last as prev, as cJSON wants it. */
cJSON *
kg_json_keep(struct kg_arena *arena, const cJSON *item)
{
	cJSON *kept = node_keep(arena, item), *last = NULL;

	for (const cJSON *child = item->child; child; child = child->next) {
		cJSON *copy = kg_json_keep(arena, child);

		copy->prev = last;
		if (last)
			last->next = copy;
		else
			kept->child = copy;
		last = copy;
	}
	if (kept->child)
		kept->child->prev = last;
	return kept;
}

/* What comes behind a value may only be space. */
cJSON *
kg_json_read(struct kg_arena *arena, const char *bytes, size_t size)
{
	const char *end = NULL;
	cJSON *read = cJSON_ParseWithLengthOpts(bytes, size, &end, false), *kept = NULL;

	while (read && end < bytes + size && strchr(" \t\r\n", *end) && *end)
		end++;
	if (read && end == bytes + size)
		kept = kg_json_keep(arena, read);
	cJSON_Delete(read);
	return kept;
}

/* The characters that YAML has no place for, or takes for the end of a line. */
static bool
is_unprintable(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 || character == 0x2029 ||
	    character == 0xfeff || character == 0xfffe || character == 0xffff;
}

static uint32_t
character_at(const char *text, size_t length)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t character = (unsigned char)text[0] & first_bits[length];

	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((unsigned char)text[i] & 0x3f);
	return character;
}

static void
string_print(struct kg_text *text, const char *value)
{
	size_t size = strlen(value), from = 0, length;

	kg_text_add(text, "\"");
	for (size_t at = 0; at < size; at += length ? length : 1) {
		length = kg_text_utf8_length(value + at, size - at);

		uint32_t character = length ? character_at(value + at, length) : 0xfffd;
		if (length && character != '"' && character != '\\' && !is_unprintable(character))
			continue;
		kg_text_add_bytes(text, value + from, at - from);
		from = at + (length ? length : 1);
		switch (character) {
		case '"': kg_text_add(text, "\\\""); break;
		case '\\': kg_text_add(text, "\\\\"); break;
		case '\n': kg_text_add(text, "\\n"); break;
		case '\t': kg_text_add(text, "\\t"); break;
		default: kg_text_format(text, "\\u%04x", (unsigned)character);
		}
	}
	kg_text_add_bytes(text, value + from, size - from);
	kg_text_add(text, "\"");
}

static void
number_print(struct kg_text *text, double value)
{
	char digits[32];

	if (isnan(value) || isinf(value)) {
		kg_text_add(text, "null");
	} else if (value == floor(value) && fabs(value) <= whole_most) {
		kg_text_format(text, "%" PRId64, (int64_t)value);
	} else {
		snprintf(digits, sizeof(digits), "%.15g", value);
		if (strtod(digits, NULL) != value)
			snprintf(digits, sizeof(digits), "%.17g", value);
		kg_text_add(text, digits);
	}
}

static void
value_print(struct kg_text *text, const cJSON *item)
{
	switch (item->type & 0xff) {
	case cJSON_False: kg_text_add(text, "false"); return;
	case cJSON_True: kg_text_add(text, "true"); return;
	case cJSON_Number: number_print(text, item->valuedouble); return;
	case cJSON_String: string_print(text, item->valuestring); return;
	case cJSON_Raw: kg_text_add(text, item->valuestring); return;
	case cJSON_Array:
	case cJSON_Object: break;
	default: kg_text_add(text, "null"); return;
	}
	kg_text_add(text, cJSON_IsArray(item) ? "[" : "{");
	for (const cJSON *child = item->child; child; child = child->next) {
		if (cJSON_IsObject(item)) {
			string_print(text, child->string);
			kg_text_add(text, ":");
		}
		value_print(text, child);
		if (child->next)
			kg_text_add(text, ",");
	}
	kg_text_add(text, cJSON_IsArray(item) ? "]" : "}");
}

const char *
kg_json_print(struct kg_arena *arena, const cJSON *item)
{
	struct kg_text text = { .arena = arena };

	value_print(&text, item);
	return kg_text_end(&text);
}

static const cJSON *
child_named(const cJSON *object, const char *name, size_t length)
{
	const cJSON *child = cJSON_IsObject(object) ? object->child : NULL;

	while (child && (strncmp(child->string, name, length) != 0 || child->string[length]))
		child = child->next;
	return child;
}

const cJSON *
kg_json_at(const cJSON *object, const char *path)
{
	while (object && *path) {
		size_t length = strcspn(path, ".");

		object = child_named(object, path, length);
		path += path[length] ? length + 1 : length;
	}
	return object;
}

const char *
kg_json_text(const cJSON *object, const char *path)
{
	const cJSON *value = kg_json_at(object, path);

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

void
kg_json_set_text(struct kg_arena *arena, cJSON *object, const char *name, const char *text)
{
	cJSON *child = (cJSON *)child_named(object, name, strlen(name));

	if (!child) {
		child = kg_new(arena, cJSON);
		child->string = kg_copy(arena, name);
		child->prev = object->child ? object->child->prev : child;
		if (object->child) {
			object->child->prev->next = child;
			object->child->prev = child;
		} else {
			object->child = child;
		}
	}
	child->type = cJSON_String;
	child->child = NULL;
	child->valuestring = kg_copy(arena, text);
}
