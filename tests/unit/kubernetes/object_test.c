#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "tests/unit/kubernetes/calling.h"

static const struct kg_resource deployments = { .group = "apps",
	.version = "v1",
	.api_version = "apps/v1",
	.kind = "Deployment",
	.plural = "deployments",
	.is_namespaced = true };

static kg_step *the_second;

static struct kg_next
open(struct kg_job *job)
{
	struct call *call = job->state;

	return kg_api_open(job, &(struct kg_api_about){}, &call->api, the_second);
}

static int
setup_with(void **state, fake_answer *answer)
{
	*state = calling_make(answer);
	return 0;
}

static int
teardown(void **state)
{
	calling_free(*state);
	return 0;
}

/* ---- apply and delete ---- */

static kg_step answered;

static const char *the_object;

static struct kg_next
apply_one_of(struct kg_job *job, const struct kg_resource *resource)
{
	const struct call *call = job->state;
	cJSON *object = kg_json_read(job->arena, the_object, strlen(the_object));

	return kg_api_apply(job, call->api, resource, &(struct kg_api_apply){ .object = object }, answered);
}

static struct kg_next
apply(struct kg_job *job)
{
	return apply_one_of(job, &deployments);
}

/* Of a server that stands behind Kubernetes' own. */
static struct kg_next
apply_policy(struct kg_job *job)
{
	static const struct kg_resource policies = { .group = "projectcalico.org",
		.version = "v3",
		.api_version = "projectcalico.org/v3",
		.kind = "NetworkPolicy",
		.plural = "networkpolicies",
		.is_namespaced = true };

	return apply_one_of(job, &policies);
}

static struct kg_next
answered(struct kg_job *job)
{
	struct kg_error *error = kg_api_error(job, "cannot apply Deployment shop/web");
	const struct kg_api_status *status = kg_api_status(job);

	for (uint32_t i = 0; status && i < status->cause_count; i++)
		calling_note("%s|%s|%s", status->causes[i].reason, status->causes[i].field, status->causes[i].message);
	if (error)
		return kg_failed(error);
	calling_note("%s", kg_json_text(kg_api_answer(job), "metadata.uid"));
	return kg_done(job);
}

static struct fake_reply
takes(void *, const struct fake_request *request)
{
	char *type = fake_header(request, "Content-Type");
	bool is_right = strcmp(request->method, "PATCH") == 0 && type && strcmp(type, "application/apply-patch+yaml") == 0 &&
	    strcmp(request->path, "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=kgraph&fieldValidation=Strict") ==
		0 &&
	    strcmp(request->body, "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":2}}") == 0;

	free(type);
	return is_right ? (struct fake_reply){ .status = 201, .body = "{\"metadata\":{\"uid\":\"u-1\"}}" }
			: (struct fake_reply){ .status = 418, .body = "wrong" };
}

static int
takes_setup(void **state)
{
	return setup_with(state, takes);
}

static void
an_object_is_applied_in_the_contexts_namespace(void **state)
{
	struct calling *calling = *state;

	the_second = apply;
	the_object = "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"replicas\":2}}";
	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling), "u-1\n");
}

/* As a library that mixes streams up would have it: the first so many answers are another object's. */
static uint32_t mixed_up;

static struct fake_reply
mixes_up(void *, const struct fake_request *request)
{
	return (struct fake_reply){ .status = 200,
		.body = request->number > mixed_up ? "{\"metadata\":{\"name\":\"web\",\"uid\":\"u-1\"}}"
						   : "{\"metadata\":{\"name\":\"other\",\"uid\":\"u-2\"}}" };
}

static int
mixes_up_setup(void **state)
{
	return setup_with(state, mixes_up);
}

static void
another_objects_answer_is_asked_for_again(void **state)
{
	struct calling *calling = *state;

	the_second = apply;
	the_object = "{\"metadata\":{\"name\":\"web\"}}";
	mixed_up = 2;
	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling), "u-1\n");
}

static void
another_objects_answer_is_never_taken(void **state)
{
	struct calling *calling = *state;

	the_second = apply;
	the_object = "{\"metadata\":{\"name\":\"web\"}}";
	mixed_up = UINT32_MAX;
	calling_run(calling, open, 1);
	assert_non_null(strstr(calling->errors, "answered 3 times with another object than web"));
}

static void
an_aggregated_server_may_call_its_objects_otherwise(void **state)
{
	struct calling *calling = *state;

	the_second = apply_policy;
	the_object = "{\"metadata\":{\"name\":\"web\"}}";
	mixed_up = UINT32_MAX;
	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling), "u-2\n");
}

static struct fake_reply
mixes_all_up(void *, const struct fake_request *request)
{
	static const char *const bodies[] = {
		"{\"metadata\":{\"name\":\"other-1\",\"uid\":\"u-2\"}}",
		"{\"metadata\":{\"name\":\"other-2\",\"uid\":\"u-2\"}}",
		"{\"metadata\":{\"name\":\"other-3\",\"uid\":\"u-2\"}}",
	};

	return (struct fake_reply){ .status = 200, .body = bodies[(request->number - 1) % 3] };
}

