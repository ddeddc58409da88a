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

static const struct kg_resource pods = {
	.group = "", .version = "v1", .api_version = "v1", .kind = "Pod", .plural = "pods", .is_namespaced = true
};

/* How many changes the nodes wait for, and of what. */
static const char *the_awaited;
static bool the_trouble_is_awaited;

static kg_step opened, changed;

static struct kg_next
open(struct kg_job *job)
{
	struct call *call = job->state;

	return kg_api_open(job, &(struct kg_api_about){}, &call->api, opened);
}

static struct kg_next
opened(struct kg_job *job)
{
	struct call *call = job->state;

	call->watch = kg_api_watch(job, call->api, &pods, "shop", "app=web", NULL);
	return kg_go(changed);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "a=1 b=2", in order. */
static const char *
shown(struct kg_job *job, const struct kg_api_watch *watch)
{
	const char **words = kg_new_array(job->arena, const char *, watch->count + 1);
	struct kg_text text = { .arena = job->arena };

	for (uint32_t i = 0; i < watch->count; i++) {
		const cJSON *object = kg_api_watch_at(watch, i);
		const char *name = kg_json_text(object, "metadata.name"), *phase = kg_json_text(object, "status");

		assert_ptr_equal(kg_api_watch_find(watch, "shop", name), object);
		assert_string_equal(kg_json_text(object, "kind"), "Pod");
		assert_string_equal(kg_json_text(object, "apiVersion"), "v1");
		words[i] = kg_format(job->arena, "%s=%s", name, phase ? phase : "");
	}
	qsort(words, watch->count, sizeof(*words), by_name);
	for (uint32_t i = 0; i < watch->count; i++)
		kg_text_format(&text, "%s%s", i ? " " : "", words[i]);
	return kg_text_end(&text);
}

static struct kg_next
changed(struct kg_job *job)
{
	struct call *call = job->state;
	const struct kg_api_watch *watch = call->watch;

	if (watch->error)
		return kg_failed(kg_error_copy(job->arena, watch->error));
	if (the_trouble_is_awaited && watch->trouble) {
		the_trouble_is_awaited = false;
		calling_note("%s", watch->trouble);
	}
	if (watch->is_synced && !the_trouble_is_awaited && strcmp(shown(job, watch), the_awaited) == 0)
		return kg_done(job);
	return kg_wait_topic(job, watch->topic, 20'000, changed);
}

static int
setup_with(void **state, fake_answer *answer)
{
	*state = calling_make(answer);
	the_trouble_is_awaited = false;
	return 0;
}

static int
teardown(void **state)
{
	calling_free(*state);
	return 0;
}

#define LIST(version, items) \
	"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"
#define POD(name, version, status)                                                                                              \
	"{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"resourceVersion\":\"" version "\"},\"status\":\"" status \
	"\"}"
#define EVENT(type, name, version, status)                                                                         \
	"{\"type\":\"" type "\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" name \
	"\",\"namespace\":\"shop\",\"resourceVersion\":\"" version "\"},\"status\":\"" status "\"}}\n"
#define EXPIRED                                                                       \
	"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"too old resource " \
	"version\",\"reason\":\"Expired\",\"code\":410}"

static bool
is_watch(const struct fake_request *request)
{
	return strstr(request->path, "watch=1");
}

/* Of lists or of watches so far, this one included. */
static uint32_t
number_of(const struct fake_request *request)
{
	static uint32_t lists, watches;

	if (request->number == 1)
		lists = watches = 0;
	return is_watch(request) ? ++watches : ++lists;
}

static struct fake_reply
follows(void *, const struct fake_request *request)
{
	static const char *const pieces[] = { EVENT("ADDED", "b", "6", "Pending"), EVENT("MODIFIED", "b", "7", "Running"),
		EVENT("DELETED", "a", "8", ""), NULL };

	assert_true(strstr(request->path, "/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&") != NULL);
	if (!is_watch(request))
		return (struct fake_reply){ .status = 200, .body = LIST("5", POD("a", "4", "Running")) };
	assert_true(strstr(request->path, "resourceVersion=5") && strstr(request->path, "allowWatchBookmarks=true"));
	return (struct fake_reply){ .status = 200, .pieces = pieces, .pause_ms = 20, .stays = true };
}

static int
follows_setup(void **state)
{
	return setup_with(state, follows);
}

static void
what_changes_is_seen(void **state)
{
	struct calling *calling = *state;

	the_awaited = "b=Running";
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_UP);
	assert_string_equal(calling->errors, "");
}

static uint32_t
count_of(const char *text, const char *part)
{
	uint32_t count = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		count++;
	return count;
}

static void
one_stream_is_for_all_nodes(void **state)
{
	struct calling *calling = *state;

	the_awaited = "b=Running";
	assert_int_equal(calling_run(calling, open, 25), KG_RUN_UP);
	assert_int_equal(count_of(fake_api_requests(calling->fake), "GET"), 2);
}

static struct fake_reply
pages(void *, const struct fake_request *request)
{
	static const char *const none[] = { NULL };

	if (is_watch(request))
		return (struct fake_reply){ .status = 200, .pieces = none, .stays = true };
	if (strstr(request->path, "continue=next%2B1"))
		return (struct fake_reply){ .status = 200, .body = LIST("5", POD("b", "4", "2")) };
	return (struct fake_reply){ .status = 200,
		.body = "{\"metadata\":{\"resourceVersion\":\"5\",\"continue\":\"next+1\"},\"items\":[" POD("a", "1", "1") "]}" };
}

static int
pages_setup(void **state)
{
	return setup_with(state, pages);
}

static void
a_list_comes_in_pages(void **state)
{
	the_awaited = "a=1 b=2";
	assert_int_equal(calling_run(*state, open, 1), KG_RUN_UP);
}

/* The first watch says that its version has expired, as an event; the second one as a status; what was deleted meanwhile is only not listed. */
static struct fake_reply
expires(void *, const struct fake_request *request)
{
	static const char *const pieces[] = { EVENT("ADDED", "b", "6", "1"), "{\"type\":\"ERROR\",\"object\":" EXPIRED "}\n",
		NULL };
	static const char *const none[] = { NULL };
	uint32_t number = number_of(request);

	if (is_watch(request) && number == 1)
		return (struct fake_reply){ .status = 200, .pieces = pieces };
	if (is_watch(request) && number == 2)
		return (struct fake_reply){ .status = 410, .body = EXPIRED };
	if (is_watch(request))
		return (struct fake_reply){ .status = 200, .pieces = none, .stays = true };
	return (struct fake_reply){ .status = 200,
		.body = number == 1 ? LIST("5", POD("a", "4", "1"))
		    : number == 2   ? LIST("9", POD("b", "7", "2"))
				    : LIST("12", POD("c", "11", "3")) };
}

static int
expires_setup(void **state)
{
	return setup_with(state, expires);
}

static void
an_expired_version_is_listed_again(void **state)
{
	struct calling *calling = *state;

	the_awaited = "c=3";
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_UP);
	assert_string_equal(calling->errors, "");
}

