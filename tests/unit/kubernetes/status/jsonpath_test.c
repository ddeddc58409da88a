/* JSONPath: what each expression finds in one object, and where each mistake is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/status/jsonpath.h"

static const char object_text[] =
    "{\"metadata\":{\"name\":\"web\",\"labels\":{\"app.kubernetes.io/name\":\"shop\",\"tier\":\"front\"}},"
    "\"spec\":{\"replicas\":3,\"paused\":false,\"containers\":[{\"name\":\"app\",\"ports\":[{\"port\":80},{\"port\":443}]},"
    "{\"name\":\"proxy\",\"ports\":[{\"port\":9090}]},{\"name\":\"log\"}]},"
    "\"status\":{\"conditions\":[{\"type\":\"Progressing\",\"status\":\"True\",\"weight\":2},"
    "{\"type\":\"Available\",\"status\":\"False\",\"weight\":5,\"final\":true}]}}";

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

/* What was found, with spaces between. */
static const char *
found(const char *text)
{
	const struct kg_jsonpath *path;
	struct kg_text all = { .arena = arena };
	struct kg_error *error = kg_jsonpath_parse(arena, text, &path);

	if (error)
		fail_msg("%s: %s", text, error->message);
	struct kg_json_hits hits = kg_jsonpath_find(arena, path, object);
	for (uint32_t i = 0; i < hits.count; i++) {
		char *printed = cJSON_PrintUnformatted(hits.items[i]);

		kg_text_format(&all, "%s%s", i > 0 ? " " : "", printed);
		cJSON_free(printed);
	}
	return kg_text_end(&all);
}

