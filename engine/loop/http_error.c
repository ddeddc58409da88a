#include "engine/loop/http_inside.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

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
size_tell(struct kg_arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
	size_t unit = 0;

	while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return kg_format(arena, "%llu %s", (unsigned long long)bytes, units[unit]);
}

static const char *
ms_tell(struct kg_arena *arena, int64_t ms)
{
	return kg_duration_tell(arena, ms * 1000000);
}

static const char *
sys_tell(struct kg_arena *arena, int sys)
{
	char buffer[128];

	return lower(arena, strerror_r(sys, buffer, sizeof(buffer)));
}

static const char *
curl_text(struct kg_http_exchange *exchange, CURLcode code)
{
	return exchange->error[0] ? exchange->error : kg_curl.easy_strerror(code);
}

/* What the system said of the socket, else what libcurl says. */
static const char *
system_text(struct kg_http_exchange *exchange, CURLcode code)
{
	long sys = 0;

	kg_curl.easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &sys);
	if (sys > 0)
		return sys_tell(exchange->start->arena, (int)sys);
	return lower(exchange->start->arena, curl_text(exchange, code));
}

/* Of the URL, or of the one that the last redirect led to. */
static const char *
host_of(struct kg_http_exchange *exchange)
{
	CURLU *url = kg_curl.url();
	const char *text = "its host";
	char *effective = NULL, *host = NULL;

	kg_curl.easy_getinfo(exchange->easy, CURLINFO_EFFECTIVE_URL, &effective);
	if (url && effective && kg_curl.url_set(url, CURLUPART_URL, effective, 0) == CURLUE_OK &&
	    kg_curl.url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		text = kg_copy(exchange->start->arena, host);
	kg_curl.free(host);
	kg_curl.url_cleanup(url);
	return text;
}

/* libcurl: "SSL certificate problem: certificate has expired", "SSL: no alternative certificate subject name matches …". */
static const char *
certificate_text(struct kg_http_exchange *exchange, CURLcode code)
{
	struct kg_arena *arena = exchange->start->arena;
	const char *text = curl_text(exchange, code), *colon = strstr(text, ": ");

	if (strstr(text, "subject name"))
		return kg_format(arena, "the server's certificate is not for %s", host_of(exchange));
	return kg_format(arena, "the server's certificate is refused: %s", lower(arena, colon ? colon + 2 : text));
}

/* OpenSSL, of an answer in plain text: "error:0A00010B:SSL routines::wrong version number"; GnuTLS has words of its own. */
static const char *
handshake_text(struct kg_http_exchange *exchange, CURLcode code)
{
	const char *text = curl_text(exchange, code), *reason = strstr(text, "::");

	if (strstr(text, "wrong version number") || strstr(text, "unexpected TLS packet"))
		return "it does not speak TLS";
	if (reason)
		return kg_format(exchange->start->arena, "TLS cannot be agreed on: %s", reason + 2);
	return system_text(exchange, code);
}

/* Without a name and a password that it may carry. */
static const char *
proxy_tell(struct kg_http_exchange *exchange)
{
	const char *proxy = exchange->start->proxy ? exchange->start->proxy : "that the environment names";
	const char *scheme = strstr(proxy, "://"), *host = scheme ? scheme + 3 : proxy, *at = strrchr(host, '@');

	return at ? at + 1 : host;
}

/* libcurl has one code for both limits. Its clock starts a moment later than ours. */
static const char *
timeout_text(struct kg_http_exchange *exchange)
{
	struct kg_arena *arena = exchange->start->arena;
	int64_t limit_ms = exchange->timeout_ms, taken_ms = (int64_t)(uv_now(&exchange->live.loop->uv) - exchange->started_ms);

	if (limit_ms > 0 && (limit_ms <= exchange->connect_ms || taken_ms + 50 >= limit_ms))
		return kg_format(arena, "timed out after %s", ms_tell(arena, limit_ms));
	return kg_format(arena, "no connection within %s", ms_tell(arena, exchange->connect_ms));
}

/* NULL when there is none. */
static const char *
fault_text(struct kg_http_exchange *exchange)
{
	struct kg_http_start *start = exchange->start;
	struct kg_arena *arena = start->arena;

	switch (exchange->fault) {
	case KG_HTTP_STALLED:
		return kg_format(arena, "%s for %s",
		    exchange->body.sent < exchange->body.size ? "nothing could be sent" : "nothing arrived",
		    ms_tell(arena, start->stall_ms));
	case KG_HTTP_KEPT_TOO_MUCH: return kg_format(arena, "the answer is longer than %s", size_tell(arena, exchange->limit));
	case KG_HTTP_SAVED_TOO_MUCH:
		return kg_format(arena, "the answer is longer than %s", size_tell(arena, (uint64_t)start->save_limit));
	case KG_HTTP_SAVE_FAILED: return kg_format(arena, "cannot write what arrives: %s", sys_tell(arena, start->error_sys));
	case KG_HTTP_BODY_UNREADABLE:
		return kg_format(arena, "cannot read %s: %s", start->body_path, sys_tell(arena, start->error_sys));
	case KG_HTTP_BODY_SHORT: return kg_format(arena, "%s is shorter than what is to be sent of it", start->body_path);
	case KG_HTTP_DOWNGRADED: return "it redirects from https to http";
	case KG_HTTP_NO_FAULT:
	case KG_HTTP_COLLECTED: return NULL;
	}
	return NULL;
}

static const char *
code_text(struct kg_http_exchange *exchange, CURLcode code)
{
	const struct kg_http_start *start = exchange->start;
	struct kg_arena *arena = start->arena;

	switch ((int)code) {
	case CURLE_OPERATION_TIMEDOUT: return timeout_text(exchange);
	case CURLE_COULDNT_RESOLVE_HOST: return kg_format(arena, "the host %s is not known", host_of(exchange));
	case CURLE_GOT_NOTHING: return "the connection was closed without an answer";
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return exchange->answer_headers.size > 0 ? "the connection was closed in the middle of the answer"
							 : "the connection was closed without an answer";
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: return "it does not speak HTTP";
	case CURLE_URL_MALFORMAT: return "the URL cannot be read";
	case CURLE_TOO_MANY_REDIRECTS: return "it redirects more than 10 times";
	case CURLE_PEER_FAILED_VERIFICATION: return certificate_text(exchange, code);
	case CURLE_SSL_CONNECT_ERROR: return handshake_text(exchange, code);
	case CURLE_SSL_CACERT_BADFILE:
		if (start->ca_pem)
			return "cannot use the certificates of the authority";
		return start->ca_file ? kg_format(arena, "cannot use the certificates in %s", start->ca_file)
				      : "this machine has no list of authorities; install the package ca-certificates";
	case CURLE_SSL_CERTPROBLEM:
		return start->cert_pem || !start->cert_file
		    ? "cannot use the client's certificate"
		    : kg_format(arena, "cannot use the client's certificate %s", start->cert_file);
	case CURLE_COULDNT_RESOLVE_PROXY: return kg_format(arena, "the host of the proxy %s is not known", proxy_tell(exchange));
	case CURLE_PROXY: return kg_format(arena, "the proxy %s refuses: %s", proxy_tell(exchange), system_text(exchange, code));
	case CURLE_NOT_BUILT_IN:
	case CURLE_UNKNOWN_OPTION: return "this libcurl takes no certificates as texts; install the one that is built with OpenSSL";
	default: return system_text(exchange, code);
	}
}

static bool
is_lasting(const struct kg_http_exchange *exchange, CURLcode code)
{
	if (exchange->fault != KG_HTTP_NO_FAULT)
		return exchange->fault != KG_HTTP_STALLED;
	switch ((int)code) {
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_NOT_BUILT_IN:
	case CURLE_UNKNOWN_OPTION: return true;
	default: return false;
	}
}

void
kg_http_error_set(struct kg_http_exchange *exchange, CURLcode code)
{
	struct kg_http_start *start = exchange->start;

	if (exchange->fault == KG_HTTP_COLLECTED || (exchange->fault == KG_HTTP_NO_FAULT && code == CURLE_OK))
		return;
	start->error_text = fault_text(exchange);
	if (!start->error_text)
		start->error_text = code_text(exchange, code);
	start->error_is_lasting = is_lasting(exchange, code);
}
