#include "engine/cli/checkout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/digest.h"
#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/kinds.h"
#include "engine/run/undeclared.h"

static const char graph_file[] = "kgraph.toml";

static const char *
environment(void *, const char *name)
{
	return getenv(name);
}

/* The nearest folder that holds a graph, from `folder` upwards; NULL when none does. */
static const char *
file_above(struct kg_arena *arena, const char *folder)
{
	for (;;) {
		const char *file = kg_path_join(arena, folder, graph_file);

		if (access(file, F_OK) == 0)
			return file;
		if (strcmp(folder, "/") == 0)
			return NULL;
		folder = kg_path_folder(arena, folder);
	}
}

static struct kg_error *
file_find(struct kg_cli *cli, struct kg_checkout *checkout)
{
	const struct kg_options *options = &cli->asked.options;
	const char *folder = kg_path_here(cli->arena);

	if (options->folder)
		folder = kg_path_join(cli->arena, folder, options->folder);
	if (options->folder && access(folder, F_OK) < 0)
		return kg_error_make(cli->arena, KG_EINPUT, "there is no folder %s", options->folder);
	if (options->file) {
		checkout->file = kg_path_join(cli->arena, folder, options->file);
		if (access(checkout->file, R_OK) < 0)
			return kg_error_make(
			    cli->arena, KG_EINPUT, "cannot read the graph file %s: %s", options->file, strerror(errno));
		return NULL;
	}
	checkout->file = file_above(cli->arena, folder);
	if (checkout->file)
		return NULL;
	return kg_error_advise(cli->arena,
	    kg_error_make(cli->arena, KG_EINPUT, "there is no %s in %s, nor in a folder above", graph_file, folder),
	    "go to where it is, or name its folder with -C, or the file with -f");
}

/*
 * The plain call has a snapshot of a plain name. Each other way to read the same folder's graph has one of its own, so that two consumers do not throw out
 * each other's with every call.
 */
static const char *
snapshot_name(struct kg_arena *arena, const struct kg_checkout *checkout)
{
	const struct kg_graph_source *source = &checkout->source;
	struct kg_text question = { .arena = arena };
	char hex[KG_DIGEST_HEX + 1];

	if (strcmp(kg_path_name(checkout->file), graph_file) == 0 && !source->profile && !source->sets[0])
		return "graph.bin";
	kg_text_format(&question, "%s\n%s\n", kg_path_name(checkout->file), source->profile ? source->profile : "");
	for (const char *const *set = source->sets; *set; set++)
		kg_text_format(&question, "%s\n", *set);
	kg_digest_tell(kg_digest_text(kg_text_end(&question)), hex);
	return kg_format(arena, "graph-%.12s.bin", hex);
}

struct kg_error *
kg_checkout_find(struct kg_cli *cli, struct kg_checkout *ret_checkout)
{
	const struct kg_options *options = &cli->asked.options;
	const char *profile = options->profile ? options->profile : getenv("KGRAPH_PROFILE");

	*ret_checkout = (struct kg_checkout){ 0 };
	struct kg_error *error = file_find(cli, ret_checkout);
	if (error)
		return error;
	ret_checkout->folder = kg_path_folder(cli->arena, ret_checkout->file);
	ret_checkout->private = kg_path_join(cli->arena, ret_checkout->folder, ".kgraph");
	ret_checkout->source = (struct kg_graph_source){
		.file = ret_checkout->file,
		.profile = profile && *profile ? profile : NULL,
		.sets = options->sets,
		.facts = &kg_kinds_facts,
		.environment = environment,
	};
	ret_checkout->snapshot = kg_path_join(cli->arena, ret_checkout->private, snapshot_name(cli->arena, ret_checkout));
	return NULL;
}

void
kg_checkout_read(struct kg_cli *cli, struct kg_checkout *checkout, struct kg_errors *errors, struct kg_graph_origin *ret_origin)
{
	errors->arena = cli->arena;
	kg_graph_read(cli->arena, &checkout->source, errors, &checkout->graph, ret_origin);
}

/* Ours alone: the ledger holds settings, and logs are below it. And nothing for version control. */
static struct kg_error *
private_folder_make(struct kg_cli *cli, const struct kg_checkout *checkout)
{
	const char *ignore = kg_path_join(cli->arena, checkout->private, ".gitignore");
	struct kg_error *error = kg_file_make_folder(cli->arena, checkout->private, 0700);

	if (error || access(ignore, F_OK) == 0)
		return error;
	return kg_file_write(cli->arena, ignore, "*\n", 2, 0644);
}

