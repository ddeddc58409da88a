/* Bodies from a file and into a file, however far they come. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/http_header.h"
#include "tests/unit/loop/asking.h"
#include "tests/unit/loop/transfer_server.h"

static constexpr int64_t big_bytes = 50 << 20;

static int
file_open(struct asking *asking, const char *name)
{
	int fd = open(file_of(asking, name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd > 2);
	return fd;
}

static void
a_file_of_50_mb_arrives_as_it_is(void **state)
{
	struct asking *asking = *state;

	asking->start.method = "PUT";
	asking->start.body_path = file_with_bytes(asking, "big", big_bytes);
	ask(asking, "/sum");
	assert_answered(asking, 200, sum_of(asking, "PUT", 0, big_bytes));
}

static void
a_stretch_of_a_file_is_sent_by_each_method(void **state)
{
	static const char *const methods[] = { "PUT", "PATCH", "POST" };
	struct asking *asking = *state;

	asking->start.body_path = file_with_bytes(asking, "file", 300000);
	for (int i = 0; i < 3; i++) {
		asking->start.method = methods[i];
		asking->start.body_from = 1000;
		asking->start.body_bytes = 200000;
		ask(asking, "/sum");
		assert_answered(asking, 200, sum_of(asking, methods[i], 1000, 200000));
		asking->start.body_bytes = 0;
		ask(asking, "/sum");
		assert_answered(asking, 200, sum_of(asking, methods[i], 1000, 299000));
	}
}

static void
an_empty_file_is_sent_as_an_empty_body(void **state)
{
	struct asking *asking = *state;

	asking->start.method = "PUT";
	asking->start.body_path = file_with_bytes(asking, "file", 0);
	ask(asking, "/sum");
	assert_answered(asking, 200, "PUT 0 0");
}

static void
a_file_that_cannot_be_sent_is_told(void **state)
{
	struct asking *asking = *state;

	asking->start.method = "PUT";
	asking->start.body_path = file_of(asking, "nothing");
	ask(asking, "/sum");
	assert_failed(asking, kg_format(asking->arena, "cannot read %s: no such file or directory", asking->start.body_path));
	assert_int_equal(asking->start.error_sys, ENOENT);
	assert_true(asking->start.error_is_lasting);

	asking->start.body_path = file_with_bytes(asking, "file", 1000);
	asking->start.body_bytes = 1001;
	ask(asking, "/sum");
	assert_failed(asking, kg_format(asking->arena, "%s is shorter than what is to be sent of it", asking->start.body_path));
	assert_int_equal(asking->start.error_sys, 0);

	asking->start.body_path = asking->folder;
	asking->start.body_bytes = 1;
	ask(asking, "/sum");
	assert_failed(asking, kg_format(asking->arena, "cannot read %s: is a directory", asking->folder));
}

/* The other side closes a connection just as it is used again: libcurl sends the request once more, from its start. */
static void
a_body_is_sent_again_when_a_kept_connection_has_died(void **state)
{
	struct asking *asking = *state;

	asking->start.method = "PUT";
	asking->start.body_path = file_with_bytes(asking, "file", 100000);
	asking->start.body_from = 10;
	ask(asking, "/once");
	assert_answered(asking, 200, sum_of(asking, "PUT", 10, 99990));
	ask(asking, "/sum");
	assert_answered(asking, 200, sum_of(asking, "PUT", 10, 99990));
	assert_int_equal(transfer_server_connections(asking->server), 2);
}

static void
an_answer_is_saved_into_a_file(void **state)
{
	struct asking *asking = *state;

	asking->start.save_fd = file_open(asking, "saved");
	ask(asking, kg_format(asking->arena, "/bytes/%lld", (long long)big_bytes));
	close(asking->start.save_fd);
	assert_answered(asking, 200, "");
	assert_int_equal(asking->start.saved_bytes, big_bytes);
	assert_int_equal(asking->start.saved_to, big_bytes);
	assert_file_has_bytes(asking, "saved", big_bytes);
}

static void
an_answer_of_failure_is_kept_and_not_saved(void **state)
{
	struct asking *asking = *state;

	asking->start.save_fd = file_open(asking, "saved");
	ask(asking, "/busy");
	close(asking->start.save_fd);
	assert_answered(asking, 503, "busy");
	assert_int_equal(asking->start.saved_bytes, 0);
	assert_int_equal(kg_http_retry_after_ms(asking->start.answer_headers, 0, 60000), 2000);
	assert_file_has_bytes(asking, "saved", 0);
}

static void
what_was_cut_goes_on_where_it_ended(void **state)
{
	struct asking *asking = *state;

	asking->start.save_fd = file_open(asking, "saved");
	ask(asking, "/cut/3000000/1234567");
	assert_failed(asking, "the connection was closed in the middle of the answer");
	assert_false(asking->start.error_is_lasting);
	assert_int_equal(asking->start.saved_bytes, 1234567);
	assert_int_equal(asking->start.saved_to, 1234567);

	asking->start.save_at = asking->start.saved_to;
	asking->start.headers = (const char *const[]){ "Range: bytes=1234567-", NULL };
	ask(asking, "/bytes/3000000");
	close(asking->start.save_fd);
	assert_answered(asking, 206, "");
	assert_int_equal(asking->start.saved_bytes, 3000000 - 1234567);
	assert_int_equal(asking->start.saved_to, 3000000);
	assert_file_has_bytes(asking, "saved", 3000000);
}