static int
mixes_all_up_setup(void **state)
{
	return setup_with(state, mixes_all_up);
}

static void
an_aggregated_server_that_says_another_name_each_time_is_not_believed(void **state)
{
	struct calling *calling = *state;

	the_second = apply_policy;
	the_object = "{\"metadata\":{\"name\":\"web\"}}";
	calling_run(calling, open, 1);
	assert_non_null(strstr(calling->errors, "answered 3 times with another object than web"));
}

static struct fake_reply
conflicts(void *, const struct fake_request *)
{
	static const char body[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"Apply failed with 3 conflicts: "
				   "…\",\"reason\":\"Conflict\",\"code\":409,"
				   "\"details\":{\"causes\":["
				   "{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"kubectl\\\" using apps/v1 "
				   "at 2026-01-02T03:04:05Z\",\"field\":\".spec.replicas\"},"
				   "{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"argocd\\\" using "
				   "apps/v1\",\"field\":\".metadata.labels.team\"},"
				   "{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"kubectl\\\" using "
				   "apps/v1\",\"field\":\".spec.paused\"}]}}";

	return (struct fake_reply){ .status = 409, .body = body };
}

static int
conflicts_setup(void **state)
{
	return setup_with(state, conflicts);
}

static void
a_conflict_names_managers_and_fields(void **state)
{
	struct calling *calling = *state;

	the_second = apply;
	calling_run(calling, open, 1);
	assert_string_equal(calling->errors,
	    "n0: cannot apply Deployment shop/web: other managers own fields that it sets: kubectl sets spec.replicas and "
	    "spec.paused; "
	    "argocd sets metadata.labels.team; ");
}

static const struct {
	int code;
	const char *message, *causes, *error, *noted;
} refusals[] = {
	{ 400,
	    "Deployment in version \\\"v1\\\" cannot be handled as a Deployment: strict decoding error: unknown field "
	    "\\\"spec.replica\\\", unknown field \\\"spec.x\\\"",
	    "", "spec.replica: there is no such field; spec.x: there is no such field",
	    "UnknownField|spec.replica|there is no such field\nUnknownField|spec.x|there is no such field\n" },
	{ 422, "Job.batch is invalid",
	    "{\"reason\":\"FieldValueInvalid\",\"field\":\"spec.template\",\"message\":\"Invalid value: "
	    "core.PodTemplateSpec{Labels:map[string]string{\\\"a\\\":\\\"} b: c\\\"}, "
	    "Spec:core.PodSpec{Containers:[]core.Container{core.Container{"
	    "Name:\\\"app\\\", Image:\\\"x\\\"}}}}: field is immutable\"}",
	    "spec.template: Invalid value: field is immutable",
	    "FieldValueInvalid|spec.template|Invalid value: field is immutable\n" },
	{ 500,
	    "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema",
	    "", "spec.replica: there is no such field", "UnknownField|spec.replica|there is no such field\n" },
	{ 400,
	    "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): errors:\\n  .spec.a: field not declared in "
	    "schema\\n  .spec.b: expected numeric (int or float), got string",
	    "", "spec.a: there is no such field; spec.b: expected numeric (int or float), got string",
	    "UnknownField|spec.a|there is no such field\nFieldValueInvalid|spec.b|expected numeric (int or float), got string\n" },
	{ 422, "Deployment.apps \\\"web\\\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
	    "{\"reason\":\"FieldValueInvalid\",\"message\":\"Invalid value: -1: must be greater than or equal to "
	    "0\",\"field\":\"spec.replicas\"}",
	    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
	    "FieldValueInvalid|spec.replicas|Invalid value: -1: must be greater than or equal to 0\n" },
	{ 404, "namespaces \\\"shop\\\" not found", "", "namespaces \"shop\" not found", "" },
	{ 403, "exceeded quota: small, requested: pods=1,\\n used: pods=1", "",
	    "exceeded quota: small, requested: pods=1, used: pods=1", "" },
};
static size_t the_refusal;

static struct fake_reply
refuses(void *, const struct fake_request *)
{
	static thread_local char body[4096]; /* each connection has a thread */

	snprintf(body, sizeof(body), "{\"kind\":\"Status\",\"message\":\"%s\",\"code\":%d,\"details\":{\"causes\":[%s]}}",
	    refusals[the_refusal].message, refusals[the_refusal].code, refusals[the_refusal].causes);
	return (struct fake_reply){ .status = refusals[the_refusal].code, .body = body };
}

static int
refuses_setup(void **state)
{
	return setup_with(state, refuses);
}

static void
a_refusal_names_the_fields(void **state)
{
	struct calling *calling = *state;

	the_second = apply;
	for (the_refusal = 0; the_refusal < sizeof(refusals) / sizeof(refusals[0]); the_refusal++) {
		calling_run(calling, open, 1);
		assert_string_equal(calling->errors,
		    kg_format(calling->arena, "n0: cannot apply Deployment shop/web: %s; ", refusals[the_refusal].error));
		assert_string_equal(calling_noted(calling), refusals[the_refusal].noted);
	}
}

static struct kg_next
take_away(struct kg_job *job)
{
	const struct call *call = job->state;

	return kg_api_delete(job, call->api, &deployments,
	    &(struct kg_api_delete){
		.namespace_ = "shop", .name = "web", .uid = "u-1", .propagation = KG_API_FOREGROUND, .grace_s = 0 },
	    answered);
}

static struct fake_reply
deletes(void *, const struct fake_request *request)
{
	static const char options[] = "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"propagationPolicy\":\"Foreground\","
				      "\"gracePeriodSeconds\":0,\"preconditions\":{\"uid\":\"u-1\"}}";
	bool is_right = strcmp(request->method, "DELETE") == 0 && strcmp(request->body, options) == 0;

	return (struct fake_reply){ .status = is_right ? 202 : 418, .body = "{\"metadata\":{\"uid\":\"gone\"}}" };
}

static int
deletes_setup(void **state)
{
	return setup_with(state, deletes);
}

static void
one_object_and_no_other_of_its_name_is_deleted(void **state)
{
	struct calling *calling = *state;

	the_second = take_away;
	calling_run(calling, open, 1);
	assert_string_equal(calling_noted(calling), "gone\n");
}

/* ---- list ---- */

static kg_step listed;

static struct kg_next
list(struct kg_job *job)
{
	struct call *call = job->state;

	return kg_api_list(job, call->api, &deployments, "shop", "a=b", &call->items, listed);
}

static struct kg_next
listed(struct kg_job *job)
{
	const struct call *call = job->state;

	if (call->items.error)
		return kg_failed(kg_error_copy(job->arena, call->items.error));
	calling_note("%u%s %s", call->items.count, call->items.is_absent ? " absent" : "",
	    call->items.resource_version ? call->items.resource_version : "-");
	for (uint32_t i = 0; i < call->items.count; i++) {
		assert_null(call->items.items[i]->next);
		calling_note("%s", kg_json_print(job->arena, call->items.items[i]));
	}
	return kg_done(job);
}

/* The moment of the first two pages is forgotten before the third is asked for. */
static struct fake_reply
forgets(void *, const struct fake_request *request)
{
	static const char expired[] =
	    "{\"kind\":\"Status\",\"message\":\"The provided continue parameter is too old\",\"reason\":\"Expired\",\"code\":410}";
	static bool has_forgotten;

	if (request->number == 1)
		has_forgotten = false;
	if (strstr(request->path, "continue=1"))
		return (struct fake_reply){ .status = 200,
			.body = "{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"2\"},\"items\":[{\"metadata\":{\"name\":"
				"\"b\"}}]}" };
	if (strstr(request->path, "continue=2") && !has_forgotten) {
		has_forgotten = true;
		return (struct fake_reply){ .status = 410, .body = expired };
	}
	if (strstr(request->path, "continue=2"))
		return (struct fake_reply){ .status = 200,
			.body = "{\"metadata\":{\"resourceVersion\":\"8\",\"continue\":\"\"},\"items\":null}" };
	return (struct fake_reply){ .status = 200,
		.body = "{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"a\"},"
			"\"kind\":\"Own\"}]}" };
}

static int
forgets_setup(void **state)
{
	return setup_with(state, forgets);
}

static void
pages_are_of_one_moment(void **state)
{
	struct calling *calling = *state;

	the_second = list;
	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling),
	    "2 8\n{\"metadata\":{\"name\":\"a\"},\"kind\":\"Own\",\"apiVersion\":\"apps/v1\"}\n"
	    "{\"metadata\":{\"name\":\"b\"},\"kind\":\"Deployment\",\"apiVersion\":\"apps/v1\"}\n");
}

