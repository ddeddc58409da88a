/* The graph's shared cache as a run sees it: there, or given up. It saves time and decides nothing. */

#include "engine/base/arena.h"
#include "engine/run/state.h"

/*
 * Whoever has a request under way ends it as he would have; nobody begins another one. Operations that are not running get the run's remote when they
 * start.
 */
void
kg_run_remote_off(struct kg_run *run, const struct kg_error *why)
{
	if (!run->remote)
		return;
	kg_run_warn(run, "the shared cache %s is left aside in this run: %s", run->remote->host, kg_error_text(run->arena, why));
	run->remote = NULL;
	for (uint32_t i = 0; i < run->running.count; i++)
		run->running.items[i]->job.remote = NULL;
}
