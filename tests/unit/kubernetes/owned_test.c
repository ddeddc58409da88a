#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/owned.h"

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

static cJSON *
read_text(struct kg_arena *arena, const char *text)
{
	cJSON *json = kg_json_read(arena, text, strlen(text));

	assert_non_null(json);
	return json;
}

/* As a server answers to an apply: our fields, and what it has put in by itself. */
static const char deployment[] =
    "{\"kind\":\"Deployment\",\"metadata\":{\"uid\":\"u1\",\"labels\":{\"app\":\"web\",\"kgraph/"
    "graph\":\"0123456789ab\"},\"managedFields\":["
    "{\"manager\":\"kube-controller-manager\",\"operation\":\"Update\",\"subresource\":\"status\",\"fieldsV1\":{\"f:status\":{\"f:"
    "replicas\":{}}}},"
    "{\"manager\":\"kgraph\",\"operation\":\"Apply\",\"fieldsV1\":{\"f:metadata\":{\"f:labels\":{\"f:app\":{},\"f:kgraph/"
    "graph\":{}}},"
    "\"f:spec\":{\"f:replicas\":{},\"f:template\":{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"app\\\"}\":{\".\":{},"
    "\"f:name\":{},\"f:image\":{},\"f:args\":{},\"f:ports\":{\"k:{\\\"containerPort\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{\".\":{"
    "},"
    "\"f:containerPort\":{}}}}}}}}}}]},"
    "\"spec\":{\"replicas\":1,\"progressDeadlineSeconds\":600,\"template\":{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":"
    "\"x\"},"
    "{\"name\":\"app\",\"image\":\"web:1\",\"args\":[\"-v\"],\"ports\":[{\"containerPort\":80,\"protocol\":\"TCP\"}]}]}}},"
    "\"status\":{\"replicas\":1}}";

static const char *
difference_after(struct kg_arena *arena, const char *before, const char *old, const char *new)
{
	const cJSON *object = read_text(arena, before);
	const cJSON *fields = kg_owned_fields(object, "kgraph");
	const char *at = strstr(before, old);

	assert_non_null(fields);
	assert_non_null(at);
	const char *after = kg_format(arena, "%.*s%s%s", (int)(at - before), before, new, at + strlen(old));
	return kg_owned_difference(arena, fields, kg_owned_values(arena, fields, object), read_text(arena, after));
}

static void
what_nobody_has_touched_is_as_it_was(void **state)
{
	assert_null(difference_after(*state, deployment, "600", "600"));
}

static void
what_the_server_and_controllers_write_is_no_edit(void **state)
{
	assert_null(difference_after(*state, deployment, "\"status\":{\"replicas\":1}", "\"status\":{\"replicas\":7}"));
	assert_null(difference_after(*state, deployment, "600", "900"));
	assert_null(difference_after(*state, deployment, "\"image\":\"x\"", "\"image\":\"y\""));
}

static void
an_edited_field_is_named_with_both_values(void **state)
{
	assert_string_equal(difference_after(*state, deployment, "\"spec\":{\"replicas\":1", "\"spec\":{\"replicas\":3"),
	    "spec.replicas is 3, it was 1");
	assert_string_equal(difference_after(*state, deployment, "web:1", "web:2"),
	    "spec.template.spec.containers[app].image is \"web:2\", it was \"web:1\"");
	assert_string_equal(difference_after(*state, deployment, "[\"-v\"]", "[\"-q\"]"),
	    "spec.template.spec.containers[app].args is [\"-q\"], it was [\"-v\"]");
}

