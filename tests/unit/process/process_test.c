#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/daemon/daemon.h"
#include "targets/process/process.h"
#include "tests/unit/probe/alone.h"

/* The kind's own settings, as its field table fills them. */
struct process_stop {
	int64_t signal, after_ms;
};
struct process_spec {
	const char *const *command;
	const char *cwd, *user;
	const struct process_stop *stop;
	int64_t log_limit;
};

static struct process_spec the_spec;

static int
setup(void **state)
{
	the_spec = (struct process_spec){ .log_limit = 1 << 20 };
	assert_int_equal(kg_kind_process.facts.spec_size, sizeof(the_spec));
	*state = alone_make(&kg_kind_process, &the_spec);
	return 0;
}

static struct kg_next
run_script(struct alone *alone, const char *script)
{
	const char **command = kg_new_array(alone->arena, const char *, 4);

	command[0] = "sh";
	command[1] = "-c";
	command[2] = script;
	the_spec.command = command;
	return alone_run(alone, kg_kind_process.run);
}

static struct kg_daemon
daemon_of(struct alone *alone)
{
	struct kg_daemon daemon;

	kg_daemon_read(alone->arena, alone->job.keep, &daemon);
	return daemon;
}

static int
teardown(void **state)
{
	struct alone *alone = *state;

	alone->job.purge = true;
	assert_int_equal(alone_run(alone, kg_kind_process.undo).what, KG_NEXT_DONE);
	assert_int_equal(access(alone->job.keep, F_OK), -1);
	alone_free(alone);
	return 0;
}

static void
a_process_is_started_found_again_and_stopped(void **state)
{
	struct alone *alone = *state;

	assert_int_equal(alone_run(alone, kg_kind_process.look).what, KG_NEXT_ABSENT);
	assert_string_equal(alone->absent, "it was never started here");
	assert_int_equal(run_script(alone, "exec sleep 100").what, KG_NEXT_DONE);
	struct kg_daemon daemon = daemon_of(alone);
	assert_int_equal(atoi(alone_output(alone, "pid")), daemon.main.pid);
	assert_string_equal(alone_output(alone, "log"), kg_daemon_log_path(alone->arena, alone->job.keep));
	assert_int_equal(alone_run(alone, kg_kind_process.look).what, KG_NEXT_DONE);
	assert_int_equal(alone_run(alone, kg_kind_process.ready).what, KG_NEXT_DONE);

	assert_int_equal(alone_run(alone, kg_kind_process.undo).what, KG_NEXT_DONE);
	assert_false(kg_process_alive(&daemon.main));
	assert_int_equal(access(alone_output(alone, "log"), F_OK), 0);
	assert_int_equal(alone_run(alone, kg_kind_process.look).what, KG_NEXT_ABSENT);
	assert_int_equal(alone_run(alone, kg_kind_process.undo).what, KG_NEXT_DONE);
}

static void
running_again_replaces_what_runs(void **state)
{
	struct alone *alone = *state;

	assert_int_equal(run_script(alone, "exec sleep 100").what, KG_NEXT_DONE);
	struct kg_daemon first = daemon_of(alone);
	assert_int_equal(run_script(alone, "exec sleep 200").what, KG_NEXT_DONE);
	assert_false(kg_process_alive(&first.main));
	assert_false(kg_process_alive(&first.holder));
	struct kg_daemon second = daemon_of(alone);
	assert_true(kg_daemon_lives(&second));
}

static void
look_tells_how_it_ended(void **state)
{
	struct alone *alone = *state;

	assert_int_equal(run_script(alone, "exec sleep 100").what, KG_NEXT_DONE);
	struct kg_daemon daemon = daemon_of(alone);
	assert_int_equal(kill(daemon.main.pid, SIGKILL), 0);
	while (kg_process_alive(&daemon.holder))
		usleep(10000);
	assert_int_equal(alone_run(alone, kg_kind_process.look).what, KG_NEXT_ABSENT);
	assert_true(kg_text_starts(alone->absent, "it was ended by signal 9 (Killed) at 20"));
}

