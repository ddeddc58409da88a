/*
 * A parsed JSONPath: steps from an object to the parts of it that are meant.
 *
 *     { FIELD "status" } { FIELD "conditions" } { FILTER @.type == "Ready" } { FIELD "status" }
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "targets/kubernetes/status/jsonpath.h"

enum kg_jsonpath_type : uint8_t {
	KG_JSONPATH_FIELD,
	KG_JSONPATH_WILDCARD,
	KG_JSONPATH_SLICE,
	KG_JSONPATH_UNION,     /* of the steps in `parts`, each from here */
	KG_JSONPATH_RECURSIVE, /* what it is on, and everything below it that has something below it */
	KG_JSONPATH_FILTER,
};

enum kg_comparison : uint8_t {
	KG_COMPARISON_PRESENT,
	KG_COMPARISON_EQUAL,
	KG_COMPARISON_NOT_EQUAL,
	KG_COMPARISON_LESS,
	KG_COMPARISON_LESS_EQUAL,
	KG_COMPARISON_GREATER,
	KG_COMPARISON_GREATER_EQUAL,
};

/* One side of a filter: a path from the element, or a value. */
struct kg_jsonpath_operand {
	const struct kg_jsonpath *path; /* NULL: a value */
	const char *text;               /* NULL: a number or flag */
	double number;                  /* a flag is 0 or 1 */
	bool is_flag;
};

struct kg_jsonpath_step {
	enum kg_jsonpath_type type;
	enum kg_comparison comparison; /* FILTER */
	bool has_from, has_to;         /* SLICE: else from the start, to the end */
	bool is_index;                 /* SLICE: one element, `from` */
	const char *name;              /* FIELD */
	int64_t from, to, by;          /* SLICE: negative ones count from the end; by is at least 1 */
	const struct kg_jsonpath *parts;
	struct kg_jsonpath_operand left, right; /* FILTER */
};

struct kg_jsonpath {
	struct kg_jsonpath_step *steps;
	uint32_t count, room;
};

/* The comparison that a text starts with, and its length; PRESENT and 0 when none stands there. "=" counts as "==". */
enum kg_comparison kg_comparison_read(const char *text, uint32_t *ret_length);
/* Of an order: negative, 0, positive. */
bool kg_comparison_holds(enum kg_comparison comparison, int order);
