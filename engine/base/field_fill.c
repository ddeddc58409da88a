#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/field_inside.h"
#include "engine/base/path.h"
#include "engine/base/text.h"

static const char *
path_fill(const struct kg_filling *filling, const char *text)
{
	return kg_path_join(filling->arena, filling->folder, text);
}

/* value is NULL when the setting is absent; then the fallback's text is the only one. */
static const char *const *
texts_fill(const struct kg_filling *filling, const struct kg_value *value, const char *fallback, bool paths)
{
	uint32_t count = value && value->type == KG_VALUE_LIST ? value->count : 1;
	const char **texts = kg_new_array(filling->arena, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++) {
		bool in_list = value && value->type == KG_VALUE_LIST;
		const struct kg_value *item = in_list ? &filling->values->items[value->start + i] : value;
		const char *text = item ? kg_field_scalar_text(filling, item) : fallback;

		texts[i] = paths ? path_fill(filling, text) : text;
	}
	return texts;
}

static const char *const *
jsons_fill(const struct kg_filling *filling, const struct kg_value *value)
{
	uint32_t count = value->type == KG_VALUE_LIST ? value->count : 1;
	const char **texts = kg_new_array(filling->arena, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++)
		texts[i] = kg_value_json(filling->arena, filling->values,
		    value->type == KG_VALUE_LIST ? &filling->values->items[value->start + i] : value, filling->resolver);
	return texts;
}

static const struct kg_pair *
map_fill(const struct kg_filling *filling, const struct kg_value *value)
{
	struct kg_pair *pairs = kg_new_array(filling->arena, struct kg_pair, value->count + 1);

	for (uint32_t i = 0; i < value->count; i++) {
		const struct kg_value *member = &filling->values->items[value->start + i];

		pairs[i] = (struct kg_pair){ kg_value_key(filling->values, member), kg_field_scalar_text(filling, member) };
	}
	return pairs;
}

static struct kg_error *spec_fill(
    const struct kg_filling *filling, const struct kg_field *fields, const struct kg_value *settings, void *spec);

/* A plain text in the place of a record sets the record's first field; the others get their fallbacks. */
static struct kg_error *
record_fill(const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value, const void **ret_record)
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
	const char *text = kg_field_scalar_text(filling, value);
	kg_assert(first->type == KG_TEXT || first->type == KG_PATH);
	*(const char **)((char *)record + first->offset) = first->type == KG_PATH ? path_fill(filling, text) : text;
	return NULL;
}

static struct kg_error *
records_fill(
    const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value, const void *const **ret_records)
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

static bool
is_scalar(const struct kg_value *value)
{
	return value->type >= KG_VALUE_TEXT && value->type <= KG_VALUE_FLAG;
}

/*
 * Whether the value has the form that filling goes down. Checked settings have it; those that the ledger kept may come from a table that has
 * changed since. Numbers look after themselves.
 */
static bool
form_fits(const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value)
{
	bool records = field->type == KG_RECORDS, in_list = kg_field_is_many(field->type) && value->type == KG_VALUE_LIST;

	if (field->type == KG_RECORD || field->type == KG_JSON || (field->type == KG_JSONS && !in_list))
		return value->type == KG_VALUE_TABLE;
	if (field->type == KG_MAP && value->type != KG_VALUE_TABLE)
		return false;
	if (!in_list && field->type != KG_MAP)
		return is_scalar(value) || (records && value->type == KG_VALUE_TABLE);
	for (uint32_t i = 0; i < value->count; i++) {
		const struct kg_value *item = &filling->values->items[value->start + i];

		if (field->type == KG_JSONS ? item->type != KG_VALUE_TABLE
					    : !is_scalar(item) && !(records && item->type == KG_VALUE_TABLE))
			return false;
	}
	return true;
}

static bool
flag_read(const char *text, bool *ret_flag)
{
	*ret_flag = kg_text_equal(text, "true");
	return *ret_flag || kg_text_equal(text, "false");
}

/* value is NULL when the setting is absent; then the fallback's text counts. */
static struct kg_error *
member_fill(const struct kg_filling *filling, const struct kg_field *field, const struct kg_value *value, void *member)
{
	const char *text = value ? kg_field_scalar_text(filling, value) : field->fallback;
	int64_t number = 0;

	if (value && !form_fits(filling, field, value))
		return kg_field_value_wrong(
		    filling, value, field, kg_format(filling->arena, "a %s", kg_field_type_tell(field->type)));
	switch (field->type) {
	case KG_TEXT: *(const char **)member = text; return NULL;
	case KG_PATH:
		/* What a variable leaves empty is not said. */
		if (text && !*text && !(field->flags & KG_REQUIRED))
			text = field->fallback;
		*(const char **)member = text ? path_fill(filling, text) : NULL;
		return NULL;
	case KG_TEXTS:
	case KG_PATHS: *(const char *const **)member = texts_fill(filling, value, text, field->type == KG_PATHS); return NULL;
	case KG_MAP:
		if (value)
			*(const struct kg_pair **)member = map_fill(filling, value);
		return NULL;
	case KG_JSON:
		*(const char **)member = value ? kg_value_json(filling->arena, filling->values, value, filling->resolver) : text;
		return NULL;
	case KG_JSONS:
		if (value)
			*(const char *const **)member = jsons_fill(filling, value);
		return NULL;
	case KG_RECORD: return value ? record_fill(filling, field, value, (const void **)member) : NULL;
	case KG_RECORDS: return value ? records_fill(filling, field, value, (const void *const **)member) : NULL;
	default: break;
	}

	/* Without a resolver it is not known yet: that is no mistake, and the member stays as it is. */
	if (value && (value->flags & KG_VALUE_OPEN) && !filling->resolver)
		return NULL;
	const char *wanted = NULL;
	if (field->type == KG_FLAG)
		wanted = flag_read(text, member) ? NULL : "true or false";
	else
		wanted = kg_field_number_read(filling->arena, field, value, text, &number);
	if (wanted)
		return kg_error_at(filling->arena, KG_EINPUT,
		    value ? kg_value_place(filling->values, value) : (struct kg_place){ 0 }, "`%s` must be %s, not \"%s\"",
		    field->name, wanted, text ? text : "");
	if (field->type != KG_FLAG)
		*(int64_t *)member = number;
	return NULL;
}

static struct kg_error *
spec_fill(const struct kg_filling *filling, const struct kg_field *fields, const struct kg_value *settings, void *spec)
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
	struct kg_filling filling = { arena, values, folder, resolver };

	return spec_fill(&filling, fields, settings, spec);
}
