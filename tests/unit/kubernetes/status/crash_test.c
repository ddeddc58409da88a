/* Crash loops as they go on: what is told from the first end on, and when it is certain that there is no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/crash.h"
#include "targets/kubernetes/status/diagnosis.h"
#include "targets/kubernetes/status/surroundings.h"
#include "tests/unit/kubernetes/status/cases.h"

struct story {
	struct kg_arena *arena;
	struct kg_crashes *crashes;
	struct kg_surroundings *around;
	cJSON *objects;
	const char *neighbours; /* JSON, put around the pod at each look */
	uint32_t ends;
	bool (*others_may_help)(void *context, int64_t last_try_s);
	void *context;
};

static int
make(void **state)
{
	struct kg_arena *arena = kg_arena_make();
	struct story *story = kg_new(arena, struct story);

	*story = (struct story){ .arena = arena, .crashes = kg_crashes_make(arena), .objects = cJSON_CreateArray() };
	*state = story;
	return 0;
}

static int
drop(void **state)
{
	struct story *story = *state;

	cJSON_Delete(story->objects);
	kg_arena_free(story->arena);
	return 0;
}

static cJSON *
object(struct story *story, const char *json)
{
	cJSON *read = cJSON_Parse(json);

	assert_non_null(read);
	cJSON_AddItemToArray(story->objects, read);
	return read;
}

/* A pod as it is between an end and the next start, or, where it runs again, behind that; each start comes 20 s after the last, and ends at once. */
static const cJSON *
pod_now(struct story *story, bool runs_again)
{
	int64_t ago_s = 100 - 20 * (int64_t)story->ends;
	const char *ended = kg_format(story->arena,
	    "{\"terminated\":{\"exitCode\":1,\"containerID\":\"c%u\",\"startedAt\":\"%s\",\"finishedAt\":\"%s\"}}", story->ends,
	    cases_time(story->arena, ago_s), cases_time(story->arena, ago_s));

	return object(story,
	    kg_format(story->arena,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web-1\",\"namespace\":\"shop\",\"uid\":\"u1\","
		"\"labels\":"
		"{\"kgraph/graph\":\"g\"}},\"spec\":{\"nodeName\":\"n\",\"containers\":[{\"name\":\"app\"}]},\"status\":{\"phase\":"
		"\"Running\",\"containerStatuses\":[{\"name\":\"app\",\"ready\":false,\"restartCount\":%u,\"containerID\":\"c%u\","
		"\"state\":%s,\"lastState\":%s}]}}",
		runs_again ? story->ends : story->ends - 1, story->ends,
		runs_again ? "{\"running\":{}}" : "{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}", ended));
}

static struct kg_findings
look(struct story *story, bool runs_again)
{
	struct kg_diagnosis_rules rules = {
		.now_s = cases_now_s,
		.since_s = cases_now_s - 200,
		.crashes = story->crashes,
		.others_may_help = story->others_may_help,
		.context = story->context,
	};
	const cJSON *pod = pod_now(story, runs_again), *one;

	story->around = kg_surroundings_make(story->arena);
	kg_surroundings_add(story->around, pod);
	if (story->neighbours)
		cJSON_ArrayForEach(one, object(story, story->neighbours)) kg_surroundings_add(story->around, one);
	kg_surroundings_complete(story->around, "Pod", "shop");
	return kg_diagnose(story->arena, &pod, 1, story->around, &rules);
}

/* It ends once more, and says so. What is told then. */
static struct kg_finding
ends(struct story *story, const char *words)
{
	story->ends++;
	struct kg_findings findings = look(story, false);
	assert_int_equal(findings.count, 1);
	assert_true(findings.items[0].wants_words);
	assert_false(findings.items[0].is_fatal);
	kg_crashes_hear(story->crashes, "shop", "web-1", "app", words);
	findings = look(story, false);
	assert_false(findings.items[0].wants_words);
	return findings.items[0];
}