static void
look_finds_what_was_started_with_other_settings(void **state)
{
	struct alone *alone = *state;

	assert_int_equal(run_script(alone, "exec sleep 100").what, KG_NEXT_DONE);
	alone->job.fingerprint = "ffffffffffffffffffffffffffffffff";
	assert_int_equal(alone_run(alone, kg_kind_process.look).what, KG_NEXT_ABSENT);
	assert_string_equal(alone->absent, "what runs was started with other settings");
}

static void
an_orphan_is_found_and_stopped(void **state)
{
	struct alone *alone = *state;

	assert_int_equal(run_script(alone, "trap '' TERM; echo up; while :; do sleep 0.05; done").what, KG_NEXT_DONE);
	struct kg_daemon daemon = daemon_of(alone);
	const char *text = "";
	size_t size;
	while (!strstr(text, "up\n")) {
		usleep(10000);
		assert_null(kg_file_read(alone->arena, alone_output(alone, "log"), &text, &size));
	}
	assert_int_equal(kill(daemon.holder.pid, SIGKILL), 0);
	while (kg_process_alive(&daemon.holder))
		usleep(10000);
	assert_int_equal(alone_run(alone, kg_kind_process.look).what, KG_NEXT_ABSENT);
	assert_string_equal(alone->absent, "its holder was killed, so that nobody keeps its log");
	static const struct process_stop soon = { 0, 100 };
	the_spec.stop = &soon;
	assert_int_equal(alone_run(alone, kg_kind_process.undo).what, KG_NEXT_DONE);
	assert_false(kg_process_alive(&daemon.main));
}

static void
a_process_that_ends_while_it_is_waited_for_fails_with_its_last_words(void **state)
{
	struct alone *alone = *state;
	struct kg_probe rule = { .tcp = "127.0.0.1:1", .timeout_ms = 20000, .attempt_ms = 5000 };

	alone->common.ready = &rule;
	assert_int_equal(
	    run_script(alone, "echo 'relation \"audit_events\" does not exist' >&2; sleep 0.1; exit 3").what, KG_NEXT_DONE);
	struct kg_next next = alone_run(alone, kg_kind_process.ready);
	assert_int_equal(next.what, KG_NEXT_FAILED);
	assert_string_equal(next.error->message, "it ended with exit status 3");
	assert_string_equal(next.error->detail, "relation \"audit_events\" does not exist\nkgraph: ended with exit status 3\n");
}

static void
a_process_without_a_rule_that_ends_at_once_is_noticed(void **state)
{
	struct alone *alone = *state;

	assert_int_equal(run_script(alone, "sleep 0.05; exit 1").what, KG_NEXT_DONE);
	struct kg_next next = alone_run(alone, kg_kind_process.ready);
	assert_int_equal(next.what, KG_NEXT_FAILED);
	assert_string_equal(next.error->message, "it ended with exit status 1");
}

static void
a_timeout_shows_the_last_lines_of_the_log(void **state)
{
	struct alone *alone = *state;
	struct kg_probe rule = { .log = "^ready$", .timeout_ms = 400, .attempt_ms = 5000 };

	alone->common.ready = &rule;
	assert_int_equal(run_script(alone, "echo waiting for the database; exec sleep 100").what, KG_NEXT_DONE);
	struct kg_next next = alone_run(alone, kg_kind_process.ready);
	assert_int_equal(next.what, KG_NEXT_FAILED);
	assert_int_equal(next.error->code, KG_ETIME);
	assert_string_equal(next.error->message,
	    "not ready after 400 ms: log /^ready$/: no line matches yet, the last one is \"waiting for the database\"");
	assert_string_equal(next.error->detail, "waiting for the database\n");
}

