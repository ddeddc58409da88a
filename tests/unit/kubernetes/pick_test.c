/* Which pod a connection goes to, by what the API server says of a Service, a pod or a Deployment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/stream/pick.h"

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

static const char service[] =
    "{\"spec\":{\"ports\":[{\"name\":\"sql\",\"port\":5432,\"targetPort\":\"postgres\"},{\"name\":\"web\",\"port\":80}]}}";
static const char slices[] =
    "{\"items\":[{\"ports\":[{\"name\":\"web\",\"port\":8080},{\"name\":\"sql\",\"port\":15432}],\"endpoints\":["
    "{\"conditions\":{\"ready\":false},\"targetRef\":{\"kind\":\"Pod\",\"name\":\"pg-0\"}},"
    "{\"conditions\":{\"ready\":true},\"targetRef\":{\"kind\":\"Pod\",\"name\":\"pg-1\"}},"
    "{\"conditions\":{},\"targetRef\":{\"kind\":\"Pod\",\"name\":\"pg-2\"}}]}]}";
static const char pod[] =
    "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"ports\":[{\"name\":\"http\",\"containerPort\":8080}]}]},"
    "\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}";
static const char going[] = "{\"metadata\":{\"name\":\"p\",\"deletionTimestamp\":\"x\"},\"status\":{\"conditions\":[{\"type\":"
			    "\"Ready\",\"status\":\"True\"}]}}";
static const char outside[] =
    "{\"items\":[{\"ports\":[{\"name\":\"sql\",\"port\":1}],\"endpoints\":[{\"addresses\":[\"10.0.0.1\"]}]}]}";

/* "pg-1:15432", or what is wrong. */
static const char *
pick(struct kg_arena *arena, const char *kind, const char *port, const char *first, const char *second, const char *liked)
{
	const struct kg_pick_about about = { "shop", kind, "it", port };
	struct kg_pick found;
	struct kg_error *error = kg_pick(arena, &about, kg_json_read(arena, first, strlen(first)),
	    second ? kg_json_read(arena, second, strlen(second)) : NULL, liked, &found);

	if (error)
		return kg_format(arena, "%s%s", error->code == KG_EBUSY ? "later: " : "", error->message);
	return kg_format(arena, "%s:%u", found.pod, found.port);
}

static void
a_service_leads_to_a_pod_that_is_ready(void **state)
{
	assert_string_equal(pick(*state, "service", "5432", service, slices, NULL), "pg-1:15432");
	assert_string_equal(pick(*state, "service", "sql", service, slices, NULL), "pg-1:15432");
	assert_string_equal(pick(*state, "service", "80", service, slices, "pg-2"), "pg-2:8080");
	assert_string_equal(pick(*state, "service", "80", service, slices, "pg-0"), "pg-1:8080");
	assert_string_equal(pick(*state, "service", "81", service, slices, NULL), "service it has no port 81");
	assert_string_equal(
	    pick(*state, "service", "80", service, "{\"items\":[]}", NULL), "later: service it has no pod that is ready");
	assert_string_equal(pick(*state, "service", "sql", service, outside, NULL),
	    "service it leads to addresses outside of the cluster, and not to pods");
	assert_string_equal(pick(*state, "service", "80", "{}", "[]", NULL), "service it has no port 80");
}

static void
a_pod_need_not_declare_a_port_but_for_its_name(void **state)
{
	const char *all = kg_format(*state, "{\"items\":[%s,%s]}", going, pod);

	assert_string_equal(pick(*state, "pod", "9", pod, NULL, NULL), "p:9");
	assert_string_equal(pick(*state, "pod", "http", pod, NULL, NULL), "p:8080");
	assert_string_equal(pick(*state, "pod", "sql", pod, NULL, NULL), "pod it has no port sql");
	assert_string_equal(pick(*state, "pod", "9", going, NULL, NULL), "later: pod it is not ready");
	assert_string_equal(pick(*state, "deployment", "http", "{}", all, NULL), "p:8080");
	assert_string_equal(pick(*state, "deployment", "http", "{}", "{}", NULL), "later: deployment it has no pod that is ready");
}

static void
pods_are_asked_for_by_the_whole_selector(void **state)
{
	static const char deployment[] =
	    "{\"spec\":{\"selector\":{\"matchLabels\":{\"app\":\"web\"},\"matchExpressions\":["
	    "{\"key\":\"tier\",\"operator\":\"In\",\"values\":[\"a\",\"b\"]},{\"key\":\"old\",\"operator\":\"DoesNotExist\"}]}}}";
	const struct kg_pick_about about = { "shop", "deployment", "web", "80" }, of_service = { "a/b", "service", "x y", "80" };

	assert_string_equal(kg_pick_path(*state, &about), "/apis/apps/v1/namespaces/shop/deployments/web");
	assert_string_equal(kg_pick_second_path(*state, &about, kg_json_read(*state, deployment, strlen(deployment))),
	    "/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb%2Ctier%20in%20%28a%2Cb%29%2C%21old");
	assert_string_equal(kg_pick_path(*state, &of_service), "/api/v1/namespaces/a%2Fb/services/x%20y");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_service_leads_to_a_pod_that_is_ready, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pod_need_not_declare_a_port_but_for_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(pods_are_asked_for_by_the_whole_selector, setup, teardown),
	};

	return cmocka_run_group_tests_name("pick", tests, NULL, NULL);
}
