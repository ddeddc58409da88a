/*
 * What was made before, and from what: one entry a node, written in one transaction as the node finishes.
 *
 *     error = kg_ledger_open(arena, folder, &ledger, &damage);
 *     const struct kg_entry *entry;
 *     error = kg_ledger_find(ledger, arena, "schema", &entry);       NULL entry: never finished
 *     entry->duration_ns = …;
 *     error = kg_ledger_put(ledger, arena, &changed, &parts);
 *
 * LMDB, in one file: a kill at any moment loses the work in flight and never what was finished. A damaged ledger, or one of another
 * version of kgraph, is set aside (renamed) and an empty one takes its place: everything is looked at again and nothing is lost but time;
 * *ret_damage then tells the user.
 *
 * Nothing here may hold a secret: what is put is the caller's duty.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cache/digest.h"
#include "cache/fingerprint.h"
#include "engine/base/value.h"

struct kg_arena;
struct kg_error;
struct kg_ledger;

struct kg_entry_output {
	const char *key, *value;
	struct kg_digest digest; /* of the content for a product, of the value else */
	bool is_product, is_data;
};

struct kg_entry {
	const char *name; /* of the node */
	const char *kind;
	const char
	    *folder; /* of the file that said it, relative to the graph's when inside it: where relative paths of settings start */
	uint32_t kind_version;
	bool is_started;              /* a run was begun and its end is not known: what it left is not to be trusted */
	struct kg_digest fingerprint; /* of the last successful run; none when is_started */
	struct kg_digest outputs_digest;
	const struct kg_entry_output *outputs;
	uint32_t output_count;
	uint32_t order;      /* place in the graph's order when it ran: undo goes from the highest down */
	int64_t duration_ns; /* of the last successful run */
	int64_t ready_ns; /* from the end of the last successful run until it was seen to be ready; 0: not yet, or it has no rule */
	int64_t finished_wall_ns;
	struct kg_block settings; /* as they were run, secrets unresolved: undo works after the node has left the file */
	const char *why;          /* the reason of the last run, as a sentence; empty when none is known; NULL is taken as empty */
	const char *const *needs; /* names, ended by NULL: undo keeps their order after they have left the file */
};

/*
 * Makes the folder (mode 0700) and the ledger when they are missing. *ret_damage is NULL when all is well. A process has one ledger open at
 * a time, for reading or for writing. The ledger lives in the arena; close it first.
 */
[[nodiscard]] struct kg_error *kg_ledger_open(
    struct kg_arena *arena, const char *folder, struct kg_ledger **ret_ledger, const char **ret_damage);
/*
 * Reading only, also beside a run that writes. KG_EINPUT "nothing has run here yet" when there is no ledger, KG_EDATA when it is damaged
 * or of another version.
 */
[[nodiscard]] struct kg_error *kg_ledger_open_reading(struct kg_arena *arena, const char *folder, struct kg_ledger **ret_ledger);
/* *ret_entry is NULL when there is none. A damaged entry counts as none. */
[[nodiscard]] struct kg_error *kg_ledger_find(
    struct kg_ledger *ledger, struct kg_arena *arena, const char *node, const struct kg_entry **ret_entry);
/* All entries, sorted by name, in one read transaction: how a run with 100,000 nodes reads them. */
[[nodiscard]] struct kg_error *kg_ledger_all(
    struct kg_ledger *ledger, struct kg_arena *arena, const struct kg_entry *const **ret_entries, uint32_t *ret_count);
/*
 * parts may be NULL: the old ones stay. One transaction. What writes may be called on any thread, by one at a time, beside others that
 * read; the arena is for the error.
 */
[[nodiscard]] struct kg_error *kg_ledger_put(
    struct kg_ledger *ledger, struct kg_arena *arena, const struct kg_entry *entry, const struct kg_parts *parts);
/* Several entries in one transaction, for nodes that finished in the same loop turn. parts may be NULL as a whole, too. */
[[nodiscard]] struct kg_error *kg_ledger_put_all(struct kg_ledger *ledger, struct kg_arena *arena,
    const struct kg_entry *const *entries, const struct kg_parts *const *parts, uint32_t count);
[[nodiscard]] struct kg_error *kg_ledger_remove(struct kg_ledger *ledger, struct kg_arena *arena, const char *node);
/* The parts of the last successful run, sealed; count 0 when there are none. */
[[nodiscard]] struct kg_error *kg_ledger_parts(
    struct kg_ledger *ledger, struct kg_arena *arena, const char *node, struct kg_parts *ret_parts);
/* Small facts that belong to the checkout: chosen ports, the last run. NULL value: none. */
[[nodiscard]] struct kg_error *kg_ledger_fact(
    struct kg_ledger *ledger, struct kg_arena *arena, const char *name, const char **ret_value);
/* A value of NULL takes the fact away; one that is there already writes nothing. */
[[nodiscard]] struct kg_error *kg_ledger_set_fact(
    struct kg_ledger *ledger, struct kg_arena *arena, const char *name, const char *value);
/* Sees to it that what was put has reached the disk. NULL does nothing. */
void kg_ledger_close(struct kg_ledger *ledger);

/*
 * One run at a time: takes FOLDER/lock (flock, so that a dead holder holds nothing), making the folder when it is missing. KG_EBUSY when
 * another run has it; the message names its pid and since when. wait_ms: how long to wait for it; 0 not at all, below 0 without limit. The
 * fd stays open until kg_lock_release; child processes do not inherit it.
 */
struct kg_lock;
[[nodiscard]] struct kg_error *kg_lock_take(struct kg_arena *arena, const char *folder, int64_t wait_ms, struct kg_lock **ret_lock);
void kg_lock_release(struct kg_lock *lock);
