#include "tests/unit/run/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { cell_bytes = 5, columns_most = 200, rows_most = 60 };

struct screen {
	char cells[rows_most][columns_most][cell_bytes];
	char row_text[columns_most * cell_bytes];
	uint32_t columns, rows, row, column, scrolled;
	uint64_t characters;
};

static void
cells_clear(struct screen *screen, uint32_t row, uint32_t from)
{
	for (uint32_t column = from; column < screen->columns; column++)
		strcpy(screen->cells[row][column], " ");
}

struct screen *
screen_make(uint32_t columns, uint32_t rows)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	screen->columns = columns;
	screen->rows = rows;
	for (uint32_t row = 0; row < rows; row++)
		cells_clear(screen, row, 0);
	return screen;
}

static void
line_feed(struct screen *screen)
{
	if (++screen->row < screen->rows)
		return;
	memmove(screen->cells[0], screen->cells[1], sizeof(screen->cells[0]) * (screen->rows - 1));
	screen->row = screen->rows - 1;
	screen->scrolled++;
	cells_clear(screen, screen->row, 0);
}

static size_t
escape(struct screen *screen, const char *bytes)
{
	char *end;
	unsigned long number = strtoul(bytes + 2, &end, 10);

	while (*end == ';')
		strtoul(end + 1, &end, 10);
	switch (bytes[1] == '[' ? *end : '\0') {
	case 'm': break;
	case 'A': screen->row -= number == 0 ? 1 : (uint32_t)number; break;
	case 'K': cells_clear(screen, screen->row, screen->column); break;
	case 'J':
		cells_clear(screen, screen->row, screen->column);
		for (uint32_t row = screen->row + 1; row < screen->rows; row++)
			cells_clear(screen, row, 0);
		break;
	default: fprintf(stderr, "unknown escape sequence %.8s\n", bytes + 1); abort();
	}
	if (screen->row >= screen->rows) {
		fprintf(stderr, "the cursor went above the screen\n");
		abort();
	}
	return (size_t)(end + 1 - bytes);
}

static size_t
character(struct screen *screen, const char *bytes)
{
	size_t length = 1;

	while (((unsigned char)bytes[length] & 0xc0) == 0x80)
		length++;
	if (screen->column == screen->columns) {
		screen->column = 0;
		line_feed(screen);
	}
	memcpy(screen->cells[screen->row][screen->column], bytes, length);
	screen->cells[screen->row][screen->column++][length] = '\0';
	screen->characters++;
	return length;
}

void
screen_write(struct screen *screen, const char *bytes, size_t size)
{
	for (const char *end = bytes + size; bytes < end;) {
		if (*bytes == '\033') {
			bytes += escape(screen, bytes);
		} else if (*bytes == '\r') {
			screen->column = 0;
			bytes++;
		} else if (*bytes == '\n') {
			screen->column = 0;
			line_feed(screen);
			bytes++;
		} else {
			bytes += character(screen, bytes);
		}
	}
}

const char *
screen_row(struct screen *screen, uint32_t row)
{
	size_t length = 0, end = 0;

	for (uint32_t column = 0; column < screen->columns; column++) {
		const char *cell = screen->cells[row][column];

		strcpy(screen->row_text + length, cell);
		length += strlen(cell);
		if (strcmp(cell, " ") != 0)
			end = length;
	}
	screen->row_text[end] = '\0';
	return screen->row_text;
}

uint64_t
screen_characters(const struct screen *screen)
{
	return screen->characters;
}

uint32_t
screen_scrolled(const struct screen *screen)
{
	return screen->scrolled;
}

void
screen_free(struct screen *screen)
{
	free(screen);
}
