#include "cache/file_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cache/stat_cache.h"

/* Small enough for a thread's stack and a core's second cache, large enough that the calls do not count. */
static constexpr size_t piece_bytes = 128 * 1024;
static constexpr size_t head_bytes = 16;
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
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size && a->st_mode == b->st_mode &&
	    kg_file_changed_ns(a) == kg_file_changed_ns(b) && kg_file_status_changed_ns(a) == kg_file_status_changed_ns(b);
}

/* Fills the buffer, unless the file ends before: how much was read, or -errno. */
static ssize_t
piece_read(int fd, unsigned char *bytes, size_t room, off_t at, off_t end)
{
	size_t got = 0;

	while (got < room) {
		ssize_t more = pread(fd, bytes + got, room - got, at + (off_t)got);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return -errno;
		got += (size_t)more;
		/* All that there was; whether there is more by now, the next look at the size tells. */
		if (more == 0 || at + (off_t)got == end)
			break;
	}
	return (ssize_t)got;
}

/* Most files are one piece, and that is digested at once, with what stands before the content: starting a state costs more. */
static int
content_hash(int fd, const struct stat *stat, struct kg_digest *ret_digest)
{
	unsigned char piece[head_bytes + piece_bytes];
	struct kg_digest_state state;

	/* Two numbers, as kg_digest_add_number has them. */
	memset(piece, 0, head_bytes);
	piece[0] = KG_FILE_REGULAR;
	piece[8] = (stat->st_mode & 0111) != 0;
	ssize_t got = piece_read(fd, piece + head_bytes, piece_bytes, 0, stat->st_size);
	if (got >= 0 && (size_t)got < piece_bytes) {
		*ret_digest = kg_digest_bytes(piece, head_bytes + (size_t)got);
		return 0;
	}
	kg_digest_start(&state);
	kg_digest_add(&state, piece, head_bytes);
	for (off_t at = 0; got > 0; got = piece_read(fd, piece + head_bytes, piece_bytes, at, stat->st_size)) {
		kg_digest_add(&state, piece + head_bytes, (size_t)got);
		at += got;
	}
	*ret_digest = kg_digest_end(&state);
	return got < 0 ? (int)-got : 0;
}

/*
 * Again when somebody writes to the file meanwhile; the last try counts as it is, and is told as not steady. The stat that the caller has spares one
 * here: when it is still the same behind the reading, it was so before.
 */
static int
open_file_hash(int fd, const struct stat *known, struct kg_file_hash *hash)
{
	for (int i = 0; i < tries; i++) {
		struct stat after;

		hash->begun_ns = kg_file_clock_ns();
		if (known && i == 0)
			hash->stat = *known;
		else if (fstat(fd, &hash->stat) < 0)
			return errno;
		if (!S_ISREG(hash->stat.st_mode))
			return ELOOP;
		int sys = content_hash(fd, &hash->stat, &hash->digest);
		/* Perhaps no regular file any more. */
		if (sys && known && i == 0)
			continue;
		if (sys)
			return sys;
		hash->is_steady = fstat(fd, &after) == 0 && is_same(&hash->stat, &after);
		if (hash->is_steady)
			break;
	}
	return 0;
}

int
kg_file_hash_in(int folder_fd, const char *path, const struct stat *known, struct kg_file_hash *ret_hash)
{
	/* O_NONBLOCK: it may have become a named pipe. */
	int fd = openat(folder_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return errno;
	int sys = open_file_hash(fd, known, ret_hash);
	close(fd);
	return sys;
}

int
kg_file_hash_open(int fd, const struct stat *stat, struct kg_file_hash *ret_hash)
{
	*ret_hash = (struct kg_file_hash){ .stat = *stat, .begun_ns = kg_file_clock_ns(), .is_steady = true };
	return content_hash(fd, stat, &ret_hash->digest);
}

int
kg_file_hash(const char *path, struct kg_file_hash *ret_hash)
{
	return kg_file_hash_in(AT_FDCWD, path, NULL, ret_hash);
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
