#include "targets/kubernetes/status/jsonpath.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/jsonpath_inside.h"

/* Filters in filters: more than anybody writes, few enough for the stack. */
constexpr uint32_t depth_most = 16;

struct reader {
	struct kg_arena *arena;
	const char *text, *at;
	uint32_t depth;
	struct kg_error *error; /* the first; nothing is read on after it */
};

[[gnu::format(printf, 3, 4)]] static void
refuse(struct reader *reader, const char *at, const char *format, ...)
{
	struct kg_place place = {
		.line_text = reader->text,
		.line = 1,
		.column = kg_text_characters(reader->text, (size_t)(at - reader->text)) + 1,
	};
	va_list list;

	if (reader->error)
		return;
	va_start(list, format);
	reader->error = kg_error_at(reader->arena, KG_EINPUT, place, "%s", kg_format_list(reader->arena, format, list));
	va_end(list);
}

static void
skip_space(struct reader *reader)
{
	reader->at += strspn(reader->at, " \t");
}

static bool
take(struct reader *reader, const char *word)
{
	if (!kg_text_starts(reader->at, word))
		return false;
	reader->at += strlen(word);
	return true;
}

static void
expect(struct reader *reader, const char *word, const char *what)
{
	skip_space(reader);
	if (!take(reader, word))
		refuse(reader, reader->at,
		    *reader->at ? "%s is not closed: `%s` is missing before this" : "%s is not closed: `%s` is missing", what,
		    word);
}

/* A name ends where the next step begins; a backslash takes the next character as it is. */
static const char *
read_name(struct reader *reader)
{
	struct kg_text name = { .arena = reader->arena };

	while (*reader->at && !strchr(" \t.,[]{}()=!<>$@", *reader->at)) {
		if (*reader->at == '\\' && reader->at[1])
			reader->at++;
		kg_text_add_bytes(&name, reader->at++, 1);
	}
	if (name.size == 0)
		refuse(reader, reader->at, "a name is missing here");
	return kg_text_end(&name);
}

static const char *
read_quoted(struct reader *reader)
{
	struct kg_text text = { .arena = reader->arena };
	const char *start = reader->at;
	char quote = *reader->at++;

	while (*reader->at && *reader->at != quote) {
		if (*reader->at == '\\' && reader->at[1])
			reader->at++;
		kg_text_add_bytes(&text, reader->at++, 1);
	}
	if (!*reader->at)
		refuse(reader, start, "the quote that begins here is not closed");
	else
		reader->at++;
	return kg_text_end(&text);
}

static bool
read_integer(struct reader *reader, int64_t *ret_value)
{
	char *end;

	skip_space(reader);
	if (!isdigit((unsigned char)*reader->at) && !(*reader->at == '-' && isdigit((unsigned char)reader->at[1])))
		return false;
	*ret_value = strtoll(reader->at, &end, 10);
	reader->at = end;
	skip_space(reader);
	return true;
}

/* 3, -1, 1:, :-1, ::2 */
static struct kg_jsonpath_step
read_slice(struct reader *reader)
{
	struct kg_jsonpath_step step = { .type = KG_JSONPATH_SLICE, .by = 1 };
	const char *start = reader->at;

	step.has_from = read_integer(reader, &step.from);
	if (!take(reader, ":")) {
		if (!step.has_from)
			refuse(reader, start, "an index, a slice, a quoted key, `*` or a filter `?(…)` has to stand here");
		step.is_index = true;
		return step;
	}
	step.has_to = read_integer(reader, &step.to);
	if (take(reader, ":")) {
		start = reader->at;
		if (read_integer(reader, &step.by) && step.by < 1)
			refuse(reader, start, "a slice's step is at least 1");
	}
	return step;
}

static const struct kg_jsonpath *read_steps(struct reader *reader, const char *ends);

static struct kg_jsonpath_operand
read_operand(struct reader *reader)
{
	struct kg_jsonpath_operand operand = { 0 };
	char *end;

	skip_space(reader);
	if (*reader->at == '"' || *reader->at == '\'') {
		operand.text = read_quoted(reader);
	} else if (isdigit((unsigned char)*reader->at) || *reader->at == '-' || *reader->at == '+') {
		operand.number = strtod(reader->at, &end);
		if (end == reader->at)
			refuse(reader, reader->at, "this is no number");
		reader->at = end;
	} else if (kg_text_starts(reader->at, "true") || kg_text_starts(reader->at, "false")) {
		operand.is_flag = true;
		operand.number = take(reader, "true");
		if (operand.number == 0)
			(void)take(reader, "false");
	} else if (*reader->at == '@' || *reader->at == '.') {
		(void)take(reader, "@");
		operand.path = read_steps(reader, ")=!<>");
	} else {
		refuse(reader, reader->at, "a path that begins with `@`, a quoted text, a number, true or false has to stand here");
	}
	skip_space(reader);
	return operand;
}