static const char *
neighbour(struct story *story, const char *ready)
{
	return kg_format(story->arena,
	    "[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"db-1\",\"namespace\":\"shop\",\"uid\":\"u2\","
	    "\"labels\":{"
	    "\"kgraph/graph\":\"g\"}},\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\","
	    "\"lastTransitionTime\":\"%s\"}]}},{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSlice\",\"metadata\":{"
	    "\"name\":\"database-x\",\"namespace\":\"shop\",\"labels\":{\"kubernetes.io/"
	    "service-name\":\"database\"}},\"endpoints\":[{"
	    "\"addresses\":[\"10.0.0.2\"],\"conditions\":{\"ready\":%s},\"targetRef\":{\"kind\":\"Pod\",\"name\":\"db-1\"}}]}]",
	    ready, cases_time(story->arena, 190), strcmp(ready, "True") == 0 ? "true" : "false");
}

static void
the_first_end_is_told_with_its_words_and_goes_on_being_told(void **state)
{
	struct story *story = *state;
	struct kg_finding told = ends(story, "reading settings\nerror: DATABASE_URL is not set\n");

	assert_string_equal(told.sentence, "pod web-1: container app ended with exit code 1: \"error: DATABASE_URL is not set\"");
	struct kg_findings again = look(story, true);
	assert_int_equal(again.count, 1);
	assert_string_equal(again.items[0].sentence,
	    "pod web-1: container app ended with exit code 1: \"error: DATABASE_URL is not set\"; started 2 times");
	assert_false(again.items[0].is_fatal);
}

static void
what_cannot_begin_is_over_at_its_second_end(void **state)
{
	struct story *story = *state;

	assert_false(ends(story, "unknown flag: --prot\nUsage: web [flags]\n").is_fatal);
	assert_true(ends(story, "unknown flag: --prot\nUsage: web [flags]\n").is_fatal);
}

static void
three_ends_alike_are_enough_where_nothing_is_missing(void **state)
{
	struct story *story = *state;

	story->neighbours = neighbour(story, "True");
	assert_false(ends(story, "12:00:01 error: no settings (pid 7)\n").is_fatal);
	assert_false(ends(story, "12:00:21 error: no settings (pid 9)\n").is_fatal);
	assert_true(ends(story, "12:00:41 error: no settings (pid 12)\n").is_fatal);
}

static void
no_number_of_ends_is_enough_while_a_neighbour_is_on_its_way(void **state)
{
	struct story *story = *state;

	story->neighbours = neighbour(story, "False");
	for (int i = 0; i < 6; i++)
		assert_false(ends(story, "error: no settings\n").is_fatal);
	story->neighbours = neighbour(story, "True");
	assert_true(ends(story, "error: no settings\n").is_fatal);
}

/* In another namespace, and ready just now. */
static const char *
neighbour_elsewhere(struct story *story, bool is_ready)
{
	return kg_format(story->arena,
	    "[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"db-1\",\"namespace\":\"data\",\"uid\":\"u2\","
	    "\"labels\":{"
	    "\"kgraph/graph\":\"g\"}},\"status\":{\"phase\":\"Running\",\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\","
	    "\"lastTransitionTime\":\"%s\"}]}}]",
	    is_ready ? "True" : "False", cases_time(story->arena, is_ready ? 0 : 190));
}

static void
who_waits_for_another_namespace_gets_one_more_try_when_that_is_ready(void **state)
{
	struct story *story = *state;

	story->neighbours = neighbour_elsewhere(story, false);
	for (int i = 0; i < 4; i++)
		assert_false(ends(story, "fatal: dial tcp: db.data:5432: no such host\n").is_fatal);
	/* Its fifth try began at the same time, its sixth 20 s later. */
	story->neighbours = neighbour_elsewhere(story, true);
	assert_false(ends(story, "fatal: dial tcp: db.data:5432: no such host\n").is_fatal);
	assert_true(ends(story, "fatal: dial tcp: db.data:5432: no such host\n").is_fatal);
}

/* That ends again and again as well, and did so for the last time at a time. */
static const char *
neighbour_that_ends(struct story *story, uint32_t restarts)
{
	return kg_format(story->arena,
	    "[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"db-1\",\"namespace\":\"shop\",\"uid\":\"u2\","
	    "\"labels\":{"
	    "\"kgraph/graph\":\"g\"}},\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"restartCount\":%u,"
	    "\"lastState\":{\"terminated\":{\"startedAt\":\"%s\"}}}]}}]",
	    restarts, cases_time(story->arena, 30));
}

