#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/cli/session.h"

int
kg_command_plan(struct kg_cli *cli)
{
	struct kg_session session = {
		.cli = cli, .fd = STDOUT_FILENO, .names = cli->asked.arguments, .plan = true, .review = true
	};
	int status = kg_session_open(&session);

	if (status != 0)
		return status;
	enum kg_run_outcome outcome = kg_run_up(session.run);
	kg_session_close(&session);
	return (int)outcome;
}
