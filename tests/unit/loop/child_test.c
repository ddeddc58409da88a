#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/loop/child.h"

struct fixture {
	struct kg_arena *arena;
	struct kg_loop *loop;
	struct kg_wait wait;
	struct kg_child_start start;
	struct kg_text output[2];
	uint32_t ended;
};

static const char *const no_env[] = { "PATH=/usr/bin:/bin", NULL };

static void
on_output(void *context, int stream, const char *bytes, size_t size)
{
	struct fixture *fixture = context;

	kg_text_add_bytes(&fixture->output[stream - 1], bytes, size);
}

static void
on_ended(struct kg_wait *wait)
{
	struct fixture *fixture = wait->context;

	fixture->ended++;
}

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->arena = kg_arena_make();
	fixture->output[0].arena = fixture->output[1].arena = fixture->arena;
	assert_null(kg_loop_make(fixture->arena, &fixture->loop));
	fixture->wait = (struct kg_wait){ .ended = on_ended, .context = fixture };
	fixture->start = (struct kg_child_start){ .env = no_env, .on_output = on_output, .context = fixture };
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
start_shell(struct fixture *fixture, const char *script)
{
	const char **argv = kg_new_array(fixture->arena, const char *, 4);

	argv[0] = "sh";
	argv[1] = "-c";
	argv[2] = script;
	fixture->start.program = "/bin/sh";
	fixture->start.argv = argv;
	kg_child_start(fixture->loop, &fixture->wait, &fixture->start);
}

static void
run_shell(struct fixture *fixture, const char *script)
{
	start_shell(fixture, script);
	kg_loop_run(fixture->loop);
	assert_int_equal(fixture->ended, 1);
	assert_true(fixture->start.is_over);
}

static const char *
output(struct fixture *fixture)
{
	return kg_text_end(&fixture->output[0]);
}

static void
both_streams_and_the_status_are_told(void **state)
{
	struct fixture *fixture = *state;

	run_shell(fixture, "echo out; echo err >&2; exit 7");
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_int_equal(fixture->start.status, 7);
	assert_int_equal(fixture->start.signal, 0);
	assert_string_equal(output(fixture), "out\n");
	assert_string_equal(kg_text_end(&fixture->output[1]), "err\n");
}

static void
a_signal_that_ends_it_is_told(void **state)
{
	struct fixture *fixture = *state;

	run_shell(fixture, "kill -USR1 $$");
	assert_int_equal(fixture->start.signal, SIGUSR1);
	assert_int_equal(fixture->start.status, 0);
}

static void
a_megabyte_on_each_stream_is_drained_whole(void **state)
{
	struct fixture *fixture = *state;

	run_shell(fixture, "head -c 1048576 /dev/zero & head -c 1048576 /dev/zero >&2; wait");
	assert_int_equal(fixture->output[0].size, 1048576);
	assert_int_equal(fixture->output[1].size, 1048576);
}

static void
what_is_written_last_before_the_end_is_not_lost(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 20; i++) {
		fixture->ended = 0;
		fixture->output[0].size = 0;
		run_shell(fixture, "head -c 65536 /dev/zero; echo -n last");
		assert_int_equal(fixture->output[0].size, 65540);
		assert_memory_equal(fixture->output[0].bytes + 65536, "last", 4);
	}
}

static void
a_huge_input_reaches_the_child_while_it_prints(void **state)
{
	struct fixture *fixture = *state;
	size_t size = 8 * 1024 * 1024;
	char *input = kg_alloc(fixture->arena, size);

	memset(input, 'i', size);
	fixture->start.input = input;
	fixture->start.input_size = size;
	run_shell(fixture, "cat");
	assert_int_equal(fixture->output[0].size, size);
	assert_memory_equal(fixture->output[0].bytes, input, size);
}

static void
without_input_it_reads_the_end_at_once(void **state)
{
	struct fixture *fixture = *state;

	run_shell(fixture, "cat; echo -n end");
	assert_string_equal(output(fixture), "end");
}

static void
an_empty_input_is_an_input(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.input = "";
	run_shell(fixture, "test -f /proc/self/fd/0 && cat && echo -n end");
	assert_string_equal(output(fixture), "end");
}

