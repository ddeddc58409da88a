/* Settings that are handed on as JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/field.h"
#include "engine/base/text.h"
#include "tests/unit/base/settings.h"

struct spec {
	const char *object, *none;
	const char *const *objects;
};
static const struct kg_field fields[] = {
	KG_FIELD(spec, object, KG_JSON, 0, "an object"),
	KG_FIELD(spec, objects, KG_JSONS, 0, "objects"),
	KG_FIELD(spec, none, KG_JSON, 0, "none", .fallback = "{}"),
	{ 0 },
};

static const char *
resolve(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "node.a.quote") == 0 ? "say \"x\"\n" : strcmp(name, "port.http") == 0 ? "8080" : NULL;
}
static const struct kg_resolver resolver = { NULL, resolve };

static struct spec
filled(struct kg_arena *arena, const char *notation, const struct kg_resolver *by)
{
	struct kg_values values = settings_make(arena, notation);
	struct kg_errors errors = { .arena = arena };
	struct spec spec = { 0 };

	kg_fields_check(&errors, (const struct kg_field *const[]){ fields, NULL }, &values, &values.items[0], &values.items[0]);
	assert_int_equal(errors.count, 0);
	assert_null(kg_spec_fill(arena, fields, &values, &values.items[0], "/folder", by, &spec));
	return spec;
}

static void
a_table_of_any_content_is_compact_json_with_sorted_keys(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec = filled(arena, "{object: {z: [1, 2.5, true, 'x'], a: {b: {}, c: []}, m: false, real: 1.0}}", &resolver);

	assert_string_equal(spec.object, "{\"a\":{\"b\":{},\"c\":[]},\"m\":false,\"real\":1.0,\"z\":[1,2.5,true,\"x\"]}");
	assert_null(spec.objects);
	assert_string_equal(spec.none, "{}");
	kg_arena_free(arena);
}

static void
a_list_of_tables_and_one_that_stands_for_a_list(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec = filled(arena, "{objects: [{kind: 'A'}, {kind: 'B'}]}", &resolver);

	assert_string_equal(spec.objects[0], "{\"kind\":\"A\"}");
	assert_string_equal(spec.objects[1], "{\"kind\":\"B\"}");
	assert_null(spec.objects[2]);
	spec = filled(arena, "{objects: {kind: 'A'}}", &resolver);
	assert_string_equal(spec.objects[0], "{\"kind\":\"A\"}");
	assert_null(spec.objects[1]);
	kg_arena_free(arena);
}

static void
references_are_put_in_and_what_they_bring_stays_a_text(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *notation =
	    "{object: {list: ['${node.a.quote}'], port: '${port.http}', host: 'h:${port.http}', plain: '$${x}'}}";

	assert_string_equal(filled(arena, notation, &resolver).object,
	    "{\"host\":\"h:8080\",\"list\":[\"say \\\"x\\\"\\n\"],\"plain\":\"${x}\",\"port\":\"8080\"}");
	assert_string_equal(filled(arena, notation, NULL).object,
	    "{\"host\":\"h:${port.http}\",\"list\":[\"${node.a.quote}\"],\"plain\":\"${x}\",\"port\":\"${port.http}\"}");
	kg_arena_free(arena);
}

static void
numbers_keep_what_they_mean(void **)
{
	static const struct {
		double real;
		const char *json;
	} known[] = { { 0.1, "0.1" }, { 1, "1.0" }, { -2.5e-7, "-2.5e-07" }, { 1e300, "1e+300" },
		{ 1.0 / 3, "0.3333333333333333" } };
	struct kg_arena *arena = kg_arena_make();

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct kg_value value = { .type = KG_VALUE_REAL, .real = known[i].real };
		struct kg_values values = { .items = &value, .texts = "", .count = 1, .texts_size = 1 };

		assert_string_equal(kg_value_json(arena, &values, &value, NULL), known[i].json);
	}
	kg_arena_free(arena);
}

static void
assert_checked(struct kg_arena *arena, struct kg_values values, const char *expected)
{
	struct kg_errors errors = { .arena = arena };

	kg_fields_check(&errors, (const struct kg_field *const[]){ fields, NULL }, &values, &values.items[0], &values.items[0]);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.first->message, expected);
}

static void
what_is_no_table_is_told(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_checked(arena, settings_make(arena, "{object: 'text'}"), "`object` must be a table, not \"text\"");
	assert_checked(arena, settings_make(arena, "{object: [{a: 1}]}"), "`object` must be a table, not a list");
	assert_checked(arena, settings_make(arena, "{objects: [{a: 1}, 2]}"), "`objects` must be a table, not 2");
	assert_checked(
	    arena, settings_make(arena, "{object: '${node.a.quote}'}"), "`object` must be a table, not \"${node.a.quote}\"");
	kg_arena_free(arena);
}

static void
a_number_that_json_does_not_know_is_told_and_does_no_harm(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_values values = settings_make(arena, "{object: {a: [1.5]}}");
	struct kg_value *items = (struct kg_value *)(uintptr_t)values.items;

	for (uint32_t i = 0; i < values.count; i++)
		if (items[i].type == KG_VALUE_REAL)
			items[i].real = NAN;
	assert_checked(arena, values, "`object` may hold no number that is infinite or none at all");
	assert_string_equal(kg_value_json(arena, &values, &values.items[0], NULL), "{\"object\":{\"a\":[null]}}");
	kg_arena_free(arena);
}

/* The ledger's: from a table that has changed since. */
static void
another_form_is_an_error_and_no_fault(void **)
{
	struct kg_arena *arena = kg_arena_make();
	static const char *const others[] = { "{object: 'x'}", "{object: [1]}", "{objects: 'x'}", "{objects: ['x']}", NULL };
	struct spec spec = { 0 };

	for (const char *const *other = others; *other; other++) {
		struct kg_values values = settings_make(arena, *other);

		assert_non_null(kg_spec_fill(arena, fields, &values, &values.items[0], "/folder", &resolver, &spec));
	}
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_of_any_content_is_compact_json_with_sorted_keys),
		cmocka_unit_test(a_list_of_tables_and_one_that_stands_for_a_list),
		cmocka_unit_test(references_are_put_in_and_what_they_bring_stays_a_text),
		cmocka_unit_test(numbers_keep_what_they_mean),
		cmocka_unit_test(what_is_no_table_is_told),
		cmocka_unit_test(a_number_that_json_does_not_know_is_told_and_does_no_harm),
		cmocka_unit_test(another_form_is_an_error_and_no_fault),
	};

	return cmocka_run_group_tests_name("field_json", tests, nullptr, nullptr);
}
