/*
 * As much of SPDY/3.1 as a client of port-forward needs, without a socket: the kubelet speaks it, and the API server passes it on inside of a WebSocket.
 *
 *     kg_spdy_open(&out, 1, headers, true);
 *     kg_spdy_data(&out, 3, bytes, size, false);
 *     while (kg_spdy_next(&reader, &in, &event))
 *             …
 *
 * Headers are sent as zlib's stored blocks, which need neither a compressor nor SPDY's dictionary; those of the other side tell nothing that is needed,
 * and are passed over. There is no flow control: the kubelet has none either, and each connection has a WebSocket of its own whose socket has.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_bytes;

struct kg_spdy_header {
	const char *name, *value; /* NULL ends a list */
};

/*
 * Opens a stream; numbers are odd and grow. is_first: nothing was opened on this connection yet. is_end: nothing will be sent on it.
 */
void kg_spdy_open(struct kg_bytes *out, uint32_t stream, const struct kg_spdy_header *headers, bool is_first, bool is_end);
/* size may be 0, to end it. At most 16 MiB less one. */
void kg_spdy_data(struct kg_bytes *out, uint32_t stream, const void *bytes, size_t size, bool is_end);
void kg_spdy_ping(struct kg_bytes *out, uint32_t number);
void kg_spdy_reset(struct kg_bytes *out, uint32_t stream);

struct kg_spdy_reader {
	uint32_t left;   /* of the frame that is being read */
	uint32_t stream; /* whose data it is; 0: it is passed over */
	bool is_inside;
	bool is_end;
	const char *wrong; /* why the connection cannot be read any further; NULL: it can */
};

enum kg_spdy_what {
	KG_SPDY_DATA,     /* bytes; to be taken out of the queue by the caller, size of them */
	KG_SPDY_ACCEPTED, /* the stream was */
	KG_SPDY_RESET,    /* the stream was; number says why */
	KG_SPDY_PING,     /* number; ours are odd, others are to be sent back */
	KG_SPDY_GOAWAY,   /* nothing new will be accepted */
};
struct kg_spdy_event {
	enum kg_spdy_what what;
	uint32_t stream, number;
	const char *bytes;
	size_t size;
	bool is_end; /* DATA, ACCEPTED: nothing more will come on the stream */
};
/* False: more has to come, or reader->wrong. */
bool kg_spdy_next(struct kg_spdy_reader *reader, struct kg_bytes *in, struct kg_spdy_event *ret_event);
