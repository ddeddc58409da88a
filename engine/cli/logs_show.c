#include "engine/cli/logs_show.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/cli/cli.h"
#include "engine/cli/session.h"

/* What is no line of the log stands beside it, so that the log can be piped. All of it is about the one node, also what a stream of its tells. */
static void
event_tell(void *context, const struct kg_event *event)
{
	const struct kg_cli *cli = context;

	if (event->type != KG_EVENT_NODE_TOLD || cli->asked.options.quiet)
		return;
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", cli->asked.arguments[0], event->text);
}

static void
line_print(void *, const char *line)
{
	fputs(line, stdout);
	fputc('\n', stdout);
}

/* Who only reads what is piped to it tells that it has gone by this alone while nothing is written. */
static bool
lines_flush(void *)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	if (fflush(stdout) != 0 || ferror(stdout))
		return false;
	return poll(&out, 1, 0) <= 0 || (out.revents & (POLLERR | POLLHUP)) == 0;
}

int
kg_logs_show(struct kg_cli *cli, const struct kg_checkout *checkout, const char *node, const char **ret_none)
{
	struct kg_session session = { .cli = cli, .reading = true, .checkout = *checkout, .reporter = { event_tell, cli } };
	const struct kg_show show = { .follow = cli->asked.options.follow, .lines = cli->asked.options.lines };
	const struct kg_show_to to = { .line = line_print, .flush = lines_flush };
	int status = kg_session_open_run(&session);

	*ret_none = NULL;
	if (status != 0)
		return status;
	struct kg_error *error = kg_run_show(session.run, node, &show, &to, ret_none);
	/* Told while the run's secrets are known. */
	status = error ? kg_cli_fail(cli, kg_error_wrap(cli->arena, error, "cannot print what %s prints", node)) : KG_EXIT_UP;
	*ret_none = *ret_none ? kg_copy(cli->arena, *ret_none) : NULL;
	kg_session_close(&session);
	return status;
}
