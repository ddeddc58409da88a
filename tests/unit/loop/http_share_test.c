/* Exchanges that share an HTTP/2 connection, with answers of sizes around those of libcurl's buffers. The server is nghttpd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "tests/unit/loop/asking.h"
#include "tests/unit/loop/certificate.h"
#include "tests/unit/loop/peer.h"
#include "tests/unit/loop/transfer_server.h"

enum { crowd_size = 40, rounds = 12 };

static const int64_t sizes[] = { 200, 3000, 12000, 16000, 16384, 17000, 33000, 50000, 120000, 400000 };
static constexpr size_t size_count = sizeof(sizes) / sizeof(sizes[0]);
static constexpr long an_hour_s = 3600;

struct crowd {
	struct asking *asking;
	struct peer peer;
	struct kg_wait waits[crowd_size];
	struct kg_http_start starts[crowd_size];
	int64_t wanted[crowd_size]; /* bytes */
	uint32_t ended;
};

static int
set_up(void **state)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	struct certificate authority = certificate_make(NULL, "kgraph's test", an_hour_s);
	struct certificate server = certificate_make(&authority, "127.0.0.1", an_hour_s);
	void *asking;

	asking_set_up(&asking);
	crowd->asking = asking;
	certificate_write(&authority, file_of(asking, "authority.pem"), file_of(asking, "authority.key"));
	certificate_write(&server, file_of(asking, "server.pem"), file_of(asking, "server.key"));
	certificate_free(&authority);
	certificate_free(&server);
	for (size_t i = 0; i < size_count; i++)
		file_with_bytes(asking, kg_format(crowd->asking->arena, "%zu", i), sizes[i]);
	crowd->peer = peer_start(crowd->asking->folder,
	    (const char *const[]){ "nghttpd", "-a", "127.0.0.1", peer_port, "server.key", "server.pem", NULL });
	*state = crowd;
	return 0;
}

static int
tear_down(void **state)
{
	struct crowd *crowd = *state;
	void *asking = crowd->asking;

	peer_stop(&crowd->peer);
	asking_tear_down(&asking);
	free(crowd);
	return 0;
}

static void
on_ended(struct kg_wait *wait)
{
	struct crowd *crowd = wait->context;
	const struct kg_http_start *start = &crowd->starts[wait - crowd->waits];
	int64_t wanted = crowd->wanted[wait - crowd->waits];

	assert_null(start->error_text);
	assert_int_equal(start->status, 200);
	assert_int_equal(start->answer_size, wanted);
	for (int64_t at = 0; at < wanted; at++)
		if ((unsigned char)start->answer[at] != transfer_byte(at))
			fail_msg("byte %lld of %lld is another one's", (long long)at, (long long)wanted);
	crowd->ended++;
}

static void
begin(struct crowd *crowd, uint32_t index, uint32_t file)
{
	struct kg_arena *arena = crowd->asking->arena;

	crowd->waits[index] = (struct kg_wait){ .ended = on_ended, .context = crowd };
	crowd->wanted[index] = sizes[file];
	crowd->starts[index] = (struct kg_http_start){
		.arena = arena,
		.url = kg_format(arena, "https://127.0.0.1:%u/%u", crowd->peer.port, file),
		.ca_file = file_of(crowd->asking, "authority.pem"),
		.http2 = true,
	};
	kg_http_start(crowd->asking->loop, &crowd->waits[index], &crowd->starts[index]);
}

/* One that lies there does so until its time limit, which is an error. */
static void
none_of_many_answers_lies_in_libcurl(void **state)
{
	struct crowd *crowd = *state;
	uint32_t number = 1;

	for (uint32_t round = 0; round < rounds; round++) {
		for (uint32_t i = 0; i < crowd_size; i++) {
			number = number * 1103515245 + 12345;
			begin(crowd, i, (number >> 16) % size_count);
		}
		kg_loop_run(crowd->asking->loop);
	}
	assert_int_equal(crowd->ended, rounds * crowd_size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none_of_many_answers_lies_in_libcurl, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
