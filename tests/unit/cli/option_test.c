#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/cli/option.h"

static const struct kg_command commands[] = {
	{ .name = "up",
	    .arguments = "[NAME...]",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_WORK | KG_OPTION_LOCK | KG_OPTION_EVENTS,
	    .most = UINT32_MAX },
	{ .name = "run",
	    .arguments = "[NAME...] -- COMMAND",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_WORK,
	    .most = UINT32_MAX,
	    .takes_program = true },
	{ .name = "down", .arguments = "", .groups = KG_OPTION_GRAPH | KG_OPTION_DOWN, .most = UINT32_MAX },
	{ .name = "logs",
	    .arguments = "NAME",
	    .groups = KG_OPTION_GRAPH | KG_OPTION_LOGS,
	    .fewest = 1,
	    .most = 1,
	    .naming = KG_NAMES_NODE },
	{ .name = "graph", .arguments = "", .groups = KG_OPTION_GRAPH | KG_OPTION_DRAW, .most = UINT32_MAX },
	{ .name = "env", .arguments = "", .groups = KG_OPTION_GRAPH | KG_OPTION_ENV },
	{ .name = "__complete", .arguments = "", .is_raw = true, .is_hidden = true },
	{ 0 },
};

static struct kg_arena *arena;

static int
arena_make(void **)
{
	arena = kg_arena_make();
	return 0;
}

static int
arena_free(void **)
{
	kg_arena_free(arena);
	return 0;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__ __VA_OPT__(, ) NULL })

static struct kg_invocation
read_well(const char *const *words)
{
	struct kg_invocation invocation;
	struct kg_error *error = kg_invocation_read(arena, commands, words, &invocation);

	if (error)
		fail_msg("%s", error->message);
	return invocation;
}

static void
assert_refused(const char *const *words, const char *message, const char *advice)
{
	struct kg_invocation invocation;
	struct kg_error *error = kg_invocation_read(arena, commands, words, &invocation);

	assert_non_null(error);
	assert_int_equal(error->code, KG_EINPUT);
	assert_string_equal(error->message, message);
	if (advice)
		assert_string_equal(error->advice, advice);
}

static void
options_stand_before_or_after_the_command_in_every_spelling(void **)
{
	const char *const *spellings[] = {
		WORDS("--jobs", "4", "up", "a"),
		WORDS("up", "--jobs=4", "a"),
		WORDS("up", "a", "-j", "4"),
		WORDS("up", "-j4", "a"),
		WORDS("-j=4", "up", "a"),
		WORDS("-vj4", "up", "a"),
	};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		struct kg_invocation invocation = read_well(spellings[i]);

		assert_string_equal(invocation.command->name, "up");
		assert_int_equal(invocation.options.jobs, 4);
		assert_int_equal(invocation.argument_count, 1);
		assert_string_equal(invocation.arguments[0], "a");
	}
}

static void
values_are_read_by_their_types(void **)
{
	struct kg_invocation invocation = read_well(WORDS("up", "--set", "a=1", "--timeout", "1m30s", "--color=never", "--set=b=2",
	    "--fail-fast", "-C", "there", "--profile", "kind", "--events", "e.jsonl"));

	assert_int_equal(invocation.options.timeout_ms, 90000);
	assert_int_equal(invocation.options.colour, 2);
	assert_string_equal(invocation.options.sets[0], "a=1");
	assert_string_equal(invocation.options.sets[1], "b=2");
	assert_null(invocation.options.sets[2]);
	assert_true(invocation.options.fail_fast);
	assert_false(invocation.options.no_wait);
	assert_string_equal(invocation.options.folder, "there");
	assert_string_equal(invocation.options.profile, "kind");
	assert_string_equal(invocation.options.events, "e.jsonl");
}

static void
patience_without_a_value_is_endless_and_takes_no_name_for_one(void **)
{
	struct kg_invocation invocation = read_well(WORDS("up", "--wait-lock", "5s"));

	assert_int_equal(invocation.options.lock_wait_ms, -1);
	assert_string_equal(invocation.arguments[0], "5s");
	assert_int_equal(read_well(WORDS("up", "--wait-lock=5s")).options.lock_wait_ms, 5000);
}

static void
a_letter_means_what_its_command_says(void **)
{
	struct kg_invocation invocation = read_well(WORDS("-f", "x.toml", "logs", "-f", "a", "-n", "20"));

	assert_string_equal(invocation.options.file, "x.toml");
	assert_true(invocation.options.follow);
	assert_int_equal(invocation.options.lines, 20);
	assert_string_equal(invocation.arguments[0], "a");
}

static void
an_option_of_two_commands_has_the_values_of_each(void **)
{
	assert_string_equal(read_well(WORDS("graph", "--format", "mermaid")).options.format, "mermaid");
	assert_string_equal(read_well(WORDS("--format", "fish", "env")).options.format, "fish");
	assert_refused(WORDS("env", "--format", "mermaid"), "`--format mermaid`: the value must be sh, fish, dotenv or json", NULL);
	assert_refused(
	    WORDS("graph", "--format", "jsn"), "`--format jsn`: the value must be dot, mermaid or json", "did you mean `json`?");
}

