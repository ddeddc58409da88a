#include "engine/loop/http_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"

static constexpr int64_t timeout_default_ms = 30000;
static constexpr int64_t connect_default_ms = 10000;
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

	kg_curl.easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

void
kg_http_moved(struct kg_http_exchange *exchange)
{
	exchange->moved_ms = uv_now(&exchange->live.loop->uv);
	exchange->live.loop->http->has_moved = true;
}

/* One that is settled is only waiting to be taken out of libcurl's hands: nobody wants to hear of it any more. */
static size_t
on_body(char *bytes, size_t, size_t size, void *context)
{
	struct kg_http_exchange *exchange = context;
	struct kg_http_start *start = exchange->start;
	int status = status_read(exchange);

	if (exchange->live.is_settled)
		return 0;
	kg_http_moved(exchange);
	if (start->collect && !(start->keep_failure && (status < 200 || status > 299))) {
		start->status = status;
		if (start->collect(start->context, bytes, size))
			return size;
		exchange->fault = KG_HTTP_COLLECTED;
		return 0;
	}
	if (start->save_fd > 2 && status >= 200 && status < 300)
		return kg_http_save(exchange, status, bytes, size) ? size : 0;
	if (exchange->answer.size + size > exchange->limit) {
		exchange->fault = KG_HTTP_KEPT_TOO_MUCH;
		return 0;
	}
	bytes_add(&exchange->answer, bytes, size);
	return size;
}

/* A status line begins another response: what came before was "100 Continue", a proxy's word or a redirect. */
static size_t
on_header(char *line, size_t, size_t size, void *context)
{
	struct kg_http_exchange *exchange = context;
	size_t length = size;

	kg_http_moved(exchange);
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

static void
on_stall(uv_timer_t *timer)
{
	struct kg_http_exchange *exchange = timer->data;
	uint64_t limit_ms = (uint64_t)exchange->start->stall_ms, still_ms = uv_now(timer->loop) - exchange->moved_ms;

	if (still_ms < limit_ms) {
		uv_timer_start(timer, on_stall, limit_ms - still_ms, 0);
		return;
	}
	exchange->fault = KG_HTTP_STALLED;
	kg_http_exchange_finish(exchange, CURLE_OPERATION_TIMEDOUT);
}

/* There is a connection, TLS and all, and the request is about to be written: the first one, or that of a redirect. */
static int
on_connected(void *context, char *, char *, int, int)
{
	struct kg_http_exchange *exchange = context;
	bool was_secure = exchange->is_secure;
	char *scheme = NULL;

	if (exchange->live.is_settled)
		return CURL_PREREQFUNC_ABORT;
	kg_curl.easy_getinfo(exchange->easy, CURLINFO_SCHEME, &scheme);
	exchange->is_secure = scheme && strcasecmp(scheme, "https") == 0;
	if (was_secure && !exchange->is_secure) {
		exchange->fault = KG_HTTP_DOWNGRADED;
		return CURL_PREREQFUNC_ABORT;
	}
	kg_http_moved(exchange);
	if (exchange->start->stall_ms > 0)
		uv_timer_start(&exchange->stall, on_stall, (uint64_t)exchange->start->stall_ms, 0);
	return CURL_PREREQFUNC_OK;
}

static void
exchange_settle(struct kg_http_exchange *exchange, enum kg_wait_end end)
{
	kg_http_share_end(exchange, end == KG_WAIT_CANCELLED || end == KG_WAIT_TIMEOUT);
	kg_live_settle(&exchange->live, end, 0);
	if (exchange->live.open_handles > 0)
		kg_live_close(&exchange->live, (uv_handle_t *)&exchange->stall);
}

void
kg_http_exchange_finish(struct kg_http_exchange *exchange, CURLcode code)
{
	struct kg_http_start *start = exchange->start;

	if (exchange->live.is_settled)
		return;
	kg_http_error_set(exchange, code);
	start->status = start->error_text ? 0 : status_read(exchange);
	exchange_settle(exchange, code == CURLE_OPERATION_TIMEDOUT ? KG_WAIT_TIMEOUT : KG_WAIT_DONE);
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
	exchange_settle(exchange, KG_WAIT_CANCELLED);
}

static void
exchange_release(struct kg_live *live)
{
	struct kg_http_exchange *exchange = (struct kg_http_exchange *)live;
	struct kg_http_start *start = exchange->start;

	if (exchange->easy) {
		if (exchange->pool)
			kg_curl.multi_remove_handle(exchange->pool->multi, exchange->easy);
		kg_curl.easy_cleanup(exchange->easy);
		kg_curl.slist_free_all(exchange->headers);
		kg_curl.slist_free_all(exchange->connect_to);
	}
	kg_http_body_close(exchange);
	start->answer = kg_copy_bytes(start->arena, exchange->answer.bytes, exchange->answer.size);
	start->answer_size = exchange->answer.size;
	start->answer_headers = kg_copy_bytes(start->arena, exchange->answer_headers.bytes, exchange->answer_headers.size);
	free(exchange->answer.bytes);
	free(exchange->answer_headers.bytes);
}

static void
callbacks_set(struct kg_http_exchange *exchange)
{
	CURL *easy = exchange->easy;

	kg_curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	kg_curl.easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	kg_curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	kg_curl.easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	kg_curl.easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	kg_curl.easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
}

static struct kg_http_exchange *
exchange_make(struct kg_loop *loop, struct kg_wait *wait, struct kg_http_start *start)
{
	struct kg_http_exchange *exchange = kg_live_make(loop, wait, sizeof(*exchange), exchange_cancel);

	exchange->live.release = exchange_release;
	exchange->start = start;
	exchange->started_ms = uv_now(&loop->uv);
	exchange->body.fd = -1;
	exchange->limit = start->body_limit > 0 ? start->body_limit : limit_default_bytes;
	exchange->timeout_ms = start->timeout_ms == 0 ? timeout_default_ms : start->timeout_ms < 0 ? 0 : start->timeout_ms;
	exchange->connect_ms = start->connect_ms > 0 ? start->connect_ms : connect_default_ms;
	start->status = 0;
	start->saved_bytes = 0;
	start->saved_to = start->save_at;
	start->error_text = NULL;
	start->error_sys = 0;
	start->error_is_lasting = false;
	if (start->stall_ms > 0) {
		uv_timer_init(&loop->uv, &exchange->stall);
		kg_live_opened(&exchange->live, (uv_handle_t *)&exchange->stall);
	}
	return exchange;
}

void
kg_http_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_http_start *start)
{
	struct kg_http_exchange *exchange = exchange_make(loop, wait, start);
	const char *why = "it refuses";
	struct kg_http_room *room = kg_http_room_find(loop, start->arena, &why);

	exchange->easy = room ? kg_curl.easy_init() : NULL;
	if (exchange->easy && !kg_http_body_open(exchange)) {
		kg_http_exchange_finish(exchange, CURLE_READ_ERROR);
		return;
	}
	if (exchange->easy) {
		CURLcode code = kg_http_set(exchange);

		callbacks_set(exchange);
		if (code != CURLE_OK) {
			kg_http_exchange_finish(exchange, code);
			return;
		}
		exchange->pool = exchange->is_shared ? &room->shared : &room->one_by_one;
		if (kg_curl.multi_add_handle(exchange->pool->multi, exchange->easy) == CURLM_OK)
			return;
	}
	start->error_text = kg_format(start->arena, "libcurl cannot be used: %s", why);
	start->error_is_lasting = true;
	exchange_settle(exchange, KG_WAIT_FAILED);
}
