/*
 * A proxy for tests: on a free port of 127.0.0.1, CONNECT of HTTP and SOCKS5 alike, a thread a connection. Whatever it is asked for it takes to one
 * port of this machine, so that names that nobody knows can be asked for.
 *
 *     struct proxy *proxy = proxy_start(server_port);
 *     ... proxy_port(proxy)
 *     assert_string_equal(proxy_asked(proxy), "connect name.test:80; ");
 *     proxy_stop(proxy);
 */
#pragma once

#include <stdint.h>

struct proxy;

struct proxy *proxy_start(uint16_t to_port);
uint16_t proxy_port(const struct proxy *proxy);
/* "connect HOST:PORT; socks HOST:PORT; get URL; " in order; of a name and password as well: "connect HOST:PORT Basic …; ". */
const char *proxy_asked(struct proxy *proxy);
/* Clients must have closed their connections. */
void proxy_stop(struct proxy *proxy);
