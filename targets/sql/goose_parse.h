/*
 * A migration file in goose's format, cut into the statements of one direction.
 *
 *     struct kg_goose_source source = { "migrations/00001_users.sql", bytes, size };
 *     struct kg_goose_section up;
 *     error = kg_goose_parse(arena, &source, KG_GOOSE_UP, environment, &up);
 *
 * Cuts exactly as goose does (github.com/pressly/goose, internal/sqlparser), so that a file means the same to both: a statement
 * ends at a line whose last word before a comment ends in a semicolon, or at `-- +goose StatementEnd`. Where goose would lose a
 * line without a word, this is an error. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"

struct kg_arena;

enum kg_goose_direction { KG_GOOSE_UP, KG_GOOSE_DOWN };

struct kg_goose_source {
	const char *file; /* for messages */
	const char *bytes;
	size_t size;
};

struct kg_goose_statement {
	const char *text; /* as it is sent: trimmed, variables put in, ended by a zero byte */
	size_t size;
	const uint32_t *lines; /* the line of the file that each line of text comes from */
	uint32_t line_count;
	uint32_t column; /* where text starts in its first line, in characters, counted from 1 */
};

struct kg_goose_section {
	const struct kg_goose_statement *statements;
	uint32_t count;
	bool no_transaction; /* said anywhere in the file: both directions run without one */
};

/*
 * environment holds "NAME=value", ended by NULL, for files that say `-- +goose ENVSUB ON`; NULL leaves variables as they stand. The
 * result points into the arena alone. KG_EINPUT with file, line and column.
 */
[[nodiscard]] struct kg_error *kg_goose_parse(struct kg_arena *arena, const struct kg_goose_source *source,
    enum kg_goose_direction direction, const char *const *environment, struct kg_goose_section *ret_section);

/* A spot in the source with the text of its line; line 0 is the file as a whole. */
struct kg_place kg_goose_place(struct kg_arena *arena, const struct kg_goose_source *source, uint32_t line, uint32_t column);
