#include <string.h>
#include <unistd.h>

#include "cache/ledger.h"
#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/session.h"

static bool
is_target(const struct kg_graph *graph, const char *name)
{
	for (uint32_t i = 0; i < graph->target_count; i++)
		if (strcmp(kg_graph_text(graph, graph->targets[i].name), name) == 0)
			return true;
	return false;
}

/* A target stands for all that it needs; a node for itself alone, or `down service` would take the database with it. */
static struct kg_error *
targets_choose(struct kg_session *session)
{
	struct kg_cli *cli = session->cli;
	KG_LIST(const char *) targets = { 0 };

	for (const char *const *name = cli->asked.arguments; *name; name++)
		if (is_target(session->checkout.graph, *name))
			kg_list_push(cli->arena, &targets, *name);
	if (targets.count == 0)
		return NULL;
	kg_list_push(cli->arena, &targets, NULL);
	return kg_graph_select(cli->arena, session->checkout.graph, targets.items, &session->chosen);
}

/* "pg" and "pg." both name what the include pg has brought. */
static bool
names_entry(const char *name, const char *entry)
{
	size_t length = strlen(name);

	if (length > 0 && name[length - 1] == '.')
		length--;
	return strncmp(entry, name, length) == 0 && (entry[length] == '\0' || entry[length] == '.');
}

/* A name may be of a node that has left the file: what counts is what the ledger remembers. */
static struct kg_error *
name_check(struct kg_session *session, const char *name)
{
	const struct kg_graph *graph = session->checkout.graph;
	struct kg_arena *arena = session->cli->arena;
	const struct kg_entry *const *entries;
	KG_LIST(const char *) known = { 0 };
	uint32_t count;

	kg_run_entries(session->run, &entries, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (names_entry(name, entries[i]->name))
			return NULL;
		kg_list_push(arena, &known, entries[i]->name);
	}
	if (is_target(graph, name) || kg_graph_find(graph, name) != KG_NO_NODE)
		return NULL;
	for (uint32_t i = 0; i < graph->target_count; i++)
		kg_list_push(arena, &known, kg_graph_text(graph, graph->targets[i].name));
	kg_list_push(arena, &known, NULL);

	struct kg_error *error = kg_error_make(arena, KG_EINPUT, "nothing that was brought up is called `%s`", name);
	const char *nearest = kg_text_nearest(name, known.items);
	return nearest ? kg_error_advise(arena, error, "did you mean `%s`?", nearest) : error;
}

static struct kg_error *
names_check(struct kg_session *session)
{
	struct kg_error *error = NULL;

	for (const char *const *name = session->cli->asked.arguments; !error && *name; name++)
		error = name_check(session, *name);
	return error;
}

/* With a dot at its end the name of an include would match nothing. */
static const char *const *
names_tidy(struct kg_cli *cli)
{
	KG_LIST(const char *) names = { 0 };

	for (const char *const *name = cli->asked.arguments; *name; name++) {
		size_t length = strlen(*name);

		kg_list_push(cli->arena, &names, kg_copy_bytes(cli->arena, *name, length - ((*name)[length - 1] == '.')));
	}
	kg_list_push(cli->arena, &names, NULL);
	return names.items;
}

int
kg_command_down(struct kg_cli *cli)
{
	struct kg_session session = { .cli = cli, .fd = STDOUT_FILENO };
	int status = kg_checkout_open(cli, &session.checkout);

	if (status != 0)
		return status;
	struct kg_error *error = targets_choose(&session);
	if (error)
		return kg_cli_fail(cli, error);
	session.names = cli->asked.arguments[0] ? cli->asked.arguments : NULL;
	session.asked =
	    session.names ? kg_session_asked(&session) : kg_graph_text(session.checkout.graph, session.checkout.graph->name);
	status = kg_session_open_run(&session);
	if (status != 0)
		return status;
	error = names_check(&session);
	enum kg_run_outcome outcome = error ? KG_RUN_FAILED : kg_run_down(session.run, names_tidy(cli), cli->asked.options.purge);
	kg_session_close(&session);
	return error ? kg_cli_fail(cli, error) : (int)outcome;
}
