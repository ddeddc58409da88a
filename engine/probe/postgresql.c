/* ready = { postgresql = "postgresql://user@127.0.0.1:5432/database", query = "…" }: the database answers a query. */
#include <string.h>

#include <libpq-fe.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/probe/attempt.h"
#include "engine/probe/connect.h"

struct postgresql_own {
	PGconn *connection;
	struct kg_probe_addresses addresses;
	const char *query;
	bool result_seen;
	const char *missing; /* what the answer lacks; NULL: nothing */
};

static kg_step begin, looked_up, poll_connection, query_sent, result_read;

struct kg_error *
kg_probe_postgresql_check(struct kg_arena *arena, const struct kg_probe *probe)
{
	const char *url = probe->postgresql;

	if (strstr(url, "${") || kg_text_starts(url, "postgresql://") || kg_text_starts(url, "postgres://") || strchr(url, '='))
		return NULL;
	return kg_error_make(arena, KG_EINPUT, "`postgresql` must be a URL such as postgresql://user@127.0.0.1:5432/database");
}

static void
release(struct kg_job *job)
{
	struct postgresql_own *own = kg_probe_run(job)->own;

	PQfinish(own->connection);
	own->connection = NULL;
}

/*
 * The server's own words: libpq puts where it connected to and the severity in front of them, and hints on further lines behind
 * them.
 */
static const char *
words_of(struct kg_arena *arena, const char *message)
{
	char *line = kg_copy_bytes(arena, message, strcspn(message, "\n"));
	const char *failed = strstr(line, " failed: ");
	const char *words = failed ? failed + strlen(" failed: ") : line;

	for (size_t i = 0; i < 2; i++) {
		const char *severity = i == 0 ? "FATAL:  " : "ERROR:  ";

		if (kg_text_starts(words, severity))
			words += strlen(severity);
	}
	return *words ? words : "the connection failed";
}

static struct kg_next
not_yet(struct kg_job *job)
{
	const struct postgresql_own *own = kg_probe_run(job)->own;

	if (kg_probe_run(job)->attempt_is_over)
		return kg_probe_not_yet(job, "no answer");
	return kg_probe_not_yet(job, "%s", words_of(job->arena, PQerrorMessage(own->connection)));
}

/* The host of the URL that has to be looked up by name, or NULL: libpq would block on it. */
static struct kg_error *
host_of(struct kg_job *job, const char *url, const char **ret_host)
{
	char *reason = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &reason);

	*ret_host = NULL;
	if (!options) {
		struct kg_error *error = kg_error_make(
		    job->arena, KG_EINPUT, "`postgresql` in `ready`: %s", words_of(job->arena, reason ? reason : "no memory"));

		PQfreemem(reason);
		return error;
	}
	bool has_address = false;
	for (const PQconninfoOption *option = options; option->keyword; option++) {
		if (option->val && *option->val && strcmp(option->keyword, "hostaddr") == 0)
			has_address = true;
		if (option->val && *option->val && strcmp(option->keyword, "host") == 0)
			*ret_host = kg_copy(job->arena, option->val);
	}
	PQconninfoFree(options);
	/* A folder with a socket, or a list of hosts, is libpq's business. */
	if (*ret_host && (has_address || strpbrk(*ret_host, "/,@") || !kg_probe_host_needs_lookup(*ret_host)))
		*ret_host = NULL;
	return NULL;
}

struct kg_next
kg_probe_postgresql_try(struct kg_job *job)
{
	struct kg_probe_try *probe = kg_probe_run(job);
	struct postgresql_own *own = kg_probe_own(job, sizeof(*own));
	const char *host;

	own->query = probe->rule->query ? probe->rule->query : "SELECT 1";
	own->result_seen = false;
	own->missing = NULL;
	struct kg_error *error = host_of(job, probe->rule->postgresql, &host);
	if (error)
		return kg_probe_failed(job, error);
	if (!host)
		return kg_go(begin);
	strncpy(own->addresses.host, host, sizeof(own->addresses.host) - 1);
	strncpy(own->addresses.port, "0", sizeof(own->addresses.port) - 1);
	return kg_wait_worker(job, kg_probe_lookup, &own->addresses, looked_up);
}

