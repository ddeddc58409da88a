#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/runner/report.h"

constexpr int status_of_segv = 11;
constexpr int status_of_exit_1 = 1 << 8;

/* What the report says and counts for an executable that printed `output` and ended with `status`. */
static char *
told(const char *output, int status)
{
	struct report report = { 0 };
	char *copy = strdup(output), *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	report_read(&report, "order_test", copy, status, out);
	fprintf(out, "%u/%u/%u", report.passed, report.failed, report.skipped);
	fclose(out);
	free(copy);
	return text;
}

static void
assert_told(const char *output, int status, const char *expected)
{
	char *text = told(output, status);

	assert_string_equal(text, expected);
	free(text);
}

static void
a_passed_test_is_counted_and_not_told(void **)
{
	assert_told("1..1\nchatter\nok 1 - sorts\n# ok - order\n", 0, "1/0/0");
}

static void
a_failure_is_told_with_what_it_printed_and_where_it_failed(void **)
{
	assert_told("1..2\nok 1 - sorts\nat node 7\nnot ok 2 - cycles\n# 0x1 != 0x2\n# order_test.c:7: error\n# not ok - order\n",
	    status_of_exit_1,
	    "FAILED  order_test: cycles\n    at node 7\n    0x1 != 0x2\n    order_test.c:7: error\n    not ok - order\n1/1/0");
}

static void
a_skip_is_told_with_its_reason_in_either_form(void **)
{
	assert_told("1..2\nno podman\nnot ok 1 # SKIP pulls\nok 2 # SKIP pushes\n", 0,
	    "skipped order_test: pulls\n    no podman\nskipped order_test: pushes\n0/0/2");
}

static void
a_crash_between_two_verdicts_is_a_failure(void **)
{
	assert_told("1..3\nok 1 - sorts\nat node 7\n", status_of_segv,
	    "FAILED  order_test: ended by signal 11 (Segmentation fault)\n    at node 7\n1/1/0");
}

static void
an_early_exit_is_a_failure_even_with_status_zero(void **)
{
	assert_told("1..2\nok 1 - sorts\n", 0, "FAILED  order_test: ended with status 0\n1/1/0");
}

static void
a_status_that_no_verdict_explains_is_a_failure(void **)
{
	assert_told("1..1\nok 1 - sorts\n# ok - order\nleak of 8 bytes\n", status_of_exit_1,
	    "FAILED  order_test: ended with status 1\n    # ok - order\n    leak of 8 bytes\n1/1/0");
}

static void
a_verdict_that_a_test_prints_itself_is_not_counted(void **)
{
	assert_told("1..2\nok 2 - forged\nok 1 - sorts\nok 1 - forged\nok 2 - cycles\n", 0, "2/0/0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_passed_test_is_counted_and_not_told),
		cmocka_unit_test(a_failure_is_told_with_what_it_printed_and_where_it_failed),
		cmocka_unit_test(a_skip_is_told_with_its_reason_in_either_form),
		cmocka_unit_test(a_crash_between_two_verdicts_is_a_failure),
		cmocka_unit_test(an_early_exit_is_a_failure_even_with_status_zero),
		cmocka_unit_test(a_status_that_no_verdict_explains_is_a_failure),
		cmocka_unit_test(a_verdict_that_a_test_prints_itself_is_not_counted),
	};

	return cmocka_run_group_tests_name("report", tests, nullptr, nullptr);
}
