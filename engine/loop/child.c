#include "engine/loop/child_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "engine/loop/inside.h"

/*
 * A child is over in up to four moments: its process ends, each of its two streams is closed by the last who holds it, and, when
 * somebody keeps a stream open, time runs out. The process is reaped (and its pid free for others) only when no signal will be
 * sent any more: as long as it is not, the group cannot be mistaken for another one's.
 */
enum child_clock {
	CLOCK_NONE,
	CLOCK_LIMIT, /* then TERM */
	CLOCK_KILL,  /* then KILL */
	CLOCK_DRAIN, /* then the streams are closed, whoever holds them */
};

struct child {
	struct kg_live live;
	struct kg_child_start *start;
	uv_poll_t process, streams[2];
	uv_timer_t timer;
	enum child_clock clock;
	int pidfd;
	int fds[2]; /* our ends of the pipes; -1 when closed */
	bool is_enlarged[2];
	bool has_exited; /* but may still have to be reaped */
	bool is_killed;  /* KILL was sent to the group */
	bool is_cancelled;
};

static constexpr int64_t drain_ms = 200;
static constexpr int64_t kill_after_default_ms = 5000;
/* In one go, so that a child that never stops printing lets the others have their turn. */
static constexpr int reads_at_once = 4;
/* More than fits into a pipe: what the child itself has written is surely among it. */
static constexpr int reads_at_end = kg_child_pipe_bytes / kg_loop_buffer_bytes + 1;

static void
stream_close(struct child *child, int stream)
{
	if (child->fds[stream] < 0)
		return;
	if (child->streams[stream].data)
		kg_live_close(&child->live, (uv_handle_t *)&child->streams[stream]);
	close(child->fds[stream]);
	child->fds[stream] = -1;
}

static bool
streams_open(const struct child *child)
{
	return child->fds[0] >= 0 || child->fds[1] >= 0;
}

/* Only for those who need it: a user's pipes may hold 64 MiB in all, and those beyond get two pages each. */
static void
pipe_enlarge(struct child *child, int stream)
{
	if (child->is_enlarged[stream])
		return;
	child->is_enlarged[stream] = true;
	fcntl(child->fds[stream], F_SETPIPE_SZ, kg_child_pipe_bytes);
}

/* Reads what is there, at most `reads` buffers, and closes the stream at its end. */
static void
stream_read(struct child *child, int stream, int reads)
{
	struct kg_loop *loop = child->live.loop;

	while (child->fds[stream] >= 0 && reads-- > 0) {
		ssize_t got = read(child->fds[stream], loop->buffer, kg_loop_buffer_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			stream_close(child, stream);
			return;
		}
		child->start->on_output(child->start->context, stream + 1, loop->buffer, (size_t)got);
		if ((size_t)got == kg_loop_buffer_bytes)
			pipe_enlarge(child, stream);
	}
}

static void
group_signal(struct child *child, int signal)
{
	if (signal == SIGKILL)
		child->is_killed = true;
	kg_child_signal(child->start, signal);
}

static void on_time(uv_timer_t *timer);

static void
clock_set(struct child *child, enum child_clock clock, int64_t after_ms)
{
	child->clock = clock;
	uv_update_time(child->timer.loop);
	uv_timer_start(&child->timer, on_time, (uint64_t)after_ms, 0);
}

static void
reap(struct child *child)
{
	struct kg_child_start *start = child->start;
	siginfo_t info = { 0 };

	/* Those of the group that have closed their streams and stayed behind. */
	if (start->timed_out || child->is_cancelled)
		group_signal(child, SIGKILL);
	while (waitid(P_PID, (id_t)start->pid, &info, WEXITED) < 0)
		kg_assert(errno == EINTR);
	start->is_over = true;
	start->status = info.si_code == CLD_EXITED ? info.si_status : 0;
	start->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
}

static void
child_close(struct child *child)
{
	enum kg_wait_end end = child->is_cancelled ? KG_WAIT_CANCELLED : child->start->timed_out ? KG_WAIT_TIMEOUT : KG_WAIT_DONE;

	reap(child);
	stream_close(child, 0);
	stream_close(child, 1);
	kg_live_close(&child->live, (uv_handle_t *)&child->process);
	kg_live_close(&child->live, (uv_handle_t *)&child->timer);
	kg_live_settle(&child->live, end, 0);
}

/*
 * What is to be done now that the process has exited or a stream was closed. A group whose time was up, and whose leader has
 * gone, still has until KILL to put its affairs in order, as long as it holds a stream.
 */
