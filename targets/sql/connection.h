/*
 * One connection to PostgreSQL, driven by the steps of a job through libpq's asynchronous interface.
 *
 *     struct migration_state { struct kg_connection connection; … };
 *
 *     return kg_connection_open(job, spec->url, &(struct kg_connection_limits){ .connect_ms = 10000 }, connected);
 *     …
 *     if (state->connection.error)
 *         return kg_failed(state->connection.error);
 *     return kg_connection_query(job, "SELECT 1", answered);
 *
 * The kind's state must start with the connection: the steps in here find it at job->state. Both functions go on with then
 * whether it went well or not; the connection says how.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/job.h"

struct pg_conn;
struct pg_result;

struct kg_connection_limits {
	int64_t connect_ms; /* for connecting, all tries together; 0: none but the node's own */
	bool tries_again;   /* while the server is starting, is not there yet, or has no connection free */
	int64_t total_ms;   /* for connecting and for all queries together; 0: none but the node's own */
};

struct kg_connection {
	struct pg_conn *link;      /* NULL: not connected */
	struct pg_result *result;  /* of the last query: its last result, NULL when it failed. Freed with the next query */
	struct kg_error *error;    /* why the last open or query failed, or NULL */
	struct pg_result *failure; /* the server's answer behind error; NULL when it gave none. Freed with the next query */
	char sqlstate[6];          /* of error; "" when it has none */
	bool is_lost;              /* the connection broke during the last query: whether it took effect is not known */

	/* Below is connection.c's own. */
	struct kg_job *job;
	const char *url;
	kg_step *then;
	int64_t connect_until_ns, deadline_ns; /* 0: none */
	int64_t pause_ms;
	bool tries_again, copies_out, refused_copy;
};

struct kg_next kg_connection_open(struct kg_job *job, const char *url, const struct kg_connection_limits *limits, kg_step *then);

/*
 * text may hold several statements, which the server runs one after the other until one fails. It must live until then is
 * called.
 */
struct kg_next kg_connection_query(struct kg_job *job, const char *text, kg_step *then);
/* The same for a statement whose rows nobody reads: however many they are, they are dropped as they come. */
struct kg_next kg_connection_execute(struct kg_job *job, const char *text, kg_step *then);

/* A field of the result, "" when it is NULL; one row and one column count from 0. */
const char *kg_connection_field(const struct kg_connection *connection, int row, int column);
bool kg_connection_is_null(const struct kg_connection *connection, int row, int column);
int kg_connection_rows(const struct kg_connection *connection);
/* Is a transaction open, failed or not? */
bool kg_connection_in_transaction(const struct kg_connection *connection);

/* Harmless when there is none. What the server had not finished, it undoes. */
void kg_connection_close(struct kg_connection *connection);
