#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/field_inside.h"
#include "engine/base/list.h"
#include "engine/base/text.h"

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
secret_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	if ((field->flags & KG_NO_SECRET) && (value->flags & KG_VALUE_SECRET))
		kg_errors_add(errors,
		    kg_error_advise(errors->arena,
			kg_error_at(errors->arena, KG_EINPUT, kg_value_place(filling->values, value),
			    "a secret in `%s` would be seen by others", field->name),
			"hand it over in `env`, or in a file with mode \"0600\""));
}

/* A path that a variable leaves empty is not said. */
static bool
may_be_empty(const struct kg_field *field)
{
	return field->type == KG_PATH && !(field->flags & KG_REQUIRED);
}

static void
scalar_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	const char *wanted = NULL;
	int64_t number;

	if (value->flags & KG_VALUE_OPEN)
		return;
	if (field->type == KG_TEXT || field->type == KG_TEXTS)
		wanted = value->type == KG_VALUE_LIST || value->type == KG_VALUE_TABLE ? "a text" : NULL;
	else if (field->type == KG_PATH || field->type == KG_PATHS)
		wanted = value->type == KG_VALUE_TEXT && (value->count > 0 || may_be_empty(field)) ? NULL : "a path";
	else if (field->type == KG_FLAG)
		wanted = value->type == KG_VALUE_FLAG ? NULL : "true or false";
	else
		wanted = kg_field_number_read(errors->arena, field, value, kg_field_scalar_text(filling, value), &number);
	if (wanted)
		kg_errors_add(errors, kg_field_value_wrong(filling, value, field, wanted));
}

static void fields_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *const *tables,
    const struct kg_value *settings, const struct kg_value *place);

static void
record_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	if (value->type == KG_VALUE_TABLE)
		fields_check(errors, filling, (const struct kg_field *const[]){ field->fields, NULL }, value, value);
	else if (value->type == KG_VALUE_TEXT && field->type == KG_RECORDS)
		scalar_check(errors, filling, &field->fields[0], value);
	else
		kg_errors_add(errors, kg_field_value_wrong(filling, value, field, "a table"));
}

static void
map_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	if (value->type != KG_VALUE_TABLE) {
		kg_errors_add(errors, kg_field_value_wrong(filling, value, field, "a table"));
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
json_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	const struct kg_value *unsayable = kg_field_json_unsayable(filling->values, value);

	if (value->type != KG_VALUE_TABLE)
		kg_errors_add(errors, kg_field_value_wrong(filling, value, field, "a table"));
	else if (unsayable)
		kg_errors_add(errors,
		    kg_error_at(errors->arena, KG_EINPUT, kg_value_place(filling->values, unsayable),
			"`%s` may hold no number that is infinite or none at all", field->name));
}

static void
value_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	bool many = kg_field_is_many(field->type);
	bool json = field->type == KG_JSON || field->type == KG_JSONS;
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
		else if (json)
			json_check(errors, filling, field, item);
		else
			scalar_check(errors, filling, field, item);
	}
}

/* Nested tables go one level of this function down for each level of the field tables, which are finite and ours. */
static void
fields_check(struct kg_errors *errors, const struct kg_filling *filling, const struct kg_field *const *tables,
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
	struct kg_filling filling = { .arena = errors->arena, .values = values };

	fields_check(errors, &filling, tables, settings, place);
}
