#include "engine/loop/http_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"

/*
 * Files are read and written in the loop itself, in pieces of what libcurl moves at once (64 to 256 KB). That is a copy from or to
 * the page cache: tens of microseconds, less than what TLS takes for the same bytes. A worker thread would have to pause libcurl
 * for each piece and wake it again, which costs more. What it can cost is a wait for a slow disk, once a read-ahead window.
 */

bool
kg_http_body_open(struct kg_http_exchange *exchange)
{
	struct kg_http_start *start = exchange->start;
	struct kg_http_body *body = &exchange->body;
	struct stat info;

	if (!start->body_path) {
		body->size = start->body ? (int64_t)start->body_size : 0;
		return true;
	}
	body->fd = open(start->body_path, O_RDONLY | O_CLOEXEC);
	if (body->fd < 0 || fstat(body->fd, &info) < 0) {
		start->error_sys = errno;
		exchange->fault = KG_HTTP_BODY_UNREADABLE;
		return false;
	}
	body->size = start->body_bytes > 0 ? start->body_bytes : info.st_size - start->body_from;
	if (body->size < 0 || start->body_from + body->size > info.st_size)
		exchange->fault = KG_HTTP_BODY_SHORT;
	return exchange->fault == KG_HTTP_NO_FAULT;
}

void
kg_http_body_close(struct kg_http_exchange *exchange)
{
	if (exchange->body.fd >= 0)
		close(exchange->body.fd);
	exchange->body.fd = -1;
}

static size_t
on_read(char *bytes, size_t, size_t room, void *context)
{
	struct kg_http_exchange *exchange = context;
	struct kg_http_start *start = exchange->start;
	struct kg_http_body *body = &exchange->body;
	int64_t left = body->size - body->sent;
	size_t size = (uint64_t)left < room ? (size_t)left : room;
	ssize_t got;

	if (exchange->live.is_settled)
		return CURL_READFUNC_ABORT;
	kg_http_moved(exchange);
	if (size == 0)
		return 0;
	if (body->fd < 0) {
		memcpy(bytes, start->body + body->sent, size);
		body->sent += (int64_t)size;
		return size;
	}
	do
		got = pread(body->fd, bytes, size, start->body_from + body->sent);
	while (got < 0 && errno == EINTR);
	if (got <= 0) {
		start->error_sys = got < 0 ? errno : 0;
		exchange->fault = got < 0 ? KG_HTTP_BODY_UNREADABLE : KG_HTTP_BODY_SHORT;
		return CURL_READFUNC_ABORT;
	}
	body->sent += got;
	return (size_t)got;
}

/* A redirect that keeps the method, and a kept connection that the other side closed just then, send the body once more. */
static int
on_rewind(void *context, curl_off_t offset, int origin)
{
	struct kg_http_exchange *exchange = context;

	if (origin != SEEK_SET || offset < 0 || offset > exchange->body.size)
		return CURL_SEEKFUNC_FAIL;
	exchange->body.sent = offset;
	return CURL_SEEKFUNC_OK;
}

/*
 * A method that is set as CURLOPT_CUSTOMREQUEST survives every redirect, so it is set only where libcurl does not know the
 * method by itself.
 */
void
kg_http_body_set(struct kg_http_exchange *exchange)
{
	const struct kg_http_start *start = exchange->start;
	const char *method = start->method ? start->method : "GET";
	CURL *easy = exchange->easy;
	bool has_body = start->body || start->body_path, is_put = kg_text_equal(method, "PUT");

	if (kg_text_equal(method, "HEAD")) {
		kg_curl.easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (kg_text_equal(method, "POST")) {
		kg_curl.easy_setopt(easy, CURLOPT_POST, 1L);
		kg_curl.easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body.size);
	} else if (has_body || is_put || kg_text_equal(method, "PATCH")) {
		kg_curl.easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		kg_curl.easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)exchange->body.size);
		if (!is_put)
			kg_curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	} else if (!kg_text_equal(method, "GET")) {
		kg_curl.easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	}
	kg_curl.easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	kg_curl.easy_setopt(easy, CURLOPT_READDATA, exchange);
	kg_curl.easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_rewind);
	kg_curl.easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
}

static bool
range_asked(const struct kg_http_start *start)
{
	for (const char *const *header = start->headers; header && *header; header++) {
		if (strncasecmp(*header, "range:", strlen("range:")) == 0)
			return true;
	}
	return false;
}

bool
kg_http_save(struct kg_http_exchange *exchange, int status, const char *bytes, size_t size)
{
	struct kg_http_start *start = exchange->start;

	if (start->saved_bytes == 0)
		start->saved_to = status != 206 && range_asked(start) ? 0 : start->save_at;
	if (start->save_limit > 0 && start->saved_bytes + (int64_t)size > start->save_limit) {
		exchange->fault = KG_HTTP_SAVED_TOO_MUCH;
		return false;
	}
	for (size_t at = 0; at < size;) {
		ssize_t written = pwrite(start->save_fd, bytes + at, size - at, start->saved_to);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			start->error_sys = written < 0 ? errno : ENOSPC;
			exchange->fault = KG_HTTP_SAVE_FAILED;
			return false;
		}
		at += (size_t)written;
		start->saved_bytes += written;
		start->saved_to += written;
	}
	return true;
}
