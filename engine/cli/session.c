#include "engine/cli/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/oci_url.h"
#include "engine/base/text.h"
#include "engine/base/width.h"
#include "engine/cli/cli.h"
#include "engine/cli/kinds.h"
#include "engine/run/sink.h"

const char *
kg_session_asked(struct kg_session *session)
{
	const struct kg_graph *graph = session->checkout.graph;
	uint32_t count = 0;

	while (session->names && session->names[count])
		count++;
	if (count > 3)
		return kg_format(session->cli->arena, "%s, %s and %u more", session->names[0], session->names[1], count - 2);
	if (count > 0)
		return kg_text_enumerate(session->cli->arena, session->names, count, " and ");
	return kg_graph_text(graph, graph->default_target ? graph->default_target : graph->name);
}

int
kg_session_open_graph(struct kg_session *session)
{
	int status = kg_checkout_open(session->cli, &session->checkout);

	if (status != 0)
		return status;
	struct kg_error *error = kg_graph_select(session->cli->arena, session->checkout.graph, session->names, &session->chosen);
	return error ? kg_cli_fail(session->cli, error) : 0;
}

static void
error_show(void *context, struct kg_text *text, const char *subject, const struct kg_error *error)
{
	const struct kg_cli *cli = context;
	struct kg_error_look look = cli->look;

	look.subject = subject;
	for (; error; error = error->next) {
		kg_error_show(text, &look, error);
		if (error->next)
			kg_text_add(text, "\n");
	}
}

