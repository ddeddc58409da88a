#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/complete.h"

static struct kg_cli cli;
static const char *folder;

static int
graph_make(void **)
{
	static const char graph[] = "[target]\nstack = [\"service\"]\n"
				    "[node.service]\nkind = \"command\"\ncommand = [\"true\"]\n"
				    "[node.schema]\nkind = \"command\"\ncommand = [\"true\"]\n";
	char template[] = "/tmp/kgraph-complete-XXXXXX";

	cli = (struct kg_cli){ .arena = kg_arena_make() };
	folder = kg_copy(cli.arena, mkdtemp(template));
	const char *file = kg_format(cli.arena, "%s/kgraph.toml", folder);
	return kg_file_write(cli.arena, file, graph, sizeof(graph) - 1, 0644) ? -1 : 0;
}

static int
graph_remove(void **)
{
	struct kg_error *error = kg_file_remove(cli.arena, folder);

	kg_arena_free(cli.arena);
	return error ? -1 : 0;
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Candidates without their meanings, with spaces between. */
static const char *
candidates(const char *const *words)
{
	struct kg_text text = { .arena = cli.arena }, shown = { .arena = cli.arena };

	kg_complete(&cli, &text, words);
	for (const char *line = kg_text_end(&text); *line; line += strcspn(line, "\n") + 1) {
		if (shown.size > 0)
			kg_text_add(&shown, " ");
		kg_text_add_bytes(&shown, line, strcspn(line, "\t\n"));
	}
	return kg_text_end(&shown);
}

static void
every_command_is_offered(void **)
{
	const char *offered = kg_format(cli.arena, " %s ", candidates(WORDS("")));

	for (const struct kg_command *command = kg_commands; command->name; command++)
		assert_int_equal(strstr(offered, kg_format(cli.arena, " %s ", command->name)) != NULL, !command->is_hidden);
	assert_string_equal(candidates(WORDS("st")), "status");
	assert_string_equal(candidates(WORDS("-C", "x", "ver")), "version");
}

static void
every_option_of_a_command_is_offered_after_it(void **)
{
	for (const struct kg_command *command = kg_commands; command->name; command++) {
		if (command->is_hidden)
			continue;
		const char *offered = kg_format(cli.arena, " %s ", candidates(WORDS(command->name, "--")));

		for (const struct kg_option *option = kg_option_table; option->name; option++)
			if (kg_option_belongs(option, command))
				assert_non_null(strstr(offered, kg_format(cli.arena, " --%s ", option->name)));
	}
	assert_string_equal(candidates(WORDS("down", "--pur")), "--purge");
	assert_string_equal(candidates(WORDS("up", "--pur")), "");
}

static void
targets_and_nodes_come_from_the_graph_that_is_meant(void **)
{
	assert_string_equal(candidates(WORDS("-C", folder, "up", "s")), "stack service schema");
	assert_string_equal(candidates(WORDS("up", "-C", folder, "sc")), "schema");
	assert_string_equal(candidates(WORDS("-C", folder, "logs", "s")), "service schema");
	assert_string_equal(candidates(WORDS("-C", "/nowhere", "up", "s")), "");
	assert_string_equal(candidates(WORDS("-C", folder, "check", "")), "");
	assert_string_equal(candidates(WORDS("-C", folder, "collect", "")), ":folders");
	assert_string_equal(candidates(WORDS("-C", folder, "collect", "out", "s")), "stack service schema");
}

static void
values_of_options_are_offered(void **)
{
	assert_string_equal(candidates(WORDS("--color", "a")), "auto always");
	assert_string_equal(candidates(WORDS("--color=n")), "--color=never");
	assert_string_equal(candidates(WORDS("graph", "--format", "")), "dot mermaid json");
	assert_string_equal(candidates(WORDS("env", "--format=d")), "--format=dotenv");
	assert_string_equal(candidates(WORDS("up", "--events", "")), ":files");
	assert_string_equal(candidates(WORDS("up", "-C", "")), ":folders");
	assert_string_equal(candidates(WORDS("up", "--jobs", "")), "");
	assert_string_equal(candidates(WORDS("-f", "")), ":files");
	assert_string_equal(candidates(WORDS("completion", "z")), "zsh");
	assert_string_equal(candidates(WORDS("help", "migr")), "migration");
}

static void
after_two_dashes_comes_a_command_line_of_its_own(void **)
{
	assert_string_equal(candidates(WORDS("run", "stack", "--", "ma")), ":command");
	assert_string_equal(candidates(WORDS("run", "--", "make", "--jo")), ":command");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_offered),
		cmocka_unit_test(every_option_of_a_command_is_offered_after_it),
		cmocka_unit_test(targets_and_nodes_come_from_the_graph_that_is_meant),
		cmocka_unit_test(values_of_options_are_offered),
		cmocka_unit_test(after_two_dashes_comes_a_command_line_of_its_own),
	};

	return cmocka_run_group_tests(tests, graph_make, graph_remove);
}
