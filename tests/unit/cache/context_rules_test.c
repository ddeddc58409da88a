#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cache/context.h"
#include "cache/context_rules.h"
#include "cache/stat_cache.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "tests/unit/cache/scratch.h"

struct one_case {
	const char *name;
	struct kg_text ignore, paths; /* paths: the mark, and the path, each ended by a line feed */
};

static struct kg_context_rules *
rules_of(struct kg_arena *arena, const char *text)
{
	struct kg_context_rules *rules;

	well(kg_context_rules_read(arena, ".dockerignore", text, strlen(text), &rules));
	return rules;
}

static bool
counts(const struct kg_context_files *files, const char *path)
{
	for (uint32_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].name, path) == 0)
			return true;
	return false;
}

/* The tree of a case is made, walked, and looked at path by path. */
static void
case_check(struct scratch *scratch, struct one_case *one)
{
	const char *folder = scratch_path(scratch, one->name);
	struct kg_stat_cache *cache;
	struct kg_context_files files;

	well(kg_file_make_folder(scratch->arena, folder, 0755));
	for (const char *at = kg_text_end(&one->paths); *at; at = strchr(at, '\n') + 1) {
		const char *path = kg_format(scratch->arena, "%s/%.*s", one->name, (int)strcspn(at + 2, "\n"), at + 2);

		if (kg_text_ends(path, "/"))
			well(kg_file_make_folder(scratch->arena, scratch_path(scratch, path), 0755));
		else
			scratch_write(scratch, path, "");
	}
	well(kg_stat_cache_open(scratch->arena, scratch_path(scratch, "cache"), &cache));
	well(kg_context_read(scratch->arena, cache, folder, rules_of(scratch->arena, kg_text_end(&one->ignore)), "", &files));
	well(kg_stat_cache_close(cache, scratch->arena));
	for (const char *at = kg_text_end(&one->paths); *at; at = strchr(at, '\n') + 1) {
		const char *path = kg_copy_bytes(scratch->arena, at + 2, strcspn(at + 2, "\n"));

		if (counts(&files, path) != (*at != '-'))
			fail_msg("%s: %s must %scount", one->name, path, *at == '-' ? "not " : "");
	}
}

static void
every_case_of_the_table_holds(void **state)
{
	struct scratch *scratch = *state;
	struct one_case one = { 0 };
	uint32_t checked = 0;
	const char *bytes;
	size_t size;

	well(kg_file_read(scratch->arena, "tests/unit/cache/context_cases", &bytes, &size));
	for (const char *at = bytes; *at; at = strchr(at, '\n') + 1) {
		const char *line = kg_copy_bytes(scratch->arena, at, strcspn(at, "\n"));

		if (*line == '=') {
			if (one.name)
				case_check(scratch, &one);
			one = (struct one_case){ .name = line + 2, .ignore.arena = scratch->arena, .paths.arena = scratch->arena };
			checked++;
		} else if (*line == '|') {
			kg_text_format(&one.ignore, "%s\n", line + 1 + (line[1] == ' '));
		} else if (*line && *line != '#') {
			kg_text_format(&one.paths, "%s\n", line);
		}
	}
	case_check(scratch, &one);
	assert_true(checked > 30);
}

