/*
 * When something counts as ready: a port answers, a URL says 200, a program exits with 0, a line appears in the log, a database
 * answers.
 *
 *     static struct kg_next
 *     ready(struct kg_job *job)
 *     {
 *         return kg_probe(job, &(struct kg_probe_about){ .log = path, .ended = daemon_ended }, kg_done);
 *     }
 *
 * Goes on probing, first after 25 ms, then with pauses that double up to 250 ms, until the probe passes, its subject has ended,
 * or its time is
 * up. What was seen last is told beside the node's name and in the error of a time-out.
 */
#pragma once

#include <stdint.h>

#include "engine/base/field.h"
#include "engine/job.h"

/* The setting `ready`. Exactly one of tcp, http, exec, log, postgresql and redis is set. */
struct kg_probe {
	const char *tcp;              /* HOST:PORT that accepts a connection */
	const char *http;             /* URL */
	int64_t status;               /* of http; 0: any from 200 to 399 */
	const struct kg_pair *header; /* of http: names whose values must hold the text */
	const char *body;             /* of http: the body must hold it */
	const char *ca_file;          /* of http */
	bool insecure;                /* of http */
	const char *const *exec;      /* program and arguments; exit status 0 */
	const char *log;              /* POSIX extended regular expression that a line of the log matches */
	const char *postgresql;       /* connection URL */
	const char *query;            /* of postgresql; NULL: SELECT 1 */
	const char *redis;            /* HOST:PORT or redis://:password@HOST:PORT, PING is answered by PONG */
	const char *user;             /* of exec: run as this user when kgraph is root */
	int64_t timeout_ms;           /* until it must have passed, from the first try */
	int64_t attempt_ms;           /* of a single try */
};
extern const struct kg_field kg_probe_fields[];

/* KG_EINPUT when none or more than one of the rules is set, or an expression does not compile. Pure. */
[[nodiscard]] struct kg_error *kg_probe_check(struct kg_arena *arena, const struct kg_probe *probe);

/* What the probe is about. All may be left out. */
struct kg_probe_about {
	const char *log;    /* the file in which `log` looks; NULL: the node's log of this run. What is rotated away is LOG.1 */
	int64_t log_from;   /* bytes at its start that are of an earlier life and do not count */
	uint64_t log_inode; /* the file that log_from is about, which may be LOG.1 by now; 0: the one that is LOG now */
	/* `exec` is run by this program and arguments, ended by NULL, which stand before it; with exec_env alone. NULL: on this machine, as it is. */
	const char *const *exec_before, *const *exec_env;
	/* Has what is waited for ended by itself? Then the error to fail with at once, with its last words; NULL while it lives. */
	struct kg_error *(*ended)(struct kg_job *job);
	/* Where it goes on then, to find out more, instead of failing; NULL: it fails. May begin the probe again. */
	kg_step *after_end;
	/* What it printed last, to be shown when time is up; "" when nothing. */
	const char *(*last_words)(struct kg_job *job);
};

/* Probes by job->common->ready, and goes on with then; at once when that is NULL. */
struct kg_next kg_probe(struct kg_job *job, const struct kg_probe_about *about, kg_step *then);

/* "http http://127.0.0.1:28090/readyz", for lists and messages; passwords masked. */
const char *kg_probe_tell(struct kg_arena *arena, const struct kg_probe *probe);
