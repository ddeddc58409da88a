/*
 * Taking down what the ledger remembers, users before what they use, as wide as that allows. It goes by the ledger and not by the file: a node that has
 * left the file is still taken down, by the settings that it was run with.
 */

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/run/state.h"
#include "engine/run/work.h"

/* Of the question whether something goes on. */
static constexpr int64_t kept_limit_ms = 10000;

struct removal {
	struct kg_run *run;
	const struct kg_entry *entry;
	struct kg_operation *operation;
	bool is_chosen, is_begun;
	bool is_forgotten;       /* its entry goes from the ledger when it has been taken away */
	uint32_t users;          /* chosen ones that are not gone yet */
	KG_LIST(uint32_t) needs; /* indices of what it needs, chosen or not */
	int64_t started_ns;
	struct kg_wait wait;
	struct kg_arena *arena; /* of the work on a worker */
	struct kg_error *error;
};

struct down {
	struct kg_run *run;
	struct removal *removals;
	uint32_t count;
	uint32_t open; /* chosen ones that have not ended */
	uint32_t busy; /* of them those that have begun */
	bool purge;
	KG_LIST(uint32_t) free; /* nobody uses them any more: to be taken away in this turn */
};

static void
removal_ended(struct removal *removal, struct kg_error *error)
{
	struct down *down = removal->run->down;
	struct kg_run *run = removal->run;
	const char *name = removal->entry->name;

	if (!error && removal->is_forgotten)
		error = kg_ledger_remove(run->ledger, run->arena, name);
	if (error) {
		run->summary.failed++;
		run->has_failed = true;
		kg_run_emit(run, KG_EVENT_NODE_FAILED, KG_NO_NODE,
		    (struct kg_event){ .name = name, .kind = removal->entry->kind, .error = error });
	} else if (removal->is_forgotten) {
		run->summary.made++;
		kg_run_emit(run, KG_EVENT_NODE_UNDONE, KG_NO_NODE,
		    (struct kg_event){
			.name = name, .kind = removal->entry->kind, .duration_ns = kg_clock_now_ns() - removal->started_ns });
	}
	/* What stands behind a failed one is taken down all the same: a service that hangs is no reason to leave its database running. */
	for (uint32_t i = 0; i < removal->needs.count; i++) {
		struct removal *need = &down->removals[removal->needs.items[i]];

		if (need->is_chosen && !need->is_begun && --need->users == 0)
			kg_list_push(run->arena, &down->free, removal->needs.items[i]);
	}
	down->open--;
	down->busy--;
	kg_loop_wake(run->loop);
}

static void
products_work(void *data)
{
	struct removal *removal = data;
	struct kg_run *run = removal->run;
	const struct kg_operation *operation = removal->operation;
	struct kg_products *products = kg_products_of(removal->arena, operation->kind, operation->job.spec);

	removal->error = kg_products_remove(run, removal->arena, products, NULL);
	if (!removal->error)
		removal->error = kg_depfile_remove(removal->arena, operation);
	if (!removal->error)
		removal->error = kg_file_remove(removal->arena, operation->job.keep);
}

static void
on_products_removed(struct kg_wait *wait)
{
	struct removal *removal = wait->context;
	struct kg_error *error = removal->error ? kg_error_copy(removal->run->arena, removal->error) : NULL;

	kg_arena_free(removal->arena);
	removal_ended(removal, error);
}

static void
undo_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct removal *removal = operation->context;
	struct kg_run *run = operation->run;

	if (outcome->what == KG_OUTCOME_FAILED || !run->down->purge) {
		removal_ended(removal, outcome->what == KG_OUTCOME_FAILED ? outcome->error : NULL);
		return;
	}
	removal->arena = kg_arena_make();
	removal->wait = (struct kg_wait){ .ended = on_products_removed, .context = removal };
	kg_worker_start(run->loop, &removal->wait, products_work, removal);
}

