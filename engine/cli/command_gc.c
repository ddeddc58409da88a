#include <unistd.h>

#include "cache/store.h"
#include "engine/base/arena.h"
#include "engine/base/size.h"
#include "engine/cli/checkout.h"
#include "engine/cli/cli.h"
#include "engine/cli/session.h"
#include "engine/cli/store_tidy.h"
#include "engine/run/collect.h"

static int
store_collect(struct kg_cli *cli)
{
	const char *folder = kg_user_store_folder(cli->arena);
	struct kg_store_usage usage = { 0 };
	struct kg_store *store;
	int64_t limit_bytes = cli->asked.options.size_bytes;
	struct kg_error *error = limit_bytes < 0 ? kg_store_limit(cli, &limit_bytes) : NULL;

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
	kg_store_tidied(cli);
	if (!cli->asked.options.quiet)
		kg_cli_print(cli,
		    kg_format(cli->arena, "the store holds %u outputs, %s; removed %u outputs, %s (%s)\n", usage.entries_after,
			kg_size_tell(cli->arena, usage.after_bytes), usage.entries_before - usage.entries_after,
			kg_size_tell(cli->arena, usage.before_bytes - usage.after_bytes), folder));
	return KG_EXIT_UP;
}

/* By the kinds of this graph, which know where such things are. */
static int
images_collect(struct kg_cli *cli)
{
	struct kg_session session = { .cli = cli, .asked = "the images" };
	const char *const *said;
	int status = kg_session_open(&session);

	if (status != 0)
		return status;
	struct kg_error *error = kg_run_collect(session.run, cli->asked.options.images_bytes, &said);
	if (!said[0] && !error)
		kg_cli_print(cli, "no node of this graph makes images\n");
	for (; *said && !cli->asked.options.quiet; said++)
		kg_cli_print(cli, kg_format(cli->arena, "%s\n", *said));
	error = error ? kg_error_copy(cli->arena, error) : NULL;
	kg_session_close(&session);
	return error ? kg_cli_fail(cli, error) : KG_EXIT_UP;
}

int
kg_command_gc(struct kg_cli *cli)
{
	if (cli->asked.options.images_bytes < 0)
		return store_collect(cli);
	int status = images_collect(cli);
	return status == KG_EXIT_UP && cli->asked.options.size_bytes >= 0 ? store_collect(cli) : status;
}
