/*
 * Nodes that wait for each other without the graph saying so: a service that ends until its database answers, which another node brings.
 *
 * What it fails at may pass for as long as anything else of the run is on its way. Two that only wait for each other would wait for ever, so that who has
 * asked is no hope to others, unless something has become ready since its own last try: that one more try of each may be the one that works.
 */
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/run/state.h"

static constexpr int64_t ns_per_s = 1000000000;
/* What was made and is not watched before the barrier is taken to be ready or not by then; nobody has looked. */
static constexpr int64_t unwatched_ns = 60 * ns_per_s;

static struct kg_operation *
operation_of(struct kg_job *job)
{
	while (job->whole)
		job = job->whole;
	return (struct kg_operation *)job;
}

void
kg_run_settled(struct kg_run *run, uint32_t node)
{
	if (run->settled.node != node)
		run->settled.before_s = run->settled.at_s;
	run->settled.node = node;
	run->settled.at_s = kg_clock_wall_ns() / ns_per_s;
}

/* When another node was made or got ready last. */
static int64_t
settled_s(const struct kg_run *run, uint32_t node)
{
	return run->settled.node == node ? run->settled.before_s : run->settled.at_s;
}

/* All that needs the node, by whatever way. */
static bool *
behind_find(struct kg_run *run, struct kg_arena *arena, uint32_t node)
{
	bool *is_behind = kg_new_array(arena, bool, run->graph->node_count);
	KG_LIST(uint32_t) front = { 0 };

	kg_list_push(arena, &front, node);
	while (front.count > 0) {
		const struct kg_node *it = &run->graph->nodes[front.items[--front.count]];

		for (uint32_t i = 0; i < it->user_count; i++) {
			uint32_t user = run->graph->users[it->first_user + i];

			if (!is_behind[user])
				kg_list_push(arena, &front, user);
			is_behind[user] = true;
		}
	}
	return is_behind;
}

static bool
may_help(const struct kg_run *run, uint32_t node)
{
	const struct kg_task *task = &run->tasks[node];
	bool is_hopeless = task->last_try_s > 0 && task->last_try_s > settled_s(run, node);

	if (task->state == KG_TASK_UNCHOSEN || is_hopeless)
		return false;
	if (task->state < KG_TASK_DONE || task->readiness == KG_READINESS_WATCHED)
		return true;
	return task->state == KG_TASK_DONE && task->readiness == KG_READINESS_OPEN && task->was_made &&
	    kg_clock_now_ns() - task->ended_ns < unwatched_ns;
}

bool
kg_others_may_help(struct kg_job *job, int64_t last_try_s)
{
	const struct kg_operation *operation = operation_of(job);
	struct kg_run *run = operation->run;
	uint32_t node = operation->node;

	if (node == KG_NO_NODE || node >= run->graph->node_count || !run->tasks)
		return false;
	run->tasks[node].last_try_s = last_try_s;
	if (last_try_s <= settled_s(run, node))
		return true;
	struct kg_arena *scratch = kg_arena_make();
	const bool *is_behind = behind_find(run, scratch, node);
	bool is_hope = false;
	for (uint32_t i = 0; i < run->graph->node_count && !is_hope; i++)
		is_hope = i != node && !is_behind[i] && may_help(run, i);
	kg_arena_free(scratch);
	return is_hope;
}

void
kg_may_help_others(struct kg_job *job)
{
	const struct kg_operation *operation = operation_of(job);

	if (operation->node != KG_NO_NODE && operation->run->tasks)
		operation->run->tasks[operation->node].last_try_s = 0;
}
