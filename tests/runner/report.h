/*
 * What a cmocka executable said in TAP form: how many of its tests passed, failed and were skipped.
 *
 *     struct report report = { 0 };
 *     report_read(&report, output, status, stdout);
 *
 * Tests print what they like between the verdicts; only the line with the number that is next counts as one.
 */
#pragma once

#include <stdio.h>

struct report {
	unsigned passed, failed, skipped;
};

/*
 * Adds what one executable said to the report, and writes its failures and skips with what they printed to `out`.
 * `status` is the executable's, as waitpid gives it: an end by signal, or one that the verdicts do not explain (a
 * sanitizer's, a missing verdict), counts as a failure. `output` is cut into lines in place.
 */
void report_read(struct report *report, const char *name, char *output, int status, FILE *out);
