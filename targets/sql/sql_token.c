#include "targets/sql/sql_token.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static bool
starts(const struct kg_sql_reader *reader, const char *here)
{
	size_t length = strlen(here);

	return (size_t)(reader->end - reader->at) >= length && memcmp(reader->at, here, length) == 0;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* PostgreSQL's block comments nest. */
static void
skip_block_comment(struct kg_sql_reader *reader)
{
	unsigned depth = 0;

	do {
		if (starts(reader, "/*")) {
			depth++;
			reader->at += 2;
		} else if (starts(reader, "*/")) {
			depth--;
			reader->at += 2;
		} else {
			reader->at++;
		}
	} while (depth > 0 && reader->at < reader->end);
}

static bool
skip_space(struct kg_sql_reader *reader)
{
	const char *start = reader->at;

	while (reader->at < reader->end) {
		if (isspace((unsigned char)*reader->at)) {
			reader->at++;
		} else if (starts(reader, "--")) {
			while (reader->at < reader->end && *reader->at != '\n')
				reader->at++;
		} else if (starts(reader, "/*")) {
			skip_block_comment(reader);
		} else {
			break;
		}
	}
	return reader->at > start;
}

/* Behind the closing quote, which doubled stands for itself; at the end when there is none. */
static const char *
quoted_end(const struct kg_sql_reader *reader, char quote, bool escapes)
{
	const char *at = reader->at + 1;

	while (at < reader->end) {
		if (escapes && *at == '\\' && at + 1 < reader->end)
			at += 2;
		else if (*at != quote)
			at++;
		else if (at + 1 < reader->end && at[1] == quote)
			at += 2;
		else
			return at + 1;
	}
	return reader->end;
}

/* Behind the closing $tag$; NULL when no dollar quote starts here ($1 is a parameter). */
static const char *
dollar_end(const struct kg_sql_reader *reader)
{
	const char *tag_end = reader->at + 1;

	if (tag_end < reader->end && isdigit((unsigned char)*tag_end))
		return NULL;
	while (tag_end < reader->end && is_word(*tag_end))
		tag_end++;
	if (tag_end >= reader->end || *tag_end != '$')
		return NULL;
	size_t tag_size = (size_t)(tag_end + 1 - reader->at);
	const char *close = memmem(tag_end + 1, (size_t)(reader->end - tag_end - 1), reader->at, tag_size);

	return close ? close + tag_size : reader->end;
}

bool
kg_sql_next(struct kg_sql_reader *reader, struct kg_sql_token *ret_token)
{
	bool is_apart = skip_space(reader), escapes = reader->escapes && !is_apart;
	const char *end;

	reader->escapes = false;
	if (reader->at >= reader->end)
		return false;
	struct kg_sql_token token = { .type = KG_SQL_SYMBOL, .bytes = reader->at, .is_apart = is_apart };
	if (*reader->at == '\'') {
		token.type = KG_SQL_TEXT;
		end = quoted_end(reader, '\'', escapes);
	} else if (*reader->at == '"') {
		token.type = KG_SQL_NAME;
		end = quoted_end(reader, '"', false);
	} else if (*reader->at == '$' && (end = dollar_end(reader)) != NULL) {
		token.type = KG_SQL_TEXT;
	} else if (is_word(*reader->at)) {
		token.type = KG_SQL_WORD;
		for (end = reader->at; end < reader->end && (is_word(*end) || *end == '$'); end++)
			;
	} else {
		end = reader->at + 1;
	}
	token.size = (size_t)(end - reader->at);
	reader->at = end;
	reader->escapes = kg_sql_is(&token, "e");
	*ret_token = token;
	return true;
}

bool
kg_sql_is(const struct kg_sql_token *token, const char *word)
{
	return token->type == KG_SQL_WORD && token->size == strlen(word) && strncasecmp(token->bytes, word, token->size) == 0;
}

const char *
kg_sql_name(struct kg_arena *arena, const struct kg_sql_token *token)
{
	char *name = kg_copy_bytes(arena, token->bytes, token->size);
	size_t size = 0;

	if (token->type != KG_SQL_NAME) {
		for (char *at = name; *at; at++)
			if (isascii(*at))
				*at = (char)tolower((unsigned char)*at);
		return name;
	}
	for (size_t i = 1; i + 1 < token->size; i++) {
		name[size++] = token->bytes[i];
		if (token->bytes[i] == '"')
			i++;
	}
	name[size] = '\0';
	return name;
}

const char *
kg_sql_normalise(struct kg_arena *arena, const char *text, size_t size)
{
	struct kg_sql_reader reader = { .at = text, .end = text + size };
	struct kg_text normalised = { .arena = arena };
	struct kg_sql_token token;

	while (kg_sql_next(&reader, &token)) {
		if (token.is_apart && normalised.size > 0)
			kg_text_add(&normalised, " ");
		kg_text_add_bytes(&normalised, token.bytes, token.size);
	}
	return kg_text_end(&normalised);
}

bool
kg_sql_copies_in(const char *text, size_t size)
{
	struct kg_sql_reader reader = { .at = text, .end = text + size };
	struct kg_sql_token token;
	bool after_from = false;

	if (!kg_sql_next(&reader, &token) || !kg_sql_is(&token, "copy"))
		return false;
	while (kg_sql_next(&reader, &token) && !(token.type == KG_SQL_SYMBOL && token.bytes[0] == ';')) {
		if (after_from && kg_sql_is(&token, "stdin"))
			return true;
		after_from = kg_sql_is(&token, "from");
	}
	return false;
}

/* Passes over the words when all of them stand here in this order. */
static bool
skip_words(struct kg_sql_reader *reader, const char *const *words)
{
	struct kg_sql_reader ahead = *reader;
	struct kg_sql_token token;

	for (; *words; words++)
		if (!kg_sql_next(&ahead, &token) || !kg_sql_is(&token, *words))
			return false;
	*reader = ahead;
	return true;
}
#define skip(reader, ...) skip_words((reader), (const char *const[]){ __VA_ARGS__, NULL })

static bool
read_name(struct kg_arena *arena, struct kg_sql_reader *reader, const char **ret_name)
{
	struct kg_sql_token token;

	if (!kg_sql_next(reader, &token) || (token.type != KG_SQL_WORD && token.type != KG_SQL_NAME))
		return false;
	*ret_name = kg_sql_name(arena, &token);
	return true;
}

bool
kg_sql_concurrent_index(struct kg_arena *arena, const char *text, size_t size, struct kg_sql_index *ret_index)
{
	struct kg_sql_reader reader = { .at = text, .end = text + size };
	struct kg_sql_index index = { 0 };

	if (!skip(&reader, "create"))
		return false;
	(void)skip(&reader, "unique");
	if (!skip(&reader, "index", "concurrently"))
		return false;
	(void)skip(&reader, "if", "not", "exists");
	if (skip(&reader, "on") || !read_name(arena, &reader, &index.name) || !skip(&reader, "on"))
		return false;
	(void)skip(&reader, "only");
	if (!read_name(arena, &reader, &index.table))
		return false;
	struct kg_sql_token token;
	if (kg_sql_next(&reader, &token) && token.type == KG_SQL_SYMBOL && token.bytes[0] == '.') {
		index.schema = index.table;
		if (!read_name(arena, &reader, &index.table))
			return false;
	}
	*ret_index = index;
	return true;
}
