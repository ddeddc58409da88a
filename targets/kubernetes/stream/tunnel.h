/*
 * One connection to a port of a pod, inside of a WebSocket to the API server, without a socket: bytes in, bytes out.
 *
 *     kg_tunnel_begin(&tunnel, answer.protocol, 5432, &to_server);
 *     kg_tunnel_send(&tunnel, bytes, size);
 *     kg_tunnel_read(&tunnel, &from_server, &to_local);
 *     if (tunnel.wrong) …    if (tunnel.has_ended) …
 *
 * Two protocols are spoken, whichever the server chooses. SPDY inside of the WebSocket (kubectl's, from 1.31 on) can end one direction while the other goes
 * on. `v4.channel.k8s.io` (all versions) cannot: there, that we have ended is known to the other side only when the whole connection ends.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "targets/kubernetes/stream/bytes.h"
#include "targets/kubernetes/stream/spdy.h"
#include "targets/kubernetes/stream/websocket.h"

/* What the request offers: the one that is liked best first. */
extern const char kg_tunnel_protocols[];

struct kg_tunnel {
	struct kg_bytes *out; /* to the server */
	bool is_spdy;
	bool is_answered; /* something came from the kubelet */
	bool has_ended;   /* nothing more will come from the pod */
	bool error_ended; /* nothing more will be said about what went wrong; with SPDY alone, where it may come behind has_ended */
	bool is_closed;   /* nothing will come from the server either */
	bool sent_end;
	const char *wrong;     /* the connection is of no use any more; NULL: it is */
	struct kg_bytes error; /* what the kubelet says went wrong: "… connection refused"; empty: nothing */

	struct kg_websocket_reader socket;
	struct kg_spdy_reader spdy;
	struct kg_bytes frames; /* SPDY's, as they came */
	uint8_t channel;        /* whose message is being read */
	uint8_t port_left[2];   /* bytes of the port's number that each channel begins with, still to come */
	uint32_t pings;
};

/* False: the server chose a protocol that was not offered. */
[[nodiscard]] bool kg_tunnel_begin(struct kg_tunnel *tunnel, const char *protocol, uint16_t port, struct kg_bytes *out);
void kg_tunnel_send(struct kg_tunnel *tunnel, const void *bytes, size_t size);
void kg_tunnel_send_end(struct kg_tunnel *tunnel);
/* Asks for a sign of life, of the kubelet where that can be. */
void kg_tunnel_ping(struct kg_tunnel *tunnel);
/* Reads all of in; what is for the local side goes to local. */
void kg_tunnel_read(struct kg_tunnel *tunnel, struct kg_bytes *in, struct kg_bytes *local);
void kg_tunnel_free(struct kg_tunnel *tunnel);
