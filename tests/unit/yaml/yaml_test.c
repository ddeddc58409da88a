#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/yaml/yaml.h"

static const char *
json_of(struct kg_arena *arena, const cJSON *value)
{
	char *printed = cJSON_PrintUnformatted(value);
	const char *json = kg_copy(arena, printed);

	cJSON_free(printed);
	return json;
}

/* All documents as JSON, one a line; then the errors as "line:column message", one a line. */
static const char *
read_all(struct kg_arena *arena, const char *text, size_t size)
{
	struct kg_errors errors = { .arena = arena };
	struct kg_text out = { .arena = arena };
	struct kg_yaml yaml;

	kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ "x.yaml", kg_copy_bytes(arena, text, size), size }, &yaml);
	for (uint32_t i = 0; i < yaml.documents.count; i++)
		kg_text_format(&out, "%s%s", out.size ? "\n" : "", json_of(arena, yaml.documents.items[i]));
	for (const struct kg_error *error = errors.first; error; error = error->next) {
		assert_string_equal(error->place.file, "x.yaml");
		kg_text_format(&out, "%s%u:%u %s", out.size ? "\n" : "", error->place.line, error->place.column, error->message);
	}
	return kg_text_end(&out);
}

static void
assert_read(const char *text, const char *expected)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(read_all(arena, text, strlen(text)), expected);
	kg_arena_free(arena);
}

/* What sigs.k8s.io/yaml v1.6.0 makes of `a: SCALAR`. */
static const char *const scalars[][2] = {
	{ "y", "true" },
	{ "n", "false" },
	{ "Y", "true" },
	{ "yes", "true" },
	{ "YES", "true" },
	{ "yEs", "\"yEs\"" },
	{ "No", "false" },
	{ "on", "true" },
	{ "Off", "false" },
	{ "TRUE", "true" },
	{ "tRue", "\"tRue\"" },
	{ "\"yes\"", "\"yes\"" },
	{ "'no'", "\"no\"" },
	{ "!!str yes", "\"yes\"" },
	{ "~", "null" },
	{ "", "null" },
	{ "Null", "null" },
	{ "nUll", "\"nUll\"" },
	{ "0o17", "15" },
	{ "017", "15" },
	{ "018", "18" },
	{ "0x1F", "31" },
	{ "-0x1F", "-31" },
	{ "0b101", "5" },
	{ "-0b11", "-3" },
	{ "-0o17", "-15" },
	{ "0x", "\"0x\"" },
	{ "0o8", "\"0o8\"" },
	{ "0b12", "\"0b12\"" },
	{ "0x0x1", "\"0x0x1\"" },
	{ "1_000", "1000" },
	{ "1_", "1" },
	{ "_1", "\"_1\"" },
	{ "0_7", "7" },
	{ "+5", "5" },
	{ "-5", "-5" },
	{ "+-5", "\"+-5\"" },
	{ "5.", "5" },
	{ ".5", "0.5" },
	{ "+.5", "0.5" },
	{ "-.5e1", "-5" },
	{ ".", "\".\"" },
	{ ".5_0", "\".5_0\"" },
	{ "1e3", "1000" },
	{ "1.e3", "1000" },
	{ "1E400", "\"1E400\"" },
	{ "e3", "\"e3\"" },
	{ "1e", "\"1e\"" },
	{ "1.5", "1.5" },
	{ "1.0", "1" },
	{ "1.2.3", "\"1.2.3\"" },
	{ "-0", "0" },
	{ "1_0.5", "10.5" },
	{ "685.230_15e+03", "685230.15" },
	{ "10000000000000000000000", "1e+22" },
	{ "1:30", "\"1:30\"" },
	{ "2001-01-01", "\"2001-01-01\"" },
	{ "12:30:45", "\"12:30:45\"" },
	{ "!!int \"5\"", "5" },
	{ "!!int \"0x1f\"", "31" },
	{ "!!float 5", "5" },
	{ "!!bool \"yes\"", "true" },
	{ "!!null \"\"", "null" },
	{ "!!binary aGVsbG8=", "\"hello\"" },
	{ "!custom 5", "\"5\"" },
	{ "! 5", "\"5\"" },
	{ "!!timestamp 2001-01-01", "\"2001-01-01\"" },
	{ "!<tag:yaml.org,2002:int> 5", "5" },
	{ "!!str", "\"\"" },
	{ "!!str 5", "\"5\"" },
	{ "<<", "\"<<\"" },
	{ "=", "\"=\"" },
	{ "x#y", "\"x#y\"" },
	{ "x #y", "\"x\"" },
	{ "http://x:80/y", "\"http://x:80/y\"" },
	{ "'it''s'", "\"it's\"" },
	{ "\"\\x41\\u263a\\/\"", "\"A\u263a/\"" },
	{ "\"\\ud83d\\ude00\"", "\"\U0001f600\"" },
	{ "b\n  c", "\"b c\"" },
	{ "|\n  x\n  y\n", "\"x\\ny\\n\"" },
	{ ">\n  x\n  y\n\n  z\n", "\"x y\\nz\\n\"" },
	{ "|-\n  x\n", "\"x\"" },
	{ "|+\n  x\n\n", "\"x\\n\\n\"" },
	{ "|\n  x", "\"x\"" },
	{ "|2\n   x\n", "\" x\\n\"" },
	{ "{b}", "{\"b\":null}" },
	{ "[b: c, d]", "[{\"b\":\"c\"},\"d\"]" },
	{ "{x:1}", "{\"x:1\":null}" },
	{ "{\"x\":1}", "{\"x\":1}" },
	{ "[1,\n2]", "[1,2]" },
	{ "[1,\n\t2,]", "[1,2]" },
	{ "\t1", "1" },
};

