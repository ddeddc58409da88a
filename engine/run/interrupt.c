/* Ending early: by Ctrl-C, once and twice, and by the time limit of the whole run. */

#include <signal.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/run/state.h"

/* How long what runs may take to end after TERM. */
static constexpr int64_t end_gently_ms = 10000;

static void
running_end(struct kg_run *run, void (*end)(struct kg_operation *, const struct kg_error *))
{
	/* Ending one may shorten the list; what is asked of an operation that has ended is harmless, so a copy is walked. */
	uint32_t count = run->running.count;
	struct kg_operation **all = kg_new_array(run->arena, struct kg_operation *, count + 1);

	for (uint32_t i = 0; i < count; i++)
		all[i] = run->running.items[i];
	for (uint32_t i = 0; i < count; i++)
		end(all[i], run->stop_error);
}

static void
on_kill_limit(struct kg_wait *wait)
{
	if (wait->end == KG_WAIT_DONE)
		running_end(wait->context, kg_operation_kill);
}

void
kg_run_stop(struct kg_run *run, struct kg_error *why, enum kg_run_outcome outcome)
{
	run->interrupts++;
	if (run->interrupts == 1) {
		run->stop_error = why;
		run->stop_outcome = outcome;
		kg_schedule_stop(run);
		running_end(run, kg_operation_cancel);
		run->kill_limit = (struct kg_wait){ .ended = on_kill_limit, .context = run };
		kg_timer_start(run->loop, &run->kill_limit, end_gently_ms);
	} else {
		run->stop_outcome = outcome;
		running_end(run, kg_operation_kill);
	}
	kg_loop_wake(run->loop);
}

static void
on_signal(void *context, int signal)
{
	struct kg_run *run = context;

	if (run->interrupts == 0)
		kg_run_warn(run, "interrupted; what runs is being ended (once more: at once)");
	kg_run_stop(run, kg_error_make(run->arena, KG_ECANCELLED, "interrupted by signal %d (%s)", signal, sigabbrev_np(signal)),
	    KG_RUN_INTERRUPTED);
}

static void
on_time_limit(struct kg_wait *wait)
{
	struct kg_run *run = wait->context;

	if (wait->end != KG_WAIT_DONE || run->interrupts > 0)
		return;
	struct kg_error *error = kg_error_make(run->arena, KG_ETIME, "the time limit of the run, %s, was reached",
	    kg_duration_tell(run->arena, run->options.timeout_ms * 1000000));
	/* There may be nobody else to say so: what was not begun is only counted. */
	kg_run_warn(run, "%s", error->message);
	kg_run_stop(run, error, KG_RUN_NOT_READY);
}

void
kg_interrupts_start(struct kg_run *run)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };

	if (run->may_be_interrupted)
		return;
	run->may_be_interrupted = true;
	if (run->options.timeout_ms > 0) {
		run->time_limit = (struct kg_wait){ .ended = on_time_limit, .context = run };
		kg_timer_start(run->loop, &run->time_limit, run->options.timeout_ms);
	}
	struct kg_error *error = kg_signals_catch(run->arena, run->loop, signals, on_signal, run);
	if (error)
		kg_run_warn(run, "%s", kg_error_text(run->arena, error));
}
