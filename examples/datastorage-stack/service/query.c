#include "query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

enum filter_type { FILTER_TEXT, FILTER_TIMESTAMP, FILTER_UUID, FILTER_LIMIT, FILTER_AFTER };

struct filter {
	const char *name;
	enum filter_type type;
	const char *condition; /* goes before the parameter */
	const char *cast;      /* goes behind it */
};

static const struct filter filters[] = {
	{ "correlation_id", FILTER_TEXT, "correlation_id = ", "" },
	{ "event_id", FILTER_UUID, "event_id = ", "::uuid" },
	{ "event_type", FILTER_TEXT, "event_type = ", "" },
	{ "event_category", FILTER_TEXT, "event_category = ", "" },
	{ "event_action", FILTER_TEXT, "event_action = ", "" },
	{ "event_outcome", FILTER_TEXT, "event_outcome = ", "" },
	{ "severity", FILTER_TEXT, "severity = ", "" },
	{ "actor_type", FILTER_TEXT, "actor_type = ", "" },
	{ "actor_id", FILTER_TEXT, "actor_id = ", "" },
	{ "resource_type", FILTER_TEXT, "resource_type = ", "" },
	{ "resource_id", FILTER_TEXT, "resource_id = ", "" },
	{ "namespace", FILTER_TEXT, "namespace = ", "" },
	{ "cluster_name", FILTER_TEXT, "cluster_name = ", "" },
	{ "parent_event_id", FILTER_UUID, "parent_event_id = ", "::uuid" },
	{ "since", FILTER_TIMESTAMP, "event_timestamp >= ", "::timestamptz" },
	{ "until", FILTER_TIMESTAMP, "event_timestamp < ", "::timestamptz" },
	{ "limit", FILTER_LIMIT, NULL, NULL },
	{ "after", FILTER_AFTER, NULL, NULL },
};

enum { FILTERS = sizeof(filters) / sizeof(filters[0]) };

/* Makes the value the next parameter; its number. */
static int
add_value(struct query *query, const char *value)
{
	query->values[query->count] = memory_copy(value);
	return ++query->count;
}

static void
add_condition(struct query *query, const struct filter *filter, const char *value)
{
	text_add(&query->conditions, " AND %s$%d%s", filter->condition, add_value(query, value), filter->cast);
}

static void
add_limit(struct query *query, const char *value, struct problem *problem)
{
	char *end;
	long limit;

	errno = 0;
	limit = strtol(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || limit < 1 || limit > QUERY_MAX_LIMIT)
		problem_add(problem, "limit", "must be a whole number from 1 to %d", QUERY_MAX_LIMIT);
	else
		query->limit = limit;
}

/* The key of a row is its time and its id with a comma between them: what the rows are ordered by. */
static void
add_after(struct query *query, const char *value, struct problem *problem)
{
	char *time = memory_copy(value), *id = strchr(time, ',');

	if (id)
		*id++ = '\0';
	if (!id || !value_is_timestamp(time) || !value_is_uuid(id)) {
		problem_add(problem, "after", "must be the `next` of an earlier page");
	} else {
		int first = add_value(query, time), second = add_value(query, id);

		text_add(&query->conditions, " AND (event_timestamp, event_id) < ($%d::timestamptz, $%d::uuid)", first, second);
	}
	free(time);
}

static const struct filter *
find_filter(const char *name)
{
	for (size_t i = 0; i < FILTERS; i++) {
		if (strcmp(filters[i].name, name) == 0)
			return &filters[i];
	}
	return NULL;
}

static void
add_filter(struct query *query, const struct filter *filter, const char *value, struct problem *problem)
{
	if (!text_is_utf8(value, strlen(value)))
		problem_add(problem, filter->name, "is not UTF-8");
	else if (filter->type == FILTER_LIMIT)
		add_limit(query, value, problem);
	else if (filter->type == FILTER_AFTER)
		add_after(query, value, problem);
	else if (filter->type == FILTER_UUID && !value_is_uuid(value))
		problem_add(problem, filter->name, "must be a UUID");
	else if (filter->type == FILTER_TIMESTAMP && !value_is_timestamp(value))
		problem_add(problem, filter->name, "must be an RFC 3339 time with time zone (in a URL, + is written %%2B)");
	else
		add_condition(query, filter, value);
}

void
query_add(struct query *query, const char *name, const char *value, struct problem *problem)
{
	const struct filter *filter = find_filter(name);
	unsigned bit;

	if (!filter) {
		problem_add(problem, name, "is not a filter of this list");
		return;
	}
	bit = 1u << (filter - filters);
	if (query->seen & bit)
		problem_add(problem, name, "is there twice");
	else
		add_filter(query, filter, value, problem);
	query->seen |= bit;
}

void
query_finish(struct query *query, struct text *ret_sql)
{
	static const char utc[] = "AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'";

	if (query->limit == 0)
		query->limit = QUERY_DEFAULT_LIMIT;
	text_add(ret_sql,
	    "SELECT json_build_object("
	    "'event_id', event_id, 'event_timestamp', time, 'event_version', event_version, 'event_type', event_type,"
	    "'event_category', event_category, 'event_action', event_action, 'event_outcome', event_outcome,"
	    "'severity', severity, 'actor_type', actor_type, 'actor_id', actor_id, 'resource_type', resource_type,"
	    "'resource_id', resource_id, 'namespace', namespace, 'cluster_name', cluster_name,"
	    "'correlation_id', correlation_id, 'parent_event_id', parent_event_id, 'duration_ms', duration_ms,"
	    "'event_data', event_data, 'recorded_at', to_char(recorded_at %s)),"
	    "time || ',' || event_id "
	    "FROM (SELECT *, to_char(event_timestamp %s) AS time FROM audit_events WHERE true%s"
	    " ORDER BY event_timestamp DESC, event_id DESC LIMIT %ld) page",
	    utc, utc, text_get(&query->conditions), query->limit + 1);
}

void
query_free(struct query *query)
{
	text_free(&query->conditions);
	for (int i = 0; i < query->count; i++)
		free(query->values[i]);
	*query = (struct query){ 0 };
}
