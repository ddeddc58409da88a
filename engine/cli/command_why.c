#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/cli/cli.h"
#include "engine/cli/session.h"
#include "engine/base/style.h"

/* What a plan says of one node. */
struct answer {
	struct kg_arena *arena;
	uint32_t node;
	bool is_unchanged, is_blocked;
	const char *why; /* why it would run */
	const struct kg_error *error;
};

static void
report(void *context, const struct kg_event *event)
{
	struct answer *answer = context;

	if (event->node != answer->node)
		return;
	switch (event->type) {
	case KG_EVENT_NODE_UNCHANGED: answer->is_unchanged = true; break;
	case KG_EVENT_NODE_STALE: answer->why = kg_copy(answer->arena, event->text); break;
	case KG_EVENT_NODE_BLOCKED:
		answer->is_blocked = true;
		answer->why = kg_copy(answer->arena, event->text);
		break;
	case KG_EVENT_NODE_FAILED: answer->error = kg_error_copy(answer->arena, event->error); break;
	default: break;
	}
}

static void
tell(struct kg_cli *cli, const struct answer *answer, const char *name, const char *const *sentences)
{
	const struct kg_style *style = cli->out_style;
	struct kg_text text = { .arena = cli->arena };

	if (answer->is_unchanged)
		kg_text_format(
		    &text, "%s%s is unchanged%s: made of the same as last time, and still there\n", style->green, name, style->end);
	else if (answer->is_blocked)
		kg_text_format(&text, "%s%s cannot run%s: %s failed\n", style->red, name, style->end, answer->why);
	else
		kg_text_format(&text, "%s%s would run%s: %s\n", style->bold, name, style->end, answer->why ? answer->why : "");
	/* The first of them is the reason itself. */
	for (; sentences && *sentences; sentences++)
		if (!answer->why || strcmp(*sentences, answer->why) != 0)
			kg_text_format(&text, "    %s\n", *sentences);
	kg_cli_print(cli, kg_text_end(&text));
}

static struct kg_error *
node_find(struct kg_cli *cli, const struct kg_graph *graph, uint32_t *ret_node)
{
	const char *name = cli->asked.arguments[0];

	*ret_node = kg_graph_find(graph, name);
	if (*ret_node != KG_NO_NODE)
		return NULL;
	struct kg_error *error = kg_error_make(cli->arena, KG_EINPUT, "there is no node `%s`", name);
	const char *nearest = kg_text_nearest(name, kg_graph_names(cli->arena, graph, false, true));
	return nearest ? kg_error_advise(cli->arena, error, "did you mean `%s`?", nearest)
		       : kg_error_advise(cli->arena, error, "`kgraph graph` shows what there is");
}

int
kg_command_why(struct kg_cli *cli)
{
	struct answer answer = { .arena = cli->arena };
	struct kg_session session = { .cli = cli, .names = cli->asked.arguments, .plan = true, .reporter = { report, &answer } };
	const char *const *sentences = NULL;
	int status = kg_checkout_open(cli, &session.checkout);

	if (status != 0)
		return status;
	struct kg_error *error = node_find(cli, session.checkout.graph, &answer.node);
	if (!error)
		error = kg_graph_select(cli->arena, session.checkout.graph, session.names, &session.chosen);
	if (error)
		return kg_cli_fail(cli, error);
	status = kg_session_open_run(&session);
	if (status != 0)
		return status;
	enum kg_run_outcome outcome = kg_run_up(session.run);
	error = kg_run_why(session.run, cli->arena, answer.node, &sentences);
	if (!error && !answer.error)
		tell(cli, &answer, cli->asked.arguments[0], sentences);
	kg_session_close(&session);
	if (error || answer.error)
		return kg_cli_fail(cli, error ? error : answer.error);
	return outcome == KG_RUN_INTERRUPTED ? (int)outcome : KG_EXIT_UP;
}