static void
a_server_without_ranges_fills_the_file_from_its_start(void **state)
{
	struct asking *asking = *state;

	asking->start.save_fd = file_open(asking, "saved");
	asking->start.save_at = 70000;
	asking->start.headers = (const char *const[]){ "Range: bytes=70000-", NULL };
	ask(asking, "/whole/200000");
	close(asking->start.save_fd);
	assert_answered(asking, 200, "");
	assert_int_equal(asking->start.saved_bytes, 200000);
	assert_int_equal(asking->start.saved_to, 200000);
	assert_file_has_bytes(asking, "saved", 200000);
}

static void
more_than_is_to_be_saved_is_told(void **state)
{
	struct asking *asking = *state;

	asking->start.save_fd = file_open(asking, "saved");
	asking->start.save_limit = 1 << 20;
	ask(asking, "/bytes/1048577");
	assert_failed(asking, "the answer is longer than 1 MiB");
	assert_true(asking->start.error_is_lasting);
	ask(asking, "/bytes/1048576");
	assert_answered(asking, 200, "");
	close(asking->start.save_fd);
}

static void
a_full_disk_is_told_as_such(void **state)
{
	struct asking *asking = *state;

	asking->start.save_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	ask(asking, "/bytes/100000");
	close(asking->start.save_fd);
	assert_failed(asking, "cannot write what arrives: no space left on device");
	assert_int_equal(asking->wait.end, KG_WAIT_DONE);
	assert_int_equal(asking->start.error_sys, ENOSPC);
	assert_true(asking->start.error_is_lasting);
}

static void
what_fits_before_a_limit_counts_as_saved(void **state)
{
	struct asking *asking = *state;
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, SIG_IGN);
	asking->start.save_fd = file_open(asking, "saved");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 70001, limit.rlim_max }), 0);
	ask(asking, "/bytes/1000000");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	close(asking->start.save_fd);
	assert_failed(asking, "cannot write what arrives: file too large");
	assert_int_equal(asking->start.error_sys, EFBIG);
	assert_int_equal(asking->start.saved_to, 70001);
	assert_file_has_bytes(asking, "saved", 70001);
}

static void
an_answer_that_stalls_is_ended(void **state)
{
	struct asking *asking = *state;

	asking->start.stall_ms = 60;
	ask(asking, "/stall/100000");
	assert_failed(asking, "nothing arrived for 60 ms");
	assert_int_equal(asking->wait.end, KG_WAIT_TIMEOUT);
	assert_false(asking->start.error_is_lasting);

	asking->start.save_fd = file_open(asking, "saved");
	ask(asking, "/stall/100000/5000");
	close(asking->start.save_fd);
	assert_failed(asking, "nothing arrived for 60 ms");
	assert_file_has_bytes(asking, "saved", asking->start.saved_bytes);
}

static void
a_body_that_is_not_taken_is_ended(void **state)
{
	struct asking *asking = *state;

	asking->start.method = "PUT";
	asking->start.body_path = file_with_bytes(asking, "big", big_bytes);
	asking->start.stall_ms = 100;
	ask(asking, "/deaf");
	assert_failed(asking, "nothing could be sent for 100 ms");
}

static void
a_slow_answer_that_moves_is_not_ended(void **state)
{
	struct asking *asking = *state;

	asking->start.stall_ms = 800;
	ask(asking, "/drip/20");
	assert_int_equal(asking->start.status, 200);
	assert_int_equal(asking->start.answer_size, 20);
}

static void
an_exchange_that_watches_for_stalls_can_be_cancelled(void **state)
{
	struct asking *asking = *state;

	asking->start.stall_ms = 60000;
	asking->start.url = url_of(asking, "/stall/100000");
	kg_http_start(asking->loop, &asking->wait, &asking->start);
	kg_wait_cancel(&asking->wait);
	kg_loop_run(asking->loop);
	assert_int_equal(asking->wait.end, KG_WAIT_CANCELLED);
	assert_failed(asking, "cancelled");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asking_set_up, asking_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_of_50_mb_arrives_as_it_is),
		TEST(a_stretch_of_a_file_is_sent_by_each_method),
		TEST(an_empty_file_is_sent_as_an_empty_body),
		TEST(a_file_that_cannot_be_sent_is_told),
		TEST(a_body_is_sent_again_when_a_kept_connection_has_died),
		TEST(an_answer_is_saved_into_a_file),
		TEST(an_answer_of_failure_is_kept_and_not_saved),
		TEST(what_was_cut_goes_on_where_it_ended),
		TEST(a_server_without_ranges_fills_the_file_from_its_start),
		TEST(more_than_is_to_be_saved_is_told),
		TEST(a_full_disk_is_told_as_such),
		TEST(what_fits_before_a_limit_counts_as_saved),
		TEST(an_answer_that_stalls_is_ended),
		TEST(a_body_that_is_not_taken_is_ended),
		TEST(a_slow_answer_that_moves_is_not_ended),
		TEST(an_exchange_that_watches_for_stalls_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
