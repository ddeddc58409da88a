#include "engine/base/field_inside.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

const char *
kg_field_type_tell(enum kg_field_type type)
{
	static const char *const names[] = {
		[KG_TEXT] = "text",
		[KG_TEXTS] = "list of texts",
		[KG_PATH] = "path",
		[KG_PATHS] = "list of paths",
		[KG_DURATION] = "duration",
		[KG_SIZE] = "size",
		[KG_INTEGER] = "whole number",
		[KG_PORT] = "port",
		[KG_FLAG] = "true or false",
		[KG_MODE] = "permissions",
		[KG_CHOICE] = "one of a few words",
		[KG_MAP] = "table of texts",
		[KG_RECORD] = "table",
		[KG_RECORDS] = "list of tables",
		[KG_JSON] = "table",
		[KG_JSONS] = "list of tables",
	};

	return names[type];
}

bool
kg_field_is_many(enum kg_field_type type)
{
	return type == KG_TEXTS || type == KG_PATHS || type == KG_RECORDS || type == KG_JSONS;
}

bool
kg_size_read(const char *text, int64_t *ret_bytes)
{
	char *end;

	/* strtod knows more than people write: signs, exponents, hexadecimal. */
	double value = strtod(text, &end);
	if (!isdigit((unsigned char)*text) || end != text + strspn(text, "0123456789."))
		return false;

	static const char units[] = "KMGTP";
	const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		for (const char *step = units; step <= unit; step++)
			value *= 1024;
		end++;
	}
	if (unit && strcmp(end, "iB") == 0)
		end += 2;
	else if (strcmp(end, "B") == 0)
		end++;
	if (*end || value > 9e18)
		return false;
	*ret_bytes = (int64_t)value;
	return true;
}

struct kg_place
kg_value_place(const struct kg_values *values, const struct kg_value *value)
{
	if (value->line == 0)
		return (struct kg_place){ 0 };
	return (struct kg_place){
		.file = values->texts + value->file,
		.line = value->line,
		.column = value->column,
	};
}

struct kg_place
kg_value_key_place(const struct kg_values *values, const struct kg_value *value)
{
	struct kg_place place = kg_value_place(values, value);
	const struct kg_key_place *key = values->keys ? &values->keys[value - values->items] : NULL;

	if (key && key->line != 0) {
		place.line = key->line;
		place.column = key->column;
	}
	return place;
}

void
kg_references_each(const char *text, size_t length, void (*found)(void *, const char *, size_t, size_t), void *context)
{
	for (size_t at = 0; at + 1 < length; at++) {
		if (text[at] != '$')
			continue;
		if (text[at + 1] == '$' && at + 2 < length && text[at + 2] == '{') {
			at += 2;
			continue;
		}
		if (text[at + 1] != '{')
			continue;
		const char *end = memchr(text + at, '}', length - at);
		if (!end)
			return;
		found(context, text + at + 2, (size_t)(end - text) - at - 2, at);
		at = (size_t)(end - text);
	}
}

const char *
kg_resolve_text(struct kg_arena *arena, const struct kg_resolver *resolver, const char *text)
{
	struct kg_text out = { .arena = arena };
	const char *plain = text;

	if (!strchr(text, '$'))
		return text;
	for (const char *at = text; *at;) {
		const char *end = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;

		if (at[0] == '$' && at[1] == '$' && at[2] == '{') {
			kg_text_add_bytes(&out, plain, (size_t)(at - plain));
			plain = at + 1;
			at += 3;
			continue;
		}
		const char *value = NULL;
		if (end && resolver)
			value = resolver->resolve(resolver->context, kg_copy_bytes(arena, at + 2, (size_t)(end - at) - 2));
		if (!value) {
			at++;
			continue;
		}
		kg_text_add_bytes(&out, plain, (size_t)(at - plain));
		kg_text_add(&out, value);
		plain = at = end + 1;
	}
	kg_text_add(&out, plain);
	return kg_text_end(&out);
}

struct kg_error *
kg_field_value_wrong(
    const struct kg_filling *filling, const struct kg_value *value, const struct kg_field *field, const char *wanted)
{
	struct kg_place place = kg_value_place(filling->values, value);
	const char *said = kg_field_scalar_text(filling, value);

	if (value->type == KG_VALUE_TEXT)
		said = kg_format(filling->arena, "\"%s\"", kg_value_text(filling->values, value));
	return kg_error_at(filling->arena, KG_EINPUT, place, "`%s` must be %s, not %s", field->name, wanted,
	    said ? said : kg_value_type_tell(value->type));
}

const char *
kg_field_scalar_text(const struct kg_filling *filling, const struct kg_value *value)
{
	switch (value->type) {
	case KG_VALUE_TEXT: return kg_resolve_text(filling->arena, filling->resolver, kg_value_text(filling->values, value));
	case KG_VALUE_INTEGER: return kg_format(filling->arena, "%lld", (long long)value->integer);
	case KG_VALUE_REAL: return kg_format(filling->arena, "%.17g", value->real);
	case KG_VALUE_FLAG: return value->integer ? "true" : "false";
	default: return NULL;
	}
}

static bool
whole_number_read(const char *text, int base, int64_t *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtoll(text, &end, base);
	return errno == 0 && end != text && *end == '\0' && !isspace((unsigned char)*text);
}

static bool
choice_read(const char *const *choices, const char *text, int64_t *ret_index)
{
	for (*ret_index = 0; choices[*ret_index]; ++*ret_index)
		if (strcmp(choices[*ret_index], text) == 0)
			return true;
	return false;
}

static const char *
choices_tell(struct kg_arena *arena, const char *const *choices)
{
	size_t count = 0;

	while (choices[count])
		count++;
	return kg_format(arena, "one of %s", kg_text_enumerate(arena, choices, count, " or "));
}

const char *
kg_field_number_read(
    struct kg_arena *arena, const struct kg_field *field, const struct kg_value *value, const char *text, int64_t *ret)
{
	bool is_integer = value && value->type == KG_VALUE_INTEGER;

	if (value && value->type != KG_VALUE_TEXT &&
	    !(is_integer && field->type != KG_DURATION && field->type != KG_MODE && field->type != KG_CHOICE))
		text = NULL;
	switch (field->type) {
	case KG_DURATION:
		return text && kg_duration_read(text, ret) ? NULL : "a duration with a unit, such as \"30s\" or \"250ms\"";
	case KG_SIZE: return text && kg_size_read(text, ret) ? NULL : "a size, such as \"512M\"";
	case KG_INTEGER: return text && whole_number_read(text, 10, ret) ? NULL : "a whole number";
	case KG_PORT: return text && whole_number_read(text, 10, ret) && *ret > 0 && *ret < 65536 ? NULL : "a port, 1 to 65535";
	case KG_MODE:
		return text && whole_number_read(text, 8, ret) && *ret >= 0 && *ret <= 07777
		    ? NULL
		    : "permissions in octal, such as \"0644\"";
	default: return text && choice_read(field->choices, text, ret) ? NULL : choices_tell(arena, field->choices);
	}
}
