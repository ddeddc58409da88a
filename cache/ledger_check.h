/*
 * Whether a file is a sound LMDB database, before LMDB believes what is in it.
 *
 *     const char *damage = kg_ledger_check_head(arena, path, map_size);          before mdb_env_open
 *     damage = kg_ledger_check(arena, path, map_size, mdb_txn_id(reading), &found);      within a read transaction
 *
 * LMDB follows page numbers and offsets without looking: a damaged page makes it read outside of its map (SIGSEGV), a file cut short makes
 * it read behind the end (SIGBUS), a page named twice is overwritten while it is in use. This walks all pages that a transaction can
 * reach, once, in order: 100,000 nodes take some milliseconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_arena;

/* The one value in the table "head". */
struct kg_ledger_head {
	uint32_t version, unused;
	uint64_t entries_sum; /* of the checksums of all values in the table "entries", as the last transaction left it */
};

/* What the walk met in the tables. */
struct kg_ledger_found {
	bool has_head;
	struct kg_ledger_head head;
	uint64_t entries_sum; /* as it is */
};

/* NULL when the first pages are those of a database of at most map_size bytes, or the file is empty or missing; else what is wrong. */
const char *kg_ledger_check_head(struct kg_arena *arena, const char *path, size_t map_size);

/*
 * NULL when all is well; else what is wrong. The read transaction keeps the pages that are walked from being used for something else
 * meanwhile.
 */
const char *kg_ledger_check(
    struct kg_arena *arena, const char *path, size_t map_size, uint64_t transaction, struct kg_ledger_found *ret_found);