static void
two_that_wait_for_each_other_are_no_hope(void **state)
{
	struct story *story = *state;

	story->neighbours = neighbour_that_ends(story, 1);
	for (int i = 0; i < 5; i++)
		assert_false(ends(story, "error: no settings\n").is_fatal);
	story->neighbours = neighbour_that_ends(story, 3);
	assert_true(ends(story, "error: no settings\n").is_fatal);
}

/* Other nodes of the graph, as far as the run knows them. */
static bool
may_help(void *context, int64_t last_try_s)
{
	assert_true(last_try_s > 0);
	return *(const bool *)context;
}

static void
what_another_node_may_bring_is_waited_for_but_not_with_what_is_broken(void **state)
{
	struct story *story = *state;
	bool is_on_its_way = true;

	story->others_may_help = may_help;
	story->context = &is_on_its_way;
	for (int i = 0; i < 6; i++)
		assert_false(ends(story, "error: no settings\n").is_fatal);
	is_on_its_way = false;
	assert_true(ends(story, "error: no settings\n").is_fatal);
	is_on_its_way = true;
	assert_false(ends(story, "unknown flag: --prot\n").is_fatal);
	assert_true(ends(story, "unknown flag: --prot\n").is_fatal);
}

static void
ends_of_different_words_are_not_alike(void **state)
{
	struct story *story = *state;

	assert_false(ends(story, "error: no settings\n").is_fatal);
	assert_false(ends(story, "error: no settings\n").is_fatal);
	assert_false(ends(story, "error: no schema\n").is_fatal);
}

static void
who_waits_for_its_database_is_let_be_until_that_is_ready(void **state)
{
	struct story *story = *state;

	story->neighbours = neighbour(story, "False");
	for (int i = 0; i < 6; i++)
		assert_false(ends(story, "fatal: dial tcp: database:5432: connection refused\n").is_fatal);
}

static void
a_database_that_was_ready_before_it_started_is_no_reason(void **state)
{
	struct story *story = *state;
	const char *words = "fatal: dial tcp: database:5433: connection refused\n";

	story->neighbours = neighbour(story, "True");
	assert_false(ends(story, words).is_fatal);
	assert_false(ends(story, words).is_fatal);
	assert_true(ends(story, words).is_fatal);
}

/* It may be in another namespace, or outside of the cluster: then the number of restarts decides. */
static void
what_it_speaks_of_and_nobody_knows_gets_its_time(void **state)
{
	struct story *story = *state;
	const char *words = "fatal: dial tcp: lookup elsewhere: no such host\n";

	story->neighbours = neighbour(story, "True");
	for (int i = 0; i < 3; i++)
		assert_false(ends(story, words).is_fatal);
	assert_true(ends(story, words).is_fatal);
}

/* Of a pod that was made a minute ago, with a status and perhaps an event about it. */
static bool
is_given_up(struct story *story, const char *status, const char *event)
{
	struct kg_diagnosis_rules rules = {
		.now_s = cases_now_s,
		.since_s = cases_now_s - 70,
		.others_may_help = story->others_may_help,
		.context = story->context,
	};
	const cJSON *pod = object(story,
	    kg_format(story->arena,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\",\"uid\":\"u\","
		"\"creationTimestamp\":\"%s\"},\"spec\":{\"nodeName\":\"n\",\"containers\":[{\"name\":\"c\"}]},\"status\":{"
		"\"phase\":\"Pending\",%s}}",
		cases_time(story->arena, 60), status));
	struct kg_surroundings *around = kg_surroundings_make(story->arena);

	if (event)
		kg_surroundings_add(around,
		    object(story,
			kg_format(story->arena,
			    "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"metadata\":{\"name\":\"e\",\"namespace\":\"shop\"},"
			    "\"involvedObject\":{"
			    "\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"p\",\"uid\":\"u\"},"
			    "\"reason\":\"%s\"}",
			    event)));
	struct kg_findings findings = kg_diagnose(story->arena, &pod, 1, around, &rules);
	assert_int_equal(findings.count, 1);
	return findings.items[0].is_fatal;
}

