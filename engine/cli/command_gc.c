#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "cache/store.h"
#include "engine/base/arena.h"
#include "engine/base/field.h"
#include "engine/cli/checkout.h"
#include "engine/cli/cli.h"
#include "engine/cli/size.h"

static const char limit_variable[] = "KGRAPH_STORE_SIZE";
static constexpr int64_t default_limit_bytes = (int64_t)10 << 30;

static struct kg_error *
limit_find(struct kg_cli *cli, int64_t *ret_limit_bytes)
{
	const char *text = getenv(limit_variable);

	*ret_limit_bytes = default_limit_bytes;
	if (cli->asked.options.size_bytes >= 0) {
		*ret_limit_bytes = cli->asked.options.size_bytes;
		return NULL;
	}
	if (!text || !*text || kg_size_read(text, ret_limit_bytes))
		return NULL;
	return kg_error_advise(cli->arena, kg_error_make(cli->arena, KG_EINPUT, "%s is no size: %s", limit_variable, text),
	    "sizes have units: 512M, 5G");
}

int
kg_command_gc(struct kg_cli *cli)
{
	const char *folder = kg_user_store_folder(cli->arena);
	struct kg_store_usage usage = { 0 };
	struct kg_store *store;
	int64_t limit_bytes;
	struct kg_error *error = limit_find(cli, &limit_bytes);

	if (error)
		return kg_cli_fail(cli, error);
	if (!folder || access(folder, F_OK) < 0) {
		kg_cli_print(cli, "the store is empty\n");
		return KG_EXIT_UP;
	}
	error = kg_store_open(cli->arena, folder, &store);
	if (error)
		return kg_cli_fail(cli, error);
	error = kg_store_collect(store, cli->arena, limit_bytes, &usage);
	kg_store_close(store);
	if (error)
		return kg_cli_fail(cli, error);
	if (!cli->asked.options.quiet)
		kg_cli_print(cli,
		    kg_format(cli->arena, "the store holds %u outputs, %s; removed %u outputs, %s (%s)\n", usage.entries_after,
			kg_size_tell(cli->arena, usage.after_bytes), usage.entries_before - usage.entries_after,
			kg_size_tell(cli->arena, usage.before_bytes - usage.after_bytes), folder));
	return KG_EXIT_UP;
}
