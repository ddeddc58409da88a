/*
 * goose itself, which the tests compare with: its source for the inputs of its own tests, its program for what it makes of a
 * database that kgraph has migrated. Both come through the go command, in a version that stands fast.
 *
 *     const char *program = goose_program(arena);
 *     if (!program)
 *         skip();
 */
#pragma once

struct kg_arena;

/* The folder of goose's source, in Go's module cache; NULL when there is no go, or the source cannot be had. */
const char *goose_source(struct kg_arena *arena);
/* The program, built once and kept in the user's cache folder; NULL when it cannot be had. */
const char *goose_program(struct kg_arena *arena);
