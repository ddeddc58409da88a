/*
 * Applies what is pending, one file after the other, each in one transaction together with the row that says so.
 *
 * A file that says NO TRANSACTION has no such net. After each of its statements kgraph writes down how many are done, and a
 * later run goes on behind them. What nobody can know is whether the statement in flight took effect when the connection or
 * kgraph itself was lost; it is run again, and when it then complains that its index is there already and PostgreSQL says that
 * this index is whole, it had.
 */
#include "targets/sql/migration_inside.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "targets/sql/sql_error.h"
#include "targets/sql/sql_token.h"

constexpr int64_t ns_per_ms = 1000000;

static kg_step planned, record_written, next_record, next_file, file_settled, progress_written, next_statement, statement_ended,
    statement_done, index_checked, file_ended, file_recorded, file_failed, rolled_back, all_applied, lock_freed;

static const struct kg_migration_step *
step_of(const struct kg_migration_state *state)
{
	return &state->plan.steps[state->step];
}

static const struct kg_goose_statement *
statement_of(const struct kg_migration_state *state)
{
	return &step_of(state)->file->up.statements[state->statement];
}

struct kg_next
kg_migration_run(struct kg_job *job)
{
	return kg_migration_prepare(job, false, planned);
}

static struct kg_next
planned(struct kg_job *job)
{
	const struct kg_migration_spec *spec = job->spec;
	struct kg_migration_state *state = job->state;

	struct kg_error *error =
	    kg_migration_plan(job->arena, &state->reading.files, state->rows, state->row_count, spec->allow_missing, &state->plan);
	if (error)
		return kg_migration_failed(job, error);
	for (uint32_t i = 0; i < state->plan.note_count; i++)
		kg_job_log(job, "%s", state->plan.notes[i]);
	if (state->plan.adopted_count > 0)
		kg_job_log(job, "%u migrations were applied by goose: their checksums are written down from now on",
		    state->plan.adopted_count);
	return kg_go(next_record);
}

static struct kg_next
next_record(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (state->record == state->plan.record_count)
		return kg_go(next_file);
	const struct kg_migration_record *record = &state->plan.records[state->record++];
	return kg_connection_query(job,
	    kg_migration_sql_record(job->arena, &state->tables, record->file, record->goose_id, record->is_adopted),
	    record_written);
}

static struct kg_next
record_written(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	return state->connection.error ? kg_migration_failed(job, state->connection.error) : kg_go(next_record);
}

static struct kg_next
next_file(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (state->step == state->plan.step_count)
		return kg_connection_query(job, kg_migration_sql_status(job->arena, &state->tables), all_applied);
	const struct kg_migration_step *step = step_of(state);
	kg_tell(job, "%s (%u of %u)", step->file->name, state->plan.applied_count + state->step + 1, state->reading.files.count);
	if (step->is_resumed && step->first < step->file->up.count)
		kg_job_log(job, "%s goes on at statement %u of %u, where it stopped", step->file->name, step->first + 1,
		    step->file->up.count);
	state->statement = step->first;
	state->started_ns = job->now_ns;
	state->failure = NULL;
	state->is_out_of_transaction = false;
	kg_migration_hash_statements(&step->file->up, step->first, &state->done);
	return kg_connection_query(job, kg_migration_start_text(job, &step->file->up), file_settled);
}

static struct kg_next
file_settled(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_migration_step *step = step_of(state);

	if (state->connection.error || !step->file->up.no_transaction || step->first > 0)
		return kg_go(progress_written);
	return kg_connection_query(
	    job, kg_migration_sql_begun(job->arena, &state->tables, step->file, &state->done), progress_written);
}

/* The database has been told where the file is, before its first statement and, without a transaction, behind each. */
static struct kg_next
progress_written(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (!state->connection.error)
		return kg_go(next_statement);
	state->failure = state->connection.error;
	return kg_go(file_failed);
}

static struct kg_next
next_statement(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (state->statement == step_of(state)->file->up.count)
		return kg_go(file_ended);
	return kg_connection_execute(job, statement_of(state)->text, statement_ended);
}

/* SQLSTATEs that say that what a statement makes is there already. */
static bool
is_duplicate(const char *sqlstate)
{
	static const char *const states[] = { "42P07", "42710", "42701", "42P06", "42723", "42P04" };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(sqlstate, states[i]) == 0)
			return true;
	return false;
}

/* Is it the one that was in flight when the run before stopped? */
static bool
is_repeated(const struct kg_migration_state *state)
{
	return step_of(state)->is_resumed && state->statement == step_of(state)->first;
}

static struct kg_next
statement_ended(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_connection *connection = &state->connection;
	const struct kg_migration_file *file = step_of(state)->file;
	const struct kg_goose_statement *statement = statement_of(state);
	struct kg_sql_index index;

	if (connection->error) {
		state->failure = connection->error;
		kg_sql_error_place(job->arena, state->failure, connection->failure, &file->source, statement);
		state->may_be_done = is_repeated(state) && is_duplicate(connection->sqlstate);
		if (state->may_be_done)
			kg_error_advise(job->arena, state->failure,
			    "the run before stopped in this statement, and it may have taken effect: if so, make it harmless when "
			    "repeated "
			    "(IF NOT EXISTS)");
		else if (strcmp(connection->sqlstate, "55P03") == 0 && !state->failure->advice)
			kg_error_advise(job->arena, state->failure,
			    "another session holds a lock on what it changes; pg_stat_activity and pg_blocking_pids() tell which");
	}
	if (!connection->is_lost && file->up.no_transaction &&
	    kg_sql_concurrent_index(job->arena, statement->text, statement->size, &index))
		return kg_connection_query(job, kg_migration_sql_index(job->arena, &index), index_checked);
	return kg_go(statement_done);
}

