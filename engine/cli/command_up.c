#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/cli/session.h"
#include "engine/cli/store_tidy.h"

int
kg_command_up(struct kg_cli *cli)
{
	struct kg_session session = { .cli = cli, .fd = STDOUT_FILENO, .names = cli->asked.arguments, .review = true };
	int status = kg_session_open(&session);

	if (status != 0)
		return status;
	enum kg_run_outcome outcome = kg_run_up(session.run);
	bool may_have_stored = kg_run_summary(session.run)->made > 0;
	kg_session_close(&session);
	if (may_have_stored)
		kg_store_tidy(cli);
	return (int)outcome;
}
