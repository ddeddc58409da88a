#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/daemon/daemon.h"
#include "engine/daemon/user.h"
#include "tests/unit/process/holding.h"

static int
setup(void **state)
{
	*state = holding_make();
	return 0;
}

static int
teardown(void **state)
{
	holding_free(*state);
	return 0;
}

static void
a_daemon_outlives_who_started_it_and_is_known_by_its_status(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "exec sleep 100"));
	assert_true(kg_daemon_lives(&holding->daemon));
	assert_true(kg_daemon_is_held(&holding->daemon));
	assert_string_equal(holding->daemon.fingerprint, holding->order.fingerprint);
	assert_int_not_equal(getsid(holding->daemon.main.pid), getsid(0));
	assert_int_equal(getsid(holding->daemon.main.pid), holding->daemon.main.pid);
}

static void
an_exit_status_is_written_down_with_its_time(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "exit 7"));
	assert_true(holding_waits_for_end(holding));
	assert_int_equal(holding->daemon.exit_status, 7);
	assert_int_equal(holding->daemon.end_signal, 0);
	assert_true(holding->daemon.ended_ns >= holding->daemon.started_ns);
	assert_string_equal(kg_daemon_end_tell(holding->arena, &holding->daemon), "it ended with exit status 7");
}

static void
a_deadly_signal_is_written_down(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "kill -9 $$"));
	assert_true(holding_waits_for_end(holding));
	assert_int_equal(holding->daemon.end_signal, SIGKILL);
	assert_string_equal(kg_daemon_end_tell(holding->arena, &holding->daemon), "it was ended by signal 9 (Killed)");
}

static void
a_program_that_is_missing_is_an_error_and_leaves_no_status(void **state)
{
	struct holding *holding = *state;

	holding->order.program = "/nowhere/redis-server";
	const char *answer = holding_start(holding, "");
	struct kg_error *error = kg_daemon_answer(holding->arena, answer, holding->order.program);

	assert_int_equal(error->code, KG_ESYSTEM);
	assert_int_equal(error->sys, ENOENT);
	assert_string_equal(error->message, "cannot run /nowhere/redis-server: No such file or directory");
	assert_false(kg_daemon_read(holding->arena, holding->folder, &holding->daemon));
}

static void
a_script_whose_interpreter_is_missing_is_explained(void **state)
{
	struct holding *holding = *state;
	static const char script[] = "#!/nowhere/python\n";

	holding->order.program = kg_path_join(holding->arena, holding->folder, "script");
	assert_null(kg_file_write(holding->arena, holding->order.program, script, sizeof(script) - 1, 0755));
	const char *answer = holding_start(holding, "");
	assert_non_null(strstr(kg_daemon_answer(holding->arena, answer, holding->order.program)->advice, "interpreter"));
}

static void
a_folder_that_is_missing_is_told_apart_from_the_program(void **state)
{
	struct holding *holding = *state;

	holding->order.cwd = "/nowhere";
	assert_string_equal(holding_start(holding, "true"), "failed 2 cannot start in the folder /nowhere\n");
}

static void
stopping_gives_the_daemon_time_to_end_well(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "trap 'sleep 0.1; echo closed; exit 3' TERM; echo up; while :; do sleep 0.05; done"));
	assert_true(holding_waits_for_log(holding, "up\n"));
	assert_int_equal(kill(holding->daemon.holder.pid, SIGTERM), 0);
	assert_true(holding_waits_for_holder(holding));
	assert_true(holding->daemon.ended);
	assert_int_equal(holding->daemon.exit_status, 3);
	assert_non_null(strstr(holding_log(holding, "log"), "\nclosed\nkgraph: ended with exit status 3\n"));
}

static void
a_stop_may_bring_another_signal_along(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "trap 'exit 4' INT; trap '' TERM; echo up; while :; do sleep 0.05; done"));
	assert_true(holding_waits_for_log(holding, "up\n"));
	close(kg_daemon_stop(&holding->daemon, SIGINT, 5000));
	assert_true(holding_waits_for_holder(holding));
	assert_int_equal(holding->daemon.exit_status, 4);
}

