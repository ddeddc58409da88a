/*
 * The event loop: waits for many things at once and hands back one thing at a time.
 *
 *     struct kg_loop *loop;
 *     error = kg_loop_make(arena, &loop);
 *     kg_loop_each_turn(loop, decide, run);
 *     kg_timer_start(loop, &wait, 25);
 *     kg_loop_run(loop);                  until kg_loop_stop, or nothing is open
 *     kg_loop_free(loop);
 *
 * Every wait is a struct kg_wait of the caller's. It is started once, ends once, and `ended` is called when nothing of it is
 * open any more: so whoever goes on from there never runs beside a live handle, and may start the same wait again. (Going on
 * from the event callback and re-arming the handle aborts inside libuv.) `ended` is never called from within a function that
 * starts or cancels a wait, nor from within another `ended`. Callbacks collect; decisions belong into the function given to
 * kg_loop_each_turn, which is called once a turn after all callbacks, when at least one wait has ended or kg_loop_wake was
 * called.
 *
 * A loop and all of its waits belong to one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kg_arena;
struct kg_error;
struct kg_loop;

enum kg_wait_end {
	KG_WAIT_DONE, /* what was waited for has happened */
	KG_WAIT_TIMEOUT,
	KG_WAIT_CANCELLED, /* by kg_wait_cancel */
	KG_WAIT_FAILED,    /* sys tells why it could not be waited for */
};

struct kg_wait {
	void (*ended)(struct kg_wait *wait);
	void *context; /* the caller's */
	enum kg_wait_end end;
	int sys;    /* errno, when end is KG_WAIT_FAILED */
	void *live; /* the loop's own; NULL while nothing is open */
};

/*
 * Ignores SIGPIPE and raises the limit of open files to what the system allows; children get both back as they were by
 * kg_child_start. KG_ESYSTEM.
 */
[[nodiscard]] struct kg_error *kg_loop_make(struct kg_arena *arena, struct kg_loop **ret_loop);
/* The time read at the start of this turn, monotonic nanoseconds. */
int64_t kg_loop_now_ns(const struct kg_loop *loop);
void kg_loop_each_turn(struct kg_loop *loop, void (*turn)(void *context), void *context);
/* Asks for another turn although nothing has ended. Only from the loop's thread. */
void kg_loop_wake(struct kg_loop *loop);
/* Returns after kg_loop_stop, or when nothing is open and no wake is pending. May be called again. */
void kg_loop_run(struct kg_loop *loop);
void kg_loop_stop(struct kg_loop *loop);
/* Nothing may be open; asserts it. */
void kg_loop_free(struct kg_loop *loop);

/*
 * Ends a wait early; `ended` is still called, later in this or in the next turn, with KG_WAIT_CANCELLED. Harmless when it has
 * ended. A worker that has begun runs to its end first, or until it sees that it is to stop; one that has not never begins.
 */
void kg_wait_cancel(struct kg_wait *wait);

void kg_timer_start(struct kg_loop *loop, struct kg_wait *wait, int64_t after_ms);
/*
 * events: 1 readable, 2 writable, or both. timeout_ms 0: none. The fd stays the caller's, who may close it while it is waited
 * for, and is made non-blocking. A regular file is always readable and writable, as with poll(2). An error on a socket ends
 * the wait as well; the next read or write tells it.
 */
void kg_fd_start(struct kg_loop *loop, struct kg_wait *wait, int fd, int events, int64_t timeout_ms);
/* work runs on a pool thread (as many as cores, at least 2) and may block. */
void kg_worker_start(struct kg_loop *loop, struct kg_wait *wait, void (*work)(void *data), void *data);
/* The same for long work that looks at *stop now and then: kg_wait_cancel sets it. It is the caller's, and lives until `ended`. */
void kg_worker_start_stoppable(
    struct kg_loop *loop, struct kg_wait *wait, void (*work)(void *data), void *data, _Atomic bool *stop);
/*
 * Calls caught(context, signal) in the loop for each signal of the list (ended by 0) until the loop is freed. They do not keep
 * kg_loop_run going.
 */
[[nodiscard]] struct kg_error *kg_signals_catch(
    struct kg_arena *arena, struct kg_loop *loop, const int *signals, void (*caught)(void *context, int signal), void *context);
/* Calls tick(context) every period_ms, without keeping kg_loop_run going; for a display. NULL ends it. */
void kg_loop_tick(struct kg_loop *loop, int64_t period_ms, void (*tick)(void *context), void *context);
