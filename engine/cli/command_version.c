#include "engine/cli/cli.h"

int
kg_command_version(struct kg_cli *cli)
{
	kg_cli_print(cli, "kgraph " KG_VERSION "\n");
	return KG_EXIT_UP;
}
