#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "tests/unit/loop/child_fixture.h"

static void
a_time_limit_ends_it_by_term(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.timeout_ms = 20;
	run_shell(fixture, "echo begun; exec sleep 600");
	assert_int_equal(fixture->wait.end, KG_WAIT_TIMEOUT);
	assert_true(fixture->start.timed_out);
	assert_int_equal(fixture->start.signal, SIGTERM);
}

static void
one_that_ignores_term_is_killed(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.timeout_ms = 1000;
	fixture->start.kill_after_ms = 20;
	run_shell(fixture, "trap '' TERM; while :; do sleep 0.01; done");
	assert_int_equal(fixture->wait.end, KG_WAIT_TIMEOUT);
	assert_int_equal(fixture->start.signal, SIGKILL);
}

/* TERM at its first word. */
static void
term_at_output(void *context, int stream, const char *bytes, size_t size)
{
	struct child_fixture *fixture = context;

	if (fixture->output[0].size == 0)
		kg_child_signal(&fixture->start, SIGTERM);
	kg_text_add_bytes(&fixture->output[stream - 1], bytes, size);
}

static void
what_it_runs_in_a_container_is_ended_instead(void **state)
{
	static const char contained[] = "setsid unshare --mount sh -c 'echo on; exec sleep 600' & wait $!; echo cleaned up";
	struct child_fixture *fixture = *state;

	if (system("unshare --mount true 2>/dev/null") != 0)
		skip();
	fixture->start.on_output = term_at_output;
	fixture->start.ends_contained = true;
	run_shell(fixture, contained);
	assert_int_equal(fixture->start.signal, 0);
	assert_string_equal(fixture_output(fixture), "on\ncleaned up\n");
}

static void
without_a_container_it_gets_term_itself(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.on_output = term_at_output;
	fixture->start.ends_contained = true;
	run_shell(fixture, "setsid sleep 1 & echo on; exec sleep 600");
	assert_int_equal(fixture->start.signal, SIGTERM);
}

static void
one_that_was_stopped_ends_at_its_time_limit(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.timeout_ms = 50;
	run_shell(fixture, "kill -STOP $$");
	assert_int_equal(fixture->start.signal, SIGTERM);
}

/* Waits until nothing is left of the group: those whose parent has gone are reaped by others, some time. */
static void
assert_group_gone(pid_t group)
{
	for (int tries = 0; tries < 2000 && kill(-group, 0) == 0; tries++)
		usleep(1000);
	assert_int_equal(kill(-group, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void
its_group_may_clean_up_at_the_time_limit_after_the_leader_has_gone(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.timeout_ms = 1500;
	run_shell(fixture, "sh -c 'trap \"sleep 0.3; echo -n cleaned; exit\" TERM; while :; do sleep 0.01; done' & exec sleep 600");
	assert_int_equal(fixture->start.signal, SIGTERM);
	assert_string_equal(fixture_output(fixture), "cleaned");
	assert_group_gone(fixture->start.pid);
}

static void
a_grandchild_that_holds_the_pipe_is_not_waited_for(void **state)
{
	struct child_fixture *fixture = *state;

	run_shell(fixture, "sleep 600 & echo $!");
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_int_equal(fixture->start.status, 0);
	pid_t grandchild = (pid_t)atoi(fixture_output(fixture));
	assert_true(grandchild > 1);
	assert_int_equal(kill(grandchild, SIGKILL), 0);
}

static void
cancel(struct kg_wait *timer)
{
	kg_wait_cancel(timer->context);
}

static void
a_cancelled_child_is_killed_with_its_group(void **state)
{
	struct child_fixture *fixture = *state;
	struct kg_wait timer = { .ended = cancel, .context = &fixture->wait };

	kg_timer_start(fixture->loop, &timer, 50);
	run_shell(fixture, "trap '' TERM; (trap '' TERM; sleep 600) & sleep 600; sleep 600");
	assert_int_equal(fixture->wait.end, KG_WAIT_CANCELLED);
	assert_int_equal(fixture->start.signal, SIGKILL);
	assert_group_gone(fixture->start.pid);
}

static void
one_that_could_not_be_started_can_be_cancelled(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.program = "/no/such/program";
	fixture->start.argv = (const char *const[]){ "x", NULL };
	kg_child_start(fixture->loop, &fixture->wait, &fixture->start);
	kg_wait_cancel(&fixture->wait);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->wait.end, KG_WAIT_FAILED);
	assert_int_equal(fixture->ended, 1);
}

static void
cancel_from_output(void *context, int, const char *, size_t)
{
	struct child_fixture *fixture = context;

	kg_wait_cancel(&fixture->wait);
}

static void
it_can_be_cancelled_from_its_own_output(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.on_output = cancel_from_output;
	run_shell(fixture, "exec head -c 100000000 /dev/zero");
	assert_int_equal(fixture->wait.end, KG_WAIT_CANCELLED);
}

static void
signal_it(struct kg_wait *timer)
{
	struct child_fixture *fixture = timer->context;

	kg_child_signal(&fixture->start, SIGINT);
}

static void
a_signal_reaches_the_whole_group(void **state)
{
	struct child_fixture *fixture = *state;
	struct kg_wait timer = { .ended = signal_it, .context = fixture };

	kg_timer_start(fixture->loop, &timer, 100);
	run_shell(fixture, "(sleep 600); echo -n $?");
	assert_int_equal(fixture->start.signal, SIGINT);
	kg_child_signal(&fixture->start, SIGKILL);
}

/* A kgraph that is killed in the middle of a run leaves nobody behind who goes on writing. */
static void
it_is_asked_to_stop_when_we_are_killed(void **state)
{
	struct child_fixture *fixture = *state;
	int ends[2];
	char got[16] = "";

	assert_int_equal(pipe(ends), 0);
	fixture->start.pass_fd = ends[1];
	pid_t parent = fork();
	if (parent == 0) {
		start_shell(fixture, "trap 'echo -n asked >&3; exit' TERM; echo -n up >&3; while :; do sleep 0.01; done");
		pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], got, sizeof(got)), 2);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(read(ends[0], got, sizeof(got)), 5);
	assert_memory_equal(got, "asked", 5);
	close(ends[0]);
}

