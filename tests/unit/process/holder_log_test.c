/* What a daemon prints, in the log that its holder keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/daemon/daemon.h"
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
what_it_prints_on_both_streams_is_logged_in_order(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "echo one; echo two >&2; echo three; printf four"));
	assert_true(holding_waits_for_end(holding));
	assert_non_null(strstr(holding_log(holding, "log"), "one\ntwo\nthree\nfour\nkgraph: ended with exit status 0\n"));
	assert_string_equal(kg_daemon_last_lines(holding->arena, &holding->daemon, holding->folder, NULL, 2),
	    "four\nkgraph: ended with exit status 0\n");
}

static void
secrets_never_reach_the_log(void **state)
{
	struct holding *holding = *state;
	struct kg_mask mask = { .arena = holding->arena };

	kg_mask_add(&mask, "hunter2!");
	kg_mask_add(&mask, "-----BEGIN KEY-----\nMIIB\n-----END KEY-----");
	holding->order.mask = &mask;
	assert_null(holding_start(holding,
	    "printf 'password=hun'; sleep 0.1; printf 'ter2! ok\\n'; echo hunter2%21;"
	    "echo '-----BEGIN KEY-----'; sleep 0.1; echo MIIB; echo '-----END KEY----- seen';"
	    "echo 'postgresql://slm_user:test_password@127.0.0.1/x'; echo 'http://localhost:80/a@b'; printf 'tail hunter2!'"));
	assert_true(holding_waits_for_end(holding));
	const char *log = holding_log(holding, "log");
	assert_non_null(strstr(log,
	    "password=*** ok\n***\n*** seen\npostgresql://slm_user:***@127.0.0.1/x\nhttp://localhost:80/a@b\ntail ***\nkgraph: "
	    "ended"));
	assert_null(strstr(log, "hunter2"));
	assert_null(strstr(log, "test_password"));
	assert_null(strstr(log, "MIIB"));
}

static void
a_long_log_is_rotated_at_line_ends_and_keeps_two_files(void **state)
{
	struct holding *holding = *state;
	struct stat first, second;

	holding->order.log_limit_bytes = 100000;
	assert_null(holding_start(holding, "i=0; while [ $i -lt 30000 ]; do echo \"line $i\"; i=$((i+1)); done"));
	assert_true(holding_waits_for_end(holding));
	assert_int_equal(stat(kg_path_join(holding->arena, holding->folder, "log"), &first), 0);
	assert_int_equal(stat(kg_path_join(holding->arena, holding->folder, "log.1"), &second), 0);
	assert_true(first.st_size <= 100000);
	assert_true(second.st_size <= 100000);
	assert_non_null(strstr(holding_log(holding, "log"), "line 29999\n"));
	assert_true(kg_text_starts(holding_log(holding, "log"), "line "));
	assert_true(kg_text_ends(holding_log(holding, "log.1"), "\n"));
}

static void
a_line_without_end_is_not_waited_for_longer_than_there_is_room(void **state)
{
	struct holding *holding = *state;
	struct stat stat_buffer;

	assert_null(holding_start(holding, "head -c 300000 /dev/zero | tr '\\0' x"));
	assert_true(holding_waits_for_end(holding));
	assert_int_equal(stat(kg_path_join(holding->arena, holding->folder, "log"), &stat_buffer), 0);
	assert_true(stat_buffer.st_size > 300000);
}

static void
a_second_life_appends_to_the_log_and_says_where_it_begins(void **state)
{
	struct holding *holding = *state;

	assert_null(holding_start(holding, "echo first"));
	assert_true(holding_waits_for_end(holding));
	assert_true(holding_waits_for_holder(holding));
	assert_null(holding_start(holding, "echo second"));
	assert_true(holding_waits_for_end(holding));
	assert_true(kg_text_starts(holding_log(holding, "log") + holding->daemon.log_from, "second\n"));
	assert_non_null(strstr(holding_log(holding, "log"), "first\n"));
	assert_string_equal(kg_daemon_last_lines(holding->arena, &holding->daemon, holding->folder, NULL, 20),
	    "second\nkgraph: ended with exit status 0\n");
}

#define holder_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		holder_test(what_it_prints_on_both_streams_is_logged_in_order),
		holder_test(secrets_never_reach_the_log),
		holder_test(a_long_log_is_rotated_at_line_ends_and_keeps_two_files),
		holder_test(a_line_without_end_is_not_waited_for_longer_than_there_is_room),
		holder_test(a_second_life_appends_to_the_log_and_says_where_it_begins),
	};

	return cmocka_run_group_tests_name("holder_log", tests, nullptr, nullptr);
}
