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
#include "tests/unit/kubernetes/calling.h"

static kg_step discover, discovered;
static bool the_anew;
static const char *the_kind;

static struct kg_next
open(struct kg_job *job)
{
	struct call *call = job->state;

	return kg_api_open(job, &(struct kg_api_about){}, &call->api, discover);
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

static struct kg_next
discover(struct kg_job *job)
{
	const struct call *call = job->state;

	return kg_api_discover(job, call->api, the_anew, discovered);
}

static struct kg_next
discovered(struct kg_job *job)
{
	const struct call *call = job->state;
	const struct kg_resource *resource = kg_api_resource(call->api, "apps/v1", the_kind);

	if (!resource)
		return kg_failed(kg_api_unknown(job, call->api, "apps/v1", the_kind));
	calling_note("%s", kg_api_path(job->arena, resource, "shop", NULL));
	return kg_done(job);
}

static struct fake_reply
aggregates(void *, const struct fake_request *request)
{
	char *accept = fake_header(request, "Accept"), *etag = fake_header(request, "If-None-Match");
	bool is_right = accept && strstr(accept, "as=APIGroupDiscoveryList"), is_known = etag && strcmp(etag, "\"1\"") == 0;

	free(accept);
	free(etag);
	if (!is_right)
		return (struct fake_reply){ .status = 418, .body = "wrong" };
	if (is_known)
		return (struct fake_reply){ .status = 304, .body = "" };
	return (struct fake_reply){ .status = 200,
		.headers = "ETag: \"1\"\r\n",
		.body = strcmp(request->path, "/api") == 0
		    ? "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{},\"versions\":[{\"version\":\"v1\","
		      "\"resources\":["
		      "{\"resource\":\"pods\",\"responseKind\":{\"kind\":\"Pod\"},\"scope\":\"Namespaced\"}]}]}]}"
		    : "{\"kind\":\"APIGroupDiscoveryList\",\"items\":[{\"metadata\":{\"name\":\"apps\"},\"versions\":[{\"version\":"
		      "\"v1\",\"resources\":["
		      "{\"resource\":\"deployments\",\"responseKind\":{\"kind\":\"Deployment\"},\"scope\":\"Namespaced\"}]}]}]}" };
}

static int
aggregates_setup(void **state)
{
	the_kind = "Deployment";
	the_anew = false;
	return setup_with(state, aggregates);
}

static void
kinds_are_asked_for_once_and_kept(void **state)
{
	struct calling *calling = *state;

	calling_run(calling, open, 20);
	assert_string_equal(calling->errors, "");
	assert_string_equal(fake_api_requests(calling->fake), "GET /api\nGET /apis\n");
	calling_noted(calling);
	calling_run(calling, open, 1);
	assert_string_equal(calling_noted(calling), "/apis/apps/v1/namespaces/shop/deployments\n");
	assert_string_equal(fake_api_requests(calling->fake), "GET /api\nGET /apis\n");
	the_anew = true;
	calling_run(calling, open, 20);
	assert_string_equal(calling->errors, "");
	assert_string_equal(fake_api_requests(calling->fake), "GET /api\nGET /apis\nGET /api\nGET /apis\n");
}

static void
an_unknown_kind_is_told(void **state)
{
	struct calling *calling = *state;

	the_kind = "Deploymnet";
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(calling->errors, "n0: the cluster has no kind Deploymnet of apps/v1; ");
}

static struct fake_reply
is_old(void *, const struct fake_request *request)
{
	static const struct {
		const char *path, *body;
	} answers[] = {
		{ "/api", "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}" },
		{ "/apis",
		    "{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"metrics\",\"versions\":[{\"version\":\"v1\"}]},{\"name\":"
		    "\"apps\",\"versions\":[{\"version\":\"v1\"}]}]}" },
		{ "/api/v1",
		    "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"pods\",\"kind\":\"Pod\",\"namespaced\":true}]}" },
		{ "/apis/apps/v1",
		    "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"deployments\",\"kind\":\"Deployment\",\"namespaced\":"
		    "true}]}" },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (strcmp(request->path, answers[i].path) == 0)
			return (struct fake_reply){ .status = 200, .body = answers[i].body };
	return (struct fake_reply){ .status = 500, .body = "the server of metrics is away" };
}

static int
is_old_setup(void **state)
{
	the_kind = "Deployment";
	the_anew = false;
	return setup_with(state, is_old);
}

static void
an_old_server_is_asked_in_the_old_form(void **state)
{
	struct calling *calling = *state;

	calling_run(calling, open, 1);
	assert_string_equal(calling->errors, "");
	assert_string_equal(calling_noted(calling), "/apis/apps/v1/namespaces/shop/deployments\n");
}

static struct fake_reply
is_something_else(void *, const struct fake_request *)
{
	return (struct fake_reply){ .status = 200, .body = "<html>hello</html>" };
}

static int
is_something_else_setup(void **state)
{
	the_kind = "Deployment";
	the_anew = false;
	return setup_with(state, is_something_else);
}

static void
who_is_no_api_server_is_told(void **state)
{
	struct calling *calling = *state;

	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(calling->errors,
	    kg_format(calling->arena,
		"n0: cannot find out which kinds the cluster has: 127.0.0.1:%u is not answered by a Kubernetes API server; ",
		fake_api_port(calling->fake)));
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kinds_are_asked_for_once_and_kept, aggregates_setup),
		TEST(an_unknown_kind_is_told, aggregates_setup),
		TEST(an_old_server_is_asked_in_the_old_form, is_old_setup),
		TEST(who_is_no_api_server_is_told, is_something_else_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