static void
assert_not_started(struct fixture *fixture, int sys, const char *sentence, const char *advice)
{
	assert_int_equal(fixture->ended, 1);
	assert_int_equal(fixture->wait.end, KG_WAIT_FAILED);
	assert_int_equal(fixture->wait.sys, sys);
	assert_int_equal(fixture->start.pid, 0);
	struct kg_error *error = kg_child_start_error(fixture->arena, &fixture->wait, &fixture->start);
	assert_string_equal(error->message, sentence);
	if (advice)
		assert_string_equal(error->advice, advice);
	else
		assert_null(error->advice);
}

static void
run_program(struct fixture *fixture, const char *program)
{
	const char *const argv[] = { program, NULL };

	fixture->start.program = program;
	fixture->start.argv = argv;
	kg_child_start(fixture->loop, &fixture->wait, &fixture->start);
	assert_int_equal(fixture->ended, 0);
	kg_loop_run(fixture->loop);
}

static void
a_missing_program_is_told(void **state)
{
	struct fixture *fixture = *state;

	run_program(fixture, "/no/such/program");
	assert_not_started(fixture, ENOENT, "cannot run /no/such/program: No such file or directory", NULL);
}

/* In a folder of its own, with that mode and content; the path lives in the arena. */
static const char *
program_make(struct fixture *fixture, const char *content, mode_t mode)
{
	char *folder = kg_copy(fixture->arena, "/tmp/kgraph-child-XXXXXX");

	assert_non_null(mkdtemp(folder));
	const char *path = kg_format(fixture->arena, "%s/program", folder);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void
program_remove(struct fixture *fixture, const char *path)
{
	char *folder = kg_copy(fixture->arena, path);

	unlink(path);
	*strrchr(folder, '/') = '\0';
	rmdir(folder);
}

static void
a_program_that_may_not_be_run_is_told(void **state)
{
	struct fixture *fixture = *state;
	const char *path = program_make(fixture, "#!/bin/sh\n", 0644);

	run_program(fixture, path);
	assert_not_started(fixture, EACCES, kg_format(fixture->arena, "cannot run %s: Permission denied", path),
	    kg_format(fixture->arena, "chmod +x %s", path));
	program_remove(fixture, path);
}

static void
a_missing_interpreter_is_told_apart_from_a_missing_program(void **state)
{
	struct fixture *fixture = *state;
	const char *path = program_make(fixture, "#!/no/such/shell\n", 0755);

	run_program(fixture, path);
	assert_not_started(fixture, ENOENT, kg_format(fixture->arena, "cannot run %s: No such file or directory", path),
	    "the interpreter that its first line names is missing");
	program_remove(fixture, path);
}

static void
a_text_without_interpreter_is_told(void **state)
{
	struct fixture *fixture = *state;
	const char *path = program_make(fixture, "echo\n", 0755);

	run_program(fixture, path);
	assert_not_started(fixture, ENOEXEC, kg_format(fixture->arena, "cannot run %s: Exec format error", path),
	    "it is neither a program for this machine nor a script that starts with #!");
	program_remove(fixture, path);
}

static void
a_missing_folder_is_told_apart_from_a_missing_program(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.cwd = "/no/such/folder";
	run_program(fixture, "/bin/true");
	assert_not_started(fixture, ENOENT, "cannot enter the folder /no/such/folder: No such file or directory", NULL);
}

static void
it_starts_in_its_folder_with_its_environment_alone(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.cwd = "/usr";
	fixture->start.env = (const char *const[]){ "ONLY=this", NULL };
	run_shell(fixture, "/bin/pwd; /usr/bin/env | /bin/grep -v -e ^PWD= -e ^_=");
	assert_string_equal(output(fixture), "/usr\nONLY=this\n");
}

static void
it_has_default_signals_the_old_file_limit_and_no_open_files(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit limit;
	int leaked = open("/dev/null", O_RDONLY);

	assert_true(leaked > 2);
	getrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(limit.rlim_cur, limit.rlim_max);
	run_shell(fixture, "cat /proc/self/status | grep -E '^Sig(Ign|Blk|Cgt)'; ls /proc/self/fd | wc -l");
	assert_string_equal(
	    output(fixture), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n4\n");
	close(leaked);
}

static void
it_leads_a_group_and_a_session(void **state)
{
	struct fixture *fixture = *state;

	run_shell(fixture,
	    "read -r pid name state parent group session rest < /proc/$$/stat; "
	    "test $group = $$ && test $session = $$ && echo -n leader");
	assert_string_equal(output(fixture), "leader");
}

static void
a_passed_descriptor_becomes_3(void **state)
{
	struct fixture *fixture = *state;
	int ends[2];
	char got[8] = "";

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fixture->start.pass_fd = ends[1];
	run_shell(fixture, "echo -n passed >&3");
	close(ends[1]);
	assert_int_equal(read(ends[0], got, sizeof(got)), 6);
	assert_memory_equal(got, "passed", 6);
	close(ends[0]);
}

static void
without_a_collector_its_output_is_thrown_away(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.on_output = NULL;
	run_shell(fixture, "head -c 1000000 /dev/zero && test \"$(readlink /proc/$$/fd/1)\" = /dev/null");
	assert_int_equal(fixture->start.status, 0);
}

static void
a_time_limit_ends_it_by_term(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.timeout_ms = 20;
	run_shell(fixture, "echo begun; exec sleep 600");
	assert_int_equal(fixture->wait.end, KG_WAIT_TIMEOUT);
	assert_true(fixture->start.timed_out);
	assert_int_equal(fixture->start.signal, SIGTERM);
}

static void
one_that_ignores_term_is_killed(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.timeout_ms = 200;
	fixture->start.kill_after_ms = 20;
	run_shell(fixture, "trap '' TERM; while :; do sleep 0.01; done");
	assert_int_equal(fixture->wait.end, KG_WAIT_TIMEOUT);
	assert_int_equal(fixture->start.signal, SIGKILL);
}

static void
one_that_was_stopped_ends_at_its_time_limit(void **state)
{
	struct fixture *fixture = *state;

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
	struct fixture *fixture = *state;

	fixture->start.timeout_ms = 300;
	run_shell(fixture, "sh -c 'trap \"sleep 0.3; echo -n cleaned; exit\" TERM; while :; do sleep 0.01; done' & exec sleep 600");
	assert_int_equal(fixture->start.signal, SIGTERM);
	assert_string_equal(output(fixture), "cleaned");
	assert_group_gone(fixture->start.pid);
}

static void
a_grandchild_that_holds_the_pipe_is_not_waited_for(void **state)
{
	struct fixture *fixture = *state;

	run_shell(fixture, "sleep 600 & echo $!");
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_int_equal(fixture->start.status, 0);
	pid_t grandchild = (pid_t)atoi(output(fixture));
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
	struct fixture *fixture = *state;
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
	struct fixture *fixture = *state;

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
	struct fixture *fixture = context;

	kg_wait_cancel(&fixture->wait);
}

static void
it_can_be_cancelled_from_its_own_output(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.on_output = cancel_from_output;
	run_shell(fixture, "exec head -c 100000000 /dev/zero");
	assert_int_equal(fixture->wait.end, KG_WAIT_CANCELLED);
}

static void
signal_it(struct kg_wait *timer)
{
	struct fixture *fixture = timer->context;

	kg_child_signal(&fixture->start, SIGINT);
}

static void
a_signal_reaches_the_whole_group(void **state)
{
	struct fixture *fixture = *state;
	struct kg_wait timer = { .ended = signal_it, .context = fixture };

	kg_timer_start(fixture->loop, &timer, 100);
	run_shell(fixture, "(sleep 600); echo -n $?");
	assert_int_equal(fixture->start.signal, SIGINT);
	kg_child_signal(&fixture->start, SIGKILL);
}

static void
one_that_keeps_the_terminal_stays_in_our_group(void **state)
{
	struct fixture *fixture = *state;

	fixture->start.inherit_terminal = true;
	run_shell(fixture,
	    kg_format(
		fixture->arena, "read -r pid name state parent group rest < /proc/$$/stat; test $group = %d", (int)getpgrp()));
	assert_int_equal(fixture->start.status, 0);
}

static void
root_can_change_the_user(void **state)
{
	struct fixture *fixture = *state;
	const struct passwd *nobody = getpwnam("nobody");

	if (geteuid() != 0 || !nobody)
		skip();
	fixture->start.change_user = true;
	fixture->start.user = "nobody";
	fixture->start.uid = nobody->pw_uid;
	fixture->start.gid = nobody->pw_gid;
	fixture->start.cwd = "/root";
	run_shell(fixture, "id -un; id -Gn; grep -E '^(Uid|Gid)' /proc/self/status");
	assert_int_equal(fixture->start.status, 0);
	const char *expected =
	    kg_format(fixture->arena, "nobody\nnogroup\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", nobody->pw_uid,
		nobody->pw_uid, nobody->pw_uid, nobody->pw_uid, nobody->pw_gid, nobody->pw_gid, nobody->pw_gid, nobody->pw_gid);
	assert_string_equal(output(fixture), expected);
}

static void
others_cannot_change_the_user(void **state)
{
	struct fixture *fixture = *state;

	if (geteuid() == 0)
		skip();
	fixture->start.change_user = true;
	fixture->start.user = "root";
	run_program(fixture, "/bin/true");
	assert_not_started(fixture, EPERM, "cannot become the user root: Operation not permitted", NULL);
}

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
		.program = "/bin/echo", .argv = argv, .env = no_env, .on_output = on_crowd_output, .context = crowd
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
	struct fixture *fixture = *state;
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

static void
nothing_stays_open_after_many_children(void **state)
{
	struct fixture *fixture = *state;
	int before = dup(0);

	for (int i = 0; i < 20; i++) {
		fixture->ended = 0;
		fixture->start.input = "input";
		fixture->start.input_size = 5;
		run_shell(fixture, "cat");
		fixture->ended = 0;
		fixture->start.program = "/no/such/program";
		kg_child_start(fixture->loop, &fixture->wait, &fixture->start);
		kg_loop_run(fixture->loop);
	}
	close(before);
	/* The lowest free number is what it was but for /dev/null, which the loop keeps open. */
	int after = dup(0);
	assert_int_equal(after, before);
	close(after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_streams_and_the_status_are_told),
		TEST(a_signal_that_ends_it_is_told),
		TEST(a_megabyte_on_each_stream_is_drained_whole),
		TEST(what_is_written_last_before_the_end_is_not_lost),
		TEST(a_huge_input_reaches_the_child_while_it_prints),
		TEST(without_input_it_reads_the_end_at_once),
		TEST(an_empty_input_is_an_input),
		TEST(a_missing_program_is_told),
		TEST(a_program_that_may_not_be_run_is_told),
		TEST(a_missing_interpreter_is_told_apart_from_a_missing_program),
		TEST(a_text_without_interpreter_is_told),
		TEST(a_missing_folder_is_told_apart_from_a_missing_program),
		TEST(it_starts_in_its_folder_with_its_environment_alone),
		TEST(it_has_default_signals_the_old_file_limit_and_no_open_files),
		TEST(it_leads_a_group_and_a_session),
		TEST(a_passed_descriptor_becomes_3),
		TEST(without_a_collector_its_output_is_thrown_away),
		TEST(a_time_limit_ends_it_by_term),
		TEST(one_that_ignores_term_is_killed),
		TEST(one_that_was_stopped_ends_at_its_time_limit),
		TEST(its_group_may_clean_up_at_the_time_limit_after_the_leader_has_gone),
		TEST(a_grandchild_that_holds_the_pipe_is_not_waited_for),
		TEST(a_cancelled_child_is_killed_with_its_group),
		TEST(one_that_could_not_be_started_can_be_cancelled),
		TEST(it_can_be_cancelled_from_its_own_output),
		TEST(a_signal_reaches_the_whole_group),
		TEST(one_that_keeps_the_terminal_stays_in_our_group),
		TEST(root_can_change_the_user),
		TEST(others_cannot_change_the_user),
		TEST(two_thousand_children_a_hundred_at_a_time),
		TEST(nothing_stays_open_after_many_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
