/* What kgraph waits for by itself, where it is stricter than kstatus, and the words in which it says what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status.h"
#include "targets/kubernetes/status/surroundings.h"
#include "tests/unit/kubernetes/status/cases.h"

static const char table[] = {
#embed "strict.json" suffix(, 0)
};

static void
judge(struct kg_arena *arena, cJSON *one)
{
	cJSON *object = cJSON_GetObjectItemCaseSensitive(one, "object");
	const cJSON *ago = kg_member(one, "created_s_ago"), *expect = kg_member(one, "expect"), *near;
	struct kg_surroundings *around = kg_surroundings_make(arena);

	if (ago)
		cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(object, "metadata"), "creationTimestamp",
		    cases_time(arena, (int64_t)ago->valuedouble));
	cJSON_ArrayForEach(near, kg_member(one, "around")) kg_surroundings_add(around, near);
	struct kg_status status = kg_status_strict(arena, object, around, cases_now_s);
	cases_assert_equal(one, "the verdict", kg_verdict_text(status.verdict), cJSON_GetArrayItem(expect, 0)->valuestring);
	cases_assert_equal(one, "the message", status.message, cJSON_GetArrayItem(expect, 1)->valuestring);
}

static void
objects_are_ready_when_a_user_would_say_so(void **)
{
	struct kg_arena *arena = kg_arena_make();
	cJSON *cases = cases_read(table), *one;

	cJSON_ArrayForEach(one, cases) judge(arena, one);
	cJSON_Delete(cases);
	kg_arena_free(arena);
}

static void
without_surroundings_what_they_would_tell_is_taken_as_absent(void **)
{
	struct kg_arena *arena = kg_arena_make();
	cJSON *service = cJSON_Parse(
	    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"},\"spec\":{\"selector\":{\"a\":\"b\"}}}");
	cJSON *claim = cJSON_Parse("{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{\"name\":\"a\"}}");

	assert_int_equal(kg_status_strict(arena, service, NULL, cases_now_s).verdict, KG_VERDICT_IN_PROGRESS);
	assert_int_equal(kg_status_strict(arena, claim, NULL, cases_now_s).verdict, KG_VERDICT_IN_PROGRESS);
	cJSON_Delete(service);
	cJSON_Delete(claim);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_ready_when_a_user_would_say_so),
		cmocka_unit_test(without_surroundings_what_they_would_tell_is_taken_as_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
