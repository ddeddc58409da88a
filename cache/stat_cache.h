/*
 * The digest of a file without reading it again: (device, inode, size, mtime, ctime) → digest, kept between runs.
 *
 *     struct kg_file_state state;
 *     error = kg_stat_cache_look(cache, arena, "/srv/app/main.c", &state);      on any thread
 *
 * git's rule: a file whose mtime or ctime is not older than the moment it was hashed (less the file system's grain) may be
 * changed again without its times telling; such an
 * entry is used in this run and not kept for the next one. Each file is hashed once a run, however many nodes name it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cache/digest.h"

struct kg_arena;
struct kg_error;
struct kg_stat_cache;

enum kg_file_type { KG_FILE_MISSING, KG_FILE_REGULAR, KG_FILE_FOLDER, KG_FILE_LINK, KG_FILE_OTHER };

struct kg_file_state {
	enum kg_file_type type;
	bool is_executable;
	uint32_t mode; /* st_mode: permissions and type; 0 for MISSING */
	int64_t size_bytes;
	struct kg_digest
	    digest; /* of type, executable bit and content or link target; none for MISSING, FOLDER (but of kg_stat_cache_tree) and OTHER */
};

/* Opens the cache kept at path. A missing, damaged or older file is an empty cache. Never fails for what is in the file. */
/* The cache lives in the arena; close it first. */
[[nodiscard]] struct kg_error *kg_stat_cache_open(struct kg_arena *arena, const char *path, struct kg_stat_cache **ret_cache);
/*
 * Blocking; may be called on several threads at once, each with its own arena. A file that is not there is MISSING, not an
 * error; KG_ESYSTEM for one that cannot be read.
 */
[[nodiscard]] struct kg_error *kg_stat_cache_look(
    struct kg_stat_cache *cache, struct kg_arena *arena, const char *path, struct kg_file_state *ret_state);
/* The same for a name in an open folder (AT_FDCWD: a path). is_regular: the folder's listing says that it is a regular file. 0 or an errno. */
int kg_stat_cache_look_in(
    struct kg_stat_cache *cache, int folder_fd, const char *name, bool is_regular, struct kg_file_state *ret_state);
/*
 * The file was written by ourselves in this run: what is known of it, and of all below it when it is a folder, is forgotten. Any thread.
 */
void kg_stat_cache_forget(struct kg_stat_cache *cache, const char *path);
/* How many files were read and hashed so far. */
uint64_t kg_stat_cache_hashed(const struct kg_stat_cache *cache);
/*
 * Digest of a file or of a folder with all below it (paths relative to it, sorted; types, executable bits, contents; empty folders
 * count). size_bytes is the sum of all files'. For products.
 */
[[nodiscard]] struct kg_error *kg_stat_cache_tree(
    struct kg_stat_cache *cache, struct kg_arena *arena, const char *path, struct kg_file_state *ret_state);
/* Writes what is worth keeping (only when something changed; atomically) and frees. A failed write is returned but harmless. */
[[nodiscard]] struct kg_error *kg_stat_cache_close(struct kg_stat_cache *cache, struct kg_arena *arena);
/* Frees it and writes nothing, for who changes nothing. */
void kg_stat_cache_drop(struct kg_stat_cache *cache);
