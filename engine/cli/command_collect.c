#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/entry_names.h"
#include "engine/cli/session.h"

/* Without the lock: who collects wants to know about a run that hangs as well. */
int
kg_command_collect(struct kg_cli *cli)
{
	const char *const *names = cli->asked.arguments + 1;
	const char *folder = kg_path_join(cli->arena, kg_path_here(cli->arena), cli->asked.arguments[0]);
	struct kg_session session = { .cli = cli, .reading = true };
	struct kg_errors problems = { .arena = cli->arena };
	uint32_t count = 0;
	int status = kg_checkout_open(cli, &session.checkout);

	if (status != 0)
		return status;
	struct kg_error *error = kg_entry_names_choose(&session, names);
	if (error)
		return kg_cli_fail(cli, error);
	status = kg_session_open_run(&session);
	if (status != 0)
		return status;
	error = kg_entry_names_check(&session, names);
	if (!error)
		error = kg_run_gather(session.run, folder, kg_entry_names_tidy(cli->arena, names), &problems, &count);
	kg_cli_warn_all(cli, &problems);
	kg_session_close(&session);
	if (error)
		return kg_cli_fail(cli, error);
	if (!cli->asked.options.quiet)
		kg_cli_print(cli,
		    count == 0 ? "nothing was brought up here yet\n"
			       : kg_format(cli->arena, "collected what is known of %u %s into %s\n", count,
				     count == 1 ? "node" : "nodes", cli->asked.arguments[0]));
	return KG_EXIT_UP;
}
