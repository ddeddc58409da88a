/*
 * What to list: the filters of GET /api/v1/audit/events, as SQL and its parameters.
 *
 *     struct query query = { 0 };
 *     query_add(&query, "correlation_id", "rr-7", &problem);
 *     query_add(&query, "limit", "20", &problem);
 *     query_finish(&query, &sql);
 *     … PQexecParams(connection, text_get(&sql), query.count, NULL, query.values, …) …
 *
 * Values only ever become parameters, never SQL. The newest events come first. Pages go by key and not by offset: while
 * somebody pages, new events arrive, and an offset would show some twice and, deep down, read all that it skips.
 */

#pragma once

#include <stdbool.h>

#include "problem.h"
#include "text.h"

enum { QUERY_MAX_VALUES = 24, QUERY_DEFAULT_LIMIT = 100, QUERY_MAX_LIMIT = 1000 };

struct query {
	struct text conditions;
	char *values[QUERY_MAX_VALUES];
	int count;
	long limit;
	unsigned seen; /* a bit for each filter: each may be given once */
};

/* Adds a filter or `limit` or `after`. A wrong one is added to the problem, and the others can still be checked. */
void query_add(struct query *query, const char *name, const char *value, struct problem *problem);

/*
 * The statement. Its rows have two columns: an event as JSON, and the key that `after` takes to go on behind it. It asks for
 * one row more than the limit, which tells whether there is a next page.
 */
void query_finish(struct query *query, struct text *ret_sql);

void query_free(struct query *query);
