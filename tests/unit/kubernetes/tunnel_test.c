/* WebSocket, SPDY and channels as a server would speak them: what is told apart, what is refused, and that pieces of any size come out whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/stream/console.h"
#include "targets/kubernetes/stream/tunnel.h"

/* A server's frame, which has no mask. */
static void
server_frame(struct kg_bytes *in, unsigned char head, const void *bytes, size_t size)
{
	unsigned char frame[4] = { head, (unsigned char)(size < 126 ? size : 126), (unsigned char)(size >> 8),
		(unsigned char)size };

	assert_true(size < 65536);
	kg_bytes_put(in, frame, size < 126 ? 2 : 4);
	kg_bytes_put(in, bytes, size);
}

/* What was sent, without masks: the payloads of all frames one after the other. */
static void
unmask(struct kg_bytes *out, struct kg_bytes *plain)
{
	while (out->size > 0) {
		const unsigned char *at = (const unsigned char *)kg_bytes_at(out);
		size_t length = at[1] & 0x7f, head = 2;

		assert_true(at[1] & 0x80);
		if (length == 126) {
			length = (size_t)at[2] << 8 | at[3];
			head = 4;
		}
		assert_true(out->size >= head + 4 + length);
		for (size_t i = 0; i < length; i++) {
			char byte = (char)(at[head + 4 + i] ^ at[head + i % 4]);

			kg_bytes_put(plain, &byte, 1);
		}
		kg_bytes_take(out, head + 4 + length);
	}
}

static void
holds(const struct kg_bytes *bytes, const void *expected, size_t size)
{
	assert_int_equal(bytes->size, size);
	assert_memory_equal(kg_bytes_at(bytes), expected, size);
}