static void
who_has_edited_is_told(void **state)
{
	static const char edit[] =
	    "{\"manager\":\"kubectl-edit\",\"operation\":\"Update\",\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}}},{\"manager\":"
	    "\"kube-controller-manager\"";
	const cJSON *object = read_text(*state, deployment), *fields = kg_owned_fields(object, "kgraph");
	const char *const *values = kg_owned_values(*state, fields, object);
	const char *at = strstr(deployment, "{\"manager\":\"kube-controller-manager\"");
	const char *after = kg_format(
	    *state, "%.*s%s%s", (int)(at - deployment), deployment, edit, at + strlen("{\"manager\":\"kube-controller-manager\""));
	const char *spec = strstr(after, "\"spec\":{\"replicas\":1");

	after = kg_format(
	    *state, "%.*s\"spec\":{\"replicas\":3%s", (int)(spec - after), after, spec + strlen("\"spec\":{\"replicas\":1"));
	assert_string_equal(
	    kg_owned_difference(*state, fields, values, read_text(*state, after)), "spec.replicas is 3, it was 1 (kubectl-edit)");
}

static void
an_element_that_is_gone_is_told_once_and_counted(void **state)
{
	assert_string_equal(difference_after(*state, deployment, "\"name\":\"app\",\"image\"", "\"name\":\"app2\",\"image\""),
	    "spec.template.spec.containers[app].name is gone, and 3 more");
	assert_string_equal(difference_after(*state, deployment, "\"app\":\"web\",", ""), "metadata.labels.app is gone");
}

static void
a_secret_is_kept_as_a_digest(void **state)
{
	static const char secret[] =
	    "{\"kind\":\"Secret\",\"metadata\":{\"uid\":\"u2\",\"managedFields\":[{\"manager\":\"kgraph\",\"operation\":\"Apply\","
	    "\"fieldsV1\":"
	    "{\"f:data\":{\"f:db.password\":{}},\"f:type\":{}}}]},\"data\":{\"db.password\":\"aHVudGVyMg==\"},\"type\":\"Opaque\"}";
	const cJSON *object = read_text(*state, secret);
	const char *const *values = kg_owned_values(*state, kg_owned_fields(object, "kgraph"), object);

	assert_int_equal(values[0][0], '#');
	assert_null(strstr(values[0], "aHVudGVyMg"));
	assert_string_equal(values[1], "\"Opaque\"");
	assert_null(values[2]);
	assert_string_equal(difference_after(*state, secret, "aHVudGVyMg==", "aHVudGVyMw=="),
	    "data[db.password] has another value than it was given");
}

static void
fields_are_found_by_the_paths_of_a_conflict(void **state)
{
	const cJSON *fields = kg_owned_fields(read_text(*state, deployment), "kgraph");

	assert_true(kg_owned_has(*state, fields, ".spec.replicas"));
	assert_true(kg_owned_has(*state, fields, ".spec.template.spec.containers[name=\"app\"].image"));
	assert_true(kg_owned_has(
	    *state, fields, ".spec.template.spec.containers[name=\"app\"].ports[containerPort=80,protocol=\"TCP\"].containerPort"));
	assert_true(kg_owned_has(*state, fields, ".metadata.labels.app"));
	assert_false(kg_owned_has(*state, fields, ".spec.template.spec.containers[name=\"side\"].image"));
	assert_false(kg_owned_has(*state, fields, ".spec.paused"));
	assert_false(kg_owned_has(*state, fields, ".spec.replicasOfAnotherKind"));
}

static void
only_an_apply_of_ours_counts(void **state)
{
	assert_null(kg_owned_fields(read_text(*state,
					"{\"metadata\":{\"managedFields\":[{\"manager\":\"kgraph\",\"operation\":\"Update\","
					"\"fieldsV1\":{}}]}}"),
	    "kgraph"));
	assert_null(kg_owned_fields(read_text(*state, "{\"metadata\":{}}"), "kgraph"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_nobody_has_touched_is_as_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_server_and_controllers_write_is_no_edit, setup, teardown),
		cmocka_unit_test_setup_teardown(an_edited_field_is_named_with_both_values, setup, teardown),
		cmocka_unit_test_setup_teardown(who_has_edited_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(an_element_that_is_gone_is_told_once_and_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_secret_is_kept_as_a_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(fields_are_found_by_the_paths_of_a_conflict, setup, teardown),
		cmocka_unit_test_setup_teardown(only_an_apply_of_ours_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
