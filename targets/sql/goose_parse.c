/*
 * goose reads a file line by line with one buffer and a state: which section it is in, and whether in a StatementBegin block.
 * Lines go into the buffer, and the buffer becomes a statement, or is emptied when the section is not the one that is asked for.
 * The order of the questions in take_line is goose's own, since its corner cases follow from it.
 */
#include "targets/sql/goose_parse.h"

#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "targets/sql/goose_expand.h"
#include "targets/sql/goose_space.h"

/* goose's own limit of a line. */
constexpr size_t line_limit = 4 * 1024 * 1024;

enum section { SECTION_NONE, SECTION_UP, SECTION_DOWN };
enum block { BLOCK_OUTSIDE, BLOCK_INSIDE, BLOCK_ENDED };

enum annotation {
	ANNOTATION_UP,
	ANNOTATION_DOWN,
	ANNOTATION_STATEMENT_BEGIN,
	ANNOTATION_STATEMENT_END,
	ANNOTATION_NO_TRANSACTION,
	ANNOTATION_ENVSUB_ON,
	ANNOTATION_ENVSUB_OFF,
	ANNOTATION_COUNT,
};

static const char *const annotation_names[] = {
	[ANNOTATION_UP] = "Up",
	[ANNOTATION_DOWN] = "Down",
	[ANNOTATION_STATEMENT_BEGIN] = "StatementBegin",
	[ANNOTATION_STATEMENT_END] = "StatementEnd",
	[ANNOTATION_NO_TRANSACTION] = "NO TRANSACTION",
	[ANNOTATION_ENVSUB_ON] = "ENVSUB ON",
	[ANNOTATION_ENVSUB_OFF] = "ENVSUB OFF",
	[ANNOTATION_COUNT] = NULL,
};

struct parser {
	struct kg_arena *arena;
	const struct kg_goose_source *source;
	const char *const *environment;
	enum section asked;

	enum section section;
	enum block block;
	uint32_t block_line; /* of the last StatementBegin */
	bool expands, no_transaction;

	struct kg_goose_slice line;
	uint32_t number; /* of the line */

	struct kg_text buffer;
	KG_LIST(uint32_t) buffer_lines; /* one for each line in the buffer */
	KG_LIST(struct kg_goose_statement) statements;
};

static uint32_t
characters(const char *bytes, size_t size)
{
	uint32_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return count;
}

/* The next line of rest without its end, of which one carriage return is a part; rest goes on behind it. */
static struct kg_goose_slice
next_line(struct kg_goose_slice *rest)
{
	const char *end = memchr(rest->bytes, '\n', rest->size);
	struct kg_goose_slice line = { rest->bytes, end ? (size_t)(end - rest->bytes) : rest->size };
	size_t read = line.size + (end != NULL);

	rest->bytes += read;
	rest->size -= read;
	if (line.size > 0 && line.bytes[line.size - 1] == '\r')
		line.size--;
	return line;
}

struct kg_place
kg_goose_place(struct kg_arena *arena, const struct kg_goose_source *source, uint32_t line, uint32_t column)
{
	struct kg_place place = { .file = source->file, .line = line, .column = column };
	struct kg_goose_slice rest = { source->bytes, source->size }, text = { 0 };

	if (line == 0)
		return place;
	for (uint32_t i = 0; i < line; i++)
		text = next_line(&rest);
	place.line_text = kg_copy_bytes(arena, text.bytes, text.size);
	return place;
}

static struct kg_place
here(struct parser *parser, uint32_t column)
{
	return kg_goose_place(parser->arena, parser->source, parser->number, column);
}

/* Where the semicolon should stand: behind the last line in the buffer that is neither blank nor a comment. */
static struct kg_error *
semicolon_missing(struct parser *parser)
{
	struct kg_goose_slice rest = { parser->buffer.bytes, parser->buffer.size };
	uint32_t number = parser->number, column = 1;

	for (uint32_t i = 0; i < parser->buffer_lines.count; i++) {
		struct kg_goose_slice line = next_line(&rest), text = kg_goose_trim(line);

		if (text.size == 0 || kg_goose_starts(text, "--"))
			continue;
		number = parser->buffer_lines.items[i];
		column = characters(line.bytes, (size_t)(text.bytes + text.size - line.bytes)) + 1;
	}
	return kg_error_advise(parser->arena,
	    kg_error_at(parser->arena, KG_EINPUT, kg_goose_place(parser->arena, parser->source, number, column),
		"this statement does not end: a semicolon is missing"),
	    "a statement ends with a semicolon at the end of a line, or stands between `-- +goose StatementBegin` and "
	    "`-- +goose StatementEnd`");
}

