/*
 * What each route answers; knows nothing of HTTP connections.
 *
 *     struct response response = { 0 };
 *     api_post_events(&api, body, length, &response);
 *     … response.status, response.type, response.body …
 */

#pragma once

#include "config.h"
#include "dead_letter.h"
#include "intake.h"
#include "problem.h"
#include "query.h"
#include "store.h"
#include "text.h"

struct api {
	const struct config *config;
	struct store *store;
	struct dead_letter *letters;
	struct intake *intake;
};

struct response {
	unsigned status;
	const char *type; /* Content-Type */
	struct text body;
};

/* 201 stored, 202 queued, 400 not JSON, 422 not valid, 503 neither PostgreSQL nor Redis takes it. */
void api_post_events(struct api *api, const char *body, size_t length, struct response *response);

/* 200, 400 when a filter was wrong (the problem has errors), 503. */
void api_list_events(struct api *api, struct query *query, struct problem *problem, struct response *response);

/* 200 as long as the process can answer at all. */
void api_healthz(struct response *response);

/* 200 or 503, and which part is not ready. */
void api_readyz(struct api *api, bool stopping, struct response *response);

void api_metrics(struct response *response);

/* Turns the problem into the answer and frees it. */
void api_problem(struct problem *problem, struct response *response);
