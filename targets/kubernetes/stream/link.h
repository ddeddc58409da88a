/*
 * Connections to the API server by libcurl, which does proxies and TLS: one that is only connected and then ours to speak on, and questions that are answered
 * with JSON. Both belong to a multi handle, whose done messages are given to whoever owns them (CURLOPT_PRIVATE).
 *
 *     link_open(&link, multi, server, owner);           …done: link_connected(&link)
 *     got = link_read(&link, bytes, sizeof(bytes));
 *     ask_start(&ask, multi, server, path, owner);      …done: ask.status, ask.body
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <curl/curl.h>

#include "targets/kubernetes/stream/bytes.h"

struct server;

struct link {
	CURLM *multi;
	CURL *easy; /* NULL: closed */
	struct curl_slist *route;
	curl_socket_t socket; /* for poll(2), once connected */
	char error[CURL_ERROR_SIZE];
};

void link_open(struct link *link, CURLM *multi, const struct server *server, void *owner);
void link_connected(struct link *link);
/* Bytes read; 0: the other side has ended; LINK_AGAIN; LINK_BROKEN. */
enum { LINK_AGAIN = -1, LINK_BROKEN = -2 };
ssize_t link_read(struct link *link, void *bytes, size_t size);
/* Takes out of the queue what could be written. False: it is broken. */
bool link_write(struct link *link, struct kg_bytes *bytes);
void link_close(struct link *link);

struct ask {
	CURLM *multi;
	CURL *easy; /* NULL: not under way */
	struct curl_slist *headers, *route;
	struct kg_bytes body;
	long status; /* 0: there was no answer, and error says why */
	char error[CURL_ERROR_SIZE];
};

void ask_start(struct ask *ask, CURLM *multi, const struct server *server, const char *path, void *owner);
void ask_done(struct ask *ask, CURLcode code);
/* Also what it was answered. */
void ask_free(struct ask *ask);
