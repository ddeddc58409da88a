#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"

static void
assert_duration(const char *text, int64_t expected_ms)
{
	int64_t ms = -1;

	assert_true(kg_duration_read(text, &ms));
	assert_int_equal(ms, expected_ms);
}

static void
durations_are_read_as_people_write_them(void **)
{
	assert_duration("250ms", 250);
	assert_duration("30s", 30000);
	assert_duration("1m30s", 90000);
	assert_duration("2h", 7200000);
	assert_duration("1d", 86400000);
	assert_duration("1d2h3m4s5ms", 93784005);
	assert_duration("1.5s", 1500);
	assert_duration("0.001s", 1);
	assert_duration("1.5h", 5400000);
	assert_duration("0s", 0);
}

static void
what_is_no_duration_is_refused(void **)
{
	static const char *const wrong[] = { "", "30", "s", "30 s", " 30s", "30s ", "-1s", "+1s", "1.s", ".5s", "1.2345s", "1s1m",
		"1s1s", "1hm", "1x", "1S", "1e3s", "0x10s", "0.5ms", "1.0001s", "9223372036854775807s", "99999999999999999999ms",
		NULL };
	int64_t ms;

	for (const char *const *text = wrong; *text; text++)
		if (kg_duration_read(*text, &ms))
			fail_msg("\"%s\" is taken for %lld ms", *text, (long long)ms);
}

static void
durations_are_told_by_two_figures_and_never_rounded_out_of_their_unit(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(kg_duration_tell(arena, 0), "0.0 ms");
	assert_string_equal(kg_duration_tell(arena, 400000), "0.4 ms");
	assert_string_equal(kg_duration_tell(arena, 9960000), "10 ms");
	assert_string_equal(kg_duration_tell(arena, 12000000), "12 ms");
	assert_string_equal(kg_duration_tell(arena, 999600000), "1.0 s");
	assert_string_equal(kg_duration_tell(arena, 3440000000), "3.4 s");
	assert_string_equal(kg_duration_tell(arena, 59960000000), "1 min 00 s");
	assert_string_equal(kg_duration_tell(arena, 125000000000), "2 min 05 s");
	assert_string_equal(kg_duration_tell(arena, 3599900000000), "1 h 00 min");
	assert_string_equal(kg_duration_tell(arena, 3720000000000), "1 h 02 min");
	kg_arena_free(arena);
}

static void
wall_time_is_told_in_utc(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(kg_clock_tell_wall(arena, 0), "1970-01-01T00:00:00.000Z");
	assert_string_equal(kg_clock_tell_wall(arena, 1795241840123999999), "2026-11-21T06:17:20.123Z");
	kg_arena_free(arena);
}

static void
the_clock_never_goes_back(void **)
{
	int64_t before = kg_clock_now_ns();

	assert_true(kg_clock_now_ns() >= before);
	assert_true(kg_clock_wall_ns() > 1600000000000000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_read_as_people_write_them),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(durations_are_told_by_two_figures_and_never_rounded_out_of_their_unit),
		cmocka_unit_test(wall_time_is_told_in_utc),
		cmocka_unit_test(the_clock_never_goes_back),
	};

	return cmocka_run_group_tests_name("clock", tests, nullptr, nullptr);
}
