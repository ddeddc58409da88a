/*
 * Brings the stack up and becomes the command. Nothing of kgraph is left in between: the terminal, signals, job control and the exit status are
 * the command's own, without a process that would have to pass them on.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/cli/cli.h"
#include "engine/cli/session.h"

/* As a shell says it. */
enum { EXIT_NOT_FOUND = 127, EXIT_NOT_RUNNABLE = 126 };

/* What the loop changes for itself, as it was before. */
struct inherited {
	struct rlimit files_limit;
	struct sigaction pipe_action;
};

static struct inherited
inherited_keep(void)
{
	struct inherited inherited;

	getrlimit(RLIMIT_NOFILE, &inherited.files_limit);
	sigaction(SIGPIPE, NULL, &inherited.pipe_action);
	return inherited;
}

static void
inherited_restore(const struct inherited *inherited)
{
	sigset_t none;

	setrlimit(RLIMIT_NOFILE, &inherited->files_limit);
	sigaction(SIGPIPE, &inherited->pipe_action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
become(struct kg_cli *cli, const struct inherited *inherited, const struct kg_pair *exports)
{
	const char *const *program = cli->asked.program;

	for (; exports->name; exports++)
		setenv(exports->name, exports->value, 1);
	fflush(NULL);
	inherited_restore(inherited);
	execvp(program[0], (char *const *)(void *)program);

	int sys = errno;
	kg_cli_fail(cli, kg_error_system(cli->arena, sys, "cannot run %s", program[0]));
	return sys == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE;
}

int
kg_command_run(struct kg_cli *cli)
{
	/* Standard output is the command's. */
	struct kg_session session = { .cli = cli, .fd = STDERR_FILENO, .names = cli->asked.arguments, .review = true };
	struct inherited inherited = inherited_keep();
	const struct kg_pair *exports = NULL;
	int status = kg_session_open(&session);

	if (status != 0)
		return status;
	enum kg_run_outcome outcome = kg_run_up(session.run);
	struct kg_error *error = outcome == KG_RUN_UP ? kg_run_exports(session.run, cli->arena, &exports) : NULL;
	kg_session_close(&session);
	if (error)
		return kg_cli_fail(cli, error);
	return outcome == KG_RUN_UP ? become(cli, &inherited, exports) : (int)outcome;
}
