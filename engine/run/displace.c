/*
 * Data that is about to be made anew must not be in use: a database server that still runs on a folder that was deleted writes into the one that
 * takes its place, and both are lost. So what outlives a run and uses the data of a node is stopped before that node runs; it is started again in
 * its turn, since the output that it uses is a new one.
 */

#include "engine/base/arena.h"
#include "engine/run/inputs.h"
#include "engine/run/state.h"

struct displacing {
	struct kg_run *run;
	uint32_t node, open;
	void (*then)(struct kg_run *run, uint32_t node, struct kg_error *error);
	struct kg_error *error; /* the first that could not be stopped */
};

static bool
makes_data(struct kg_run *run, uint32_t node)
{
	const struct kg_operation *operation = run->tasks[node].operation;
	const struct kg_products *products = kg_products_of(run->arena, operation->kind, operation->job.spec);

	for (uint32_t i = 0; i < products->list.count; i++)
		if (products->list.items[i].is_data)
			return true;
	return false;
}

static bool
uses_output(const struct kg_run *run, uint32_t user, uint32_t node)
{
	const struct kg_node *it = &run->graph->nodes[user];

	for (uint32_t i = 0; i < it->edge_count; i++) {
		const struct kg_edge *edge = &run->graph->edges[it->first_edge + i];

		if (edge->node == node)
			return edge->is_output;
	}
	return false;
}

static void
user_stopped(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct displacing *displacing = operation->context;

	if (outcome->what == KG_OUTCOME_FAILED && !displacing->error)
		displacing->error = kg_error_wrap(
		    displacing->run->arena, outcome->error, "%s uses its data and cannot be stopped", operation->job.name);
	if (--displacing->open == 0)
		displacing->then(displacing->run, displacing->node, displacing->error);
}

static void
user_stop(struct displacing *displacing, uint32_t user)
{
	struct kg_run *run = displacing->run;
	struct kg_subject subject = kg_subject_of_entry(run, run->arena, run->tasks[user].before);
	struct kg_operation *operation;

	if (!subject.kind || !subject.kind->outlives || !subject.kind->undo)
		return;
	if (kg_operation_make(run, &subject, KG_NO_NODE, &operation))
		return;
	operation->context = displacing;
	displacing->open++;
	kg_operation_start(operation, subject.kind->undo, 0, user_stopped);
}

bool
kg_data_users_stop(struct kg_run *run, uint32_t node, void (*then)(struct kg_run *, uint32_t, struct kg_error *))
{
	const struct kg_node *it = &run->graph->nodes[node];
	struct displacing *displacing;

	if (!run->tasks[node].before || !makes_data(run, node))
		return false;
	displacing = kg_new(run->arena, struct displacing);
	*displacing = (struct displacing){ .run = run, .node = node, .then = then };
	for (uint32_t i = 0; i < it->user_count; i++) {
		uint32_t user = run->graph->users[it->first_user + i];

		if (run->tasks[user].before && uses_output(run, user, node))
			user_stop(displacing, user);
	}
	return displacing->open > 0;
}
