/*
 * White space as goose sees it, which is what Go's unicode.IsSpace says, so that both trim and split alike.
 *
 *     struct kg_goose_slice line = kg_goose_trim(kg_goose_slice_of(" SELECT 1; "));
 *
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A stretch of text that is not ended by a zero byte. */
struct kg_goose_slice {
	const char *bytes;
	size_t size;
};

struct kg_goose_slice kg_goose_slice_of(const char *text);
/* How many bytes of white space stand at the start of slice: one character's, or 0. */
size_t kg_goose_space(struct kg_goose_slice slice);
struct kg_goose_slice kg_goose_trim(struct kg_goose_slice slice);
bool kg_goose_starts(struct kg_goose_slice slice, const char *prefix);
bool kg_goose_holds(struct kg_goose_slice slice, const char *part);
/* Does the last word before a `--` word end in a semicolon? That is where goose ends a statement. */
bool kg_goose_ends_statement(struct kg_goose_slice line);