static bool
buffer_holds_text(const struct parser *parser)
{
	return kg_goose_trim((struct kg_goose_slice){ parser->buffer.bytes, parser->buffer.size }).size > 0;
}

static void
empty_buffer(struct parser *parser)
{
	parser->buffer.size = 0;
	parser->buffer_lines.count = 0;
}

/* The buffer, trimmed, is a statement; one of nothing but white space is none. */
static void
store_statement(struct parser *parser)
{
	const char *start = parser->buffer.bytes;
	struct kg_goose_slice text = kg_goose_trim((struct kg_goose_slice){ start, parser->buffer.size });
	const char *line_start = start;
	uint32_t skipped = 0, count = 1;

	if (text.size > 0) {
		for (const char *at = start; at < text.bytes; at++) {
			if (*at == '\n') {
				skipped++;
				line_start = at + 1;
			}
		}
		for (size_t i = 0; i < text.size; i++)
			count += text.bytes[i] == '\n';
		uint32_t *lines = kg_new_array(parser->arena, uint32_t, count);
		memcpy(lines, parser->buffer_lines.items + skipped, count * sizeof(*lines));
		kg_list_push(parser->arena, &parser->statements,
		    (struct kg_goose_statement){
			.text = kg_copy_bytes(parser->arena, text.bytes, text.size),
			.size = text.size,
			.lines = lines,
			.line_count = count,
			.column = characters(line_start, (size_t)(text.bytes - line_start)) + 1,
		    });
	}
	empty_buffer(parser);
}

static bool
is_annotation(struct kg_goose_slice line)
{
	return kg_goose_starts(kg_goose_trim(line), "--") && kg_goose_holds(line, "+goose");
}

/*
 * What stands behind `-- +goose`, whatever its case; ANNOTATION_COUNT when it is unknown. Dashes further on are dropped, as
 * goose does.
 */
static const char *
annotation_text(struct parser *parser)
{
	struct kg_text text = { .arena = parser->arena };
	struct kg_goose_slice line = parser->line;

	for (size_t i = 0; i < line.size;) {
		if (kg_goose_starts((struct kg_goose_slice){ line.bytes + i, line.size - i }, "--")) {
			i += 2;
			continue;
		}
		kg_text_add_bytes(&text, line.bytes + i++, 1);
	}
	return kg_text_end(&text);
}

static struct kg_error *
read_annotation(struct parser *parser, enum annotation *ret_annotation)
{
	struct kg_arena *arena = parser->arena;
	const char *all = annotation_text(parser), *mark = strstr(all, "+goose");

	if (parser->line.bytes[0] == ' ' || parser->line.bytes[0] == '\t')
		return kg_error_at(arena, KG_EINPUT, here(parser, 1), "a line of goose's may not start with white space");
	if (!mark || strstr(mark + 1, "+goose"))
		return kg_error_at(arena, KG_EINPUT, here(parser, 1), "a line may say `+goose` only once");
	struct kg_goose_slice words =
	    kg_goose_trim(kg_goose_slice_of(kg_format(arena, "%.*s%s", (int)(mark - all), all, mark + 6)));
	const char *name = kg_copy_bytes(arena, words.bytes, words.size);

	if (name[0] == '\0')
		return kg_error_at(arena, KG_EINPUT, here(parser, 1), "`-- +goose` says nothing");
	for (*ret_annotation = 0; *ret_annotation < ANNOTATION_COUNT; (*ret_annotation)++)
		if (strcasecmp(name, annotation_names[*ret_annotation]) == 0)
			return NULL;
	struct kg_error *error = kg_error_at(arena, KG_EINPUT, here(parser, 1), "`-- +goose %s` is unknown", name);
	const char *nearest = kg_text_nearest(name, annotation_names);
	return nearest ? kg_error_advise(arena, error, "did you mean `-- +goose %s`?", nearest) : error;
}

