/*
 * TOML 1.0 as a tree of plain values, each with the place where it stands: the C face of toml++.
 *
 *     const struct kg_toml *root;
 *     struct kg_error *error = kg_toml_parse(arena, "kgraph.toml", bytes, size, &root);
 *     const struct kg_toml *nodes = kg_toml_member(root, "node");
 *
 * The tree lives in the arena; nothing of toml++ outlives the call.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/base/value.h"

struct kg_arena;
struct kg_error;

/* How deep tables and lists may stand in one another: what goes down a tree may recurse. */
#define KG_TOML_DEEPEST 64

struct kg_toml {
	const char *key; /* its name in the table around; NULL in a list and at the root */
	union {
		int64_t integer; /* INTEGER; FLAG as 0 or 1 */
		double real;
		const char *text;            /* TEXT, without a zero byte inside; a date or time as it would be written */
		const struct kg_toml *items; /* LIST, TABLE; a table's are sorted by key, bytewise */
	};
	uint32_t count; /* TEXT: bytes; LIST, TABLE: items */
	uint32_t line, key_line;
	uint16_t column, key_column; /* in characters from 1; what lies further right than 65,535 is told as that */
	enum kg_value_type type;     /* NONE: a date or a time */
};

/*
 * KG_EINPUT with place and advice for what is not TOML (toml++ stops at the first mistake), for a key that is given twice, for
 * what stands too deep, and for a zero byte in a text.
 */
[[nodiscard]] struct kg_error *kg_toml_parse(
    struct kg_arena *arena, const char *file, const char *bytes, size_t size, const struct kg_toml **ret_root);

/* The member of a table, or NULL; also NULL when table is NULL or none. By bisection. */
const struct kg_toml *kg_toml_member(const struct kg_toml *table, const char *key);
