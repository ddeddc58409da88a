/*
 * Inside of the kind `migration`: its settings, its state, and the steps that its operations share.
 *
 *     return kg_migration_prepare(job, planned);      files read, connected, goose's lock taken, tables there, rows read
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/job.h"
#include "targets/sql/connection.h"
#include "targets/sql/migration_files.h"
#include "targets/sql/migration_plan.h"
#include "targets/sql/migration_sql.h"

struct kg_migration_spec {
	const char *url, *dir, *table;
	int64_t lock_timeout_ms;      /* 0: none */
	int64_t statement_timeout_ms; /* 0: none */
	bool allow_missing;
};

/* What the worker thread reads the files with: its own until it has ended. */
struct kg_migration_reading {
	struct kg_arena *arena; /* freed at the end of the operation */
	const char *folder;
	const char *const *environment;
	struct kg_migration_files files;
	struct kg_error *error;
};

struct kg_migration_state {
	struct kg_connection connection; /* first: connection.c finds it here */
	struct kg_migration_reading reading;

	/* migration_prepare.c */
	kg_step *prepared;
	bool undoes;
	int64_t lock_until_ns, lock_pause_ms;
	uint32_t makes_left; /* tries to make the tables */
	struct kg_migration_tables tables;
	const struct kg_migration_row *rows;
	uint32_t row_count;

	/* The file that is being applied or undone. */
	struct kg_migration_plan plan;
	uint32_t record;       /* of plan.records */
	uint32_t step;         /* of plan.steps, or of undo_files */
	uint32_t statement;    /* of the file's section */
	struct kg_sha256 done; /* hash of the statements before it */
	int64_t started_ns;
	struct kg_error *failure;   /* what went wrong with it, while it is being rolled back or looked into */
	bool may_be_done;           /* the failed statement complains that what it makes is there already */
	bool is_out_of_transaction; /* it has ended its transaction by itself; told once */

	const struct kg_migration_file **undo_files; /* in the order in which they are undone */
	uint32_t undo_count;
};

struct kg_migration_state *kg_migration_state(struct kg_job *job);

/* Starts an operation anew, whatever an earlier one has left. */
void kg_migration_reset(struct kg_job *job);
/* The ends of an operation: everything is closed. The error is copied to where it outlives the operation. */
struct kg_next kg_migration_done(struct kg_job *job);
struct kg_next kg_migration_failed(struct kg_job *job, struct kg_error *error);

/*
 * Goes on with then when the rows are read and the lock is held; ends the operation when that cannot be. When it undoes, a
 * database that cannot be reached or has never been migrated is a good end.
 */
struct kg_next kg_migration_prepare(struct kg_job *job, bool undoes, kg_step *then);
/* What every file starts with: the settings, and BEGIN unless it does without. */
const char *kg_migration_start_text(struct kg_job *job, const struct kg_goose_section *section);

kg_step kg_migration_run, kg_migration_undo;