static void
what_does_not_stop_in_time_is_killed(void **state)
{
	struct holding *holding = *state;

	holding->order.stop_after_ms = 100;
	assert_null(holding_start(holding, "trap '' TERM; echo up; while :; do sleep 0.05; done"));
	assert_true(holding_waits_for_log(holding, "up\n"));
	assert_int_equal(kill(holding->daemon.holder.pid, SIGTERM), 0);
	assert_true(holding_waits_for_holder(holding));
	assert_int_equal(holding->daemon.end_signal, SIGKILL);
	assert_int_equal(holding->daemon.left, 0);
	assert_non_null(strstr(holding_log(holding, "log"), "kgraph: time is up: killed "));
}

/* setsid twice over, parents gone, signals ignored: only the holder knows that these belong to the daemon. */
static const char family[] = "(setsid sh -c 'trap \"\" TERM HUP INT; (setsid sh -c \"trap \\\"\\\" TERM; echo \\$\\$ >grandchild; "
			     "while :; do sleep 0.05; done\" &) ; echo $$ >child; while :; do sleep 0.05; done' &)\n"
			     "while ! [ -s child ] || ! [ -s grandchild ]; do sleep 0.02; done; ";

static void
a_daemon_that_ends_by_itself_leaves_nothing_behind(void **state)
{
	struct holding *holding = *state;
	char script[1024];

	holding->order.stop_after_ms = 100;
	snprintf(script, sizeof(script), "%s exit 0", family);
	assert_null(holding_start(holding, script));
	assert_true(holding_waits_for_end(holding));
	assert_true(holding_waits_for_holder(holding));
	assert_true(holding_waits_for_gone(holding_waits_for_number(holding, "child")));
	assert_true(holding_waits_for_gone(holding_waits_for_number(holding, "grandchild")));
	assert_int_equal(holding->daemon.exit_status, 0);
	assert_non_null(strstr(holding_log(holding, "log"), "behind, which are asked to stop\n"));
}

static void
stopping_reaches_children_in_sessions_of_their_own(void **state)
{
	struct holding *holding = *state;
	char script[1024];

	holding->order.stop_after_ms = 200;
	snprintf(script, sizeof(script), "%s echo up; exec sleep 100", family);
	assert_null(holding_start(holding, script));
	assert_true(holding_waits_for_log(holding, "up\n"));
	assert_int_equal(kill(holding->daemon.holder.pid, SIGTERM), 0);
	assert_true(holding_waits_for_holder(holding));
	assert_true(holding_waits_for_gone(holding_waits_for_number(holding, "child")));
	assert_true(holding_waits_for_gone(holding_waits_for_number(holding, "grandchild")));
	assert_int_equal(holding->daemon.end_signal, SIGTERM);
}

static void
a_stopped_daemon_hears_the_stop_all_the_same(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "exec sleep 100"));
	assert_int_equal(kill(holding->daemon.main.pid, SIGSTOP), 0);
	assert_int_equal(kill(holding->daemon.holder.pid, SIGTERM), 0);
	assert_true(holding_waits_for_holder(holding));
	assert_int_equal(holding->daemon.end_signal, SIGTERM);
}

static void
a_daemon_whose_holder_is_killed_is_asked_to_stop(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "trap 'echo bye >bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"));
	assert_true(holding_waits_for_log(holding, "up\n"));
	assert_int_equal(kill(holding->daemon.holder.pid, SIGKILL), 0);
	assert_true(holding_waits_for_gone(holding->daemon.main.pid));
	assert_string_equal(holding_log(holding, "bye"), "bye\n");
	assert_false(kg_daemon_lives(&holding->daemon));
	assert_string_equal(
	    kg_daemon_end_tell(holding->arena, &holding->daemon), "it has gone, and so has its holder: both were killed");
}

static void
a_daemon_that_ignores_its_holders_death_is_found_and_killed(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "trap '' TERM; sleep 100 & echo $! >child; while :; do sleep 0.05; done"));
	int child = holding_waits_for_number(holding, "child");
	assert_int_equal(kill(holding->daemon.holder.pid, SIGKILL), 0);
	assert_true(holding_waits_for_gone(holding->daemon.holder.pid));
	assert_true(kg_daemon_lives(&holding->daemon));
	close(kg_daemon_signal_unheld(&holding->daemon, SIGKILL));
	assert_true(holding_waits_for_gone(holding->daemon.main.pid));
	assert_true(holding_waits_for_gone(child));
}

