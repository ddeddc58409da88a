/*
 * A command in a container, inside of a WebSocket to the API server, without a socket: what it prints, its input, how it ended.
 *
 *     kg_console_begin(&console, answer.protocol, &to_server);
 *     kg_console_input(&console, bytes, size);   kg_console_input_end(&console);
 *     kg_console_read(&console, &from_server, &out, &error);
 *     if (console.has_ended)
 *             exit(console.exit_status);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "targets/kubernetes/stream/bytes.h"
#include "targets/kubernetes/stream/websocket.h"

struct kg_arena;

/* What the request offers. */
extern const char kg_console_protocols[];

struct kg_console {
	struct kg_bytes *out;
	bool can_end_input; /* v5 alone */
	bool is_closed;
	const char *wrong;
	struct kg_bytes status; /* metav1.Status as JSON, once the command has ended */
	struct kg_websocket_reader socket;
	uint8_t channel;
};

/* False: the server chose a protocol that was not offered. */
[[nodiscard]] bool kg_console_begin(struct kg_console *console, const char *protocol, struct kg_bytes *out);
void kg_console_input(struct kg_console *console, const void *bytes, size_t size);
void kg_console_input_end(struct kg_console *console);
/* Reads all of in. */
void kg_console_read(struct kg_console *console, struct kg_bytes *in, struct kg_bytes *ret_out, struct kg_bytes *ret_error);
/*
 * What the status says: the command's exit status, or -1 with *ret_why when it could not be run, or nothing was said. Once closed.
 */
int kg_console_ended(struct kg_arena *arena, const struct kg_console *console, const char **ret_why);
void kg_console_free(struct kg_console *console);
