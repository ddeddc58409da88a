/*
 * What the rules of a probe have in common: an attempt begins, waits for a socket or two, and has passed or not yet.
 *
 *     struct kg_next
 *     kg_probe_tcp_try(struct kg_job *job)
 *     {
 *         ...
 *         return kg_probe_wait_fd(job, fd, KG_FD_WRITABLE, connected);
 *     }
 *
 *     static struct kg_next
 *     connected(struct kg_job *job)
 *     {
 *         if (kg_probe_run(job)->attempt_is_over)
 *             return kg_probe_not_yet(job, "no answer");
 *         return kg_probe_passed(job);
 *     }
 *
 * Only for engine/probe. What an attempt holds open is given back by its release function, however the attempt ends.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/probe.h"

struct kg_probe_try {
	const struct kg_probe *rule;
	struct kg_probe_about about;
	kg_step *then, *begin; /* what comes after the probe; the first step of an attempt */
	int64_t deadline_ns, attempt_deadline_ns, pause_ms;
	const char *seen; /* what the last attempt saw; NULL before the first has ended */

	void *own;                           /* the rule's, kept from attempt to attempt */
	void (*release)(struct kg_job *job); /* closes what the attempt holds open; NULL when nothing is */

	/* Of kg_probe_wait_fd: */
	int fd, events;
	kg_step *answered;
	bool attempt_is_over; /* nothing came until the attempt's time was up; set by rules that wait for something else */
};

/* The job's. */
struct kg_probe_try *kg_probe_run(const struct kg_job *job);
/* The rule's own memory: size bytes, zeroed before the first attempt. */
void *kg_probe_own(struct kg_job *job, size_t size);

struct kg_next kg_probe_passed(struct kg_job *job);
/* What was seen instead, as a phrase without a full stop. Tries again after a pause. */
[[gnu::format(printf, 2, 3)]] struct kg_next kg_probe_not_yet(struct kg_job *job, const char *format, ...);
/* It will never pass: tried again it would be the same. */
struct kg_next kg_probe_failed(struct kg_job *job, struct kg_error *error);
/* Goes on with answered when something is there or the attempt's time is up; meanwhile looks whether the subject still lives. */
struct kg_next kg_probe_wait_fd(struct kg_job *job, int fd, int events, kg_step *answered);
/* What is left of this attempt's time, at least 1. */
int64_t kg_probe_attempt_ms(const struct kg_job *job);

/* Rules that a table cannot check; NULL when well. */
struct kg_error *kg_probe_tcp_check(struct kg_arena *arena, const char *address);
struct kg_error *kg_probe_http_check(struct kg_arena *arena, const struct kg_probe *probe);
struct kg_error *kg_probe_log_check(struct kg_arena *arena, const char *expression);
struct kg_error *kg_probe_postgresql_check(struct kg_arena *arena, const struct kg_probe *probe);
struct kg_error *kg_probe_redis_check(struct kg_arena *arena, const char *address);

kg_step kg_probe_tcp_try, kg_probe_http_try, kg_probe_exec_try, kg_probe_log_try, kg_probe_postgresql_try, kg_probe_redis_try;
