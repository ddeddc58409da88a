#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cache/ledger.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

/* The file holds "PID START" (nanoseconds since 1970) of who took it last; the flock alone says whether somebody holds it now. */
struct kg_lock {
	int fd;
};

/* flock has no time limit: it is tried again after these times, the last one for ever. */
static constexpr int64_t first_pause_ms = 5, longest_pause_ms = 100;

static struct kg_error *
lock_open(struct kg_arena *arena, const char *path, int *ret_fd)
{
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return *ret_fd < 0 ? kg_error_system(arena, errno, "cannot open %s", path) : NULL;
}

/* Whether the name still leads to the file that was locked: somebody may have removed the folder between open and flock. */
static bool
is_still_there(const char *path, int fd)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* *ret_fd is -1 when another process holds it. */
static struct kg_error *
lock_try(struct kg_arena *arena, const char *path, int *ret_fd)
{
	for (;;) {
		struct kg_error *error = lock_open(arena, path, ret_fd);

		if (error)
			return error;
		while (flock(*ret_fd, LOCK_EX | LOCK_NB) < 0) {
			int sys = errno;

			if (sys == EINTR)
				continue;
			close(*ret_fd);
			*ret_fd = -1;
			return sys == EWOULDBLOCK ? NULL : kg_error_system(arena, sys, "cannot lock %s", path);
		}
		if (is_still_there(path, *ret_fd))
			return NULL;
		close(*ret_fd);
	}
}

static struct kg_error *
busy_error(struct kg_arena *arena, const char *path)
{
	const char *bytes = "";
	size_t size;
	intmax_t pid;
	int64_t since_wall_ns;

	/* The holder writes its line after it has the lock, so there may be none yet. */
	if (kg_file_read(arena, path, &bytes, &size) || sscanf(bytes, "%" SCNdMAX " %" SCNd64, &pid, &since_wall_ns) != 2)
		return kg_error_make(arena, KG_EBUSY, "another run of this graph is under way");

	const char *ago = kg_duration_tell(arena, kg_clock_wall_ns() - since_wall_ns);
	return kg_error_make(arena, KG_EBUSY, "another run of this graph is under way: pid %jd, since %s (%s ago)", pid,
	    kg_clock_tell_wall(arena, since_wall_ns), ago);
}

static struct kg_error *
holder_write(struct kg_arena *arena, const char *path, int fd)
{
	const char *line = kg_format(arena, "%jd %" PRId64 "\n", (intmax_t)getpid(), kg_clock_wall_ns());
	size_t size = strlen(line);

	if (ftruncate(fd, 0) < 0 || pwrite(fd, line, size, 0) != (ssize_t)size)
		return kg_error_system(arena, errno, "cannot write %s", path);
	return NULL;
}

struct kg_error *
kg_lock_take(struct kg_arena *arena, const char *folder, int64_t wait_ms, struct kg_lock **ret_lock)
{
	const char *path = kg_format(arena, "%s/lock", folder);
	int64_t start_ns = kg_clock_now_ns(), pause_ms = first_pause_ms;
	struct kg_error *error = kg_file_make_folder(arena, folder, 0700);
	int fd = -1;

	while (!error) {
		error = lock_try(arena, path, &fd);
		if (error || fd >= 0)
			break;
		int64_t left_ms = wait_ms < 0 ? INT64_MAX : wait_ms - (kg_clock_now_ns() - start_ns) / 1000000;
		if (left_ms <= 0)
			return busy_error(arena, path);
		int64_t nap_ms = pause_ms < left_ms ? pause_ms : left_ms;
		nanosleep(&(struct timespec){ .tv_nsec = (long)(nap_ms * 1000000) }, NULL);
		pause_ms = pause_ms * 2 < longest_pause_ms ? pause_ms * 2 : longest_pause_ms;
	}
	if (!error) {
		error = holder_write(arena, path, fd);
		if (error)
			close(fd);
	}
	if (error)
		return error;
	*ret_lock = kg_new(arena, struct kg_lock);
	(*ret_lock)->fd = fd;
	return NULL;
}

void
kg_lock_release(struct kg_lock *lock)
{
	if (!lock || lock->fd < 0)
		return;
	/* The file stays: removing it would let a third process lock a new one while a second waits for this one. */
	close(lock->fd);
	lock->fd = -1;
}
