#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/kinds.h"
#include "engine/cli/session.h"

int
kg_command_graph(struct kg_cli *cli)
{
	const char *format = cli->asked.options.format ? cli->asked.options.format : "dot";
	struct kg_session session = { .cli = cli, .names = cli->asked.arguments };
	enum kg_export_form form = strcmp(format, "mermaid") == 0 ? KG_EXPORT_MERMAID
	    : strcmp(format, "json") == 0                         ? KG_EXPORT_JSON
								  : KG_EXPORT_DOT;
	int status = kg_session_open_graph(&session);

	if (status != 0)
		return status;
	/* Without a name all of it is shown, and not only what the default target brings up. */
	const uint8_t *chosen = cli->asked.argument_count > 0 ? session.chosen : NULL;
	kg_cli_print(cli, kg_graph_draw(cli->arena, session.checkout.graph, &kg_kinds_facts, chosen, form));
	return KG_EXIT_UP;
}