static void
the_servers_answer_is_read(void **)
{
	/* RFC 6455, 1.3 */
	static const char key[] = "dGhlIHNhbXBsZSBub25jZQ==";
	static const char well[] =
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
	    "sec-websocket-protocol:  v4.channel.k8s.io \r\n\r\nmore";
	static const char bad[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\n";
	struct kg_websocket_answer answer;

	assert_int_equal(kg_websocket_answer_read(well, sizeof(well) - 1, key, &answer), KG_WEBSOCKET_READ);
	assert_int_equal(answer.status, 101);
	assert_true(answer.is_accepted);
	assert_string_equal(answer.protocol, "v4.channel.k8s.io");
	assert_int_equal(answer.header_size, sizeof(well) - 1 - 4);
	assert_int_equal(kg_websocket_answer_read(well, sizeof(well) - 1, "another", &answer), KG_WEBSOCKET_READ);
	assert_false(answer.is_accepted);
	for (size_t size = 0; size < sizeof(well) - 1 - 4; size++)
		assert_int_equal(kg_websocket_answer_read(well, size, key, &answer), KG_WEBSOCKET_MORE);
	assert_int_equal(kg_websocket_answer_read(bad, sizeof(bad) - 1, key, &answer), KG_WEBSOCKET_READ);
	assert_int_equal(answer.status, 403);
	assert_int_equal(answer.body_size, 12);
	assert_int_equal(kg_websocket_answer_read("SSH-2.0-x\r\n\r\n", 13, key, &answer), KG_WEBSOCKET_WRONG);
	assert_int_equal(kg_websocket_answer_read("HTTP/1.1\r\n\r\n", 12, key, &answer), KG_WEBSOCKET_WRONG);
}

static void
channels_carry_data_behind_the_ports_number(void **)
{
	struct kg_bytes out = { 0 }, in = { 0 }, local = { 0 }, plain = { 0 };
	struct kg_tunnel tunnel;

	assert_true(kg_tunnel_begin(&tunnel, "v4.channel.k8s.io", 5432, &out));
	server_frame(&in, 0x82, "\x00\x38\x15", 3);
	server_frame(&in, 0x82, "\x01\x38\x15", 3);
	server_frame(&in, 0x82, "\0hel", 4);
	server_frame(&in, 0x02, "\0l", 2); /* one message in two frames, a ping between */
	server_frame(&in, 0x89, "p", 1);
	server_frame(&in, 0x80, "o", 1);
	kg_tunnel_read(&tunnel, &in, &local);
	holds(&local, "hello", 5);
	unmask(&out, &plain);
	holds(&plain, "p", 1);
	kg_bytes_free(&plain);

	kg_tunnel_send(&tunnel, "abc", 3);
	unmask(&out, &plain);
	holds(&plain, "\0abc", 4);
	server_frame(&in, 0x82, "\1connection refused", 19);
	server_frame(&in, 0x88, "\x03\xe8", 2);
	kg_tunnel_read(&tunnel, &in, &local);
	holds(&tunnel.error, "connection refused", 18);
	assert_true(tunnel.is_closed && tunnel.has_ended && !tunnel.wrong);
	kg_tunnel_free(&tunnel);
	kg_bytes_free(&out);
	kg_bytes_free(&in);
	kg_bytes_free(&local);
	kg_bytes_free(&plain);
}

static const char spdy[] = "SPDY/3.1+portforward.k8s.io";

/* Bit for bit what was sent to a kubelet that took it. */
static void
streams_are_opened_with_headers_that_need_no_compressor(void **)
{
	static const unsigned char first[] = { 0x80, 3, 0, 1, 1, 0, 0, 85, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x78, 1, 0, 63, 0, 0xc0,
		0xff, 0, 0, 0, 3, 0, 0, 0, 10 };
	struct kg_bytes out = { 0 }, plain = { 0 };
	struct kg_tunnel tunnel;

	assert_true(kg_tunnel_begin(&tunnel, spdy, 80, &out));
	unmask(&out, &plain);
	assert_memory_equal(kg_bytes_at(&plain) + 0, first, 7);
	assert_non_null(memmem(kg_bytes_at(&plain), plain.size, "streamtype\0\0\0\5error", 19));
	assert_non_null(memmem(kg_bytes_at(&plain), plain.size, "streamtype\0\0\0\4data", 18));
	assert_non_null(memmem(kg_bytes_at(&plain), plain.size, "\x78\x01\0", 3));
	kg_tunnel_free(&tunnel);
	kg_bytes_free(&out);
	kg_bytes_free(&plain);
}

static void
frames_of_spdy_come_out_whole_however_they_are_cut(void **)
{
	static const unsigned char stream[] = {
		0x80, 3, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1, 1, 2, 3, 4, 5, /* accepted, with headers */
		0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0,                /* settings, passed over */
		0, 0, 0, 3, 0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o',      /* data */
		0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 2,                /* ping of the other side */
		0, 0, 0, 1, 1, 0, 0, 4, 'o', 'o', 'p', 's',           /* the error stream's last words */
		0, 0, 0, 3, 1, 0, 0, 0,                               /* the end */
	};

	for (size_t piece = 1; piece <= sizeof(stream); piece++) {
		struct kg_bytes out = { 0 }, in = { 0 }, local = { 0 }, plain = { 0 };
		struct kg_tunnel tunnel;

		assert_true(kg_tunnel_begin(&tunnel, spdy, 80, &out));
		kg_bytes_take(&out, out.size);
		for (size_t at = 0; at < sizeof(stream); at += piece) {
			server_frame(&in, 0x82, stream + at, piece < sizeof(stream) - at ? piece : sizeof(stream) - at);
			kg_tunnel_read(&tunnel, &in, &local);
		}
		assert_null(tunnel.wrong);
		holds(&local, "hello", 5);
		holds(&tunnel.error, "oops", 4);
		assert_true(tunnel.has_ended && tunnel.is_answered && !tunnel.is_closed);
		unmask(&out, &plain);
		holds(&plain, "\x80\3\0\6\0\0\0\4\0\0\0\2", 12);
		kg_tunnel_send_end(&tunnel);
		kg_tunnel_send_end(&tunnel);
		kg_bytes_free(&plain);
		unmask(&out, &plain);
		holds(&plain, "\0\0\0\3\1\0\0\0", 8);
		kg_tunnel_free(&tunnel);
		kg_bytes_free(&out);
		kg_bytes_free(&in);
		kg_bytes_free(&local);
		kg_bytes_free(&plain);
	}
}

static void
what_keeps_to_no_protocol_ends_the_tunnel(void **)
{
	static const struct {
		const char *protocol, *bytes;
		size_t size;
	} cases[] = {
		{ spdy, "\x82\x08\x80\x02\0\6\0\0\0\4", 10 },     /* another version */
		{ spdy, "\x82\x08\x80\x03\0\1\0\0\0\4", 10 },     /* opens a stream */
		{ spdy, "\x82\x08\x80\x03\0\3\0\0\0\4", 10 },     /* too short */
		{ spdy, "\x82\x08\0\0\0\0\0\0\0\4", 10 },         /* data of no stream */
		{ "v4.channel.k8s.io", "\xc2\x01x", 3 },          /* a flag */
		{ "v4.channel.k8s.io", "\x83\x01x", 3 },          /* a kind of frame */
		{ "v4.channel.k8s.io", "\x82\x81xxxxx", 7 },      /* a mask */
		{ "v4.channel.k8s.io", "\x80\x01x", 3 },          /* goes on with nothing */
		{ "v4.channel.k8s.io", "\x02\x01x\x82\x01x", 6 }, /* two messages at once */
		{ "v4.channel.k8s.io", "\x89\x7e\x01\x00", 4 },   /* a ping too long */
		{ "v4.channel.k8s.io", "\x09\x01x", 3 },          /* a ping in pieces */
		{ "v4.channel.k8s.io", "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_bytes out = { 0 }, in = { 0 }, local = { 0 };
		struct kg_tunnel tunnel;

		assert_true(kg_tunnel_begin(&tunnel, cases[i].protocol, 80, &out));
		kg_bytes_put(&in, cases[i].bytes, cases[i].size);
		kg_tunnel_read(&tunnel, &in, &local);
		if (!tunnel.wrong)
			fail_msg("case %zu is taken", i);
		kg_tunnel_free(&tunnel);
		kg_bytes_free(&out);
		kg_bytes_free(&in);
		kg_bytes_free(&local);
	}
}

static void
a_protocol_that_was_not_offered_is_refused(void **)
{
	struct kg_bytes out = { 0 };
	struct kg_tunnel tunnel;
	struct kg_console console;

	assert_false(kg_tunnel_begin(&tunnel, "", 80, &out));
	assert_false(kg_tunnel_begin(&tunnel, "v5.channel.k8s.io", 80, &out));
	assert_false(kg_console_begin(&console, "", &out));
	assert_int_equal(out.size, 0);
}

static void
a_command_ends_as_its_status_says(void **)
{
	static const struct {
		const char *status;
		int ended;
		const char *why;
	} cases[] = {
		{ "{\"status\":\"Success\"}", 0, NULL },
		{ "{\"status\":\"Failure\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\","
		  "\"message\":\"7\"}]}}",
		    7, NULL },
		{ "{\"status\":\"Failure\",\"message\":\"no such container\"}", -1, "no such container" },
		{ "", -1, "the connection ended before the command did" },
		{ "[", -1, "the connection ended before the command did" },
	};
	struct kg_arena *arena = kg_arena_make();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_bytes out = { 0 }, in = { 0 }, said = { 0 }, complained = { 0 }, plain = { 0 };
		struct kg_console console;
		const char *why;

		assert_true(kg_console_begin(&console, "v5.channel.k8s.io", &out));
		kg_console_input(&console, "in", 2);
		kg_console_input_end(&console);
		unmask(&out, &plain);
		holds(&plain, "\0in\xff\0", 5);
		server_frame(&in, 0x82, "\1out", 4);
		server_frame(&in, 0x82, "\2err", 4);
		if (*cases[i].status) {
			const char *status = kg_format(arena, "\3%s", cases[i].status);

			server_frame(&in, 0x82, status, strlen(status));
		}
		server_frame(&in, 0x88, "", 0);
		kg_console_read(&console, &in, &said, &complained);
		assert_true(console.is_closed && !console.wrong);
		holds(&said, "out", 3);
		holds(&complained, "err", 3);
		assert_int_equal(kg_console_ended(arena, &console, &why), cases[i].ended);
		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
		else
			assert_null(why);
		kg_console_free(&console);
		kg_bytes_free(&out);
		kg_bytes_free(&in);
		kg_bytes_free(&said);
		kg_bytes_free(&complained);
		kg_bytes_free(&plain);
	}
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_servers_answer_is_read),
		cmocka_unit_test(channels_carry_data_behind_the_ports_number),
		cmocka_unit_test(streams_are_opened_with_headers_that_need_no_compressor),
		cmocka_unit_test(frames_of_spdy_come_out_whole_however_they_are_cut),
		cmocka_unit_test(what_keeps_to_no_protocol_ends_the_tunnel),
		cmocka_unit_test(a_protocol_that_was_not_offered_is_refused),
		cmocka_unit_test(a_command_ends_as_its_status_says),
	};

	return cmocka_run_group_tests_name("tunnel", tests, NULL, NULL);
}