static void
plain_scalars_mean_what_they_mean_to_kubernetes(void **)
{
	for (size_t i = 0; i < sizeof(scalars) / sizeof(*scalars); i++) {
		struct kg_arena *arena = kg_arena_make();

		assert_read(kg_format(arena, "a: %s", scalars[i][0]), kg_format(arena, "{\"a\":%s}", scalars[i][1]));
		kg_arena_free(arena);
	}
}

static void
whole_numbers_are_exact_up_to_what_a_double_holds(void **)
{
	static const char text[] = "[9007199254740992, -9007199254740991]";
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_yaml yaml;

	kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ "x", text, strlen(text) }, &yaml);
	assert_null(errors.first);
	assert_true(yaml.documents.items[0]->child->valuedouble == 9007199254740992.0);
	assert_true(yaml.documents.items[0]->child->next->valuedouble == -9007199254740991.0);
	kg_arena_free(arena);
}

static void
keys_become_texts(void **)
{
	assert_read("1: a\ntrue: b\n1.5: c\n0x10: d\n\"a b\": e\n",
	    "{\"1\":\"a\",\"true\":\"b\",\"1.5\":\"c\",\"16\":\"d\",\"a b\":\"e\"}");
	assert_read("yes: x", "{\"true\":\"x\"}");
	assert_read("~: x", "1:1 null is no name");
	assert_read("? [a]\n: x", "1:3 a list is no name");
	assert_read("? {a: b}\n: x", "1:3 a mapping is no name");
}

static void
a_key_that_is_there_twice_is_an_error(void **)
{
	assert_read("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n", "2:17 `c` is there already\n3:1 `a` is there already");
	assert_read("1: a\n\"1\": b", "2:1 `1` is there already");

	struct kg_arena *arena = kg_arena_make();
	struct kg_text many = { .arena = arena };
	for (int i = 0; i < 100; i++)
		kg_text_format(&many, "k%d: %d\n", i, i);
	kg_text_add(&many, "k57: 0\n");
	assert_read(kg_text_end(&many), "101:1 `k57` is there already");
	kg_arena_free(arena);
}

static void
aliases_repeat_what_was_said(void **)
{
	assert_read("a: &x [1, {b: c}]\nd: *x", "{\"a\":[1,{\"b\":\"c\"}],\"d\":[1,{\"b\":\"c\"}]}");
	assert_read("&a a: *a", "{\"a\":\"a\"}");
	assert_read("a: &x\nb: *x", "{\"a\":null,\"b\":null}");
	assert_read("a: &x 1\n*x : 2", "{\"a\":1,\"1\":2}");
	assert_read("a: *nope", "1:5 there is no anchor &nope before this");
	assert_read("a: &x {b: *x}", "1:12 &x would hold itself");
	assert_read("a: &x 1\n---\nb: *x", "{\"a\":1}\n3:5 there is no anchor &x before this");
}

static void
merges_add_what_is_not_said(void **)
{
	assert_read("b: &x {k: 1, l: 2}\na: {<<: *x, l: 3}", "{\"b\":{\"k\":1,\"l\":2},\"a\":{\"l\":3,\"k\":1}}");
	assert_read("a: {<<: [{l: 1}, {l: 2, m: 3}]}", "{\"a\":{\"l\":1,\"m\":3}}");
	assert_read("a: {\"<<\": {k: 1}}", "{\"a\":{\"<<\":{\"k\":1}}}");
	assert_read("a: {<<: 5}", "1:5 a merge takes a mapping, or a list of mappings");
	assert_read("a: {<<: [1]}", "1:5 a merge takes a mapping, or a list of mappings");
	assert_read("{l: 3, <<: {l: 1}}", "1:8 `l` is said before this merge, which has another");
	assert_read("{l: 3, <<: {l: 3, m: 1}}", "{\"l\":3,\"m\":1}");
	assert_read("{<<: {l: 1}, <<: {m: 2}}", "1:14 there is a merge in this mapping already");
}