static struct kg_error *
section_started(struct parser *parser, enum section section)
{
	if (section == SECTION_UP) {
		if (parser->section != SECTION_NONE)
			return kg_error_at(
			    parser->arena, KG_EINPUT, here(parser, 1), "`-- +goose Up` may stand only once, at the start");
	} else {
		if (parser->section == SECTION_NONE)
			return kg_error_at(
			    parser->arena, KG_EINPUT, here(parser, 1), "`-- +goose Up` must come before `-- +goose Down`");
		if (parser->section == SECTION_DOWN)
			return kg_error_at(parser->arena, KG_EINPUT, here(parser, 1), "`-- +goose Down` may stand only once");
		if (parser->block == BLOCK_INSIDE)
			return kg_error_at(parser->arena, KG_EINPUT,
			    kg_goose_place(parser->arena, parser->source, parser->block_line, 1),
			    "this block does not end before `-- +goose Down`: `-- +goose StatementEnd` is missing");
		if (buffer_holds_text(parser))
			return semicolon_missing(parser);
	}
	parser->section = section;
	parser->block = BLOCK_OUTSIDE;
	return NULL;
}

static struct kg_error *
block_started(struct parser *parser)
{
	if (parser->section == SECTION_NONE)
		return kg_error_at(
		    parser->arena, KG_EINPUT, here(parser, 1), "`-- +goose Up` must come before `-- +goose StatementBegin`");
	if (parser->block == BLOCK_INSIDE)
		return kg_error_at(parser->arena, KG_EINPUT, here(parser, 1),
		    "a block within a block: the one that starts in line %u has no `-- +goose StatementEnd`", parser->block_line);
	parser->block = BLOCK_INSIDE;
	parser->block_line = parser->number;
	return NULL;
}

static struct kg_error *
annotation_found(struct parser *parser, enum annotation annotation)
{
	switch (annotation) {
	case ANNOTATION_UP: return section_started(parser, SECTION_UP);
	case ANNOTATION_DOWN: return section_started(parser, SECTION_DOWN);
	case ANNOTATION_STATEMENT_BEGIN: return block_started(parser);
	case ANNOTATION_STATEMENT_END:
		if (parser->block != BLOCK_INSIDE)
			return kg_error_at(
			    parser->arena, KG_EINPUT, here(parser, 1), "there is no `-- +goose StatementBegin` before this line");
		parser->block = BLOCK_ENDED;
		return NULL;
	case ANNOTATION_NO_TRANSACTION: parser->no_transaction = true; return NULL;
	case ANNOTATION_ENVSUB_ON:
	case ANNOTATION_ENVSUB_OFF: parser->expands = annotation == ANNOTATION_ENVSUB_ON; return NULL;
	case ANNOTATION_COUNT: break;
	}
	return NULL;
}

/* Adds the line to the buffer, and makes it what it is with its variables put in. */
static struct kg_error *
buffer_line(struct parser *parser)
{
	size_t at;

	if (parser->expands && parser->environment) {
		struct kg_text expanded = { .arena = parser->arena };
		struct kg_error *error = kg_goose_expand(parser->arena, parser->environment, parser->line, &expanded, &at);

		if (error) {
			error->place = here(parser, characters(parser->line.bytes, at) + 1);
			return error;
		}
		parser->line = (struct kg_goose_slice){ kg_text_end(&expanded), expanded.size };
	}
	kg_text_add_bytes(&parser->buffer, parser->line.bytes, parser->line.size);
	kg_text_add(&parser->buffer, "\n");
	for (size_t i = 0; i < parser->line.size; i++)
		if (parser->line.bytes[i] == '\n')
			kg_list_push(parser->arena, &parser->buffer_lines, parser->number);
	kg_list_push(parser->arena, &parser->buffer_lines, parser->number);
	return NULL;
}

/*
 * A line behind a block that held nothing. goose puts such a line nowhere: its SQL is lost and nobody is told, and so it is
 * refused here. A blank one only ends the state.
 */
static struct kg_error *
line_behind_empty_block(struct parser *parser)
{
	if (kg_goose_trim(parser->line).size > 0)
		return kg_error_advise(parser->arena,
		    kg_error_at(parser->arena, KG_EINPUT, here(parser, 1),
			"goose would pass over this line: the block in line %u before it is empty", parser->block_line),
		    "remove the empty block");
	parser->block = BLOCK_OUTSIDE;
	return NULL;
}

