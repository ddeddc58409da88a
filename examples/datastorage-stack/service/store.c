#include "store.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

/* Beside the workers there are the keeper of the dead letters and the main thread. */
enum { OTHER_THREADS = 2 };

struct store {
	struct pool *pool;
};

struct store *
store_open(const struct config *config)
{
	struct store *store = memory_get(sizeof(*store));

	store->pool = pool_open(config, (int)config->workers + OTHER_THREADS);
	return store;
}

/*
 * Data that PostgreSQL will not take (22) or that breaks a rule of a table (23) is refused today and tomorrow. Any other error
 * says something about the server or the schema: it may be put right, and the same events stored then.
 */
static enum store_result
judge(PGresult **result, struct text *reason)
{
	const char *state = PQresultErrorField(*result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(*result, PG_DIAG_MESSAGE_PRIMARY);
	enum store_result judgement = STORE_AWAY;

	if (PQresultStatus(*result) == PGRES_TUPLES_OK || PQresultStatus(*result) == PGRES_COMMAND_OK)
		return STORE_DONE;
	if (state && (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0))
		judgement = STORE_REFUSED;
	text_clear(reason);
	text_add(reason, "%s (SQLSTATE %s)", message ? message : "no answer", state ? state : "unknown");
	PQclear(*result);
	*result = NULL;
	return judgement;
}

/*
 * Runs one statement, which is a transaction of its own. A connection that has lain in the pool may have died there without
 * anyone noticing (PostgreSQL was restarted), so the failure of an old one is not held against the database. Running the
 * statement twice is harmless: reading is, and events that are there already are recognised by their ids.
 */
static enum store_result
store_run(struct store *store, const char *sql, int count, const char *const *values, PGresult **ret_result, struct text *reason)
{
	for (;;) {
		struct pool_slot *slot = pool_take(store->pool, reason);
		bool fresh;

		if (!slot)
			return STORE_AWAY;
		*ret_result = pool_run(store->pool, slot, sql, count, values, reason);
		fresh = slot->fresh;
		pool_give_back(store->pool, slot);
		if (*ret_result)
			return judge(ret_result, reason);
		if (fresh)
			return STORE_AWAY;
	}
}

enum store_result
store_insert(struct store *store, const struct batch *batch, size_t *ret_stored, struct text *reason)
{
	/* One statement for the whole batch: one round trip, and all or nothing without a transaction block. The array of
	 * ids runs beside the events, because some of those came without one. */
	static const char sql[] =
	    "INSERT INTO audit_events (event_id, event_timestamp, event_version, event_type, event_category, event_action,"
	    " event_outcome, severity, actor_type, actor_id, resource_type, resource_id, namespace, cluster_name,"
	    " correlation_id, parent_event_id, duration_ms, event_data)"
	    " SELECT id, event_timestamp, coalesce(event_version, '1.0'), event_type, event_category, event_action,"
	    " event_outcome, severity, actor_type, actor_id, resource_type, resource_id, namespace, cluster_name,"
	    " correlation_id, parent_event_id, duration_ms::integer, event_data"
	    " FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (event_timestamp timestamptz, event_version text,"
	    " event_type text, event_category text, event_action text, event_outcome text, severity text, actor_type text,"
	    " actor_id text, resource_type text, resource_id text, namespace text, cluster_name text, correlation_id text,"
	    " parent_event_id uuid, duration_ms numeric, event_data jsonb), unnest($2::uuid[])) AS event ("
	    "event_timestamp, event_version, event_type, event_category, event_action, event_outcome, severity, actor_type,"
	    " actor_id, resource_type, resource_id, namespace, cluster_name, correlation_id, parent_event_id, duration_ms,"
	    " event_data, id)"
	    " ON CONFLICT (event_id, event_timestamp) DO NOTHING";
	const char *const values[] = { text_get(&batch->json), text_get(&batch->ids) };
	PGresult *result;
	enum store_result outcome = store_run(store, sql, 2, values, &result, reason);

	if (outcome != STORE_DONE)
		return outcome;
	*ret_stored = strtoul(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return STORE_DONE;
}

enum store_result
store_list(struct store *store, struct query *query, struct text *ret_json, struct text *reason)
{
	struct text sql = { 0 };
	PGresult *result;
	enum store_result outcome;
	long rows;

	query_finish(query, &sql);
	outcome = store_run(store, text_get(&sql), query->count, (const char *const *)query->values, &result, reason);
	text_free(&sql);
	if (outcome != STORE_DONE)
		return outcome;
	rows = PQntuples(result);
	text_add(ret_json, "{\"events\":[");
	for (long i = 0; i < rows && i < query->limit; i++) {
		if (i > 0)
			text_add(ret_json, ",\n");
		text_add_bytes(ret_json, PQgetvalue(result, (int)i, 0), (size_t)PQgetlength(result, (int)i, 0));
	}
	text_add(ret_json, "],\"next\":");
	text_add_json(ret_json, rows > query->limit ? PQgetvalue(result, (int)query->limit - 1, 1) : NULL);
	text_add(ret_json, "}\n");
	PQclear(result);
	return STORE_DONE;
}

/* Which of the tables that the service uses are not there; goose_db_version is one of them. */
static enum store_result
missing_tables(struct store *store, struct text *ret_missing, struct text *reason)
{
	static const char sql[] =
	    "SELECT string_agg(name, ', ') FROM unnest(ARRAY['audit_events', 'audit_events_default', 'legal_holds',"
	    " 'partition_maintenance_log', 'goose_db_version']) AS name WHERE to_regclass(name) IS NULL";
	PGresult *result;
	enum store_result outcome = store_run(store, sql, 0, NULL, &result, reason);

	if (outcome != STORE_DONE)
		return outcome;
	text_add(ret_missing, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return STORE_DONE;
}

enum store_result
store_schema(struct store *store, long *ret_version, struct text *ret_missing, struct text *reason)
{
	/* Of each version the last row counts: an old goose adds a row with is_applied = false on the way down. */
	static const char sql[] =
	    "SELECT coalesce(max(version_id) FILTER (WHERE is_applied), 0) FROM"
	    " (SELECT DISTINCT ON (version_id) version_id, is_applied FROM goose_db_version ORDER BY version_id, id DESC) last";
	enum store_result outcome;
	PGresult *result;

	*ret_version = 0;
	outcome = missing_tables(store, ret_missing, reason);
	if (outcome != STORE_DONE || strstr(text_get(ret_missing), "goose_db_version"))
		return outcome;
	outcome = store_run(store, sql, 0, NULL, &result, reason);
	if (outcome != STORE_DONE)
		return outcome;
	*ret_version = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return STORE_DONE;
}

enum store_result
store_maintain(struct store *store, long *ret_created, struct text *reason)
{
	PGresult *result;
	enum store_result outcome = store_run(store, "SELECT maintain_audit_event_partitions()", 0, NULL, &result, reason);

	if (outcome != STORE_DONE)
		return outcome;
	*ret_created = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return STORE_DONE;
}

void
store_close(struct store *store)
{
	pool_close(store->pool);
	free(store);
}
