/*
 * What the files of HTTP share: the room (two multi handles a loop, and their sockets), an exchange with its two bodies, and the
 * sentence for what went wrong with it.
 */
#pragma once

#include "engine/loop/http.h"
#include "engine/loop/http_curl.h"
#include "engine/loop/inside.h"

struct kg_http_socket;

/* Exchanges that may use each other's connections. */
struct kg_http_pool {
	struct kg_http_room *room;
	CURLM *multi;
	uv_timer_t timer; /* when libcurl next wants to be called without a socket having moved */
};

/*
 * What may go over HTTP/2 and what may not are kept apart: once one connection to a server can carry many exchanges, libcurl takes all to that server for
 * such, and puts several at a time on one that speaks HTTP/1.1, where answers come to whoever reads first (seen with 7.88.1).
 */
struct kg_http_room {
	struct kg_loop *loop;
	struct kg_http_pool one_by_one, shared;

	/* For a libcurl that has to be helped with connections that are shared: see http_share.c. */
	struct kg_http_socket *sockets; /* all that libcurl waits for, a list */
	uv_timer_t nudge;
	uint32_t nudges;     /* so far */
	uint32_t helped;     /* exchanges under way that may need it */
	bool has_moved;      /* bytes of an answer have come since this was last looked at */
	bool was_broken_off; /* one of them was cancelled, or its time was up */
};

/* A socket that libcurl waits for. */
struct kg_http_socket {
	uv_poll_t poll;
	struct kg_http_pool *pool;
	struct kg_http_socket *next, **at; /* in the room's list */
	curl_socket_t fd;
	uint32_t nudge; /* the room's number of the last one that it got */
};

struct kg_http_bytes {
	char *bytes;
	size_t size, room;
};

/* What is sent: memory, or a stretch of a file. */
struct kg_http_body {
	int fd;             /* -1: it is in memory, or there is none */
	int64_t size, sent; /* bytes, counted from body_from */
};

/* What ended an exchange before libcurl could: libcurl knows it only as a callback that refused. */
enum kg_http_fault {
	KG_HTTP_NO_FAULT,
	KG_HTTP_STALLED,
	KG_HTTP_KEPT_TOO_MUCH,
	KG_HTTP_SAVED_TOO_MUCH,
	KG_HTTP_SAVE_FAILED,
	KG_HTTP_BODY_UNREADABLE,
	KG_HTTP_BODY_SHORT, /* the file has become shorter */
	KG_HTTP_DOWNGRADED, /* a redirect from https to http */
	KG_HTTP_COLLECTED,  /* collect has had enough, and that is well */
};

struct kg_http_exchange {
	struct kg_live live;
	struct kg_http_start *start;
	struct kg_http_pool *pool; /* that easy is in */
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	const char *host_header; /* when the URL that libcurl is given names another host; NULL: it does not */
	struct kg_http_body body;
	struct kg_http_bytes answer, answer_headers;
	uv_timer_t stall;  /* open when stall_ms is set */
	uint64_t moved_ms; /* the loop's time when a byte last went either way */
	uint64_t started_ms;
	size_t limit;
	int64_t timeout_ms, connect_ms;
	enum kg_http_fault fault;
	bool is_secure; /* the connection of the request that was sent last */
	bool is_shared; /* it may go over HTTP/2, on a connection with others */
	bool is_helped; /* it counts among the room's */
	char error[CURL_ERROR_SIZE];
};

/* The loop's room, made when it is first asked for. NULL when libcurl is not there (*ret_why says so, in the arena) or refuses. */
struct kg_http_room *kg_http_room_find(struct kg_loop *loop, struct kg_arena *arena, const char **ret_why);

/* Sets what libcurl is to do for an exchange, but for its callbacks. An error when this libcurl cannot do it. */
CURLcode kg_http_set(struct kg_http_exchange *exchange);
bool kg_http_header_given(const struct kg_http_start *start, const char *name);
/* Certificates and keys, and the name that the server must show. May set the URL anew, and host_header. */
CURLcode kg_http_tls_set(struct kg_http_exchange *exchange);

/* Whether it may go over HTTP/2, on a connection with others. */
bool kg_http_may_share(const struct kg_http_exchange *exchange);
/* Whether this libcurl, which must be loaded, may be given a file to send over HTTP/2. */
bool kg_http_may_share_sending(void);
/* It does: sees to what this libcurl needs for that, until kg_http_share_end. */
void kg_http_share_begin(struct kg_http_exchange *exchange);
/* Harmless for one that has not begun. broken_off: it was cancelled, or its time was up. */
void kg_http_share_end(struct kg_http_exchange *exchange, bool broken_off);
/* To be called when libcurl has been told of something. */
void kg_http_share_watch(struct kg_http_room *room);
/* Reads what libcurl has to say. */
void kg_http_messages_read(struct kg_http_pool *pool);

/* Opens what is to be sent. False: fault and error_sys tell why not. */
bool kg_http_body_open(struct kg_http_exchange *exchange);
void kg_http_body_close(struct kg_http_exchange *exchange);
/* Sets the method and the callbacks by which libcurl reads the body, and goes back in it. */
void kg_http_body_set(struct kg_http_exchange *exchange);
/* Writes a piece of the answer into save_fd. False: fault and error_sys tell why not. */
bool kg_http_save(struct kg_http_exchange *exchange, int status, const char *bytes, size_t size);

/* Notes that bytes have moved. */
void kg_http_moved(struct kg_http_exchange *exchange);
/* Sets status, answer and error_text from what libcurl says, and settles the wait. */
void kg_http_exchange_finish(struct kg_http_exchange *exchange, CURLcode code);
/* Sets error_text and what goes with it; none when all is well. */
void kg_http_error_set(struct kg_http_exchange *exchange, CURLcode code);
