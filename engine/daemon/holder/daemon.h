/*
 * Starts the daemon as a child of this process, in a session of its own.
 *
 *     failure = kg_holder_daemon_fork(&request, &daemon);
 *     ... write down who it is ...
 *     failure = kg_holder_daemon_exec(&daemon);
 *
 * In two halves, because a daemon must never run that no status file knows: the child waits until it is told to go on, and ends when its
 * holder does before that.
 */
#pragma once

#include <sys/types.h>

#include "engine/daemon/holder/request.h"

struct kg_holder_daemon {
	pid_t pid;
	int output_fd; /* what it prints on both streams; non-blocking */
	int go_fd, failure_fd;
};

/* What could not be done, and why. what is NULL when all is well. */
struct kg_holder_failure {
	const char *what;
	const char *subject; /* "" when there is none */
	int sys;             /* an errno */
};

struct kg_holder_failure kg_holder_daemon_fork(const struct kg_holder_request *request, struct kg_holder_daemon *ret_daemon);
/* Returns when the program runs in the child, or cannot; then the child is ending. */
struct kg_holder_failure kg_holder_daemon_exec(const struct kg_holder_request *request, struct kg_holder_daemon *daemon);
