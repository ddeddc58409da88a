/*
 * kgraph's entry: reads the command line and calls the command.
 *
 * Where to find what:
 *
 *     option_table.c command_table.c    what there is; help, man page and completion are made from these two tables
 *     option.c                          words into struct kg_options
 *     command_*.c                       one file for each command
 *     checkout.c                        which graph file is meant, its snapshot, its .kgraph folder
 *     session.c                         a graph that was read, names that were chosen, a run that is open
 *     print_error.c                     the one place where errors become lines
 *     engine/run/sink.c                 what a run tells while it goes on, and at its end
 *
 * From here on down: graph/ turns files into a sealed graph, engine/run/ brings it up, cache/ remembers what was made and from what, targets/ knows how
 * each kind of node is made, engine/loop/ waits for processes, sockets and time, engine/base/ is what all of them share.
 * docs/architecture.md follows one run from end to end.
 */

#include <stdio.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/help.h"
#include "engine/base/style.h"

static int
invocation_run(struct kg_cli *cli)
{
	struct kg_text text = { .arena = cli->arena };

	if (cli->asked.options.version)
		return kg_command_version(cli);
	if (cli->asked.command && !cli->asked.options.help)
		return cli->asked.command->run(cli);
	if (cli->asked.command)
		kg_help_command(&text, cli->out_style, kg_cli_columns(), cli->asked.command);
	else
		kg_help_overview(&text, cli->out_style, kg_cli_columns());
	fputs(kg_text_end(&text), cli->asked.options.help ? stdout : stderr);
	return cli->asked.options.help ? KG_EXIT_UP : KG_EXIT_USAGE;
}

int
main(int, char **argv)
{
	struct kg_cli cli = { .arena = kg_arena_make() };
	struct kg_error *error =
	    kg_invocation_read(cli.arena, kg_commands, (const char *const *)(const void *)(argv + 1), &cli.asked);
	enum kg_colour colour = (enum kg_colour)cli.asked.options.colour;

	cli.out_style = kg_style_choose(STDOUT_FILENO, colour);
	cli.error_style = kg_style_choose(STDERR_FILENO, colour);
	cli.look = (struct kg_error_look){
		.style = cli.error_style,
		.here = kg_path_here(cli.arena),
		.columns = kg_style_columns(STDERR_FILENO),
	};
	int status = error ? kg_cli_fail(&cli, error) : invocation_run(&cli);

	/* An answer that did not arrive (a full disk) is a failure; a reader that had enough is none. */
	if (fflush(stdout) != 0 && status == KG_EXIT_UP) {
		perror("kgraph: standard output");
		status = KG_EXIT_FAILED;
	}
	kg_arena_free(cli.arena);
	return status;
}
