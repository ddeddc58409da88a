/*
 * How the store lies on the disk, and what put, restore and collect share.
 *
 *     FOLDER/objects/ab/cdef…    content by digest, read-only
 *     FOLDER/entries/ab/cdef…    by fingerprint: which products there were, and of which files, links and folders each is made; the time of its
 *                                last change is that of its last use
 *     FOLDER/tmp/                what is being written, on the same file system, so that renaming puts it in place whole
 *     FOLDER/lock                held shared by who puts or restores, and alone by who collects
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cache/stat_cache.h"
#include "cache/store.h"

struct kg_store {
	const char *folder;
};

struct kg_store_item {
	const char *path;   /* relative to the product, "" for itself */
	const char *target; /* of a link, else "" */
	struct kg_digest digest;
	int64_t size_bytes;
	uint32_t product; /* index of its key */
	mode_t mode;
	enum kg_file_type type;
};

struct kg_store_entry {
	const char **keys;
	struct kg_store_item *items; /* of each product from the outermost folder inwards */
	uint32_t key_count, count, room;
};

/* A private copy of the entry's bytes; NULL when they are damaged. */
const struct kg_store_entry *kg_store_entry_decode(struct kg_arena *arena, const void *bytes, size_t size);
/* The bytes live in the arena. */
void kg_store_entry_encode(struct kg_arena *arena, const struct kg_store_entry *entry, const void **ret_bytes, size_t *ret_size);

const char *kg_store_path(struct kg_arena *arena, const struct kg_store *store, const char *kind, struct kg_digest digest);
/* An fd to be closed when done, -1 where locks do not work. */
int kg_store_lock(struct kg_arena *arena, const struct kg_store *store, bool is_alone);

/*
 * Makes to, which must not be there, with the content of from: shared with it where the file system can (FICLONE), else copied within the kernel, else
 * through memory. 0 or an errno, and then there is no to.
 */
int kg_store_copy(const char *from, const char *to, mode_t mode);
