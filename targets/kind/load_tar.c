/*
 * The file that goes into the nodes: an OCI layout as a tar archive (POSIX's ustar), with those parts that travel. It is written here, since a program for a
 * few kilobytes takes longer to start than they take to arrive, and would want a folder that is made for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kind/load_inside.h"

static constexpr char layout_version[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
enum { BLOCK = 512, PIECE = 1 << 20 };
static constexpr int64_t octal_most = (int64_t)1 << 33; /* bytes; eleven octal digits count to one less */

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
static_assert(sizeof(struct header) == BLOCK);

/* Beyond octal digits, GNU's way: a set first bit, and the number in binary. */
static void
size_set(struct header *header, int64_t size)
{
	if (size < octal_most) {
		snprintf(header->size, sizeof(header->size), "%011llo", (unsigned long long)size);
		return;
	}
	for (size_t i = sizeof(header->size); i-- > 1; size >>= 8)
		header->size[i] = (char)(size & 0xff);
	header->size[0] = (char)0x80;
}

static int
header_write(int fd, const char *name, int64_t size)
{
	struct header header = { .mode = "0000600", .uid = "0000000", .gid = "0000000", .mtime = "00000000000", .type = '0' };
	unsigned sum = 0;

	kg_assert(strlen(name) < sizeof(header.name));
	memcpy(header.name, name, strlen(name));
	memcpy(header.magic, "ustar", sizeof(header.magic));
	memcpy(header.version, "00", sizeof(header.version));
	size_set(&header, size);
	/* Of all bytes, its own taken as spaces. */
	memset(header.checksum, ' ', sizeof(header.checksum));
	for (size_t i = 0; i < sizeof(header); i++)
		sum += ((const unsigned char *)&header)[i];
	snprintf(header.checksum, sizeof(header.checksum), "%06o", sum);
	return kg_file_write_all(fd, &header, sizeof(header));
}

static int
padding_write(int fd, int64_t size)
{
	static const char zeros[BLOCK];

	return size % BLOCK == 0 ? 0 : kg_file_write_all(fd, zeros, (size_t)(BLOCK - size % BLOCK));
}

static int
text_write(int fd, const char *name, const char *text)
{
	int64_t size = (int64_t)strlen(text);
	int sys = header_write(fd, name, size);

	if (sys == 0)
		sys = kg_file_write_all(fd, text, (size_t)size);
	return sys == 0 ? padding_write(fd, size) : sys;
}

/* 0, an errno, EIO when the file is not as long as its descriptor says, or ECANCELED. */
static int
bytes_copy(int to, int from, int64_t size, const _Atomic bool *stop)
{
	char *piece = malloc(PIECE);
	int sys = piece ? 0 : ENOMEM;

	while (sys == 0 && size > 0) {
		if (*stop) {
			sys = ECANCELED;
			break;
		}
		ssize_t count = read(from, piece, size < PIECE ? (size_t)size : PIECE);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			sys = count < 0 ? errno : EIO;
		else
			sys = kg_file_write_all(to, piece, (size_t)count);
		size -= count;
	}
	free(piece);
	return sys;
}

static int
blob_write(int fd, const char *path, const char *name, int64_t size, const _Atomic bool *stop)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	int sys = from < 0 ? errno : header_write(fd, name, size);

	if (sys == 0)
		sys = bytes_copy(fd, from, size, stop);
	if (from >= 0)
		close(from);
	return sys == 0 ? padding_write(fd, size) : sys;
}

static struct kg_error *
all_write(struct kg_arena *arena, int fd, const char *path, const char *blobs, const char *index, const struct load_parts *parts,
    const _Atomic bool *stop)
{
	static const char end[2 * BLOCK];
	int sys = text_write(fd, "oci-layout", layout_version);

	if (sys == 0)
		sys = text_write(fd, "index.json", index);
	for (uint32_t i = 0; sys == 0 && i < parts->count; i++) {
		const struct load_blob *part = &parts->items[i];
		const char *file = kg_load_blob_path(arena, blobs, part->digest);
		int blob_sys = blob_write(fd, file, kg_load_blob_path(arena, "blobs", part->digest), part->size_bytes, stop);

		if (blob_sys != 0)
			return kg_error_system(arena, blob_sys, "cannot copy %s into %s", file, path);
	}
	if (sys == 0)
		sys = kg_file_write_all(fd, end, sizeof(end));
	return sys == 0 ? NULL : kg_error_system(arena, sys, "cannot write %s", path);
}

struct kg_error *
kg_load_archive_write(struct kg_arena *arena, const char *path, const char *blobs, const char *index,
    const struct load_parts *parts, const _Atomic bool *stop)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return kg_error_system(arena, errno, "cannot write %s", path);
	struct kg_error *error = all_write(arena, fd, path, blobs, index, parts, stop);
	if (close(fd) < 0 && !error)
		error = kg_error_system(arena, errno, "cannot write %s", path);
	if (error)
		(void)unlink(path);
	return error;
}
