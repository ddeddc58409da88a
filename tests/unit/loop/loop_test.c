#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/loop/loop.h"

/* A loop of its own for each test; that it closes with nothing left open is part of each. */
struct fixture {
	struct kg_arena *arena;
	struct kg_loop *loop;
	uint32_t turns, ended;
	char order[64]; /* a letter for each thing that happened */
};

struct waiting {
	struct kg_wait wait;
	struct fixture *fixture;
	char letter;
	uint32_t again; /* how often it is started again from `ended` */
	int fd;
};

static void
happened(struct fixture *fixture, char letter)
{
	size_t length = strlen(fixture->order);

	if (length + 1 < sizeof(fixture->order))
		fixture->order[length] = letter;
}

static void
on_turn(void *context)
{
	struct fixture *fixture = context;

	fixture->turns++;
	happened(fixture, '|');
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->arena = kg_arena_make();
	assert_null(kg_loop_make(fixture->arena, &fixture->loop));
	kg_loop_each_turn(fixture->loop, on_turn, fixture);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	kg_loop_free(fixture->loop);
	kg_arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static void
on_ended(struct kg_wait *wait)
{
	struct waiting *waiting = wait->context;

	assert_null(wait->live);
	waiting->fixture->ended++;
	happened(waiting->fixture, waiting->letter);
}

static struct waiting *
waiting_make(struct fixture *fixture, char letter)
{
	struct waiting *waiting = kg_new(fixture->arena, struct waiting);

	*waiting = (struct waiting){ .wait = { .ended = on_ended, .context = waiting }, .fixture = fixture, .letter = letter };
	return waiting;
}

static void
nothing_to_wait_for_returns_at_once(void **state)
{
	struct fixture *fixture = *state;

	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->turns, 0);
}

static void
timers_end_in_the_order_of_their_time(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a'), *b = waiting_make(fixture, 'b'), *c = waiting_make(fixture, 'c');

	/* Far apart: a busy machine may lie between two starts. */
	kg_timer_start(fixture->loop, &a->wait, 600);
	kg_timer_start(fixture->loop, &c->wait, 50);
	kg_timer_start(fixture->loop, &b->wait, 0);
	kg_loop_run(fixture->loop);
	assert_true(strchr(fixture->order, 'b') < strchr(fixture->order, 'c'));
	assert_true(strchr(fixture->order, 'c') < strchr(fixture->order, 'a'));
	assert_int_equal(fixture->ended, 3);
	assert_int_equal(a->wait.end, KG_WAIT_DONE);
}

static void
all_that_ended_together_has_one_turn(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a'), *b = waiting_make(fixture, 'a');

	kg_timer_start(fixture->loop, &a->wait, 0);
	kg_timer_start(fixture->loop, &b->wait, 0);
	kg_loop_run(fixture->loop);
	assert_string_equal(fixture->order, "aa|");
}

static void
start_again(struct kg_wait *wait)
{
	struct waiting *waiting = wait->context;

	on_ended(wait);
	if (waiting->again-- > 0)
		kg_timer_start(waiting->fixture->loop, wait, 0);
}

static void
a_wait_can_be_started_again_when_it_has_ended(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a');

	a->wait.ended = start_again;
	a->again = 3;
	kg_timer_start(fixture->loop, &a->wait, 1);
	kg_loop_run(fixture->loop);
	assert_string_equal(fixture->order, "a|a|a|a|");
}

static void
a_cancelled_timer_ends_early_and_once(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a');

	kg_timer_start(fixture->loop, &a->wait, 3600000);
	kg_wait_cancel(&a->wait);
	assert_int_equal(fixture->ended, 0);
	kg_wait_cancel(&a->wait);
	kg_loop_run(fixture->loop);
	kg_wait_cancel(&a->wait);
	assert_string_equal(fixture->order, "a|");
	assert_int_equal(a->wait.end, KG_WAIT_CANCELLED);
}

static void
wake_once(void *context)
{
	struct fixture *fixture = context;

	if (fixture->turns++ < 2)
		kg_loop_wake(fixture->loop);
}

static void
a_wake_gives_a_turn_although_nothing_is_open(void **state)
{
	struct fixture *fixture = *state;

	kg_loop_each_turn(fixture->loop, wake_once, fixture);
	kg_loop_wake(fixture->loop);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->turns, 3);
}

static void
stop_now(void *context)
{
	struct fixture *fixture = context;

	fixture->turns++;
	kg_loop_stop(fixture->loop);
}

