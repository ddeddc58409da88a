#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/base/style.h"
#include "engine/cli/checkout.h"
#include "engine/cli/cli.h"
#include "engine/cli/kinds.h"
#include "engine/run/run.h"

static const char *
some(struct kg_arena *arena, uint32_t count, const char *what)
{
	return kg_format(arena, count == 1 ? "%u %s" : "%u %ss", count, what);
}

/*
 * A run that changes nothing, by which kinds ask the world for what only it knows. Where there can be none (a state folder that cannot be read), the files
 * alone are looked at.
 */
static struct kg_run *
run_open(struct kg_cli *cli, const struct kg_checkout *checkout)
{
	const struct kg_graph *graph = checkout->graph;
	uint8_t *chosen = kg_new_array(cli->arena, uint8_t, graph->node_count + 1);
	struct kg_run *run;

	memset(chosen, 1, graph->node_count);
	const struct kg_run_options options = {
		.graph = graph,
		.chosen = chosen,
		.asked = "check",
		.kinds = kg_kinds,
		.folder = kg_path_join(cli->arena, checkout->private, kg_graph_text(graph, graph->instance)),
		.ports_file = kg_user_ports_file(cli->arena),
		.version = KG_VERSION,
		.reading = true,
	};
	return kg_run_open(cli->arena, &options, &run) ? NULL : run;
}

/* False: it was interrupted. */
static bool
review(struct kg_cli *cli, const struct kg_checkout *checkout, struct kg_errors *errors, struct kg_errors *warnings)
{
	struct kg_run *run = run_open(cli, checkout);

	if (!run) {
		kg_graph_review(checkout->graph, kg_kinds, errors, warnings);
		return true;
	}
	cli->look.mask = kg_run_mask(run);
	bool is_done = kg_run_review(run, errors, warnings);
	kg_run_close(run);
	return is_done;
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
	if (!review(cli, &checkout, &errors, &warnings))
		return KG_RUN_INTERRUPTED;
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
