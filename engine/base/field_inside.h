/*
 * What checking (field_check.c) and filling (field_fill.c) of settings share: how a single value is read. Inside engine/base only.
 */
#pragma once

#include "engine/base/field.h"

struct kg_filling {
	struct kg_arena *arena;
	const struct kg_values *values;
	const char *folder;                 /* where relative paths start */
	const struct kg_resolver *resolver; /* NULL: references stay as they are */
};

/* "`x` must be …, not …", at the value's place. */
struct kg_error *kg_field_value_wrong(
    const struct kg_filling *filling, const struct kg_value *value, const struct kg_field *field, const char *wanted);
/* The value as a text: numbers and flags as they would be written. NULL for lists and tables. */
const char *kg_field_scalar_text(const struct kg_filling *filling, const struct kg_value *value);
/*
 * Numbers of all sorts, from a number or from a text (a fallback, or what a reference brought in). NULL when well, else what was wanted.
 * value may be NULL: then text is a fallback.
 */
const char *kg_field_number_read(
    struct kg_arena *arena, const struct kg_field *field, const struct kg_value *value, const char *text, int64_t *ret_number);
/* A number within that JSON has no word for, or NULL. */
const struct kg_value *kg_field_json_unsayable(const struct kg_values *values, const struct kg_value *value);
/* KG_TEXTS and the like: a list of them, or one that stands for a list of one. */
bool kg_field_is_many(enum kg_field_type type);