static struct kg_error *
take_line(struct parser *parser)
{
	bool ends_block = false;
	struct kg_error *error;

	if (parser->section == SECTION_NONE && kg_goose_trim(parser->line).size == 0)
		return NULL;
	if (is_annotation(parser->line)) {
		enum annotation annotation;

		error = read_annotation(parser, &annotation);
		if (!error)
			error = annotation_found(parser, annotation);
		if (error || annotation != ANNOTATION_STATEMENT_END)
			return error;
		ends_block = true;
	}
	/* Comments and empty lines before a statement are dropped, within one they are kept. */
	if (parser->buffer.size == 0 && (parser->line.size == 0 || kg_goose_starts(kg_goose_trim(parser->line), "--")))
		return NULL;
	if (parser->section == SECTION_NONE)
		return kg_error_at(parser->arena, KG_EINPUT, here(parser, 1), "only comments may stand before `-- +goose Up`");
	if (parser->block != BLOCK_ENDED) {
		error = buffer_line(parser);
		if (error)
			return error;
	}
	if (parser->section != parser->asked) {
		empty_buffer(parser);
		return NULL;
	}
	if (parser->block == BLOCK_ENDED) {
		if (!ends_block)
			return line_behind_empty_block(parser);
		store_statement(parser);
		parser->block = BLOCK_OUTSIDE;
	} else if (parser->block == BLOCK_OUTSIDE && kg_goose_ends_statement(parser->line)) {
		store_statement(parser);
	}
	return NULL;
}

/* What makes a file unreadable as a whole. */
static struct kg_error *
check_bytes(struct parser *parser)
{
	struct kg_goose_slice all = { parser->source->bytes, parser->source->size };

	if (kg_goose_starts(all, "\xef\xbb\xbf"))
		return kg_error_advise(parser->arena,
		    kg_error_at(parser->arena, KG_EINPUT, kg_goose_place(parser->arena, parser->source, 0, 0),
			"the file starts with a byte order mark"),
		    "save it as UTF-8 without one; goose refuses it as well");
	const char *zero = memchr(all.bytes, '\0', all.size);
	if (zero) {
		parser->number = 1;
		for (const char *at = all.bytes; at < zero; at++)
			parser->number += *at == '\n';
		return kg_error_at(
		    parser->arena, KG_EINPUT, here(parser, 1), "the line holds a zero byte: the file is not UTF-8 text");
	}
	return NULL;
}

static struct kg_error *
end_file(struct parser *parser)
{
	if (parser->section == SECTION_NONE)
		return kg_error_at(parser->arena, KG_EINPUT, kg_goose_place(parser->arena, parser->source, 0, 0),
		    "the file has no `-- +goose Up` line");
	if (parser->block == BLOCK_INSIDE)
		return kg_error_at(parser->arena, KG_EINPUT, kg_goose_place(parser->arena, parser->source, parser->block_line, 1),
		    "this block does not end: `-- +goose StatementEnd` is missing");
	return buffer_holds_text(parser) ? semicolon_missing(parser) : NULL;
}

struct kg_error *
kg_goose_parse(struct kg_arena *arena, const struct kg_goose_source *source, enum kg_goose_direction direction,
    const char *const *environment, struct kg_goose_section *ret_section)
{
	struct kg_goose_slice rest = { source->bytes, source->size };
	struct parser parser = {
		.arena = arena,
		.source = source,
		.environment = environment,
		.asked = direction == KG_GOOSE_UP ? SECTION_UP : SECTION_DOWN,
		.buffer = { .arena = arena },
	};

	struct kg_error *error = check_bytes(&parser);
	while (!error && rest.size > 0) {
		parser.line = next_line(&rest);
		parser.number++;
		if (parser.line.size >= line_limit)
			error = kg_error_at(arena, KG_EINPUT,
			    (struct kg_place){ .file = source->file, .line = parser.number, .column = 1 },
			    "the line is longer than 4 MiB");
		else
			error = take_line(&parser);
	}
	if (!error)
		error = end_file(&parser);
	if (error)
		return error;
	*ret_section = (struct kg_goose_section){ parser.statements.items, parser.statements.count, parser.no_transaction };
	return NULL;
}
