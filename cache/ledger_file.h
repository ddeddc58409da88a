/*
 * The ledger's file: how it is opened, what is refused, and what the reading and writing of ledger.c stands on.
 *
 *     status = kg_ledger_head_get(ledger, txn, &head);
 *     ...
 *     return kg_ledger_error(arena, ledger, status, "write");
 */
#pragma once

#include <lmdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "cache/ledger.h"
#include "cache/ledger_check.h"

/*
 * Tables: "entries" and "parts" by node, so that reading all entries does not go through the much larger parts; "facts" by name; "head" with
 * the layout's version and the sum of the checksums of all entries.
 *
 * LMDB runs without fsync of its own (MDB_NOSYNC): a commit costs microseconds, and a killed process loses nothing, since what it wrote is the
 * kernel's. Only when the machine itself goes down may pages of different moments meet on the disk; the walk through the pages and the sum of
 * the checksums tell such a mixture from a whole, and it is set aside. To keep that window small, a put syncs when the last sync is a second
 * old, and close does.
 */
enum kg_ledger_table { KG_LEDGER_ENTRIES, KG_LEDGER_PARTS, KG_LEDGER_FACTS, KG_LEDGER_HEAD, KG_LEDGER_TABLES };

/* No ledger becomes larger; a file that says so is damaged. */
#define KG_LEDGER_BYTES_MAX (sizeof(size_t) < 8 ? (size_t)1 << 30 : (size_t)1 << 40)

/*
 * The map is made larger when it is full, which LMDB allows while no transaction is open in this process: transactions begin and end by the functions
 * below, which see to that. Who writes is alone among those that write, not among all.
 */
struct kg_ledger {
	const char *path;
	pthread_rwlock_t lock; /* shared: a transaction is open; alone: the map is being changed */
	MDB_env *env;          /* NULL: closed */
	MDB_dbi tables[KG_LEDGER_TABLES];
	bool is_reading;
	bool is_unsynced;
	int64_t synced_ns; /* when all that was written until then had reached the disk */
};

/* What LMDB says of status (an errno when above 0), told as "cannot DOING the ledger". */
struct kg_error *kg_ledger_error(struct kg_arena *arena, const struct kg_ledger *ledger, int status, const char *doing);
/* All that give an int give LMDB's status. */
int kg_ledger_begin(struct kg_ledger *ledger, bool is_writing, MDB_txn **ret_txn);
int kg_ledger_commit(struct kg_ledger *ledger, MDB_txn *txn);
void kg_ledger_abort(struct kg_ledger *ledger, MDB_txn *txn);
/* After a transaction that ended with MDB_MAP_FULL. The same again when no more can be had. */
int kg_ledger_grow(struct kg_ledger *ledger);
/* ledger_map.c: the size to begin with, at a try after so many that were refused, and the one after this size; 0: none. */
size_t kg_ledger_map_first(uint32_t tries);
size_t kg_ledger_map_larger(size_t bytes);
int kg_ledger_head_get(const struct kg_ledger *ledger, MDB_txn *txn, struct kg_ledger_head *ret_head);
int kg_ledger_head_put(const struct kg_ledger *ledger, MDB_txn *txn, struct kg_ledger_head head);
/* A transaction was written: syncs when it is time to. */
void kg_ledger_written(struct kg_ledger *ledger);
