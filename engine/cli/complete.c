#include "engine/cli/complete.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/cli/checkout.h"
#include "engine/cli/cli.h"
#include "engine/cli/kinds.h"

struct completion {
	struct kg_cli *cli;
	struct kg_text *text;
	const char *word;                 /* to be completed */
	const char *prefix;               /* of all candidates: "--color=" */
	const struct kg_command *command; /* NULL: not typed yet */
	const struct kg_option *option;   /* whose value the word is; NULL: none */
	bool is_program;                  /* after -- of a command that takes a program */
	bool takes_options;               /* no -- yet */
	bool has_argument;                /* the command's first one is typed */
};

static void
candidate_add(struct completion *completion, const char *candidate, const char *meaning)
{
	if (kg_text_starts(candidate, completion->word))
		kg_text_format(completion->text, "%s%s\t%s\n", completion->prefix, candidate, meaning);
}

/* Those who complete want the names of the graph that they mean: -C, -f, --profile and --set count as typed so far. */
static const struct kg_graph *
graph_peek(struct completion *completion, const char *const *words, struct kg_checkout *checkout)
{
	struct kg_invocation asked;
	KG_LIST(const char *) whole = { 0 };

	for (; *words && words[1]; words++)
		kg_list_push(completion->cli->arena, &whole, *words);
	kg_list_push(completion->cli->arena, &whole, NULL);
	/* A line that is still being typed may well be wrong; what could be read of it counts. */
	struct kg_error *unfinished = kg_invocation_read(completion->cli->arena, kg_commands, whole.items, &asked);
	(void)unfinished;
	completion->cli->asked.options = asked.options;
	return kg_checkout_peek(completion->cli, checkout);
}

static void
names_add(struct completion *completion, const char *const *words, bool with_targets)
{
	struct kg_checkout checkout = { 0 };
	const struct kg_graph *graph = graph_peek(completion, words, &checkout);

	for (uint32_t i = 0; graph && with_targets && i < graph->target_count; i++)
		candidate_add(completion, kg_graph_text(graph, graph->targets[i].name), "target");
	for (uint32_t i = 0; graph && i < graph->node_count; i++)
		candidate_add(
		    completion, kg_graph_text(graph, graph->nodes[i].name), kg_kinds_facts.kinds[graph->nodes[i].kind]->name);
}

static void
commands_add(struct completion *completion)
{
	for (const struct kg_command *command = kg_commands; command->name; command++)
		if (!command->is_hidden)
			candidate_add(completion, command->name, command->summary);
}

static void
topics_add(struct completion *completion)
{
	commands_add(completion);
	candidate_add(completion, "kinds", "all kinds of nodes");
	for (uint32_t i = 0; i < kg_kinds_facts.count; i++)
		candidate_add(completion, kg_kinds_facts.kinds[i]->name, kg_kinds_facts.kinds[i]->summary);
}

static void
options_add(struct completion *completion)
{
	for (const struct kg_option *option = kg_option_table; option->name; option++)
		if (!completion->command || kg_option_belongs(option, completion->command))
			candidate_add(completion, kg_format(completion->cli->arena, "--%s", option->name), option->meaning);
}

static void
naming_add(struct completion *completion, const char *const *words, enum kg_naming naming)
{
	switch (naming) {
	case KG_NAMES_NOTHING: break;
	case KG_NAMES_FILE: kg_text_add(completion->text, ":files\n"); break;
	case KG_NAMES_FOLDER: kg_text_add(completion->text, ":folders\n"); break;
	case KG_NAMES_CHOSEN: names_add(completion, words, true); break;
	case KG_NAMES_NODE: names_add(completion, words, false); break;
	case KG_NAMES_SHELL:
		candidate_add(completion, "bash", "");
		candidate_add(completion, "zsh", "");
		candidate_add(completion, "fish", "");
		break;
	case KG_NAMES_TOPIC: topics_add(completion); break;
	}
}

static void
value_add(struct completion *completion, const char *const *words)
{
	const struct kg_option *option = completion->option;

	for (const char *const *choice = option->choices; choice && *choice; choice++)
		candidate_add(completion, *choice, "");
	naming_add(completion, words, option->naming);
}

/* What the words before the last one have settled. */
static void
word_pass(struct completion *completion, const char *word)
{
	if (completion->option) {
		completion->option = NULL;
	} else if (strcmp(word, "--") == 0) {
		completion->takes_options = false;
		completion->is_program = completion->command && completion->command->takes_program;
	} else if (completion->takes_options && kg_text_starts(word, "--")) {
		const struct kg_option *option = kg_option_find(completion->command, word + 2, strlen(word + 2), 0);

		if (option && option->value && option->type != KG_OPTION_PATIENCE)
			completion->option = option;
	} else if (completion->takes_options && word[0] == '-' && word[1]) {
		const struct kg_option *option = kg_option_find(completion->command, NULL, 0, word[strlen(word) - 1]);

		/* "-j4" has its value already. */
		if (option && option->value && (word[2] == '\0' || !strpbrk(word, "0123456789=")))
			completion->option = option;
	} else if (!completion->command) {
		completion->command = kg_command_find(kg_commands, word);
	} else {
		completion->has_argument = true;
	}
}

/* "--color=al" */
static void
joined_value_take(struct completion *completion)
{
	const char *equals = strchr(completion->word, '=');

	if (!completion->takes_options || completion->option || !equals || !kg_text_starts(completion->word, "--"))
		return;
	completion->option = kg_option_find(completion->command, completion->word + 2, (size_t)(equals - completion->word - 2), 0);
	completion->prefix = kg_copy_bytes(completion->cli->arena, completion->word, (size_t)(equals + 1 - completion->word));
	completion->word = equals + 1;
}

void
kg_complete(struct kg_cli *cli, struct kg_text *text, const char *const *words)
{
	struct completion completion = { .cli = cli, .text = text, .prefix = "", .takes_options = true };
	const char *const *at = words;

	for (; at[1]; at++)
		word_pass(&completion, *at);
	completion.word = *at;
	joined_value_take(&completion);
	if (completion.is_program)
		kg_text_add(text, ":command\n");
	else if (completion.option)
		value_add(&completion, words);
	else if (completion.takes_options && completion.word[0] == '-')
		options_add(&completion);
	else if (!completion.command)
		commands_add(&completion);
	else if (completion.command->first != KG_NAMES_NOTHING && !completion.has_argument)
		naming_add(&completion, words, completion.command->first);
	else
		naming_add(&completion, words, completion.command->naming);
}

int
kg_command_complete(struct kg_cli *cli)
{
	static const char *const nothing[] = { "", NULL };
	struct kg_text text = { .arena = cli->arena };

	kg_complete(cli, &text, cli->asked.argument_count > 0 ? cli->asked.arguments : nothing);
	kg_cli_print(cli, kg_text_end(&text));
	return KG_EXIT_UP;
}
