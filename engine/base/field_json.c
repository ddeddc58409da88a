/* Settings whose form is another program's affair, handed on as JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/field_inside.h"
#include "engine/base/text.h"

/* The reader of graph files lets nothing stand deeper, and so what goes down a value may recurse; the ledger's block may be damaged. */
static constexpr uint32_t deepest = 64;

/* Reals keep their point: what takes 1.0 for a whole number is not what was written. */
static void
real_add(struct kg_text *text, double real)
{
	char digits[32];

	if (!isfinite(real)) {
		kg_text_add(text, "null");
		return;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, real);
		if (strtod(digits, NULL) == real)
			break;
	}
	kg_text_add(text, digits);
	if (!strpbrk(digits, ".e"))
		kg_text_add(text, ".0");
}

static void
json_add(struct kg_text *text, const struct kg_filling *filling, const struct kg_value *value, uint32_t depth)
{
	bool is_table = value->type == KG_VALUE_TABLE;

	switch (value->type) {
	case KG_VALUE_TEXT: kg_text_add_json(text, kg_field_scalar_text(filling, value)); return;
	case KG_VALUE_INTEGER:
	case KG_VALUE_FLAG: kg_text_add(text, kg_field_scalar_text(filling, value)); return;
	case KG_VALUE_REAL: real_add(text, value->real); return;
	case KG_VALUE_NONE: kg_text_add(text, "null"); return;
	case KG_VALUE_LIST:
	case KG_VALUE_TABLE: break;
	}
	kg_text_add(text, is_table ? "{" : "[");
	for (uint32_t i = 0; depth < deepest && i < value->count; i++) {
		const struct kg_value *child = &filling->values->items[value->start + i];

		if (i > 0)
			kg_text_add(text, ",");
		if (is_table) {
			kg_text_add_json(text, kg_value_key(filling->values, child));
			kg_text_add(text, ":");
		}
		json_add(text, filling, child, depth + 1);
	}
	kg_text_add(text, is_table ? "}" : "]");
}

const char *
kg_value_json(
    struct kg_arena *arena, const struct kg_values *values, const struct kg_value *value, const struct kg_resolver *resolver)
{
	struct kg_filling filling = { .arena = arena, .values = values, .resolver = resolver };
	struct kg_text text = { .arena = arena };

	json_add(&text, &filling, value, 0);
	return kg_text_end(&text);
}

static const struct kg_value *
unsayable_find(const struct kg_values *values, const struct kg_value *value, uint32_t depth)
{
	const struct kg_value *found = value->type == KG_VALUE_REAL && !isfinite(value->real) ? value : NULL;
	bool has_children = value->type == KG_VALUE_LIST || value->type == KG_VALUE_TABLE;

	for (uint32_t i = 0; has_children && depth < deepest && !found && i < value->count; i++)
		found = unsayable_find(values, &values->items[value->start + i], depth + 1);
	return found;
}

const struct kg_value *
kg_field_json_unsayable(const struct kg_values *values, const struct kg_value *value)
{
	return unsayable_find(values, value, 0);
}
