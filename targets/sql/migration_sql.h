/*
 * The SQL that the kind `migration` runs on its own behalf: goose's table, which is kept exactly as goose keeps it, and kgraph's
 * own beside it.
 *
 *     tables = kg_migration_tables_name(arena, "public", "goose_db_version");
 *     return kg_connection_query(job, kg_migration_sql_rows(arena, &tables), rows_read);
 *
 * kgraph_migration stands in the schema of goose's table and serves all tables of goose's there: (table_name, version) is its
 * key. Its row of version 0 holds the identity of the database, drawn when the table was made: it is gone when the database was
 * made anew. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "targets/sql/migration_files.h"
#include "targets/sql/sql_token.h"

struct kg_arena;

/* All names are quoted, and say their schema, so that a migration that empties the search path does no harm. */
struct kg_migration_tables {
	const char *goose;
	const char *own;
	const char *key; /* goose's table as a value of table_name, quoted */
};

/* Splits the setting `table` as PostgreSQL reads it: [schema.]table, folded to lower case. False when it is not a plain name. */
bool kg_migration_table_split(struct kg_arena *arena, const char *setting, const char **ret_schema, const char **ret_table);
/* schema NULL: what the search path finds. */
struct kg_migration_tables kg_migration_tables_name(struct kg_arena *arena, const char *schema, const char *table);

const char *kg_sql_quote_name(struct kg_arena *arena, const char *name);
/* As a text that means the same whatever standard_conforming_strings is. */
const char *kg_sql_quote_text(struct kg_arena *arena, const char *value);

/* Session settings at the start of each file: what the one before has set is undone. */
const char *kg_migration_sql_settings(struct kg_arena *arena, int64_t lock_timeout_ms, int64_t statement_timeout_ms);
/*
 * Lets the server look once a second whether we are still there, and roll back when we are not, instead of finishing the
 * statement first. For what runs in a transaction alone: CREATE INDEX CONCURRENTLY had better be finished, since it leaves an
 * invalid index otherwise. Servers before 14, and some platforms, do not know how; they are left as they are.
 */
extern const char kg_migration_sql_notice_loss[];

/* goose's own advisory lock. One row: did we get it? */
extern const char kg_migration_sql_lock[];
extern const char kg_migration_sql_unlock[];
/* One row a holder: pid, user, application, client, since when, state, its query. */
extern const char kg_migration_sql_lock_holder[];

/* One row: the schema of goose's table or where it would be made, is it there, is kgraph's there. */
const char *kg_migration_sql_find(struct kg_arena *arena, const char *schema, const char *table);
/* Makes the tables that are missing, and their rows of version 0. */
const char *kg_migration_sql_make(struct kg_arena *arena, const struct kg_migration_tables *tables, bool has_goose, bool has_own);
/*
 * All versions that either table knows, sorted: version, applied, goose's id, known, finished, known id, file, sha256,
 * normalised_sha256, statements_done, applied_at.
 */
const char *kg_migration_sql_rows(struct kg_arena *arena, const struct kg_migration_tables *tables);
/* One row: identity (NULL: none), newest version, checksum of all that is applied, how many are. */
const char *kg_migration_sql_status(struct kg_arena *arena, const struct kg_migration_tables *tables);

/* Writes down what file goose has applied, or that only its form was edited. */
const char *kg_migration_sql_record(struct kg_arena *arena, const struct kg_migration_tables *tables,
    const struct kg_migration_file *file, int64_t goose_id, bool is_adopted);
/* A version row of goose's and the one of ours that goes with it. */
const char *kg_migration_sql_applied(
    struct kg_arena *arena, const struct kg_migration_tables *tables, const struct kg_migration_file *file, int64_t duration_ms);
/* A file without a transaction begins; nothing of it is done. */
const char *kg_migration_sql_begun(struct kg_arena *arena, const struct kg_migration_tables *tables,
    const struct kg_migration_file *file, const struct kg_sha256 *done);
/* … and its first count statements, with this hash, are done. */
const char *kg_migration_sql_progress(struct kg_arena *arena, const struct kg_migration_tables *tables, int64_t version,
    uint32_t count, const struct kg_sha256 *done);
/* No row if there is no such index, or one: is it valid, and its quoted name. */
const char *kg_migration_sql_index(struct kg_arena *arena, const struct kg_sql_index *index);

/* Takes the rows of a version out of both tables. */
const char *kg_migration_sql_undone(struct kg_arena *arena, const struct kg_migration_tables *tables, int64_t version);
/* Removes kgraph's rows of goose's table, kgraph's table when no others are in it, and goose's when only version 0 is left. */
const char *kg_migration_sql_remove(struct kg_arena *arena, const struct kg_migration_tables *tables);
