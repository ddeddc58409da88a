/*
 * The API server as a kubeconfig says it, for a program that outlives many changes of it: files are read again when they have changed, token files every few
 * seconds, plug-ins when what they gave expires or was refused.
 *
 *     struct server server = { .kubeconfig = path };
 *     error = server_prepare(&server, arena);
 *     server_set(&server, easy, "/api/v1/…");
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "engine/kubeconfig/kubeconfig.h"

struct server {
	const char *kubeconfig, *context; /* NULL: as kubectl finds them */
	struct kg_arena *arena;           /* of all below; made anew when it is read again */
	struct kg_kubeconfig config;
	const char *stamp; /* of the files that were read */
	const char *cert_pem, *key_pem;
	const char *const *headers; /* that say who we are, ended by NULL */
	const char *token;          /* the last that its file had; NULL: none */
	int64_t expires_wall_ns;
	int64_t token_read_ns; /* monotonic */
	bool is_refused;       /* 401 was the last answer */
};

/* Blocks while files are read or a plug-in runs. The error is in arena. */
[[nodiscard]] struct kg_error *server_prepare(struct server *server, struct kg_arena *arena);
/* "127.0.0.1:6443" */
const char *server_host(struct kg_arena *arena, const struct server *server);
/* Where what names no namespace is: the context's, else "default". */
const char *server_namespace(const struct server *server);
/* The path that the server's URL itself has, in front of every other. */
const char *server_root(const struct server *server);
/* Whom to ask, and with which certificates; copies all that it needs but the list that is returned: for curl_slist_free_all, behind the handle. */
[[nodiscard]] struct curl_slist *server_set(const struct server *server, CURL *easy, const char *path);
/* The headers of a request, and more of its own; for curl_slist_free_all. */
struct curl_slist *server_headers(const struct server *server);