static const char *const environment[] = { NULL };

enum { batch_size = 100, child_total = 2000 };

struct crowd {
	struct kg_loop *loop;
	struct kg_wait waits[batch_size];
	struct kg_child_start starts[batch_size];
	uint32_t started, ended, size_bytes;
};

static void
on_crowd_output(void *context, int, const char *, size_t size)
{
	struct crowd *crowd = context;

	crowd->size_bytes += (uint32_t)size;
}

static void
crowd_start(struct crowd *crowd, struct kg_wait *wait)
{
	static const char *const argv[] = { "echo", "-n", "x", NULL };
	struct kg_child_start *start = &crowd->starts[wait - crowd->waits];

	if (crowd->started == child_total)
		return;
	crowd->started++;
	*start = (struct kg_child_start){
		.program = "/bin/echo", .argv = argv, .env = environment, .on_output = on_crowd_output, .context = crowd
	};
	kg_child_start(crowd->loop, wait, start);
}

static void
on_crowd_ended(struct kg_wait *wait)
{
	struct crowd *crowd = wait->context;

	assert_int_equal(wait->end, KG_WAIT_DONE);
	assert_int_equal(crowd->starts[wait - crowd->waits].status, 0);
	crowd->ended++;
	crowd_start(crowd, wait);
}

static void
two_thousand_children_a_hundred_at_a_time(void **state)
{
	struct child_fixture *fixture = *state;
	static struct crowd crowd;

	crowd = (struct crowd){ .loop = fixture->loop };
	for (int i = 0; i < batch_size; i++) {
		crowd.waits[i] = (struct kg_wait){ .ended = on_crowd_ended, .context = &crowd };
		crowd_start(&crowd, &crowd.waits[i]);
	}
	kg_loop_run(fixture->loop);
	assert_int_equal(crowd.ended, child_total);
	assert_int_equal(crowd.size_bytes, child_total);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_time_limit_ends_it_by_term),
		TEST(one_that_ignores_term_is_killed),
		TEST(what_it_runs_in_a_container_is_ended_instead),
		TEST(without_a_container_it_gets_term_itself),
		TEST(one_that_was_stopped_ends_at_its_time_limit),
		TEST(its_group_may_clean_up_at_the_time_limit_after_the_leader_has_gone),
		TEST(a_grandchild_that_holds_the_pipe_is_not_waited_for),
		TEST(a_cancelled_child_is_killed_with_its_group),
		TEST(one_that_could_not_be_started_can_be_cancelled),
		TEST(it_can_be_cancelled_from_its_own_output),
		TEST(a_signal_reaches_the_whole_group),
		TEST(it_is_asked_to_stop_when_we_are_killed),
		TEST(two_thousand_children_a_hundred_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
