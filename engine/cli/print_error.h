/*
 * Errors as people read them: the one place where they are turned into lines.
 *
 *     error: unknown key `neds`
 *       --> kgraph.toml:12:1
 *        |
 *     12 | neds = ["postgresql"]
 *        | ^^^^
 *        = did you mean `needs`?
 *
 *     struct kg_error_look look = { .style = style, .here = folder, .mask = mask };
 *     kg_error_show(&text, &look, error);
 */
#pragma once

#include "engine/base/error.h"

struct kg_mask;
struct kg_style;
struct kg_text;

struct kg_error_look {
	const struct kg_style *style;
	const char *here;           /* absolute folder: files below it are named relative to it; NULL: as they are */
	const struct kg_mask *mask; /* secrets of the run; NULL: only passwords in URLs are masked */
	const char *subject;        /* stands before the message instead of "error": "ds.schema failed"; NULL: "error" */
	uint32_t columns;           /* of the terminal, for long lines; 0: 120 */
};

/* Adds the error with its causes to text. A line that the error does not bring along is read from its file. */
void kg_error_show(struct kg_text *text, const struct kg_error_look *look, const struct kg_error *error);
/* All errors of a pass with an empty line between, and, when there are several, how many. */
void kg_errors_show(struct kg_text *text, const struct kg_error_look *look, const struct kg_errors *errors);
