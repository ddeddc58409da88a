#include "targets/kubernetes/stream/tunnel.h"

#include <stdio.h>
#include <string.h>

static constexpr char spdy_protocol[] = "SPDY/3.1+portforward.k8s.io";
static constexpr char channel_protocol[] = "v4.channel.k8s.io";
const char kg_tunnel_protocols[] = "SPDY/3.1+portforward.k8s.io, v4.channel.k8s.io";

/* Of the two streams, or channels. */
enum { ERROR_STREAM = 1, DATA_STREAM = 3, DATA_CHANNEL = 0, ERROR_CHANNEL = 1 };

/* A frame of this size costs little, and lets others' through soon. */
static constexpr size_t piece_most = 16 << 10;
/* Of the kubelet's words; it may be anybody's. */
static constexpr size_t error_most = 4096;

static void
spdy_flush(struct kg_tunnel *tunnel, struct kg_bytes *frames)
{
	kg_websocket_put(tunnel->out, KG_WEBSOCKET_BINARY, kg_bytes_at(frames), frames->size);
	kg_bytes_free(frames);
}

static void
spdy_begin(struct kg_tunnel *tunnel, uint16_t port)
{
	struct kg_bytes frames = { 0 };
	char text[8];

	snprintf(text, sizeof(text), "%u", port);
	const struct kg_spdy_header error[] = { { "streamtype", "error" }, { "port", text }, { "requestid", "0" }, { 0 } };
	const struct kg_spdy_header data[] = { { "streamtype", "data" }, { "port", text }, { "requestid", "0" }, { 0 } };
	kg_spdy_open(&frames, ERROR_STREAM, error, true, true);
	kg_spdy_open(&frames, DATA_STREAM, data, false, false);
	spdy_flush(tunnel, &frames);
}

bool
kg_tunnel_begin(struct kg_tunnel *tunnel, const char *protocol, uint16_t port, struct kg_bytes *out)
{
	*tunnel = (struct kg_tunnel){ .out = out, .is_spdy = strcmp(protocol, spdy_protocol) == 0, .port_left = { 2, 2 } };
	if (tunnel->is_spdy)
		spdy_begin(tunnel, port);
	return tunnel->is_spdy || strcmp(protocol, channel_protocol) == 0;
}

void
kg_tunnel_send(struct kg_tunnel *tunnel, const void *bytes, size_t size)
{
	for (const char *at = bytes; size > 0;) {
		size_t piece = size < piece_most ? size : piece_most;

		if (tunnel->is_spdy) {
			struct kg_bytes frames = { 0 };

			kg_spdy_data(&frames, DATA_STREAM, at, piece, false);
			spdy_flush(tunnel, &frames);
		} else {
			kg_websocket_put_channel(tunnel->out, DATA_CHANNEL, at, piece);
		}
		at += piece;
		size -= piece;
	}
}

void
kg_tunnel_send_end(struct kg_tunnel *tunnel)
{
	struct kg_bytes frames = { 0 };

	if (tunnel->sent_end)
		return;
	tunnel->sent_end = true;
	if (!tunnel->is_spdy)
		return;
	kg_spdy_data(&frames, DATA_STREAM, "", 0, true);
	spdy_flush(tunnel, &frames);
}

void
kg_tunnel_ping(struct kg_tunnel *tunnel)
{
	struct kg_bytes frames = { 0 };

	if (!tunnel->is_spdy) {
		kg_websocket_put(tunnel->out, KG_WEBSOCKET_PING, "", 0);
		return;
	}
	/* A client's are odd. */
	kg_spdy_ping(&frames, 2 * tunnel->pings++ + 1);
	spdy_flush(tunnel, &frames);
}

static void
error_add(struct kg_tunnel *tunnel, const char *bytes, size_t size)
{
	size_t room = error_most - tunnel->error.size;

	kg_bytes_put(&tunnel->error, bytes, size < room ? size : room);
}

static void
stream_ended(struct kg_tunnel *tunnel, const struct kg_spdy_event *event)
{
	tunnel->has_ended |= event->is_end && event->stream == DATA_STREAM;
	tunnel->error_ended |= event->is_end && event->stream == ERROR_STREAM;
}