static struct fake_reply
cut(void *, const struct fake_request *request)
{
	static const char *const half[] = { EVENT("ADDED", "b", "6", "1"), "{\"type\":\"MODI", NULL };
	static const char *const rest[] = { EVENT("MODIFIED", "b", "7", "2"), NULL };
	uint32_t number = number_of(request);

	if (!is_watch(request))
		return (struct fake_reply){ .status = 200, .body = number == 1 ? LIST("5", "") : LIST("6", POD("b", "6", "1")) };
	if (number == 1)
		return (struct fake_reply){ .status = 200, .pieces = half, .is_cut = true };
	assert_true(strstr(request->path, "resourceVersion=6") != NULL);
	return (struct fake_reply){ .status = 200, .pieces = rest, .stays = true };
}

static int
cut_setup(void **state)
{
	return setup_with(state, cut);
}

static void
a_stream_that_is_cut_goes_on(void **state)
{
	the_awaited = "b=2";
	assert_int_equal(calling_run(*state, open, 1), KG_RUN_UP);
}

static struct fake_reply
nonsense(void *, const struct fake_request *request)
{
	static const char *const html[] = { "<html>proxy login</html>\n", NULL };
	static const char *const none[] = { NULL };
	uint32_t number = number_of(request);

	if (is_watch(request))
		return (struct fake_reply){ .status = 200, .pieces = number == 1 ? html : none, .stays = number > 1 };
	return (struct fake_reply){ .status = 200,
		.body = number == 2 ? "<html>"
		    : number == 1   ? LIST("5", "")
				    : LIST("6", POD("a", "1", "1")) };
}

