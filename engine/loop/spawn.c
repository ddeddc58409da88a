#include "engine/loop/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sanitizer's own bookkeeping would be done in our memory by a process that never returns from its functions. */
#if defined(__has_attribute)
#if __has_attribute(disable_sanitizer_instrumentation)
#define IN_CHILD __attribute__((disable_sanitizer_instrumentation))
#endif
#endif
#ifndef IN_CHILD
#define IN_CHILD
#endif

/* ThreadSanitizer's own clone takes every child for a copy of the process, and trips over one that shares its memory. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern typeof(clone) __clone;
#define clone __clone
#endif
#endif

/* The kernel's number of signals, and the size of its signal sets: not libc's, which keeps some for itself. */
static constexpr int signal_count = 64;
static constexpr size_t signal_set_bytes = 8;

IN_CHILD static bool
failed(struct kg_spawn *spawn, enum kg_child_part part)
{
	spawn->failed_part = part;
	spawn->sys = errno;
	return false;
}

/*
 * All signals as a new program expects them. A zeroed kernel sigaction means the default on every architecture. Our handlers
 * must be gone before signals are let through again: they would run in our memory.
 */
IN_CHILD static void
signals_reset(void)
{
	static const uint64_t default_action[8], none[1];

	for (int signal = 1; signal <= signal_count; signal++)
		syscall(SYS_rt_sigaction, signal, default_action, NULL, signal_set_bytes);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, signal_set_bytes);
}

IN_CHILD static bool
streams_set(const struct kg_spawn *spawn)
{
	for (int stream = 0; stream < 3; stream++) {
		if (spawn->streams[stream] >= 0 && syscall(SYS_dup3, spawn->streams[stream], stream, 0) < 0)
			return false;
	}
	if (spawn->pass_fd == 3 && syscall(SYS_fcntl, 3, F_SETFD, 0) < 0)
		return false;
	if (spawn->pass_fd > 3 && syscall(SYS_dup3, spawn->pass_fd, 3, 0) < 0)
		return false;
	/* Everything of ours closes on exec; this is for libraries that forget it. See files_seal for kernels that lack it. */
	syscall(SYS_close_range, spawn->pass_fd > 2 ? 4 : 3, ~0U, 0);
	return true;
}

IN_CHILD static bool
user_change(const struct kg_spawn *spawn)
{
	return syscall(SYS_setgroups, spawn->group_count, spawn->groups) == 0 &&
	    syscall(SYS_setresgid, spawn->gid, spawn->gid, spawn->gid) == 0 &&
	    syscall(SYS_setresuid, spawn->uid, spawn->uid, spawn->uid) == 0;
}

IN_CHILD static bool
become(struct kg_spawn *spawn)
{
	if (spawn->own_session)
		syscall(SYS_setsid);
	if (spawn->cwd && syscall(SYS_chdir, spawn->cwd) < 0)
		return failed(spawn, KG_CHILD_FOLDER);
	if (!streams_set(spawn))
		return failed(spawn, KG_CHILD_MEANS);
	syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &spawn->files_limit, NULL);
	if (spawn->change_user && !user_change(spawn))
		return failed(spawn, KG_CHILD_USER);
	/* After the change of user, which takes it back. */
	if (spawn->own_session)
		syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	signals_reset();
	syscall(SYS_execve, spawn->program, spawn->argv, spawn->env);
	return failed(spawn, KG_CHILD_PROGRAM);
}

IN_CHILD static int
child_main(void *spawn)
{
	become(spawn);
	syscall(SYS_exit_group, 127);
	return 127;
}

/* Before Linux 5.9 there is no close_range: then what a library has left open is marked here, in the parent. */
static void
files_seal(const struct kg_spawn *spawn)
{
	static int has_close_range = -1;

	if (has_close_range < 0)
		has_close_range = syscall(SYS_close_range, ~0U, ~0U, 0) == 0 || errno != ENOSYS;
	if (has_close_range)
		return;
	DIR *folder = opendir("/proc/self/fd");
	for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != spawn->pass_fd)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (folder)
		closedir(folder);
}

int
kg_spawn(struct kg_spawn *spawn, void *stack)
{
	static constexpr int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	sigset_t all, before;
	int error = errno;

	files_seal(spawn);
	spawn->sys = 0;
	spawn->pidfd = -1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = clone(child_main, (char *)stack + kg_spawn_stack_bytes, flags, spawn, &spawn->pidfd);
	if (pid < 0)
		failed(spawn, KG_CHILD_MEANS);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;

	if (spawn->sys == 0) {
		spawn->pid = pid;
		return 0;
	}
	if (pid >= 0) {
		waitpid(pid, NULL, 0);
		close(spawn->pidfd);
		spawn->pidfd = -1;
	}
	return spawn->sys;
}
