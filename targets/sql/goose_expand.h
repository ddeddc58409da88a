/*
 * Variables in SQL: what `-- +goose ENVSUB ON` does to a line.
 *
 *     const char *const environment[] = { "REGION=us_east", NULL };
 *     error = kg_goose_expand(arena, environment, kg_goose_slice_of("CREATE TABLE ${REGION}_post ("), &text, &at);
 *
 * $VAR, ${VAR}, ${VAR:-text}, ${VAR-text}, ${VAR?message}, ${VAR:offset}, ${VAR:offset:length}; texts may hold further
 * variables. \$ and $$ stand for a dollar, `$(` and `\\` for themselves. These are the rules of mfridman/interpolate, which
 * goose uses. Where a name is not ASCII, goose would take it for an unset variable; here it is an error. Pure.
 */
#pragma once

#include "targets/sql/goose_space.h"

struct kg_arena;
struct kg_error;
struct kg_text;

/*
 * Adds the line with its variables replaced to *text. environment holds "NAME=value", ended by NULL. KG_EINPUT when a variable
 * is wrongly written or is required and not set; *ret_at is then the byte of the line at which that was seen.
 */
[[nodiscard]] struct kg_error *kg_goose_expand(
    struct kg_arena *arena, const char *const *environment, struct kg_goose_slice line, struct kg_text *text, size_t *ret_at);
