#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/field.h"
#include "engine/base/text.h"
#include "tests/unit/base/settings.h"

struct inner {
	const char *path, *as;
	int64_t count;
};
static const struct kg_field inner_fields[] = {
	KG_FIELD(inner, path, KG_PATH, KG_REQUIRED, "where it is"),
	KG_FIELD(inner, as, KG_TEXT, 0, "what it is called", .fallback = "path"),
	KG_FIELD(inner, count, KG_INTEGER, 0, "how many"),
	{ 0 },
};

struct spec {
	const char *text, *path;
	const char *const *texts, *const *paths, *const *defaults;
	int64_t duration, size, integer, port, mode, choice, limit;
	bool flag, on;
	const struct kg_pair *map;
	const struct inner *record;
	const struct inner *const *records;
};
static const struct kg_field fields[] = {
	KG_FIELD(spec, text, KG_TEXT, KG_NO_SECRET, "a text"),
	KG_FIELD(spec, texts, KG_TEXTS, KG_NO_SECRET, "texts"),
	KG_FIELD(spec, path, KG_PATH, 0, "a path"),
	KG_FIELD(spec, paths, KG_PATHS, 0, "paths"),
	KG_FIELD(spec, defaults, KG_PATHS, 0, "paths with a fallback", .fallback = "here"),
	KG_FIELD(spec, duration, KG_DURATION, 0, "a duration"),
	KG_FIELD(spec, size, KG_SIZE, 0, "a size"),
	KG_FIELD(spec, integer, KG_INTEGER, 0, "a number"),
	KG_FIELD(spec, port, KG_PORT, 0, "a port"),
	KG_FIELD(spec, mode, KG_MODE, 0, "permissions"),
	KG_FIELD(spec, choice, KG_CHOICE, 0, "a word", .choices = (const char *const[]){ "red", "green", NULL }),
	KG_FIELD(spec, flag, KG_FLAG, 0, "a flag"),
	KG_FIELD(spec, on, KG_FLAG, 0, "a flag that is on", .fallback = "true"),
	KG_FIELD(spec, map, KG_MAP, 0, "a map"),
	KG_FIELD(spec, record, KG_RECORD, 0, "a record", .fields = inner_fields, .size = sizeof(struct inner)),
	KG_FIELD(spec, records, KG_RECORDS, 0, "records", .fields = inner_fields, .size = sizeof(struct inner)),
	KG_FIELD_AS("time-limit", spec, limit, KG_DURATION, 0, "a limit", .fallback = "1m"),
	{ 0 },
};

struct needed {
	const char *name;
};
static const struct kg_field needed_fields[] = {
	KG_FIELD(needed, name, KG_TEXT, KG_REQUIRED, "what it is called"),
	{ 0 },
};

static const char *
resolve(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "node.a.path") == 0 ? "/abs" : strcmp(name, "port.http") == 0 ? "8080" : NULL;
}
static const struct kg_resolver resolver = { NULL, resolve };

/* "column:message (advice)\n" of every error. */
static void
assert_checked(const char *notation, const char *expected)
{
	static const struct kg_field *const tables[] = { fields, NULL };
	struct kg_arena *arena = kg_arena_make();
	struct kg_values values = settings_make(arena, notation);
	struct kg_errors errors = { .arena = arena };
	struct kg_text told = { .arena = arena };

	kg_fields_check(&errors, tables, &values, &values.items[0], &values.items[0]);
	for (const struct kg_error *error = errors.first; error; error = error->next) {
		kg_text_format(&told, "%u:%s", error->place.column, error->message);
		kg_text_format(&told, error->advice ? " (%s)\n" : "%s\n", error->advice ? error->advice : "");
	}
	assert_string_equal(kg_text_end(&told), expected);
	kg_arena_free(arena);
}

/* The spec of the settings; what is wrong goes to *ret_error when that is not NULL, and must not be otherwise. */
static struct spec
filled(struct kg_arena *arena, const char *notation, const struct kg_resolver *how, const char **ret_error)
{
	struct kg_values values = settings_make(arena, notation);
	struct spec spec = { 0 };
	struct kg_error *error = kg_spec_fill(arena, fields, &values, &values.items[0], "/g", how, &spec);

	if (ret_error)
		*ret_error = error ? error->message : NULL;
	else if (error)
		fail_msg("%s", error->message);
	return spec;
}

