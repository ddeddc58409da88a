#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/store_file.h"
#include "engine/base/file.h"

static constexpr size_t piece_bytes = 128 * 1024;

static int
memory_copy(int from, int to)
{
	char piece[piece_bytes];

	for (;;) {
		ssize_t got = read(from, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : 0;
		int sys = kg_file_write_all(to, piece, (size_t)got);
		if (sys)
			return sys;
	}
}

static int
content_copy(int from, int to)
{
	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	for (;;) {
		ssize_t got = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);

		if (got == 0)
			return 0;
		if (got < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EFBIG))
			return errno;
		/* Not between these file systems, or not in this kernel. Both fds stand where the last piece ended. */
		if (got < 0 && errno != EINTR)
			return memory_copy(from, to);
	}
}

int
kg_store_copy(const char *from, const char *to, mode_t mode)
{
	int from_fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), sys;

	if (from_fd < 0)
		return errno;
	int to_fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to_fd < 0) {
		sys = errno;
		close(from_fd);
		return sys;
	}
	sys = content_copy(from_fd, to_fd);
	if (sys == 0 && fchmod(to_fd, mode) < 0)
		sys = errno;
	/* Some file systems say only here that the disk is full. */
	if (close(to_fd) < 0 && sys == 0)
		sys = errno;
	close(from_fd);
	if (sys)
		unlink(to);
	return sys;
}
