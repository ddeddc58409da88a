#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/surroundings.h"

/* 2026-11-21T13:00:00Z */
static constexpr int64_t noon_s = 1795266000;

static int
setup(void **state)
{
	*state = kg_arena_make();
	return 0;
}

static int
teardown(void **state)
{
	kg_arena_free(*state);
	return 0;
}

static cJSON *
read_text(struct kg_arena *arena, const char *text)
{
	cJSON *json = kg_json_read(arena, text, strlen(text));

	assert_non_null(json);
	return json;
}

/* What is said of a Deployment with one pod, whose container has been restarted so often and runs since started. */
static const char *
said(struct kg_arena *arena, int restarts, const char *started, int64_t now_s)
{
	struct kg_surroundings *around = kg_surroundings_make(arena);
	const char *pod = kg_format(arena,
	    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web-1\",\"namespace\":\"shop\",\"labels\":{\"app\":"
	    "\"web\"}},"
	    "\"status\":{\"containerStatuses\":[{\"name\":\"app\",\"restartCount\":%d,\"state\":{\"running\":{\"startedAt\":\"%s\"}"
	    "},"
	    "\"lastState\":{\"terminated\":{\"exitCode\":3}}}]}}",
	    restarts, started);

	kg_surroundings_add(around, read_text(arena, pod));
	return kg_kubernetes_unsteady(arena,
	    read_text(arena,
		"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"},"
		"\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}"),
	    around, now_s);
}

static void
a_container_that_never_ended_is_steady_at_once(void **state)
{
	assert_null(said(*state, 0, "2026-11-21T13:00:00Z", noon_s));
}

static void
one_that_was_just_restarted_is_not(void **state)
{
	assert_string_equal(said(*state, 2, "2026-11-21T13:00:00Z", noon_s + 3),
	    "pod web-1: container app was restarted 2 times, with exit status 3 the last time, and runs for 3 s now");
}

static void
one_that_has_run_for_a_while_is(void **state)
{
	assert_null(said(*state, 2, "2026-11-21T13:00:00Z", noon_s + 15));
}

static void
a_clock_that_is_behind_the_clusters_says_nothing_odd(void **state)
{
	assert_non_null(strstr(said(*state, 1, "2026-11-21T13:00:00Z", noon_s - 5), "runs for 0 s now"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_container_that_never_ended_is_steady_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_was_just_restarted_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_has_run_for_a_while_is, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_is_behind_the_clusters_says_nothing_odd, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
