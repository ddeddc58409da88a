/*
 * Graph files for tests of the reader: written into a folder of their own, read from there, told as text.
 *
 *     struct reading *reading = reading_make();
 *     reading_file(reading, "kgraph.toml", "[node.a]\nkind = \"command\"\n");
 *     assert_string_equal(reading_told(reading), "a command {}\n");
 *     reading_free(reading);
 *
 * The current folder is that folder until it is freed.
 */
#pragma once

#include "engine/base/arena.h"
#include "graph/draft.h"

struct reading {
	struct kg_arena *arena;
	const char *folder;
	const char *profile; /* set before reading_told */
	const char *sets[8];
	const char *environment[8]; /* "NAME=value" */
	struct kg_errors errors;
	struct kg_draft draft;
	struct kg_graph_origin origin;
};

struct reading *reading_make(void);
void reading_free(struct reading *reading);
/* Writes a file, with the folders that its path names. */
void reading_file(struct reading *reading, const char *path, const char *text);
void reading_bytes(struct reading *reading, const char *path, const void *bytes, size_t size);

/*
 * Reads kgraph.toml. What was read, a line for each node ("pg.schema migration needs a, b:ready {dir="x" url="…"?}", where ? is an open
 * text and ! one with a secret), target, export, port, secret and pool; or, when there are any, the errors.
 */
const char *reading_told(struct reading *reading);
/* The errors as a terminal would show them: place, message, line, caret, advice. "" when there are none. */
const char *reading_errors(struct reading *reading);
/* The facts of three kinds without settings of their own: command, process, file. */
extern const struct kg_facts_set reading_facts;
