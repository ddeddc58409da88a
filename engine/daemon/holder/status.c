#include "engine/daemon/holder/status.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
text_write(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	errno = 0;
	int sys = write(fd, text, size) == (ssize_t)size ? 0 : errno ? errno : ENOSPC;
	if (close(fd) < 0 && sys == 0)
		sys = errno;
	return sys;
}

int
kg_holder_status_write(const struct kg_holder_status *status)
{
	char text[1024], end[128] = "", neighbour[PATH_MAX];

	if (status->ended)
		snprintf(end, sizeof(end), "ended %s %d\nended_at %" PRId64 "\nleft %d\n", status->end_signal ? "signal" : "exit",
		    status->end_signal ? status->end_signal : status->exit_status, status->ended_ns, status->left);
	int size = snprintf(text, sizeof(text),
	    "kgraph-holder 1\nboot %s\nholder %d %" PRIu64 "\ndaemon %d %" PRIu64 "\nfingerprint %s\nstarted %" PRId64
	    "\nlog %" PRIu64 " %" PRId64 "\nstop %d %" PRId64 "\n%s",
	    status->boot, (int)status->holder, status->holder_ticks, (int)status->daemon, status->daemon_ticks, status->fingerprint,
	    status->started_ns, status->log_inode, status->log_from, status->stop_signal, status->stop_after_ms, end);
	if (size >= (int)sizeof(text) || snprintf(neighbour, sizeof(neighbour), "%s.new", status->path) >= (int)sizeof(neighbour))
		return ENAMETOOLONG;

	int sys = text_write(neighbour, text, (size_t)size);
	if (sys == 0 && rename(neighbour, status->path) < 0)
		sys = errno;
	if (sys != 0)
		unlink(neighbour);
	return sys;
}

static ssize_t
proc_read(const char *path, char *buffer, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	ssize_t size = read(fd, buffer, room - 1);
	close(fd);
	buffer[size > 0 ? size : 0] = '\0';
	return size;
}

uint64_t
kg_holder_start_ticks(pid_t pid)
{
	char path[64], stat[1024];
	uint64_t ticks = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (proc_read(path, stat, sizeof(stat)) <= 0)
		return 0;
	/* The program's name is in parentheses and may itself hold any character: fields are counted from the last one. */
	const char *rest = strrchr(stat, ')');
	if (!rest ||
	    sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64, &ticks) != 1)
		return 0;
	return ticks;
}

void
kg_holder_boot(char boot[static 37])
{
	if (proc_read("/proc/sys/kernel/random/boot_id", boot, 37) != 36)
		boot[0] = '\0';
}

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
kg_holder_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

const char *
kg_holder_wall_tell(int64_t wall_ns, char *buffer, size_t room)
{
	time_t seconds = wall_ns / 1000000000;
	struct tm parts;

	gmtime_r(&seconds, &parts);
	buffer[strftime(buffer, room, "%Y-%m-%dT%H:%M:%SZ", &parts)] = '\0';
	return buffer;
}

int64_t
kg_holder_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}