static void
what_json_has_no_place_for_is_an_error(void **)
{
	assert_read("a: .inf\nb: -.INF\nc: .nan",
	    "1:4 this is a number that JSON has no place for\n2:4 this is a number that JSON has no place for\n"
	    "3:4 this is a number that JSON has no place for");
	assert_read("a: \"\\0\"", "1:4 this holds a zero byte, which no field of Kubernetes takes");
	assert_read("a: !!int x\nb: !!bool x\nc: !!binary \"!\"",
	    "1:10 this is no integer\n2:11 this is neither true nor false\n3:13 this is not base64");
}

static void
documents_stand_for_themselves(void **)
{
	assert_read("", "");
	assert_read("# nothing\n---\n---\n", "");
	assert_read("a: 1\n---\n---\n# no\n---\nb: 2\n...\n--- [c]\n", "{\"a\":1}\n{\"b\":2}\n[\"c\"]");
	assert_read("\xef\xbb\xbf"
		    "a: 1\r\nb:\r\n  - x\r\n",
	    "{\"a\":1,\"b\":[\"x\"]}");
	assert_read("%YAML 1.1\n---\na: no", "{\"a\":false}");
}

static void
errors_of_all_documents_are_told(void **)
{
	assert_read("a: 1\n---\nb: [\n---\nc: 'x\n---\nd: {e: 1, e: 2}\n---\nf: 1\n",
	    "{\"a\":1}\n{\"f\":1}\n4:1 a document starts here, inside brackets\n6:1 a document starts here, inside quotes\n"
	    "7:11 `e` is there already");
	assert_read("a: b: c", "1:5 a second colon on the line of a name");
	assert_read("a: 'x", "1:5 this quote is never closed");
	assert_read("a:\n\tb: 1", "2:1 a tab may not indent");
	assert_read("name: {{ .Release.Name }}\n", "1:8 a mapping is no name");
	assert_read("%YAML 1.2 \n---\na: 1", "{\"a\":1}");
	assert_read("%YAML 1.2 x\n---\na: 1", "1:1 a directive of YAML that is not taken");
	assert_read("a: 1\n...\n%TAG ! tag:x,2000:\n---\nb: 1", "3:1 a directive of YAML that is not taken");
}

static void
bytes_that_no_yaml_has_are_told_with_their_place(void **)
{
	struct kg_arena *arena = kg_arena_make();

	assert_string_equal(read_all(arena, "a: 1\nb: \xff", 9), "2:4 byte 0xff is not UTF-8");
	assert_string_equal(read_all(arena, "a: \0", 4), "1:4 a control character (0x00) may not stand here");
	assert_string_equal(read_all(arena, "a: \xc2\x80", 5), "1:4 a control character (0x80) may not stand here");
	assert_string_equal(read_all(arena,
				"\xff\xfe"
				"a\0",
				4),
	    "0:0 this is UTF-16; save it as UTF-8");
	kg_arena_free(arena);
}

static const char *
repeat(struct kg_arena *arena, const char *what, int times, const char *end)
{
	struct kg_text text = { .arena = arena };

	while (times-- > 0)
		kg_text_add(&text, what);
	kg_text_add(&text, end);
	return kg_text_end(&text);
}

static void
depth_and_size_have_bounds(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_text laughs = { .arena = arena };

	assert_read(repeat(arena, "[", 100000, ""), "1:201 there are more than 200 levels here");
	assert_read(repeat(arena, "- ", 100000, ""), "1:401 there are more than 200 levels here");
	assert_read(repeat(arena, "? ", 100000, ""), "1:3 a mapping is no name");
	kg_text_add(&laughs, "a0: &a0 [lol]\n");
	for (int i = 1; i < 30; i++)
		kg_text_format(&laughs, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1);
	const char *answer = read_all(arena, laughs.bytes, laughs.size);
	assert_non_null(strstr(answer, "aliases make this document too large"));
	assert_true(kg_arena_size_bytes(arena) < 200 << 20);
	kg_arena_free(arena);
}

