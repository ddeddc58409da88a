/*
 * Clean-up of what runs have left in places that all checkouts share, such as an engine's images: each kind that knows of such a place is asked once for each
 * of them, and says what it has done. What the ledger remembers is told to it, and stays.
 */

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/run/collect.h"
#include "engine/run/state.h"

struct collection {
	struct kg_run *run;
	uint32_t open;
	struct kg_map keys; /* of places that are asked already */
	KG_LIST(const char *) said;
	struct kg_error *error; /* the first one */
};

static void
collect_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct collection *collection = operation->context;

	if (outcome->what == KG_OUTCOME_FAILED && !collection->error)
		collection->error = outcome->error;
	for (uint32_t i = 0; i < operation->outputs.count; i++)
		kg_list_push(operation->run->arena, &collection->said, operation->outputs.items[i].value);
	collection->open--;
	kg_loop_wake(operation->run->loop);
}

/* All outputs of all nodes of the kind, one behind the other. */
static const struct kg_pair *
kept_by(struct kg_run *run, const struct kg_kind *kind)
{
	KG_LIST(struct kg_pair) pairs = { 0 };

	for (uint32_t i = 0; i < run->entry_count; i++) {
		const struct kg_entry *entry = run->entries[i];

		if (strcmp(entry->kind, kind->facts.name) != 0)
			continue;
		for (uint32_t output = 0; output < entry->output_count; output++)
			kg_list_push(
			    run->arena, &pairs, (struct kg_pair){ entry->outputs[output].key, entry->outputs[output].value });
	}
	kg_list_push(run->arena, &pairs, (struct kg_pair){ 0 });
	return pairs.items;
}

static void
collect_start(struct collection *collection, uint32_t node, int64_t limit_bytes)
{
	struct kg_run *run = collection->run;
	struct kg_subject subject = kg_subject_of_node(run, run->arena, node);
	struct kg_operation *operation;

	struct kg_error *error = kg_operation_make(run, &subject, KG_NO_NODE, &operation);
	if (error) {
		collection->error = collection->error ? collection->error : error;
		return;
	}
	const char *place =
	    kg_format(run->arena, "%s %s", subject.kind->facts.name, subject.kind->survey_key(run->arena, operation->job.spec));
	if (!kg_map_put(&collection->keys, place, node))
		return;
	operation->job.remembered = kept_by(run, subject.kind);
	operation->job.limit_bytes = limit_bytes;
	operation->context = collection;
	collection->open++;
	kg_operation_start(operation, subject.kind->collect, 0, collect_ended);
}

static void
collect_turn(void *context)
{
	struct collection *collection = context;

	kg_operations_turn(collection->run);
	if (collection->open == 0)
		kg_loop_stop(collection->run->loop);
}

struct kg_error *
kg_run_collect(struct kg_run *run, int64_t limit_bytes, const char *const **ret_said)
{
	struct collection *collection = kg_new(run->arena, struct collection);

	*collection = (struct collection){ .run = run, .keys.arena = run->arena };
	for (uint32_t node = 0; node < run->graph->node_count; node++)
		if (run->options.kinds[run->graph->nodes[node].kind]->collect)
			collect_start(collection, node, limit_bytes);
	kg_loop_each_turn(run->loop, collect_turn, collection);
	kg_loop_wake(run->loop);
	kg_loop_run(run->loop);
	kg_list_push(run->arena, &collection->said, NULL);
	*ret_said = collection->said.items;
	return collection->error;
}
