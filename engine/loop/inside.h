/*
 * What the files of this room share: the loop itself, and what is alive of a wait.
 *
 *     struct timer { struct kg_live live; uv_timer_t handle; };
 *     struct timer *timer = kg_live_make(loop, wait, sizeof(*timer), cancel);
 *     uv_timer_init(&loop->uv, &timer->handle);
 *     kg_live_opened(&timer->live, (uv_handle_t *)&timer->handle);
 *     ...
 *     kg_live_settle(&timer->live, KG_WAIT_DONE, 0);
 *     kg_live_close(&timer->live, (uv_handle_t *)&timer->handle);
 *
 * A wait ends in two steps. First it is settled: why it ends is known, and the first reason stays. Then its handles close, which
 * libuv tells one by one at the end of an iteration. When it is settled and the last handle is closed, it joins the list of those
 * that have ended, and kg_loop_run hands that list out between two iterations of libuv, when no callback is on the stack.
 */
#pragma once

#include <sys/resource.h>

#include <uv.h>

#include "engine/loop/loop.h"

struct kg_arena;
struct kg_http_room;
struct kg_live;

/* What one read from a child's pipe takes at most. */
static constexpr size_t kg_loop_buffer_bytes = 65536;

struct kg_loop {
	uv_loop_t uv;
	struct kg_arena *arena;
	void (*turn)(void *context);
	void *turn_context;
	int64_t *now_ns;                   /* 0: not read yet in this turn */
	struct kg_live *ended, **ended_at; /* waits whose `ended` is to be called, and where the next one is put */
	uint32_t live_count;               /* waits that were started and whose `ended` was not called yet */
	bool is_turn_due, is_stopped;

	uv_timer_t tick;
	void (*on_tick)(void *context);
	void *tick_context;
	struct kg_signal_watch *signals; /* a list */
	uv_work_t pool_start;            /* see pool_start in worker.c */

	/* For children. */
	struct rlimit files_limit; /* of open files as we found it, for children */
	char *buffer;              /* kg_loop_buffer_bytes, shared by all reads; NULL until the first child */
	void *child_stack;         /* of the moment between clone and exec; NULL until the first child */
	int null_fd;               /* /dev/null; -1 until the first child */
	struct kg_groups *groups;  /* of users asked for so far, a list */

	struct kg_http_room *http; /* NULL until the first request */
};

/* The first member of what is alive of each wait. */
struct kg_live {
	struct kg_loop *loop;
	struct kg_wait *wait;
	struct kg_live *next;              /* in the loop's list */
	void (*cancel)(struct kg_live *);  /* brings the end about; not called once it is settled */
	void (*release)(struct kg_live *); /* frees what is neither a handle nor the memory itself; NULL: nothing */
	uint32_t open_handles;
	bool is_settled, is_listed;
};

/* size_bytes of zeroed memory that start with a struct kg_live. Freed before `ended` is called. */
void *kg_live_make(struct kg_loop *loop, struct kg_wait *wait, size_t size_bytes, void (*cancel)(struct kg_live *));
void kg_live_opened(struct kg_live *live, uv_handle_t *handle);
void kg_live_close(struct kg_live *live, uv_handle_t *handle);
/* Says why the wait ends. False, and nothing changes, when that has been said. Ends it when no handle is open. */
bool kg_live_settle(struct kg_live *live, enum kg_wait_end end, int sys);
/* To be called when something other than a handle that kept the wait from ending is gone. */
void kg_live_check(struct kg_live *live);

/* Starts the thread pool with as many threads as there are cores. */
void kg_pool_start(struct kg_loop *loop);
/* Each frees what its file has put into the loop. The loop still runs once more to close handles. */
void kg_signals_free(struct kg_loop *loop);
void kg_children_free(struct kg_loop *loop);
void kg_http_free(struct kg_loop *loop);
