#include "engine/base/field.h"

#include <ctype.h>
#include <errno.h>
#include <stdckdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
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
	};

	return names[type];
}

bool
kg_size_read(const char *text, int64_t *ret_bytes)
{
	char *end;

	errno = 0;
	double value = strtod(text, &end);
	if (end == text || errno != 0 || value < 0 || !isdigit((unsigned char)*text))
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

struct filling {
	struct kg_arena *arena;
	const struct kg_values *values;
	const char *folder;
	const struct kg_resolver *resolver;
};

static struct kg_error *
value_wrong(const struct filling *filling, const struct kg_value *value, const struct kg_field *field, const char *wanted)
{
	struct kg_place place = kg_value_place(filling->values, value);

	if (value->type == KG_VALUE_TEXT)
		return kg_error_at(filling->arena, KG_EINPUT, place, "`%s` must be %s, not \"%s\"", field->name, wanted,
		    kg_value_text(filling->values, value));
	return kg_error_at(
	    filling->arena, KG_EINPUT, place, "`%s` must be %s, not %s", field->name, wanted, kg_value_type_tell(value->type));
}

/* The value as a text: numbers and flags as they would be written. NULL for lists and tables. */
static const char *
scalar_text(const struct filling *filling, const struct kg_value *value)
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

/* Numbers of all sorts, from a number or from a text (a fallback, or what a reference brought in). NULL when well, else what was wanted. */
static const char *
number_read(struct kg_arena *arena, const struct kg_field *field, const struct kg_value *value, const char *text, int64_t *ret)
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

static const char *const *
names_of(struct kg_arena *arena, const struct kg_field *const *tables)
{
	KG_LIST(const char *) names = { 0 };

	for (; *tables; tables++)
		for (const struct kg_field *field = *tables; field->name; field++)
			kg_list_push(arena, &names, field->name);
	kg_list_push(arena, &names, NULL);
	return names.items;
}

static const struct kg_field *
field_find(const struct kg_field *const *tables, const char *name)
{
	for (; *tables; tables++)
		for (const struct kg_field *field = *tables; field->name; field++)
			if (strcmp(field->name, name) == 0)
				return field;
	return NULL;
}

static void
secret_check(struct kg_errors *errors, const struct filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	if ((field->flags & KG_NO_SECRET) && (value->flags & KG_VALUE_SECRET))
		kg_errors_add(errors,
		    kg_error_advise(errors->arena,
			kg_error_at(errors->arena, KG_EINPUT, kg_value_place(filling->values, value),
			    "a secret in `%s` would be seen by others", field->name),
			"hand it over in `env`, or in a file with mode \"0600\""));
}

static void
scalar_check(struct kg_errors *errors, const struct filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	const char *wanted = NULL;
	int64_t number;

	if (value->flags & KG_VALUE_OPEN)
		return;
	if (field->type == KG_TEXT || field->type == KG_TEXTS)
		wanted = value->type == KG_VALUE_LIST || value->type == KG_VALUE_TABLE ? "a text" : NULL;
	else if (field->type == KG_PATH || field->type == KG_PATHS)
		wanted = value->type == KG_VALUE_TEXT && value->count > 0 ? NULL : "a path";
	else if (field->type == KG_FLAG)
		wanted = value->type == KG_VALUE_FLAG ? NULL : "true or false";
	else
		wanted = number_read(errors->arena, field, value, scalar_text(filling, value), &number);
	if (wanted)
		kg_errors_add(errors, value_wrong(filling, value, field, wanted));
}

static void fields_check(struct kg_errors *errors, const struct filling *filling, const struct kg_field *const *tables,
    const struct kg_value *settings, const struct kg_value *place);

static void
record_check(struct kg_errors *errors, const struct filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	if (value->type == KG_VALUE_TABLE)
		fields_check(errors, filling, (const struct kg_field *const[]){ field->fields, NULL }, value, value);
	else if (value->type == KG_VALUE_TEXT && field->type == KG_RECORDS)
		scalar_check(errors, filling, &field->fields[0], value);
	else
		kg_errors_add(errors, value_wrong(filling, value, field, "a table"));
}

static void
map_check(struct kg_errors *errors, const struct filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	if (value->type != KG_VALUE_TABLE) {
		kg_errors_add(errors, value_wrong(filling, value, field, "a table"));
		return;
	}
	for (uint32_t i = 0; i < value->count; i++) {
		const struct kg_value *member = &filling->values->items[value->start + i];

		if (member->type == KG_VALUE_LIST || member->type == KG_VALUE_TABLE)
			kg_errors_add(errors,
			    kg_error_at(errors->arena, KG_EINPUT, kg_value_place(filling->values, member),
				"`%s` in `%s` must be a text, not %s", kg_value_key(filling->values, member), field->name,
				kg_value_type_tell(member->type)));
	}
}

static void
value_check(struct kg_errors *errors, const struct filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	bool many = field->type == KG_TEXTS || field->type == KG_PATHS || field->type == KG_RECORDS;
	bool record = field->type == KG_RECORD || field->type == KG_RECORDS;
	uint32_t count = many && value->type == KG_VALUE_LIST ? value->count : 1;

	secret_check(errors, filling, field, value);
	for (uint32_t i = 0; i < count; i++) {
		const struct kg_value *item =
		    many && value->type == KG_VALUE_LIST ? &filling->values->items[value->start + i] : value;

		if (field->type == KG_MAP)
			map_check(errors, filling, field, item);
		else if (record)
			record_check(errors, filling, field, item);
		else
			scalar_check(errors, filling, field, item);
	}
}

/* Nested tables go one level of this function down for each level of the field tables, which are finite and ours. */
static void
fields_check(struct kg_errors *errors, const struct filling *filling, const struct kg_field *const *tables,
    const struct kg_value *settings, const struct kg_value *place)
{
	for (uint32_t i = 0; i < settings->count; i++) {
		const struct kg_value *value = &filling->values->items[settings->start + i];
		const char *name = kg_value_key(filling->values, value);
		const struct kg_field *field = field_find(tables, name);

		if (field) {
			value_check(errors, filling, field, value);
			continue;
		}
		const char *const *known = names_of(errors->arena, tables);
		const char *nearest = kg_text_nearest(name, known);
		size_t count = 0;
		while (known[count])
			count++;
		struct kg_place at = kg_value_key_place(filling->values, value);
		at.length = (uint32_t)strlen(name);
		struct kg_error *error = kg_error_at(errors->arena, KG_EINPUT, at, "unknown key `%s`", name);
		kg_errors_add(errors,
		    nearest ? kg_error_advise(errors->arena, error, "did you mean `%s`?", nearest)
			    : kg_error_advise(
				  errors->arena, error, "known are %s", kg_text_enumerate(errors->arena, known, count, " and ")));
	}
	for (; *tables; tables++)
		for (const struct kg_field *field = *tables; field->name; field++)
			if ((field->flags & KG_REQUIRED) && !kg_value_member(filling->values, settings, field->name))
				kg_errors_add(errors,
				    kg_error_at(errors->arena, KG_EINPUT, kg_value_place(filling->values, place),
					"`%s` is missing: %s", field->name, field->meaning));
}

void
kg_fields_check(struct kg_errors *errors, const struct kg_field *const *tables, const struct kg_values *values,
    const struct kg_value *settings, const struct kg_value *place)
{
	struct filling filling = { .arena = errors->arena, .values = values };

	fields_check(errors, &filling, tables, settings, place);
}

static const char *
path_fill(const struct filling *filling, const char *text)
{
	return kg_path_join(filling->arena, filling->folder, text);
}

static const char *const *
texts_fill(const struct filling *filling, const struct kg_value *value, bool paths)
{
	uint32_t count = value->type == KG_VALUE_LIST ? value->count : 1;
	const char **texts = kg_new_array(filling->arena, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++) {
		const struct kg_value *item = value->type == KG_VALUE_LIST ? &filling->values->items[value->start + i] : value;
		const char *text = scalar_text(filling, item);

		texts[i] = paths ? path_fill(filling, text) : text;
	}
	return texts;
}

static const struct kg_pair *
map_fill(const struct filling *filling, const struct kg_value *value)
{
	struct kg_pair *pairs = kg_new_array(filling->arena, struct kg_pair, value->count + 1);

	for (uint32_t i = 0; i < value->count; i++) {
		const struct kg_value *member = &filling->values->items[value->start + i];

		pairs[i] = (struct kg_pair){ kg_value_key(filling->values, member), scalar_text(filling, member) };
	}
	return pairs;
}

static struct kg_error *spec_fill(
    const struct filling *filling, const struct kg_field *fields, const struct kg_value *settings, void *spec);

/* A plain text in the place of a record sets the record's first field; the others get their fallbacks. */
static struct kg_error *
record_fill(const struct filling *filling, const struct kg_field *field, const struct kg_value *value, const void **ret_record)
{
	void *record = kg_alloc(filling->arena, field->size);
	const struct kg_field *first = &field->fields[0];

	*ret_record = record;
	if (value->type == KG_VALUE_TABLE)
		return spec_fill(filling, field->fields, value, record);

	static const struct kg_value empty = { .type = KG_VALUE_TABLE };
	struct kg_error *error = spec_fill(filling, field->fields, &empty, record);
	if (error)
		return error;
	const char *text = scalar_text(filling, value);
	*(const char **)((char *)record + first->offset) = first->type == KG_PATH ? path_fill(filling, text) : text;
	return NULL;
}

static struct kg_error *
records_fill(
    const struct filling *filling, const struct kg_field *field, const struct kg_value *value, const void *const **ret_records)
{
	uint32_t count = value->type == KG_VALUE_LIST ? value->count : 1;
	const void **records = kg_new_array(filling->arena, const void *, count + 1);

	*ret_records = records;
	for (uint32_t i = 0; i < count; i++) {
		const struct kg_value *item = value->type == KG_VALUE_LIST ? &filling->values->items[value->start + i] : value;
		struct kg_error *error = record_fill(filling, field, item, &records[i]);

		if (error)
			return error;
	}
	return NULL;
}

/* value is NULL when the setting is absent; then the fallback's text counts. */
static struct kg_error *
member_fill(const struct filling *filling, const struct kg_field *field, const struct kg_value *value, void *member)
{
	const char *text = value ? scalar_text(filling, value) : field->fallback;
	int64_t number = 0;

	switch (field->type) {
	case KG_TEXT: *(const char **)member = text; return NULL;
	case KG_PATH: *(const char **)member = path_fill(filling, text); return NULL;
	case KG_FLAG: *(bool *)member = text && strcmp(text, "true") == 0; return NULL;
	case KG_TEXTS:
	case KG_PATHS:
		if (value)
			*(const char *const **)member = texts_fill(filling, value, field->type == KG_PATHS);
		return NULL;
	case KG_MAP:
		if (value)
			*(const struct kg_pair **)member = map_fill(filling, value);
		return NULL;
	case KG_RECORD: return value ? record_fill(filling, field, value, (const void **)member) : NULL;
	case KG_RECORDS: return value ? records_fill(filling, field, value, (const void *const **)member) : NULL;
	default: break;
	}

	/* Without a resolver the number is not known yet: that is no mistake, and the member stays as it is. */
	if (value && (value->flags & KG_VALUE_OPEN) && !filling->resolver)
		return NULL;
	const char *wanted = number_read(filling->arena, field, value, text, &number);
	if (wanted)
		return kg_error_at(filling->arena, KG_EINPUT,
		    value ? kg_value_place(filling->values, value) : (struct kg_place){ 0 }, "`%s` must be %s, not \"%s\"",
		    field->name, wanted, text ? text : "");
	*(int64_t *)member = number;
	return NULL;
}

static struct kg_error *
spec_fill(const struct filling *filling, const struct kg_field *fields, const struct kg_value *settings, void *spec)
{
	for (const struct kg_field *field = fields; field->name; field++) {
		const struct kg_value *value = kg_value_member(filling->values, settings, field->name);

		if (!value && !field->fallback)
			continue;
		struct kg_error *error = member_fill(filling, field, value, (char *)spec + field->offset);
		if (error)
			return error;
	}
	return NULL;
}

struct kg_error *
kg_spec_fill(struct kg_arena *arena, const struct kg_field *fields, const struct kg_values *values, const struct kg_value *settings,
    const char *folder, const struct kg_resolver *resolver, void *spec)
{
	struct filling filling = { arena, values, folder, resolver };

	return spec_fill(&filling, fields, settings, spec);
}