static void
kept_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct removal *removal = operation->context;

	if (outcome->what == KG_OUTCOME_DONE && operation->remark)
		kg_run_emit(operation->run, KG_EVENT_NODE_KEPT, KG_NO_NODE,
		    (struct kg_event){ .name = removal->entry->name, .kind = removal->entry->kind, .text = operation->remark });
	removal_ended(removal, NULL);
}

/*
 * What ends by itself has nothing to be stopped. Whether something of it goes on is not worth a failure: the settings may name a secret that is not set any
 * more.
 */
static void
removal_keep(struct removal *removal, const struct kg_subject *subject)
{
	struct kg_run *run = removal->run;

	if (!subject->kind->kept || kg_operation_make(run, subject, KG_NO_NODE, &removal->operation)) {
		removal_ended(removal, NULL);
		return;
	}
	removal->operation->context = removal;
	kg_operation_start(removal->operation, subject->kind->kept, kept_limit_ms, kept_ended);
}

static void
removal_start(struct removal *removal)
{
	struct kg_run *run = removal->run;
	struct kg_subject subject = kg_subject_of_entry(run, run->arena, removal->entry);

	removal->started_ns = kg_clock_now_ns();
	removal->is_begun = true;
	run->down->busy++;
	if (!subject.kind) {
		kg_run_warn(run, "%s is of the kind `%s`, which this kgraph does not have; it is left as it is",
		    removal->entry->name, removal->entry->kind);
		removal_ended(removal, NULL);
		return;
	}
	removal->is_forgotten = run->down->purge || subject.kind->outlives;
	if (!removal->is_forgotten) {
		removal_keep(removal, &subject);
		return;
	}
	struct kg_error *error = kg_operation_make(run, &subject, KG_NO_NODE, &removal->operation);
	if (error) {
		removal_ended(removal, error);
		return;
	}
	removal->operation->job.purge = run->down->purge;
	removal->operation->context = removal;
	kg_operation_start(removal->operation, subject.kind->undo ? subject.kind->undo : kg_done, 0, undo_ended);
}

/*
 * Entries are of different runs, and edges may have been turned round between them: a node that is unchanged keeps the needs of its last run. Where
 * they go in a circle, the one that came last in its graph's order is taken first.
 */
static void
circle_break(struct down *down)
{
	uint32_t last = UINT32_MAX;

	for (uint32_t i = 0; i < down->count; i++) {
		const struct removal *removal = &down->removals[i];

		if (removal->is_chosen && !removal->is_begun &&
		    (last == UINT32_MAX || removal->entry->order > down->removals[last].entry->order))
			last = i;
	}
	kg_assert(last != UINT32_MAX);
	kg_list_push(down->run->arena, &down->free, last);
}

static void
down_turn(void *context)
{
	struct kg_run *run = context;
	struct down *down = run->down;

	kg_operations_turn(run);
	if (down->open > 0 && down->busy == 0 && down->free.count == 0)
		circle_break(down);
	while (down->free.count > 0 && !run->stopping)
		removal_start(&down->removals[down->free.items[--down->free.count]]);
	if (down->open == 0 || (run->stopping && down->busy == 0))
		kg_loop_stop(run->loop);
	else if (down->busy == 0)
		kg_loop_wake(run->loop);
}

bool
kg_run_is_named(const struct kg_run *run, const char *node, const char *const *names)
{
	if (!names || !names[0])
		return true;
	for (; *names; names++) {
		size_t length = strlen(*names);

		if (strcmp(node, *names) == 0 || (strncmp(node, *names, length) == 0 && node[length] == '.'))
			return true;
	}
	uint32_t index = kg_graph_find(run->graph, node);
	return run->options.chosen && index != KG_NO_NODE && run->options.chosen[index];
}

struct users {
	KG_LIST(uint32_t) list;
};

