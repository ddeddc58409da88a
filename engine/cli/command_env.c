#include <string.h>

#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/quote.h"
#include "engine/cli/session.h"

static void
json_add(struct kg_text *text, const struct kg_pair *pairs)
{
	kg_text_add(text, "{");
	for (const struct kg_pair *pair = pairs; pair->name; pair++) {
		kg_text_add(text, pair == pairs ? "\n  " : ",\n  ");
		kg_text_add_json(text, pair->name);
		kg_text_add(text, ": ");
		kg_text_add_json(text, pair->value);
	}
	kg_text_add(text, pairs->name ? "\n}\n" : "}\n");
}

static struct kg_error *
variables_add(struct kg_cli *cli, struct kg_text *text, const struct kg_pair *pairs)
{
	const char *format = cli->asked.options.format ? cli->asked.options.format : "sh";
	enum kg_quote quote = strcmp(format, "fish") == 0 ? KG_QUOTE_FISH
	    : strcmp(format, "dotenv") == 0               ? KG_QUOTE_DOTENV
							  : KG_QUOTE_SH;

	if (strcmp(format, "json") == 0) {
		json_add(text, pairs);
		return NULL;
	}
	for (; pairs->name; pairs++) {
		/* What is printed is meant to be evaluated: a name is no place for anything else. */
		if (!kg_quote_is_name(pairs->name))
			return kg_error_advise(cli->arena,
			    kg_error_make(cli->arena, KG_EINPUT, "the export `%s` has no name for a shell's variable", pairs->name),
			    "use letters, digits and underscores, or --format json");
		kg_quote_variable(text, quote, pairs->name, pairs->value);
	}
	return NULL;
}

int
kg_command_env(struct kg_cli *cli)
{
	struct kg_session session = { .cli = cli, .names = cli->asked.arguments, .reading = true };
	struct kg_text text = { .arena = cli->arena };
	const struct kg_pair *pairs;
	int status = kg_session_open(&session);

	if (status != 0)
		return status;
	struct kg_error *error = kg_run_exports(session.run, cli->arena, &pairs);
	if (!error)
		error = variables_add(cli, &text, pairs);
	kg_session_close(&session);
	if (error)
		return kg_cli_fail(cli, error);
	kg_cli_print(cli, kg_text_end(&text));
	return KG_EXIT_UP;
}
