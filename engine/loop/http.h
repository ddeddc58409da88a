/*
 * HTTP by libcurl in the loop: one multi handle, connections kept and reused, HTTP/2 where asked for, unix sockets, TLS.
 *
 *     struct kg_http_start start = { .arena = arena, .url = "http://127.0.0.1:8080/readyz", .timeout_ms = 1000 };
 *     kg_http_start(loop, &wait, &start);
 *     ...
 *     in ended: start.status, start.answer; start.error_text when no whole answer came
 *
 * Speaks http and https alone, follows no redirects (a probe wants to see them), and asks no proxy for what is on this machine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/loop/loop.h"

struct kg_arena;

/* Filled by the caller, which keeps it, with all that it points to, until the wait has ended. */
struct kg_http_start {
	struct kg_arena *arena;     /* for the answer */
	const char *method, *url;   /* method NULL: GET */
	const char *unix_socket;    /* connect here instead of to the URL's host; NULL: no */
	const char *ca_file;        /* PEM; NULL: the system's */
	const char *const *headers; /* "Name: value", ended by NULL; NULL: none */
	const char *body;
	size_t body_size;
	int64_t timeout_ms; /* of the whole exchange; 0: 30 s; negative: none, for a stream that is collected */
	size_t body_limit;  /* of an answer that is kept; 0: 1 MiB */
	bool insecure;      /* do not check the server's certificate */
	bool http2;         /* may multiplex with others to the same host */
	/* Called for each piece instead of keeping the answer, after status was set. False ends the exchange, and that is well. */
	bool (*collect)(void *context, const char *bytes, size_t size);
	void *context;

	/* Set before ended. */
	int status;         /* 0 when no whole answer came */
	const char *answer; /* zero-ended, never NULL */
	size_t answer_size;
	const char *answer_headers; /* "name: value" lines ended by \n, of the last response alone, never NULL */
	const char
	    *error_text; /* "connection refused", "timed out after 1.0 s", "the answer is longer than 1 MiB"; NULL when well */
};

/*
 * KG_WAIT_DONE also when the exchange failed: error_text tells. KG_WAIT_TIMEOUT when the time limit ended it. KG_WAIT_FAILED
 * only when libcurl itself could not begin; error_text tells as well.
 */
void kg_http_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_http_start *start);
