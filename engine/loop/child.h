/*
 * A child process: started with vfork semantics, waited for by pidfd, its output drained as fast as it comes.
 *
 *     struct kg_child_start start = { .argv = argv, .env = env, .cwd = folder, .on_output = collect, .context = job };
 *     kg_child_start(loop, &wait, &start);
 *     ...
 *     in ended: wait->end; start.status, start.signal
 *
 * Not uv_spawn, which forks: with 100 MB in the parent a thousand children take 3.7 s by it and 0.15 s by posix_spawn. Every
 * child leads a
 * process group of its own, so that it and all that it has started can be signalled together.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/loop/loop.h"

/* Filled by the caller, which keeps it until the wait has ended. */
struct kg_child_start {
	const char *program; /* absolute path */
	const char *const *argv, *const *env;
	const char *cwd;
	bool change_user; /* to uid, gid and the groups of that user; only root can */
	uid_t uid;
	gid_t gid;
	const char *user;  /* its name, for the groups */
	const char *input; /* for standard input; NULL: /dev/null */
	size_t input_size;
	int pass_fd;           /* if > 2: becomes file descriptor 3 of the child; all others but 0, 1 and 2 are closed */
	bool inherit_terminal; /* standard streams are ours, no process group of its own: for `kgraph run -- COMMAND` */
	int64_t timeout_ms;    /* 0: none. TERM to the group at the limit, KILL after kill_after_ms more */
	int64_t kill_after_ms; /* 0: 5 s */
	/* stream is 1 or 2. Called for each piece; the bytes are gone afterwards. */
	void (*on_output)(void *context, int stream, const char *bytes, size_t size);
	void *context;

	pid_t pid;          /* set by kg_child_start; 0 when it could not be started */
	int status, signal; /* set before ended: exit status, or the signal that ended it */
	bool timed_out;
};

/*
 * Starts the child and ends the wait when it has ended and its output is drained (a grandchild that keeps the pipe open is not
 * waited for longer than
 * 200 ms after the child's end). KG_WAIT_FAILED with sys when it could not be started (no such program, cwd, user). Cancelling
 * sends KILL to the group and
 * waits for the end.
 */
void kg_child_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_child_start *start);
/* Sends a signal to the child's process group. Harmless when it has ended. */
void kg_child_signal(const struct kg_child_start *start, int signal);