static void
what_follows_two_dashes_is_the_program(void **)
{
	struct kg_invocation invocation = read_well(WORDS("run", "stack", "--", "make", "--jobs", "2", "--"));

	assert_string_equal(invocation.arguments[0], "stack");
	assert_int_equal(invocation.argument_count, 1);
	assert_int_equal(invocation.options.jobs, 0);
	assert_string_equal(invocation.program[0], "make");
	assert_string_equal(invocation.program[3], "--");
	assert_null(invocation.program[4]);
	assert_refused(WORDS("run", "make"), "`kgraph run` needs a program to run after `--`", "kgraph run [NAME...] -- COMMAND");
	assert_refused(WORDS("run", "--"), "`kgraph run` needs a program to run after `--`", NULL);
}

static void
what_follows_two_dashes_is_no_option_of_other_commands(void **)
{
	struct kg_invocation invocation = read_well(WORDS("up", "--", "-v"));

	assert_false(invocation.options.verbose);
	assert_string_equal(invocation.arguments[0], "-v");
}

static void
completion_takes_its_words_as_they_are(void **)
{
	struct kg_invocation invocation = read_well(WORDS("__complete", "up", "--pro"));

	assert_int_equal(invocation.argument_count, 2);
	assert_string_equal(invocation.arguments[1], "--pro");
}

static void
what_is_misspelt_is_told_with_the_nearest(void **)
{
	assert_refused(WORDS("pu"), "unknown command `pu`", "did you mean `up`?");
	assert_refused(WORDS("frobnicate"), "unknown command `frobnicate`", "`kgraph help` lists the commands");
	assert_refused(WORDS("up", "--tiemout", "3s"), "unknown option `--tiemout`", "did you mean `--timeout`?");
	assert_refused(WORDS("up", "-x"), "unknown option `-x`", "`kgraph help up` lists the options");
}

static void
an_option_of_another_command_is_told_so(void **)
{
	assert_refused(WORDS("up", "--purge"), "`--purge` is not an option of `kgraph up`", "it belongs to `down`");
	assert_refused(WORDS("--jobs", "2", "down"), "`--jobs` is not an option of `kgraph down`", "it belongs to `up` and `run`");
}

static void
bad_values_are_told_with_what_would_be_good(void **)
{
	assert_refused(WORDS("up", "--jobs"), "`--jobs` needs a value: --jobs N", NULL);
	assert_refused(WORDS("up", "--jobs", "many"), "`--jobs many`: that is no whole number", NULL);
	assert_refused(WORDS("up", "--jobs", "-1"), "`--jobs -1`: that is no whole number", NULL);
	assert_refused(
	    WORDS("up", "--timeout", "5"), "`--timeout 5`: that is no duration", "durations have units: 500ms, 30s, 5m, 1h30m");
	assert_refused(WORDS("up", "--set", "a"), "`--set a`: that sets nothing", "write --set VAR=VALUE");
	assert_refused(WORDS("up", "--fail-fast=yes"), "`--fail-fast` takes no value", NULL);
	assert_refused(WORDS("up", "-C", ""), "`-C` needs a value: it is empty", NULL);
	assert_refused(WORDS("up", "-p", "kind", "--profile", "kubernetes"),
	    "a run has one profile, and two are given: `kind` and `kubernetes`", NULL);
	assert_string_equal(read_well(WORDS("-p", "kind", "up", "-p", "kind")).options.profile, "kind");
}

static void
arguments_are_counted(void **)
{
	assert_refused(WORDS("logs"), "`kgraph logs` needs the name of a node", "kgraph logs NAME");
	assert_refused(WORDS("logs", "a", "b"), "`kgraph logs` takes one argument only", NULL);
	assert_refused(WORDS("env", "a"), "`kgraph env` takes no arguments", NULL);
	assert_true(read_well(WORDS("logs", "--help")).options.help);
}

static void
options_of_one_name_agree_on_whether_they_take_a_value(void **)
{
	for (const struct kg_option *a = kg_option_table; a->name; a++) {
		for (const struct kg_option *b = a + 1; b->name; b++) {
			if (strcmp(a->name, b->name) == 0)
				assert_int_equal(a->value == NULL, b->value == NULL);
		}
		assert_int_equal(a->value == NULL, a->type == KG_OPTION_FLAG);
	}
}

int
main(void)
{
#define A_TEST(name) cmocka_unit_test_setup_teardown(name, arena_make, arena_free)
	const struct CMUnitTest tests[] = {
		A_TEST(options_stand_before_or_after_the_command_in_every_spelling),
		A_TEST(values_are_read_by_their_types),
		A_TEST(patience_without_a_value_is_endless_and_takes_no_name_for_one),
		A_TEST(a_letter_means_what_its_command_says),
		A_TEST(an_option_of_two_commands_has_the_values_of_each),
		A_TEST(what_follows_two_dashes_is_the_program),
		A_TEST(what_follows_two_dashes_is_no_option_of_other_commands),
		A_TEST(completion_takes_its_words_as_they_are),
		A_TEST(what_is_misspelt_is_told_with_the_nearest),
		A_TEST(an_option_of_another_command_is_told_so),
		A_TEST(bad_values_are_told_with_what_would_be_good),
		A_TEST(arguments_are_counted),
		A_TEST(options_of_one_name_agree_on_whether_they_take_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
