/*
 * A node that the local store does not have is asked for in the shared cache, many at the same time. It may cost a run time, and that must have a limit:
 * a registry that is slow, or that has nothing of what this run wants, would otherwise be asked for every node of a long chain. So the time in which
 * something is asked for is counted, less what its hits have spared; when more is lost than the remote may stand still once, it is not asked any more.
 *
 * Asking and taking are operations of their own. The first may take as long as the remote may stand still. The second may take as long as making it did,
 * but no less than that: beyond, making it again would have been over.
 */

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/run/remote.h"
#include "engine/run/work.h"

/* They share one connection where the registry speaks HTTP/2. */
static constexpr uint32_t fetching_most = 16;
/* A registry may hold one blob that was cut; one that holds many is not to be relied on. */
static constexpr uint32_t damaged_most = 3;

/* How long making it took is what somebody else says. */
static constexpr int64_t take_longest_ms = 30 * 60 * 1000;

static void fetch_ended(struct kg_operation *operation, const struct kg_outcome *outcome);
static void take_ended(struct kg_operation *operation, const struct kg_outcome *outcome);

/* Adds what has passed since it was last called, while anything is asked for. */
static void
time_count(struct kg_run *run, const struct kg_fetch *ended)
{
	struct kg_fetching *fetching = &run->fetching;
	int64_t now_ns = kg_clock_now_ns();

	if (fetching->running > 0)
		fetching->lost_ns += now_ns - fetching->counted_ns;
	fetching->counted_ns = now_ns;
	if (ended && ended->is_here)
		fetching->lost_ns -= ended->spared_ns;
	if (fetching->lost_ns < 0)
		fetching->lost_ns = 0;
}

static void
fetch_more(struct kg_run *run)
{
	struct kg_fetching *fetching = &run->fetching;

	while (fetching->next < fetching->waiting.count && fetching->running < fetching_most) {
		uint32_t node = fetching->waiting.items[fetching->next++];

		if (!run->remote || fetching->is_off || run->stopping) {
			kg_task_queue(run, node);
			continue;
		}
		time_count(run, NULL);
		fetching->running++;
		kg_operation_start(run->tasks[node].operation, kg_fetch_ask, run->remote->stall_ms, fetch_ended);
	}
}

static void
damage_tell(struct kg_run *run, const struct kg_fetch *fetch)
{
	const char *why = kg_error_text(run->arena, fetch->error);

	run->fetching.damaged++;
	if (run->fetching.damaged == damaged_most)
		kg_fetching_off(run, "what it holds is damaged again and again");
	else if (run->fetching.damaged == 1)
		kg_run_warn(run, "%s is not taken from the shared cache: %s", kg_task_name(run, fetch->node), why);
}

static void
error_weigh(struct kg_run *run, const struct kg_fetch *fetch)
{
	const struct kg_error *error = fetch->error;

	/* What the end of the run has ended is nobody's fault. */
	if (!error || !run->remote || error->code == KG_ECANCELLED || run->interrupts > 0)
		return;
	if (error->code == KG_EDATA) {
		damage_tell(run, fetch);
	} else if (fetch->is_denied && run->remote->push) {
		/* Some registries deny a repository that is not there yet, and make it when something is put there. */
		kg_fetching_off(run, kg_error_text(run->arena, error));
		run->fetching.is_denied = true;
	} else {
		kg_run_remote_off(run, error);
	}
}

static void
fetch_over(struct kg_run *run, uint32_t node)
{
	struct kg_task *task = &run->tasks[node];
	struct kg_fetch *fetch = task->fetch;
	struct kg_fetching *fetching = &run->fetching;

	time_count(run, fetch);
	kg_assert(fetching->running > 0);
	fetching->running--;
	error_weigh(run, fetch);
	if (run->remote && fetching->lost_ns > run->remote->stall_ms * 1000000)
		kg_fetching_off(run,
		    kg_format(run->arena, "that has taken %s, and spared less", kg_duration_tell(run->arena, fetching->lost_ns)));
	if (fetch->is_here && !run->stopping) {
		task->was_fetched = !fetch->is_depfile;
		task->spared_ns = fetch->is_depfile ? 0 : fetch->spared_ns;
		kg_task_restore_again(run, node);
	} else {
		kg_task_queue(run, node);
	}
	fetch_more(run);
}

static void
expired_note(struct kg_run *run, struct kg_fetch *fetch, const struct kg_outcome *outcome, const char *what)
{
	if (outcome->what == KG_OUTCOME_DONE)
		return;
	fetch->is_here = false;
	fetch->error = outcome->error->code == KG_ETIME ? kg_error_make(run->arena, KG_ETIME, "%s", what) : outcome->error;
}

static void
fetch_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_run *run = operation->run;
	struct kg_fetch *fetch = run->tasks[operation->node].fetch;

	expired_note(run, fetch, outcome,
	    kg_format(run->arena, "it has not answered within %s",
		kg_duration_tell(run->arena, run->remote ? run->remote->stall_ms * 1000000 : 0)));
	if (outcome->what != KG_OUTCOME_DONE || !fetch->is_found || run->stopping || !run->remote) {
		fetch_over(run, operation->node);
		return;
	}
	int64_t limit_ms = fetch->spared_ns / 1000000;
	if (limit_ms > take_longest_ms)
		limit_ms = take_longest_ms;
	if (limit_ms < run->remote->stall_ms)
		limit_ms = run->remote->stall_ms;
	kg_operation_start(operation, kg_fetch_take, limit_ms, take_ended);
}

static void
take_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_run *run = operation->run;

	expired_note(run, run->tasks[operation->node].fetch, outcome, "it sends more slowly than this is made anew");
	fetch_over(run, operation->node);
}

static struct kg_fetch *
fetch_make(struct kg_run *run, uint32_t node)
{
	struct kg_fetch *fetch = kg_new(run->arena, struct kg_fetch);

	fetch->run = run;
	fetch->node = node;
	run->tasks[node].fetch = fetch;
	return fetch;
}

/*
 * What a depfile names is known by the depfile alone: where the local store has none, it comes first, and the outputs are asked for by the fingerprint
 * that it leads to.
 */
bool
kg_task_fetch(struct kg_run *run, uint32_t node, const struct kg_work *missed)
{
	struct kg_task *task = &run->tasks[node];
	struct kg_fetch *fetch = task->fetch ? task->fetch : fetch_make(run, node);

	if (!run->remote || run->fetching.is_off || run->stopping)
		return false;
	if (missed->lacks_depfile && !fetch->has_asked_depfile) {
		fetch->has_asked_depfile = fetch->is_depfile = true;
		fetch->key = kg_depfile_key(task->inspection->base);
	} else if (!missed->lacks_depfile && !fetch->has_asked_outputs) {
		fetch->has_asked_outputs = true;
		fetch->is_depfile = false;
		fetch->key = missed->fingerprint;
	} else {
		return false;
	}
	task->state = KG_TASK_FETCHING;
	kg_list_push(run->arena, &run->fetching.waiting, node);
	fetch_more(run);
	return true;
}
