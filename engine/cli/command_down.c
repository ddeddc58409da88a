#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/cli/entry_names.h"
#include "engine/cli/session.h"

int
kg_command_down(struct kg_cli *cli)
{
	struct kg_session session = { .cli = cli, .fd = STDOUT_FILENO };
	int status = kg_checkout_open(cli, &session.checkout);

	if (status != 0)
		return status;
	struct kg_error *error = kg_entry_names_choose(&session, cli->asked.arguments);
	if (error)
		return kg_cli_fail(cli, error);
	session.names = cli->asked.arguments[0] ? cli->asked.arguments : NULL;
	session.asked =
	    session.names ? kg_session_asked(&session) : kg_graph_text(session.checkout.graph, session.checkout.graph->name);
	status = kg_session_open_run(&session);
	if (status != 0)
		return status;
	error = kg_entry_names_check(&session, cli->asked.arguments);
	enum kg_run_outcome outcome = error
	    ? KG_RUN_FAILED
	    : kg_run_down(session.run, kg_entry_names_tidy(cli->arena, cli->asked.arguments), cli->asked.options.purge);
	kg_session_close(&session);
	return error ? kg_cli_fail(cli, error) : (int)outcome;
}
