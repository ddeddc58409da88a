/* What comes before the first migration, up or down: files, connection, lock, tables, rows. */

#include "targets/sql/migration_inside.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"

constexpr int64_t connect_limit_ms = 10000;
constexpr int64_t first_lock_pause_ms = 50, longest_lock_pause_ms = 1000;
constexpr int64_t make_pause_ms = 1000;
constexpr int64_t ns_per_ms = 1000000;

static kg_step files_read, connected, session_set, lock_tried, lock_answered, holder_answered, tables_sought, tables_found,
    tables_made, rows_read;

static void
read_files(void *data)
{
	struct kg_migration_reading *reading = data;

	reading->error = kg_migration_files_read(reading->arena, reading->folder, reading->environment, &reading->files);
}

struct kg_next
kg_migration_prepare(struct kg_job *job, bool undoes, kg_step *then)
{
	const struct kg_migration_spec *spec = job->spec;
	struct kg_migration_state *state = job->state;

	kg_migration_reset(job);
	state->undoes = undoes;
	state->prepared = then;
	state->makes_left = 4;
	state->reading = (struct kg_migration_reading){
		.arena = kg_arena_make(),
		.folder = spec->dir,
		.environment = kg_job_env(job),
	};
	return kg_wait_worker(job, read_files, &state->reading, files_read);
}

static struct kg_next
files_read(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;
	struct kg_migration_state *state = job->state;
	struct kg_connection_limits limits = { .connect_ms = connect_limit_ms, .tries_again = !state->undoes };

	/* Undoing asks the database first: when there is none, the files do not matter. */
	if (state->reading.error && !state->undoes)
		return kg_migration_failed(job, state->reading.error);
	if (state->reading.files.count == 0 && !state->undoes)
		return kg_migration_failed(job,
		    kg_error_advise(job->arena, kg_error_make(job->arena, KG_EINPUT, "there are no migrations in %s", spec->dir),
			"a migration is a file called VERSION_name.sql, such as 00001_users.sql"));
	return kg_connection_open(job, spec->url, &limits, connected);
}

static struct kg_next
connected(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;
	struct kg_migration_state *state = job->state;

	if (state->connection.error && state->undoes) {
		kg_job_log(job, "%s: nothing is undone", state->connection.error->message);
		return kg_migration_done(job);
	}
	if (state->connection.error)
		return kg_migration_failed(job, state->connection.error);
	state->lock_pause_ms = first_lock_pause_ms;
	if (spec->lock_timeout_ms > 0)
		state->lock_until_ns = job->now_ns + spec->lock_timeout_ms * ns_per_ms;
	return kg_connection_query(
	    job, kg_migration_sql_settings(job->arena, spec->lock_timeout_ms, spec->statement_timeout_ms), session_set);
}

static struct kg_next
session_set(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	return state->connection.error ? kg_migration_failed(job, state->connection.error) : kg_go(lock_tried);
}

/*
 * The lock is asked for again and again instead of being waited for in the server. A session that waits there holds a snapshot,
 * and a CREATE INDEX CONCURRENTLY of the lock's holder waits for all snapshots to end: each would wait for the other for ever.
 */
static struct kg_next
lock_tried(struct kg_job *job)
{
	return kg_connection_query(job, kg_migration_sql_lock, lock_answered);
}

static struct kg_next
lock_answered(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (state->connection.error)
		return kg_migration_failed(job, state->connection.error);
	if (strcmp(kg_connection_field(&state->connection, 0, 0), "t") == 0)
		return kg_go(tables_sought);
	return kg_connection_query(job, kg_migration_sql_lock_holder, holder_answered);
}

/* "pid 4711: goose, user slm_user, from 127.0.0.1, connected since 2026-11-21 06:12:01, idle, last query: SELECT …" */
static const char *
holder(struct kg_job *job, const struct kg_connection *connection)
{
	const char *field[7];
	struct kg_text text = { .arena = job->arena };

	for (int i = 0; i < 7; i++)
		field[i] = kg_connection_field(connection, 0, i);
	kg_text_format(&text, "pid %s", field[0]);
	if (field[2][0] != '\0')
		kg_text_format(&text, ", %s", field[2]);
	if (field[1][0] != '\0')
		kg_text_format(&text, ", user %s", field[1]);
	kg_text_format(&text, ", from %s", field[3]);
	if (field[4][0] != '\0')
		kg_text_format(&text, ", connected since %s", field[4]);
	if (field[5][0] != '\0')
		kg_text_format(&text, ", %s", field[5]);
	if (field[6][0] != '\0')
		kg_text_format(&text, ", last query: %s", field[6]);
	return kg_mask_text(job->arena, job->mask, kg_text_end(&text));
}

