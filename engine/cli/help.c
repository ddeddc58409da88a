#include "engine/cli/help.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/cli/cli.h"
#include "engine/base/style.h"
#include "engine/cli/table.h"

static void
heading_add(struct kg_text *text, const struct kg_style *style, const char *heading)
{
	kg_text_format(text, "\n%s%s%s\n", style->bold, heading, style->end);
}

static void
options_add(struct kg_text *text, const struct kg_style *style, uint32_t columns, const struct kg_command *command)
{
	struct kg_table table = { .arena = text->arena, .columns = 2, .indent = 2, .is_wrapped = true };

	for (const struct kg_option *option = kg_option_table; option->name; option++) {
		uint32_t general = KG_OPTION_GRAPH | KG_OPTION_ANY;

		/* The overview has those that go with nearly every command. */
		if (command ? !kg_option_belongs(option, command) : (option->groups & general) == 0)
			continue;
		if (strcmp(option->name, "version") == 0)
			continue;
		kg_table_row(
		    &table, (struct kg_cell[]){ { kg_option_tell(text->arena, option), style->bold }, { option->meaning, NULL } });
	}
	kg_table_add(&table, text, style, columns);
}

void
kg_help_overview(struct kg_text *text, const struct kg_style *style, uint32_t columns)
{
	struct kg_table table = { .arena = text->arena, .columns = 2, .indent = 2, .is_wrapped = true };

	kg_text_format(text,
	    "kgraph brings test and development environments up from a dependency graph.\n"
	    "\n"
	    "%susage:%s kgraph COMMAND [OPTION...] [NAME...]\n",
	    style->bold, style->end);
	heading_add(text, style, "commands");
	for (const struct kg_command *command = kg_commands; command->name; command++)
		if (!command->is_hidden)
			kg_table_row(&table, (struct kg_cell[]){ { command->name, style->bold }, { command->summary, NULL } });
	kg_table_add(&table, text, style, columns);
	heading_add(text, style, "options of most commands");
	options_add(text, style, columns, NULL);
	kg_text_add(text, "\nSee `kgraph help COMMAND`, `kgraph help kinds`, `man kgraph`.\n");
}

/* Words of a paragraph in lines of that width. */
static void
paragraph_add(struct kg_text *text, const char *paragraph, size_t size, uint32_t columns)
{
	struct kg_table table = { .arena = text->arena, .columns = 1, .is_wrapped = true };

	kg_table_row(&table, (struct kg_cell[]){ { kg_copy_bytes(text->arena, paragraph, size), NULL } });
	kg_table_add(&table, text, &kg_style_plain, columns);
}

/* Lines that start with spaces stay as they are. */
static void
prose_add(struct kg_text *text, const char *prose, uint32_t columns)
{
	while (*prose) {
		size_t size = strcspn(prose, "\n");

		if (size == 0 || *prose == ' ')
			kg_text_format(text, "%.*s\n", (int)size, prose);
		else
			paragraph_add(text, prose, size, columns);
		prose += size + (prose[size] == '\n');
	}
}

void
kg_help_command(struct kg_text *text, const struct kg_style *style, uint32_t columns, const struct kg_command *command)
{
	kg_text_format(text, "%susage:%s kgraph %s [OPTION...]%s%s\n\n", style->bold, style->end, command->name,
	    *command->arguments ? " " : "", command->arguments);
	prose_add(text, kg_format(text->arena, "%s.", command->summary), columns);
	if (*command->text) {
		kg_text_add(text, "\n");
		prose_add(text, command->text, columns);
	}
	heading_add(text, style, "options");
	options_add(text, style, columns, command);
}
