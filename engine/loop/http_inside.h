/*
 * What the files of HTTP share: the room (one multi handle a loop, and its sockets), an exchange, and the sentence for what
 * went wrong with it.
 */
#pragma once

#include <curl/curl.h>

#include "engine/loop/http.h"
#include "engine/loop/inside.h"

struct kg_http_room {
	struct kg_loop *loop;
	CURLM *multi;
	uv_timer_t timer; /* when libcurl next wants to be called without a socket having moved */
};

struct kg_http_bytes {
	char *bytes;
	size_t size, room;
};

struct kg_http_exchange {
	struct kg_live live;
	struct kg_http_start *start;
	CURL *easy;
	struct curl_slist *headers;
	struct kg_http_bytes answer, answer_headers;
	size_t limit;
	int64_t timeout_ms;
	bool is_too_long, is_collected; /* collect has had enough */
	char error[CURL_ERROR_SIZE];
};

/* The loop's room, made when it is first asked for; NULL when libcurl refuses. */
struct kg_http_room *kg_http_room_find(struct kg_loop *loop);
/* Sets status, answer and error_text from what libcurl says, and settles the wait. */
void kg_http_exchange_finish(struct kg_http_exchange *exchange, CURLcode code);
/* In the arena of the exchange; NULL when all is well. */
const char *kg_http_error_text(struct kg_http_exchange *exchange, CURLcode code);
