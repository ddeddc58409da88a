/*
 * The tokens of SQL as PostgreSQL reads it: enough to tell words from quoted text and comments.
 *
 *     struct kg_sql_reader reader = { .at = text, .end = text + size };
 *     struct kg_sql_token token;
 *     while (kg_sql_next(&reader, &token)) ...
 *
 * Pure. Text that is not SQL yields tokens as well: this is no parser, and PostgreSQL has the last word.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct kg_arena;

enum kg_sql_token_type {
	KG_SQL_WORD,   /* a keyword, name or number */
	KG_SQL_NAME,   /* "quoted" */
	KG_SQL_TEXT,   /* 'quoted', or between $$; a prefix such as E stands before it as a word of its own */
	KG_SQL_SYMBOL, /* one character */
};

struct kg_sql_token {
	enum kg_sql_token_type type;
	const char *bytes;
	size_t size;
	bool is_apart; /* white space or a comment stands before it */
};

struct kg_sql_reader {
	const char *at, *end;
	bool escapes; /* the last token was the prefix E: a backslash in the text that follows at once escapes */
};

/* False at the end. */
bool kg_sql_next(struct kg_sql_reader *reader, struct kg_sql_token *ret_token);
/* Is it this word, whatever its case? */
bool kg_sql_is(const struct kg_sql_token *token, const char *word);
/* The name that a word or a quoted name means: folded to lower case, or its quotes taken off. Only ASCII is folded. */
const char *kg_sql_name(struct kg_arena *arena, const struct kg_sql_token *token);

/* The text with all comments dropped and white space made single blanks, except within quotes. */
const char *kg_sql_normalise(struct kg_arena *arena, const char *text, size_t size);

/* Does a statement start with COPY and read its rows from the client, which a migration cannot give? */
bool kg_sql_copies_in(const char *text, size_t size);

/* The index that a CREATE INDEX CONCURRENTLY makes. */
struct kg_sql_index {
	const char *schema; /* of the table; NULL: found along the search path */
	const char *table, *name;
};
/* False when the text starts with something else, or leaves the name to PostgreSQL. */
bool kg_sql_concurrent_index(struct kg_arena *arena, const char *text, size_t size, struct kg_sql_index *ret_index);
