/*
 * A file's content read once and made a digest.
 *
 *     struct kg_file_hash hash;
 *     int sys = kg_file_hash(path, &hash);         an errno
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "cache/digest.h"

struct kg_file_hash {
	struct kg_digest digest;
	struct stat stat; /* as it was before the content was read */
	int64_t begun_ns; /* on the clock that the kernel stamps files with, before the first byte was read */
	bool is_steady;   /* the file was the same before and after: the digest is that of one content */
};

/* Of a regular file: type, executable bit and content. ELOOP for what is not one. */
int kg_file_hash(const char *path, struct kg_file_hash *ret_hash);
/* The same of what is called so in an open folder (AT_FDCWD: anywhere). known: as it was found just now, or NULL. */
int kg_file_hash_in(int folder_fd, const char *path, const struct stat *known, struct kg_file_hash *ret_hash);
/*
 * The same of an open file whose stat was taken just now, read once: who writes to it meanwhile gives it a time that is not before begun_ns, and so
 * the next run sees it.
 */
int kg_file_hash_open(int fd, const struct stat *stat, struct kg_file_hash *ret_hash);
/* The same of a link: type and target. */
int kg_file_hash_link(int folder_fd, const char *path, struct kg_digest *ret_digest);

int64_t kg_file_changed_ns(const struct stat *stat);        /* mtime */
int64_t kg_file_status_changed_ns(const struct stat *stat); /* ctime */
/* Now, as the kernel stamps files on local file systems. */
int64_t kg_file_clock_ns(void);
