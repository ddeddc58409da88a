/*
 * What is told of objects that are not ready. The tables in recorded/ are what a cluster of version 1.34 had to say of each mistake, at
 * some moment after it was made; diagnosis.json has what is hard to provoke.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/diagnosis.h"
#include "targets/kubernetes/status/member.h"
#include "targets/kubernetes/status/status.h"
#include "targets/kubernetes/status/surroundings.h"
#include "tests/unit/kubernetes/status/cases.h"

static const char by_hand[] = {
#embed "diagnosis.json" suffix(, 0)
};
static const char images[] = {
#embed "recorded/image.json" suffix(, 0)
};
static const char crashes[] = {
#embed "recorded/crash.json" suffix(, 0)
};
static const char missing[] = {
#embed "recorded/missing.json" suffix(, 0)
};
static const char schedules[] = {
#embed "recorded/schedule.json" suffix(, 0)
};
static const char probes[] = {
#embed "recorded/probe.json" suffix(, 0)
};
static const char refusals[] = {
#embed "recorded/refusal.json" suffix(, 0)
};
static const char clusters[] = {
#embed "recorded/cluster.json" suffix(, 0)
};

typedef KG_LIST(const cJSON *) objects;

static bool
is_of_node(const cJSON *one, const char *title)
{
	const cJSON *wanted;

	cJSON_ArrayForEach(wanted, kg_member(one, "of_node"))
	{
		if (strcmp(wanted->valuestring, title) == 0)
			return true;
	}
	return false;
}

static const char *
title(struct kg_arena *arena, const cJSON *object)
{
	return kg_object_title(arena, kg_member_text(object, "kind", "?"), kg_member_text(object, "metadata.name", "?"));
}

static const char *
told(struct kg_arena *arena, const struct kg_finding *finding, int64_t now_s)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(&text, "%s: %s; of %s", finding->is_fatal ? "fatal" : "told", finding->sentence, finding->object);
	if (finding->fatal_at_s)
		kg_text_format(&text, "; fatal in %" PRId64 " s", finding->fatal_at_s - now_s);
	if (finding->advice)
		kg_text_format(&text, "; advice: %s", finding->advice);
	if (finding->pod)
		kg_text_format(&text, "; log: %s/%s%s", finding->pod, finding->container, finding->is_previous ? " before" : "");
	return kg_text_end(&text);
}

static void
examine(struct kg_arena *arena, const cJSON *one)
{
	struct kg_surroundings *around = kg_surroundings_make(arena);
	struct kg_diagnosis_rules rules = { .now_s = kg_member_time_s(one, "now"),
		.since_s = kg_member_time_s(one, "since"),
		.asked_s = kg_member_time_s(one, "asked"),
		.cluster_s = kg_member_time_s(one, "cluster") };
	struct kg_text is = { .arena = arena }, expected = { .arena = arena };
	objects of_node = { 0 };
	const cJSON *object, *line;

	cJSON_ArrayForEach(object, kg_member(one, "objects"))
	{
		kg_surroundings_add(around, object);
		if (is_of_node(one, title(arena, object)))
			kg_list_push(arena, &of_node, object);
	}
	for (uint32_t i = 0; i < of_node.count; i++) {
		struct kg_status status = kg_status_strict(arena, of_node.items[i], around, rules.now_s);

		kg_text_format(
		    &is, "\n        %s is %s: %s", title(arena, of_node.items[i]), kg_verdict_text(status.verdict), status.message);
	}
	struct kg_findings findings = kg_diagnose(arena, of_node.items, of_node.count, around, &rules);
	for (uint32_t i = 0; i < findings.count; i++)
		kg_text_format(&is, "\n        %s", told(arena, &findings.items[i], rules.now_s));
	cJSON_ArrayForEach(line, kg_member(one, "expect")) kg_text_format(&expected, "\n        %s", line->valuestring);
	cases_assert_equal(one, "what is told", kg_text_end(&is), kg_text_end(&expected));
}

static void
examine_all(const char *table)
{
	struct kg_arena *arena = kg_arena_make();
	cJSON *cases = cases_read(table), *one;

	cJSON_ArrayForEach(one, cases) examine(arena, one);
	cJSON_Delete(cases);
	kg_arena_free(arena);
}

static void
rare_troubles_are_told(void **)
{
	examine_all(by_hand);
}

static void
images_that_cannot_be_had_are_told(void **)
{
	examine_all(images);
}

static void
what_ends_is_told_with_its_exit_code_and_whose_log_says_more(void **)
{
	examine_all(crashes);
}

static void
what_is_missing_is_named(void **)
{
	examine_all(missing);
}

static void
pods_that_no_node_takes_or_can_set_up_are_told(void **)
{
	examine_all(schedules);
}

static void
probes_are_told_with_their_answer(void **)
{
	examine_all(probes);
}

static void
refused_pods_are_told_with_who_refuses_them(void **)
{
	examine_all(refusals);
}

static void
services_claims_and_deletions_are_told(void **)
{
	examine_all(clusters);
}

/* As many as a large cluster has, and each Service with its own slice and its own pod: nothing is looked for by walking all. */
static void
many_objects_are_examined_at_once(void **)
{
	enum { count = 5'000 };
	struct kg_arena *arena = kg_arena_make();
	struct kg_surroundings *around = kg_surroundings_make(arena);
	struct kg_diagnosis_rules rules = { .now_s = cases_now_s };
	const cJSON **services = kg_new_array(arena, const cJSON *, count);
	cJSON *all = cJSON_CreateArray();

	for (uint32_t i = 0; i < count; i++) {
		cJSON *service = cJSON_Parse(kg_format(arena,
		    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"s%u\",\"namespace\":\"n\"},"
		    "\"spec\":{\"selector\":{\"app\":\"a%u\"},\"ports\":[{\"port\":80}]}}",
		    i, i));
		cJSON *slice = cJSON_Parse(kg_format(arena,
		    "{\"apiVersion\":\"discovery.k8s.io/"
		    "v1\",\"kind\":\"EndpointSlice\",\"metadata\":{\"name\":\"e%u\",\"namespace\":\"n\","
		    "\"labels\":{\"kubernetes.io/"
		    "service-name\":\"s%u\"}},\"ports\":[{\"port\":80}],\"endpoints\":[{\"addresses\":[\"10.0.0.1\"]}]}",
		    i, i));

		cJSON_AddItemToArray(all, service);
		cJSON_AddItemToArray(all, slice);
		kg_surroundings_add(around, service);
		kg_surroundings_add(around, slice);
		services[i] = service;
	}
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(kg_status_strict(arena, services[i], around, cases_now_s).verdict, KG_VERDICT_CURRENT);
	assert_int_equal(kg_diagnose(arena, services, count, around, &rules).count, 0);
	cJSON_Delete(all);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rare_troubles_are_told),
		cmocka_unit_test(images_that_cannot_be_had_are_told),
		cmocka_unit_test(what_ends_is_told_with_its_exit_code_and_whose_log_says_more),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(pods_that_no_node_takes_or_can_set_up_are_told),
		cmocka_unit_test(probes_are_told_with_their_answer),
		cmocka_unit_test(refused_pods_are_told_with_who_refuses_them),
		cmocka_unit_test(services_claims_and_deletions_are_told),
		cmocka_unit_test(many_objects_are_examined_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
