/*
 * From lines to instructions. The rules are those of the parser that moby and buildah share: a parser directive counts only before anything
 * else; a line goes on when its last sign is one escape character; comments and empty lines within an instruction fall away; the lines
 * behind `<<WORD` up to WORD belong to the instruction.
 */
#include "targets/container/containerfile.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "targets/container/containerfile_word.h"

struct line {
	const char *bytes;
	size_t size; /* without its end */
};

struct here_document {
	const char *word;
	bool drops_tabs;
};

struct reader {
	struct kg_arena *arena;
	struct kg_containerfile *file;
	const char *rest, *end;
	uint32_t number; /* of the line that was read last */
	uint32_t stages;
	KG_LIST(struct kg_containerfile_instruction) instructions;
};

static bool
line_next(struct reader *reader, struct line *ret_line)
{
	if (reader->rest >= reader->end)
		return false;
	const char *end = memchr(reader->rest, '\n', (size_t)(reader->end - reader->rest));
	const char *next = end ? end + 1 : reader->end;

	if (!end)
		end = reader->end;
	ret_line->bytes = reader->rest;
	ret_line->size = (size_t)(end - reader->rest);
	if (ret_line->size > 0 && ret_line->bytes[ret_line->size - 1] == '\r')
		ret_line->size--;
	reader->rest = next;
	reader->number++;
	return true;
}

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

static struct line
trim(struct line line)
{
	while (line.size > 0 && is_space(line.bytes[0])) {
		line.bytes++;
		line.size--;
	}
	while (line.size > 0 && is_space(line.bytes[line.size - 1]))
		line.size--;
	return line;
}

struct kg_place
kg_containerfile_place(struct kg_arena *arena, const struct kg_containerfile *file, uint32_t line)
{
	struct reader reader = { .rest = file->bytes, .end = file->bytes + file->size };
	struct line found = { 0 };

	while (reader.number < line && line_next(&reader, &found)) {}
	struct line text = trim(found);
	return (struct kg_place){
		.file = file->path,
		.line_text = found.bytes ? kg_copy_bytes(arena, found.bytes, found.size) : NULL,
		.line = line,
		.column = kg_text_characters(found.bytes, (size_t)(text.bytes - found.bytes)) + 1,
		.length = kg_text_characters(text.bytes, text.size),
	};
}

/* `# name=value`; false when the line is none, which ends the directives. */
static bool
directive_take(struct reader *reader, struct line line)
{
	line = trim(line);
	if (line.size == 0 || line.bytes[0] != '#')
		return false;
	line = trim((struct line){ line.bytes + 1, line.size - 1 });
	size_t length = 0;
	while (length < line.size && isalnum((unsigned char)line.bytes[length]))
		length++;
	struct line rest = trim((struct line){ line.bytes + length, line.size - length });
	if (length == 0 || rest.size == 0 || rest.bytes[0] != '=')
		return false;
	struct line value = trim((struct line){ rest.bytes + 1, rest.size - 1 });

	if (length == 6 && strncasecmp(line.bytes, "escape", 6) == 0 && value.size == 1 && strchr("\\`", value.bytes[0]))
		reader->file->escape = value.bytes[0];
	if (length == 6 && strncasecmp(line.bytes, "syntax", 6) == 0 && value.size > 0)
		reader->file->syntax = kg_copy_bytes(reader->arena, value.bytes, value.size);
	return true;
}

/* Takes the escape character from the end of a line that goes on. Two of them are a sign of their own. */
static bool
goes_on(const struct reader *reader, struct line *line)
{
	size_t size = line->size;

	while (size > 0 && is_space(line->bytes[size - 1]))
		size--;
	if (size == 0 || line->bytes[size - 1] != reader->file->escape)
		return false;
	if (size > 1 && line->bytes[size - 2] == reader->file->escape)
		return false;
	line->size = size - 1;
	return true;
}

static bool
is_nothing(struct line line)
{
	line = trim(line);
	return line.size == 0 || line.bytes[0] == '#';
}

struct joined {
	struct kg_text text;
	KG_LIST(struct kg_containerfile_span) spans;
};

static void
joined_add(struct reader *reader, struct joined *joined, struct line line)
{
	kg_list_push(reader->arena, &joined->spans,
	    (struct kg_containerfile_span){ (uint32_t)joined->text.size, (uint32_t)(line.bytes - reader->file->bytes) });
	kg_text_add_bytes(&joined->text, line.bytes, line.size);
}

/* "3<<-'EOF'" → the word EOF; false when a word of an instruction opens no here-document. */
static bool
here_document_read(struct reader *reader, struct kg_containerfile_word word, struct here_document *ret_document)
{
	const struct kg_containerfile_scope nothing = { 0 };
	size_t at = 0;

	while (at < word.size && isdigit((unsigned char)word.bytes[at]))
		at++;
	if (word.size - at < 3 || word.bytes[at] != '<' || word.bytes[at + 1] != '<')
		return false;
	at += 2;
	ret_document->drops_tabs = word.bytes[at] == '-';
	at += ret_document->drops_tabs;
	if (at == word.size || memchr(word.bytes + at, '<', word.size - at) || memchr(word.bytes + at, '$', word.size - at))
		return false;
	ret_document->word =
	    kg_containerfile_word_expand(reader->arena, word.bytes + at, word.size - at, reader->file->escape, &nothing);
	return ret_document->word && *ret_document->word;
}