static void
what_is_missing_is_waited_for_while_another_node_may_bring_it(void **state)
{
	struct story *story = *state;
	static const char missing[] =
	    "\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"waiting\":{\"reason\":\"CreateContainerConfigError\","
	    "\"message\":\"configmap \\\"settings\\\" not found\"}}}]";
	bool is_on_its_way = true;

	assert_true(is_given_up(story, missing, NULL));
	story->others_may_help = may_help;
	story->context = &is_on_its_way;
	assert_false(is_given_up(story, missing, NULL));
	is_on_its_way = false;
	assert_true(is_given_up(story, missing, NULL));
}

static void
a_pod_for_which_a_node_is_made_is_waited_for(void **state)
{
	struct story *story = *state;
	static const char unscheduled[] =
	    "\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\","
	    "\"message\":\"0/1 nodes are available: 1 Insufficient cpu.\"}]";

	assert_true(is_given_up(story, unscheduled, NULL));
	assert_false(is_given_up(story, unscheduled, "TriggeredScaleUp"));
	assert_true(is_given_up(story, unscheduled, "NotTriggerScaleUp"));
}

/* A pod of its own that is not to be started again, one of whose containers has ended once. */
static bool
end_is_fatal(struct story *story, const char *containers, const char *statuses)
{
	struct kg_diagnosis_rules rules = { .now_s = cases_now_s };
	const cJSON *pod = object(story,
	    kg_format(story->arena,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"shop\"},\"spec\":{"
		"\"nodeName\":\"n\","
		"\"restartPolicy\":\"Never\",%s},\"status\":{\"phase\":\"Running\",\"%s\":[{\"name\":\"c\",\"restartCount\":0,"
		"\"state\":{"
		"\"terminated\":{\"exitCode\":1,\"containerID\":\"c1\",\"startedAt\":\"%s\",\"finishedAt\":\"%s\"}}}]}}",
		containers, statuses, cases_time(story->arena, 10), cases_time(story->arena, 9)));

	struct kg_findings findings = kg_diagnose(story->arena, &pod, 1, kg_surroundings_make(story->arena), &rules);
	assert_int_equal(findings.count, 1);
	return findings.items[0].is_fatal;
}

static void
a_sidecar_is_started_again_whatever_the_pod_says(void **state)
{
	struct story *story = *state;
	static const char containers[] = "containerStatuses", init[] = "initContainerStatuses";

	assert_true(end_is_fatal(story, "\"containers\":[{\"name\":\"c\"}]", containers));
	assert_true(end_is_fatal(story, "\"containers\":[{\"name\":\"main\"}],\"initContainers\":[{\"name\":\"c\"}]", init));
	assert_false(end_is_fatal(story,
	    "\"containers\":[{\"name\":\"main\"}],\"initContainers\":[{\"name\":\"c\",\"restartPolicy\":\"Always\"}]", init));
	assert_false(end_is_fatal(story, "\"containers\":[{\"name\":\"c\",\"restartPolicy\":\"OnFailure\"}]", containers));
	assert_false(end_is_fatal(
	    story, "\"containers\":[{\"name\":\"c\",\"restartPolicy\":\"Never\",\"restartPolicyRules\":[{}]}]", containers));
}

static void
the_line_that_tells_most_is_found(void **state)
{
	struct story *story = *state;
	const struct {
		const char *text, *line;
		enum kg_crash_cause cause;
	} cases[] = {
		{ "", "", KG_CRASH_UNKNOWN },
		{ "ready to go\n", "ready to go", KG_CRASH_UNKNOWN },
		{ "panic: nil map\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d\nexit status 2\n",
		    "panic: nil map", KG_CRASH_UNKNOWN },
		{ "Traceback (most recent call last):\n  File \"a.py\", line 1\nModuleNotFoundError: No module named 'x'\n",
		    "ModuleNotFoundError: No module named 'x'", KG_CRASH_BROKEN },
		{ "\033[31mError:\033[0m  Cannot find module './app'\n    at x\n", "Error:  Cannot find module './app'",
		    KG_CRASH_BROKEN },
		{ "error: connect to cache:6379: connection refused\n", "error: connect to cache:6379: connection refused",
		    KG_CRASH_MAY_PASS },
		{ "waiting for leader\nfatal: giving up\n", "fatal: giving up", KG_CRASH_MAY_PASS },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kg_crash_words words = kg_crash_words_read(story->arena, cases[i].text);

		assert_string_equal(words.line, cases[i].line);
		assert_int_equal(words.cause, cases[i].cause);
	}
	assert_string_equal(kg_crash_words_read(story->arena, "2026-11-21T12:00:01Z error: (pid 7)").shape,
	    kg_crash_words_read(story->arena, "2026-11-21T12:00:09Z error: (pid 12)").shape);
}

