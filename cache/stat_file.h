/*
 * The stat cache between runs: a flat file that is mapped and searched where it lies.
 *
 *     struct kg_stat_file file;
 *     kg_stat_file_map(path, &file);
 *     const struct kg_stat_record *record = kg_stat_file_find(&file, device, inode);
 *
 * Layout: a head, the records, and a hash table of their indexes with linear probing. Written whole, under a checksum.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cache/digest.h"

struct kg_arena;
struct kg_error;

/* What is known of a file: the digest belongs to it as long as all of the first five are the same. */
struct kg_stat_record {
	uint64_t device, inode;
	int64_t size_bytes, changed_ns, status_changed_ns; /* mtime, ctime */
	struct kg_digest digest;
	uint32_t is_executable;
	uint32_t seen_day; /* since 1970: when a run last asked for it */
};
static_assert(sizeof(struct kg_stat_record) == 64);

struct kg_stat_file {
	void *map; /* NULL: empty */
	size_t map_size;
	const struct kg_stat_record *records;
	const uint32_t *slots; /* index of a record, counted from 1; 0: free */
	uint32_t count, slot_count;
};

/* A file that is missing, damaged or of another version is empty. */
void kg_stat_file_map(const char *path, struct kg_stat_file *ret_file);
const struct kg_stat_record *kg_stat_file_find(const struct kg_stat_file *file, uint64_t device, uint64_t inode);
/* Replaces the file at path. */
[[nodiscard]] struct kg_error *kg_stat_file_write(
    struct kg_arena *arena, const char *path, const struct kg_stat_record *records, uint32_t count);
void kg_stat_file_unmap(struct kg_stat_file *file);

uint64_t kg_stat_hash(uint64_t device, uint64_t inode);