/* Of the widest name that will be told; 0: not known. */
static uint32_t
name_columns(const struct kg_session *session)
{
	const struct kg_graph *graph = session->checkout.graph;
	uint32_t widest = 0;

	for (uint32_t node = 0; session->chosen && node < graph->node_count; node++) {
		uint32_t columns = session->chosen[node] ? kg_width(kg_graph_text(graph, graph->nodes[node].name)) : 0;

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static struct kg_error *
sinks_make(struct kg_session *session)
{
	struct kg_cli *cli = session->cli;
	const struct kg_options *options = &cli->asked.options;
	struct kg_sinks_options sinks_options = {
		.fd = session->fd,
		.style = session->fd == STDERR_FILENO ? cli->error_style : cli->out_style,
		.verbose = options->verbose,
		.quiet = options->quiet,
		.here = cli->look.here,
		.name_columns = name_columns(session),
		.events_file = options->events,
		.trace_file = options->trace,
		.summary_file = options->summary,
		.show_error = error_show,
		.context = cli,
	};

	/* The style of failures is that of where they are shown. */
	cli->look.style = sinks_options.style;
	fflush(stdout);
	struct kg_error *error = kg_sinks_make(cli->arena, &sinks_options, &session->sinks);
	if (!error)
		session->reporter = kg_sinks_reporter(session->sinks);
	return error;
}

static void
sinks_close(struct kg_session *session)
{
	if (session->sinks)
		kg_sinks_close(session->sinks);
	session->sinks = NULL;
	session->cli->look.style = session->cli->error_style;
}

static bool
is_yes(const char *text)
{
	return strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
}

/* Whether what is made goes to the shared cache: the command line, then the environment, then the file say it. */
static bool
wants_push(const struct kg_options *options, const struct kg_graph *graph)
{
	const char *said = getenv("KGRAPH_PUSH");

	if (options->push || options->no_push)
		return options->push && !options->no_push;
	return said && *said ? is_yes(said) : graph->cache_push;
}

/* *ret_remote NULL: there is none. An empty KGRAPH_CACHE switches the file's off. */
static struct kg_error *
remote_find(struct kg_session *session, const struct kg_remote **ret_remote)
{
	const struct kg_graph *graph = session->checkout.graph;
	const char *said = getenv("KGRAPH_CACHE"), *advice = NULL;
	const char *text = said ? said : kg_graph_text(graph, graph->cache_remote);
	struct kg_arena *arena = session->cli->arena;
	struct kg_oci_url url;

	*ret_remote = NULL;
	if (!*text)
		return NULL;
	const char *why = kg_oci_url_read(arena, text, &url, &advice);
	if (why)
		return kg_error_advise(
		    arena, kg_error_make(arena, KG_EINPUT, "KGRAPH_CACHE is not the URL of a shared cache: %s", why), "%s", advice);
	struct kg_remote *remote = kg_new(arena, struct kg_remote);
	*remote = (struct kg_remote){
		.host = url.host,
		.path = url.path,
		.is_plain = url.is_loopback,
		.push = wants_push(&session->cli->asked.options, graph),
		.stall_ms = graph->cache_timeout_ms > 0 ? graph->cache_timeout_ms : KG_CACHE_TIMEOUT_MS,
	};
	*ret_remote = remote;
	return NULL;
}

/* Who only looks at what is there, or takes it down, asks no cache and is not stopped for it. */
static struct kg_error *
remote_open(struct kg_session *session, const struct kg_remote **ret_remote)
{
	struct kg_errors warnings = { .arena = session->cli->arena };
	struct kg_error *error = remote_find(session, ret_remote);

	if (!error || session->plan || session->review)
		return error;
	kg_errors_add(&warnings, error);
	kg_cli_warn_all(session->cli, &warnings);
	return NULL;
}

int
kg_session_open_run(struct kg_session *session)
{
	struct kg_cli *cli = session->cli;
	const struct kg_options *options = &cli->asked.options;
	const struct kg_remote *remote;
	struct kg_error *error = remote_open(session, &remote);

	if (!error && session->fd > 0)
		error = sinks_make(session);
	if (error)
		return kg_cli_fail(cli, error);
	struct kg_run_options run_options = {
		.graph = session->checkout.graph,
		.chosen = session->chosen,
		.asked = session->asked ? session->asked : kg_session_asked(session),
		.kinds = kg_kinds,
		.folder = session->checkout.state,
		.ports_file = kg_user_ports_file(cli->arena),
		.store_folder = options->no_store ? NULL : kg_user_store_folder(cli->arena),
		.remote = options->no_store ? NULL : remote,
		.version = KG_VERSION,
		.reporter = session->reporter,
		.jobs = (uint32_t)options->jobs,
		.timeout_ms = options->timeout_ms,
		.lock_wait_ms = options->lock_wait_ms,
		.fail_fast = options->fail_fast,
		.no_wait = options->no_wait,
		.plan = session->plan,
		.reading = session->reading,
	};
	error = kg_run_open(cli->arena, &run_options, &session->run);
	if (!error) {
		cli->look.mask = kg_run_mask(session->run);
		return 0;
	}
	sinks_close(session);
	if (error->code == KG_EBUSY && options->lock_wait_ms == 0 && !error->advice)
		error = kg_error_advise(cli->arena, error, "wait for it with --wait-lock");
	if (error->code == KG_EDATA && session->reading && !error->advice)
		error = kg_error_advise(cli->arena, error, "`kgraph up` puts it aside and looks at everything anew");
	return kg_cli_fail(cli, error);
}

static int
review(struct kg_session *session)
{
	struct kg_cli *cli = session->cli;
	struct kg_errors errors = { .arena = cli->arena }, warnings = { .arena = cli->arena };

	/* Interrupted, it says nothing, and the run ends by itself. */
	(void)kg_run_review(session->run, &errors, &warnings);
	kg_cli_warn_all(cli, &warnings);
	if (errors.count == 0)
		return 0;
	kg_session_close(session);
	return kg_cli_fail_all(cli, &errors);
}

int
kg_session_open(struct kg_session *session)
{
	int status = kg_session_open_graph(session);

	if (status != 0)
		return status;
	/* Who changes nothing in the files was told when they were read. */
	if (session->plan || (session->checkout.is_read && !session->reading))
		kg_checkout_warn(session->cli, &session->checkout);
	status = kg_session_open_run(session);
	return status == 0 && session->review ? review(session) : status;
}

void
kg_session_close(struct kg_session *session)
{
	kg_run_close(session->run);
	session->run = NULL;
	sinks_close(session);
}
