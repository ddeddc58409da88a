#include "engine/loop/http_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"

static constexpr int64_t timeout_default_ms = 30000;
static constexpr size_t limit_default_bytes = 1 << 20;
static constexpr size_t headers_limit_bytes = 1 << 20;

static void
bytes_add(struct kg_http_bytes *text, const char *bytes, size_t size)
{
	if (text->size + size + 1 > text->room) {
		size_t room = text->room ? text->room : 1024;

		while (room < text->size + size + 1)
			room *= 2;
		text->bytes = realloc(text->bytes, room);
		if (!text->bytes)
			kg_out_of_memory();
		text->room = room;
	}
	memcpy(text->bytes + text->size, bytes, size);
	text->size += size;
}

static int
status_read(const struct kg_http_exchange *exchange)
{
	long status = 0;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

/* One that is settled is only waiting to be taken out of libcurl's hands: nobody wants to hear of it any more. */
static size_t
on_body(char *bytes, size_t, size_t size, void *context)
{
	struct kg_http_exchange *exchange = context;
	struct kg_http_start *start = exchange->start;

	if (exchange->live.is_settled)
		return 0;
	if (start->collect) {
		start->status = status_read(exchange);
		exchange->is_collected = !start->collect(start->context, bytes, size);
		return exchange->is_collected ? 0 : size;
	}
	exchange->is_too_long = exchange->answer.size + size > exchange->limit;
	if (exchange->is_too_long)
		return 0;
	bytes_add(&exchange->answer, bytes, size);
	return size;
}

/* A status line begins another response: what came before was "100 Continue" or a proxy's word. */
static size_t
on_header(char *line, size_t, size_t size, void *context)
{
	struct kg_http_exchange *exchange = context;
	size_t length = size;

	while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
		length--;
	if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		exchange->answer_headers.size = 0;
	} else if (length > 0) {
		if (exchange->answer_headers.size + length > headers_limit_bytes)
			return 0;
		bytes_add(&exchange->answer_headers, line, length);
		bytes_add(&exchange->answer_headers, "\n", 1);
	}
	return size;
}

void
kg_http_exchange_finish(struct kg_http_exchange *exchange, CURLcode code)
{
	struct kg_http_start *start = exchange->start;

	if (exchange->live.is_settled)
		return;
	start->error_text = kg_http_error_text(exchange, code);
	start->status = start->error_text ? 0 : status_read(exchange);
	kg_live_settle(&exchange->live, code == CURLE_OPERATION_TIMEDOUT ? KG_WAIT_TIMEOUT : KG_WAIT_DONE, 0);
}

/*
 * May be called from within libcurl, through collect, where a transfer cannot be taken away from it: the release does that, when
 * nothing of libcurl is on the stack.
 */
static void
exchange_cancel(struct kg_live *live)
{
	struct kg_http_exchange *exchange = (struct kg_http_exchange *)live;

	exchange->start->status = 0;
	exchange->start->error_text = "cancelled";
	kg_live_settle(live, KG_WAIT_CANCELLED, 0);
}

static void
exchange_release(struct kg_live *live)
{
	struct kg_http_exchange *exchange = (struct kg_http_exchange *)live;
	struct kg_http_start *start = exchange->start;

	if (exchange->easy) {
		curl_multi_remove_handle(live->loop->http->multi, exchange->easy);
		curl_easy_cleanup(exchange->easy);
	}
	curl_slist_free_all(exchange->headers);
	start->answer = kg_copy_bytes(start->arena, exchange->answer.bytes, exchange->answer.size);
	start->answer_size = exchange->answer.size;
	start->answer_headers = kg_copy_bytes(start->arena, exchange->answer_headers.bytes, exchange->answer_headers.size);
	free(exchange->answer.bytes);
	free(exchange->answer_headers.bytes);
}

static bool
header_given(const struct kg_http_start *start, const char *name)
{
	size_t length = strlen(name);

	for (const char *const *header = start->headers; header && *header; header++) {
		if (strncasecmp(*header, name, length) == 0 && (*header)[length] == ':')
			return true;
	}
	return false;
}

static void
headers_set(struct kg_http_exchange *exchange)
{
	const struct kg_http_start *start = exchange->start;

	for (const char *const *header = start->headers; header && *header; header++)
		exchange->headers = curl_slist_append(exchange->headers, *header);
	/* A body that is to wait for "100 Continue" waits a second for servers that never say it. */
	exchange->headers = curl_slist_append(exchange->headers, "Expect:");
	/* libcurl takes every body for a form. */
	if (start->body && !header_given(start, "Content-Type"))
		exchange->headers = curl_slist_append(exchange->headers, "Content-Type:");
	curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
}

static void
method_set(CURL *easy, const struct kg_http_start *start)
{
	const char *method = start->method ? start->method : "GET";
	bool has_body = start->body || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;

	if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (has_body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(start->body ? start->body_size : 0));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, start->body ? start->body : "");
	}
	if (has_body || strcmp(method, "GET") != 0)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
}

/* A proxy that the environment names cannot know what runs on this machine. */
static bool
is_local(const char *text)
{
	CURLU *url = curl_url();
	char *host = NULL;
	bool local = false;

	if (url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		size_t length = strlen(host);

		local = strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0 || strcasecmp(host, "localhost") == 0 ||
		    (length > 10 && strcasecmp(host + length - 10, ".localhost") == 0);
	}
	curl_free(host);
	curl_url_cleanup(url);
	return local;
}

static void
way_set(CURL *easy, const struct kg_http_start *start)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* An exchange that ends while a name is looked up does not wait for the resolver. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)(start->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, (long)start->http2);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	if (start->unix_socket)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, start->unix_socket);
	if (start->unix_socket || is_local(start->url))
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (start->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, start->ca_file);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)!start->insecure);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, start->insecure ? 0L : 2L);
}

static void
easy_set(struct kg_http_exchange *exchange)
{
	const struct kg_http_start *start = exchange->start;
	CURL *easy = exchange->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
	curl_easy_setopt(easy, CURLOPT_URL, start->url);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "kgraph");
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)exchange->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	method_set(easy, start);
	headers_set(exchange);
	way_set(easy, start);
}

void
kg_http_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_http_start *start)
{
	struct kg_http_exchange *exchange = kg_live_make(loop, wait, sizeof(*exchange), exchange_cancel);
	struct kg_http_room *room = kg_http_room_find(loop);

	exchange->live.release = exchange_release;
	exchange->start = start;
	exchange->limit = start->body_limit > 0 ? start->body_limit : limit_default_bytes;
	exchange->timeout_ms = start->timeout_ms == 0 ? timeout_default_ms : start->timeout_ms < 0 ? 0 : start->timeout_ms;
	start->status = 0;
	start->error_text = NULL;
	exchange->easy = room ? curl_easy_init() : NULL;
	if (exchange->easy) {
		easy_set(exchange);
		if (curl_multi_add_handle(room->multi, exchange->easy) == CURLM_OK)
			return;
	}
	start->error_text = "libcurl could not begin";
	kg_live_settle(&exchange->live, KG_WAIT_FAILED, ENOMEM);
}
