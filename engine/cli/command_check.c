#include "engine/base/arena.h"
#include "engine/cli/checkout.h"
#include "engine/cli/cli.h"
#include "engine/base/style.h"
#include "engine/cli/kinds.h"
#include "engine/run/run.h"

static const char *
some(struct kg_arena *arena, uint32_t count, const char *what)
{
	return kg_format(arena, count == 1 ? "%u %s" : "%u %ss", count, what);
}

/* Reads the files, whatever the snapshot says: who asks wants to know about the files. */
int
kg_command_check(struct kg_cli *cli)
{
	struct kg_checkout checkout;
	struct kg_graph_origin origin = { 0 };
	struct kg_errors errors = { 0 };
	struct kg_error *error = kg_checkout_find(cli, &checkout);

	if (error)
		return kg_cli_fail(cli, error);
	kg_checkout_read(cli, &checkout, &errors, &origin);
	if (errors.count > 0)
		return kg_cli_fail_all(cli, &errors);
	struct kg_errors warnings = { .arena = cli->arena };
	kg_graph_review(checkout.graph, kg_kinds, &errors, &warnings);
	kg_cli_warn_all(cli, &warnings);
	if (errors.count > 0)
		return kg_cli_fail_all(cli, &errors);
	if (cli->asked.options.quiet)
		return KG_EXIT_UP;
	kg_checkout_warn(cli, &checkout);
	const struct kg_graph *graph = checkout.graph;
	const struct kg_style *style = cli->out_style;
	kg_cli_print(cli,
	    kg_format(cli->arena, "%sok:%s %s and %s in %s%s%s\n", style->green, style->end,
		some(cli->arena, graph->node_count, "node"), some(cli->arena, graph->target_count, "target"),
		some(cli->arena, origin.file_count, "file"), graph->profile ? ", profile " : "",
		kg_graph_text(graph, graph->profile)));
	return KG_EXIT_UP;
}
