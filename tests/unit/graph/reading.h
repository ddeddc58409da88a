/*
 * Graph files for tests of the reader: written into a folder of their own, read from there, told as text.
 *
 *     reading_file(reading, "kgraph.toml", "[node.a]\nkind = \"command\"\n");
 *     assert_string_equal(reading_told(reading), "a command {}\n");
 *
 * A test has one as its state (READING_TEST), and that folder as the current one.
 */
#pragma once

#include "engine/base/arena.h"
#include "graph/draft.h"

struct reading {
	struct kg_arena *arena;
	const char *folder;
	/* Set before reading_told: */
	const char *profile;
	const char *sets[8];
	const char *environment[8]; /* "NAME=value" */
	/* Set by reading_told: */
	struct kg_errors errors;
	struct kg_draft draft;
	struct kg_graph_origin origin;
};

#define READING_TEST(name) cmocka_unit_test_setup_teardown(name, reading_setup, reading_teardown)

int reading_setup(void **state);
int reading_teardown(void **state);
/* Writes a file, with the folders that its path names. */
void reading_file(struct reading *reading, const char *path, const char *text);

/*
 * Reads kgraph.toml. What was read: a line for each node, such as "pg.schema migration needs a, b:ready {dir="x" url="…"?}", where ? is an
 * open text and ! one with a secret; then targets, exports, ports, secrets and pools. When there are errors, those instead, as a terminal
 * would show them: place, message, line, caret, advice.
 */
const char *reading_told(struct reading *reading);

/* Reads and seals kgraph.toml. The errors in the same form, or what the graph counts. */
const char *reading_sealed(struct reading *reading);

/* Kinds: command and process (`command`), file (`path`); all take `env` and `timeout`. */
extern const struct kg_facts_set reading_facts;
