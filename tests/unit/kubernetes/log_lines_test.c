/* Lines of a log that is asked for again where it broke off: each is said once. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/log_lines.h"

#define SECOND "2026-11-21T16:58:00"

struct listener {
	struct kg_arena *arena;
	struct kg_text heard; /* "one|two|" */
	struct kg_log_lines lines;
};

static void
hear(void *context, const char *line)
{
	kg_text_format(&((struct listener *)context)->heard, "%s|", line);
}

static int
make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct listener *listener = kg_new(arena, struct listener);

	*listener = (struct listener){
		.arena = arena,
		.heard.arena = arena,
		.lines = { .line.arena = arena, .has_times = true, .say = hear, .context = listener },
	};
	*state = listener;
	return 0;
}

static int
drop(void **state)
{
	kg_arena_free(((struct listener *)*state)->arena);
	return 0;
}

static void
take(struct listener *listener, const char *text)
{
	kg_log_lines_take(&listener->lines, text, strlen(text));
}

static void
times_are_not_said(void **state)
{
	struct listener *listener = *state;

	take(listener, SECOND ".1Z one\n" SECOND ".123456789+01:00 two words\n" SECOND "Z \n");
	assert_string_equal(kg_text_end(&listener->heard), "one|two words||");
}

static void
what_begins_with_no_time_is_said_as_it_is(void **state)
{
	struct listener *listener = *state;

	take(listener, "failed to open the log\n2026-11-21 is no time\n");
	listener->lines.has_times = false;
	take(listener, SECOND ".1Z one\n");
	assert_string_equal(kg_text_end(&listener->heard), "failed to open the log|2026-11-21 is no time|" SECOND ".1Z one|");
}

static void
what_came_in_that_second_is_not_said_again(void **state)
{
	struct listener *listener = *state;

	assert_null(kg_log_lines_resume(&listener->lines));
	take(listener, SECOND ".1Z one\n" SECOND ".2Z two\n");
	assert_string_equal(kg_log_lines_resume(&listener->lines), SECOND ".2Z");
	take(listener, SECOND ".1Z one\n" SECOND ".2Z two\n" SECOND ".3Z three\n");
	assert_string_equal(kg_text_end(&listener->heard), "one|two|three|");
}

/* "0.1Z" is before "0.12Z", and "0.1Z" the same as "0.100Z", though not as text. */
static void
fractions_are_compared_as_numbers(void **state)
{
	struct listener *listener = *state;

	take(listener, SECOND ".1Z one\n");
	kg_log_lines_resume(&listener->lines);
	take(listener, SECOND "Z zero\n" SECOND ".100Z one\n" SECOND ".12Z two\n");
	assert_string_equal(kg_text_end(&listener->heard), "one|two|");
}

static void
of_one_time_as_many_are_left_out_as_were_said(void **state)
{
	struct listener *listener = *state;

	take(listener, SECOND ".1Z one\n" SECOND ".1Z two\n");
	kg_log_lines_resume(&listener->lines);
	take(listener, SECOND ".1Z one\n");
	kg_log_lines_resume(&listener->lines);
	take(listener, SECOND ".1Z one\n" SECOND ".1Z two\n" SECOND ".1Z three\n");
	kg_log_lines_resume(&listener->lines);
	take(listener, SECOND ".1Z one\n" SECOND ".1Z two\n" SECOND ".1Z three\n" SECOND ".2Z four\n");
	assert_string_equal(kg_text_end(&listener->heard), "one|two|three|four|");
}

static void
a_line_that_is_cut_off_comes_again_as_a_whole(void **state)
{
	struct listener *listener = *state;

	take(listener, SECOND ".1Z one\n" SECOND ".2Z t");
	kg_log_lines_resume(&listener->lines);
	take(listener, SECOND ".1Z one\n" SECOND ".2");
	take(listener, "Z two\n" SECOND ".3Z the end");
	assert_string_equal(kg_text_end(&listener->heard), "one|two|");
	kg_log_lines_end(&listener->lines);
	kg_log_lines_end(&listener->lines);
	assert_string_equal(kg_text_end(&listener->heard), "one|two|the end|");
}

/* When a clock is set back. */
static void
an_older_time_is_no_reason_to_leave_a_new_line_out(void **state)
{
	struct listener *listener = *state;

	take(listener, SECOND ".5Z one\n" SECOND ".2Z two\n");
	kg_log_lines_resume(&listener->lines);
	take(listener, SECOND ".5Z one\n" SECOND ".6Z three\n" SECOND ".1Z four\n");
	assert_string_equal(kg_text_end(&listener->heard), "one|two|three|four|");
}

/* No word of its rest is taken for a time, and what was said of it does not come again. */
static void
a_line_that_is_too_long_is_said_in_pieces(void **state)
{
	struct listener *listener = *state;
	size_t size = (size_t)3 << 19;
	char *line = kg_alloc(listener->arena, size);
	const char *stamp = SECOND ".1Z ";

	memset(line, 'x', size);
	memcpy(line, stamp, strlen(stamp));
	memcpy(line + size - strlen(stamp), stamp, strlen(stamp));
	for (int i = 0; i < 2; i++) {
		kg_log_lines_take(&listener->lines, line, size - 100);
		kg_log_lines_take(&listener->lines, line + size - 100, 100);
		take(listener, "end\n");
		kg_log_lines_resume(&listener->lines);
	}
	take(listener, SECOND ".2Z two\n");
	const char *heard = kg_text_end(&listener->heard);
	const char *second = strchr(heard, '|') + 1;
	assert_int_equal(heard[0], 'x');
	assert_non_null(strstr(heard, SECOND ".1Z end|two|"));
	assert_string_equal(strchr(second, '|') + 1, "two|");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		TEST(times_are_not_said),
		TEST(what_begins_with_no_time_is_said_as_it_is),
		TEST(what_came_in_that_second_is_not_said_again),
		TEST(fractions_are_compared_as_numbers),
		TEST(of_one_time_as_many_are_left_out_as_were_said),
		TEST(a_line_that_is_cut_off_comes_again_as_a_whole),
		TEST(an_older_time_is_no_reason_to_leave_a_new_line_out),
		TEST(a_line_that_is_too_long_is_said_in_pieces),
	};

	return cmocka_run_group_tests_name("log lines", tests, NULL, NULL);
}
