#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/ledger.h"
#include "engine/base/file.h"
#include "tests/unit/cache/scratch.h"

/* Another process that holds the lock until it is killed. */
static pid_t
holder_start(const char *folder)
{
	int told[2];
	char byte;

	assert_int_equal(pipe(told), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct kg_arena *arena = kg_arena_make();
		struct kg_lock *lock;

		if (kg_lock_take(arena, folder, 0, &lock) || write(told[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	close(told[0]);
	return pid;
}

static void
holder_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
the_lock_makes_its_folder_for_the_user_alone(void **state)
{
	struct scratch *scratch = *state;
	const char *folder = scratch_path(scratch, "new/.kgraph");
	struct kg_lock *lock;
	struct stat stat_buffer;

	well(kg_lock_take(scratch->arena, folder, 0, &lock));
	assert_int_equal(stat(folder, &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_mode & 07777, 0700);
	assert_int_equal(stat(scratch_path(scratch, "new/.kgraph/lock"), &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_mode & 07777, 0600);
	kg_lock_release(lock);
}

static void
a_second_run_is_told_who_holds_it_and_since_when(void **state)
{
	struct scratch *scratch = *state;
	pid_t pid = holder_start(scratch->folder);
	struct kg_lock *lock;
	struct kg_error *error = kg_lock_take(scratch->arena, scratch->folder, 0, &lock);

	assert_non_null(error);
	assert_int_equal(error->code, KG_EBUSY);
	assert_non_null(strstr(error->message, kg_format(scratch->arena, "pid %d, since 20", pid)));
	error = kg_lock_take(scratch->arena, scratch->folder, 20, &lock);
	assert_non_null(error);
	assert_int_equal(error->code, KG_EBUSY);
	holder_kill(pid);
}

static void
a_killed_holder_holds_nothing(void **state)
{
	struct scratch *scratch = *state;
	struct kg_lock *lock;

	holder_kill(holder_start(scratch->folder));
	well(kg_lock_take(scratch->arena, scratch->folder, 0, &lock));
	kg_lock_release(lock);
}

static void
who_waits_gets_it_when_the_holder_goes(void **state)
{
	struct scratch *scratch = *state;
	pid_t pid = holder_start(scratch->folder);
	struct kg_lock *lock;

	pid_t killer = fork();
	if (killer == 0) {
		usleep(20000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	well(kg_lock_take(scratch->arena, scratch->folder, -1, &lock));
	kg_lock_release(lock);
	waitpid(killer, NULL, 0);
	waitpid(pid, NULL, 0);
}

static void
it_can_be_taken_again_after_its_release(void **state)
{
	struct scratch *scratch = *state;
	struct kg_lock *lock;

	for (int i = 0; i < 3; i++) {
		well(kg_lock_take(scratch->arena, scratch->folder, 0, &lock));
		kg_lock_release(lock);
		kg_lock_release(lock);
	}
}

static void
a_child_that_runs_another_program_does_not_keep_it(void **state)
{
	struct scratch *scratch = *state;
	struct kg_lock *lock;

	well(kg_lock_take(scratch->arena, scratch->folder, 0, &lock));
	pid_t child = fork();
	if (child == 0) {
		execlp("sleep", "sleep", "100", NULL);
		_exit(127);
	}
	/* Until the child has become the program it has the fd, too. */
	kg_lock_release(lock);
	well(kg_lock_take(scratch->arena, scratch->folder, 30000, &lock));
	kg_lock_release(lock);
	holder_kill(child);
}

static void
a_folder_removed_under_a_holder_does_not_give_a_lock_that_nobody_sees(void **state)
{
	struct scratch *scratch = *state;
	const char *folder = scratch_path(scratch, ".kgraph");
	pid_t pid = holder_start(folder);
	struct kg_lock *lock, *second;

	well(kg_file_remove(scratch->arena, folder));
	well(kg_lock_take(scratch->arena, folder, 0, &lock));
	assert_non_null(kg_lock_take(scratch->arena, folder, 0, &second));
	kg_lock_release(lock);
	holder_kill(pid);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_lock_makes_its_folder_for_the_user_alone, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_second_run_is_told_who_holds_it_and_since_when, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_killed_holder_holds_nothing, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(who_waits_gets_it_when_the_holder_goes, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(it_can_be_taken_again_after_its_release, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_child_that_runs_another_program_does_not_keep_it, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    a_folder_removed_under_a_holder_does_not_give_a_lock_that_nobody_sees, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests_name("lock", tests, nullptr, nullptr);
}