static void
stopping_leaves_what_is_open_for_a_later_run(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a');

	kg_timer_start(fixture->loop, &a->wait, 3600000);
	kg_loop_each_turn(fixture->loop, stop_now, fixture);
	kg_loop_wake(fixture->loop);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, 0);
	kg_wait_cancel(&a->wait);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, 1);
}

static void
count(void *data)
{
	atomic_fetch_add((atomic_int *)data, 1);
}

static void
workers_run_on_other_threads_and_end_in_the_loop(void **state)
{
	struct fixture *fixture = *state;
	atomic_int worked = 0;

	for (int i = 0; i < 100; i++)
		kg_worker_start(fixture->loop, &waiting_make(fixture, 'w')->wait, count, &worked);
	kg_loop_run(fixture->loop);
	assert_int_equal(atomic_load(&worked), 100);
	assert_int_equal(fixture->ended, 100);
}

struct gate {
	atomic_bool is_running, may_end;
};

static void
pass_gate(void *data)
{
	struct gate *gate = data;

	atomic_store(&gate->is_running, true);
	while (!atomic_load(&gate->may_end))
		usleep(1000);
}

static void
let_through(struct kg_wait *wait)
{
	struct gate *gate = wait->context;

	if (atomic_load(&gate->is_running))
		atomic_store(&gate->may_end, true);
}

static void
a_cancelled_worker_runs_to_its_end(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *worker = waiting_make(fixture, 'w');
	struct gate gate = { 0 };
	struct kg_wait timer = { .ended = let_through, .context = &gate };

	kg_worker_start(fixture->loop, &worker->wait, pass_gate, &gate);
	while (!atomic_load(&gate.is_running))
		usleep(1000);
	kg_wait_cancel(&worker->wait);
	kg_timer_start(fixture->loop, &timer, 5);
	kg_loop_run(fixture->loop);
	assert_int_equal(worker->wait.end, KG_WAIT_CANCELLED);
	assert_true(atomic_load(&gate.may_end));
}

static void
pass_when_told(void *data)
{
	struct gate *gate = data;

	atomic_store(&gate->is_running, true);
	while (!atomic_load(&gate->may_end))
		usleep(1000);
}

/* Nobody but the cancelling lets it through. */
static void
a_cancelled_worker_that_looks_ends_early(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *worker = waiting_make(fixture, 'w');
	struct gate gate = { 0 };

	kg_worker_start_stoppable(fixture->loop, &worker->wait, pass_when_told, &gate, &gate.may_end);
	while (!atomic_load(&gate.is_running))
		usleep(1000);
	kg_wait_cancel(&worker->wait);
	kg_loop_run(fixture->loop);
	assert_int_equal(worker->wait.end, KG_WAIT_CANCELLED);
}

static void
the_pool_size_is_not_left_in_the_environment(void **)
{
	assert_null(getenv("UV_THREADPOOL_SIZE"));
}

static void
a_readable_descriptor_ends_the_wait(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a'), *b = waiting_make(fixture, 'b');
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	kg_fd_start(fixture->loop, &a->wait, ends[0], 1, 0);
	kg_fd_start(fixture->loop, &b->wait, ends[0], 1, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, 2);
	assert_int_equal(a->wait.end, KG_WAIT_DONE);
	close(ends[0]);
	close(ends[1]);
}

static void
poll_again(struct kg_wait *wait)
{
	struct waiting *waiting = wait->context;

	on_ended(wait);
	if (waiting->again-- > 0)
		kg_fd_start(waiting->fixture->loop, wait, waiting->fd, 2, 0);
}

static void
a_descriptor_can_be_waited_for_again_and_again(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a');
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	a->wait.ended = poll_again;
	a->again = 20;
	a->fd = ends[0];
	kg_fd_start(fixture->loop, &a->wait, ends[0], 2, 1000);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, 21);
	close(ends[0]);
	close(ends[1]);
}

static void
a_silent_descriptor_runs_into_its_time_limit(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a'), *b = waiting_make(fixture, 'b');
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	kg_fd_start(fixture->loop, &a->wait, ends[0], 1, 10);
	kg_fd_start(fixture->loop, &b->wait, ends[0], 1, 0);
	kg_wait_cancel(&b->wait);
	close(ends[0]);
	kg_loop_run(fixture->loop);
	assert_int_equal(a->wait.end, KG_WAIT_TIMEOUT);
	assert_int_equal(b->wait.end, KG_WAIT_CANCELLED);
	close(ends[1]);
}