static struct kg_error *
here_document_skip(struct reader *reader, const struct here_document *document, uint32_t from)
{
	struct line line;

	while (line_next(reader, &line)) {
		while (document->drops_tabs && line.size > 0 && line.bytes[0] == '\t') {
			line.bytes++;
			line.size--;
		}
		if (line.size == strlen(document->word) && memcmp(line.bytes, document->word, line.size) == 0)
			return NULL;
	}
	return kg_error_at(reader->arena, KG_EINPUT, kg_containerfile_place(reader->arena, reader->file, from),
	    "the here-document `%s` is not ended", document->word);
}

static struct kg_error *
here_documents_skip(struct reader *reader, const char *instruction, const char *text, uint32_t from)
{
	struct kg_containerfile_word word;
	struct here_document document;
	struct kg_error *error = NULL;

	if (strcmp(instruction, "RUN") != 0 && strcmp(instruction, "COPY") != 0 && strcmp(instruction, "ADD") != 0 &&
	    strcmp(instruction, "ONBUILD") != 0)
		return NULL;
	while (!error && kg_containerfile_word_next(&text, reader->file->escape, &word))
		if (here_document_read(reader, word, &document))
			error = here_document_skip(reader, &document, from);
	return error;
}

static const char *
word_in_capitals(struct kg_arena *arena, const char *bytes, size_t size)
{
	char *word = kg_copy_bytes(arena, bytes, size);

	for (size_t i = 0; i < size; i++)
		word[i] = (char)toupper((unsigned char)word[i]);
	return word;
}

/* One instruction, from its first line on. */
static struct kg_error *
instruction_take(struct reader *reader, struct line line)
{
	struct kg_containerfile_instruction instruction = { .line = reader->number };
	struct joined joined = { .text.arena = reader->arena };
	size_t length = 0;

	line = (struct line){ trim(line).bytes, line.size - (size_t)(trim(line).bytes - line.bytes) };
	bool more = goes_on(reader, &line);
	while (length < line.size && !is_space(line.bytes[length]))
		length++;
	instruction.word = word_in_capitals(reader->arena, line.bytes, length);
	joined_add(reader, &joined, (struct line){ line.bytes + length, line.size - length });
	while (more && line_next(reader, &line)) {
		if (is_nothing(line))
			continue;
		more = goes_on(reader, &line);
		joined_add(reader, &joined, line);
	}
	instruction.text = kg_text_end(&joined.text);
	instruction.spans = joined.spans.items;
	instruction.span_count = joined.spans.count;
	if (strcmp(instruction.word, "FROM") == 0)
		reader->stages++;
	instruction.stage = reader->stages > 0 ? reader->stages - 1 : KG_CONTAINERFILE_OUTSIDE;
	if (reader->stages == 0 && strcmp(instruction.word, "ARG") != 0)
		return kg_error_at(reader->arena, KG_EINPUT, kg_containerfile_place(reader->arena, reader->file, instruction.line),
		    "`%s` stands before the first FROM", instruction.word);
	struct kg_error *error = here_documents_skip(reader, instruction.word, instruction.text, instruction.line);
	instruction.last_line = reader->number;
	kg_list_push(reader->arena, &reader->instructions, instruction);
	return error;
}

struct kg_error *
kg_containerfile_read(struct kg_arena *arena, const char *path, const char *bytes, size_t size, struct kg_containerfile *ret_file)
{
	struct reader reader = { .arena = arena, .file = ret_file, .rest = bytes, .end = bytes + size };
	bool in_directives = true;
	struct line line;

	*ret_file = (struct kg_containerfile){ .path = path, .bytes = bytes, .size = size, .escape = '\\' };
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		reader.rest += 3;
	while (line_next(&reader, &line)) {
		in_directives = in_directives && directive_take(&reader, line);
		if (in_directives || is_nothing(line))
			continue;
		struct kg_error *error = instruction_take(&reader, line);
		if (error)
			return error;
	}
	if (reader.stages == 0)
		return kg_error_at(arena, KG_EINPUT, (struct kg_place){ .file = path }, "it has no FROM");
	ret_file->instructions = reader.instructions.items;
	ret_file->count = reader.instructions.count;
	ret_file->stage_count = reader.stages;
	return NULL;
}

/* Whether two texts are the same but for their white space, which builders print as they like. */
static bool
reads_alike(const char *a, const char *b)
{
	for (;;) {
		while (isspace((unsigned char)*a))
			a++;
		while (isspace((unsigned char)*b))
			b++;
		if (*a != *b)
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

static bool
is_told(const struct kg_containerfile_instruction *instruction, const char *told)
{
	size_t length = strlen(instruction->word);

	return strncasecmp(told, instruction->word, length) == 0 && reads_alike(told + length, instruction->text);
}

const struct kg_containerfile_instruction *
kg_containerfile_step(const struct kg_containerfile *file, uint32_t stage, uint32_t number, const char *told)
{
	const struct kg_containerfile_instruction *found = NULL, *alike = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < file->count; i++) {
		const struct kg_containerfile_instruction *instruction = &file->instructions[i];

		if (stage != KG_CONTAINERFILE_OUTSIDE && instruction->stage != stage)
			continue;
		if (++count == number)
			found = instruction;
		if (is_told(instruction, told) && (!alike || instruction == found))
			alike = instruction;
	}
	if (alike)
		return alike;
	return found && strncasecmp(told, found->word, strlen(found->word)) == 0 ? found : NULL;
}
