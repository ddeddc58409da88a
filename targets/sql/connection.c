#include "targets/sql/connection.h"

#include <string.h>

#include <libpq-fe.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "targets/sql/sql_error.h"

constexpr int64_t first_pause_ms = 25, longest_pause_ms = 500;
constexpr int64_t ns_per_ms = 1000000;

static kg_step link_started, link_polled, open_again, query_moved;

static struct kg_connection *
connection_of(struct kg_job *job)
{
	return job->state;
}

static void
drop_results(struct kg_connection *connection)
{
	PQclear(connection->result);
	PQclear(connection->failure);
	connection->result = connection->failure = NULL;
	connection->error = NULL;
	connection->sqlstate[0] = '\0';
	connection->is_lost = connection->copies_out = connection->refused_copy = false;
}

void
kg_connection_close(struct kg_connection *connection)
{
	drop_results(connection);
	PQfinish(connection->link);
	connection->link = NULL;
}

static int64_t
earlier(int64_t one_ns, int64_t other_ns)
{
	return one_ns == 0 || (other_ns != 0 && other_ns < one_ns) ? other_ns : one_ns;
}

/* Waits for the socket until the limit, 0 for none; the step finds job->timed_out when that has come. */
static struct kg_next
wait_socket(struct kg_job *job, int events, int64_t until_ns, kg_step *then)
{
	int64_t left_ms = 0;

	if (until_ns > 0) {
		left_ms = (until_ns - job->now_ns) / ns_per_ms;
		if (left_ms < 1)
			left_ms = 1;
	}
	return kg_wait_fd(job, PQsocket(connection_of(job)->link), events, left_ms, then);
}

static struct kg_next
wait_link(struct kg_job *job, int events)
{
	struct kg_connection *connection = connection_of(job);

	return wait_socket(job, events, earlier(connection->connect_until_ns, connection->deadline_ns), link_polled);
}

/* What PostgreSQL says aside goes to the node's log: "NOTICE: relation … already exists, skipping". */
static void
on_notice(void *context, const PGresult *notice)
{
	struct kg_connection *connection = context;
	struct kg_job *job = connection->job;
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY),
		   *message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);

	if (message)
		kg_job_log(job, "%s: %s", severity ? severity : "NOTICE", kg_mask_text(job->arena, job->mask, message));
}

/*
 * Runs on a worker thread: PQconnectStart asks the resolver, and reads the password and service files. Later entries win over
 * earlier ones, so that the URL may change the application's name, but not the encoding that positions in errors are counted in.
 */
static void
start_link(void *data)
{
	struct kg_connection *connection = data;
	const char *const names[] = { "application_name", "dbname", "client_encoding", NULL };
	const char *const values[] = { "kgraph", connection->url, "UTF8", NULL };

	connection->link = PQconnectStartParams(names, values, 1);
}

static struct kg_next
start(struct kg_job *job)
{
	return kg_wait_worker(job, start_link, connection_of(job), link_started);
}

struct kg_next
kg_connection_open(struct kg_job *job, const char *url, const struct kg_connection_limits *limits, kg_step *then)
{
	struct kg_connection *connection = connection_of(job);

	kg_connection_close(connection);
	connection->job = job;
	connection->url = url;
	connection->then = then;
	connection->pause_ms = first_pause_ms;
	connection->tries_again = limits->tries_again;
	connection->connect_until_ns = limits->connect_ms > 0 ? job->now_ns + limits->connect_ms * ns_per_ms : 0;
	connection->deadline_ns = limits->total_ms > 0 ? job->now_ns + limits->total_ms * ns_per_ms : 0;
	return kg_go(start);
}

static struct kg_next
link_failed(struct kg_job *job)
{
	struct kg_connection *connection = connection_of(job);
	bool may_heal = false;

	if (job->timed_out) {
		connection->error = kg_error_make(job->arena, KG_ETIME, "cannot connect to the database: it does not answer");
	} else {
		connection->error =
		    kg_sql_connect_error(job->arena, job->mask, PQerrorMessage(connection->link), connection->sqlstate, &may_heal);
	}
	PQfinish(connection->link);
	connection->link = NULL;
	int64_t until_ns = earlier(connection->connect_until_ns, connection->deadline_ns);
	bool is_late = until_ns > 0 && job->now_ns + connection->pause_ms * ns_per_ms > until_ns;
	if (!may_heal || !connection->tries_again || is_late)
		return kg_go(connection->then);
	kg_tell(job, "%s", connection->error->message);
	int64_t pause_ms = connection->pause_ms;
	connection->pause_ms = pause_ms * 2 < longest_pause_ms ? pause_ms * 2 : longest_pause_ms;
	return kg_wait_timer(job, pause_ms, open_again);
}

static struct kg_next
open_again(struct kg_job *job)
{
	connection_of(job)->error = NULL;
	connection_of(job)->sqlstate[0] = '\0';
	return kg_go(start);
}

static struct kg_next
link_started(struct kg_job *job)
{
	PGconn *link = connection_of(job)->link;

	kg_assert(link);
	job->timed_out = false;
	if (PQstatus(link) == CONNECTION_BAD)
		return link_failed(job);
	/* Verbose errors carry the SQLSTATE, which libpq does not give otherwise while connecting. */
	PQsetErrorVerbosity(link, PQERRORS_VERBOSE);
	PQsetNoticeReceiver(link, on_notice, connection_of(job));
	return wait_link(job, KG_FD_WRITABLE);
}