static void
spdy_take(struct kg_tunnel *tunnel, const struct kg_spdy_event *event, struct kg_bytes *local)
{
	struct kg_bytes frames = { 0 };

	tunnel->is_answered = true;
	switch (event->what) {
	case KG_SPDY_DATA:
		if (event->stream == DATA_STREAM && !tunnel->has_ended)
			kg_bytes_put(local, event->bytes, event->size);
		else if (event->stream == ERROR_STREAM)
			error_add(tunnel, event->bytes, event->size);
		kg_bytes_take(&tunnel->frames, event->size);
		stream_ended(tunnel, event);
		break;
	case KG_SPDY_ACCEPTED: stream_ended(tunnel, event); break;
	case KG_SPDY_RESET:
		if (event->stream == DATA_STREAM)
			tunnel->wrong = "the kubelet broke the connection off";
		tunnel->error_ended |= event->stream == ERROR_STREAM;
		break;
	case KG_SPDY_PING:
		if (event->number % 2 == 0) {
			kg_spdy_ping(&frames, event->number);
			spdy_flush(tunnel, &frames);
		}
		break;
	case KG_SPDY_GOAWAY: break;
	}
}

static void
spdy_read(struct kg_tunnel *tunnel, struct kg_bytes *local)
{
	struct kg_spdy_event event;

	while (kg_spdy_next(&tunnel->spdy, &tunnel->frames, &event))
		spdy_take(tunnel, &event, local);
	if (tunnel->spdy.wrong)
		tunnel->wrong = tunnel->spdy.wrong;
}

/* A piece of a channel's message, whose first byte of all is the channel's number. */
static void
channel_take(struct kg_tunnel *tunnel, const struct kg_websocket_piece *piece, struct kg_bytes *local)
{
	const char *at = piece->bytes;
	size_t size = piece->size;

	if (piece->is_start) {
		tunnel->channel = size > 0 ? (uint8_t)*at : UINT8_MAX;
		at += size > 0;
		size -= size > 0;
	}
	if (tunnel->channel > ERROR_CHANNEL)
		return;
	tunnel->is_answered = true;
	uint8_t *port_left = &tunnel->port_left[tunnel->channel];
	size_t skipped = *port_left < size ? *port_left : size;
	*port_left = (uint8_t)(*port_left - skipped);
	if (tunnel->channel == ERROR_CHANNEL)
		error_add(tunnel, at + skipped, size - skipped);
	else
		kg_bytes_put(local, at + skipped, size - skipped);
}

static void
closed(struct kg_tunnel *tunnel, const struct kg_websocket_piece *piece)
{
	/* Sent back, as the protocol wants it. */
	kg_websocket_put(tunnel->out, KG_WEBSOCKET_CLOSE, piece->bytes, piece->size < 2 ? 0 : 2);
	tunnel->is_closed = tunnel->has_ended = true;
}

void
kg_tunnel_read(struct kg_tunnel *tunnel, struct kg_bytes *in, struct kg_bytes *local)
{
	struct kg_websocket_piece piece;

	while (!tunnel->wrong && !tunnel->is_closed && kg_websocket_next(&tunnel->socket, in, &piece)) {
		if (piece.opcode == KG_WEBSOCKET_PING)
			kg_websocket_put(tunnel->out, KG_WEBSOCKET_PONG, piece.bytes, piece.size);
		else if (piece.opcode == KG_WEBSOCKET_CLOSE)
			closed(tunnel, &piece);
		else if (piece.opcode != KG_WEBSOCKET_PONG && tunnel->is_spdy)
			kg_bytes_put(&tunnel->frames, piece.bytes, piece.size);
		else if (piece.opcode != KG_WEBSOCKET_PONG)
			channel_take(tunnel, &piece, local);
		kg_bytes_take(in, piece.size);
		if (tunnel->is_spdy)
			spdy_read(tunnel, local);
	}
	if (tunnel->socket.wrong)
		tunnel->wrong = tunnel->socket.wrong;
}

void
kg_tunnel_free(struct kg_tunnel *tunnel)
{
	kg_bytes_free(&tunnel->error);
	kg_bytes_free(&tunnel->frames);
}
