#include "targets/sql/sql_error.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "targets/sql/sql_token.h"

static bool
starts_character(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

/* The first line of words, without a full stop. */
static const char *
first_line(struct kg_arena *arena, const char *words)
{
	size_t length = strcspn(words, "\n");

	while (length > 0 && (isspace((unsigned char)words[length - 1]) || words[length - 1] == '.'))
		length--;
	return kg_copy_bytes(arena, words, length);
}

static void
add_field(struct kg_text *text, const struct kg_mask *mask, const PGresult *result, int field, const char *title)
{
	const char *value = PQresultErrorField(result, field);

	if (value)
		kg_text_format(text, "%s: %s\n", title, kg_mask_text(text->arena, mask, value));
}

struct kg_error *
kg_sql_error(struct kg_arena *arena, const struct kg_mask *mask, const PGresult *result)
{
	struct kg_text detail = { .arena = arena };
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);

	if (!message)
		message = first_line(arena, PQresultErrorMessage(result));
	message = kg_mask_text(arena, mask, message);
	struct kg_error *error = sqlstate ? kg_error_make(arena, KG_EFAILED, "%s (SQLSTATE %s)", message, sqlstate)
					  : kg_error_make(arena, KG_EFAILED, "%s", message);
	add_field(&detail, mask, result, PG_DIAG_MESSAGE_DETAIL, "detail");
	add_field(&detail, mask, result, PG_DIAG_INTERNAL_QUERY, "query");
	add_field(&detail, mask, result, PG_DIAG_CONTEXT, "context");
	if (detail.size > 0)
		error->detail = kg_text_end(&detail);
	if (hint)
		error->advice = kg_copy(arena, kg_mask_text(arena, mask, hint));
	return error;
}

/* The line-th line of text, counted from 0. */
static const char *
find_line(const char *text, uint32_t line)
{
	for (; line > 0; line--)
		text = strchr(text, '\n') + 1;
	return text;
}

/* How many characters the token at this spot has in its line. */
static uint32_t
token_length(const char *at)
{
	struct kg_sql_reader reader = { .at = at, .end = at + strcspn(at, "\n") };
	struct kg_sql_token token;
	uint32_t length = 0;

	if (!kg_sql_next(&reader, &token) || token.bytes != at)
		return 1;
	for (size_t i = 0; i < token.size; i++)
		length += starts_character(token.bytes[i]);
	return length;
}

/*
 * A line with variables is not as long in the file as it was when it was sent. Up to the first variable both are alike: beyond
 * it the caret stays there.
 */
static uint32_t
column_in_file(const char *sent, const char *in_file, uint32_t column)
{
	uint32_t alike = 1;

	while (*sent && *sent != '\n' && *sent == *in_file) {
		sent++;
		in_file++;
		alike += starts_character(*sent);
	}
	bool is_same = (*sent == '\0' || *sent == '\n') && *in_file == '\0';
	return is_same || column < alike ? column : alike;
}

struct kg_place
kg_sql_place(
    struct kg_arena *arena, const struct kg_goose_source *source, const struct kg_goose_statement *statement, uint32_t position)
{
	const char *at = statement->text, *end = statement->text + statement->size;
	uint32_t line = 0, column = 1;

	while (at < end && position > 1) {
		column++;
		if (*at == '\n') {
			line++;
			column = 1;
		}
		for (at++; at < end && !starts_character(*at); at++)
			;
		position--;
	}
	uint32_t cut = line == 0 ? statement->column - 1 : 0;
	struct kg_place place = kg_goose_place(arena, source, statement->lines[line], column + cut);
	const char *in_file = place.line_text;
	for (uint32_t i = 0; i < cut && *in_file; i++)
		for (in_file++; !starts_character(*in_file); in_file++)
			;
	uint32_t sent_column = column;
	column = column_in_file(find_line(statement->text, line), in_file, column);
	place.column = column + cut;
	place.length = column == sent_column ? token_length(at) : 1;
	return place;
}

void
kg_sql_error_place(struct kg_arena *arena, struct kg_error *error, const PGresult *result, const struct kg_goose_source *source,
    const struct kg_goose_statement *statement)
{
	const char *position = result ? PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION) : NULL;

	if (position)
		error->place = kg_sql_place(arena, source, statement, (uint32_t)strtoul(position, NULL, 10));
	else
		error->place = kg_goose_place(arena, source, statement->lines[0], statement->column);
}

/*
 * libpq's words with the severity, SQLSTATE and LOCATION of PQERRORS_VERBOSE taken out:
 * `… failed: FATAL:  28P01: password authentication failed for user "x"`.
 */
static const char *
plain_words(struct kg_arena *arena, const char *words, char *ret_sqlstate)
{
	struct kg_text plain = { .arena = arena };
	const char *line = words;

	ret_sqlstate[0] = '\0';
	for (size_t length; *line; line += length + (line[length] == '\n')) {
		length = strcspn(line, "\n");
		if (kg_text_starts(line, "LOCATION:"))
			continue;
		const char *mark = memmem(line, length, ":  ", 3), *state = mark ? mark + 3 : NULL;
		if (state && strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && state[5] == ':') {
			const char *severity = mark;

			memcpy(ret_sqlstate, state, 5);
			ret_sqlstate[5] = '\0';
			while (severity > line && severity[-1] != ' ')
				severity--;
			kg_text_add_bytes(&plain, line, (size_t)(severity - line));
			kg_text_add_bytes(&plain, state + 7, length - (size_t)(state + 7 - line));
		} else {
			kg_text_add_bytes(&plain, line, length);
		}
		kg_text_add(&plain, "\n");
	}
	return kg_text_end(&plain);
}

/*
 * 57P03: the server is starting up or shutting down. 57P01 and 57P02: it was told to stop as we came. 53300: no connection is
 * free now. No SQLSTATE: no server was reached at all, unless there is no host of that name or the URL makes no sense.
 */
static bool
may_heal(const char *sqlstate, const char *words)
{
	static const char *const states[] = { "57P03", "57P01", "57P02", "53300" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(sqlstate, states[i]) == 0)
			return true;
	return sqlstate[0] == '\0' && (strstr(words, "connection to server") || strstr(words, "could not connect")) &&
	    !strstr(words, "could not translate host name") && !strstr(words, "no password supplied");
}

struct kg_error *
kg_sql_connect_error(struct kg_arena *arena, const struct kg_mask *mask, const char *words, char *ret_sqlstate, bool *ret_may_heal)
{
	const char *plain = kg_mask_text(arena, mask, plain_words(arena, words, ret_sqlstate));
	const char *more = strchr(plain, '\n');
	bool is_refusal = ret_sqlstate[0] != '\0';

	struct kg_error *error = kg_error_make(
	    arena, is_refusal ? KG_EFAILED : KG_ENETWORK, "cannot connect to the database: %s", first_line(arena, plain));
	if (more && more[1] != '\0')
		error->detail = kg_copy(arena, more + 1);
	*ret_may_heal = may_heal(ret_sqlstate, plain);
	return error;
}

struct kg_error *
kg_sql_lost_error(struct kg_arena *arena, const struct kg_mask *mask, const char *words)
{
	return kg_error_make(
	    arena, KG_ENETWORK, "the connection to the database broke: %s", kg_mask_text(arena, mask, first_line(arena, words)));
}
