/*
 * ready = { log = "ready to accept connections" }: a line of the log matches.
 *
 * The log's folder is watched (inotify(7)): the log may not be there yet, grows, and may be renamed to LOG.1 when it has become too long. So the
 * probe reads an open file to its end, and goes over to a new one when that has taken the name.
 */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/path.h"
#include "engine/probe/attempt.h"

/* A line that is longer is looked at in pieces. */
static constexpr size_t line_most = 64 << 10;
/* What one step reads at most, so that a log of gigabytes does not hold up everybody else. */
static constexpr int reads_most = 64;
static constexpr int shown_most = 120;

struct log_own {
	const char *path;
	uint64_t inode; /* the file that is read; 0: whichever has the name */
	off_t offset;   /* how far it was read */
	size_t size;    /* bytes of a line that has no end yet, in: */
	char *line;
	char last[160]; /* the last whole line, to be shown */
	bool matched;

	/* Open during an attempt: */
	regex_t expression;
	int watch_fd, fd; /* -1: none */
};

struct kg_error *
kg_probe_log_check(struct kg_arena *arena, const char *expression)
{
	regex_t compiled;
	char reason[256];

	if (strstr(expression, "${"))
		return NULL;
	int failure = regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB);
	if (failure == 0) {
		regfree(&compiled);
		return NULL;
	}
	regerror(failure, &compiled, reason, sizeof(reason));
	return kg_error_make(arena, KG_EINPUT, "`log` in `ready` is not a regular expression: %s: \"%s\"", reason, expression);
}

static kg_step look;

static void
file_close(struct log_own *own)
{
	if (own->fd >= 0)
		close(own->fd);
	own->fd = -1;
}

static void
release(struct kg_job *job)
{
	struct log_own *own = kg_probe_run(job)->own;

	file_close(own);
	if (own->watch_fd >= 0)
		close(own->watch_fd);
	regfree(&own->expression);
}

static bool
is_inode(const char *path, uint64_t inode)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_ino == inode;
}

/* Goes on where the file was left, or begins at its start when it is another one. */
static bool
file_open(struct log_own *own, const char *path)
{
	struct stat stat;

	own->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (own->fd < 0 || fstat(own->fd, &stat) < 0) {
		file_close(own);
		return false;
	}
	if (own->inode != 0 && own->inode != stat.st_ino)
		own->offset = (off_t)(own->size = 0);
	own->inode = stat.st_ino;
	return true;
}

/* What was being read may be LOG.1 by now. When it is neither, LOG.1 is still the older part of what is new. */
static void
file_find(struct kg_job *job, struct log_own *own)
{
	const char *older = kg_format(job->arena, "%s.1", own->path);

	if (own->inode == 0 || is_inode(own->path, own->inode) || !file_open(own, older))
		file_open(own, own->path);
}

static void
line_look(struct log_own *own)
{
	for (size_t i = 0; i < own->size; i++)
		if (own->line[i] == '\0')
			own->line[i] = ' ';
	own->line[own->size] = '\0';
	if (own->size > 0 && own->line[own->size - 1] == '\r')
		own->line[own->size - 1] = '\0';
	if (regexec(&own->expression, own->line, 0, NULL, 0) == 0)
		own->matched = true;
	strncpy(own->last, own->line, sizeof(own->last) - 1);
	own->size = 0;
}

static void
bytes_look(struct log_own *own, const char *bytes, size_t size)
{
	while (size > 0 && !own->matched) {
		const char *newline = memchr(bytes, '\n', size);
		size_t part = newline ? (size_t)(newline - bytes) : size;

		if (part > line_most - own->size)
			part = line_most - own->size;
		memcpy(own->line + own->size, bytes, part);
		own->size += part;
		bytes += part;
		size -= part;
		bool is_whole = size > 0 && *bytes == '\n';
		if (is_whole || own->size == line_most)
			line_look(own);
		if (is_whole) {
			bytes++;
			size--;
		}
	}
}

/* Reads what is there. False when the file's end was reached. */
static bool
file_read(struct log_own *own)
{
	char bytes[16 << 10];
	struct stat stat;

	/* A file that was emptied in place starts again. */
	if (fstat(own->fd, &stat) == 0 && stat.st_size < own->offset)
		own->offset = 0;
	for (int reads = 0; reads < reads_most && !own->matched; reads++) {
		ssize_t got = pread(own->fd, bytes, sizeof(bytes), own->offset);

		if (got <= 0)
			return false;
		own->offset += got;
		bytes_look(own, bytes, (size_t)got);
	}
	return true;
}

/* Reads on, over to the file that has taken the log's name. True when there may be more. */
static bool
log_read(struct log_own *own)
{
	if (own->fd < 0 && !file_open(own, own->path))
		return false;
	if (file_read(own) || own->matched)
		return true;
	if (is_inode(own->path, own->inode))
		return false;
	/* Between the read and the rename more may have come: once renamed, nothing more is written, so this reads the very end. */
	if (file_read(own))
		return true;
	file_close(own);
	return file_open(own, own->path);
}

static void
events_drain(const struct log_own *own)
{
	alignas(struct inotify_event) char events[4096];

	while (own->watch_fd >= 0 && read(own->watch_fd, events, sizeof(events)) > 0)
		;
}

static struct kg_next
not_seen(struct kg_job *job, const struct log_own *own)
{
	if (own->last[0])
		return kg_probe_not_yet(job, "no line matches yet, the last one is \"%.*s\"", shown_most, own->last);
	return kg_probe_not_yet(job, "nothing was printed yet");
}

/* The watch is emptied before the file is read: what comes after that wakes it again. */
static struct kg_next
look(struct kg_job *job)
{
	struct log_own *own = kg_probe_run(job)->own;

	events_drain(own);
	for (int files = 0; files < reads_most && log_read(own) && !own->matched; files++)
		;
	if (own->matched)
		return kg_probe_passed(job);
	if (kg_probe_run(job)->attempt_is_over || own->watch_fd < 0)
		return not_seen(job, own);
	return kg_probe_wait_fd(job, own->watch_fd, KG_FD_READABLE, look);
}

struct kg_next
kg_probe_log_try(struct kg_job *job)
{
	struct kg_probe_try *probe = kg_probe_run(job);
	struct log_own *own = probe->own;

	struct kg_error *error = kg_probe_log_check(job->arena, probe->rule->log);
	if (error)
		return kg_probe_failed(job, error);
	if (!own) {
		own = kg_probe_own(job, sizeof(*own));
		own->path = probe->about.log ? probe->about.log : job->log;
		own->line = kg_alloc(job->arena, line_most + 1);
		own->inode = probe->about.log_inode;
		own->offset = probe->about.log_from;
	}
	/* Nothing is gained by a second attempt while there is a watch: the first one sees everything. */
	own->watch_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (own->watch_fd >= 0 &&
	    inotify_add_watch(own->watch_fd, kg_path_folder(job->arena, own->path), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
		close(own->watch_fd);
		own->watch_fd = -1;
	}
	if (own->watch_fd >= 0)
		probe->attempt_deadline_ns = probe->deadline_ns;
	regcomp(&own->expression, probe->rule->log, REG_EXTENDED | REG_NOSUB);
	probe->release = release;
	file_find(job, own);
	return kg_go(look);
}