/* A snapshot that cannot be written costs time with the next call, and nothing else. */
static void
snapshot_keep(struct kg_cli *cli, const struct kg_checkout *checkout, const struct kg_graph_origin *origin)
{
	struct kg_error *error = private_folder_make(cli, checkout);

	if (!error)
		error = kg_snapshot_write(cli->arena, checkout->snapshot, checkout->graph, origin, &checkout->source);
	if (error && cli->asked.options.verbose)
		kg_cli_warn(cli, kg_error_text(cli->arena, error));
}

struct warning {
	struct kg_cli *cli;
	const struct kg_checkout *checkout;
};

static void
undeclared_tell(void *context, uint32_t user, uint32_t maker, const char *path)
{
	const struct warning *warning = context;
	struct kg_arena *arena = warning->cli->arena;
	const struct kg_graph *graph = warning->checkout->graph;
	const struct kg_node *user_node = &graph->nodes[user], *maker_node = &graph->nodes[maker];
	const char *here = warning->cli->look.here;
	const char *user_file = kg_graph_text(graph, user_node->file), *maker_file = kg_graph_text(graph, maker_node->file);

	kg_cli_warn(warning->cli,
	    kg_format(arena,
		"%s:%u: `%s` reads %s, which `%s` makes (%s:%u), and does not need that node: which comes first is chance",
		here ? kg_path_inside(here, user_file) : user_file, user_node->line, kg_graph_text(graph, user_node->name),
		kg_path_inside(warning->checkout->folder, path), kg_graph_text(graph, maker_node->name),
		here ? kg_path_inside(here, maker_file) : maker_file, maker_node->line));
}

void
kg_checkout_warn(struct kg_cli *cli, const struct kg_checkout *checkout)
{
	struct warning warning = { cli, checkout };

	if (!cli->asked.options.quiet)
		kg_undeclared_each(cli->arena, checkout->graph, kg_kinds, undeclared_tell, &warning);
}

int
kg_checkout_open(struct kg_cli *cli, struct kg_checkout *ret_checkout)
{
	struct kg_error *error = kg_checkout_find(cli, ret_checkout);
	struct kg_graph_origin origin = { 0 };
	struct kg_errors errors = { 0 };

	if (error)
		return kg_cli_fail(cli, error);
	ret_checkout->graph = kg_snapshot_map(cli->arena, ret_checkout->snapshot, &ret_checkout->source);
	if (!ret_checkout->graph) {
		kg_checkout_read(cli, ret_checkout, &errors, &origin);
		if (errors.count > 0)
			return kg_cli_fail_all(cli, &errors);
		snapshot_keep(cli, ret_checkout, &origin);
		ret_checkout->is_read = true;
	}
	const struct kg_graph *graph = ret_checkout->graph;
	ret_checkout->state = kg_path_join(cli->arena, ret_checkout->private, kg_graph_text(graph, graph->instance));
	return 0;
}

const struct kg_graph *
kg_checkout_peek(struct kg_cli *cli, struct kg_checkout *checkout)
{
	struct kg_errors errors = { 0 };

	if (kg_checkout_find(cli, checkout))
		return NULL;
	checkout->graph = kg_snapshot_map(cli->arena, checkout->snapshot, &checkout->source);
	if (!checkout->graph)
		kg_checkout_read(cli, checkout, &errors, NULL);
	return checkout->graph;
}

/* The XDG base directories; relative ones are to be ignored. */
static const char *
user_folder(struct kg_arena *arena, const char *variable, const char *fallback)
{
	const char *folder = getenv(variable), *home = getenv("HOME");

	if (folder && folder[0] == '/')
		return folder;
	return home && home[0] == '/' ? kg_path_join(arena, home, fallback) : NULL;
}

const char *
kg_user_ports_file(struct kg_arena *arena)
{
	const char *folder = user_folder(arena, "XDG_STATE_HOME", ".local/state");

	return folder ? kg_path_join(arena, folder, "kgraph/ports") : NULL;
}

const char *
kg_user_store_folder(struct kg_arena *arena)
{
	const char *folder = user_folder(arena, "XDG_CACHE_HOME", ".cache");

	return folder ? kg_path_join(arena, folder, "kgraph/store") : NULL;
}
