#include "engine/loop/inside.h"

#include <signal.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"

void *
kg_live_make(struct kg_loop *loop, struct kg_wait *wait, size_t size_bytes, void (*cancel)(struct kg_live *))
{
	kg_assert(!wait->live);
	struct kg_live *live = calloc(1, size_bytes);

	if (!live)
		kg_out_of_memory();
	live->loop = loop;
	live->wait = wait;
	live->cancel = cancel;
	wait->live = live;
	wait->end = KG_WAIT_DONE;
	wait->sys = 0;
	loop->live_count++;
	return live;
}

void
kg_live_opened(struct kg_live *live, uv_handle_t *handle)
{
	handle->data = live;
	live->open_handles++;
}

void
kg_live_check(struct kg_live *live)
{
	struct kg_loop *loop = live->loop;

	if (!live->is_settled || live->open_handles > 0 || live->is_listed)
		return;
	live->is_listed = true;
	*loop->ended_at = live;
	loop->ended_at = &live->next;
	/*
	 * libuv runs timers before it sleeps. An exchange over HTTP whose answer is there at once ends among them and has no handle that closes: this turn
	 * may not sleep any more, or it would be handed out with whatever comes next, which may be never.
	 */
	uv_stop(&loop->uv);
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct kg_live *live = handle->data;

	live->open_handles--;
	kg_live_check(live);
}

void
kg_live_close(struct kg_live *, uv_handle_t *handle)
{
	uv_close(handle, on_handle_closed);
}

bool
kg_live_settle(struct kg_live *live, enum kg_wait_end end, int sys)
{
	if (live->is_settled)
		return false;
	live->is_settled = true;
	live->wait->end = end;
	live->wait->sys = sys;
	kg_live_check(live);
	return true;
}

void
kg_wait_cancel(struct kg_wait *wait)
{
	struct kg_live *live = wait->live;

	if (live && !live->is_settled)
		live->cancel(live);
}

/* Programs that use select() break when they inherit a high limit: they get back the one that we found. */
static void
files_limit_raise(struct kg_loop *loop)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &loop->files_limit);
	limit = loop->files_limit;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct kg_error *
kg_loop_make(struct kg_arena *arena, struct kg_loop **ret_loop)
{
	struct kg_loop *loop = kg_new(arena, struct kg_loop);
	int failure = uv_loop_init(&loop->uv);

	if (failure != 0)
		return kg_error_system(arena, -failure, "cannot make an event loop");
	loop->arena = arena;
	loop->now_ns = kg_new(arena, int64_t);
	loop->ended_at = &loop->ended;
	loop->null_fd = -1;
	uv_timer_init(&loop->uv, &loop->tick);
	signal(SIGPIPE, SIG_IGN);
	/* An ignored SIGCHLD, which whoever started us may have left, would make the kernel throw exit statuses away. */
	signal(SIGCHLD, SIG_DFL);
	files_limit_raise(loop);
	kg_pool_start(loop);
	*ret_loop = loop;
	return NULL;
}

/* Read when somebody asks: libuv calls back before it lets us know that it has stopped sleeping. */
int64_t
kg_loop_now_ns(const struct kg_loop *loop)
{
	if (*loop->now_ns == 0)
		*loop->now_ns = kg_clock_now_ns();
	return *loop->now_ns;
}

void
kg_loop_each_turn(struct kg_loop *loop, void (*turn)(void *context), void *context)
{
	loop->turn = turn;
	loop->turn_context = context;
}

void
kg_loop_wake(struct kg_loop *loop)
{
	loop->is_turn_due = true;
}

void
kg_loop_stop(struct kg_loop *loop)
{
	loop->is_stopped = true;
}

/* Only those that have ended by now: one that is started from here and ends at once must not keep the others waiting. */
static void
ended_hand_out(struct kg_loop *loop)
{
	struct kg_live *list = loop->ended;

	loop->ended = NULL;
	loop->ended_at = &loop->ended;
	for (struct kg_live *live = list, *next; live; live = next) {
		struct kg_wait *wait = live->wait;

		next = live->next;
		if (live->release)
			live->release(live);
		free(live);
		wait->live = NULL;
		loop->live_count--;
		loop->is_turn_due = true;
		wait->ended(wait);
	}
}

void
kg_loop_run(struct kg_loop *loop)
{
	loop->is_stopped = false;
	while (!loop->is_stopped && (loop->live_count > 0 || loop->is_turn_due)) {
		bool may_sleep = !loop->is_turn_due && !loop->ended;

		*loop->now_ns = 0;
		uv_run(&loop->uv, may_sleep ? UV_RUN_ONCE : UV_RUN_NOWAIT);
		ended_hand_out(loop);
		if (!loop->is_turn_due)
			continue;
		loop->is_turn_due = false;
		if (loop->turn)
			loop->turn(loop->turn_context);
	}
}

static void
on_tick(uv_timer_t *timer)
{
	struct kg_loop *loop = timer->data;

	loop->on_tick(loop->tick_context);
}

void
kg_loop_tick(struct kg_loop *loop, int64_t period_ms, void (*tick)(void *context), void *context)
{
	loop->on_tick = tick;
	loop->tick_context = context;
	loop->tick.data = loop;
	if (tick)
		uv_timer_start(&loop->tick, on_tick, (uint64_t)period_ms, (uint64_t)period_ms);
	else
		uv_timer_stop(&loop->tick);
}

void
kg_loop_free(struct kg_loop *loop)
{
	kg_assert(loop->live_count == 0);
	kg_signals_free(loop);
	kg_children_free(loop);
	kg_http_free(loop);
	uv_close((uv_handle_t *)&loop->tick, NULL);
	uv_run(&loop->uv, UV_RUN_DEFAULT);
	int left_open = uv_loop_close(&loop->uv);
	kg_assert(left_open == 0);
	setrlimit(RLIMIT_NOFILE, &loop->files_limit);
}
