#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "graph/reader.h"

struct sorted_error {
	struct kg_error *error;
	uint32_t file;  /* place among the files as they were read; 0: about no file */
	uint32_t found; /* place among the errors */
};

static const char *
column_find(const char *line, uint32_t column)
{
	for (; column > 1 && *line; column--) {
		size_t length = kg_text_utf8_length(line, strnlen(line, 4));

		line += length > 0 ? length : 1;
	}
	return line;
}

/* Bytes of the text, word, list or table in one line that starts here, with quotes and brackets. */
static size_t
literal_size(const char *at)
{
	static const char brackets[] = "[]{}";
	const char *bracket = *at ? strchr("[{", *at) : NULL;
	char quote = '\0';
	int depth = 0;
	size_t size = 0;

	if (!bracket && *at != '"' && *at != '\'')
		return strcspn(at, " \t,=#]}");
	if (strncmp(at, "\"\"\"", 3) == 0 || strncmp(at, "'''", 3) == 0)
		return strlen(at);
	for (; at[size]; size++) {
		char c = at[size];

		if (quote == '"' && c == '\\' && at[size + 1])
			size++;
		else if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? '\0' : c;
		else if (!quote && strchr(brackets, c))
			depth += c == '[' || c == '{' ? 1 : -1;
		if (!quote && depth <= 0)
			return size + 1;
	}
	return size;
}

static void
place_fill(const struct kg_draft *draft, struct kg_place *place)
{
	if (!place->file || place->line == 0)
		return;
	if (!place->line_text)
		place->line_text = kg_draft_line(draft, place->file, place->line);
	if (!place->line_text)
		return;

	const char *at = column_find(place->line_text, place->column);
	uint32_t left = kg_text_characters(at, strlen(at));
	if (place->length == 0)
		place->length = kg_text_characters(at, literal_size(at));
	if (place->length > left)
		place->length = left;
}

static int
error_compare(const void *a, const void *b)
{
	const struct sorted_error *one = a, *other = b;
	const struct kg_place *first = &one->error->place, *second = &other->error->place;

	if (one->file != other->file)
		return one->file < other->file ? -1 : 1;
	if (first->line != second->line)
		return first->line < second->line ? -1 : 1;
	if (first->column != second->column)
		return first->column < second->column ? -1 : 1;
	return one->found < other->found ? -1 : 1;
}

static bool
is_twice(const struct kg_error *error, const struct kg_error *before)
{
	return before && error->place.file && kg_text_equal(error->place.file, before->place.file) &&
	    error->place.line == before->place.line && error->place.column == before->place.column &&
	    strcmp(error->message, before->message) == 0;
}

void
kg_draft_tidy_errors(struct kg_draft *draft)
{
	struct kg_errors *errors = draft->errors;
	struct kg_arena *scratch = kg_arena_make();
	struct sorted_error *sorted = kg_new_array(scratch, struct sorted_error, errors->count);
	struct kg_map files = { .arena = scratch };
	uint32_t count = 0;

	for (uint32_t i = 0; draft->reader && i < draft->reader->files.count; i++)
		kg_map_put(&files, draft->reader->files.items[i]->path, i + 1);
	for (struct kg_error *error = errors->first; error; error = error->next, count++) {
		sorted[count] = (struct sorted_error){ .error = error, .found = count };
		if (error->place.file && !kg_map_get(&files, error->place.file, &sorted[count].file))
			sorted[count].file = UINT32_MAX;
		for (struct kg_error *cause = error; cause; cause = cause->cause)
			place_fill(draft, &cause->place);
	}
	if (count > 0)
		qsort(sorted, count, sizeof(*sorted), error_compare);

	errors->first = errors->last = NULL;
	errors->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		sorted[i].error->next = NULL;
		if (!is_twice(sorted[i].error, errors->last))
			kg_errors_add(errors, sorted[i].error);
	}
	kg_arena_free(scratch);
}