/* Why no node takes a pod is told of the nodes themselves as well. */
static void
nodes_in_trouble_are_named(void **state)
{
	struct story *story = *state;
	struct kg_diagnosis_rules rules = { .now_s = cases_now_s };
	const cJSON *pod = object(story,
	    kg_format(story->arena,
		"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"web-1\",\"namespace\":\"shop\","
		"\"creationTimestamp\":\"%s\"},"
		"\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":"
		"\"Unschedulable\",\"message\":\"0/2 nodes are available: 1 node(s) had untolerated taint "
		"{node.kubernetes.io/disk-pressure: "
		"}, 1 node(s) were unschedulable.\"}]}}",
		cases_time(story->arena, 1)));
	const cJSON *full = object(story,
	    "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"},\"status\":{\"conditions\":[{\"type\":"
	    "\"Ready\","
	    "\"status\":\"True\"},{\"type\":\"DiskPressure\",\"status\":\"True\",\"message\":\"kubelet has disk pressure\"}]}}");
	const cJSON *closed = object(story,
	    "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"},\"spec\":{\"unschedulable\":true},\"status\":{"
	    "}}");

	story->around = kg_surroundings_make(story->arena);
	kg_surroundings_add(story->around, full);
	kg_surroundings_add(story->around, closed);
	struct kg_findings findings = kg_diagnose(story->arena, &pod, 1, story->around, &rules);
	assert_int_equal(findings.count, 1);
	assert_string_equal(findings.items[0].sentence,
	    "pod web-1: no node can take it: 0/2 nodes are available: 1 node(s) had untolerated taint "
	    "{node.kubernetes.io/disk-pressure: }, 1 node(s) were unschedulable; node n1 has disk pressure (kubelet has disk "
	    "pressure), node n2 is cordoned");
	assert_non_null(strstr(findings.items[0].advice, "disk is nearly full"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_end_is_told_with_its_words_and_goes_on_being_told, make, drop),
		cmocka_unit_test_setup_teardown(what_cannot_begin_is_over_at_its_second_end, make, drop),
		cmocka_unit_test_setup_teardown(three_ends_alike_are_enough_where_nothing_is_missing, make, drop),
		cmocka_unit_test_setup_teardown(no_number_of_ends_is_enough_while_a_neighbour_is_on_its_way, make, drop),
		cmocka_unit_test_setup_teardown(who_waits_for_another_namespace_gets_one_more_try_when_that_is_ready, make, drop),
		cmocka_unit_test_setup_teardown(two_that_wait_for_each_other_are_no_hope, make, drop),
		cmocka_unit_test_setup_teardown(what_another_node_may_bring_is_waited_for_but_not_with_what_is_broken, make, drop),
		cmocka_unit_test_setup_teardown(ends_of_different_words_are_not_alike, make, drop),
		cmocka_unit_test_setup_teardown(who_waits_for_its_database_is_let_be_until_that_is_ready, make, drop),
		cmocka_unit_test_setup_teardown(a_database_that_was_ready_before_it_started_is_no_reason, make, drop),
		cmocka_unit_test_setup_teardown(what_it_speaks_of_and_nobody_knows_gets_its_time, make, drop),
		cmocka_unit_test_setup_teardown(what_is_missing_is_waited_for_while_another_node_may_bring_it, make, drop),
		cmocka_unit_test_setup_teardown(a_pod_for_which_a_node_is_made_is_waited_for, make, drop),
		cmocka_unit_test_setup_teardown(a_sidecar_is_started_again_whatever_the_pod_says, make, drop),
		cmocka_unit_test_setup_teardown(the_line_that_tells_most_is_found, make, drop),
		cmocka_unit_test_setup_teardown(nodes_in_trouble_are_named, make, drop),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