static void
a_daemon_whose_state_is_removed_is_stopped(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "exec sleep 100"));
	assert_null(kg_file_remove(holding->arena, holding->folder));
	assert_true(holding_waits_for_gone(holding->daemon.main.pid));
	assert_true(holding_waits_for_gone(holding->daemon.holder.pid));
}

static void
two_holders_never_serve_one_node(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "exec sleep 100"));
	struct kg_daemon first = holding->daemon;
	assert_non_null(strstr(holding_start(holding, "exec sleep 100"), "cannot take the lock"));
	assert_int_equal(holding->daemon.main.pid, first.main.pid);
	assert_true(kg_daemon_lives(&holding->daemon));
}

static void
the_daemon_gets_its_environment_and_nothing_else(void **state)
{
	struct holding *holding = *state;
	static const char *const environment[] = { "PATH=/usr/bin:/bin", "DB_PASSWORD=se=cret", NULL };

	holding->order.env = environment;
	setenv("HOLDER_TEST_LEAK", "1", 1);
	assert_null(holding_start(holding, "env | sort; ls /proc/self/fd | tr '\\n' ' '; trap"));
	assert_true(holding_waits_for_end(holding));
	const char *log = holding_log(holding, "log") + holding->daemon.log_from;
	assert_true(kg_text_starts(log, "DB_PASSWORD=se=cret\n"));
	assert_null(strstr(log, "HOLDER_TEST_LEAK"));
	assert_non_null(strstr(log, "0 1 2 3 \nkgraph:"));
}

static void
the_holders_title_names_the_node_and_no_secret_is_in_it(void **state)
{
	struct holding *holding = *state;
	struct kg_mask mask = { .arena = holding->arena };

	kg_mask_add(&mask, "hunter2!");
	holding->order.mask = &mask;
	holding->order.env = (const char *const[]){ "PASSWORD=hunter2!", NULL };
	assert_null(holding_start(holding, "exec /bin/sleep 100"));
	assert_string_equal(kg_process_command_line(holding->arena, holding->daemon.holder.pid), "kgraph-holder daemon");
	const char *status = holding_log(holding, "status");
	assert_null(strstr(status, "hunter2"));
}

static void
the_daemon_runs_as_another_user_and_the_log_stays_ours(void **state)
{
	struct holding *holding = *state;
	struct kg_user user = { .name = "nobody" };
	struct stat stat_buffer;

	if (getuid() != 0) {
		print_message("only root can run it as another user\n");
		skip();
	}
	kg_user_find(&user);
	assert_true(user.is_found);
	assert_int_equal(chmod(holding->folder, 0755), 0);
	holding->order.user = &user;
	assert_null(holding_start(holding, "id -un; id -G | wc -w; exec sleep 100"));
	assert_true(holding_waits_for_log(holding, "nobody\n"));
	assert_int_equal(stat(kg_path_join(holding->arena, holding->folder, "log"), &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_uid, 0);
	assert_int_equal(stat_buffer.st_mode & 0777, 0600);
	assert_int_equal(kill(holding->daemon.holder.pid, SIGKILL), 0);
	assert_true(holding_waits_for_gone(holding->daemon.main.pid));
}

static void
the_daemon_starts_where_its_user_could_not_go(void **state)
{
	struct holding *holding = *state;
	struct kg_user user = { .name = "nobody" };

	if (getuid() != 0) {
		print_message("only root can run it as another user\n");
		skip();
	}
	kg_user_find(&user);
	holding->order.user = &user;
	assert_null(holding_start(holding, "id -un; pwd; exec sleep 100"));
	assert_true(holding_waits_for_log(holding, kg_format(holding->arena, "nobody\n%s\n", holding->folder)));
}

static void
a_holder_takes_less_than_a_megabyte_of_private_memory(void **state)
{
	struct holding *holding = *state;
	char path[64], line[256];
	long kilobytes = 0, part;

	assert_null(holding_start(holding, "i=0; while [ $i -lt 5000 ]; do echo \"line $i\"; i=$((i+1)); done; exec sleep 100"));
	assert_true(holding_waits_for_log(holding, "line 4999\n"));
	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)holding->daemon.holder.pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Private_Clean: %ld", &part) == 1 || sscanf(line, "Private_Dirty: %ld", &part) == 1)
			kilobytes += part;
	fclose(file);
	print_message("private memory: %ld kB\n", kilobytes);
	assert_in_range(kilobytes, 1, 1023);
}

