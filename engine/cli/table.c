#include "engine/cli/table.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/base/style.h"

/* Between columns, and the least that is left to a last one that is wrapped or cut, however narrow the terminal is. */
static constexpr uint32_t gap = 2, least_wrapped = 20, least_cut = 8;

void
kg_table_row(struct kg_table *table, const struct kg_cell *cells)
{
	kg_assert(table->columns <= KG_TABLE_COLUMNS);
	table->rows = kg_list_grow(table->arena, table->rows, table->count, &table->room, sizeof(*table->rows));
	for (uint32_t i = 0; i < KG_TABLE_COLUMNS; i++) {
		struct kg_cell cell = i < table->columns ? cells[i] : (struct kg_cell){ 0 };

		cell.text = cell.text ? kg_width_plain(table->arena, cell.text) : "";
		table->rows[table->count][i] = cell;
	}
	table->count++;
}

static void
spaces_add(struct kg_text *text, uint32_t count)
{
	kg_text_format(text, "%*s", (int)count, "");
}

static void
cell_add(struct kg_text *text, const struct kg_style *style, const struct kg_cell *cell, const char *shown)
{
	const char *colour = cell->colour && *shown ? cell->colour : "";

	kg_text_format(text, "%s%s%s", colour, shown, *colour ? style->end : "");
}

/* How many bytes of text fit into width columns, cut at a space where there is one. */
static size_t
line_size(const char *text, uint32_t width)
{
	size_t left = strlen(text), at = 0, space = 0, length;
	uint32_t used = 0;

	for (; left > 0; at += length, left -= length) {
		used += kg_width_first(text + at, left, &length);
		if (used > width)
			return space > 0 ? space : at > 0 ? at : length;
		if (text[at] == ' ')
			space = at;
	}
	return at;
}

static void
last_add(const struct kg_table *table, struct kg_text *text, const struct kg_style *style, const struct kg_cell *cell,
    uint32_t start, uint32_t width)
{
	const char *rest = cell->text;
	uint32_t least = table->is_wrapped ? least_wrapped : least_cut;

	if (width > 0 && width < start + least)
		width = start + least;
	if (width == 0 || !table->is_wrapped) {
		cell_add(text, style, cell, width == 0 ? rest : kg_width_cut(table->arena, rest, width - start));
		return;
	}
	while (kg_width(rest) > width - start) {
		size_t size = line_size(rest, width - start);

		cell_add(text, style, cell, kg_copy_bytes(table->arena, rest, size));
		kg_text_add(text, "\n");
		spaces_add(text, start);
		rest += size;
		while (*rest == ' ')
			rest++;
	}
	cell_add(text, style, cell, rest);
}

static void
trailing_spaces_drop(struct kg_text *text)
{
	while (text->size > 0 && text->bytes[text->size - 1] == ' ')
		text->bytes[--text->size] = '\0';
}

void
kg_table_add(const struct kg_table *table, struct kg_text *text, const struct kg_style *style, uint32_t width)
{
	uint32_t widths[KG_TABLE_COLUMNS] = { 0 };

	for (uint32_t row = 0; row < table->count; row++) {
		for (uint32_t i = 0; i < table->columns; i++) {
			uint32_t cell = kg_width(table->rows[row][i].text);

			if (cell > widths[i] && (table->widest == 0 || cell <= table->widest))
				widths[i] = cell;
		}
	}
	for (uint32_t row = 0; row < table->count; row++) {
		uint32_t start = table->indent;

		spaces_add(text, table->indent);
		for (uint32_t i = 0; i + 1 < table->columns; i++) {
			const struct kg_cell *cell = &table->rows[row][i];
			uint32_t own = kg_width(cell->text);
			uint32_t padded = own > widths[i] ? own : widths[i];

			/* A column that is empty in all rows takes no room. */
			if (widths[i] == 0 && own == 0)
				continue;
			cell_add(text, style, cell, cell->text);
			spaces_add(text, padded - own + gap);
			start += padded + gap;
		}
		last_add(table, text, style, &table->rows[row][table->columns - 1], start, width);
		trailing_spaces_drop(text);
		kg_text_add(text, "\n");
	}
}
