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
#include "tests/unit/loop/child_fixture.h"

static void
both_streams_and_the_status_are_told(void **state)
{
	struct child_fixture *fixture = *state;

	run_shell(fixture, "echo out; echo err >&2; exit 7");
	assert_int_equal(fixture->wait.end, KG_WAIT_DONE);
	assert_int_equal(fixture->start.status, 7);
	assert_int_equal(fixture->start.signal, 0);
	assert_string_equal(fixture_output(fixture), "out\n");
	assert_string_equal(kg_text_end(&fixture->output[1]), "err\n");
}

static void
a_signal_that_ends_it_is_told(void **state)
{
	struct child_fixture *fixture = *state;

	run_shell(fixture, "kill -USR1 $$");
	assert_int_equal(fixture->start.signal, SIGUSR1);
	assert_int_equal(fixture->start.status, 0);
}

static void
a_megabyte_on_each_stream_is_drained_whole(void **state)
{
	struct child_fixture *fixture = *state;

	run_shell(fixture, "head -c 1048576 /dev/zero & head -c 1048576 /dev/zero >&2; wait");
	assert_int_equal(fixture->output[0].size, 1048576);
	assert_int_equal(fixture->output[1].size, 1048576);
}

static void
what_is_written_last_before_the_end_is_not_lost(void **state)
{
	struct child_fixture *fixture = *state;

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
	struct child_fixture *fixture = *state;
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
	struct child_fixture *fixture = *state;

	run_shell(fixture, "cat; echo -n end");
	assert_string_equal(fixture_output(fixture), "end");
}

static void
an_empty_input_is_an_input(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.input = "";
	run_shell(fixture, "test -f /proc/self/fd/0 && cat && echo -n end");
	assert_string_equal(fixture_output(fixture), "end");
}

static void
assert_not_started(struct child_fixture *fixture, int sys, const char *sentence, const char *advice)
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
run_program(struct child_fixture *fixture, const char *program)
{
	const char *const argv[] = { program, NULL };

	fixture->start.program = program;
	fixture->start.argv = argv;
	kg_child_start(fixture->loop, &fixture->wait, &fixture->start);
	assert_int_equal(fixture->ended, 0);
	kg_loop_run(fixture->loop);
}

static void
a_file_can_be_its_input(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.input_path = "/proc/version";
	run_shell(fixture, "read -r word rest; echo -n $word");
	assert_string_equal(fixture_output(fixture), "Linux");
	fixture->ended = 0;
	fixture->start.input_path = "/no/such/file";
	run_program(fixture, "/bin/cat");
	assert_int_equal(fixture->wait.sys, ENOENT);
}

static void
a_missing_program_is_told(void **state)
{
	struct child_fixture *fixture = *state;

	run_program(fixture, "/no/such/program");
	assert_not_started(fixture, ENOENT, "cannot run /no/such/program: No such file or directory", NULL);
}

/* In a folder of its own, with that mode and content; the path lives in the arena. */
static const char *
program_make(struct child_fixture *fixture, const char *content, mode_t mode)
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
program_remove(struct child_fixture *fixture, const char *path)
{
	char *folder = kg_copy(fixture->arena, path);

	unlink(path);
	*strrchr(folder, '/') = '\0';
	rmdir(folder);
}

static void
a_program_that_may_not_be_run_is_told(void **state)
{
	struct child_fixture *fixture = *state;
	const char *path = program_make(fixture, "#!/bin/sh\n", 0644);

	run_program(fixture, path);
	assert_not_started(fixture, EACCES, kg_format(fixture->arena, "cannot run %s: Permission denied", path),
	    kg_format(fixture->arena, "chmod +x %s", path));
	program_remove(fixture, path);
}

static void
a_missing_interpreter_is_told_apart_from_a_missing_program(void **state)
{
	struct child_fixture *fixture = *state;
	const char *path = program_make(fixture, "#!/no/such/shell\n", 0755);

	run_program(fixture, path);
	assert_not_started(fixture, ENOENT, kg_format(fixture->arena, "cannot run %s: No such file or directory", path),
	    "the interpreter that its first line names is missing");
	program_remove(fixture, path);
}

