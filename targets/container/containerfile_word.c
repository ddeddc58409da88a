/* Quotes and variables of a Containerfile. */
#include "targets/container/containerfile_word.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* ${A:-${B:-${C}}} deeper than this is nobody's Containerfile. */
static constexpr int depth_most = 16;

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\t';
}

static bool
is_name(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

bool
kg_containerfile_word_next(const char **rest, char escape, struct kg_containerfile_word *ret_word)
{
	const char *at = *rest;
	char quote = 0;

	while (is_space(*at))
		at++;
	ret_word->bytes = at;
	for (; *at && (quote || !is_space(*at)); at++) {
		if (*at == escape && quote != '\'' && at[1])
			at++;
		else if (quote ? *at == quote : *at == '\'' || *at == '"')
			quote = quote ? 0 : *at;
	}
	ret_word->size = (size_t)(at - ret_word->bytes);
	*rest = at;
	return ret_word->size > 0;
}

void
kg_containerfile_scope_set(struct kg_containerfile_scope *scope, const char *name, const char *value)
{
	for (uint32_t i = 0; i < scope->pairs.count; i++)
		if (strcmp(scope->pairs.items[i].name, name) == 0) {
			scope->pairs.items[i].value = value;
			return;
		}
	kg_list_push(scope->arena, &scope->pairs, (struct kg_pair){ name, value });
}

const char *
kg_containerfile_scope_get(const struct kg_containerfile_scope *scope, const char *name, size_t length)
{
	for (uint32_t i = 0; i < scope->pairs.count; i++) {
		const struct kg_pair *pair = &scope->pairs.items[i];

		if (strncmp(pair->name, name, length) == 0 && pair->name[length] == 0)
			return pair->value;
	}
	return NULL;
}

struct expansion {
	struct kg_arena *arena;
	const struct kg_containerfile_scope *scope;
	char escape;
};

static bool expand(const struct expansion *with, const char *bytes, size_t size, int depth, struct kg_text *text);

/* Where the brace that is open at bytes[0] is closed, or size. */
static size_t
brace_end(const struct expansion *with, const char *bytes, size_t size)
{
	int open = 0;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == with->escape && i + 1 < size)
			i++;
		else if (bytes[i] == '{')
			open++;
		else if (bytes[i] == '}' && --open == 0)
			return i;
	}
	return size;
}

/* What stands between ${ and }. */
static bool
expand_braces(const struct expansion *with, const char *bytes, size_t size, int depth, struct kg_text *text)
{
	size_t length = 0;

	while (length < size && is_name(bytes[length]))
		length++;
	const char *value = kg_containerfile_scope_get(with->scope, bytes, length);
	if (length == 0)
		return false;
	if (length == size) {
		kg_text_add(text, value ? value : "");
		return true;
	}
	bool counts_empty = bytes[length] == ':';
	bool is_set = value && (!counts_empty || *value);
	size_t at = length + counts_empty;
	char operation = at < size ? bytes[at++] : 0;

	if (operation == '+')
		return !is_set || expand(with, bytes + at, size - at, depth + 1, text);
	if ((operation != '-' && operation != '?') || (operation == '?' && !is_set))
		return false;
	if (!is_set)
		return expand(with, bytes + at, size - at, depth + 1, text);
	kg_text_add(text, value);
	return true;
}

/* A variable at bytes[0] == '$'; *ret_size is how much of the text it takes. */
static bool
expand_variable(const struct expansion *with, const char *bytes, size_t size, int depth, struct kg_text *text, size_t *ret_size)
{
	size_t length = 1;

	if (size > 1 && bytes[1] == '{') {
		size_t end = brace_end(with, bytes + 1, size - 1) + 1;

		*ret_size = end + 1;
		return end < size && expand_braces(with, bytes + 2, end - 2, depth, text);
	}
	while (length < size && is_name(bytes[length]))
		length++;
	*ret_size = length;
	if (length == 1) {
		kg_text_add(text, "$");
		return true;
	}
	const char *value = kg_containerfile_scope_get(with->scope, bytes + 1, length - 1);
	kg_text_add(text, value ? value : "");
	return true;
}

static bool
expand(const struct expansion *with, const char *bytes, size_t size, int depth, struct kg_text *text)
{
	char quote = 0;
	size_t taken;

	if (depth > depth_most)
		return false;
	for (size_t i = 0; i < size; i += taken) {
		taken = 1;
		if (bytes[i] == with->escape && quote != '\'' && i + 1 < size) {
			kg_text_add_bytes(text, bytes + i + 1, 1);
			taken = 2;
		} else if (quote ? bytes[i] == quote : bytes[i] == '\'' || bytes[i] == '"') {
			quote = quote ? 0 : bytes[i];
		} else if (bytes[i] != '$' || quote == '\'') {
			kg_text_add_bytes(text, bytes + i, 1);
		} else if (!expand_variable(with, bytes + i, size - i, depth, text, &taken)) {
			return false;
		}
	}
	return true;
}

const char *
kg_containerfile_word_expand(
    struct kg_arena *arena, const char *bytes, size_t size, char escape, const struct kg_containerfile_scope *scope)
{
	struct expansion with = { arena, scope, escape };
	struct kg_text text = { .arena = arena };

	return expand(&with, bytes, size, 0, &text) ? kg_text_end(&text) : NULL;
}
