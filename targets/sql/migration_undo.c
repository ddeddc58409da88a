/*
 * Takes a schema away again: the Down sections of all that is applied, the newest first, then kgraph's table, and goose's when
 * nothing else is left in it. Only when data is to go as well.
 */
#include "targets/sql/migration_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/sql/sql_error.h"

static kg_step planned, next_file, file_begun, next_statement, statement_ended, file_ended, file_failed, rolled_back,
    tables_removed;

struct kg_next
kg_migration_undo(struct kg_job *job)
{
	return job->purge ? kg_migration_prepare(job, true, planned) : kg_done(job);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct kg_migration_row *one = a, *two = b;

	return one->goose_id > two->goose_id ? -1 : one->goose_id < two->goose_id;
}

static int
compare_version(const void *version, const void *file)
{
	int64_t one = *(const int64_t *)version, two = ((const struct kg_migration_file *)file)->version;

	return one < two ? -1 : one > two;
}

/* Why a version cannot be undone, or NULL and its file. */
static const char *
find_file(struct kg_job *job, const struct kg_migration_row *row, const struct kg_migration_file **ret_file)
{
	struct kg_migration_state *state = job->state;
	const struct kg_migration_files *files = &state->reading.files;
	const struct kg_migration_file *file =
	    files->count > 0 ? bsearch(&row->version, files->items, files->count, sizeof(*file), compare_version) : NULL;

	*ret_file = file;
	if (!file)
		return kg_format(job->arena, "version %" PRId64 " is applied, but no file says how it is undone", row->version);
	if (file->is_go)
		return kg_format(job->arena, "%s is written in Go, which kgraph cannot run", file->name);
	if (file->error)
		return kg_format(job->arena, "%s: %s", file->name, kg_error_text(job->arena, file->error));
	return NULL;
}

static struct kg_next
planned(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	struct kg_migration_row *rows = kg_new_array(job->arena, struct kg_migration_row, state->row_count);
	struct kg_text complaints = { .arena = job->arena };
	uint32_t count = 0;

	for (uint32_t i = 0; i < state->row_count; i++)
		if (state->rows[i].is_applied)
			rows[count++] = state->rows[i];
	if (count > 0 && state->reading.error)
		return kg_migration_failed(job, state->reading.error);
	if (count > 0)
		qsort(rows, count, sizeof(*rows), compare_rows);
	state->undo_files = kg_new_array(job->arena, const struct kg_migration_file *, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *complaint = find_file(job, &rows[i], &state->undo_files[i]);

		if (complaint)
			kg_text_format(&complaints, "%s\n", complaint);
	}
	if (complaints.size > 0) {
		struct kg_error *error = kg_error_make(job->arena, KG_EINPUT, "the migrations cannot be undone; nothing was");

		error->detail = kg_text_end(&complaints);
		return kg_migration_failed(job, error);
	}
	state->undo_count = count;
	return kg_go(next_file);
}

static const struct kg_migration_file *
file_of(const struct kg_migration_state *state)
{
	return state->undo_files[state->step];
}

static struct kg_next
next_file(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (state->step == state->undo_count)
		return kg_connection_query(job, kg_migration_sql_remove(job->arena, &state->tables), tables_removed);
	kg_tell(job, "undoes %s (%u of %u)", file_of(state)->name, state->step + 1, state->undo_count);
	state->statement = 0;
	return kg_connection_query(job, kg_migration_start_text(job, &file_of(state)->down), file_begun);
}

static struct kg_next
file_begun(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	state->failure = state->connection.error;
	return kg_go(state->failure ? file_failed : next_statement);
}

static struct kg_next
next_statement(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_goose_section *down = &file_of(state)->down;

	if (state->statement < down->count)
		return kg_connection_execute(job, down->statements[state->statement].text, statement_ended);
	const char *undone = kg_migration_sql_undone(job->arena, &state->tables, file_of(state)->version);
	return kg_connection_query(
	    job, kg_format(job->arena, "%s%s; COMMIT", down->no_transaction ? "BEGIN; " : "", undone), file_ended);
}

static struct kg_next
statement_ended(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;
	const struct kg_connection *connection = &state->connection;

	if (connection->error) {
		state->failure = connection->error;
		kg_sql_error_place(job->arena, state->failure, connection->failure, &file_of(state)->source,
		    &file_of(state)->down.statements[state->statement]);
		return kg_go(file_failed);
	}
	state->statement++;
	return kg_go(next_statement);
}

static struct kg_next
file_ended(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	state->failure = state->connection.error;
	if (state->failure)
		return kg_go(file_failed);
	kg_job_log(job, "%s: undone (%u of %u)", file_of(state)->name, state->step + 1, state->undo_count);
	state->step++;
	return kg_go(next_file);
}

static struct kg_next
file_failed(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (!state->connection.is_lost && kg_connection_in_transaction(&state->connection))
		return kg_connection_query(job, "ROLLBACK", rolled_back);
	return kg_go(rolled_back);
}

static struct kg_next
rolled_back(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	return kg_migration_failed(job,
	    kg_error_wrap(job->arena, state->failure, "%u of %u migrations are undone; the Down section of %s failed%s",
		state->step, state->undo_count, file_of(state)->name,
		file_of(state)->down.no_transaction ? "" : " and was rolled back"));
}

static struct kg_next
tables_removed(struct kg_job *job)
{
	struct kg_migration_state *state = job->state;

	if (state->connection.error)
		return kg_migration_failed(job, state->connection.error);
	return kg_connection_query(job, kg_migration_sql_unlock, kg_migration_done);
}
