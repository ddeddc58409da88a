/*
 * The rules of kstatus: every branch of it, with the answers that kstatus itself (v0.37.2) gives for the same objects.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status.h"
#include "tests/unit/kubernetes/status/cases.h"

static const char table[] = {
#embed "kstatus.json" suffix(, 0)
};

static void
judge(struct kg_arena *arena, cJSON *one)
{
	cJSON *object = cJSON_GetObjectItemCaseSensitive(one, "object");
	const cJSON *ago = kg_member(one, "created_s_ago"), *expect = kg_member(one, "expect");

	if (ago)
		cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(object, "metadata"), "creationTimestamp",
		    cases_time(arena, (int64_t)ago->valuedouble));
	struct kg_status status = kg_status_kstatus(arena, object, cases_now_s);
	cases_assert_equal(one, "the verdict", kg_verdict_text(status.verdict), cJSON_GetArrayItem(expect, 0)->valuestring);
	cases_assert_equal(one, "the reason", status.reason, cJSON_GetArrayItem(expect, 1)->valuestring);
	cases_assert_equal(one, "the message", status.message, cJSON_GetArrayItem(expect, 2)->valuestring);
}

static void
all_objects_are_judged_as_kstatus_judges_them(void **)
{
	struct kg_arena *arena = kg_arena_make();
	cJSON *cases = cases_read(table), *one;

	assert_true(cJSON_GetArraySize(cases) >= 118);
	cJSON_ArrayForEach(one, cases) judge(arena, one);
	cJSON_Delete(cases);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_objects_are_judged_as_kstatus_judges_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
