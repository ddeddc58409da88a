/* What an API server sends: the answer to an upgrade, then WebSocket frames with channels or SPDY inside, cut anywhere. */
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/stream/console.h"
#include "targets/kubernetes/stream/tunnel.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
tunnel_run(const char *protocol, size_t piece, const uint8_t *bytes, size_t size)
{
	struct kg_bytes in = { 0 }, out = { 0 }, local = { 0 };
	struct kg_tunnel tunnel;

	if (!kg_tunnel_begin(&tunnel, protocol, 5432, &out))
		return;
	for (size_t at = 0; at < size; at += piece) {
		kg_bytes_put(&in, bytes + at, piece < size - at ? piece : size - at);
		kg_tunnel_read(&tunnel, &in, &local);
	}
	kg_tunnel_free(&tunnel);
	kg_bytes_free(&in);
	kg_bytes_free(&out);
	kg_bytes_free(&local);
}

static void
console_run(size_t piece, const uint8_t *bytes, size_t size)
{
	struct kg_bytes in = { 0 }, out = { 0 }, said = { 0 }, complained = { 0 };
	struct kg_arena *arena = kg_arena_make();
	struct kg_console console;
	const char *why;

	if (kg_console_begin(&console, "v5.channel.k8s.io", &out)) {
		for (size_t at = 0; at < size; at += piece) {
			kg_bytes_put(&in, bytes + at, piece < size - at ? piece : size - at);
			kg_console_read(&console, &in, &said, &complained);
		}
		kg_console_ended(arena, &console, &why);
		kg_console_free(&console);
	}
	kg_bytes_free(&in);
	kg_bytes_free(&out);
	kg_bytes_free(&said);
	kg_bytes_free(&complained);
	kg_arena_free(arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_websocket_answer answer;

	if (size < 2)
		return 0;
	size_t piece = (size_t)bytes[0] + 1;
	uint8_t which = bytes[1] % 4;
	bytes += 2;
	size -= 2;
	if (which == 0)
		kg_websocket_answer_read((const char *)bytes, size, "dGhlIHNhbXBsZSBub25jZQ==", &answer);
	else if (which == 1)
		tunnel_run("v4.channel.k8s.io", piece, bytes, size);
	else if (which == 2)
		tunnel_run("SPDY/3.1+portforward.k8s.io", piece, bytes, size);
	else
		console_run(piece, bytes, size);
	return 0;
}