/* (@.type=="Ready") */
static struct kg_jsonpath_step
read_filter(struct reader *reader)
{
	struct kg_jsonpath_step step = { .type = KG_JSONPATH_FILTER };
	uint32_t length;

	if (++reader->depth > depth_most)
		refuse(reader, reader->at, "there are too many filters within filters");
	if (reader->error)
		return step;
	step.left = read_operand(reader);
	step.comparison = kg_comparison_read(reader->at, &length);
	if (length == 1 && *reader->at == '=')
		refuse(reader, reader->at, "equality is written `==`");
	reader->at += length;
	if (length > 0)
		step.right = read_operand(reader);
	else if (!step.left.path)
		refuse(reader, reader->at, "a comparison is missing here");
	expect(reader, ")", "the filter");
	reader->depth--;
	return step;
}

static struct kg_jsonpath_step
read_element(struct reader *reader)
{
	skip_space(reader);
	if (*reader->at == '\'' || *reader->at == '"')
		return (struct kg_jsonpath_step){ .type = KG_JSONPATH_FIELD, .name = read_quoted(reader) };
	if (take(reader, "*"))
		return (struct kg_jsonpath_step){ .type = KG_JSONPATH_WILDCARD };
	if (take(reader, "?(") || take(reader, "? ("))
		return read_filter(reader);
	return read_slice(reader);
}

/* What stands in brackets: one thing, or several with commas between. */
static struct kg_jsonpath_step
read_brackets(struct reader *reader)
{
	struct kg_jsonpath *parts = kg_new(reader->arena, struct kg_jsonpath);

	do {
		struct kg_jsonpath_step step = read_element(reader);

		parts->steps = kg_list_grow(reader->arena, parts->steps, parts->count, &parts->room, sizeof(step));
		parts->steps[parts->count++] = step;
		skip_space(reader);
	} while (!reader->error && take(reader, ","));
	expect(reader, "]", "the bracket");
	return parts->count == 1 ? parts->steps[0] : (struct kg_jsonpath_step){ .type = KG_JSONPATH_UNION, .parts = parts };
}

static struct kg_jsonpath_step
read_step(struct reader *reader, bool is_first, bool was_recursive)
{
	if (take(reader, "["))
		return read_brackets(reader);
	if (kg_text_starts(reader->at, "..")) {
		if (was_recursive)
			refuse(reader, reader->at, "`..` does not follow itself");
		reader->at += 2;
		return (struct kg_jsonpath_step){ .type = KG_JSONPATH_RECURSIVE };
	}
	/* kubectl takes the first name, and that behind "..", without a dot. */
	if (!take(reader, ".") && !is_first && !was_recursive)
		refuse(reader, reader->at, "a `.` or `[` has to stand here");
	if (take(reader, "*"))
		return (struct kg_jsonpath_step){ .type = KG_JSONPATH_WILDCARD };
	if (*reader->at == '[')
		return read_step(reader, false, false);
	return (struct kg_jsonpath_step){ .type = KG_JSONPATH_FIELD, .name = read_name(reader) };
}

/* Up to the end of the text or one of the characters in ends. */
static const struct kg_jsonpath *
read_steps(struct reader *reader, const char *ends)
{
	struct kg_jsonpath *path = kg_new(reader->arena, struct kg_jsonpath);
	bool was_recursive = false;

	for (;;) {
		skip_space(reader);
		if (reader->error || !*reader->at || strchr(ends, *reader->at))
			break;
		struct kg_jsonpath_step step = read_step(reader, path->count == 0, was_recursive);

		was_recursive = step.type == KG_JSONPATH_RECURSIVE;
		path->steps = kg_list_grow(reader->arena, path->steps, path->count, &path->room, sizeof(step));
		path->steps[path->count++] = step;
	}
	if (was_recursive)
		refuse(reader, reader->at, "a name is missing behind `..`");
	return path;
}

struct kg_error *
kg_jsonpath_parse(struct kg_arena *arena, const char *text, const struct kg_jsonpath **ret_path)
{
	struct reader reader = { .arena = arena, .text = text, .at = text };

	skip_space(&reader);
	bool is_braced = take(&reader, "{");
	skip_space(&reader);
	bool is_whole = take(&reader, "$") || take(&reader, "@");
	*ret_path = read_steps(&reader, "}");
	if (is_braced)
		expect(&reader, "}", "the brace");
	skip_space(&reader);
	if (*reader.at)
		refuse(&reader, reader.at, "nothing may follow: one expression selects, text and further expressions only print");
	if (!is_whole && (*ret_path)->count == 0)
		refuse(&reader, reader.at, "the path is empty");
	return reader.error;
}
