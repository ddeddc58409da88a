#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/field.h"
#include "targets/kubernetes/manifest/patch_inside.h"

struct values {
	struct kg_patching *patching;
	const char **names; /* ended by NULL, for "did you mean" */
	struct kg_map by_name;
};

/* How long the reference at `at` is, with its braces; 0 when there is none. Shells' "${NAME:-x}" is none. */
static size_t
reference_length(const char *at)
{
	size_t length = 2;

	if (at[0] != '$' || at[1] != '{' || !(isalpha((unsigned char)at[2]) || at[2] == '_'))
		return 0;
	while (isalnum((unsigned char)at[length]) || (at[length] && strchr("_-.", at[length])))
		length++;
	return at[length] == '}' ? length + 1 : 0;
}

/* NULL after an error. */
static const char *
value_find(struct values *values, const cJSON *scalar, const char *reference, size_t length)
{
	struct kg_patching *patching = values->patching;
	const char *name = kg_copy_bytes(patching->arena, reference + 2, length - 3);
	uint32_t index;

	if (kg_map_get(&values->by_name, name, &index))
		return patching->patch->values[index].value;
	const char *whole = kg_copy_bytes(patching->arena, reference, length);
	const char *nearest = kg_text_nearest(name, values->names);
	struct kg_place place = kg_yaml_place_of(patching->arena, scalar, whole);
	struct kg_error *error = kg_error_at(
	    patching->arena, KG_EINPUT, place.file ? place : patching->object->place, "there is no value for %s", whole);
	if (nearest)
		kg_error_advise(patching->arena, error, "did you mean ${%s}? $%s stands for itself", nearest, whole);
	else
		kg_error_advise(patching->arena, error, "give it one in `values`, or write $%s where it stands for itself", whole);
	kg_errors_add(patching->errors, error);
	return NULL;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)? */
static bool
is_number(const char *text)
{
	size_t digits;

	text += *text == '-';
	digits = strspn(text, "0123456789");
	if (digits == 0 || (digits > 1 && *text == '0'))
		return false;
	text += digits;
	if (*text == '.') {
		digits = strspn(++text, "0123456789");
		text += digits;
		if (digits == 0)
			return false;
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		digits = strspn(text, "0123456789");
		text += digits;
		if (digits == 0)
			return false;
	}
	return !*text;
}

/* Without quotes, nothing but one reference: a number or a boolean becomes one. It keeps its text, by which text_keep knows it. */
static void
scalar_type(cJSON *scalar, const char *value)
{
	int type = cJSON_String;

	if (is_number(value))
		type = cJSON_Number;
	else if (strcmp(value, "true") == 0)
		type = cJSON_True;
	else if (strcmp(value, "false") == 0)
		type = cJSON_False;
	if (type == cJSON_String)
		return;
	if (type == cJSON_Number) {
		kg_field_make_number(scalar, strtod(value, NULL));
		scalar->valuestring = (char *)value;
	} else {
		scalar->type = (scalar->type & ~0xff) | type;
		scalar->valueint = type == cJSON_True;
	}
}

static void
scalar_fill(struct values *values, cJSON *scalar)
{
	struct kg_text text = { .arena = values->patching->arena };
	const char *from = scalar->valuestring, *at = from, *dollar, *value = NULL;
	size_t length = reference_length(at);
	bool is_whole = length > 0 && !at[length] && kg_yaml_is_plain(scalar);

	for (; (dollar = strchr(at, '$')); at = dollar + 1) {
		if (dollar[1] == '$' && reference_length(dollar + 1) > 0) {
			kg_text_add_bytes(&text, from, (size_t)(dollar - from));
			from = ++dollar; /* one of the two is left */
			continue;
		}
		length = reference_length(dollar);
		if (length == 0)
			continue;
		value = value_find(values, scalar, dollar, length);
		kg_text_add_bytes(&text, from, (size_t)(dollar - from));
		kg_text_add(&text, value ? value : "");
		from = dollar + length;
		dollar = from - 1;
	}
	if (from == scalar->valuestring)
		return;
	kg_text_add(&text, from);
	scalar->valuestring = (char *)kg_text_end(&text);
	if (is_whole && value)
		scalar_type(scalar, value);
}

/* A password of nothing but digits is no number where only texts may be. */
static void
text_keep(void *, cJSON *value, const char *)
{
	if ((cJSON_IsNumber(value) || cJSON_IsBool(value)) && value->valuestring)
		value->type = (value->type & ~0xff) | cJSON_String;
}

/* As deep as trees are read. */
static void
tree_fill(struct values *values, cJSON *json)
{
	if (cJSON_IsString(json))
		scalar_fill(values, json);
	for (cJSON *child = json->child; child; child = child->next)
		tree_fill(values, child);
}

void
kg_patch_values(struct kg_patching *patching)
{
	const struct kg_manifest_patch *patch = patching->patch;
	struct values values = { .patching = patching, .by_name.arena = patching->arena };

	if (patch->value_count == 0)
		return;
	values.names = kg_new_array(patching->arena, const char *, patch->value_count + 1);
	for (uint32_t i = 0; i < patch->value_count; i++) {
		values.names[i] = patch->values[i].name;
		kg_map_put(&values.by_name, patch->values[i].name, i);
	}
	for (uint32_t i = 0; i < patching->manifest->objects.count; i++) {
		patching->object = &patching->manifest->objects.items[i];
		tree_fill(&values, patching->object->json);
		kg_field_each_text(patching->object, text_keep, NULL);
		kg_object_refresh(patching->arena, patching->object);
		if (!*patching->object->name || !*patching->object->kind || !*patching->object->api_version)
			kg_errors_add(patching->errors,
			    kg_error_at(patching->arena, KG_EINPUT, patching->object->place,
				"with these values, the object has no name, kind or apiVersion"));
	}
}