static void
half_a_request_is_refused(void **state)
{
	struct holding *holding = *state;
	char command[256], answer[256] = "";

	snprintf(command, sizeof(command), "printf 'node=x\\0' | %s x", holding->holder);
	FILE *pipe = popen(command, "re");
	assert_non_null(fgets(answer, sizeof(answer), pipe));
	pclose(pipe);
	assert_true(kg_text_starts(answer, "failed 0 "));
}

static void
an_old_holder_program_is_replaced_and_a_good_one_is_kept(void **state)
{
	struct holding *holding = *state;
	struct stat before, after;
	const char *path;

	assert_int_equal(stat(holding->holder, &before), 0);
	assert_null(kg_daemon_holder_program(holding->arena, holding->folder, &path));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_null(kg_file_write(holding->arena, path, "old", 3, 0700));
	assert_null(kg_daemon_holder_program(holding->arena, holding->folder, &path));
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(after.st_mode & 0777, 0700);
}

static void
a_damaged_status_is_taken_as_none(void **state)
{
	struct holding *holding = *state;
	struct kg_daemon daemon;

	static const char *const damaged[] = { "", "kgraph-holder 2\nholder 1 2\ndaemon 3 4\n", "kgraph-holder 1\nholder\n",
		"\n\n" };
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		assert_null(kg_file_write(
		    holding->arena, kg_daemon_status_path(holding->arena, holding->folder), damaged[i], strlen(damaged[i]), 0600));
		assert_false(kg_daemon_read(holding->arena, holding->folder, &daemon));
	}
}

static void
a_restart_of_the_machine_is_told_as_such(void **state)
{
	struct holding *holding = *state;
	static const char text[] = "kgraph-holder 1\nboot 00000000-0000-0000-0000-000000000000\nholder 1 2\ndaemon 3 4\n";

	assert_null(
	    kg_file_write(holding->arena, kg_daemon_status_path(holding->arena, holding->folder), text, sizeof(text) - 1, 0600));
	assert_true(kg_daemon_read(holding->arena, holding->folder, &holding->daemon));
	assert_false(kg_daemon_lives(&holding->daemon));
	assert_string_equal(kg_daemon_end_tell(holding->arena, &holding->daemon), "the machine was restarted since it was started");
	holding->daemon.main.pid = 0;
}

#define holder_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		holder_test(a_daemon_outlives_who_started_it_and_is_known_by_its_status),
		holder_test(an_exit_status_is_written_down_with_its_time),
		holder_test(a_deadly_signal_is_written_down),
		holder_test(a_program_that_is_missing_is_an_error_and_leaves_no_status),
		holder_test(a_script_whose_interpreter_is_missing_is_explained),
		holder_test(a_folder_that_is_missing_is_told_apart_from_the_program),
		holder_test(stopping_gives_the_daemon_time_to_end_well),
		holder_test(a_stop_may_bring_another_signal_along),
		holder_test(what_does_not_stop_in_time_is_killed),
		holder_test(a_daemon_that_ends_by_itself_leaves_nothing_behind),
		holder_test(stopping_reaches_children_in_sessions_of_their_own),
		holder_test(a_stopped_daemon_hears_the_stop_all_the_same),
		holder_test(a_daemon_whose_holder_is_killed_is_asked_to_stop),
		holder_test(a_daemon_that_ignores_its_holders_death_is_found_and_killed),
		holder_test(a_daemon_whose_state_is_removed_is_stopped),
		holder_test(two_holders_never_serve_one_node),
		holder_test(the_daemon_gets_its_environment_and_nothing_else),
		holder_test(the_holders_title_names_the_node_and_no_secret_is_in_it),
		holder_test(the_daemon_runs_as_another_user_and_the_log_stays_ours),
		holder_test(the_daemon_starts_where_its_user_could_not_go),
		holder_test(a_holder_takes_less_than_a_megabyte_of_private_memory),
		holder_test(half_a_request_is_refused),
		holder_test(an_old_holder_program_is_replaced_and_a_good_one_is_kept),
		holder_test(a_damaged_status_is_taken_as_none),
		holder_test(a_restart_of_the_machine_is_told_as_such),
	};

	return cmocka_run_group_tests_name("holder", tests, nullptr, nullptr);
}
