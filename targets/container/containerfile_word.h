/*
 * Words of a Containerfile: cut as a shell would, quotes and variables resolved as the builders do.
 *
 *     const char *rest = instruction->text;
 *     struct kg_containerfile_word word;
 *     while (kg_containerfile_word_next(&rest, file->escape, &word))
 *         if (kg_containerfile_word_expand(arena, word.bytes, word.size, file->escape, &scope, &value)) …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/field.h"
#include "engine/base/list.h"

struct kg_arena;

/* A stretch of text between white space that stands in no quotes, quotes included. */
struct kg_containerfile_word {
	const char *bytes;
	size_t size;
};

/* The next word of *rest, which goes on behind it; false when there is none. */
bool kg_containerfile_word_next(const char **rest, char escape, struct kg_containerfile_word *ret_word);

/* Variables by name; a later one hides an earlier one of the same name. */
struct kg_containerfile_scope {
	struct kg_arena *arena;
	KG_LIST(struct kg_pair) pairs;
};

void kg_containerfile_scope_set(struct kg_containerfile_scope *scope, const char *name, const char *value);
/* NULL when it is not set. */
const char *kg_containerfile_scope_get(const struct kg_containerfile_scope *scope, const char *name, size_t length);

/*
 * The text without quotes, its variables put in: $NAME, ${NAME}, and ${NAME:-word}, ${NAME:+word}, ${NAME:?word}, each without the colon as
 * well. One that is not set is empty. NULL for the forms that only some builders know (${NAME#pattern} and the like), for a ? whose
 * variable is missing, and for braces that are not closed.
 */
const char *kg_containerfile_word_expand(
    struct kg_arena *arena, const char *bytes, size_t size, char escape, const struct kg_containerfile_scope *scope);
