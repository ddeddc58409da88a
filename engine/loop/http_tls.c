/* Whom an exchange trusts, who it says that it is, and the name that the server must show. */
#include "engine/loop/http_inside.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

/* The text lives as long as the exchange. */
static CURLcode
pem_set(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { .data = (void *)(uintptr_t)pem, .len = strlen(pem), .flags = CURL_BLOB_NOCOPY };

	return kg_curl.easy_setopt(easy, option, &blob);
}

static CURLcode
authority_set(CURL *easy, const struct kg_http_start *start)
{
	if (start->ca_pem) {
		/* The system's folder of authorities would be trusted beside it. */
		kg_curl.easy_setopt(easy, CURLOPT_CAPATH, NULL);
		return pem_set(easy, CURLOPT_CAINFO_BLOB, start->ca_pem);
	}
	return start->ca_file ? kg_curl.easy_setopt(easy, CURLOPT_CAINFO, start->ca_file) : CURLE_OK;
}

static CURLcode
client_set(CURL *easy, const struct kg_http_start *start)
{
	const char *key_pem = start->key_pem, *key_file = start->key_file;
	CURLcode code = CURLE_OK;

	if (!key_pem && !key_file) {
		key_pem = start->cert_pem;
		key_file = start->cert_file;
	}
	if (start->cert_pem)
		code = pem_set(easy, CURLOPT_SSLCERT_BLOB, start->cert_pem);
	else if (start->cert_file)
		code = kg_curl.easy_setopt(easy, CURLOPT_SSLCERT, start->cert_file);
	if (code == CURLE_OK && key_pem)
		code = pem_set(easy, CURLOPT_SSLKEY_BLOB, key_pem);
	else if (code == CURLE_OK && key_file)
		code = kg_curl.easy_setopt(easy, CURLOPT_SSLKEY, key_file);
	return code;
}

static const char *
bracketed(struct kg_arena *arena, const char *host)
{
	return strchr(host, ':') && *host != '[' ? kg_format(arena, "[%s]", host) : host;
}

/* In the arena; NULL when the URL has none. */
static const char *
url_part(struct kg_arena *arena, CURLU *url, CURLUPart part, unsigned flags)
{
	char *text = NULL;
	const char *copy = kg_curl.url_get(url, part, &text, flags) == CURLUE_OK ? kg_copy(arena, text) : NULL;

	kg_curl.free(text);
	return copy;
}

/*
 * libcurl asks for, and checks, the name that stands in the URL, and nothing else will do. So the URL gets the name that is wanted; where it is
 * connected to and the header Host stay as the URL says.
 */
static void
name_set(struct kg_http_exchange *exchange, CURLU *url)
{
	const struct kg_http_start *start = exchange->start;
	struct kg_arena *arena = start->arena;
	const char *host = url_part(arena, url, CURLUPART_HOST, 0), *given_port = url_part(arena, url, CURLUPART_PORT, 0);
	const char *port = url_part(arena, url, CURLUPART_PORT, CURLU_DEFAULT_PORT), *name = bracketed(arena, start->tls_name);

	if (!host || !port || kg_curl.url_set(url, CURLUPART_HOST, name, 0) != CURLUE_OK)
		return;
	host = bracketed(arena, host);
	exchange->connect_to = kg_curl.slist_append(NULL, kg_format(arena, "%s:%s:%s:%s", name, port, host, port));
	kg_curl.easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->connect_to);
	kg_curl.easy_setopt(exchange->easy, CURLOPT_URL, url_part(arena, url, CURLUPART_URL, 0));
	if (!kg_http_header_given(start, "Host"))
		exchange->host_header = kg_format(arena, "Host: %s%s%s", host, given_port ? ":" : "", given_port ? given_port : "");
}

CURLcode
kg_http_tls_set(struct kg_http_exchange *exchange)
{
	const struct kg_http_start *start = exchange->start;
	CURLU *url = start->tls_name && kg_text_starts(start->url, "https://") ? kg_curl.url() : NULL;
	CURLcode code = authority_set(exchange->easy, start);

	if (code == CURLE_OK)
		code = client_set(exchange->easy, start);
	if (url && kg_curl.url_set(url, CURLUPART_URL, start->url, 0) == CURLUE_OK)
		name_set(exchange, url);
	kg_curl.url_cleanup(url);
	kg_curl.easy_setopt(exchange->easy, CURLOPT_SSL_VERIFYPEER, (long)!start->insecure);
	kg_curl.easy_setopt(exchange->easy, CURLOPT_SSL_VERIFYHOST, start->insecure ? 0L : 2L);
	return code;
}