/*
 * CREATE INDEX CONCURRENTLY that fails leaves an index which is kept up to date and never used; and with IF NOT EXISTS the next
 * try is content with it. So the index itself is asked for.
 */
static struct kg_next
index_checked(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_connection *connection = &state->connection;
	const struct kg_migration_file *file = step_of(state)->file;

	if (connection->error || kg_connection_rows(connection) == 0)
		return kg_go(statement_done);
	const char *name = kg_copy(job->arena, kg_connection_field(connection, 0, 1));
	if (kg_connection_field(connection, 0, 0)[0] == 't') {
		if (state->failure && state->may_be_done) {
			kg_job_log(job, "%s: the index %s is there and whole: the run before has made it", file->name, name);
			state->failure = NULL;
		}
		return kg_go(statement_done);
	}
	if (!state->failure) {
		state->failure =
		    kg_error_make(job->arena, KG_EFAILED, "the index %s is invalid: an earlier try to make it failed", name);
		kg_sql_error_place(job->arena, state->failure, NULL, &file->source, statement_of(state));
	}
	kg_error_advise(job->arena, state->failure, "the index is left invalid; DROP INDEX CONCURRENTLY %s; and run again", name);
	return kg_go(statement_done);
}

static struct kg_next
statement_done(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_migration_file *file = step_of(state)->file;
	const struct kg_goose_statement *statement = statement_of(state);

	if (state->failure)
		return kg_go(file_failed);
	state->statement++;
	if (file->up.no_transaction) {
		kg_migration_hash_add(statement, &state->done);
		return kg_connection_query(job,
		    kg_migration_sql_progress(job->arena, &state->tables, file->version, state->statement, &state->done),
		    progress_written);
	}
	if (!kg_connection_in_transaction(&state->connection) && !state->is_out_of_transaction) {
		state->is_out_of_transaction = true;
		kg_job_log(job, "%s:%u: this statement ends the file's transaction: what follows is not rolled back when it fails",
		    file->name, statement->lines[0]);
	}
	return kg_go(next_statement);
}

static struct kg_next
file_ended(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_migration_file *file = step_of(state)->file;
	int64_t duration_ms = (job->now_ns - state->started_ns) / ns_per_ms;
	const char *applied = kg_migration_sql_applied(job->arena, &state->tables, file, duration_ms);

	return kg_connection_query(
	    job, kg_format(job->arena, "%s%s; COMMIT", file->up.no_transaction ? "BEGIN; " : "", applied), file_recorded);
}

static struct kg_next
file_recorded(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_migration_file *file = step_of(state)->file;

	if (state->connection.error) {
		state->failure = state->connection.is_lost
		    ? kg_error_wrap(job->arena, state->connection.error,
			  "while it was being committed: the next run sees whether it is applied")
		    : state->connection.error;
		return kg_go(file_failed);
	}
	state->step++;
	kg_job_log(job, "%s: applied in %s (%u of %u)", file->name, kg_duration_tell(job->arena, job->now_ns - state->started_ns),
	    state->plan.applied_count + state->step, state->reading.files.count);
	return kg_go(next_file);
}

static struct kg_next
file_failed(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	/* Closing would roll back as well, but only after we have said that it is. */
	if (!state->connection.is_lost && kg_connection_in_transaction(&state->connection))
		return kg_connection_query(job, "ROLLBACK", rolled_back);
	return kg_go(rolled_back);
}

/* What of the file stays, and where the next run goes on. */
static const char *
what_stays(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_migration_file *file = step_of(state)->file;

	if (file->up.no_transaction && state->statement == file->up.count)
		return kg_format(job->arena, "%s has run, but could not be written down", file->name);
	if (file->up.no_transaction)
		return kg_format(job->arena,
		    "%s, which is without a transaction, failed in statement %u of %u, where the next run goes on", file->name,
		    state->statement + 1, file->up.count);
	if (state->is_out_of_transaction)
		return kg_format(job->arena, "%s failed after it had ended its transaction, so that part of it stays", file->name);
	return kg_format(job->arena, "%s failed and was rolled back", file->name);
}

static struct kg_next
rolled_back(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	return kg_migration_failed(job,
	    kg_error_wrap(job->arena, state->failure, "%u of %u migrations are applied; %s",
		state->plan.applied_count + state->step, state->reading.files.count, what_stays(job)));
}

static struct kg_next
all_applied(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_connection *connection = &state->connection;

	if (connection->error)
		return kg_migration_failed(job, connection->error);
	kg_output(job, "database", kg_connection_field(connection, 0, 0));
	kg_output(job, "version", kg_connection_field(connection, 0, 1));
	kg_output(job, "checksum", kg_connection_field(connection, 0, 2));
	return kg_connection_query(job, kg_migration_sql_unlock, lock_freed);
}

/* The lock goes with the connection at the latest. */
static struct kg_next
lock_freed(struct kg_job *job)
{
	return kg_migration_done(job);
}
