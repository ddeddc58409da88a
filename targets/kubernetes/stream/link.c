#include "targets/kubernetes/stream/link.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/stream/server.h"

static constexpr long ask_timeout_ms = 15000;
static constexpr size_t answer_most = 64 << 20;

static CURL *
easy_make(char error[static CURL_ERROR_SIZE], void *owner)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		kg_out_of_memory();
	error[0] = '\0';
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, owner);
	return easy;
}

void
link_open(struct link *link, CURLM *multi, const struct server *server, void *owner)
{
	*link = (struct link){ .multi = multi, .socket = CURL_SOCKET_BAD };
	link->easy = easy_make(link->error, owner);
	link->route = server_set(server, link->easy, "/");
	curl_easy_setopt(link->easy, CURLOPT_CONNECT_ONLY, 1L);
	/* Also to a server without TLS a proxy of HTTP leads by CONNECT: what we say is for the server. */
	curl_easy_setopt(link->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	/* Not one over which a question was asked: it would be of a state that nobody knows. */
	curl_easy_setopt(link->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_multi_add_handle(multi, link->easy);
}

void
link_connected(struct link *link)
{
	curl_easy_getinfo(link->easy, CURLINFO_ACTIVESOCKET, &link->socket);
}

ssize_t
link_read(struct link *link, void *bytes, size_t size)
{
	size_t got = 0;
	CURLcode code = curl_easy_recv(link->easy, bytes, size, &got);

	if (code == CURLE_AGAIN)
		return LINK_AGAIN;
	if (code == CURLE_OK)
		return (ssize_t)got;
	if (!*link->error)
		snprintf(link->error, sizeof(link->error), "%s", curl_easy_strerror(code));
	return LINK_BROKEN;
}

bool
link_write(struct link *link, struct kg_bytes *bytes)
{
	while (bytes->size > 0) {
		size_t put = 0;
		CURLcode code = curl_easy_send(link->easy, kg_bytes_at(bytes), bytes->size, &put);

		if (code == CURLE_AGAIN || (code == CURLE_OK && put == 0))
			return true;
		if (code != CURLE_OK) {
			if (!*link->error)
				snprintf(link->error, sizeof(link->error), "%s", curl_easy_strerror(code));
			return false;
		}
		kg_bytes_take(bytes, put);
	}
	return true;
}

void
link_close(struct link *link)
{
	if (!link->easy)
		return;
	curl_multi_remove_handle(link->multi, link->easy);
	curl_easy_cleanup(link->easy);
	curl_slist_free_all(link->route);
	link->easy = NULL;
	link->route = NULL;
	link->socket = CURL_SOCKET_BAD;
}

static size_t
on_body(char *bytes, size_t one, size_t size, void *context)
{
	struct ask *ask = context;

	(void)one;
	if (ask->body.size + size > answer_most)
		return 0;
	kg_bytes_put(&ask->body, bytes, size);
	return size;
}

void
ask_start(struct ask *ask, CURLM *multi, const struct server *server, const char *path, void *owner)
{
	ask_free(ask);
	ask->multi = multi;
	ask->easy = easy_make(ask->error, owner);
	ask->route = server_set(server, ask->easy, path);
	ask->headers = curl_slist_append(server_headers(server), "Accept: application/json");
	curl_easy_setopt(ask->easy, CURLOPT_HTTPHEADER, ask->headers);
	curl_easy_setopt(ask->easy, CURLOPT_TIMEOUT_MS, ask_timeout_ms);
	curl_easy_setopt(ask->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(ask->easy, CURLOPT_WRITEDATA, ask);
	curl_multi_add_handle(multi, ask->easy);
}

static void
ask_end(struct ask *ask)
{
	if (!ask->easy)
		return;
	curl_multi_remove_handle(ask->multi, ask->easy);
	curl_easy_cleanup(ask->easy);
	curl_slist_free_all(ask->headers);
	curl_slist_free_all(ask->route);
	ask->easy = NULL;
	ask->headers = ask->route = NULL;
}

void
ask_done(struct ask *ask, CURLcode code)
{
	ask->status = 0;
	if (code == CURLE_OK)
		curl_easy_getinfo(ask->easy, CURLINFO_RESPONSE_CODE, &ask->status);
	else if (!*ask->error)
		snprintf(ask->error, sizeof(ask->error), "%s", curl_easy_strerror(code));
	ask_end(ask);
}

void
ask_free(struct ask *ask)
{
	ask_end(ask);
	kg_bytes_free(&ask->body);
	*ask = (struct ask){ 0 };
}
