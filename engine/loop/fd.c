#include "engine/loop/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * libuv keeps one watcher a file descriptor and aborts when a descriptor is closed while it is watched. A duplicate of our own
 * has neither problem: two jobs may wait on one socket, and libpq may close its socket whenever it likes.
 */
struct fd_watch {
	struct kg_live live;
	uv_poll_t poll;
	uv_timer_t timer;
	int fd;
	bool is_polled, is_timed;
};

static void
fd_watch_end(struct fd_watch *watch, enum kg_wait_end end, int sys)
{
	if (!kg_live_settle(&watch->live, end, sys))
		return;
	if (watch->is_polled)
		kg_live_close(&watch->live, (uv_handle_t *)&watch->poll);
	if (watch->is_timed)
		kg_live_close(&watch->live, (uv_handle_t *)&watch->timer);
}

/* libuv says EBADF for any error of the socket; the caller's next read or write tells the real one. */
static void
on_event(uv_poll_t *poll, int, int)
{
	fd_watch_end(poll->data, KG_WAIT_DONE, 0);
}

static void
on_time(uv_timer_t *timer)
{
	fd_watch_end(timer->data, KG_WAIT_TIMEOUT, 0);
}

static void
fd_watch_cancel(struct kg_live *live)
{
	fd_watch_end((struct fd_watch *)live, KG_WAIT_CANCELLED, 0);
}

static void
fd_watch_release(struct kg_live *live)
{
	struct fd_watch *watch = (struct fd_watch *)live;

	if (watch->fd >= 0)
		close(watch->fd);
}

void
kg_fd_start(struct kg_loop *loop, struct kg_wait *wait, int fd, int events, int64_t timeout_ms)
{
	struct fd_watch *watch = kg_live_make(loop, wait, sizeof(*watch), fd_watch_cancel);

	watch->live.release = fd_watch_release;
	watch->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (watch->fd < 0) {
		fd_watch_end(watch, KG_WAIT_FAILED, errno);
		return;
	}
	int failure = uv_poll_init(&loop->uv, &watch->poll, watch->fd);
	if (failure != 0) {
		fd_watch_end(watch, failure == UV_EPERM ? KG_WAIT_DONE : KG_WAIT_FAILED, failure == UV_EPERM ? 0 : -failure);
		return;
	}
	watch->is_polled = true;
	kg_live_opened(&watch->live, (uv_handle_t *)&watch->poll);
	uv_poll_start(&watch->poll, (events & 1 ? UV_READABLE : 0) | (events & 2 ? UV_WRITABLE : 0), on_event);
	if (timeout_ms <= 0)
		return;
	watch->is_timed = true;
	uv_timer_init(&loop->uv, &watch->timer);
	kg_live_opened(&watch->live, (uv_handle_t *)&watch->timer);
	uv_update_time(&loop->uv);
	uv_timer_start(&watch->timer, on_time, (uint64_t)timeout_ms, 0);
}
