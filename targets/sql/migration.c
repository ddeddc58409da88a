/* The schema of a PostgreSQL database, made by goose's migration files. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "engine/base/arena.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/sql/migration.h"
#include "targets/sql/migration_inside.h"

/* A look asks one question: it may not hold up a run that would find out anyway. */
constexpr int64_t look_limit_ms = 5000;

static const struct kg_field migration_fields[] = {
	KG_FIELD(
	    kg_migration_spec, url, KG_TEXT, KG_REQUIRED, "the PostgreSQL database: postgresql://user:password@host:port/database"),
	KG_FIELD(kg_migration_spec, dir, KG_PATH, KG_REQUIRED, "folder of goose's migration files, VERSION_name.sql"),
	KG_FIELD(kg_migration_spec, table, KG_TEXT, 0, "goose's table, with or without its schema", .fallback = "goose_db_version"),
	KG_FIELD_AS("lock_timeout", kg_migration_spec, lock_timeout_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long to wait for goose's lock, and a statement for any other", .fallback = "60s"),
	KG_FIELD_AS("statement_timeout", kg_migration_spec, statement_timeout_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long a single statement may take; no limit when absent"),
	KG_FIELD(kg_migration_spec, allow_missing, KG_FLAG, KG_NOT_HASHED,
	    "apply files whose version is below one that is applied already, instead of refusing them"),
	{ 0 },
};

static bool
is_open(const char *text)
{
	return strstr(text, "${") != NULL;
}

static struct kg_error *
check(struct kg_arena *arena, const void *given)
{
	const struct kg_migration_spec *spec = given;
	const char *schema, *table;
	char *complaint = NULL;

	if (!is_open(spec->table) && !kg_migration_table_split(arena, spec->table, &schema, &table))
		return kg_error_advise(arena,
		    kg_error_make(arena, KG_EINPUT, "`table` is not the name of a table: %s", spec->table),
		    "write TABLE or SCHEMA.TABLE");
	if (is_open(spec->url))
		return NULL;
	if (strstr(spec->url, "://") && !kg_text_starts(spec->url, "postgresql://") && !kg_text_starts(spec->url, "postgres://"))
		return kg_error_make(arena, KG_EINPUT, "`url` must start with postgresql://: migrations are for PostgreSQL only");
	/* libpq's complaint would quote the URL, and with it the password. */
	PQconninfoOption *options = PQconninfoParse(spec->url, &complaint);
	bool is_well = options != NULL;
	PQfreemem(complaint);
	PQconninfoFree(options);
	if (is_well)
		return NULL;
	return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`url` is not one that PostgreSQL understands"),
	    "characters such as @ / : %% in the password are written as %%40 %%2F %%3A %%25");
}

/* Other files in the folder are nobody's input: a README may change. */
static void
inputs(struct kg_inputs *list, const void *given, const struct kg_common *)
{
	const struct kg_migration_spec *spec = given;
	static const char *const patterns[] = { "*.sql", "*.go", NULL }, *const none[] = { NULL };

	kg_inputs_add(list, spec->dir, patterns, none);
}

struct kg_migration_state *
kg_migration_state(struct kg_job *job)
{
	return job->state;
}

/* Also called in the middle of an operation that is ended early: what the server had not finished, it then rolls back. */
static void
close_all(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	kg_connection_close(&state->connection);
	if (state->reading.arena)
		kg_arena_free(state->reading.arena);
	state->reading.arena = NULL;
}

void
kg_migration_reset(struct kg_job *job)
{
	close_all(job);
	*kg_migration_state(job) = (struct kg_migration_state){ 0 };
}

struct kg_next
kg_migration_done(struct kg_job *job)
{
	close_all(job);
	return kg_done(job);
}

struct kg_next
kg_migration_failed(struct kg_job *job, struct kg_error *error)
{
	/* It may speak of the files, which go with their arena. */
	error = kg_error_copy(job->arena, error);
	close_all(job);
	return kg_failed(error);
}

static kg_step look_connected, look_answered;

static struct kg_next
look(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;

	if (!kg_job_remembered(job, "version") || !kg_job_remembered(job, "database") || !kg_job_remembered(job, "checksum"))
		return kg_absent(job, "nothing is remembered of the database");
	kg_migration_reset(job);
	return kg_connection_open(job, spec->url, &(struct kg_connection_limits){ .total_ms = look_limit_ms }, look_connected);
}

static struct kg_next
look_connected(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;
	struct kg_migration_state *state = job->state;
	const char *schema, *table;

	if (state->connection.error) {
		const char *message = state->connection.error->message;

		close_all(job);
		return kg_absent(job, "%s", message);
	}
	if (!kg_migration_table_split(job->arena, spec->table, &schema, &table)) {
		close_all(job);
		return kg_absent(job, "`table` is not the name of a table: %s", spec->table);
	}
	struct kg_migration_tables tables = kg_migration_tables_name(job->arena, schema, table);
	return kg_connection_query(job, kg_migration_sql_status(job->arena, &tables), look_answered);
}

/* What the database says against what the last run left behind; NULL when both are the same. */
static const char *
difference(struct kg_job *job, const struct kg_connection *connection)
{
	const char *before = kg_job_remembered(job, "version"), *now;

	/* 42P01: there is no such table; 3F000: no such schema. */
	if (strcmp(connection->sqlstate, "42P01") == 0 || strcmp(connection->sqlstate, "3F000") == 0)
		return "the database was made anew: nothing is migrated in it";
	if (connection->error)
		return connection->error->message;
	if (kg_connection_is_null(connection, 0, 0) ||
	    strcmp(kg_connection_field(connection, 0, 0), kg_job_remembered(job, "database")) != 0)
		return "the database was made anew: it is another one than the last run's";
	now = kg_connection_field(connection, 0, 1);
	int64_t version = strtoll(now, NULL, 10), version_before = strtoll(before, NULL, 10);
	if (version > version_before)
		return kg_format(
		    job->arena, "something else, such as goose, migrated it since: its version is %s, and was %s", now, before);
	if (version < version_before)
		return kg_format(
		    job->arena, "migration %s was undone by something else, such as goose: its version is %s", before, now);
	if (strcmp(kg_connection_field(connection, 0, 2), kg_job_remembered(job, "checksum")) != 0)
		return kg_format(job->arena,
		    "its version is still %s, but something else, such as goose, undid or applied migrations below it", now);
	return NULL;
}

static struct kg_next
look_answered(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const char *why = kg_copy(job->arena, difference(job, &state->connection));

	close_all(job);
	return why ? kg_absent(job, "%s", why) : kg_done(job);
}

const struct kg_kind kg_kind_migration = {
	.facts = {
		.name = "migration",
		.version = 1,
		.summary = "the schema of a PostgreSQL database, from goose's migration files",
		.fields = migration_fields,
		.outputs = (const char *const[]){ "version", "database", "checksum", NULL },
		.spec_size = sizeof(struct kg_migration_spec),
		.check = check,
	},
	.state_size = sizeof(struct kg_migration_state),
	.inputs = inputs,
	.look = look,
	.run = kg_migration_run,
	.undo = kg_migration_undo,
	.close = close_all,
};
