/*
 * A server between the client and a real registry that hands everything on, except for what a test tells it to do otherwise.
 *
 *     struct lie lies[] = { { .method = "GET", .path = "/blobs/", .times = 1, .cut_answer_after = 1000 }, { 0 } };
 *     struct liar *liar = liar_start(upstream_port, lies);
 *     ... liar->host ...
 *     liar_stop(liar);
 *     assert_string_equal(liar->requests, "GET /v2/a/blobs/sha256:…\nGET /v2/a/blobs/sha256:… Range: bytes=1000-\n");
 *
 * A thread a connection, one request a connection.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first that fits a request, and has times left, is done; a list ends with an empty one. */
struct lie {
	const char *method, *path; /* path: a part of it; either NULL: any */
	int times;                 /* for so many requests; 0: for all */
	int after;                 /* lets so many that fit pass first */

	const char *answer; /* instead of the registry's: a whole answer, head and body. %PORT% is the liar's own */
	/* The same, made for this request (its head is given); malloc'ed. */
	char *(*make)(void *context, const char *head);
	void *context;
	bool drops_answer;        /* the registry gets the request, and its answer is lost */
	int64_t pause_ms;         /* before the answer */
	size_t cut_request_after; /* so many bytes of the request's body are read, then the connection is reset; 0: all are */
	size_t cut_answer_after;  /* so many bytes of the answer's body are handed on, then the connection is reset; 0: all are */
	bool closes;              /* with cut_answer_after: it is closed properly instead */
	size_t damage_at;         /* this byte (from 1) of the answer's body is changed; 0: none is */
	size_t drip_bytes;        /* the body is handed on so many bytes at a time, with pauses of drip_ms */
	int64_t drip_ms;
};

struct liar {
	const char *host; /* "127.0.0.1:PORT" */
	uint16_t port;
	/* Once it is stopped. */
	const char *requests; /* "METHOD PATH[ Range: …][ Content-Range: …][ Authorization: SCHEME]\n" each */
	const char *received; /* the bodies of requests that a lie answered or cut, one after another */
	size_t received_size;
};

/* upstream 0: there is no registry, all must be answered by lies. */
struct liar *liar_start(uint16_t upstream, struct lie *lies);
/* Ends all connections. May be called again. */
void liar_stop(struct liar *liar);
void liar_free(struct liar *liar);
