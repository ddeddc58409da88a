#include "engine/cli/print_error.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/base/style.h"

/* Of a line that is wider than the terminal, what is around the caret is shown. */
static constexpr uint32_t columns_without_terminal = 120, columns_before_caret = 20;

struct showing {
	struct kg_text *text;
	const struct kg_error_look *look;
	struct kg_arena *arena;
};

/* A line as it is printed, with the columns to underline. */
struct excerpt {
	const char *line;
	uint32_t start, length;
};

static const char *
masked(const struct showing *showing, const char *text)
{
	return kg_mask_text(showing->arena, showing->look->mask, text);
}

/* Line number `line` of the file, or NULL when it cannot be had. */
static const char *
line_read(struct kg_arena *arena, const char *file, uint32_t line)
{
	const char *bytes;
	size_t size;

	if (kg_file_read(arena, file, &bytes, &size))
		return NULL;
	while (--line > 0) {
		bytes = strchr(bytes, '\n');
		if (!bytes)
			return NULL;
		bytes++;
	}
	return kg_copy_bytes(arena, bytes, strcspn(bytes, "\r\n"));
}

/* Where character number `column` (from 1) starts. */
static size_t
column_byte(const char *line, uint32_t column)
{
	size_t left = strlen(line), at = 0, length;

	for (; column > 1 && at < left; column--) {
		kg_width_first(line + at, left - at, &length);
		at += length;
	}
	return at;
}

/* A place in the line, after what is secret in it was replaced: what stands outside the replaced part keeps its place. */
static size_t
byte_in_masked(const char *line, const char *shown, size_t at)
{
	size_t same = 0, line_size = strlen(line), shown_size = strlen(shown), end = 0;

	while (line[same] && line[same] == shown[same])
		same++;
	if (at <= same)
		return at;
	while (end < line_size - same && end < shown_size - same && line[line_size - 1 - end] == shown[shown_size - 1 - end])
		end++;
	return line_size - at <= end ? shown_size - (line_size - at) : same;
}

static uint32_t
plain_width(struct kg_arena *arena, const char *text, size_t size)
{
	return kg_width(kg_width_plain(arena, kg_copy_bytes(arena, text, size)));
}

/* Cuts the front of a line that is too wide to show its caret, and then its end. */
static void
excerpt_cut(struct kg_arena *arena, struct excerpt *excerpt, uint32_t columns)
{
	if (excerpt->start > columns_before_caret && excerpt->start + excerpt->length + columns_before_caret > columns) {
		uint32_t drop = excerpt->start - columns_before_caret, dropped = 0;
		const char *at = excerpt->line;

		while (*at && dropped < drop) {
			size_t length;

			dropped += kg_width_first(at, strlen(at), &length);
			at += length;
		}
		excerpt->line = kg_format(arena, "…%s", at);
		excerpt->start -= dropped - 1;
	}
	excerpt->line = kg_width_cut(arena, excerpt->line, columns);
	if (excerpt->start + excerpt->length > columns)
		excerpt->length = columns > excerpt->start ? columns - excerpt->start : 1;
}

static struct excerpt
excerpt_make(struct showing *showing, const struct kg_place *place, const char *line)
{
	struct kg_arena *arena = showing->arena;
	const char *shown = masked(showing, line);
	uint32_t length = place->length > 0 ? place->length : 1, columns = showing->look->columns;
	size_t start = byte_in_masked(line, shown, column_byte(line, place->column));
	size_t end = byte_in_masked(line, shown, column_byte(line, place->column + length));

	struct excerpt excerpt = { .line = kg_width_plain(arena, shown), .start = plain_width(arena, shown, start) };
	excerpt.length = plain_width(arena, shown, end) - excerpt.start;
	if (excerpt.length == 0)
		excerpt.length = 1;
	excerpt_cut(arena, &excerpt, (columns > 60 ? columns : columns_without_terminal) - 10);
	return excerpt;
}

