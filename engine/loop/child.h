/*
 * A child process: started with vfork semantics, waited for by pidfd, its output drained as fast as it comes.
 *
 *     struct kg_child_start start = { .program = argv[0], .argv = argv, .env = env, .cwd = folder, .on_output = collect };
 *     kg_child_start(loop, &wait, &start);
 *     ...
 *     in ended: wait->end; start.status, start.signal; kg_child_start_error when it is KG_WAIT_FAILED
 *
 * Not uv_spawn, which forks: with 100 MB in the parent a thousand children take 3.7 s by it and 0.15 s by vfork. Every child
 * leads a session and a process group of its own, so that it and all that it has started can be signalled together, and so that
 * a program that asks for a password fails at once and does not stop for ever behind a terminal that is ours. It gets TERM when
 * kgraph itself is killed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/loop/loop.h"

struct kg_arena;
struct kg_error;

/* At what a child that could not be started failed. */
enum kg_child_part {
	KG_CHILD_PROGRAM, /* it cannot be run */
	KG_CHILD_FOLDER,  /* cwd cannot be entered */
	KG_CHILD_USER,    /* user, or its groups, cannot be taken on */
	KG_CHILD_MEANS,   /* no more processes, open files or memory */
};

/* Filled by the caller, which keeps it until the wait has ended. */
struct kg_child_start {
	const char *program; /* absolute path */
	const char *const *argv, *const *env;
	const char *cwd;  /* entered before the user is changed; NULL: ours */
	bool change_user; /* to uid, gid and the groups of that user; only root can */
	uid_t uid;
	gid_t gid;
	const char *user;  /* its name, for the groups; NULL: gid alone */
	const char *input; /* for standard input, which is then a file that can be read from its start; NULL: /dev/null */
	size_t input_size;
	const char *input_path; /* instead of input: this file */
	int pass_fd;            /* if > 2: becomes file descriptor 3 of the child; all others but 0, 1 and 2 are closed */
	bool inherit_terminal;  /* standard streams, group and session are ours: for `kgraph run -- COMMAND` */
	bool ends_contained;    /* TERM is spared while it runs something in a container: that is killed, and it ends by itself */
	int64_t timeout_ms;     /* 0: none. TERM to the group at the limit, KILL after kill_after_ms more */
	int64_t kill_after_ms;  /* 0: 5 s */
	/* stream is 1 or 2. Called for each piece; the bytes are gone afterwards. NULL: both streams are /dev/null. */
	void (*on_output)(void *context, int stream, const char *bytes, size_t size);
	void *context;

	pid_t pid;                      /* set by kg_child_start; 0 when it could not be started */
	int status, signal;             /* set before ended: exit status, or the signal that ended it */
	enum kg_child_part failed_part; /* when the wait ended with KG_WAIT_FAILED */
	bool timed_out;
	bool is_over; /* it has ended and pid may mean another process by now */
};

/*
 * Starts the child and ends the wait when it has ended and its output is drained (a grandchild that keeps the pipe open is not
 * waited for longer than 200 ms after the child's end). KG_WAIT_FAILED with sys when it could not be started (no such program,
 * cwd, user), KG_WAIT_TIMEOUT when its time limit was reached, with status and signal as it ended then. Cancelling sends KILL
 * to the group and waits for the end.
 */
void kg_child_start(struct kg_loop *loop, struct kg_wait *wait, struct kg_child_start *start);
/* Sends a signal to the child's process group; see ends_contained for TERM. Harmless when it has ended. */
void kg_child_signal(const struct kg_child_start *start, int signal);
/* The sentence for a wait that ended with KG_WAIT_FAILED: "cannot run /usr/bin/x: Permission denied". Asks the file system. */
struct kg_error *kg_child_start_error(struct kg_arena *arena, const struct kg_wait *wait, const struct kg_child_start *start);
