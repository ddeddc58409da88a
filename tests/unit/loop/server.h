/*
 * An HTTP server that behaves as badly as a test asks: on a free port of 127.0.0.1 and on a unix socket, a thread a connection.
 *
 *     struct server *server = server_start(folder);
 *     ... http://127.0.0.1:PORT/ok, /missing, /slow, /reset, /short, /nothing, /long, /stream, /echo, /continue, /garbage, /redirect
 *     server_stop(server);
 */
#pragma once

#include <stdint.h>

struct server;

/* The unix socket is folder/socket. */
struct server *server_start(const char *folder);
uint16_t server_port(const struct server *server);
/* How many connections were accepted so far. */
uint32_t server_connections(struct server *server);
/* Clients must have closed their connections. */
void server_stop(struct server *server);
