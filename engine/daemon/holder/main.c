/*
 * kgraph-holder: the parent of one daemon, for as long as that lives.
 *
 *     kgraph-holder NODE <request        see request.h
 *
 * Says on standard output "started", or "failed ERRNO WHAT", and leaves a process of its own behind that
 *   - keeps the daemon's log, masked and limited in size,
 *   - writes down who the daemon is and how it ended, see status.h,
 *   - on SIGTERM asks the daemon to stop, and kills what is left after a limit,
 *   - leaves nothing of the daemon's children behind, however the daemon ends.
 *
 * It is a program apart from kgraph, static and without any library, because it stays in memory as long as the daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/daemon/holder/hold.h"
#include "engine/daemon/holder/request.h"

/* "kgraph-holder NODE" for ps, written over the arguments that were given, which are never shorter. */
static void
title_set(int argc, char **argv, const char *node)
{
	char *end = argv[argc - 1] + strlen(argv[argc - 1]);
	size_t room = (size_t)(end - argv[0]);
	char title[256];

	prctl(PR_SET_NAME, "kgraph-holder");
	snprintf(title, sizeof(title), "kgraph-holder %s", node);
	if (strlen(title) > room)
		return;
	memset(argv[0], 0, room);
	memcpy(argv[0], title, strlen(title));
}

/* Away from kgraph: another session, no stream shared with it, no folder held. */
static void
detach(int report_fd)
{
	int nothing = open("/dev/null", O_RDWR);

	setsid();
	for (int stream = 0; stream <= 2; stream++)
		dup2(nothing, stream);
	if (report_fd != 3)
		dup2(report_fd, 3);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	syscall(SYS_close_range, 4, ~0U, 0);
	if (chdir("/") < 0)
		return;
}

/*
 * The lock of the holder before may still be held while that one is ending: kgraph has been told that its daemon is gone, and
 * the process itself goes a moment later.
 */
static int
lock_take(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	*ret_fd = fd;
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK || tries == 100)
			return errno;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return 0;
}

/* Relays what the holder proper reports; its silence means that it has died. */
static int
report_pass_on(int fd)
{
	char report[8192];
	size_t size = 0;
	ssize_t got;

	while ((got = read(fd, report + size, sizeof(report) - size)) > 0)
		size += (size_t)got;
	if (size == 0)
		size = (size_t)snprintf(report, sizeof(report), "failed 0 the holder died while it was starting\n");
	bool told = write(STDOUT_FILENO, report, size) == (ssize_t)size;
	return told && strncmp(report, "started", 7) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct kg_holder_request request;
	int report[2];

	if (argc < 2 || !kg_holder_request_read(STDIN_FILENO, &request)) {
		fputs("failed 0 kgraph-holder is started by kgraph, with a whole request on its standard input\n", stdout);
		return 2;
	}
	if (pipe2(report, O_CLOEXEC) < 0) {
		printf("failed %d cannot make a pipe\n", errno);
		return 1;
	}
	pid_t pid = fork();
	if (pid < 0) {
		printf("failed %d cannot start a process\n", errno);
		return 1;
	}
	if (pid > 0) {
		close(report[1]);
		return report_pass_on(report[0]);
	}
	close(report[0]);
	detach(report[1]);
	title_set(argc, argv, request.node);
	int lock_fd = -1;
	int sys = lock_take(request.lock_path, &lock_fd);
	if (sys != 0) {
		dprintf(3, "failed %d cannot take the lock %s\n", sys, request.lock_path);
		return 1;
	}
	return kg_holder_hold(&request, 3, lock_fd);
}