static struct fake_reply
has_none(void *, const struct fake_request *request)
{
	return request->number == 1 ? (struct fake_reply){ .status = 404, .body = "404 page not found" }
				    : (struct fake_reply){ .status = 200, .body = "<html>" };
}

static int
has_none_setup(void **state)
{
	return setup_with(state, has_none);
}

static void
a_resource_that_is_unknown_has_no_objects(void **state)
{
	struct calling *calling = *state;

	the_second = list;
	calling_run(calling, open, 1);
	assert_string_equal(calling_noted(calling), "0 absent -\n");
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(calling->errors, "n0: cannot list deployments in shop: the API server answered with no list; ");
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_object_is_applied_in_the_contexts_namespace, takes_setup),
		TEST(another_objects_answer_is_asked_for_again, mixes_up_setup),
		TEST(another_objects_answer_is_never_taken, mixes_up_setup),
		TEST(an_aggregated_server_may_call_its_objects_otherwise, mixes_up_setup),
		TEST(an_aggregated_server_that_says_another_name_each_time_is_not_believed, mixes_all_up_setup),
		TEST(a_conflict_names_managers_and_fields, conflicts_setup),
		TEST(a_refusal_names_the_fields, refuses_setup),
		TEST(one_object_and_no_other_of_its_name_is_deleted, deletes_setup),
		TEST(pages_are_of_one_moment, forgets_setup),
		TEST(a_resource_that_is_unknown_has_no_objects, has_none_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
