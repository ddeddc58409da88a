/*
 * Rows and columns on a terminal: each column as wide as its widest cell, the last one wrapped or cut at the edge.
 *
 *     struct kg_table table = { .arena = arena, .columns = 3, .indent = 2 };
 *     kg_table_row(&table, (struct kg_cell[]){ { "NODE" }, { "STATE" }, { "SINCE" } });
 *     kg_table_row(&table, (struct kg_cell[]){ { name }, { "running", style->green }, { "3 min" } });
 *     kg_table_add(&table, &text, style, 80);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;
struct kg_style;
struct kg_text;

enum : uint32_t { KG_TABLE_COLUMNS = 8 };

struct kg_cell {
	const char *text;   /* NULL: empty */
	const char *colour; /* a member of the style; NULL: plain */
};

struct kg_table {
	struct kg_arena *arena;
	uint32_t columns; /* at most KG_TABLE_COLUMNS */
	uint32_t indent;  /* spaces before each row */
	bool is_wrapped;  /* the last column goes on below itself; otherwise it is cut */
	uint32_t widest;  /* of all columns but the last, longer cells push their row; 0: no limit */
	struct kg_cell (*rows)[KG_TABLE_COLUMNS];
	uint32_t count, room;
};

/* cells: as many as there are columns; the texts must live until the table is added. */
void kg_table_row(struct kg_table *table, const struct kg_cell *cells);
/* width: of the terminal, in columns; 0: endless. */
void kg_table_add(const struct kg_table *table, struct kg_text *text, const struct kg_style *style, uint32_t width);
