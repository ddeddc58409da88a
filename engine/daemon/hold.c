#include "engine/daemon/hold.h"

#include <signal.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

/* The holder's own limit for what it has to kill, and a little more. */
static constexpr int64_t holder_end_ms = 8000;
static constexpr int64_t holder_start_ms = 30000;
static constexpr int64_t kill_wait_ms = 5000;

/* What these steps need between them: job->daemon. */
struct holding {
	struct kg_daemon daemon;
	int watch_fd; /* pidfd of what is waited for */
	int stop_signal;
	int64_t stop_after_ms;
	const char *program;
	kg_step *then;
};

static kg_step stop, holder_gone, program_gone, program_killed, holder_answered;

static struct holding *
holding_of(struct kg_job *job)
{
	if (!job->daemon)
		job->daemon = kg_new(job->arena, struct holding);
	return job->daemon;
}

const char *
kg_daemon_why(struct kg_job *job, struct kg_daemon *ret_daemon)
{
	if (!kg_daemon_read(job->arena, job->keep, ret_daemon))
		return "it was never started here";
	if (!kg_daemon_lives(ret_daemon)) {
		const char *end = kg_daemon_end_tell(job->arena, ret_daemon);

		if (ret_daemon->ended)
			return kg_format(job->arena, "%s at %s", end, kg_clock_tell_wall(job->arena, ret_daemon->ended_ns));
		return end ? end : "it has just ended";
	}
	if (!kg_daemon_is_held(ret_daemon))
		return "its holder was killed, so that nobody keeps its log";
	/* A run that was interrupted between the start and the ledger's entry may have left another one. */
	if (!kg_text_equal(ret_daemon->fingerprint, job->fingerprint))
		return "what runs was started with other settings";
	return NULL;
}

struct kg_next
kg_daemon_end(struct kg_job *job, int stop_signal, int64_t after_ms, kg_step *then)
{
	struct holding *holding = holding_of(job);

	holding->stop_signal = stop_signal;
	holding->stop_after_ms = after_ms;
	holding->then = then;
	return kg_go(kg_daemon_read(job->arena, job->keep, &holding->daemon) ? stop : then);
}

static struct kg_next
stop(struct kg_job *job)
{
	struct holding *holding = holding_of(job);
	int64_t after_ms = holding->stop_after_ms;

	holding->watch_fd = kg_daemon_stop(&holding->daemon, holding->stop_signal, after_ms);
	if (holding->watch_fd >= 0) {
		kg_tell(job, "stopping process %d", (int)holding->daemon.main.pid);
		return kg_wait_fd(job, holding->watch_fd, KG_FD_READABLE, after_ms + holder_end_ms, holder_gone);
	}
	holding->watch_fd = kg_daemon_signal_unheld(&holding->daemon, holding->stop_signal);
	if (holding->watch_fd >= 0) {
		kg_tell(job, "stopping process %d, whose holder was killed", (int)holding->daemon.main.pid);
		return kg_wait_fd(job, holding->watch_fd, KG_FD_READABLE, after_ms > 0 ? after_ms : 1, program_gone);
	}
	return kg_go(holding->then);
}

static struct kg_next
holder_gone(struct kg_job *job)
{
	struct holding *holding = holding_of(job);
	struct kg_daemon now;

	close(holding->watch_fd);
	if (job->timed_out)
		return kg_failed(
		    kg_error_make(job->arena, KG_ETIME, "its holder, process %d, does not end", (int)holding->daemon.holder.pid));
	if (kg_daemon_read(job->arena, job->keep, &now) && now.left > 0)
		return kg_failed(
		    kg_error_make(job->arena, KG_EFAILED, "%d of its processes could not be ended, not even by SIGKILL", now.left));
	/* If the holder was killed in the middle of it, the program may still be there. */
	return kg_go(stop);
}

static struct kg_next
program_gone(struct kg_job *job)
{
	struct holding *holding = holding_of(job);

	close(holding->watch_fd);
	if (!job->timed_out)
		return kg_go(holding->then);
	holding->watch_fd = kg_daemon_signal_unheld(&holding->daemon, SIGKILL);
	if (holding->watch_fd < 0)
		return kg_go(holding->then);
	return kg_wait_fd(job, holding->watch_fd, KG_FD_READABLE, kill_wait_ms, program_killed);
}

static struct kg_next
program_killed(struct kg_job *job)
{
	struct holding *holding = holding_of(job);

	close(holding->watch_fd);
	if (job->timed_out)
		return kg_failed(kg_error_make(
		    job->arena, KG_ETIME, "process %d does not end, not even by SIGKILL", (int)holding->daemon.main.pid));
	return kg_go(holding->then);
}

struct kg_next
kg_daemon_start(struct kg_job *job, const struct kg_daemon_order *order, kg_step *then)
{
	struct holding *holding = holding_of(job);
	struct kg_daemon_order whole = *order;
	const char *holder;
	struct kg_error *error = kg_daemon_holder_program(job->arena, job->folders->state, &holder);

	if (error)
		return kg_failed(error);
	holding->program = order->program;
	holding->then = then;
	whole.node = job->name;
	whole.keep = job->keep;
	whole.fingerprint = job->fingerprint;
	whole.mask = job->mask;

	const char **argv = kg_new_array(job->arena, const char *, 3);
	argv[0] = holder;
	argv[1] = job->name;
	struct kg_child *child = kg_new(job->arena, struct kg_child);
	child->argv = argv;
	child->env = kg_new_array(job->arena, const char *, 1);
	child->input = kg_daemon_request(job->arena, &whole, &child->input_size);
	child->timeout_ms = holder_start_ms;
	child->capture = true;
	return kg_wait_child(job, child, holder_answered);
}

static struct kg_next
holder_answered(struct kg_job *job)
{
	struct holding *holding = holding_of(job);

	if (job->timed_out)
		return kg_failed(kg_error_make(job->arena, KG_ETIME, "its holder did not start it within 30 s"));
	struct kg_error *error = kg_daemon_answer(job->arena, job->child.output ? job->child.output : "", holding->program);
	return error ? kg_failed(error) : kg_go(holding->then);
}
