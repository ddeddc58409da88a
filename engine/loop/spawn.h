/*
 * Becomes another program, between clone and exec: the part of starting a child that knows no loop.
 *
 *     struct kg_spawn spawn = { .program = path, .argv = argv, .env = env, .streams = { null_fd, out[1], err[1] }, ... };
 *     int sys = kg_spawn(&spawn, stack);
 *
 * The child borrows our memory until it has become the program (CLONE_VM | CLONE_VFORK), so nothing is copied however large we
 * are, and what goes wrong in it is written straight into struct kg_spawn. In return it may call nothing but the kernel: no
 * malloc, no lock, no function of libc that keeps state. glibc's setuid is one: it changes all threads of what it takes for its
 * own process. posix_spawn can neither change the user nor give a pidfd.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "engine/loop/child.h"

static constexpr size_t kg_spawn_stack_bytes = 65536;

struct kg_spawn {
	const char *program;
	const char *const *argv, *const *env;
	const char *cwd;
	int streams[3]; /* what become 0, 1 and 2, each > 3; -1: stays as it is */
	int pass_fd;    /* becomes 3 when > 2 */
	bool own_session;
	bool change_user;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
	struct rlimit files_limit;

	pid_t pid; /* set when it runs */
	int pidfd; /* the caller's to close */
	enum kg_child_part failed_part;
	int sys;
};

/* stack: kg_spawn_stack_bytes, free again when this returns. 0, or the errno of what failed, and then spawn->failed_part says what. */
int kg_spawn(struct kg_spawn *spawn, void *stack);
