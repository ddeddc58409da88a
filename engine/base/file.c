#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"

static struct kg_error *
read_open(struct kg_arena *arena, int fd, const char *path, const char **ret_bytes, size_t *ret_size)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return kg_error_system(arena, errno, "cannot read %s", path);
	if (S_ISDIR(stat.st_mode))
		return kg_error_system(arena, EISDIR, "cannot read %s", path);
	if (!S_ISREG(stat.st_mode)) {
		struct kg_error *error = kg_error_make(arena, KG_ESYSTEM, "cannot read %s: it is not a regular file", path);

		error->sys = EINVAL;
		return error;
	}

	/* The size is a hint: files of /proc say 0, and a file may grow while it is read. */
	size_t room = (size_t)stat.st_size + 1, size = 0;
	char *bytes = kg_alloc(arena, room + 1);
	for (;;) {
		ssize_t got = read(fd, bytes + size, room - size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return kg_error_system(arena, errno, "cannot read %s", path);
		if (got == 0)
			break;
		size += (size_t)got;
		if (size == room) {
			char *grown = kg_alloc(arena, room * 2 + 1);

			memcpy(grown, bytes, size);
			bytes = grown;
			room *= 2;
		}
	}
	bytes[size] = '\0';
	*ret_bytes = bytes;
	*ret_size = size;
	return NULL;
}

struct kg_error *
kg_file_read(struct kg_arena *arena, const char *path, const char **ret_bytes, size_t *ret_size)
{
	/* Opening a named pipe would wait for somebody who writes. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return kg_error_system(arena, errno, "cannot open %s", path);
	struct kg_error *error = read_open(arena, fd, path, ret_bytes, ret_size);
	close(fd);
	return error;
}

int
kg_file_write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		ssize_t put = write(fd, at, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return errno;
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

struct kg_error *
kg_file_write(struct kg_arena *arena, const char *path, const void *bytes, size_t size, mode_t mode)
{
	char *neighbour = kg_format(arena, "%s.XXXXXX", path);
	int fd = mkostemp(neighbour, O_CLOEXEC);
	int sys = 0;

	if (fd < 0)
		return kg_error_system(arena, errno, "cannot write %s", path);
	sys = kg_file_write_all(fd, bytes, size);
	if (sys == 0 && fchmod(fd, mode) < 0)
		sys = errno;
	if (close(fd) < 0 && sys == 0)
		sys = errno;
	if (sys == 0 && rename(neighbour, path) < 0)
		sys = errno;
	if (sys != 0) {
		unlink(neighbour);
		return kg_error_system(arena, sys, "cannot write %s", path);
	}
	return NULL;
}

/* 0 when the folder is there afterwards, else an errno. */
static int
folder_make(const char *path, mode_t mode)
{
	struct stat found;

	if (mkdir(path, mode) == 0)
		return 0;
	/* Whatever the reason (it is there, or above it nothing may be written, or the disk is read-only): one that is there is well. */
	int sys = errno;
	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return 0;
	return sys == EEXIST ? ENOTDIR : sys;
}

struct kg_error *
kg_file_make_folder(struct kg_arena *arena, const char *path, mode_t mode)
{
	char *copy = kg_copy(arena, path);

	if (*path == '\0')
		return kg_error_system(arena, ENOENT, "cannot make a folder without a name");
	for (char *at = copy + 1;; at++) {
		if (*at != '/' && *at != '\0')
			continue;
		char end = *at;
		*at = '\0';
		int sys = folder_make(copy, mode);
		if (sys != 0)
			return kg_error_system(arena, sys, "cannot make the folder %s", copy);
		*at = end;
		if (end == '\0')
			return NULL;
	}
}

static int
entry_remove(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* How often a folder is gone through again into which somebody writes while it is being removed, such as a daemon that is just ending. */
static constexpr uint32_t removals_most = 8;

struct kg_error *
kg_file_remove(struct kg_arena *arena, const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) < 0)
		return errno == ENOENT || errno == ENOTDIR ? NULL : kg_error_system(arena, errno, "cannot remove %s", path);
	for (uint32_t i = 0; i < removals_most; i++) {
		if (nftw(path, entry_remove, 32, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
			return NULL;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return kg_error_system(arena, errno, "cannot remove %s", path);
}