static void
good_settings_of_every_type_are_well(void **)
{
	assert_checked("{text: 'a', texts: ['a', 'b'], path: 'p', paths: ['p'], duration: '30s', size: '1.5GiB', integer: 7, "
		       "port: 80, mode: '0644', choice: 'green', flag: true, map: {a: 'x', b: 1, c: true}, record: {path: 'x'}, "
		       "records: [{path: 'x', count: 3}, 'y'], time-limit: '1s'}",
	    "");
	assert_checked("{texts: 'a', paths: 'p', size: 512, port: '80', integer: '7', records: 'y', text: 5}", "");
	assert_checked("{}", "");
}

static void
unknown_keys_are_told_with_the_nearest_or_all(void **)
{
	assert_checked("{txet: 'a'}", "8:unknown key `txet` (did you mean `text`?)\n");
	assert_checked("{record: {pth: 'x', path: 'x'}}", "16:unknown key `pth` (did you mean `path`?)\n");
	assert_checked("{record: {xyz: 'x', path: 'x'}}", "16:unknown key `xyz` (known are path, as and count)\n");
}

static void
wrong_types_are_told_with_what_is_wanted(void **)
{
	assert_checked("{text: [], path: 22, paths: [1], duration: 30, size: 'big', integer: 'x', port: 0, mode: 644}",
	    "44:`duration` must be a duration with a unit, such as \"30s\" or \"250ms\", not 30\n"
	    "70:`integer` must be a whole number, not \"x\"\n"
	    "90:`mode` must be permissions in octal, such as \"0644\", not 644\n"
	    "18:`path` must be a path, not 22\n"
	    "30:`paths` must be a path, not 1\n"
	    "81:`port` must be a port, 1 to 65535, not 0\n"
	    "54:`size` must be a size, such as \"512M\", not \"big\"\n"
	    "8:`text` must be a text, not a list\n");
	assert_checked("{choice: 'blue', flag: 'true', map: {a: []}, record: 'x', records: [3], texts: {}}",
	    "10:`choice` must be one of red or green, not \"blue\"\n"
	    "24:`flag` must be true or false, not \"true\"\n"
	    "41:`a` in `map` must be a text, not a list\n"
	    "54:`record` must be a table, not \"x\"\n"
	    "69:`records` must be a table, not 3\n"
	    "80:`texts` must be a text, not a table\n");
	assert_checked("{integer: 1.5, port: 65536, port: '80x', choice: 1, map: 'x'}",
	    "50:`choice` must be one of red or green, not 1\n"
	    "11:`integer` must be a whole number, not 1.5\n"
	    "58:`map` must be a table, not \"x\"\n"
	    "22:`port` must be a port, 1 to 65535, not 65536\n"
	    "35:`port` must be a port, 1 to 65535, not \"80x\"\n");
}

static void
what_is_required_and_missing_is_told_at_the_place_of_the_table(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_values values = settings_make(arena, "{}");
	struct kg_errors errors = { .arena = arena };

	kg_fields_check(
	    &errors, (const struct kg_field *const[]){ fields, needed_fields, NULL }, &values, &values.items[0], &values.items[0]);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.first->message, "`name` is missing: what it is called");
	assert_string_equal(errors.first->place.file, "f");
	kg_arena_free(arena);
	assert_checked("{record: {as: 'x'}}", "10:`path` is missing: where it is\n");
}

static void
open_texts_are_not_looked_into(void **)
{
	assert_checked("{port: '${port.http}', duration: '${node.a.b}', path: '${node.a.path}', flag: '${node.a.flag}'}", "");
}

static void
a_secret_may_not_stand_where_others_see_it(void **)
{
	assert_checked("{texts: ['x', '${secrets.pw}'], map: {PW: '${secrets.pw}'}}",
	    "9:a secret in `texts` would be seen by others (hand it over in `env`, or in a file with mode \"0600\")\n");
}

