#include "engine/loop/inside.h"

struct timer {
	struct kg_live live;
	uv_timer_t handle;
};

static void
timer_end(struct timer *timer, enum kg_wait_end end)
{
	if (kg_live_settle(&timer->live, end, 0))
		kg_live_close(&timer->live, (uv_handle_t *)&timer->handle);
}

static void
on_time(uv_timer_t *handle)
{
	timer_end(handle->data, KG_WAIT_DONE);
}

static void
timer_cancel(struct kg_live *live)
{
	timer_end((struct timer *)live, KG_WAIT_CANCELLED);
}

void
kg_timer_start(struct kg_loop *loop, struct kg_wait *wait, int64_t after_ms)
{
	struct timer *timer = kg_live_make(loop, wait, sizeof(*timer), timer_cancel);

	uv_timer_init(&loop->uv, &timer->handle);
	kg_live_opened(&timer->live, (uv_handle_t *)&timer->handle);
	/* libuv counts from when it last woke up, and the turn may have taken a while since. */
	uv_update_time(&loop->uv);
	uv_timer_start(&timer->handle, on_time, after_ms > 0 ? (uint64_t)after_ms : 0, 0);
}
