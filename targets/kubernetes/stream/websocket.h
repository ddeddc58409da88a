/*
 * The client's side of WebSocket (RFC 6455), without a socket: what is to be sent goes into a queue, what came is read out of one.
 *
 *     text = kg_websocket_request(arena, "/api/…/portforward?ports=5432", "127.0.0.1:6443", headers, "v4.channel.k8s.io", key);
 *     …
 *     kg_websocket_put(&out, KG_WEBSOCKET_BINARY, bytes, size);
 *     while (kg_websocket_next(&reader, &in, &piece))
 *             …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;
struct kg_bytes;

/* Room for the 16 random bytes in base64. */
static constexpr size_t kg_websocket_key_size = 25;
void kg_websocket_key_make(char key[static kg_websocket_key_size]);

/* headers are "Name: value", ended by NULL; protocols are joined by ", ", the first is liked best. */
const char *kg_websocket_request(
    struct kg_arena *arena, const char *path, const char *host, const char *const *headers, const char *protocols, const char *key);

/* What a server answers to the request. */
struct kg_websocket_answer {
	int status;         /* 101: it is a WebSocket from now on */
	char protocol[64];  /* that it chose; "" when none */
	bool is_accepted;   /* it has read our key, and so it speaks WebSocket */
	int64_t body_size;  /* of another answer than 101; -1: not said */
	size_t header_size; /* bytes of the head itself */
	bool wants_log_in;  /* 401 */
};
enum kg_websocket_read { KG_WEBSOCKET_MORE, KG_WEBSOCKET_READ, KG_WEBSOCKET_WRONG };
enum kg_websocket_read kg_websocket_answer_read(
    const char *bytes, size_t size, const char *key, struct kg_websocket_answer *ret_answer);

enum kg_websocket_opcode : uint8_t {
	KG_WEBSOCKET_AGAIN = 0, /* goes on with the message before */
	KG_WEBSOCKET_TEXT = 1,
	KG_WEBSOCKET_BINARY = 2,
	KG_WEBSOCKET_CLOSE = 8,
	KG_WEBSOCKET_PING = 9,
	KG_WEBSOCKET_PONG = 10,
};

/* A frame, masked as a client's must be. first may be put before bytes: the number of a channel. */
void kg_websocket_put(struct kg_bytes *out, enum kg_websocket_opcode opcode, const void *bytes, size_t size);
void kg_websocket_put_channel(struct kg_bytes *out, uint8_t channel, const void *bytes, size_t size);

struct kg_websocket_reader {
	uint64_t left;  /* of the frame that is being read */
	uint8_t opcode; /* of it; with AGAIN: of the message */
	bool is_inside; /* a frame's head was read */
	bool is_start;  /* nothing of its message was given yet */
	bool is_last;   /* its message ends with it */
	uint8_t message;
	const char *wrong; /* why the stream cannot be read any further; NULL: it can */
};

/* A piece of a message, as much of it as has come; or a whole PING, PONG or CLOSE. */
struct kg_websocket_piece {
	enum kg_websocket_opcode opcode; /* never AGAIN */
	bool is_start, is_end;           /* of its message */
	const char *bytes;               /* in the queue; to be taken out of it by the caller, size of them */
	size_t size;
};
/* False: more has to come, or reader->wrong. */
bool kg_websocket_next(struct kg_websocket_reader *reader, struct kg_bytes *in, struct kg_websocket_piece *ret_piece);