static void
a_spec_is_filled_with_every_type(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec = filled(arena,
	    "{text: 'a', texts: ['a', 2], path: 'p/../q', paths: ['p', '/r'], duration: '30s', size: '1.5K', integer: -7, port: "
	    "80, "
	    "mode: '0644', choice: 'green', flag: true, map: {b: 1, a: 'x', c: false}, record: {path: 'x'}, "
	    "records: [{path: 'x', count: 3, as: 'n'}, 'y']}",
	    NULL, NULL);

	assert_string_equal(spec.text, "a");
	assert_string_equal(spec.texts[1], "2");
	assert_null(spec.texts[2]);
	assert_string_equal(spec.path, "/g/q");
	assert_string_equal(spec.paths[0], "/g/p");
	assert_string_equal(spec.paths[1], "/r");
	assert_int_equal(spec.duration, 30000);
	assert_int_equal(spec.size, 1536);
	assert_int_equal(spec.integer, -7);
	assert_int_equal(spec.port, 80);
	assert_int_equal(spec.mode, 0644);
	assert_int_equal(spec.choice, 1);
	assert_true(spec.flag);
	assert_string_equal(spec.map[0].name, "a");
	assert_string_equal(spec.map[1].value, "1");
	assert_string_equal(spec.map[2].value, "false");
	assert_null(spec.map[3].name);
	assert_string_equal(spec.record->path, "/g/x");
	assert_string_equal(spec.record->as, "path");
	assert_int_equal(spec.records[0]->count, 3);
	assert_string_equal(spec.records[0]->as, "n");
	assert_string_equal(spec.records[1]->path, "/g/y");
	assert_string_equal(spec.records[1]->as, "path");
	assert_null(spec.records[2]);
	kg_arena_free(arena);
}

static void
what_is_absent_is_zero_or_its_fallback(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec = filled(arena, "{unknown: 'x'}", NULL, NULL);

	assert_null(spec.text);
	assert_null(spec.records);
	assert_int_equal(spec.port, 0);
	assert_false(spec.flag);
	assert_true(spec.on);
	assert_int_equal(spec.limit, 60000);
	assert_string_equal(spec.defaults[0], "/g/here");
	assert_null(spec.defaults[1]);
	kg_arena_free(arena);
}

static void
an_empty_path_is_none_where_one_may_be_absent(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec = filled(arena, "{path: ''}", NULL, NULL);

	assert_null(spec.path);
	kg_arena_free(arena);
	assert_checked("{path: '', record: {path: ''}}", "27:`path` must be a path, not \"\"\n");
}

static void
one_value_stands_for_a_list_of_one(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec = filled(arena, "{texts: 'a', paths: 'p', records: {path: 'x'}}", NULL, NULL);

	assert_string_equal(spec.texts[0], "a");
	assert_null(spec.texts[1]);
	assert_string_equal(spec.paths[0], "/g/p");
	assert_string_equal(spec.records[0]->path, "/g/x");
	assert_null(spec.records[1]);
	kg_arena_free(arena);
}

static void
references_are_put_in_before_paths_are_joined_and_numbers_read(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec =
	    filled(arena, "{text: 'a${node.a.path}b$${x}', path: '${node.a.path}/x', port: '${port.http}', texts: ['${no.such}']}",
		&resolver, NULL);

	assert_string_equal(spec.text, "a/absb${x}");
	assert_string_equal(spec.path, "/abs/x");
	assert_int_equal(spec.port, 8080);
	assert_string_equal(spec.texts[0], "${no.such}");
	kg_arena_free(arena);
}

static void
without_a_resolver_texts_keep_their_references_and_numbers_stay_zero(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct spec spec = filled(arena, "{text: '${node.a.path}', port: '${port.http}', flag: '${node.a.x}'}", NULL, NULL);

	assert_string_equal(spec.text, "${node.a.path}");
	assert_int_equal(spec.port, 0);
	assert_false(spec.flag);
	kg_arena_free(arena);
}

static void
what_a_reference_brought_in_is_checked(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *wrong;

	(void)filled(arena, "{port: '${node.a.path}'}", &resolver, &wrong);
	assert_string_equal(wrong, "`port` must be a port, 1 to 65535, not \"/abs\"");
	(void)filled(arena, "{flag: '${node.a.path}'}", &resolver, &wrong);
	assert_string_equal(wrong, "`flag` must be true or false, not \"/abs\"");
	kg_arena_free(arena);
}

