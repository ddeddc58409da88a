#include "engine/loop/http_inside.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"

/* As part of a sentence: "Connection refused" → "connection refused", but "SSL …" stays. */
static const char *
lower(struct kg_arena *arena, const char *sentence)
{
	char *text = kg_copy(arena, sentence);
	size_t length = strlen(text);

	if (length > 1 && !isupper((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

static const char *
size_tell(struct kg_arena *arena, size_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	size_t unit = 0;

	while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return kg_format(arena, "%zu %s", bytes, units[unit]);
}

/* What the system said of the socket, else what libcurl says. */
static const char *
system_text(struct kg_http_exchange *exchange, CURLcode code)
{
	struct kg_arena *arena = exchange->start->arena;
	char buffer[128];
	long sys = 0;

	curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &sys);
	if (sys > 0)
		return lower(arena, strerror_r((int)sys, buffer, sizeof(buffer)));
	return lower(arena, exchange->error[0] ? exchange->error : curl_easy_strerror(code));
}

static const char *
host_text(struct kg_http_exchange *exchange)
{
	struct kg_arena *arena = exchange->start->arena;
	CURLU *url = curl_url();
	const char *text = "the host is not known";
	char *host = NULL;

	if (url && curl_url_set(url, CURLUPART_URL, exchange->start->url, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		text = kg_format(arena, "the host %s is not known", host);
	curl_free(host);
	curl_url_cleanup(url);
	return text;
}

const char *
kg_http_error_text(struct kg_http_exchange *exchange, CURLcode code)
{
	struct kg_arena *arena = exchange->start->arena;

	if (exchange->is_too_long)
		return kg_format(arena, "the answer is longer than %s", size_tell(arena, exchange->limit));
	if (code == CURLE_OK || exchange->is_collected)
		return NULL;
	switch ((int)code) {
	case CURLE_OPERATION_TIMEDOUT:
		return kg_format(arena, "timed out after %s", kg_duration_tell(arena, exchange->timeout_ms * 1000000));
	case CURLE_COULDNT_RESOLVE_HOST: return host_text(exchange);
	case CURLE_GOT_NOTHING: return "the connection was closed without an answer";
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM: return "the connection was closed in the middle of the answer";
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: return "it does not speak HTTP";
	case CURLE_URL_MALFORMAT: return "the URL cannot be read";
	default: return system_text(exchange, code);
	}
}
