/*
 * How the store lies on the disk, and what put, restore, collect and pack share.
 *
 *     FOLDER/objects/ab/cdef…    content by digest, read-only
 *     FOLDER/entries/ab/cdef…    by fingerprint: which products there were, and of which files, links and folders each is made; the time of its
 *                                last change is that of its last use
 *     FOLDER/shared/PLACE/ab/cdef…   by fingerprint, empty: a shared cache has it; the time of its last change is when that was noted
 *     FOLDER/tmp/                what is being written, on the same file system, so that renaming puts it in place whole
 *     FOLDER/lock                held shared by who puts or restores, and alone by who collects
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cache/stat_cache.h"
#include "cache/store.h"
#include "engine/base/list.h"

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
	uint32_t made_ms; /* how long making it took; 0: not known */
};

/* An entry that is being put together, with the files that it needs: all of it, or nothing. */
struct kg_store_writing {
	const struct kg_store *store;
	struct kg_arena *arena;
	const char *tmp; /* a folder of its own, on the store's file system */
	struct kg_store_entry entry;
	KG_LIST(const char *) added; /* objects that were not there before: taken back when it fails */
	uint32_t copies;
	int lock;
};
[[nodiscard]] struct kg_error *kg_store_begin(
    struct kg_arena *arena, const struct kg_store *store, struct kg_store_writing *ret_writing);
/* The path of a new file in tmp. */
const char *kg_store_copy_path(struct kg_store_writing *writing);
/* The read-only file `copy` of tmp, whose digest that is, becomes an object. */
[[nodiscard]] struct kg_error *kg_store_add_object(struct kg_store_writing *writing, const char *copy, struct kg_digest digest);
/* Puts the entry in its place, unless there is an error already, which it gives back; then the store is as it was. To be called after begin in any case. */
[[nodiscard]] struct kg_error *kg_store_end(struct kg_store_writing *writing, struct kg_digest fingerprint, struct kg_error *error);

/* As an entry has it. */
uint32_t kg_store_made_ms(int64_t made_ns);

/* A private copy of the entry's bytes; NULL when they are damaged. */
const struct kg_store_entry *kg_store_entry_decode(struct kg_arena *arena, const void *bytes, size_t size);
/* The bytes live in the arena. */
void kg_store_entry_encode(struct kg_arena *arena, const struct kg_store_entry *entry, const void **ret_bytes, size_t *ret_size);

const char *kg_store_path(struct kg_arena *arena, const struct kg_store *store, const char *kind, struct kg_digest digest);
/* A note of store_shared.c counts for so long. */
static constexpr int64_t kg_store_note_ns = (int64_t)7 * 24 * 3600 * 1000000000;

/* An fd to be closed when done, -1 where locks do not work. */
int kg_store_lock(struct kg_arena *arena, const struct kg_store *store, bool is_alone);

/*
 * Makes to, which must not be there, with the content of from: shared with it where the file system can (FICLONE), else copied within the kernel, else
 * through memory. 0 or an errno, and then there is no to.
 */
int kg_store_copy(const char *from, const char *to, mode_t mode);
