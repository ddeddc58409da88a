#include "targets/kubernetes/stream/console.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"

static constexpr char newest[] = "v5.channel.k8s.io";
static constexpr char older[] = "v4.channel.k8s.io";
const char kg_console_protocols[] = "v5.channel.k8s.io, v4.channel.k8s.io";

enum { CHANNEL_INPUT = 0, CHANNEL_OUT = 1, CHANNEL_ERROR = 2, CHANNEL_STATUS = 3, CHANNEL_CLOSE = 255 };

static constexpr size_t piece_most = 32 << 10;
static constexpr size_t status_most = 64 << 10;

bool
kg_console_begin(struct kg_console *console, const char *protocol, struct kg_bytes *out)
{
	*console = (struct kg_console){ .out = out, .can_end_input = strcmp(protocol, newest) == 0 };
	return console->can_end_input || strcmp(protocol, older) == 0;
}

void
kg_console_input(struct kg_console *console, const void *bytes, size_t size)
{
	for (const char *at = bytes; size > 0;) {
		size_t piece = size < piece_most ? size : piece_most;

		kg_websocket_put_channel(console->out, CHANNEL_INPUT, at, piece);
		at += piece;
		size -= piece;
	}
}

void
kg_console_input_end(struct kg_console *console)
{
	const uint8_t input = CHANNEL_INPUT;

	if (console->can_end_input)
		kg_websocket_put_channel(console->out, CHANNEL_CLOSE, &input, 1);
}

static void
piece_take(struct kg_console *console, const struct kg_websocket_piece *piece, struct kg_bytes *ret_out, struct kg_bytes *ret_error)
{
	const char *at = piece->bytes;
	size_t size = piece->size;

	if (piece->is_start) {
		console->channel = size > 0 ? (uint8_t)*at : CHANNEL_CLOSE;
		at += size > 0;
		size -= size > 0;
	}
	if (console->channel == CHANNEL_OUT)
		kg_bytes_put(ret_out, at, size);
	else if (console->channel == CHANNEL_ERROR)
		kg_bytes_put(ret_error, at, size);
	else if (console->channel == CHANNEL_STATUS && console->status.size + size <= status_most)
		kg_bytes_put(&console->status, at, size);
}

void
kg_console_read(struct kg_console *console, struct kg_bytes *in, struct kg_bytes *ret_out, struct kg_bytes *ret_error)
{
	struct kg_websocket_piece piece;

	while (!console->is_closed && kg_websocket_next(&console->socket, in, &piece)) {
		if (piece.opcode == KG_WEBSOCKET_PING) {
			kg_websocket_put(console->out, KG_WEBSOCKET_PONG, piece.bytes, piece.size);
		} else if (piece.opcode == KG_WEBSOCKET_CLOSE) {
			kg_websocket_put(console->out, KG_WEBSOCKET_CLOSE, piece.bytes, piece.size < 2 ? 0 : 2);
			console->is_closed = true;
		} else if (piece.opcode != KG_WEBSOCKET_PONG) {
			piece_take(console, &piece, ret_out, ret_error);
		}
		kg_bytes_take(in, piece.size);
	}
	console->wrong = console->socket.wrong;
}

static int
exit_status_of(const cJSON *status)
{
	const cJSON *causes = kg_json_at(status, "details.causes"), *cause;

	cJSON_ArrayForEach(cause, causes)
	{
		const char *message = kg_json_text(cause, "message");

		if (message && kg_text_equal(kg_json_text(cause, "reason"), "ExitCode"))
			return atoi(message);
	}
	return -1;
}

int
kg_console_ended(struct kg_arena *arena, const struct kg_console *console, const char **ret_why)
{
	const cJSON *status = kg_json_read(arena, kg_bytes_at(&console->status), console->status.size);
	const char *message = kg_json_text(status, "message");

	*ret_why = NULL;
	if (kg_text_equal(kg_json_text(status, "status"), "Success"))
		return 0;
	int exit_status = exit_status_of(status);
	if (exit_status < 0)
		*ret_why = message ? message : "the connection ended before the command did";
	return exit_status;
}

void
kg_console_free(struct kg_console *console)
{
	kg_bytes_free(&console->status);
}