static int
nonsense_setup(void **state)
{
	return setup_with(state, nonsense);
}

static void
nonsense_is_told_and_borne(void **state)
{
	struct calling *calling = *state;

	the_awaited = "a=1";
	the_trouble_is_awaited = true;
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_UP);
	assert_string_equal(calling_noted(calling), "an event of the watch is no JSON\n");
}

static struct fake_reply
breaks(void *, const struct fake_request *request)
{
	static const char *const none[] = { NULL };

	if (request->number <= 2)
		return (struct fake_reply){ .status = 0 };
	if (is_watch(request))
		return (struct fake_reply){ .status = 200, .pieces = none, .stays = true };
	return (struct fake_reply){ .status = 200, .body = LIST("6", POD("a", "1", "1")) };
}

static int
breaks_setup(void **state)
{
	return setup_with(state, breaks);
}

static void
a_server_that_is_away_is_told_and_waited_for(void **state)
{
	struct calling *calling = *state;
	const char *noted;

	the_awaited = "a=1";
	the_trouble_is_awaited = true;
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_UP);
	noted = calling_noted(calling);
	assert_non_null(strstr(noted,
	    kg_format(
		calling->arena, "watching pods: the API server at 127.0.0.1:%u does not answer: ", fake_api_port(calling->fake))));
}

static struct fake_reply
appears(void *, const struct fake_request *request)
{
	static const char *const none[] = { NULL };

	if (request->number == 1)
		return (struct fake_reply){ .status = 404, .body = "404 page not found" };
	if (is_watch(request))
		return (struct fake_reply){ .status = 200, .pieces = none, .stays = true };
	return (struct fake_reply){ .status = 200, .body = LIST("6", POD("a", "1", "1")) };
}

static int
appears_setup(void **state)
{
	return setup_with(state, appears);
}

static void
a_resource_that_is_not_there_yet_is_waited_for(void **state)
{
	the_awaited = "a=1";
	assert_int_equal(calling_run(*state, open, 1), KG_RUN_UP);
}

static struct fake_reply
forbids(void *, const struct fake_request *)
{
	return (struct fake_reply){ .status = 403,
		.body = "{\"kind\":\"Status\",\"message\":\"pods is forbidden: User \\\"u\\\" cannot list resource "
			"\\\"pods\\\"\",\"reason\":\"Forbidden\",\"code\":403}" };
}

static int
forbids_setup(void **state)
{
	return setup_with(state, forbids);
}

static void
who_may_not_watch_is_told(void **state)
{
	struct calling *calling = *state;

	the_awaited = "";
	assert_int_equal(calling_run(calling, open, 1), KG_RUN_FAILED);
	assert_string_equal(
	    calling->errors, "n0: cannot watch pods: pods is forbidden: User \"u\" cannot list resource \"pods\"; ");
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_changes_is_seen, follows_setup),
		TEST(one_stream_is_for_all_nodes, follows_setup),
		TEST(a_list_comes_in_pages, pages_setup),
		TEST(an_expired_version_is_listed_again, expires_setup),
		TEST(a_stream_that_is_cut_goes_on, cut_setup),
		TEST(nonsense_is_told_and_borne, nonsense_setup),
		TEST(a_server_that_is_away_is_told_and_waited_for, breaks_setup),
		TEST(a_resource_that_is_not_there_yet_is_waited_for, appears_setup),
		TEST(who_may_not_watch_is_told, forbids_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
