#include "engine/cli/man.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"

static const char *const variables[][2] = {
	{ "KGRAPH_PROFILE", "The profile when \\-\\-profile is not given." },
	{ "KGRAPH_VAR_NAME", "The value of the variable NAME of [vars]; \\-\\-set goes before it." },
	{ "KGRAPH_STORE_SIZE", "What the store of outputs may take, such as 20G; 10G otherwise." },
	{ "KGRAPH_CACHE", "The shared cache, oci://HOST/PATH, instead of the graph file's; empty: none." },
	{ "KGRAPH_PUSH", "1 or 0: whether what is made goes there, when neither \\-\\-push nor \\-\\-no\\-push is given." },
	{ "NO_COLOR", "When set, nothing is coloured on its own account." },
	{ "XDG_CACHE_HOME, XDG_STATE_HOME", "Where the files below are, when not in the home folder." },
};

static const char *const files[][2] = {
	{ "kgraph.toml", "The graph, in the current folder or the nearest one above." },
	{ ".kgraph/",
	    "Beside it, and not for version control: what was made before and from what, logs of runs, data of the nodes." },
	{ "~/.cache/kgraph/store/", "Outputs of commands, shared between all checkouts; see `kgraph gc`." },
	{ "~/.local/state/kgraph/ports", "Which port belongs to which checkout." },
};

static const char *const statuses[][2] = {
	{ "0", "Everything is up and ready." },
	{ "1", "A node failed." },
	{ "2", "The graph or the command line is wrong." },
	{ "3", "Something was not ready in time." },
	{ "4", "Another run of this graph is under way." },
	{ "130", "Interrupted." },
};

/* A dash is a minus and not a hyphen to be copied, a backslash is one, and no line starts a request. */
static void
escaped_add(struct kg_text *text, const char *plain, size_t size)
{
	bool is_line_start = text->size == 0 || text->bytes[text->size - 1] == '\n';

	for (size_t i = 0; i < size; i++) {
		if (plain[i] == '-')
			kg_text_add(text, "\\-");
		else if (plain[i] == '\\')
			kg_text_add(text, "\\e");
		else if (i == 0 && is_line_start && (plain[i] == '.' || plain[i] == '\''))
			kg_text_format(text, "\\&%c", plain[i]);
		else
			kg_text_add_bytes(text, &plain[i], 1);
	}
}

/* Paragraphs; lines that start with spaces are examples. `quoted` words become bold. */
static void
prose_add(struct kg_text *text, const char *prose)
{
	bool is_example = false, is_bold = false;

	while (*prose) {
		size_t size = strcspn(prose, "\n");

		if ((*prose == ' ') != is_example) {
			is_example = *prose == ' ';
			kg_text_add(text, is_example ? ".PP\n.nf\n" : ".fi\n");
		} else if (size == 0 && prose[1] != ' ') {
			kg_text_add(text, ".PP\n");
		}
		for (size_t at = 0; at < size;) {
			size_t plain = strcspn(prose + at, "`");

			if (plain > size - at)
				plain = size - at;
			escaped_add(text, prose + at, plain);
			at += plain;
			if (at < size) {
				is_bold = !is_bold;
				kg_text_add(text, is_bold ? "\\fB" : "\\fR");
				at++;
			}
		}
		if (size > 0)
			kg_text_add(text, "\n");
		prose += size + (prose[size] == '\n');
	}
	if (is_example)
		kg_text_add(text, ".fi\n");
}

static void
pairs_add(struct kg_text *text, const char *heading, const char *const (*pairs)[2], size_t count)
{
	kg_text_format(text, ".SH %s\n", heading);
	for (size_t i = 0; i < count; i++)
		kg_text_format(text, ".TP\n.B %s\n%s\n", pairs[i][0], pairs[i][1]);
}

static void
option_add(struct kg_text *text, const struct kg_option *option)
{
	kg_text_add(text, ".TP\n");
	if (option->letter)
		kg_text_format(text, "\\fB\\-%c\\fR, ", option->letter);
	kg_text_add(text, "\\fB\\-\\-");
	escaped_add(text, option->name, strlen(option->name));
	kg_text_add(text, "\\fR");
	if (option->value)
		kg_text_format(text, option->type == KG_OPTION_PATIENCE ? "[=\\fI%s\\fR]" : " \\fI%s\\fR", option->value);
	kg_text_add(text, "\n");
	prose_add(text, option->meaning);
}

static void
commands_add(struct kg_text *text)
{
	kg_text_add(text, ".SH COMMANDS\n");
	for (const struct kg_command *command = kg_commands; command->name; command++) {
		if (command->is_hidden)
			continue;
		kg_text_format(text, ".SS %s", command->name);
		kg_text_add(text, *command->arguments ? " " : "");
		escaped_add(text, command->arguments, strlen(command->arguments));
		kg_text_add(text, "\n");
		prose_add(text, kg_format(text->arena, "%s.", command->summary));
		if (*command->text) {
			kg_text_add(text, ".PP\n");
			prose_add(text, command->text);
		}
		for (const struct kg_option *option = kg_option_table; option->name; option++)
			if ((option->groups & (KG_OPTION_GRAPH | KG_OPTION_ANY)) == 0 && kg_option_belongs(option, command))
				option_add(text, option);
	}
}

void
kg_man(struct kg_text *text)
{
	kg_text_add(text,
	    ".\\\" Made by `kgraph __man`.\n"
	    ".TH KGRAPH 1\n"
	    ".SH NAME\n"
	    "kgraph \\- bring test and development environments up from a dependency graph\n"
	    ".SH SYNOPSIS\n"
	    ".B kgraph\n"
	    "\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fINAME\\fR...]\n"
	    ".SH DESCRIPTION\n");
	prose_add(text,
	    "kgraph reads a graph of nodes (programs that build, processes, SQL migrations, files) from `kgraph.toml`. It hashes "
	    "what each node "
	    "is made of, skips what has not changed and is still there, runs everything else as wide as the graph allows, and then "
	    "waits once, "
	    "for everything, until it is ready.\n"
	    "\n"
	    "Options may stand before or after the command. After -- nothing is an option.");
	commands_add(text);
	kg_text_add(text, ".SH OPTIONS OF MOST COMMANDS\n");
	for (const struct kg_option *option = kg_option_table; option->name; option++)
		if (option->groups & (KG_OPTION_GRAPH | KG_OPTION_ANY))
			option_add(text, option);
	pairs_add(text, "ENVIRONMENT", variables, sizeof(variables) / sizeof(variables[0]));
	pairs_add(text, "FILES", files, sizeof(files) / sizeof(files[0]));
	pairs_add(text, "EXIT STATUS", statuses, sizeof(statuses) / sizeof(statuses[0]));
	kg_text_add(text, "With \\fBkgraph run\\fR, once everything is up, that of the command.\n");
}

int
kg_command_man(struct kg_cli *cli)
{
	struct kg_text text = { .arena = cli->arena };

	kg_man(&text);
	kg_cli_print(cli, kg_text_end(&text));
	return KG_EXIT_UP;
}
