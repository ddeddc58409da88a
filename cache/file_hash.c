#include "cache/file_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "cache/stat_cache.h"

/* Small enough for a thread's stack and a core's second cache, large enough that the calls do not count. */
static constexpr size_t piece_bytes = 128 * 1024;
static constexpr int tries = 3;

static int64_t
time_ns(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t
kg_file_changed_ns(const struct stat *stat)
{
	return time_ns(stat->st_mtim);
}

int64_t
kg_file_status_changed_ns(const struct stat *stat)
{
	return time_ns(stat->st_ctim);
}

int64_t
kg_file_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return time_ns(now);
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mode == b->st_mode && kg_file_changed_ns(a) == kg_file_changed_ns(b) &&
	    kg_file_status_changed_ns(a) == kg_file_status_changed_ns(b);
}

static int
content_hash(int fd, const struct stat *stat, struct kg_digest *ret_digest)
{
	unsigned char piece[piece_bytes];
	struct kg_digest_state state;

	kg_digest_start(&state);
	kg_digest_add_number(&state, KG_FILE_REGULAR);
	kg_digest_add_number(&state, (stat->st_mode & 0111) != 0);
	for (off_t at = 0;;) {
		ssize_t got = pread(fd, piece, sizeof(piece), at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			break;
		kg_digest_add(&state, piece, (size_t)got);
		at += got;
	}
	*ret_digest = kg_digest_end(&state);
	return 0;
}

/* Again when somebody writes to the file meanwhile; the last try counts as it is, and is told as not steady. */
static int
open_file_hash(int fd, struct kg_file_hash *hash)
{
	for (int i = 0; i < tries; i++) {
		struct stat after;

		hash->begun_ns = kg_file_clock_ns();
		if (fstat(fd, &hash->stat) < 0)
			return errno;
		if (!S_ISREG(hash->stat.st_mode))
			return ELOOP;
		int sys = content_hash(fd, &hash->stat, &hash->digest);
		if (sys)
			return sys;
		hash->is_steady = fstat(fd, &after) == 0 && is_same(&hash->stat, &after);
		if (hash->is_steady)
			break;
	}
	return 0;
}

int
kg_file_hash_in(int folder_fd, const char *path, struct kg_file_hash *ret_hash)
{
	/* O_NONBLOCK: it may have become a named pipe. */
	int fd = openat(folder_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno;
	int sys = open_file_hash(fd, ret_hash);
	close(fd);
	return sys;
}

int
kg_file_hash(const char *path, struct kg_file_hash *ret_hash)
{
	return kg_file_hash_in(AT_FDCWD, path, ret_hash);
}

int
kg_file_hash_link(int folder_fd, const char *path, struct kg_digest *ret_digest)
{
	char target[PATH_MAX];
	struct kg_digest_state state;
	ssize_t size = readlinkat(folder_fd, path, target, sizeof(target));

	if (size < 0)
		return errno;
	kg_digest_start(&state);
	kg_digest_add_number(&state, KG_FILE_LINK);
	kg_digest_add_number(&state, 0);
	kg_digest_add(&state, target, (size_t)size);
	*ret_digest = kg_digest_end(&state);
	return 0;
}
