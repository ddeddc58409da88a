#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"

/* The scripts ask `kgraph __complete`, and so never go stale: they are all the same for every version. */
static const char bash_script[] = {
#embed "completion/kgraph.bash"
	, '\0'
};
static const char zsh_script[] = {
#embed "completion/kgraph.zsh"
	, '\0'
};
static const char fish_script[] = {
#embed "completion/kgraph.fish"
	, '\0'
};

int
kg_command_completion(struct kg_cli *cli)
{
	static const struct {
		const char *shell, *script;
	} scripts[] = { { "bash", bash_script }, { "zsh", zsh_script }, { "fish", fish_script } };
	const char *shell = cli->asked.arguments[0];

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (strcmp(scripts[i].shell, shell) == 0) {
			kg_cli_print(cli, scripts[i].script);
			return KG_EXIT_UP;
		}
	}
	return kg_cli_fail(cli,
	    kg_error_advise(cli->arena, kg_error_make(cli->arena, KG_EINPUT, "there is no completion for `%s`", shell),
		"kgraph completion bash, zsh or fish"));
}