static void
what_no_builder_takes_is_told_with_its_line(void **state)
{
	struct scratch *scratch = *state;
	static const struct {
		const char *text;
		uint32_t line;
	} rows[] = {
		{ "!", 1 },
		{ "a\n! \n", 2 },
		{ "#!\n\n  !  ", 3 },
		{ "[", 1 },
		{ "a[", 1 },
		{ "[^", 1 },
		{ "[^bc", 1 },
		{ "[]a]", 1 },
		{ "[-]", 1 },
		{ "[x-]", 1 },
		{ "[-x]", 1 },
		{ "[a-b-c]", 1 },
		{ "[z-a]", 1 },
		{ "a\\", 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kg_context_rules *rules;
		struct kg_error *error =
		    kg_context_rules_read(scratch->arena, "app/.dockerignore", rows[i].text, strlen(rows[i].text), &rules);

		if (!error)
			fail_msg("`%s` is taken", rows[i].text);
		assert_int_equal(error->code, KG_EINPUT);
		assert_string_equal(error->place.file, "app/.dockerignore");
		assert_int_equal(error->place.line, rows[i].line);
	}
}

/* Of a folder in the context's own. */
static struct kg_context_verdict
verdict_of(struct kg_arena *arena, const char *ignore, const char *folder)
{
	struct kg_context_rules *rules = rules_of(arena, ignore);
	uint64_t *state = kg_new_array(arena, uint64_t, 2 * (size_t)kg_context_rules_words(rules));

	kg_context_rules_start(rules, state);
	return kg_context_rules_enter(rules, state, folder, (uint32_t)strlen(folder), state + kg_context_rules_words(rules));
}

static void
a_folder_that_is_left_out_is_entered_only_for_an_exception(void **state)
{
	struct scratch *scratch = *state;

	assert_false(verdict_of(scratch->arena, "node_modules\n", "node_modules").is_entered);
	assert_false(verdict_of(scratch->arena, "node_modules\n!README.md\n", "node_modules").is_entered);
	assert_false(verdict_of(scratch->arena, "*\n!src/**\n", "docs").is_entered);
	assert_false(verdict_of(scratch->arena, "!docs/a\ndocs\n", "docs").is_entered);
	assert_true(verdict_of(scratch->arena, "docs\n!docs/a\n", "docs").is_entered);
	assert_true(verdict_of(scratch->arena, "*\n!src/**\n", "src").is_entered);
	assert_true(verdict_of(scratch->arena, "*\n!**/a\n", "docs").is_entered);
	assert_false(verdict_of(scratch->arena, "docs\n!docs/a\n", "docs").counts);
	assert_true(verdict_of(scratch->arena, "docs/*\n", "docs").counts);
}

static void
line_ends_of_windows_and_a_byte_order_mark_do_no_harm(void **state)
{
	struct scratch *scratch = *state;
	struct kg_context_rules *rules = rules_of(scratch->arena, "\xef\xbb\xbf*.a\r\n*.b\r\n\r\n!keep.b\r\nlast");
	uint64_t *at = kg_new_array(scratch->arena, uint64_t, kg_context_rules_words(rules));

	kg_context_rules_start(rules, at);
	assert_true(kg_context_rules_keep(rules, at, "x.a", 3));
	assert_false(kg_context_rules_keep(rules, at, "x.b", 3));
	assert_true(kg_context_rules_keep(rules, at, "keep.b", 6));
	assert_false(kg_context_rules_keep(rules, at, "last", 4));
}

static void
a_pattern_longer_than_a_word_matches_to_its_end(void **state)
{
	struct scratch *scratch = *state;
	char name[201] = { 0 };

	memset(name, 'a', 199);
	struct kg_context_rules *rules = rules_of(scratch->arena, kg_format(scratch->arena, "x/%s*b/y/**/z", name));
	uint64_t *first = kg_new_array(scratch->arena, uint64_t, 2 * (size_t)kg_context_rules_words(rules));
	uint64_t *second = first + kg_context_rules_words(rules);

	kg_context_rules_start(rules, first);
	kg_context_rules_enter(rules, first, "x", 1, second);
	name[199] = 'b';
	assert_true(kg_context_rules_enter(rules, second, name, 200, first).counts);
	assert_true(kg_context_rules_enter(rules, first, "y", 1, second).counts);
	assert_false(kg_context_rules_keep(rules, second, "z", 1));
	assert_true(kg_context_rules_keep(rules, second, "y", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_case_of_the_table_holds, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(what_no_builder_takes_is_told_with_its_line, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(
		    a_folder_that_is_left_out_is_entered_only_for_an_exception, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(line_ends_of_windows_and_a_byte_order_mark_do_no_harm, scratch_make, scratch_free),
		cmocka_unit_test_setup_teardown(a_pattern_longer_than_a_word_matches_to_its_end, scratch_make, scratch_free),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
