/*
 * An HTTP server for what moves many bytes or moves on: on a free port of 127.0.0.1, a thread a connection.
 *
 *     struct transfer_server *server = transfer_server_start();
 *     ... http://127.0.0.1:PORT/bytes/1000000
 *     transfer_server_stop(server);
 *
 *     /bytes/SIZE      SIZE bytes of transfer_byte, from where Range says (206)
 *     /whole/SIZE      the same, but Range is ignored
 *     /cut/SIZE/AT     the same as bytes, and the connection is closed after AT of them
 *     /stall/SIZE/AT   the same, and nothing more comes after AT of them
 *     /drip/SIZE       one by one, 50 ms between two
 *     /sum             "METHOD SIZE SUM" of what was sent; "chunked" for the size when it did not say how long it is
 *     /deaf            takes nothing of what is sent
 *     /seen            "METHOD" and what Authorization said, or "-"
 *     /to/CODE/URL     leads to URL by that status
 *     /around          leads to itself
 *     /once            "METHOD SIZE SUM"; the connection's next request is taken in whole, and the connection closed
 *     /busy            503, Retry-After: 2
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct transfer_server;

struct transfer_server *transfer_server_start(void);
uint16_t transfer_server_port(const struct transfer_server *server);
/* How many connections were accepted so far. */
uint32_t transfer_server_connections(struct transfer_server *server);
/* Clients must have closed their connections. */
void transfer_server_stop(struct transfer_server *server);

/* What stands at that offset. */
unsigned char transfer_byte(int64_t at);
/* Goes on with a sum (0 at the start) over more bytes: the order of bytes counts. */
uint64_t transfer_sum(uint64_t sum, const void *bytes, size_t size);