static void
child_look(struct child *child)
{
	if (child->live.is_settled || !child->has_exited)
		return;
	if (!streams_open(child))
		child_close(child);
	else if (child->clock != CLOCK_DRAIN && (!child->start->timed_out || child->is_killed))
		clock_set(child, CLOCK_DRAIN, drain_ms);
}

static void
on_readable(uv_poll_t *poll, int, int)
{
	struct child *child = poll->data;

	stream_read(child, poll == &child->streams[1], reads_at_once);
	child_look(child);
}

static void
on_exit(uv_poll_t *poll, int, int)
{
	struct child *child = poll->data;

	uv_poll_stop(poll);
	child->has_exited = true;
	for (int stream = 0; stream < 2; stream++)
		stream_read(child, stream, reads_at_once);
	child_look(child);
}

static void
on_time(uv_timer_t *timer)
{
	struct child *child = timer->data;
	int64_t kill_after_ms = child->start->kill_after_ms;

	switch (child->clock) {
	case CLOCK_NONE: break;
	case CLOCK_LIMIT:
		child->start->timed_out = true;
		group_signal(child, SIGTERM);
		group_signal(child, SIGCONT);
		clock_set(child, CLOCK_KILL, kill_after_ms > 0 ? kill_after_ms : kill_after_default_ms);
		break;
	case CLOCK_KILL:
		group_signal(child, SIGKILL);
		child_look(child);
		break;
	case CLOCK_DRAIN:
		for (int stream = 0; stream < 2; stream++)
			stream_read(child, stream, reads_at_end);
		if (!child->live.is_settled)
			child_close(child);
		break;
	}
}

static void
child_cancel(struct kg_live *live)
{
	struct child *child = (struct child *)live;

	child->is_cancelled = true;
	group_signal(child, SIGKILL);
	child_look(child);
}

void
kg_child_signal(const struct kg_child_start *start, int signal)
{
	if (start->pid <= 0 || start->is_over)
		return;
	if (signal != SIGTERM || !start->ends_contained || !kg_child_kill_contained(start->pid))
		kill(start->inherit_terminal ? start->pid : -start->pid, signal);
}

static void
child_release(struct kg_live *live)
{
	struct child *child = (struct child *)live;

	if (child->pidfd >= 0)
		close(child->pidfd);
}

/* The child runs and cannot be watched, for want of memory in the kernel: it is not left behind. */
static void
give_up(struct child *child, int sys)
{
	struct kg_child_start *start = child->start;

	kg_child_signal(start, SIGKILL);
	reap(child);
	start->failed_part = KG_CHILD_MEANS;
	stream_close(child, 0);
	stream_close(child, 1);
	kg_live_close(&child->live, (uv_handle_t *)&child->timer);
	if (child->process.data)
		kg_live_close(&child->live, (uv_handle_t *)&child->process);
	kg_live_settle(&child->live, KG_WAIT_FAILED, sys);
}

static int
watch(struct child *child, uv_poll_t *poll, int fd, uv_poll_cb on_event)
{
	int failure = uv_poll_init(&child->live.loop->uv, poll, fd);

	if (failure != 0)
		return -failure;
	kg_live_opened(&child->live, (uv_handle_t *)poll);
	uv_poll_start(poll, UV_READABLE, on_event);
	return 0;
}

void
kg_child_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_child_start *start)
{
	struct child *child = kg_live_make(loop, wait, sizeof(*child), child_cancel);

	child->live.release = child_release;
	child->start = start;
	child->fds[0] = child->fds[1] = -1;
	start->status = start->signal = 0;
	start->timed_out = start->is_over = false;
	int sys = kg_child_make(loop, start, child->fds, &child->pidfd);
	if (sys != 0) {
		start->is_over = true;
		kg_live_settle(&child->live, KG_WAIT_FAILED, sys);
		return;
	}
	uv_timer_init(&loop->uv, &child->timer);
	kg_live_opened(&child->live, (uv_handle_t *)&child->timer);
	if (start->timeout_ms > 0)
		clock_set(child, CLOCK_LIMIT, start->timeout_ms);
	sys = watch(child, &child->process, child->pidfd, on_exit);
	for (int stream = 0; stream < 2 && sys == 0; stream++) {
		if (child->fds[stream] >= 0)
			sys = watch(child, &child->streams[stream], child->fds[stream], on_readable);
	}
	if (sys != 0)
		give_up(child, sys);
}
