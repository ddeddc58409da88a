#include "engine/loop/http_inside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static constexpr long redirects_most = 10;
/* What libcurl reads at once of an answer that goes into a file; 16 KB by default, which is a system call each. */
static constexpr long save_piece_bytes = 256 << 10;

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
		exchange->headers = kg_curl.slist_append(exchange->headers, *header);
	/* A body that is to wait for "100 Continue" waits a second for servers that never say it. */
	exchange->headers = kg_curl.slist_append(exchange->headers, "Expect:");
	/* libcurl takes every body for a form. */
	if (!header_given(start, "Content-Type"))
		exchange->headers = kg_curl.slist_append(exchange->headers, "Content-Type:");
	kg_curl.easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, exchange->headers);
}

/* Empty when the URL is not on this machine. */
static const char *
local_host(struct kg_arena *arena, const char *text)
{
	CURLU *url = kg_curl.url();
	const char *local = "";
	char *host = NULL;

	if (url && kg_curl.url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    kg_curl.url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && kg_text_starts(host, "127."))
		local = kg_format(arena, ",%s", host);
	kg_curl.free(host);
	kg_curl.url_cleanup(url);
	return local;
}

/*
 * A proxy that the environment names cannot know what runs on this machine, whether a URL or a redirect leads there. The list is
 * the environment's, and ours behind it. libcurl before 7.86 takes no networks in it, so an address of the URL is in it by itself.
 */
static void
proxy_set(CURL *easy, const struct kg_http_start *start)
{
	const char *given = getenv("no_proxy");

	if (!given)
		given = getenv("NO_PROXY");
	if (start->unix_socket || (given && kg_text_equal(given, "*"))) {
		kg_curl.easy_setopt(easy, CURLOPT_PROXY, "");
		return;
	}
	kg_curl.easy_setopt(easy, CURLOPT_NOPROXY,
	    kg_format(start->arena, "%s%slocalhost,127.0.0.0/8,::1%s", given ? given : "", given && *given ? "," : "",
		local_host(start->arena, start->url)));
}

static void
tls_set(CURL *easy, const struct kg_http_start *start)
{
	if (start->ca_file)
		kg_curl.easy_setopt(easy, CURLOPT_CAINFO, start->ca_file);
	if (start->cert_file) {
		kg_curl.easy_setopt(easy, CURLOPT_SSLCERT, start->cert_file);
		kg_curl.easy_setopt(easy, CURLOPT_SSLKEY, start->key_file ? start->key_file : start->cert_file);
	}
	kg_curl.easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, (long)!start->insecure);
	kg_curl.easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, start->insecure ? 0L : 2L);
}

static void
way_set(CURL *easy, const struct kg_http_start *start)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	kg_curl.easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	kg_curl.easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
	kg_curl.easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	kg_curl.easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* An exchange that ends while a name is looked up does not wait for the resolver. */
	kg_curl.easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	kg_curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	kg_curl.easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)(start->http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	kg_curl.easy_setopt(easy, CURLOPT_PIPEWAIT, (long)start->http2);
	kg_curl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	kg_curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, (long)start->follow);
	kg_curl.easy_setopt(easy, CURLOPT_MAXREDIRS, redirects_most);
	if (start->unix_socket)
		kg_curl.easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, start->unix_socket);
	if (start->save_fd > 2)
		kg_curl.easy_setopt(easy, CURLOPT_BUFFERSIZE, save_piece_bytes);
}

void
kg_http_set(struct kg_http_exchange *exchange)
{
	const struct kg_http_start *start = exchange->start;
	CURL *easy = exchange->easy;

	kg_curl.easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	kg_curl.easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
	kg_curl.easy_setopt(easy, CURLOPT_URL, start->url);
	kg_curl.easy_setopt(easy, CURLOPT_USERAGENT, "kgraph");
	kg_curl.easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)exchange->timeout_ms);
	kg_curl.easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)exchange->connect_ms);
	kg_http_body_set(exchange);
	headers_set(exchange);
	way_set(easy, start);
	proxy_set(easy, start);
	tls_set(easy, start);
}
