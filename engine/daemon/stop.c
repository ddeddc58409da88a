#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/daemon/daemon.h"

/*
 * A descriptor of exactly this process: the identity is looked at again after it was opened, since the pid may have gone to another one
 * between.
 */
static int
identity_open(const struct kg_process_identity *identity)
{
	int fd = (int)syscall(SYS_pidfd_open, identity->pid, 0);

	if (fd >= 0 && !kg_process_alive(identity)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int
kg_daemon_stop(const struct kg_daemon *daemon, int stop_signal, int64_t after_ms)
{
	int fd = identity_open(&daemon->holder);
	siginfo_t info = { .si_signo = SIGTERM, .si_code = SI_QUEUE };

	if (fd < 0)
		return -1;
	if (after_ms > INT32_MAX)
		after_ms = INT32_MAX;
	info.si_pid = getpid();
	info.si_uid = getuid();
	/* As holder/hold.h has it. */
	info.si_value.sival_ptr = (void *)(uintptr_t)((uint64_t)stop_signal << 32 | (uint64_t)after_ms);
	syscall(SYS_pidfd_send_signal, fd, SIGTERM, &info, 0);
	return fd;
}

/* The session that a process is in, or 0. */
static pid_t
session_of(pid_t pid)
{
	pid_t session = getsid(pid);

	return session > 0 ? session : 0;
}

int
kg_daemon_signal_unheld(const struct kg_daemon *daemon, int signal)
{
	int fd = identity_open(&daemon->main);
	DIR *folder;

	if (fd < 0)
		return -1;
	/* The daemon leads its session, and while it lives, the session's number is its own: nobody else can be in it. */
	folder = opendir("/proc");
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? (pid_t)atoi(entry->d_name) : 0;

		if (pid > 0 && pid != daemon->main.pid && session_of(pid) == daemon->main.pid)
			kill(pid, signal);
	}
	if (folder)
		closedir(folder);
	syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
	syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0);
	return fd;
}
