/*
 * Outputs by what they were made from: a node that any checkout of this user has run is restored instead of run.
 *
 *     error = kg_store_open(arena, "/home/u/.cache/kgraph/store", &store);
 *     error = kg_store_put(store, arena, fingerprint, products, count);
 *     error = kg_store_restore(store, arena, fingerprint, products, count, &hit);
 *
 * Files lie under their content's digest, entries (which files a fingerprint led to) beside them. Stored files are read-only
 * and are given out by reflink where the file
 * system can, by copy otherwise; a hard link is given out never, because a user's edit through it would damage the store.
 * Content is checked against its digest when it is given out.
 * All functions block and may be called on any thread, each with its own arena.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cache/digest.h"
#include "cache/ledger.h"

struct kg_arena;
struct kg_error;
struct kg_store;

struct kg_stored {
	const char *key;  /* the output key */
	const char *path; /* absolute: a file, a link or a folder with all below it */
};

[[nodiscard]] struct kg_error *kg_store_open(struct kg_arena *arena, const char *folder, struct kg_store **ret_store);
/*
 * Copies the products in; an entry that is there is replaced. made_ns: how long making them took, for who restores them; 0: not known. Failing (disk
 * full) leaves the store as it was. KG_EINPUT for a product that holds something else than files, links and folders.
 */
[[nodiscard]] struct kg_error *kg_store_put(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint,
    const struct kg_stored *products, uint32_t product_count, int64_t made_ns);
/*
 * Puts the products at their paths, atomically each, with their modes, after removing what stands there; folders above them are made. *ret_hit
 * false: no such entry, or it is damaged (and was removed), or it is of products with other keys; then nothing was touched.
 * *ret_made_ns (ret_made_ns may be NULL): how long making them took, in whole milliseconds; 0: not known.
 */
[[nodiscard]] struct kg_error *kg_store_restore(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint,
    const struct kg_stored *products, uint32_t product_count, bool *ret_hit, int64_t *ret_made_ns);

/*
 * Whether a shared cache has what the fingerprint led to, as was noted last. place says which cache. A note counts for a week: registries forget, too. What
 * cannot be noted will be asked for again.
 */
bool kg_store_is_shared(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const char *place);
void kg_store_note_shared(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const char *place);

struct kg_store_usage {
	int64_t before_bytes, after_bytes;
	uint32_t entries_before, entries_after;
};
/*
 * Removes the least recently used entries until at most limit_bytes are used, then all files that no entry names. Safe beside running kgraphs: waits
 * until none of them is just putting or restoring something.
 */
[[nodiscard]] struct kg_error *kg_store_collect(
    struct kg_store *store, struct kg_arena *arena, int64_t limit_bytes, struct kg_store_usage *ret_usage);
void kg_store_close(struct kg_store *store);
