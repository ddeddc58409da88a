#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/client/discovery.h"

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

static const char aggregated[] =
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["
    "{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":\"v1\",\"freshness\":\"Current\",\"resources\":["
    "{\"resource\":\"deployments\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"Deployment\"},"
    "\"scope\":\"Namespaced\",\"verbs\":[\"get\",\"list\",\"patch\",\"watch\",\"deletecollection\"],"
    "\"subresources\":[{\"subresource\":\"status\"}]}]},"
    "{\"version\":\"v1beta1\",\"freshness\":\"Stale\",\"resources\":[{\"resource\":\"olds\","
    "\"responseKind\":{\"kind\":\"Old\"},\"scope\":\"Cluster\"}]}]},"
    "{\"metadata\":{},\"versions\":[{\"version\":\"v1\",\"resources\":["
    "{\"resource\":\"namespaces\",\"responseKind\":{\"kind\":\"Namespace\"},\"scope\":\"Cluster\",\"verbs\":[]},"
    "{\"resource\":\"../x\",\"responseKind\":{\"kind\":\"Bad\"},\"scope\":\"Cluster\"},"
    "{\"resource\":\"x?y\",\"responseKind\":{\"kind\":\"Bad\"},\"scope\":\"Cluster\"},"
    "{\"resource\":7},{}]}]}]}";

static const struct kg_discovery *
read_aggregated(struct kg_arena *arena)
{
	struct kg_kinds kinds = { .arena = arena };

	assert_true(kg_discovery_read(&kinds, aggregated, sizeof(aggregated) - 1));
	return kg_discovery_make(&kinds);
}

static void
the_aggregated_form_is_read(void **state)
{
	const struct kg_discovery *discovery = read_aggregated(*state);
	const struct kg_resource *deployment = kg_discovery_find(discovery, "apps/v1", "Deployment");
	const struct kg_resource *namespace_ = kg_discovery_find(discovery, "v1", "Namespace");

	assert_int_equal(discovery->count, 2);
	assert_string_equal(deployment->plural, "deployments");
	assert_string_equal(deployment->group, "apps");
	assert_string_equal(deployment->version, "v1");
	assert_true(deployment->is_namespaced);
	assert_int_equal(deployment->verbs, KG_API_GET | KG_API_LIST | KG_API_PATCH | KG_API_WATCH);
	assert_false(namespace_->is_namespaced);
	assert_string_equal(namespace_->group, "");
}

static void
what_is_stale_or_no_word_is_left_out(void **state)
{
	const struct kg_discovery *discovery = read_aggregated(*state);

	assert_null(kg_discovery_find(discovery, "apps/v1beta1", "Old"));
	assert_null(kg_discovery_find(discovery, "v1", "Bad"));
	assert_null(kg_discovery_find(discovery, "apps/v1", "Namespace"));
}

static void
the_old_form_is_read(void **state)
{
	static const char core[] = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
	static const char groups[] =
	    "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"apps\",\"versions\":["
	    "{\"groupVersion\":\"apps/v1\",\"version\":\"v1\"},{\"groupVersion\":\"apps/v2\",\"version\":\"v2\"}]}]}";
	static const char resources[] =
	    "{\"kind\":\"APIResourceList\",\"groupVersion\":\"apps/v1\",\"resources\":["
	    "{\"name\":\"deployments\",\"namespaced\":true,\"kind\":\"Deployment\",\"verbs\":[\"get\"]},"
	    "{\"name\":\"deployments/scale\",\"namespaced\":true,\"kind\":\"Scale\",\"verbs\":[\"get\"]}]}";
	const char *const *versions = kg_discovery_read_versions(*state, core, sizeof(core) - 1);
	struct kg_kinds kinds = { .arena = *state };

	assert_string_equal(versions[0], "v1");
	assert_null(versions[1]);
	versions = kg_discovery_read_versions(*state, groups, sizeof(groups) - 1);
	assert_string_equal(versions[0], "apps/v1");
	assert_string_equal(versions[1], "apps/v2");
	assert_null(versions[2]);
	assert_true(kg_discovery_read_resources(&kinds, "apps/v1", resources, sizeof(resources) - 1));
	assert_int_equal(kinds.list.count, 1);
	assert_string_equal(kinds.list.items[0].api_version, "apps/v1");
	assert_null(kg_discovery_read_versions(*state, "{}", 2));
	assert_false(kg_discovery_read_resources(&kinds, "apps/v1", "[]", 2));
	assert_false(kg_discovery_read(&kinds, core, sizeof(core) - 1));
}

static void
what_is_kept_is_found_again(void **state)
{
	const struct kg_discovery_file file = { read_aggregated(*state), { "\"A\"", NULL }, 1'700'000'000'000'000'000 };
	const char *text = kg_discovery_write(*state, &file);
	struct kg_discovery_file again;

	assert_true(kg_discovery_load(*state, text, strlen(text), &again));
	assert_int_equal(again.asked_wall_ns, file.asked_wall_ns);
	assert_string_equal(again.etags[0], "\"A\"");
	assert_null(again.etags[1]);
	assert_int_equal(again.kinds->count, file.kinds->count);
	assert_string_equal(kg_discovery_find(again.kinds, "apps/v1", "Deployment")->plural, "deployments");
	assert_string_equal(kg_discovery_write(*state, &again), text);
}

static void
what_is_damaged_is_not(void **state)
{
	static const char *const damaged[] = {
		"",
		"{}",
		"[]",
		"{\"format\":1}",
		"{\"format\":2,\"asked\":1,\"etags\":[\"\",\"\"],\"kinds\":[[\"\",\"v1\",\"Pod\",\"pods\",1,1]]}",
		"{\"format\":1,\"asked\":1,\"etags\":[\"\",\"\"],\"kinds\":[]}",
		"{\"format\":1,\"asked\":1e300,\"kinds\":[[\"\",\"v1\",\"Pod\",\"pods\",1,1]]}",
		"{\"format\":1,\"asked\":1,\"kinds\":[[\"\",\"v1\",\"Pod\",\"/pods\",1,1],[],1,{}]}",
	};
	struct kg_discovery_file file;

	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		assert_false(kg_discovery_load(*state, damaged[i], strlen(damaged[i]), &file));
	const char *text =
	    "{\"format\":1,\"asked\":1,\"etags\":[\"a\\r\\nX: y\",7],\"kinds\":[[\"\",\"v1\",\"Pod\",\"pods\",1,1]]}";
	assert_true(kg_discovery_load(*state, text, strlen(text), &file));
	assert_null(file.etags[0]);
}

static void
paths_are_of_the_group_and_the_namespace(void **state)
{
	const struct kg_discovery *discovery = read_aggregated(*state);
	const struct kg_resource *deployment = kg_discovery_find(discovery, "apps/v1", "Deployment");
	const struct kg_resource *namespace_ = kg_discovery_find(discovery, "v1", "Namespace");

	assert_string_equal(kg_api_path(*state, deployment, "shop", "web"), "/apis/apps/v1/namespaces/shop/deployments/web");
	assert_string_equal(kg_api_path(*state, deployment, NULL, NULL), "/apis/apps/v1/deployments");
	assert_string_equal(kg_api_path(*state, namespace_, "shop", "a"), "/api/v1/namespaces/a");
	assert_string_equal(
	    kg_api_path(*state, deployment, "a/b", "system:x?y"), "/apis/apps/v1/namespaces/a%2Fb/deployments/system%3Ax%3Fy");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_aggregated_form_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_stale_or_no_word_is_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(the_old_form_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_kept_is_found_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_damaged_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(paths_are_of_the_group_and_the_namespace, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
