/* Objects around others: found by name, owner and selector, and those of CRDs apart from Kubernetes' own of the same name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/status/surroundings.h"

static const char labels_text[] = "{\"app\":\"web\",\"tier\":\"front\"}";

static void
selectors_match_as_the_server_matches(void **)
{
	static const struct {
		const char *selector;
		bool matches;
	} cases[] = {
		{ "{}", true },
		{ "null", false },
		{ "{\"matchLabels\":{\"app\":\"web\"}}", true },
		{ "{\"matchLabels\":{\"app\":\"web\",\"tier\":\"back\"}}", false },
		{ "{\"matchLabels\":{\"zone\":\"a\"}}", false },
		{ "{\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"In\",\"values\":[\"back\",\"front\"]}]}", true },
		{ "{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"In\",\"values\":[\"a\"]}]}", false },
		{ "{\"matchExpressions\":[{\"key\":\"tier\",\"operator\":\"NotIn\",\"values\":[\"front\"]}]}", false },
		{ "{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"NotIn\",\"values\":[\"a\"]}]}", true },
		{ "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"Exists\"}]}", true },
		{ "{\"matchExpressions\":[{\"key\":\"app\",\"operator\":\"DoesNotExist\"}]}", false },
		{ "{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"DoesNotExist\"}]}", true },
		{ "{\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"Exists\"}]}", false },
	};
	cJSON *labels = cJSON_Parse(labels_text);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cJSON *selector = cJSON_Parse(cases[i].selector);

		if (kg_selector_matches(selector, labels) != cases[i].matches)
			fail_msg("%s", cases[i].selector);
		cJSON_Delete(selector);
	}
	cJSON_Delete(labels);
}

static uint32_t
count(const struct kg_near *near)
{
	uint32_t number = 0;

	for (; near; near = near->next)
		number++;
	return number;
}

static void
objects_are_found_by_name_owner_and_service(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_surroundings *around = kg_surroundings_make(arena);
	cJSON *all =
	    cJSON_Parse("[{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"}},"
			"{\"apiVersion\":\"serving.example.org/"
			"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"}},"
			"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\","
			"\"ownerReferences\":[{\"uid\":\"1\"}]}},"
			"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"b\",\"namespace\":\"shop\","
			"\"ownerReferences\":[{\"uid\":\"1\"},"
			"{\"uid\":\"2\"}]}},"
			"{\"apiVersion\":\"discovery.k8s.io/"
			"v1\",\"kind\":\"EndpointSlice\",\"metadata\":{\"name\":\"x\",\"namespace\":\"shop\","
			"\"labels\":{\"kubernetes.io/service-name\":\"web\"}}}]");
	cJSON *one;

	cJSON_ArrayForEach(one, all) kg_surroundings_add(around, one);
	assert_ptr_equal(kg_surroundings_find(around, "Service", "shop", "web"), cJSON_GetArrayItem(all, 0));
	assert_ptr_equal(kg_surroundings_find(around, "Service.serving.example.org", "shop", "web"), cJSON_GetArrayItem(all, 1));
	assert_null(kg_surroundings_find(around, "Service", "other", "web"));
	assert_int_equal(count(kg_surroundings_owned(around, "1")), 2);
	assert_int_equal(count(kg_surroundings_owned(around, "2")), 1);
	assert_int_equal(count(kg_surroundings_owned(around, "3")), 0);
	assert_int_equal(count(kg_surroundings_of_kind(around, "Pod", "shop")), 2);
	assert_int_equal(count(kg_surroundings_slices(around, "shop", "web")), 1);
	assert_false(kg_surroundings_is_complete(around, "Pod", "shop"));
	kg_surroundings_complete(around, "Pod", "shop");
	assert_true(kg_surroundings_is_complete(around, "Pod", "shop"));
	cJSON_Delete(all);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_match_as_the_server_matches),
		cmocka_unit_test(objects_are_found_by_name_owner_and_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
