/* ready_when: the words of `kubectl wait --for`, what they say of one object, and where each mistake is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "targets/kubernetes/status/ready_when.h"

static const char object_text[] =
    "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"one\",\"generation\":3},"
    "\"status\":{\"phase\":\"Running\",\"ready\":2,\"paused\":false,\"size\":\"1536Mi\",\"cpu\":\"500m\",\"parts\":[\"up\",\"up\","
    "\"down\"],"
    "\"note\":{\"by\":\"me\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"Pulling\",\"message\":\"pulls "
    "its parts\"},"
    "{\"type\":\"Seen\",\"status\":\"True\",\"observedGeneration\":3},{\"type\":\"Old\",\"status\":\"True\",\"observedGeneration\":"
    "2}]}}";

static struct kg_arena *arena;
static cJSON *object;

static int
make_object(void **)
{
	arena = kg_arena_make();
	object = cJSON_Parse(object_text);
	return object ? 0 : -1;
}

static int
free_object(void **)
{
	cJSON_Delete(object);
	kg_arena_free(arena);
	return 0;
}

static struct kg_status
status_of(const char *text, const cJSON *of)
{
	const struct kg_ready_when *when;
	struct kg_error *error = kg_ready_when_parse(arena, text, &when);

	if (error)
		fail_msg("%s: %s", text, error->message);
	return kg_ready_when_status(arena, when, of);
}

static void
words_say_whether_it_is_ready_and_what_it_is(void **)
{
	static const struct {
		const char *text;
		enum kg_verdict verdict;
		const char *message;
	} cases[] = {
		{ "condition=Ready", KG_VERDICT_IN_PROGRESS, "its condition Ready is False: pulls its parts" },
		{ "condition=Ready=False", KG_VERDICT_CURRENT, "its condition Ready is False: pulls its parts" },
		{ "condition=ready=false", KG_VERDICT_CURRENT, "its condition Ready is False: pulls its parts" },
		{ "condition=Seen", KG_VERDICT_CURRENT, "its condition Seen is True" },
		{ "condition=Old", KG_VERDICT_IN_PROGRESS, "its condition Old is still that of an older generation" },
		{ "condition=Gone", KG_VERDICT_IN_PROGRESS, "it has no condition Gone yet" },
		{ "{.status.phase}", KG_VERDICT_CURRENT, "{.status.phase} is Running" },
		{ "{.status.phase}=Running", KG_VERDICT_CURRENT, "{.status.phase} is Running" },
		{ ".status.phase=Running", KG_VERDICT_CURRENT, ".status.phase is Running" },
		{ "jsonpath={.status.phase}=Running", KG_VERDICT_CURRENT, "{.status.phase} is Running" },
		{ "{.status.phase} = \"Running\"", KG_VERDICT_CURRENT, "{.status.phase} is Running" },
		{ "{.status.phase}=='Running'", KG_VERDICT_CURRENT, "{.status.phase} is Running" },
		{ "{.status.phase}=Failed", KG_VERDICT_IN_PROGRESS, "{.status.phase} is Running and should be Failed" },
		{ "{.status.phase}!=Failed", KG_VERDICT_CURRENT, "{.status.phase} is Running" },
		{ "{.status.phase}!=Running", KG_VERDICT_IN_PROGRESS,
		    "{.status.phase} is Running and should be other than Running" },
		{ "{.status.gone}", KG_VERDICT_IN_PROGRESS, "{.status.gone} is not there yet" },
		{ "{.status.ready}=2", KG_VERDICT_CURRENT, "{.status.ready} is 2" },
		{ "{.status.ready}>=3", KG_VERDICT_IN_PROGRESS, "{.status.ready} is 2 and should be at least 3" },
		{ "{.status.ready}>1", KG_VERDICT_CURRENT, "{.status.ready} is 2" },
		{ "{.status.ready}<2", KG_VERDICT_IN_PROGRESS, "{.status.ready} is 2 and should be less than 2" },
		{ "{.status.ready}<=2", KG_VERDICT_CURRENT, "{.status.ready} is 2" },
		{ "{.status.paused}=false", KG_VERDICT_CURRENT, "{.status.paused} is false" },
		{ "{.status.size}>=1Gi", KG_VERDICT_CURRENT, "{.status.size} is 1536Mi" },
		{ "{.status.size}=1.5Gi", KG_VERDICT_CURRENT, "{.status.size} is 1536Mi" },
		{ "{.status.cpu}<1", KG_VERDICT_CURRENT, "{.status.cpu} is 500m" },
		{ "{.status.phase}>1", KG_VERDICT_IN_PROGRESS, "{.status.phase} is Running and should be more than 1" },
		{ "{.status.parts[*]}=up", KG_VERDICT_IN_PROGRESS, "{.status.parts[*]} is down and should be up" },
		{ "{.status.parts[0:2]}=up", KG_VERDICT_CURRENT, "{.status.parts[0:2]} is up" },
		{ "{.status.note}", KG_VERDICT_CURRENT, "{.status.note} is {\"by\":\"me\"}" },
		{ "{.status.conditions[?(@.type==\"Seen\")].status}=True", KG_VERDICT_CURRENT,
		    "{.status.conditions[?(@.type==\"Seen\")].status} is True" },
		{ ".status.conditions[?(@.type=='Seen')].status=True", KG_VERDICT_CURRENT,
		    ".status.conditions[?(@.type=='Seen')].status is True" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kg_status status = status_of(cases[i].text, object);

		if (status.verdict != cases[i].verdict || strcmp(status.message, cases[i].message) != 0)
			fail_msg("%s: %s, %s", cases[i].text, kg_verdict_text(status.verdict), status.message);
	}
}

static void
what_is_deleted_or_was_not_observed_is_not_ready(void **)
{
	cJSON *deleted =
	    cJSON_Parse("{\"metadata\":{\"deletionTimestamp\":\"2026-11-21T12:00:00Z\"},\"status\":{\"phase\":\"Running\"}}");
	cJSON *old = cJSON_Parse("{\"metadata\":{\"generation\":2},\"status\":{\"observedGeneration\":1,\"phase\":\"Running\"}}");

	assert_int_equal(status_of("{.status.phase}", deleted).verdict, KG_VERDICT_TERMINATING);
	assert_int_equal(status_of("{.status.phase}", old).verdict, KG_VERDICT_IN_PROGRESS);
	cJSON_Delete(deleted);
	cJSON_Delete(old);
}

static void
mistakes_are_told_with_their_column(void **)
{
	static const struct {
		const char *text;
		uint32_t column;
		const char *message;
	} cases[] = {
		{ "Ready", 1, "`condition=NAME`, `{PATH}` or `{PATH}=VALUE` has to stand here" },
		{ "condition=", 11, "a condition's name has to stand here" },
		{ "condition=Ready=", 17, "a status has to stand here: True, False or Unknown" },
		{ "{.status.phase", 15, "the brace is not closed: `}` is missing" },
		{ "jsonpath={.status[}", 19, "an index, a slice, a quoted key, `*` or a filter `?(…)` has to stand here" },
		{ "{.status.phase} Running", 17, "`=`, `!=`, `<`, `<=`, `>` or `>=` and a value may stand here" },
		{ "{.status.phase}=", 17, "a value is missing here" },
		{ "{.status.phase}>Running", 17, "only numbers and quantities have an order" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct kg_ready_when *when;
		struct kg_error *error = kg_ready_when_parse(arena, cases[i].text, &when);

		if (!error || strcmp(error->message, cases[i].message) != 0 || error->place.column != cases[i].column)
			fail_msg("%s: %s, column %u", cases[i].text, error ? error->message : "is taken",
			    error ? error->place.column : 0);
		assert_string_equal(error->place.line_text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_say_whether_it_is_ready_and_what_it_is),
		cmocka_unit_test(what_is_deleted_or_was_not_observed_is_not_ready),
		cmocka_unit_test(mistakes_are_told_with_their_column),
	};

	return cmocka_run_group_tests(tests, make_object, free_object);
}