static struct kg_next
link_polled(struct kg_job *job)
{
	struct kg_connection *connection = connection_of(job);

	if (job->timed_out)
		return link_failed(job);
	switch (PQconnectPoll(connection->link)) {
	case PGRES_POLLING_READING: return wait_link(job, KG_FD_READABLE);
	case PGRES_POLLING_WRITING: return wait_link(job, KG_FD_WRITABLE);
	case PGRES_POLLING_OK:
		PQsetErrorVerbosity(connection->link, PQERRORS_DEFAULT);
		PQsetnonblocking(connection->link, 1);
		return kg_go(connection->then);
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE: break;
	}
	return link_failed(job);
}

static struct kg_next
query_lost(struct kg_job *job)
{
	struct kg_connection *connection = connection_of(job);

	connection->is_lost = true;
	if (job->timed_out)
		connection->error = kg_error_make(job->arena, KG_ETIME, "the database does not answer");
	else
		connection->error = kg_sql_lost_error(job->arena, job->mask, PQerrorMessage(connection->link));
	return kg_go(connection->then);
}

static struct kg_next
send_query(struct kg_job *job, const char *text, bool drops_rows, kg_step *then)
{
	struct kg_connection *connection = connection_of(job);

	drop_results(connection);
	connection->then = then;
	/* A job that was called by a timer still carries what the last wait said. */
	job->timed_out = false;
	if (!connection->link || PQsendQuery(connection->link, text) != 1)
		return query_lost(job);
	if (drops_rows)
		PQsetSingleRowMode(connection->link);
	return kg_go(query_moved);
}

struct kg_next
kg_connection_query(struct kg_job *job, const char *text, kg_step *then)
{
	return send_query(job, text, false, then);
}

struct kg_next
kg_connection_execute(struct kg_job *job, const char *text, kg_step *then)
{
	return send_query(job, text, true, then);
}

/* The first failure counts, and the last result. */
static void
keep_result(struct kg_connection *connection, PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_FATAL_ERROR:
	case PGRES_BAD_RESPONSE:
		if (connection->failure)
			PQclear(result);
		else
			connection->failure = result;
		return;
	case PGRES_COPY_IN:
		connection->refused_copy = true;
		PQputCopyEnd(connection->link, "kgraph has no rows to give");
		PQclear(result);
		return;
	case PGRES_COPY_OUT:
		connection->copies_out = true;
		PQclear(result);
		return;
	default: PQclear(connection->result); connection->result = result;
	}
}

/* Rows that COPY … TO STDOUT gives are nobody's. True when all that has come is read and more will come. */
static bool
drop_copied_rows(struct kg_connection *connection)
{
	char *row;
	int size;

	while ((size = PQgetCopyData(connection->link, &row, 1)) > 0)
		PQfreemem(row);
	connection->copies_out = size == 0;
	return connection->copies_out;
}

static struct kg_next
query_ended(struct kg_job *job)
{
	struct kg_connection *connection = connection_of(job);

	if (PQstatus(connection->link) == CONNECTION_BAD)
		return query_lost(job);
	if (connection->failure) {
		const char *sqlstate = PQresultErrorField(connection->failure, PG_DIAG_SQLSTATE);

		PQclear(connection->result);
		connection->result = NULL;
		if (sqlstate && strlen(sqlstate) == 5)
			memcpy(connection->sqlstate, sqlstate, sizeof(connection->sqlstate));
		if (connection->refused_copy)
			connection->error = kg_error_make(
			    job->arena, KG_EINPUT, "COPY … FROM STDIN cannot be used in a migration: nothing feeds it rows");
		else
			connection->error = kg_sql_error(job->arena, job->mask, connection->failure);
	}
	return kg_go(connection->then);
}

static struct kg_next
query_moved(struct kg_job *job)
{
	struct kg_connection *connection = connection_of(job);
	PGconn *link = connection->link;

	if (job->timed_out || PQflush(link) < 0 || PQconsumeInput(link) != 1)
		return query_lost(job);
	while (!connection->copies_out || !drop_copied_rows(connection)) {
		if (PQisBusy(link))
			break;
		PGresult *result = PQgetResult(link);
		if (!result)
			return query_ended(job);
		keep_result(connection, result);
	}
	int unsent = PQflush(link);
	if (unsent < 0)
		return query_lost(job);
	return wait_socket(
	    job, unsent > 0 ? KG_FD_READABLE | KG_FD_WRITABLE : KG_FD_READABLE, connection->deadline_ns, query_moved);
}

const char *
kg_connection_field(const struct kg_connection *connection, int row, int column)
{
	return PQgetvalue(connection->result, row, column);
}

bool
kg_connection_is_null(const struct kg_connection *connection, int row, int column)
{
	return PQgetisnull(connection->result, row, column) == 1;
}

int
kg_connection_rows(const struct kg_connection *connection)
{
	return PQntuples(connection->result);
}

bool
kg_connection_in_transaction(const struct kg_connection *connection)
{
	PGTransactionStatusType status = PQtransactionStatus(connection->link);

	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}
