/*
 * The steps of a kind whose node is a daemon: is it there, started under a holder, stopped with all its children. job->keep is its folder.
 *
 *     look:  why = kg_daemon_why(job, &daemon);
 *     run:   return kg_daemon_end(job, SIGTERM, 10000, old_one_gone);
 *            return kg_daemon_start(job, &order, started);              the next step
 *     undo:  return kg_daemon_end(job, SIGTERM, 10000, all_gone);
 */
#pragma once

#include "engine/daemon/daemon.h"
#include "engine/job.h"

/* NULL when what was started with the node's fingerprint lives and is held, else why not, as a sentence without a full stop. */
const char *kg_daemon_why(struct kg_job *job, struct kg_daemon *ret_daemon);

/*
 * Goes on with then when nothing is left of what runs there, also when nothing ever did; fails the job when something cannot be ended. after_ms: how long it
 * may take to end by that signal before it is killed.
 */
struct kg_next kg_daemon_end(struct kg_job *job, int stop_signal, int64_t after_ms, kg_step *then);

/*
 * Goes on with then when the program runs, or fails the job. Of the order, node, keep, fingerprint and mask are filled in here. job->keep is there
 * (kg_job_keep), and nothing of an earlier life runs (kg_daemon_end).
 */
struct kg_next kg_daemon_start(struct kg_job *job, const struct kg_daemon_order *order, kg_step *then);
