/*
 * What PostgreSQL says of a failure, as an error with the spot in the file that it is about.
 *
 *     error = kg_sql_error(arena, mask, result);
 *     kg_sql_error_place(arena, error, result, &file->source, statement);
 *
 * Pure. The server's words are kept and masked: they may quote values.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "targets/sql/goose_parse.h"

struct kg_arena;
struct kg_mask;
struct pg_result;

/* KG_EFAILED: "relation "users" does not exist (SQLSTATE 42P01)"; its detail and context, and the hint as advice. */
struct kg_error *kg_sql_error(struct kg_arena *arena, const struct kg_mask *mask, const struct pg_result *result);
/* Sets the place: where the result says, or else where the statement starts. result may be NULL. */
void kg_sql_error_place(struct kg_arena *arena, struct kg_error *error, const struct pg_result *result,
    const struct kg_goose_source *source, const struct kg_goose_statement *statement);
/* The place of a position that PostgreSQL gives: in characters of the statement as it was sent, from 1. */
struct kg_place kg_sql_place(
    struct kg_arena *arena, const struct kg_goose_source *source, const struct kg_goose_statement *statement, uint32_t position);

/*
 * Why no connection came about, from libpq's words at PQERRORS_VERBOSE. ret_sqlstate (6 bytes) is "" when the server gave none.
 * *ret_may_heal: a server that is just starting, or has not yet begun to, answers so.
 */
struct kg_error *kg_sql_connect_error(
    struct kg_arena *arena, const struct kg_mask *mask, const char *words, char *ret_sqlstate, bool *ret_may_heal);
/* KG_ENETWORK: the connection broke. */
struct kg_error *kg_sql_lost_error(struct kg_arena *arena, const struct kg_mask *mask, const char *words);
