/*
 * An API server of the test's own, which answers as the test says: on a free port of 127.0.0.1, a thread a connection, one request a connection.
 *
 *     static struct fake_reply
 *     answer(void *context, const struct fake_request *request)
 *     {
 *         return (struct fake_reply){ .status = 200, .body = "{}" };
 *     }
 *     …
 *     struct fake_api *fake = fake_api_start(answer, context);
 *     fake_api_stop(fake);
 *     assert_string_equal(fake_api_requests(fake), "GET /version\n");
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct fake_request {
	const char *method, *path; /* path with its query */
	const char *head, *body;
	uint32_t number; /* how many have come so far that begin with the same method and path, without the query; from 1 */
};

struct fake_reply {
	int status;                /* 0: the connection is reset without an answer */
	const char *headers;       /* further ones, "Name: value\r\n" each; NULL: none */
	const char *body;          /* NULL: pieces */
	const char *const *pieces; /* of a stream, one after the other, ended by NULL */
	int64_t pause_ms;          /* before the answer, and before each piece but the first */
	bool stays;                /* the stream stays open until the server is stopped, or cut */
	bool is_cut;               /* the stream ends in the middle */
};

/* Called by any thread, one at a time. What it points to lives as long as the server. */
typedef struct fake_reply(fake_answer)(void *context, const struct fake_request *request);

struct fake_api;
struct fake_api *fake_api_start(fake_answer *answer, void *context);
uint16_t fake_api_port(const struct fake_api *fake);
/* Breaks all connections and refuses new ones; start_again listens at the same port. */
void fake_api_stop(struct fake_api *fake);
void fake_api_start_again(struct fake_api *fake);
/* "METHOD PATH\n" each, so far. */
const char *fake_api_requests(struct fake_api *fake);
/* Of a request: the value of a header, up to its end; NULL: there is none. malloc'ed. */
char *fake_header(const struct fake_request *request, const char *name);
/* Stopped, and all that was asked of it forgotten. */
void fake_api_free(struct fake_api *fake);
