/*
 * What every test of the cache starts with: an arena, and a folder of its own that goes away with it.
 *
 *     cmocka_unit_test_setup_teardown(a_name_that_says_it, scratch_make, scratch_free)
 *
 *     struct scratch *scratch = *state;
 *     well(kg_ledger_open(scratch->arena, scratch->folder, &ledger, &damage));
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

struct scratch {
	struct kg_arena *arena;
	const char *folder;
};

int scratch_make(void **state);
int scratch_free(void **state);

/* Fails the test with the error's text unless there is none. */
void well_at(struct kg_error *error, const char *file, int line);
#define well(error) well_at((error), __FILE__, __LINE__)

/* A path in the folder. */
const char *scratch_path(const struct scratch *scratch, const char *name);
/* Writes a file there, with the folders above it, and gives its path. */
const char *scratch_write(const struct scratch *scratch, const char *name, const char *content);
/* What is in the file at path; fails the test when it cannot be read. */
const char *scratch_read(const struct scratch *scratch, const char *path);