static void
a_line_that_was_seen_counts_for_the_whole_life_and_not_for_the_next(void **state)
{
	struct alone *alone = *state;
	struct kg_probe rule = { .log = "^ready$", .timeout_ms = 300, .attempt_ms = 5000 };

	alone->common.ready = &rule;
	assert_int_equal(run_script(alone, "echo ready; exec sleep 100").what, KG_NEXT_DONE);
	assert_int_equal(alone_run(alone, kg_kind_process.ready).what, KG_NEXT_DONE);
	assert_null(kg_file_write(alone->arena, alone_output(alone, "log"), "", 0, 0600));
	assert_int_equal(alone_run(alone, kg_kind_process.ready).what, KG_NEXT_DONE);

	assert_int_equal(run_script(alone, "exec sleep 100").what, KG_NEXT_DONE);
	assert_int_equal(alone_run(alone, kg_kind_process.ready).what, KG_NEXT_FAILED);
}

static void
a_program_that_is_missing_is_told_with_advice(void **state)
{
	struct alone *alone = *state;

	the_spec.command = (const char *const[]){ "redis-sorver", NULL };
	struct kg_next next = alone_run(alone, kg_kind_process.run);
	assert_int_equal(next.what, KG_NEXT_FAILED);
	assert_string_equal(next.error->message, "there is no program `redis-sorver`");
	assert_non_null(strstr(next.error->advice, "`search`"));
}

static void
another_user_gets_a_home_of_its_own(void **state)
{
	struct alone *alone = *state;
	const char *text = "";
	size_t size;

	if (getuid() != 0) {
		print_message("only root can run it as another user\n");
		skip();
	}
	the_spec.user = "nobody";
	the_spec.cwd = "/";
	assert_int_equal(run_script(alone, "echo \"$HOME $USER $LOGNAME\"; id -un; exec sleep 100").what, KG_NEXT_DONE);
	while (!strstr(text, "\nnobody\n")) {
		usleep(10000);
		assert_null(kg_file_read(alone->arena, alone_output(alone, "log"), &text, &size));
	}
	assert_non_null(strstr(text, "/nonexistent nobody nobody\n"));
}

static void
a_user_that_is_not_there_is_told(void **state)
{
	struct alone *alone = *state;

	if (getuid() != 0) {
		print_message("only root can run it as another user\n");
		skip();
	}
	the_spec.user = "no-such-user";
	struct kg_next next = run_script(alone, "true");
	assert_int_equal(next.what, KG_NEXT_FAILED);
	assert_string_equal(next.error->message, "there is no user `no-such-user` on this machine");
}

static void
settings_are_checked(void **state)
{
	struct alone *alone = *state;
	struct kg_error *(*check)(struct kg_arena *, const void *) = kg_kind_process.facts.check;

	the_spec.command = (const char *const[]){ "sh", NULL };
	assert_null(check(alone->arena, &the_spec));
	the_spec.log_limit = 1000;
	assert_string_equal(check(alone->arena, &the_spec)->message, "`log_limit` must be at least 64K");
	the_spec.command = (const char *const[]){ NULL };
	assert_string_equal(check(alone->arena, &the_spec)->message, "`command` is empty: it needs a program");
}

#define process_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		process_test(a_process_is_started_found_again_and_stopped),
		process_test(running_again_replaces_what_runs),
		process_test(look_tells_how_it_ended),
		process_test(look_finds_what_was_started_with_other_settings),
		process_test(an_orphan_is_found_and_stopped),
		process_test(a_process_that_ends_while_it_is_waited_for_fails_with_its_last_words),
		process_test(a_process_without_a_rule_that_ends_at_once_is_noticed),
		process_test(a_timeout_shows_the_last_lines_of_the_log),
		process_test(a_line_that_was_seen_counts_for_the_whole_life_and_not_for_the_next),
		process_test(a_program_that_is_missing_is_told_with_advice),
		process_test(another_user_gets_a_home_of_its_own),
		process_test(a_user_that_is_not_there_is_told),
		process_test(settings_are_checked),
	};

	return cmocka_run_group_tests_name("process", tests, nullptr, nullptr);
}