static struct kg_next
holder_answered(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;
	struct kg_migration_state *state = job->state;
	const struct kg_connection *connection = &state->connection;

	if (connection->error)
		return kg_migration_failed(job, connection->error);
	bool is_held = kg_connection_rows(connection) > 0;
	if (is_held && state->lock_until_ns > 0 && job->now_ns >= state->lock_until_ns)
		return kg_migration_failed(job,
		    kg_error_advise(job->arena,
			kg_error_make(job->arena, KG_EBUSY, "goose's lock was not free within %s; it is held by %s",
			    kg_duration_tell(job->arena, spec->lock_timeout_ms * ns_per_ms), holder(job, connection)),
			"wait until it has ended, or end it: SELECT pg_terminate_backend(%s)",
			kg_connection_field(connection, 0, 0)));
	if (is_held)
		kg_tell(job, "waits for goose's lock, held by %s", holder(job, connection));
	int64_t pause_ms = state->lock_pause_ms;
	state->lock_pause_ms = pause_ms * 2 < longest_lock_pause_ms ? pause_ms * 2 : longest_lock_pause_ms;
	return kg_wait_timer(job, pause_ms, lock_tried);
}

static struct kg_next
tables_sought(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;
	const char *schema, *table;

	if (!kg_migration_table_split(job->arena, spec->table, &schema, &table))
		return kg_migration_failed(
		    job, kg_error_make(job->arena, KG_EINPUT, "`table` is not the name of a table: %s", spec->table));
	return kg_connection_query(job, kg_migration_sql_find(job->arena, schema, table), tables_found);
}

static struct kg_next
tables_found(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;
	struct kg_migration_state *state = job->state;
	const struct kg_connection *connection = &state->connection;
	const char *schema, *table;

	if (connection->error)
		return kg_migration_failed(job, connection->error);
	if (kg_connection_is_null(connection, 0, 0))
		return kg_migration_failed(job,
		    kg_error_advise(job->arena,
			kg_error_make(job->arena, KG_EINPUT, "the database has no schema to make %s in", spec->table),
			"give the role a search path, or write `table` with its schema"));
	(void)kg_migration_table_split(job->arena, spec->table, &schema, &table);
	schema = kg_copy(job->arena, kg_connection_field(connection, 0, 0));
	state->tables = kg_migration_tables_name(job->arena, schema, table);
	bool has_goose = kg_connection_field(connection, 0, 1)[0] == 't', has_own = kg_connection_field(connection, 0, 2)[0] == 't';
	if (!state->undoes)
		return kg_connection_query(job, kg_migration_sql_make(job->arena, &state->tables, has_goose, has_own), tables_made);
	if (!has_goose || !has_own) {
		kg_job_log(job, "the database has no migrations of kgraph's: nothing is undone");
		return kg_migration_done(job);
	}
	return kg_connection_query(job, kg_migration_sql_rows(job->arena, &state->tables), rows_read);
}

/* goose's command takes no lock: it may make its table at the same time as we do. */
static bool
was_made_by_another(const struct kg_connection *connection)
{
	return strcmp(connection->sqlstate, "42P07") == 0 || strcmp(connection->sqlstate, "23505") == 0;
}

static struct kg_next
tables_made(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (was_made_by_another(&state->connection) && --state->makes_left > 0)
		return kg_wait_timer(job, make_pause_ms, tables_sought);
	if (state->connection.error)
		return kg_migration_failed(job,
		    kg_error_wrap(
			job->arena, state->connection.error, "cannot make %s and %s", state->tables.goose, state->tables.own));
	return kg_connection_query(job, kg_migration_sql_rows(job->arena, &state->tables), rows_read);
}

static void
read_row(struct kg_arena *arena, const struct kg_connection *connection, int row, struct kg_migration_row *ret_row)
{
	const char *field[11];

	for (int i = 0; i < 11; i++)
		field[i] = kg_copy(arena, kg_connection_field(connection, row, i));
	*ret_row = (struct kg_migration_row){
		.version = strtoll(field[0], NULL, 10),
		.is_applied = field[1][0] == 't',
		.goose_id = strtoll(field[2], NULL, 10),
		.is_known = field[3][0] == 't',
		.is_finished = field[4][0] == 't',
		.known_id = strtoll(field[5], NULL, 10),
		.file = field[6],
		.sha256 = field[7],
		.normalised = field[8],
		.statements_done = (uint32_t)strtoul(field[9], NULL, 10),
		.applied_at = field[10],
	};
}

static struct kg_next
rows_read(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (state->connection.error)
		return kg_migration_failed(job, state->connection.error);
	int count = kg_connection_rows(&state->connection);
	struct kg_migration_row *rows = kg_new_array(job->arena, struct kg_migration_row, (size_t)count);
	for (int i = 0; i < count; i++)
		read_row(job->arena, &state->connection, i, &rows[i]);
	state->rows = rows;
	state->row_count = (uint32_t)count;
	return kg_go(state->prepared);
}

const char *
kg_migration_start_text(struct kg_job *job, const struct kg_goose_section *section)
{
	const struct kg_migration_spec *spec = job->spec;
	const char *settings = kg_migration_sql_settings(job->arena, spec->lock_timeout_ms, spec->statement_timeout_ms);

	return section->no_transaction ? settings : kg_format(job->arena, "%s; %s; BEGIN", settings, kg_migration_sql_notice_loss);
}