/* The rows below a message stand in a gutter as wide as the number of the line. */
static void
place_show(struct showing *showing, const struct kg_error *error)
{
	const struct kg_style *style = showing->look->style;
	const struct kg_place *place = &error->place;
	const char *file = showing->look->here ? kg_path_inside(showing->look->here, place->file) : place->file;
	const char *number = kg_format(showing->arena, "%u", place->line);
	int gutter = (int)strlen(number);

	file = kg_width_plain(showing->arena, file);
	if (place->line == 0) {
		kg_text_format(showing->text, " %s-->%s %s\n", style->blue, style->end, file);
		return;
	}
	kg_text_format(showing->text, "%*s%s-->%s %s:%u", gutter, "", style->blue, style->end, file, place->line);
	kg_text_format(showing->text, place->column > 0 ? ":%u\n" : "\n", place->column);
	const char *line = place->line_text ? place->line_text : line_read(showing->arena, place->file, place->line);
	if (!line)
		return;
	struct excerpt excerpt = excerpt_make(showing, place, line);
	kg_text_format(showing->text, "%*s %s|%s\n", gutter, "", style->blue, style->end);
	kg_text_format(showing->text, "%s%s |%s %s\n", style->blue, number, style->end, excerpt.line);
	if (place->column == 0)
		return;
	kg_text_format(showing->text, "%*s %s|%s %*s%s", gutter, "", style->blue, style->end, (int)excerpt.start, "", style->red);
	for (uint32_t i = 0; i < excerpt.length; i++)
		kg_text_add(showing->text, "^");
	kg_text_format(showing->text, "%s\n", style->end);
}

/* A text of several lines in one style: the first one follows what stands there, the others are indented. */
static void
lines_show(struct showing *showing, const char *lines, const char *style, bool is_first_indented)
{
	const char *end = *style ? showing->look->style->end : "";

	for (bool is_first = true; *lines; is_first = false) {
		size_t length = strcspn(lines, "\n");

		if (!is_first || is_first_indented)
			kg_text_add(showing->text, "    ");
		kg_text_format(showing->text, "%s%s%s\n", style,
		    kg_width_plain(showing->arena, kg_copy_bytes(showing->arena, lines, length)), end);
		lines += length + (lines[length] == '\n');
	}
}

static void
rest_show(struct showing *showing, const struct kg_error *error)
{
	const struct kg_style *style = showing->look->style;

	if (error->place.file)
		place_show(showing, error);
	if (error->detail && *error->detail)
		lines_show(showing, masked(showing, error->detail), "", true);
	if (error->advice) {
		int gutter = error->place.file && error->place.line > 0
		    ? (int)strlen(kg_format(showing->arena, "%u", error->place.line))
		    : 1;

		kg_text_format(showing->text, "%*s %s=%s ", gutter, "", style->blue, style->end);
		lines_show(showing, masked(showing, error->advice), "", false);
	}
}

void
kg_error_show(struct kg_text *text, const struct kg_error_look *look, const struct kg_error *error)
{
	struct showing showing = { .text = text, .look = look, .arena = text->arena };
	const struct kg_style *style = look->style;

	kg_text_format(text, "%s%s:%s ", style->red, look->subject ? look->subject : "error", style->end);
	lines_show(&showing, masked(&showing, error->message), style->bold, false);
	rest_show(&showing, error);
	for (error = error->cause; error; error = error->cause) {
		kg_text_format(text, "  %sbecause:%s ", style->bold, style->end);
		lines_show(&showing, masked(&showing, error->message), "", false);
		rest_show(&showing, error);
	}
}

void
kg_errors_show(struct kg_text *text, const struct kg_error_look *look, const struct kg_errors *errors)
{
	for (const struct kg_error *error = errors->first; error; error = error->next) {
		if (error != errors->first)
			kg_text_add(text, "\n");
		kg_error_show(text, look, error);
	}
	if (errors->count > 1)
		kg_text_format(text, "\n%s%u errors%s\n", look->style->red, errors->count, look->style->end);
}
