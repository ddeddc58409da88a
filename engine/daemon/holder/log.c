#include "engine/daemon/holder/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
file_open(struct kg_holder_log *log)
{
	struct stat stat;
	int fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0 || fstat(fd, &stat) < 0) {
		int sys = errno;

		if (fd >= 0)
			close(fd);
		return sys;
	}
	log->fd = fd;
	log->size = stat.st_size;
	log->inode = stat.st_ino;
	return 0;
}

int
kg_holder_log_open(struct kg_holder_log *log, const char *path, int64_t limit, const char *const *secrets)
{
	*log = (struct kg_holder_log){ .path = path, .secrets = secrets, .limit = limit, .fd = -1 };
	for (; *secrets; secrets++) {
		size_t length = strlen(*secrets);

		log->starts_secret[(unsigned char)(*secrets)[0]] = true;
		if (length > log->longest)
			log->longest = length;
	}
	return file_open(log);
}

/* FILE becomes FILE.1. When that cannot be, FILE is emptied: the limit is a promise about the disk. */
static void
rotate(struct kg_holder_log *log)
{
	char older[PATH_MAX];

	if (snprintf(older, sizeof(older), "%s.1", log->path) < (int)sizeof(older) && rename(log->path, older) == 0) {
		int fd = log->fd;

		if (file_open(log) == 0) {
			close(fd);
			return;
		}
		rename(older, log->path);
	}
	if (ftruncate(log->fd, 0) == 0)
		log->size = 0;
}

static bool
bytes_write(struct kg_holder_log *log, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t put = write(log->fd, bytes, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			log->lost += size;
			return false;
		}
		bytes += put;
		size -= (size_t)put;
		log->size += put;
	}
	return true;
}

static void
ready_write(struct kg_holder_log *log)
{
	char note[128];

	if (log->ready_size == 0)
		return;
	if (log->lost > 0) {
		uint64_t lost = log->lost;
		int size =
		    snprintf(note, sizeof(note), "\nkgraph: %" PRIu64 " bytes are missing here: they could not be written\n", lost);

		if (bytes_write(log, note, (size_t)size))
			log->lost = 0;
		else
			log->lost = lost;
	}
	bytes_write(log, log->ready, log->ready_size);
	log->ready_size = 0;
}

static void
ready_add(struct kg_holder_log *log, const char *bytes, size_t size)
{
	while (size > 0) {
		size_t fits = sizeof(log->ready) - log->ready_size;

		if (fits > size)
			fits = size;
		memcpy(log->ready + log->ready_size, bytes, fits);
		log->ready_size += fits;
		bytes += fits;
		size -= fits;
		if (log->ready_size == sizeof(log->ready))
			ready_write(log);
	}
}

/* The bytes of the secret that starts at bytes[at]; 0 when none does. One that is cut off by size counts when cut_counts. */
static size_t
secret_length(const struct kg_holder_log *log, size_t at, size_t size, bool cut_counts)
{
	if (!log->starts_secret[(unsigned char)log->pending[at]])
		return 0;
	for (const char *const *secret = log->secrets; *secret; secret++) {
		size_t length = strlen(*secret), compared = length;

		if (compared > size - at)
			compared = cut_counts ? size - at : 0;
		if (compared > 0 && memcmp(log->pending + at, *secret, compared) == 0)
			return length;
	}
	return 0;
}

/*
 * When "://user:password@" starts at bytes, its bytes up to and with the second colon go to *ret_kept and those of the password
 * are returned.
 */
static size_t
url_password_length(const char *bytes, size_t size, size_t *ret_kept)
{
	size_t at = 3;

	if (size < 4 || memcmp(bytes, "://", 3) != 0)
		return 0;
	while (at < size && !strchr(":@/?#\"' \t\r\n<>", bytes[at]))
		at++;
	if (at == size || bytes[at] != ':')
		return 0;
	size_t start = ++at;
	while (at < size && !strchr("@/?#\"' \t\r\n<>", bytes[at]))
		at++;
	if (at == size || bytes[at] != '@')
		return 0;
	*ret_kept = start;
	return at - start;
}

/* Masks the first `end` bytes of pending, hands them on and moves the rest down. */
static void
pending_pass(struct kg_holder_log *log, size_t end)
{
	size_t plain = 0, at = 0;

	if (log->size > 0 && log->size + (int64_t)end > log->limit)
		rotate(log);
	while (at < end) {
		size_t kept = 0, hidden = secret_length(log, at, end, false);

		if (hidden == 0 && log->pending[at] == ':')
			hidden = url_password_length(log->pending + at, end - at, &kept);
		if (hidden == 0) {
			at++;
			continue;
		}
		ready_add(log, log->pending + plain, at + kept - plain);
		ready_add(log, "***", 3);
		at += kept + hidden;
		plain = at;
	}
	ready_add(log, log->pending + plain, end - plain);
	ready_write(log);
	memmove(log->pending, log->pending + end, log->pending_size - end);
	log->pending_size -= end;
}

/*
 * How far pending may be written: to its last line's end, but not into a secret that may go on behind it (one of many lines, such as
 * a key). A line that fills the whole buffer is cut, at a space if there is one near its end.
 */
static size_t
pending_settled(const struct kg_holder_log *log)
{
	const char *newline = memrchr(log->pending, '\n', log->pending_size);
	size_t end = newline ? (size_t)(newline - log->pending) + 1 : 0;
	bool full = log->pending_size == sizeof(log->pending);

	if (!newline && full) {
		const char *tail = log->pending + log->pending_size - 4096;
		const char *space = memrchr(tail, ' ', 4096);

		end = (size_t)((space ? space + 1 : tail) - log->pending);
	}
	for (size_t at = end > log->longest ? end - log->longest : 0; at < end; at++) {
		size_t length = secret_length(log, at, log->pending_size, true);

		if (length > 0 && at + length > end && (at > 0 || !full))
			return at;
	}
	return end;
}

int
kg_holder_log_drain(struct kg_holder_log *log, int fd)
{
	ssize_t got = read(fd, log->pending + log->pending_size, sizeof(log->pending) - log->pending_size);

	if (got < 0)
		return errno == EINTR ? 1 : errno == EAGAIN ? -1 : 0;
	if (got == 0)
		return 0;
	log->pending_size += (size_t)got;
	size_t end = pending_settled(log);
	if (end > 0)
		pending_pass(log, end);
	return 1;
}

void
kg_holder_log_flush(struct kg_holder_log *log)
{
	if (log->pending_size == 0)
		return;
	bool open_line = log->pending[log->pending_size - 1] != '\n';
	pending_pass(log, log->pending_size);
	if (open_line) {
		ready_add(log, "\n", 1);
		ready_write(log);
	}
}

void
kg_holder_log_note(struct kg_holder_log *log, const char *format, ...)
{
	char line[1024] = "kgraph: ";
	size_t prefix = strlen(line);
	va_list list;

	kg_holder_log_flush(log);
	va_start(list, format);
	int size = vsnprintf(line + prefix, sizeof(line) - prefix - 1, format, list);
	va_end(list);
	size_t end = prefix + (size_t)(size < 0 ? 0 : size);
	if (end > sizeof(line) - 2)
		end = sizeof(line) - 2;
	line[end++] = '\n';
	ready_add(log, line, end);
	ready_write(log);
}

void
kg_holder_log_close(struct kg_holder_log *log)
{
	kg_holder_log_flush(log);
	close(log->fd);
	log->fd = -1;
}
