#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/reader.h"

static void
lines_find(struct kg_reader *reader, struct kg_reader_file *file)
{
	KG_LIST(uint32_t) starts = { 0 };
	const char *end = file->bytes + file->size;

	for (const char *at = file->bytes; at;) {
		kg_list_push(reader->arena, &starts, (uint32_t)(at - file->bytes));
		at = memchr(at, '\n', (size_t)(end - at));
		at += at != NULL;
	}
	file->line_starts = starts.items;
	file->line_count = starts.count;
}

/* The line's first byte; NULL when there is no such line. */
static const char *
line_start(struct kg_reader *reader, struct kg_reader_file *file, uint32_t line)
{
	if (!file->bytes)
		return NULL;
	if (!file->line_starts)
		lines_find(reader, file);
	return line >= 1 && line <= file->line_count ? file->bytes + file->line_starts[line - 1] : NULL;
}

static const char *
line_copy(struct kg_reader *reader, struct kg_reader_file *file, uint32_t line)
{
	const char *start = line_start(reader, file, line);

	if (!start)
		return NULL;
	size_t size = strcspn(start, "\r\n");
	return kg_copy_bytes(reader->draft->errors->arena, start, size);
}

const char *
kg_reader_line_of(const struct kg_draft *draft, const char *path, uint32_t line)
{
	struct kg_reader *reader = draft->reader;

	for (uint32_t i = 0; reader && i < reader->files.count; i++)
		if (strcmp(reader->files.items[i]->path, path) == 0)
			return line_copy(reader, reader->files.items[i], line);
	return NULL;
}

/* A place that walks over the bytes of a file. */
struct walk {
	const char *at;
	uint32_t line, column;
};

static void
walk_on(struct walk *walk)
{
	if (*walk->at == '\n') {
		walk->line++;
		walk->column = 1;
		walk->at++;
		return;
	}
	size_t length = kg_text_utf8_length(walk->at, strnlen(walk->at, 4));
	walk->at += length > 0 ? length : 1;
	walk->column++;
}

static bool
walk_is_quotes(const struct walk *walk, char quote)
{
	return walk->at[0] == quote && walk->at[1] == quote && walk->at[2] == quote;
}

/* From the opening quote to the first character of the text. Gives the quote, and whether escapes count. */
static bool
walk_into_text(struct walk *walk)
{
	char quote = *walk->at;
	bool is_long = walk_is_quotes(walk, quote);

	for (uint32_t i = is_long ? 3 : 1; i > 0; i--)
		walk_on(walk);
	/* A line end right behind three quotes does not belong to the text. */
	if (is_long && walk->at[0] == '\r' && walk->at[1] == '\n')
		walk_on(walk);
	if (is_long && *walk->at == '\n')
		walk_on(walk);
	return quote == '"';
}

/* How many bytes of the text the next character of the file makes, which is then passed. TOML 1.0, "String". */
static size_t
walk_over_character(struct walk *walk, bool escapes)
{
	const char *start = walk->at;

	if (!escapes || *start != '\\') {
		walk_on(walk);
		return (size_t)(walk->at - start);
	}
	walk_on(walk);
	if (*walk->at == 'u' || *walk->at == 'U') {
		uint32_t digits = *walk->at == 'u' ? 4 : 8, code = 0;

		walk_on(walk);
		for (; digits > 0 && *walk->at; digits--, walk_on(walk)) {
			const char *hex = "0123456789abcdef", *digit = strchr(hex, *walk->at | 0x20);

			code = code * 16 + (digit ? (uint32_t)(digit - hex) : 0);
		}
		return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	}
	if (strspn(walk->at, " \t\r") + walk->at == strchr(walk->at, '\n')) {
		while (*walk->at && strchr(" \t\r\n", *walk->at))
			walk_on(walk);
		return 0;
	}
	if (*walk->at)
		walk_on(walk);
	return 1;
}

struct kg_place
kg_reader_text_place(
    struct kg_reader *reader, const struct kg_scope *scope, const struct kg_toml *text, size_t offset, size_t length)
{
	struct kg_place place = kg_reader_place(scope, text);
	struct walk walk = { line_start(reader, scope->file, text->line), text->line, 1 };

	while (walk.at && *walk.at && walk.line == text->line && walk.column < text->column)
		walk_on(&walk);
	if (!walk.at || text->column == UINT16_MAX || (*walk.at != '"' && *walk.at != '\''))
		return place;

	bool escapes = walk_into_text(&walk);
	for (size_t passed = 0; passed < offset && *walk.at;)
		passed += walk_over_character(&walk, escapes);
	place.line = walk.line;
	place.column = walk.column;
	for (size_t passed = 0; passed < length && *walk.at && *walk.at != '\n';)
		passed += walk_over_character(&walk, escapes);
	place.length = walk.line == place.line && walk.column > place.column ? walk.column - place.column : 1;
	return place;
}
