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
#include "engine/base/style.h"
#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/cli/cli.h"
#include "engine/cli/help.h"
#include "engine/cli/kinds.h"
#include "engine/cli/man.h"

static void
the_manual_page_is_that_of_the_tables(void **)
{
	struct kg_text text = { .arena = kg_arena_make() };
	const char *page;
	size_t size;

	kg_man(&text);
	if (kg_file_read(text.arena, "docs/kgraph.1", &page, &size))
		fail_msg("docs/kgraph.1 cannot be read");
	if (strcmp(page, kg_text_end(&text)) != 0)
		fail_msg("docs/kgraph.1 is old: zig-out/bin/kgraph __man >docs/kgraph.1");
	kg_arena_free(text.arena);
}

static void
the_manual_page_names_every_command_and_option(void **)
{
	struct kg_text text = { .arena = kg_arena_make() };

	kg_man(&text);
	for (const struct kg_command *command = kg_commands; command->name; command++)
		if (!command->is_hidden)
			assert_non_null(strstr(kg_text_end(&text), kg_format(text.arena, "\n.SS %s", command->name)));
	for (const struct kg_option *option = kg_option_table; option->name; option++) {
		size_t length = strcspn(option->name, "-");

		assert_non_null(strstr(text.bytes, kg_format(text.arena, "\\-\\-%.*s", (int)length, option->name)));
	}
	kg_arena_free(text.arena);
}

static void
assert_fits(const char *help, uint32_t rows, uint32_t columns)
{
	uint32_t lines = 0;

	for (const char *at = help; *at; at += strcspn(at, "\n") + 1, lines++) {
		char line[512] = { 0 };
		size_t size = strcspn(at, "\n");

		assert_true(size < sizeof(line));
		memcpy(line, at, size);
		if (kg_width(line) > columns)
			fail_msg("wider than %u columns: %s", columns, line);
	}
	if (lines > rows)
		fail_msg("%u lines, %u fit a screen", lines, rows);
}

static void
help_fits_a_screen(void **)
{
	struct kg_text text = { .arena = kg_arena_make() };

	kg_help_overview(&text, &kg_style_plain, 80);
	assert_fits(kg_text_end(&text), 40, 80);
	for (const struct kg_command *command = kg_commands; command->name; command++) {
		struct kg_text one = { .arena = text.arena };

		kg_help_command(&one, &kg_style_plain, 80, command);
		assert_fits(kg_text_end(&one), 50, 80);
	}
	kg_arena_free(text.arena);
}

static void
help_on_a_kind_tells_every_setting(void **)
{
	for (uint32_t i = 0; i < kg_kinds_facts.count; i++) {
		struct kg_text text = { .arena = kg_arena_make() };

		kg_help_kind(&text, &kg_style_plain, 80, kg_kinds_facts.kinds[i]);
		for (const struct kg_field *field = kg_kinds_facts.kinds[i]->fields; field->name; field++)
			assert_non_null(strstr(kg_text_end(&text), kg_format(text.arena, "\n  %s ", field->name)));
		assert_fits(text.bytes, 140, 80);
		kg_arena_free(text.arena);
	}
}

static void
each_name_is_one_commands_alone(void **)
{
	for (const struct kg_command *a = kg_commands; a->name; a++) {
		for (const struct kg_command *b = a + 1; b->name; b++)
			assert_string_not_equal(a->name, b->name);
		/* `kgraph help NAME` must not be of two minds. */
		assert_null(kg_kinds_find(a->name));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_page_is_that_of_the_tables),
		cmocka_unit_test(the_manual_page_names_every_command_and_option),
		cmocka_unit_test(help_fits_a_screen),
		cmocka_unit_test(help_on_a_kind_tells_every_setting),
		cmocka_unit_test(each_name_is_one_commands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
