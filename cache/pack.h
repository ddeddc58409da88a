/*
 * An entry of the store as one file, for machines that share what was made: a tar of its products, compressed with zstd.
 *
 *     error = kg_pack_write(store, arena, fingerprint, "/…/pack", &pack, &hit);
 *     error = kg_pack_read(other, arena, fingerprint, "/…/pack", pack.content_bytes);
 *
 * The product called KEY lies in it as KEY or, of a folder, as KEY/…, with modes and links, and without times and owners: the same content gives the
 * same bytes. What is read comes from elsewhere, and is trusted with nothing: no name of the archive is used as the name of a file.
 * Both block and may be called on any thread, each with its own arena.
 */
#pragma once

#include "cache/store.h"

struct kg_pack {
	int64_t content_bytes; /* of all files in it */
	int64_t file_bytes;    /* of the pack itself */
	int64_t made_ns;       /* how long making it took, in whole milliseconds; 0: not known */
	uint32_t item_count;   /* files, links and folders */
};

/*
 * Makes or replaces the file at path. *ret_hit false: there is no such entry, or it is damaged; then there is no file. KG_EINPUT for a product whose key
 * cannot be a file's name. A failure (disk full) leaves no file.
 */
[[nodiscard]] struct kg_error *kg_pack_write(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint,
    const char *path, struct kg_pack *ret_pack, bool *ret_hit);
/*
 * Puts what is in the file into the store under that fingerprint. KG_EDATA for what is no pack, is damaged, holds anything but files, links and folders
 * below its products, or more or less than content_bytes in its files; the store is then as it was, as after any failure. made_ns: as
 * in kg_store_put.
 */
[[nodiscard]] struct kg_error *kg_pack_read(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint,
    const char *path, int64_t content_bytes, int64_t made_ns);
