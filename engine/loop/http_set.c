#include "engine/loop/http_inside.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

static constexpr long redirects_most = 10;
static constexpr long keep_idle_s = 15, keep_interval_s = 5;
/* What libcurl reads at once of an answer that goes into a file; 16 KB by default, which is a system call each. */
static constexpr long save_piece_bytes = 256 << 10;

bool
kg_http_header_given(const struct kg_http_start *start, const char *name)
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
	if (exchange->host_header)
		exchange->headers = kg_curl.slist_append(exchange->headers, exchange->host_header);
	/* libcurl takes every body for a form. */
	if (!kg_http_header_given(start, "Content-Type"))
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
environment_proxy_set(CURL *easy, const struct kg_http_start *start)
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

/*
 * Who names a proxy means it, for this machine as well. A SOCKS proxy is told the host's name and not its address, as Go's net/http does it: who
 * needs a proxy to get there often cannot look the name up either.
 */
static void
proxy_set(CURL *easy, const struct kg_http_start *start)
{
	const char *proxy = start->proxy;

	if (!proxy || start->unix_socket) {
		environment_proxy_set(easy, start);
		return;
	}
	if (kg_text_starts(proxy, "socks5://"))
		proxy = kg_format(start->arena, "socks5h%s", proxy + strlen("socks5"));
	kg_curl.easy_setopt(easy, CURLOPT_PROXY, proxy);
	kg_curl.easy_setopt(easy, CURLOPT_NOPROXY, "");
}

static void
way_set(struct kg_http_exchange *exchange)
{
	const struct kg_http_start *start = exchange->start;
	CURL *easy = exchange->easy;

	exchange->is_shared = kg_http_may_share(exchange);
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
	kg_curl.easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)(exchange->is_shared ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	kg_curl.easy_setopt(easy, CURLOPT_PIPEWAIT, (long)exchange->is_shared);
	/* A stream on which nothing comes for minutes is well; a server that is gone without a word is known after a minute. */
	kg_curl.easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	kg_curl.easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, keep_idle_s);
	kg_curl.easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, keep_interval_s);
	kg_curl.easy_setopt(easy, CURLOPT_FOLLOWLOCATION, (long)start->follow);
	kg_curl.easy_setopt(easy, CURLOPT_MAXREDIRS, redirects_most);
	if (start->unix_socket)
		kg_curl.easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, start->unix_socket);
	if (start->save_fd > 2)
		kg_curl.easy_setopt(easy, CURLOPT_BUFFERSIZE, save_piece_bytes);
	if (exchange->is_shared)
		kg_http_share_begin(exchange);
}

CURLcode
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
	way_set(exchange);
	proxy_set(easy, start);
	CURLcode code = kg_http_tls_set(exchange);
	headers_set(exchange);
	return code;
}
