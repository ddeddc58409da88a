/*
 * Settings as flat data: what a graph file says of a node, after variables were put in, in two arrays that can be written to disk and mapped.
 *
 *     struct kg_value_view settings = { values, node->settings };
 *     const struct kg_value *ready = kg_value_member(values, settings, "ready");
 *
 * A value is 24 bytes; the members of a table and the elements of a list stand side by side. Texts are offsets into one block, each ended by a
 * zero byte; offset 0 is the empty text.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;

enum kg_value_type : uint8_t {
	KG_VALUE_NONE,
	KG_VALUE_TEXT,
	KG_VALUE_INTEGER,
	KG_VALUE_REAL,
	KG_VALUE_FLAG,
	KG_VALUE_LIST,
	KG_VALUE_TABLE,
};

enum kg_value_flags : uint8_t {
	KG_VALUE_OPEN =
	    1, /* a text that still holds ${node.…} or ${secrets.…}, or a list or table with such a text somewhere inside */
	KG_VALUE_SECRET = 2, /* … of which at least one is ${secrets.…} */
};

struct kg_value {
	enum kg_value_type type;
	uint8_t flags;   /* enum kg_value_flags */
	uint16_t column; /* where it stands, counted from 1; 0 when it was made by kgraph */
	uint32_t key;    /* text offset of its name in the table around it; 0 elsewhere */
	union {
		int64_t integer; /* INTEGER; FLAG as 0 or 1 */
		double real;
		struct {
			uint32_t start; /* TEXT: text offset; LIST, TABLE: index of the first child, behind the value itself */
			uint32_t count; /* TEXT: bytes; LIST, TABLE: children. A table's members are sorted by key */
		};
	};
	uint32_t line;
	uint32_t file; /* text offset of the file's path */
};
static_assert(sizeof(struct kg_value) == 24);

/* Where the name of a value stands in the table around it; line 0 where it has none. */
struct kg_key_place {
	uint32_t line;
	uint16_t column;
};

/* All values of a graph. Values and texts are only ever added to while it is being read, and are const from then on. */
struct kg_values {
	const struct kg_value *items;
	const char *texts;
	uint32_t count, texts_size;
	const struct kg_key_place *keys; /* one for each item, for errors about names; NULL once the graph is sealed */
};

/* The member of a table, or NULL. By bisection. */
const struct kg_value *kg_value_member(const struct kg_values *values, const struct kg_value *table, const char *key);
const char *kg_value_text(const struct kg_values *values, const struct kg_value *text);
const char *kg_value_key(const struct kg_values *values, const struct kg_value *value);
/* "a text", "a number", "true or false", "a list", "a table" */
const char *kg_value_type_tell(enum kg_value_type type);

/*
 * Copies one value with all that is below it into a self-contained block, and back: this is how the ledger keeps the settings that a node was
 * run with. Unpacking checks every offset: false when the block is damaged. The unpacked values point into block, which must stay, aligned to 8.
 */
struct kg_block {
	const void *bytes;
	uint32_t size;
};
struct kg_block kg_value_pack(struct kg_arena *arena, const struct kg_values *values, const struct kg_value *root);
[[nodiscard]] bool kg_value_unpack(struct kg_block block, struct kg_values *ret_values); /* the root is items[0] */