static void
settings_of_another_form_are_an_error_and_no_fault(void **)
{
	static const char *const other[] = { "{text: []}", "{path: {}}", "{texts: [[]]}", "{paths: {}}", "{map: 'abc'}",
		"{map: {a: []}}", "{record: 'abc'}", "{record: []}", "{records: [[]]}", "{port: []}", "{flag: {}}", "{choice: 3}",
		NULL };
	struct kg_arena *arena = kg_arena_make();
	const char *wrong;

	for (const char *const *notation = other; *notation; notation++) {
		(void)filled(arena, *notation, NULL, &wrong);
		if (!wrong)
			fail_msg("%s is taken", *notation);
	}
	kg_arena_free(arena);
}

struct found {
	struct kg_text told;
};

static void
on_found(void *context, const char *name, size_t length, size_t at)
{
	struct found *found = context;

	kg_text_format(&found->told, "%zu:%.*s;", at, (int)length, name);
}

static void
references_are_found_in_order_and_escaped_ones_are_not(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct found found = { .told.arena = arena };
	const char *text = "${a.b} $${no} $$${c} $ $x ${} ${unclosed";

	kg_references_each(text, strlen(text), on_found, &found);
	assert_string_equal(kg_text_end(&found.told), "0:a.b;26:;");
	kg_references_each("${ab}", 4, on_found, &found);
	assert_string_equal(kg_text_end(&found.told), "0:a.b;26:;");
	kg_arena_free(arena);
}

static void
resolving_and_finding_agree_on_what_is_escaped(void **)
{
	struct kg_arena *arena = kg_arena_make();
	const char *plain = "nothing";

	assert_ptr_equal(kg_resolve_text(arena, &resolver, plain), plain);
	assert_string_equal(kg_resolve_text(arena, &resolver, "$$ $${a} $x $"), "$$ ${a} $x $");
	assert_string_equal(kg_resolve_text(arena, NULL, "${a} $${b}"), "${a} ${b}");
	assert_string_equal(kg_resolve_text(arena, &resolver, "${port.http}${port.http}"), "80808080");
	assert_string_equal(kg_resolve_text(arena, &resolver, "${port.http"), "${port.http");
	kg_arena_free(arena);
}

static void
sizes_are_read_in_powers_of_1024(void **)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} good[] = { { "0", 0 }, { "512", 512 }, { "1K", 1024 }, { "1kB", 1024 }, { "1KiB", 1024 }, { "512M", 512 << 20 },
		{ "1.5GiB", 1610612736 }, { "2T", 2199023255552 }, { "3B", 3 } };
	static const char *const wrong[] = { "", "M", "-1", "+1", " 1", "1 M", "1Mb", "1Mi", "1X", "0x10", "1e3", "1E", "inf",
		"nan", "1.2.3", "99999999P", NULL };
	int64_t bytes;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(kg_size_read(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
	for (const char *const *text = wrong; *text; text++)
		if (kg_size_read(*text, &bytes))
			fail_msg("\"%s\" is taken for %lld bytes", *text, (long long)bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_settings_of_every_type_are_well),
		cmocka_unit_test(unknown_keys_are_told_with_the_nearest_or_all),
		cmocka_unit_test(wrong_types_are_told_with_what_is_wanted),
		cmocka_unit_test(what_is_required_and_missing_is_told_at_the_place_of_the_table),
		cmocka_unit_test(open_texts_are_not_looked_into),
		cmocka_unit_test(a_secret_may_not_stand_where_others_see_it),
		cmocka_unit_test(a_spec_is_filled_with_every_type),
		cmocka_unit_test(what_is_absent_is_zero_or_its_fallback),
		cmocka_unit_test(an_empty_path_is_none_where_one_may_be_absent),
		cmocka_unit_test(one_value_stands_for_a_list_of_one),
		cmocka_unit_test(references_are_put_in_before_paths_are_joined_and_numbers_read),
		cmocka_unit_test(without_a_resolver_texts_keep_their_references_and_numbers_stay_zero),
		cmocka_unit_test(what_a_reference_brought_in_is_checked),
		cmocka_unit_test(settings_of_another_form_are_an_error_and_no_fault),
		cmocka_unit_test(references_are_found_in_order_and_escaped_ones_are_not),
		cmocka_unit_test(resolving_and_finding_agree_on_what_is_escaped),
		cmocka_unit_test(sizes_are_read_in_powers_of_1024),
	};

	return cmocka_run_group_tests_name("field", tests, nullptr, nullptr);
}