static void
a_text_without_interpreter_is_told(void **state)
{
	struct child_fixture *fixture = *state;
	const char *path = program_make(fixture, "echo\n", 0755);

	run_program(fixture, path);
	assert_not_started(fixture, ENOEXEC, kg_format(fixture->arena, "cannot run %s: Exec format error", path),
	    "it is neither a program for this machine nor a script that starts with #!");
	program_remove(fixture, path);
}

static void
a_missing_folder_is_told_apart_from_a_missing_program(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.cwd = "/no/such/folder";
	run_program(fixture, "/bin/true");
	assert_not_started(fixture, ENOENT, "cannot enter the folder /no/such/folder: No such file or directory", NULL);
}

static void
it_starts_in_its_folder_with_its_environment_alone(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.cwd = "/usr";
	fixture->start.env = (const char *const[]){ "ONLY=this", NULL };
	run_shell(fixture, "/bin/pwd; /usr/bin/env | /bin/grep -v -e ^PWD= -e ^_=");
	assert_string_equal(fixture_output(fixture), "/usr\nONLY=this\n");
}

static void
it_has_default_signals_the_old_file_limit_and_no_open_files(void **state)
{
	struct child_fixture *fixture = *state;
	struct rlimit limit;
	int leaked = open("/dev/null", O_RDONLY);

	assert_true(leaked > 2);
	getrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(limit.rlim_cur, limit.rlim_max);
	run_shell(fixture, "cat /proc/self/status | grep -E '^Sig(Ign|Blk|Cgt)'; ls /proc/self/fd | wc -l");
	assert_string_equal(
	    fixture_output(fixture), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000\n4\n");
	close(leaked);
}

static void
it_leads_a_group_and_a_session(void **state)
{
	struct child_fixture *fixture = *state;

	run_shell(fixture,
	    "read -r pid name state parent group session rest < /proc/$$/stat; "
	    "test $group = $$ && test $session = $$ && echo -n leader");
	assert_string_equal(fixture_output(fixture), "leader");
}

static void
a_passed_descriptor_becomes_3(void **state)
{
	struct child_fixture *fixture = *state;
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
	struct child_fixture *fixture = *state;

	fixture->start.on_output = NULL;
	run_shell(fixture, "head -c 1000000 /dev/zero && test \"$(readlink /proc/$$/fd/1)\" = /dev/null");
	assert_int_equal(fixture->start.status, 0);
}

static void
one_that_keeps_the_terminal_stays_in_our_group(void **state)
{
	struct child_fixture *fixture = *state;

	fixture->start.inherit_terminal = true;
	run_shell(fixture,
	    kg_format(
		fixture->arena, "read -r pid name state parent group rest < /proc/$$/stat; test $group = %d", (int)getpgrp()));
	assert_int_equal(fixture->start.status, 0);
}

static void
root_can_change_the_user(void **state)
{
	struct child_fixture *fixture = *state;
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
	assert_string_equal(fixture_output(fixture), expected);
}

static void
others_cannot_change_the_user(void **state)
{
	static constexpr uid_t nobody = 65534;
	struct child_fixture *fixture = *state;
	bool is_root = geteuid() == 0;

	/* Root becomes somebody else for as long as the child is started. */
	assert_true(!is_root || seteuid(nobody) == 0);
	fixture->start.change_user = true;
	fixture->start.user = "root";
	run_program(fixture, "/bin/true");
	assert_true(!is_root || seteuid(0) == 0);
	assert_not_started(fixture, EPERM, "cannot become the user root: Operation not permitted", NULL);
}

static void
nothing_stays_open_after_many_children(void **state)
{
	struct child_fixture *fixture = *state;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

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
		TEST(a_file_can_be_its_input),
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
		TEST(one_that_keeps_the_terminal_stays_in_our_group),
		TEST(root_can_change_the_user),
		TEST(others_cannot_change_the_user),
		TEST(nothing_stays_open_after_many_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
