/*
 * HTTP by libcurl in the loop: connections kept and reused, HTTP/2 where asked for, unix sockets, TLS,
 * bodies from a file and into a file.
 *
 *     struct kg_http_start start = { .arena = arena, .url = "http://127.0.0.1:8080/readyz", .timeout_ms = 1000 };
 *     kg_http_start(loop, &wait, &start);
 *     ...
 *     in ended: start.status, start.answer; start.error_text when no whole answer came
 *
 * Speaks http and https alone, and asks no proxy for what is on this machine. Redirects are told, as a probe wants to see them,
 * unless `follow` is set.
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
	const char *const *headers; /* "Name: value", ended by NULL; NULL: none */

	const char *body;
	size_t body_size;
	/* Instead of body: of this file body_bytes from body_from on, read as they are sent; body_bytes 0: to its end. */
	const char *body_path;
	int64_t body_from, body_bytes;

	/*
	 * If > 2: the body of an answer of 200 to 299 is written to this file instead of being kept, from save_at on; it stays the
	 * caller's. An answer that gives the whole although the headers ask for a Range (200, not 206) is written from 0 on. More
	 * than save_limit bytes are an error; 0: no limit.
	 */
	int save_fd;
	int64_t save_at, save_limit;
	size_t body_limit; /* of an answer that is kept; 0: 1 MiB */

	int64_t timeout_ms; /* of the whole exchange; 0: 30 s; negative: none, for a stream or a body of any size */
	int64_t connect_ms; /* until it is connected, TLS included; 0: 10 s */
	int64_t stall_ms;   /* for which nothing may move once it is connected; 0: any time */

	const char *ca_file;                     /* PEM; NULL: the system's */
	const char *cert_file, *key_file;        /* PEM, of the client; NULL: none; key_file NULL: in cert_file as well */
	const char *ca_pem, *cert_pem, *key_pem; /* the same as texts; each comes before its file */
	const char *tls_name; /* that the server's certificate must be for, and that it is asked for; NULL: the URL's host */
	bool insecure;        /* do not check the server's certificate */
	/* http, https or socks5 URL: goes through it, whatever the environment says. "": through none. NULL: as the environment says. */
	const char *proxy;
	bool http2; /* over TLS, where the server has it: exchanges share one connection, and wait for it */
	bool
	    is_stream; /* it may stay open for minutes, and is ended when it has been enough: not shared where libcurl cannot bear that */
	/*
	 * At most 10 redirects are followed, never from https to http. To another host, port or scheme goes no Authorization. 307
	 * and 308 keep method and body, 303 makes GET of POST and PUT, as do 301 and 302 of POST.
	 */
	bool follow;

	/* Called for each piece instead of keeping the answer, after status was set. False ends the exchange, and that is well. */
	bool (*collect)(void *context, const char *bytes, size_t size);
	void *context;
	bool keep_failure; /* the words of an answer that is not of 200 to 299 are kept, and not collected */

	/* Set before ended. */
	int status;         /* 0 when no whole answer came */
	const char *answer; /* zero-ended, never NULL */
	size_t answer_size;
	const char *answer_headers; /* "name: value" lines ended by \n, of the last response alone, never NULL */
	int64_t saved_bytes;        /* written to save_fd, also when no whole answer came */
	int64_t saved_to;           /* where the next byte of the file would go: the start of a Range that goes on from here */
	/* "connection refused", "timed out after 1.0 s", "the answer is longer than 1 MiB"; NULL when well */
	const char *error_text;
	int error_sys;         /* errno of a file that could not be read or written (ENOSPC), else 0 */
	bool error_is_lasting; /* asking again would end the same way: a certificate, a URL, a limit, a file */
};

/*
 * KG_WAIT_DONE also when the exchange failed: error_text tells. KG_WAIT_TIMEOUT when a time limit ended it. KG_WAIT_FAILED
 * only when libcurl itself could not begin; error_text tells as well.
 */
void kg_http_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_http_start *start);