static void
expressions_find_what_kubectl_finds(void **)
{
	static const char *const cases[][2] = {
		{ "{.metadata.name}", "\"web\"" },
		{ ".metadata.name", "\"web\"" },
		{ "metadata.name", "\"web\"" },
		{ "{metadata.name}", "\"web\"" },
		{ "{$.metadata.name}", "\"web\"" },
		{ "{@.metadata.name}", "\"web\"" },
		{ "{ .metadata.name }", "\"web\"" },
		{ "{.metadata.labels.app\\.kubernetes\\.io/name}", "\"shop\"" },
		{ "{.metadata.labels['app.kubernetes.io/name']}", "\"shop\"" },
		{ "{.metadata.labels['app\\.kubernetes\\.io/name']}", "\"shop\"" },
		{ "{.metadata.labels[\"tier\"]}", "\"front\"" },
		{ "{['metadata']['name']}", "\"web\"" },
		{ "{.metadata.labels.*}", "\"shop\" \"front\"" },
		{ "{.metadata.labels['tier','app.kubernetes.io/name']}", "\"front\" \"shop\"" },
		{ "{.spec.replicas}", "3" },
		{ "{.spec.paused}", "false" },
		{ "{.spec.containers[0].name}", "\"app\"" },
		{ "{.spec.containers[-1].name}", "\"log\"" },
		{ "{.spec.containers[7].name}", "" },
		{ "{.spec.containers[-7].name}", "" },
		{ "{.spec.containers[*].name}", "\"app\" \"proxy\" \"log\"" },
		{ "{.spec.containers.*.name}", "\"app\" \"proxy\" \"log\"" },
		{ "{.spec.containers[0,2].name}", "\"app\" \"log\"" },
		{ "{.spec.containers[0, -1].name}", "\"app\" \"log\"" },
		{ "{.spec.containers[1:].name}", "\"proxy\" \"log\"" },
		{ "{.spec.containers[:1].name}", "\"app\"" },
		{ "{.spec.containers[:-1].name}", "\"app\" \"proxy\"" },
		{ "{.spec.containers[-2:].name}", "\"proxy\" \"log\"" },
		{ "{.spec.containers[-9:].name}", "\"app\" \"proxy\" \"log\"" },
		{ "{.spec.containers[1:1].name}", "" },
		{ "{.spec.containers[2:1].name}", "" },
		{ "{.spec.containers[::2].name}", "\"app\" \"log\"" },
		{ "{.spec.containers[0:3:2].name}", "\"app\" \"log\"" },
		{ "{.spec.containers[*].ports[*].port}", "80 443 9090" },
		{ "{.spec..port}", "80 443 9090" },
		{ "{..port}", "80 443 9090" },
		{ "{..ports[0].port}", "80 9090" },
		{ "{.spec.containers[?(@.name==\"proxy\")].ports[0].port}", "9090" },
		{ "{.spec.containers[?(@.name=='proxy')].ports[0].port}", "9090" },
		{ "{.spec.containers[?(@.name!=\"proxy\")].name}", "\"app\" \"log\"" },
		{ "{.spec.containers[?(@.ports)].name}", "\"app\" \"proxy\"" },
		{ "{.spec.containers[?(@.ports[0].port==80)].name}", "\"app\"" },
		{ "{.spec.containers[?(@.ports[?(@.port==443)])].name}", "\"app\"" },
		{ "{.status.conditions[?(@.type==\"Available\")].status}", "\"False\"" },
		{ "{.status.conditions[?(@.weight>2)].type}", "\"Available\"" },
		{ "{.status.conditions[?(@.weight >= 2)].type}", "\"Progressing\" \"Available\"" },
		{ "{.status.conditions[?(@.weight<5)].type}", "\"Progressing\"" },
		{ "{.status.conditions[?(@.weight<=1)].type}", "" },
		{ "{.status.conditions[?(@.final==true)].type}", "\"Available\"" },
		{ "{.status.conditions[?(@.type==5)].type}", "" },
		{ "{.status.conditions[?(\"Available\"==@.type)].weight}", "5" },
		{ "{.status.conditions[?(@.type==\"a ] b ) c\")].type}", "" },
		{ "{.spec[?(@.name==\"app\")]}", "" },
		{ "{.metadata.name.more}", "" },
		{ "{.metadata.nothing}", "" },
		{ "{.metadata[0]}", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (strcmp(found(cases[i][0]), cases[i][1]) != 0)
			fail_msg("%s finds %s instead of %s", cases[i][0], found(cases[i][0]), cases[i][1]);
	assert_true(kg_text_starts(found("{@}"), "{\"metadata\":"));
	assert_true(kg_text_starts(found("$"), "{\"metadata\":"));
}

static void
mistakes_are_told_with_their_column(void **)
{
	static const struct {
		const char *text;
		uint32_t column;
		const char *message;
	} cases[] = {
		{ "", 1, "the path is empty" },
		{ "{}", 3, "the path is empty" },
		{ "{.a", 4, "the brace is not closed: `}` is missing" },
		{ "{.a.}", 5, "a name is missing here" },
		{ "{.a[}", 5, "an index, a slice, a quoted key, `*` or a filter `?(…)` has to stand here" },
		{ "{.a[1}", 6, "the bracket is not closed: `]` is missing before this" },
		{ "{.a['b]}", 5, "the quote that begins here is not closed" },
		{ "{.a[::0]}", 7, "a slice's step is at least 1" },
		{ "{.ä[?(@.b=\"c\")]}", 10, "equality is written `==`" },
		{ "{.a[?(@.b==)]}", 12, "a path that begins with `@`, a quoted text, a number, true or false has to stand here" },
		{ "{.a[?(@.b==\"c\"]}", 15, "the filter is not closed: `)` is missing before this" },
		{ "{.a[?(\"b\")]}", 10, "a comparison is missing here" },
		{ "{.a....b}", 6, "`..` does not follow itself" },
		{ "{.a..}", 6, "a name is missing behind `..`" },
		{ "{.a b}", 5, "a `.` or `[` has to stand here" },
		{ "{.a}{.b}", 5, "nothing may follow: one expression selects, text and further expressions only print" },
		{ "{range .items[*]}{.a}{end}", 8, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct kg_jsonpath *path;
		struct kg_error *error = kg_jsonpath_parse(arena, cases[i].text, &path);

		if (!error)
			fail_msg("%s is taken for a path", cases[i].text);
		if (error->code != KG_EINPUT || (cases[i].message && strcmp(error->message, cases[i].message) != 0))
			fail_msg("%s: %s", cases[i].text, error->message);
		if (cases[i].message && error->place.column != cases[i].column)
			fail_msg("%s: column %u instead of %u", cases[i].text, error->place.column, cases[i].column);
		assert_string_equal(error->place.line_text, cases[i].text);
	}
}

static void
filters_nest_only_so_deep(void **)
{
	struct kg_text text = { .arena = arena };
	const struct kg_jsonpath *path;

	for (int i = 0; i < 10'000; i++)
		kg_text_add(&text, ".a[?(@");
	assert_non_null(kg_jsonpath_parse(arena, kg_text_end(&text), &path));
}

static void
objects_of_any_depth_are_descended(void **)
{
	const struct kg_jsonpath *path;
	struct kg_text text = { .arena = arena };

	for (int i = 0; i < 900; i++)
		kg_text_add(&text, "{\"a\":");
	kg_text_add(&text, "1");
	for (int i = 0; i < 900; i++)
		kg_text_add(&text, "}");
	cJSON *deep = cJSON_Parse(kg_text_end(&text));
	assert_null(kg_jsonpath_parse(arena, "{..a}", &path));
	assert_int_equal(kg_jsonpath_find(arena, path, deep).count, 900);
	cJSON_Delete(deep);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_find_what_kubectl_finds),
		cmocka_unit_test(mistakes_are_told_with_their_column),
		cmocka_unit_test(filters_nest_only_so_deep),
		cmocka_unit_test(objects_of_any_depth_are_descended),
	};

	return cmocka_run_group_tests(tests, make_object, free_object);
}
