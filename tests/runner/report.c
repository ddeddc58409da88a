#include "tests/runner/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum verdict { VERDICT_NONE, VERDICT_PASSED, VERDICT_FAILED, VERDICT_SKIPPED };

/* "ok 3 - name", "not ok 3 - name"; a skip is "not ok 3 # SKIP name" or "ok 3 # SKIP name", by cmocka's version. */
static enum verdict
verdict_of(const char *line, unsigned expected, const char **ret_name)
{
	bool ok = strncmp(line, "ok ", 3) == 0;
	char *rest;

	if (!ok && strncmp(line, "not ok ", 7) != 0)
		return VERDICT_NONE;
	if (strtoul(line + (ok ? 3 : 7), &rest, 10) != expected)
		return VERDICT_NONE;
	if (strncmp(rest, " # SKIP", 7) == 0) {
		*ret_name = rest + 7 + strspn(rest + 7, " ");
		return VERDICT_SKIPPED;
	}
	if (strncmp(rest, " - ", 3) != 0)
		return VERDICT_NONE;
	*ret_name = rest + 3;
	return ok ? VERDICT_PASSED : VERDICT_FAILED;
}

/* The lines from `from` up to `to`, indented. They have been cut already: each ends with its own zero. */
static void
tell_lines(FILE *out, const char *from, const char *to)
{
	for (; from < to; from += strlen(from) + 1) {
		if (*from != '\0')
			fprintf(out, "    %s\n", from);
	}
}

/* Cuts the next line off, and returns it; `*rest` is then behind its end. */
static char *
next_line(char **rest)
{
	char *line = *rest;
	size_t length = strcspn(line, "\n");

	*rest = line + length + (line[length] == '\n');
	line[length] = '\0';
	return line;
}

/* cmocka tells why a test failed in "# " lines after the verdict. */
static void
tell_failure(FILE *out, char **rest)
{
	while ((*rest)[0] == '#' && (*rest)[1] == ' ')
		fprintf(out, "    %s\n", next_line(rest) + 2);
}

static void
tell_end(FILE *out, const char *name, int status)
{
	if (WIFSIGNALED(status))
		fprintf(out, "FAILED  %s: ended by signal %d (%s)\n", name, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		fprintf(out, "FAILED  %s: ended with status %d\n", name, WEXITSTATUS(status));
}

void
report_read(struct report *report, const char *name, char *output, int status, FILE *out)
{
	unsigned planned = 0, seen = 0, failed = 0;
	const char *said = output; /* what was printed since the last verdict */
	char *rest = output;

	while (*rest != '\0') {
		char *line = next_line(&rest);
		const char *test = "";

		if (strncmp(line, "1..", 3) == 0) { /* one plan for each group of tests */
			planned = (unsigned)strtoul(line + 3, nullptr, 10);
			seen = 0;
			said = rest;
			continue;
		}
		enum verdict verdict = seen < planned ? verdict_of(line, seen + 1, &test) : VERDICT_NONE;
		if (verdict == VERDICT_NONE)
			continue;
		seen++;
		report->passed += verdict == VERDICT_PASSED;
		report->skipped += verdict == VERDICT_SKIPPED;
		failed += verdict == VERDICT_FAILED;
		if (verdict != VERDICT_PASSED) {
			fprintf(out, "%s %s: %s\n", verdict == VERDICT_FAILED ? "FAILED " : "skipped", name, test);
			tell_lines(out, said, line);
		}
		if (verdict == VERDICT_FAILED)
			tell_failure(out, &rest);
		said = rest;
	}
	if (WIFSIGNALED(status) || seen < planned || (WEXITSTATUS(status) != 0 && failed == 0)) {
		failed++;
		tell_end(out, name, status);
		tell_lines(out, said, rest);
	}
	report->failed += failed;
}
