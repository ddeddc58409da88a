#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/help.h"
#include "engine/cli/kinds.h"
#include "engine/target.h"

static struct kg_error *
topic_unknown(struct kg_arena *arena, const char *topic)
{
	KG_LIST(const char *) topics = { 0 };

	for (const struct kg_command *command = kg_commands; command->name; command++)
		if (!command->is_hidden)
			kg_list_push(arena, &topics, command->name);
	for (uint32_t i = 0; i < kg_kinds_facts.count; i++)
		kg_list_push(arena, &topics, kg_kinds_facts.kinds[i]->name);
	kg_list_push(arena, &topics, "kinds");
	kg_list_push(arena, &topics, NULL);

	struct kg_error *error = kg_error_make(arena, KG_EINPUT, "there is neither a command nor a kind `%s`", topic);
	const char *nearest = kg_text_nearest(topic, topics.items);
	return nearest ? kg_error_advise(arena, error, "did you mean `%s`?", nearest)
		       : kg_error_advise(arena, error, "`kgraph help` lists the commands, `kgraph help kinds` the kinds");
}

int
kg_command_help(struct kg_cli *cli)
{
	const char *topic = cli->asked.arguments[0];
	const struct kg_command *command = topic ? kg_command_find(kg_commands, topic) : NULL;
	const struct kg_kind *kind = topic ? kg_kinds_find(topic) : NULL;
	struct kg_text text = { .arena = cli->arena };
	uint32_t columns = kg_cli_columns();

	if (!topic)
		kg_help_overview(&text, cli->out_style, columns);
	else if (command)
		kg_help_command(&text, cli->out_style, columns, command);
	else if (kind)
		kg_help_kind(&text, cli->out_style, columns, &kind->facts);
	else if (strcmp(topic, "kinds") == 0)
		kg_help_kinds(&text, cli->out_style, columns);
	else
		return kg_cli_fail(cli, topic_unknown(cli->arena, topic));
	kg_cli_print(cli, kg_text_end(&text));
	return KG_EXIT_UP;
}
