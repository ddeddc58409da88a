/*
 * What is to be done to a database so that all migrations of a folder are applied, or why that must not be done.
 *
 *     error = kg_migration_plan(arena, &files, rows, row_count, allow_missing, &plan);
 *     for (uint32_t i = 0; i < plan.step_count; i++) apply(plan.steps[i].file);
 *
 * Pure. Everything that is wrong is found at once and before anything is run: files that were edited or removed after they were
 * applied, duplicate versions, files that come too late in the order, and files that cannot be read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "targets/sql/migration_files.h"

/* What the database knows of one version: goose's newest row and kgraph's own. */
struct kg_migration_row {
	int64_t version;
	bool is_applied;  /* as goose's newest row of it says */
	int64_t goose_id; /* of that row */
	bool is_known;    /* kgraph has a row of it; the rest is from there */
	bool is_finished; /* false: a file without a transaction that stopped on the way */
	int64_t known_id; /* the goose_id that kgraph's row was written with; another one: goose has undone and applied it since */
	const char *file; /* its name then */
	const char *sha256;     /* of all its bytes then */
	const char *normalised; /* struct kg_migration_file.normalised; of the statements done, while it is not finished */
	uint32_t statements_done;
	const char *applied_at; /* for messages */
};

/* A file to apply. */
struct kg_migration_step {
	const struct kg_migration_file *file;
	uint32_t first;  /* the statement to start at, from 0 */
	bool is_resumed; /* it stopped there before, with that statement in flight or failed */
};

/* An applied file whose hash is to be written down. */
struct kg_migration_record {
	const struct kg_migration_file *file;
	int64_t goose_id;
	bool is_adopted; /* goose applied it; otherwise only its white space, comments or Down section were edited since */
};

struct kg_migration_plan {
	const struct kg_migration_step *steps;
	uint32_t step_count;
	const struct kg_migration_record *records;
	uint32_t record_count, adopted_count;
	const char *const *notes; /* lines for the log */
	uint32_t note_count;
	uint32_t applied_count; /* of the files, before anything is run */
};

/*
 * rows are sorted by version. KG_EINPUT: one error for all that is wrong; files and lines stand in it or, when there are
 * several, in its detail.
 */
[[nodiscard]] struct kg_error *kg_migration_plan(struct kg_arena *arena, const struct kg_migration_files *files,
    const struct kg_migration_row *rows, uint32_t row_count, bool allow_missing, struct kg_migration_plan *ret_plan);
