/*
 * HTTP by libcurl in the loop: one multi handle, connections kept and reused, HTTP/2 where asked for, unix sockets, TLS.
 *
 *     struct kg_http_start start = { .url = "http://127.0.0.1:8080/readyz", .timeout_ms = 1000 };
 *     kg_http_start(loop, &wait, &start);
 *     ...
 *     in ended: start.status, start.body; start.error_text when no whole answer came
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/loop/loop.h"

/* Filled by the caller, which keeps it until the wait has ended. */
struct kg_http_start {
	struct kg_arena *arena; /* for the answer */
	const char *method, *url, *unix_socket, *ca_file;
	const char *const *headers; /* "Name: value", ended by NULL */
	const char *body;
	size_t body_size;
	int64_t timeout_ms; /* of the whole exchange; 0: 30 s */
	size_t body_limit;  /* 0: 1 MiB */
	bool insecure, http2;
	bool (*collect)(void *context, const char *bytes, size_t size);
	void *context;

	/* Set before ended. */
	int status;         /* 0 when no whole answer came */
	const char *answer; /* zero-ended */
	size_t answer_size;
	const char *answer_headers; /* lines ended by \n, of the last response alone */
	const char
	    *error_text; /* "connection refused", "timed out after 1.0 s", "the answer is longer than 1 MiB"; NULL when well */
};

/* KG_WAIT_DONE also when the exchange failed: error_text tells. KG_WAIT_TIMEOUT when the time limit ended it. */
void kg_http_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_http_start *start);
