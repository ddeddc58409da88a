/*
 * What the service is told: a file of `key: value` lines, and the password from the environment.
 *
 *     struct config config;
 *     struct text problems = { 0 };
 *     if (!config_read(&config, "datastorage.yaml", &problems))
 *             … text_get(&problems) says what is wrong, all of it …
 *
 * The file is the flat part of YAML: one key a line, `#` comments, values bare or in quotes. Unknown keys, repeated keys and
 * values out of range are errors with their line.
 */

#pragma once

#include <stdbool.h>

#include "log.h"
#include "text.h"

struct config {
	char *listen_host; /* an IPv4 address */
	long listen_port;
	long workers; /* threads that answer requests; as many connections to PostgreSQL */

	char *database_host;
	long database_port;
	char *database_name;
	char *database_user;
	char *database_password;  /* from the environment variable DB_PASSWORD */
	long database_timeout_ms; /* how long one statement may take before PostgreSQL counts as away */

	char *redis_host;
	long redis_port;
	char *dead_letter_stream; /* the key of the stream in Redis */
	long dead_letter_limit;   /* batches that it may hold; beyond that events are refused with 503 */

	long max_body_bytes;
	long max_batch_events;
	long stop_timeout_ms; /* how long requests in flight may take to finish once the service is told to stop */
	char *log_level;
};

/* Reads, checks and fills in what is not said. False and every problem, one a line, when something is wrong. */
bool config_read(struct config *ret_config, const char *path, struct text *problems);

void config_free(struct config *config);