static void
a_closed_other_side_ends_the_wait(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a');
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	close(ends[1]);
	kg_fd_start(fixture->loop, &a->wait, ends[0], 1, 0);
	kg_loop_run(fixture->loop);
	assert_int_equal(a->wait.end, KG_WAIT_DONE);
	close(ends[0]);
}

static void
a_regular_file_is_ready_at_once_and_a_bad_descriptor_fails(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a'), *b = waiting_make(fixture, 'b');
	FILE *file = tmpfile();

	kg_fd_start(fixture->loop, &a->wait, fileno(file), 1, 0);
	kg_fd_start(fixture->loop, &b->wait, 9999, 1, 0);
	assert_int_equal(fixture->ended, 0);
	kg_loop_run(fixture->loop);
	assert_int_equal(a->wait.end, KG_WAIT_DONE);
	assert_int_equal(b->wait.end, KG_WAIT_FAILED);
	assert_int_equal(b->wait.sys, EBADF);
	fclose(file);
}

static void
on_signal(void *context, int signal)
{
	struct fixture *fixture = context;

	happened(fixture, signal == SIGUSR1 ? '1' : '2');
	kg_loop_stop(fixture->loop);
}

static void
a_signal_is_told_in_the_loop_and_keeps_nothing_open(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a');

	assert_null(kg_signals_catch(fixture->arena, fixture->loop, (const int[]){ SIGUSR1, SIGUSR2, 0 }, on_signal, fixture));
	kg_loop_run(fixture->loop);
	kg_timer_start(fixture->loop, &a->wait, 3600000);
	raise(SIGUSR2);
	kg_loop_run(fixture->loop);
	assert_string_equal(fixture->order, "2");
	kg_wait_cancel(&a->wait);
	kg_loop_run(fixture->loop);
}

static void
on_tick(void *context)
{
	struct fixture *fixture = context;

	happened(fixture, 't');
	if (strlen(fixture->order) == 3)
		kg_loop_stop(fixture->loop);
}

static void
a_tick_comes_again_until_it_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	struct waiting *a = waiting_make(fixture, 'a');

	kg_loop_tick(fixture->loop, 1, on_tick, fixture);
	kg_loop_run(fixture->loop);
	assert_string_equal(fixture->order, "");
	kg_timer_start(fixture->loop, &a->wait, 3600000);
	kg_loop_run(fixture->loop);
	assert_string_equal(fixture->order, "ttt");
	kg_loop_tick(fixture->loop, 0, NULL, NULL);
	kg_wait_cancel(&a->wait);
	kg_loop_run(fixture->loop);
	assert_string_equal(fixture->order, "ttta|");
}

static void
hold_now(void *context)
{
	struct fixture *fixture = context;
	int64_t now = kg_loop_now_ns(fixture->loop);

	assert_true(now > 0);
	usleep(2000);
	assert_int_equal(kg_loop_now_ns(fixture->loop), now);
	fixture->turns++;
}

static void
the_time_stands_still_within_a_turn(void **state)
{
	struct fixture *fixture = *state;

	kg_loop_each_turn(fixture->loop, hold_now, fixture);
	kg_loop_wake(fixture->loop);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->turns, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_to_wait_for_returns_at_once),
		TEST(timers_end_in_the_order_of_their_time),
		TEST(all_that_ended_together_has_one_turn),
		TEST(a_wait_can_be_started_again_when_it_has_ended),
		TEST(a_cancelled_timer_ends_early_and_once),
		TEST(a_wake_gives_a_turn_although_nothing_is_open),
		TEST(stopping_leaves_what_is_open_for_a_later_run),
		TEST(workers_run_on_other_threads_and_end_in_the_loop),
		TEST(a_cancelled_worker_runs_to_its_end),
		TEST(a_cancelled_worker_that_looks_ends_early),
		TEST(the_pool_size_is_not_left_in_the_environment),
		TEST(a_readable_descriptor_ends_the_wait),
		TEST(a_descriptor_can_be_waited_for_again_and_again),
		TEST(a_silent_descriptor_runs_into_its_time_limit),
		TEST(a_closed_other_side_ends_the_wait),
		TEST(a_regular_file_is_ready_at_once_and_a_bad_descriptor_fails),
		TEST(a_signal_is_told_in_the_loop_and_keeps_nothing_open),
		TEST(a_tick_comes_again_until_it_is_taken_back),
		TEST(the_time_stands_still_within_a_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
