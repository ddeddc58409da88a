/*
 * A command that needs a run: the graph is read, what is asked for is chosen, the run is opened, and what it tells reaches the user.
 *
 *     struct kg_session session = { .cli = cli, .fd = STDOUT_FILENO };
 *     int status = kg_session_open(&session);
 *     if (status != 0)
 *         return status;
 *     enum kg_run_outcome outcome = kg_run_up(session.run);
 *     kg_session_close(&session);
 */
#pragma once

#include <stdbool.h>

#include "engine/cli/checkout.h"
#include "engine/run/run.h"

struct kg_cli;
struct kg_sinks;

struct kg_session {
	struct kg_cli *cli;
	int fd;                      /* where progress and the sum go; 0: the run tells nothing but to reporter */
	struct kg_reporter reporter; /* when fd is 0 */
	const char *const *names;    /* what is asked for; NULL or empty: the default */
	const char *asked;           /* in words; NULL: by the names */
	bool plan, reading;
	bool review; /* what kinds find wrong with what has changed is told first; errors end it */

	struct kg_checkout checkout;
	uint8_t *chosen;
	struct kg_run *run;
	struct kg_sinks *sinks;
};

/* 0, or the exit code after errors were told. */
int kg_session_open(struct kg_session *session);
/* The same in two halves, for who wants to look at the graph before the run is opened. */
int kg_session_open_graph(struct kg_session *session);
int kg_session_open_run(struct kg_session *session);
/* Closes the run, and waits until all that it told is written. */
void kg_session_close(struct kg_session *session);
/* "datastorage-stack", "pg.database and redis": what was asked for. */
const char *kg_session_asked(struct kg_session *session);
