#include "engine/cli/entry_names.h"

#include <string.h>

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
struct kg_error *
kg_entry_names_choose(struct kg_session *session, const char *const *names)
{
	struct kg_cli *cli = session->cli;
	KG_LIST(const char *) targets = { 0 };

	for (const char *const *name = names; *name; name++)
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

struct kg_error *
kg_entry_names_check(struct kg_session *session, const char *const *names)
{
	struct kg_error *error = NULL;

	for (const char *const *name = names; !error && *name; name++)
		error = name_check(session, *name);
	return error;
}

/* With a dot at its end the name of an include would match nothing. */
const char *const *
kg_entry_names_tidy(struct kg_arena *arena, const char *const *names)
{
	KG_LIST(const char *) tidy = { 0 };

	for (const char *const *name = names; *name; name++) {
		size_t length = strlen(*name);

		kg_list_push(arena, &tidy, kg_copy_bytes(arena, *name, length - (length > 0 && (*name)[length - 1] == '.')));
	}
	kg_list_push(arena, &tidy, NULL);
	return tidy.items;
}