static void
every_value_and_key_knows_its_place(void **)
{
	static const char text[] =
	    "kind: X\nspec:\n  h\u00e9: {\"b\": 'q', c: [1,\n    two]}\n  lit: |\n    one ${A}\n    two ${B}\n";
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_yaml yaml;

	kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ "x", text, strlen(text) }, &yaml);
	assert_null(errors.first);
	const cJSON *spec = cJSON_GetObjectItem(yaml.documents.items[0], "spec");
	const cJSON *flow = spec->child, *quoted = flow->child, *two = quoted->next->child->next;
	struct kg_place place = kg_yaml_place(arena, quoted);
	assert_int_equal(place.line, 3);
	assert_int_equal(place.column, 13);
	assert_int_equal(place.length, 3);
	assert_string_equal(place.line_text, "  h\u00e9: {\"b\": 'q', c: [1,");
	place = kg_yaml_key_place(arena, quoted);
	assert_int_equal(place.column, 8);
	assert_int_equal(place.length, 3);
	place = kg_yaml_place(arena, two);
	assert_int_equal(place.line, 4);
	assert_int_equal(place.column, 5);
	place = kg_yaml_place(arena, spec); /* where its first key stands */
	assert_int_equal(place.line, 3);
	assert_int_equal(place.column, 3);
	place = kg_yaml_place_of(arena, flow->next, "${B}");
	assert_int_equal(place.line, 7);
	assert_int_equal(place.column, 9);
	assert_int_equal(place.length, 4);
	assert_false(kg_yaml_is_plain(quoted));
	assert_true(kg_yaml_is_plain(two));

	cJSON *other = cJSON_Parse("{\"a\":[1]}");
	assert_null(kg_yaml_place(arena, other).file);
	const cJSON *fixed = kg_yaml_from_json(arena, other, place);
	cJSON_Delete(other);
	assert_int_equal(kg_yaml_place(arena, fixed->child->child).line, 7);
	kg_arena_free(arena);
}

static void
a_value_without_quotes_is_known_as_it_is_written(void **)
{
	static const char text[] = "[1.10, yes, 0x1F, &a no, *a, \"yes\", !!int 5, [x], ~]";
	static const char *const written[] = { "1.10", "yes", "0x1F", "no", "no", NULL, NULL, NULL, "~" };
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_yaml yaml;
	size_t count = 0;

	kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ "x", text, strlen(text) }, &yaml);
	assert_null(errors.first);
	for (const cJSON *item = yaml.documents.items[0]->child; item; item = item->next, count++)
		assert_true(kg_text_equal(kg_yaml_plain_text(arena, item), written[count]));
	assert_int_equal(count, sizeof(written) / sizeof(written[0]));
	kg_arena_free(arena);
}

static void
a_line_that_nobody_reads_is_not_kept(void **)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena };
	struct kg_text text = { .arena = arena };
	struct kg_yaml yaml;

	kg_text_add(&text, "[");
	for (int i = 0; i < 20000; i++)
		kg_text_add(&text, "{\"a\":1}, ");
	kg_text_add(&text, "0]\n");
	kg_yaml_read(arena, &errors, &(struct kg_yaml_source){ "x", text.bytes, text.size }, &yaml);
	assert_null(errors.first);
	size_t before = kg_arena_size_bytes(arena);
	const cJSON *item = yaml.documents.items[0]->child;
	for (; item->next; item = item->next)
		assert_int_equal(kg_yaml_place(arena, item).line, 1);
	assert_int_equal(kg_yaml_place(arena, item).column, text.size - 2);
	assert_true(kg_arena_size_bytes(arena) - before < 1 << 20);
	kg_arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scalars_mean_what_they_mean_to_kubernetes),
		cmocka_unit_test(whole_numbers_are_exact_up_to_what_a_double_holds),
		cmocka_unit_test(keys_become_texts),
		cmocka_unit_test(a_key_that_is_there_twice_is_an_error),
		cmocka_unit_test(aliases_repeat_what_was_said),
		cmocka_unit_test(merges_add_what_is_not_said),
		cmocka_unit_test(what_json_has_no_place_for_is_an_error),
		cmocka_unit_test(documents_stand_for_themselves),
		cmocka_unit_test(errors_of_all_documents_are_told),
		cmocka_unit_test(bytes_that_no_yaml_has_are_told_with_their_place),
		cmocka_unit_test(depth_and_size_have_bounds),
		cmocka_unit_test(every_value_and_key_knows_its_place),
		cmocka_unit_test(a_value_without_quotes_is_known_as_it_is_written),
		cmocka_unit_test(a_line_that_nobody_reads_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
