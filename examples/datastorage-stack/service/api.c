#include "api.h"

#include "log.h"
#include "metrics.h"

static void
answer_json(struct response *response, unsigned status)
{
	response->status = status;
	response->type = "application/json";
}

void
api_problem(struct problem *problem, struct response *response)
{
	text_clear(&response->body);
	problem_to_json(problem, &response->body);
	response->status = problem->status;
	response->type = "application/problem+json";
	problem_free(problem);
}

/* The ids as JSON, from PostgreSQL's {a,b}: they are UUIDs, so that nothing needs quoting. */
static void
add_ids(struct text *json, const struct batch *batch)
{
	text_add(json, "[\"");
	for (const char *at = text_get(&batch->ids) + 1; *at != '}'; at++) {
		if (*at == ',')
			text_add(json, "\",\"");
		else
			text_add_bytes(json, at, 1);
	}
	text_add(json, "\"]");
}

static void
accept_batch(struct api *api, const struct batch *batch, struct response *response)
{
	struct problem problem = { 0 };
	struct text reason = { 0 };
	size_t stored = 0;

	switch (intake_accept(api->intake, batch, &stored, &reason)) {
	case INTAKE_STORED:
		answer_json(response, 201);
		text_add(&response->body, "{\"status\":\"stored\",\"stored\":%zu,\"duplicates\":%zu,\"event_ids\":", stored,
		    batch->count - stored);
		add_ids(&response->body, batch);
		text_add(&response->body, "}\n");
		break;
	case INTAKE_QUEUED:
		answer_json(response, 202);
		text_add(&response->body, "{\"status\":\"queued\",\"queued\":%zu,\"event_ids\":", batch->count);
		add_ids(&response->body, batch);
		text_add(&response->body, "}\n");
		break;
	case INTAKE_REFUSED:
		problem_set(&problem, 422, "refused by the database", "%s; nothing was stored", text_get(&reason));
		api_problem(&problem, response);
		break;
	case INTAKE_UNAVAILABLE:
		log_error(
		    "events turned away", LOG_NUMBER("events", (long long)batch->count), LOG_TEXT("reason", text_get(&reason)));
		problem_set(&problem, 503, "events cannot be kept now", "%s; nothing was stored", text_get(&reason));
		api_problem(&problem, response);
		break;
	}
	text_free(&reason);
}

void
api_post_events(struct api *api, const char *body, size_t length, struct response *response)
{
	struct batch batch = { 0 };
	struct problem problem = { 0 };

	if (batch_read(&batch, body, length, (size_t)api->config->max_batch_events, &problem)) {
		accept_batch(api, &batch, response);
	} else {
		metrics_count(METRIC_INVALID, 1);
		api_problem(&problem, response);
	}
	batch_free(&batch);
}

void
api_list_events(struct api *api, struct query *query, struct problem *problem, struct response *response)
{
	struct text reason = { 0 };

	if (problem->error_count > 0) {
		problem_set(problem, 400, "invalid filters", "%zu of the filters %s not valid", problem->error_count,
		    problem->error_count == 1 ? "is" : "are");
		api_problem(problem, response);
		return;
	}
	switch (store_list(api->store, query, &response->body, &reason)) {
	case STORE_DONE: answer_json(response, 200); break;
	case STORE_AWAY:
		problem_set(problem, 503, "events cannot be read now", "%s", text_get(&reason));
		api_problem(problem, response);
		break;
	case STORE_REFUSED:
		problem_set(problem, 400, "refused by the database", "%s", text_get(&reason));
		api_problem(problem, response);
		break;
	}
	text_free(&reason);
}

void
api_healthz(struct response *response)
{
	answer_json(response, 200);
	text_add(&response->body, "{\"status\":\"alive\"}\n");
}

static void
add_part(struct text *json, const char *name, bool ready, const char *detail)
{
	text_add(json, "\"%s\":{\"ready\":%s,\"detail\":", name, ready ? "true" : "false");
	text_add_json(json, detail);
	text_add(json, "},");
}

static bool
add_database(struct api *api, struct text *json)
{
	struct text detail = { 0 }, missing = { 0 }, reason = { 0 };
	long version = 0;
	bool ready = false;

	if (store_schema(api->store, &version, &missing, &reason) != STORE_DONE) {
		text_add(&detail, "%s", text_get(&reason));
	} else if (missing.length > 0) {
		text_add(&detail, "tables are missing: %s", text_get(&missing));
	} else {
		ready = version >= STORE_SCHEMA_VERSION;
		text_add(&detail, "schema version %ld, %d is needed", version, STORE_SCHEMA_VERSION);
	}
	add_part(json, "database", ready, text_get(&detail));
	text_free(&detail);
	text_free(&missing);
	text_free(&reason);
	return ready;
}

static bool
add_redis(struct api *api, struct text *json)
{
	struct text reason = { 0 };
	bool ready = dead_letter_ping(api->letters, &reason) == DEAD_LETTER_DONE;

	add_part(json, "redis", ready, ready ? "answers" : text_get(&reason));
	text_free(&reason);
	return ready;
}

/* Dead letters that wait are told, but do not make it unready: what comes is accepted and kept in order all the same. */
static void
add_letters(struct api *api, bool redis_ready, struct text *json)
{
	struct text reason = { 0 };
	long long waiting = 0;

	text_add(json, "\"dead_letters\":{\"direct\":%s,\"waiting\":", intake_is_direct(api->intake) ? "true" : "false");
	if (redis_ready && dead_letter_length(api->letters, &waiting, &reason) == DEAD_LETTER_DONE)
		text_add(json, "%lld}", waiting);
	else
		text_add(json, "null}");
	text_free(&reason);
}

void
api_readyz(struct api *api, bool stopping, struct response *response)
{
	struct text parts = { 0 };
	bool ready = add_database(api, &parts);
	bool redis_ready = add_redis(api, &parts);

	add_letters(api, redis_ready, &parts);
	ready = ready && redis_ready && !stopping;
	answer_json(response, ready ? 200 : 503);
	text_add(&response->body, "{\"ready\":%s,\"stopping\":%s,\"parts\":{%s}}\n", ready ? "true" : "false",
	    stopping ? "true" : "false", text_get(&parts));
	text_free(&parts);
}

void
api_metrics(struct response *response)
{
	response->status = 200;
	response->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_write(&response->body);
}
