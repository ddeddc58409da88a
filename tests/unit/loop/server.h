/*
 * An HTTP server that behaves as badly as a test asks: on a free port of 127.0.0.1 and on a unix socket, a thread a connection.
 *
 *     struct server *server = server_start(folder);
 *     ... http://127.0.0.1:PORT/ok, /missing, /slow, /reset, /short, /nothing, /long, /stream, /echo, /continue, /garbage, /redirect, /kept
 *     server_stop(server);
 *
 * /kept is the one place where it behaves: PUT keeps a body there, GET shows it with an ETag, DELETE takes it away.
 */
#pragma once

#include <stdint.h>

struct server;

/* The unix socket is folder/socket. */
struct server *server_start(const char *folder);
uint16_t server_port(const struct server *server);
/* What is at /kept, as if somebody else had put or deleted it: NULL when nothing is. */
void server_keep(struct server *server, const char *text);
const char *server_kept(struct server *server);
/* How many connections were accepted so far. */
uint32_t server_connections(struct server *server);
/* Clients must have closed their connections. */
void server_stop(struct server *server);
