#include "tests/unit/kubernetes/status/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/status/member.h"

cJSON *
cases_read(const char *text)
{
	const char *end = NULL;
	cJSON *cases = cJSON_ParseWithOpts(text, &end, true);

	if (!cases)
		fail_msg("the table is no JSON at: %.60s", end);
	assert_true(cJSON_IsArray(cases));
	return cases;
}

const char *
cases_time(struct kg_arena *arena, int64_t ago_s)
{
	time_t time_s = (time_t)(cases_now_s - ago_s);
	struct tm tm;
	char text[sizeof("2026-11-21T12:00:00Z")];

	gmtime_r(&time_s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return kg_copy(arena, text);
}

void
cases_assert_equal(const cJSON *one, const char *what, const char *is, const char *expected)
{
	if (strcmp(is, expected) != 0)
		fail_msg("%s: %s is\n    %s\nbut should be\n    %s", kg_member_text(one, "name", "?"), what, is, expected);
}