static struct kg_next
looked_up(struct kg_job *job)
{
	const struct postgresql_own *own = kg_probe_run(job)->own;

	if (own->addresses.failure || own->addresses.count == 0)
		return kg_probe_not_yet(job, "cannot look up %s", own->addresses.host);
	return kg_go(begin);
}

static struct kg_next
begin(struct kg_job *job)
{
	struct kg_probe_try *probe = kg_probe_run(job);
	struct postgresql_own *own = probe->own;
	/* Kerberos would be asked for first, and its look-ups block. What the URL says comes later and counts. */
	const char *keys[] = { "gssencmode", "fallback_application_name", "dbname", NULL, NULL };
	const char *values[] = { "disable", "kgraph", probe->rule->postgresql, NULL, NULL };

	if (own->addresses.count > 0) {
		keys[3] = "hostaddr";
		values[3] = kg_probe_address_tell(job->arena, &own->addresses);
	}
	own->connection = PQconnectStartParams(keys, values, 1);
	probe->release = release;
	if (PQstatus(own->connection) == CONNECTION_BAD)
		return not_yet(job);
	return kg_probe_wait_fd(job, PQsocket(own->connection), KG_FD_WRITABLE, poll_connection);
}

static struct kg_next
poll_connection(struct kg_job *job)
{
	struct postgresql_own *own = kg_probe_run(job)->own;

	if (kg_probe_run(job)->attempt_is_over)
		return not_yet(job);
	switch (PQconnectPoll(own->connection)) {
	case PGRES_POLLING_READING: return kg_probe_wait_fd(job, PQsocket(own->connection), KG_FD_READABLE, poll_connection);
	case PGRES_POLLING_WRITING: return kg_probe_wait_fd(job, PQsocket(own->connection), KG_FD_WRITABLE, poll_connection);
	case PGRES_POLLING_OK: break;
	default: return not_yet(job);
	}
	if (PQsetnonblocking(own->connection, 1) != 0 || !PQsendQuery(own->connection, own->query))
		return not_yet(job);
	return kg_go(query_sent);
}

static struct kg_next
query_sent(struct kg_job *job)
{
	struct postgresql_own *own = kg_probe_run(job)->own;
	int flushed = PQflush(own->connection);

	if (flushed < 0 || kg_probe_run(job)->attempt_is_over)
		return not_yet(job);
	if (flushed > 0)
		return kg_probe_wait_fd(job, PQsocket(own->connection), KG_FD_READABLE | KG_FD_WRITABLE, query_sent);
	return kg_probe_wait_fd(job, PQsocket(own->connection), KG_FD_READABLE, result_read);
}

/* A row whose first value is neither null nor false; statements that give no rows need only succeed. */
static const char *
row_missing(const PGresult *result)
{
	if (PQresultStatus(result) != PGRES_TUPLES_OK || PQnfields(result) == 0)
		return NULL;
	if (PQntuples(result) == 0)
		return "the query gives no row";
	if (PQgetisnull(result, 0, 0))
		return "the query gives null";
	static constexpr Oid boolean = 16; /* pg_type.dat */
	return PQftype(result, 0) == boolean && PQgetvalue(result, 0, 0)[0] == 'f' ? "the query gives false" : NULL;
}

static struct kg_next
result_read(struct kg_job *job)
{
	struct postgresql_own *own = kg_probe_run(job)->own;
	PGresult *result;

	if (kg_probe_run(job)->attempt_is_over || !PQconsumeInput(own->connection))
		return not_yet(job);
	while (!PQisBusy(own->connection)) {
		result = PQgetResult(own->connection);
		if (!result) {
			if (own->missing)
				return kg_probe_not_yet(job, "%s", own->missing);
			return own->result_seen ? kg_probe_passed(job) : not_yet(job);
		}
		ExecStatusType status = PQresultStatus(result);
		own->result_seen = true;
		if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
			own->missing = words_of(job->arena, PQresultErrorMessage(result));
		else
			own->missing = row_missing(result);
		PQclear(result);
	}
	return kg_probe_wait_fd(job, PQsocket(own->connection), KG_FD_READABLE, result_read);
}
