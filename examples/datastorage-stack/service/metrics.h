/*
 * What is counted, for Prometheus.
 *
 *     metrics_count(METRIC_STORED, 3);
 *     metrics_request(ROUTE_EVENTS_POST, 201, 1800);
 *     metrics_write(&text);
 *
 * Safe to use from several threads.
 */

#pragma once

#include "text.h"

enum metric {
	METRIC_STORED,
	METRIC_DUPLICATE,
	METRIC_QUEUED,
	METRIC_REPLAYED,
	METRIC_REFUSED,
	METRIC_INVALID,
	METRIC_DATABASE_UP,
	METRIC_REDIS_UP,
	METRIC_WAITING,
	METRICS
};

enum route { ROUTE_EVENTS_POST, ROUTE_EVENTS_GET, ROUTE_HEALTHZ, ROUTE_READYZ, ROUTE_METRICS, ROUTE_OTHER, ROUTES };

/* Adds to a counter. */
void metrics_count(enum metric metric, long long amount);

/* Sets a gauge. */
void metrics_set(enum metric metric, long long value);

void metrics_request(enum route route, unsigned status, long long duration_us);

/* The text format, version 0.0.4. */
void metrics_write(struct text *ret_text);