/* All that uses what is chosen is chosen, and goes first. */
static void
users_choose(struct down *down)
{
	struct kg_arena *arena = down->run->arena;
	struct users *users = kg_new_array(arena, struct users, down->count + 1);
	KG_LIST(uint32_t) front = { 0 };

	for (uint32_t i = 0; i < down->count; i++) {
		for (uint32_t j = 0; j < down->removals[i].needs.count; j++)
			kg_list_push(arena, &users[down->removals[i].needs.items[j]].list, i);
		if (down->removals[i].is_chosen)
			kg_list_push(arena, &front, i);
	}
	while (front.count > 0) {
		uint32_t node = front.items[--front.count];

		for (uint32_t i = 0; i < users[node].list.count; i++) {
			struct removal *user = &down->removals[users[node].list.items[i]];

			if (!user->is_chosen)
				kg_list_push(arena, &front, users[node].list.items[i]);
			user->is_chosen = true;
		}
	}
}

static void
needs_link(struct down *down, const struct kg_map *index, struct removal *removal)
{
	for (const char *const *need = removal->entry->needs; need && *need; need++) {
		uint32_t other;

		if (!kg_map_get(index, *need, &other))
			continue;
		kg_list_push(down->run->arena, &removal->needs, other);
		down->removals[other].users++;
	}
}

static void
down_prepare(struct down *down, const char *const *names)
{
	struct kg_run *run = down->run;
	struct kg_map index = { .arena = run->arena };

	down->count = run->entry_count;
	down->removals = kg_new_array(run->arena, struct removal, down->count + 1);
	for (uint32_t i = 0; i < down->count; i++) {
		down->removals[i].run = run;
		down->removals[i].entry = run->entries[i];
		down->removals[i].is_chosen = kg_run_is_named(run, run->entries[i]->name, names);
		kg_map_put(&index, run->entries[i]->name, i);
	}
	for (uint32_t i = 0; i < down->count; i++)
		needs_link(down, &index, &down->removals[i]);
	users_choose(down);
	for (uint32_t i = 0; i < down->count; i++) {
		struct removal *removal = &down->removals[i];

		if (!removal->is_chosen)
			for (uint32_t j = 0; j < removal->needs.count; j++)
				down->removals[removal->needs.items[j]].users--;
	}
	for (uint32_t i = 0; i < down->count; i++) {
		down->open += down->removals[i].is_chosen;
		if (down->removals[i].is_chosen && down->removals[i].users == 0)
			kg_list_push(run->arena, &down->free, i);
	}
	run->summary.chosen = down->open;
}

static enum kg_run_outcome
down_outcome(const struct kg_run *run)
{
	if (run->interrupts > 0 && run->stop_outcome == KG_RUN_INTERRUPTED)
		return KG_RUN_INTERRUPTED;
	if (run->has_failed)
		return KG_RUN_FAILED;
	return run->interrupts > 0 ? run->stop_outcome : KG_RUN_UP;
}

static const char *
down_tell(enum kg_run_outcome outcome)
{
	switch (outcome) {
	case KG_RUN_UP: return "down";
	case KG_RUN_FAILED: return "failed";
	case KG_RUN_NOT_READY: return "not_ready";
	case KG_RUN_INTERRUPTED: return "interrupted";
	}
	return "failed";
}

enum kg_run_outcome
kg_run_down(struct kg_run *run, const char *const *names, bool purge)
{
	struct down *down = kg_new(run->arena, struct down);

	*down = (struct down){ .run = run, .purge = purge };
	run->down = down;
	run->started_ns = kg_clock_now_ns();
	down_prepare(down, names);
	kg_run_emit(run, KG_EVENT_RUN_STARTED, KG_NO_NODE, (struct kg_event){ .text = "down", .count = down->open });
	kg_interrupts_start(run);
	kg_loop_each_turn(run->loop, down_turn, run);
	kg_loop_wake(run->loop);
	kg_loop_run(run->loop);

	run->summary.cancelled += down->open;
	kg_wait_cancel(&run->time_limit);
	kg_wait_cancel(&run->kill_limit);
	enum kg_run_outcome outcome = down_outcome(run);
	kg_run_emit(run, KG_EVENT_RUN_ENDED, KG_NO_NODE,
	    (struct kg_event){
		.text = down_tell(outcome), .duration_ns = kg_clock_now_ns() - run->started_ns, .summary = &run->summary });
	return outcome;
}
