#include "cache/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "cache/ledger_entry.h"
#include "cache/ledger_file.h"
#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"

/* LMDB takes keys of up to 511 bytes: of a longer name the start is kept, and the digest of all of it stands behind a zero byte. */
static constexpr size_t key_max = 500;
struct key {
	char bytes[key_max];
	size_t size;
};

static struct key
key_of(const char *name)
{
	struct key key = { .size = strlen(name) };

	kg_assert(key.size > 0);
	if (key.size < key_max) {
		memcpy(key.bytes, name, key.size);
		return key;
	}
	key.size = key_max;
	memcpy(key.bytes, name, key_max - KG_DIGEST_HEX - 2);
	kg_digest_tell(kg_digest_text(name), key.bytes + key_max - KG_DIGEST_HEX - 1);
	return key;
}

/* Makes the change in one transaction. When the ledger is full it is taken back, and made again in a larger one. */
static struct kg_error *
written(struct kg_ledger *ledger, struct kg_arena *arena, int (*change)(struct kg_ledger *ledger, MDB_txn *txn, const void *what),
    const void *what)
{
	int status;

	kg_assert(!ledger->is_reading);
	do {
		MDB_txn *txn;

		status = kg_ledger_begin(ledger, true, &txn);
		if (status)
			break;
		status = change(ledger, txn, what);
		if (status == 0)
			status = kg_ledger_commit(ledger, txn);
		else
			kg_ledger_abort(ledger, txn);
	} while (status == MDB_MAP_FULL && kg_ledger_grow(ledger) == 0);
	if (status)
		return kg_ledger_error(arena, ledger, status, "write");

	kg_ledger_written(ledger);
	return NULL;
}

static uint64_t
checksum_of(MDB_txn *txn, MDB_dbi table, MDB_val *key)
{
	MDB_val value;

	return mdb_get(txn, table, key, &value) == 0 ? kg_entry_checksum(value.mv_data, value.mv_size) : 0;
}

struct puts {
	const struct kg_entry *const *entries;
	const struct kg_parts *const *parts; /* NULL as a whole, or in places: the old ones stay */
	uint32_t count;
	struct kg_arena *scratch;
};

static int
entry_put(struct kg_ledger *ledger, MDB_txn *txn, struct kg_ledger_head *head, const struct puts *puts, uint32_t index)
{
	const struct kg_entry *entry = puts->entries[index];
	const struct kg_parts *parts = puts->parts ? puts->parts[index] : NULL;
	struct key name = key_of(entry->name);
	MDB_val key = { name.size, name.bytes };
	struct kg_block block = kg_entry_encode(puts->scratch, entry);
	MDB_dbi entries = ledger->tables[KG_LEDGER_ENTRIES];

	head->entries_sum -= checksum_of(txn, entries, &key);
	head->entries_sum += kg_entry_checksum(block.bytes, block.size);
	int status = mdb_put(txn, entries, &key, &(MDB_val){ block.size, (void *)block.bytes }, 0);
	if (status || !parts)
		return status;
	block = kg_parts_encode(puts->scratch, entry->name, parts);
	return mdb_put(txn, ledger->tables[KG_LEDGER_PARTS], &key, &(MDB_val){ block.size, (void *)block.bytes }, 0);
}

static int
entries_put(struct kg_ledger *ledger, MDB_txn *txn, const void *what)
{
	const struct puts *puts = what;
	struct kg_ledger_head head;
	int status = kg_ledger_head_get(ledger, txn, &head);

	for (uint32_t i = 0; i < puts->count && status == 0; i++) {
		status = entry_put(ledger, txn, &head, puts, i);
		kg_arena_empty(puts->scratch);
	}
	return status ? status : kg_ledger_head_put(ledger, txn, head);
}

struct kg_error *
kg_ledger_put_all(struct kg_ledger *ledger, struct kg_arena *arena, const struct kg_entry *const *entries,
    const struct kg_parts *const *parts, uint32_t count)
{
	struct puts puts = { entries, parts, count, kg_arena_make() };
	struct kg_error *error = written(ledger, arena, entries_put, &puts);

	kg_arena_free(puts.scratch);
	return error;
}

struct kg_error *
kg_ledger_put(struct kg_ledger *ledger, struct kg_arena *arena, const struct kg_entry *entry, const struct kg_parts *parts)
{
	return kg_ledger_put_all(ledger, arena, &entry, &parts, 1);
}

static int
entry_remove(struct kg_ledger *ledger, MDB_txn *txn, const void *what)
{
	struct key name = key_of(what);
	MDB_val key = { name.size, name.bytes };
	struct kg_ledger_head head;
	int status = kg_ledger_head_get(ledger, txn, &head);

	head.entries_sum -= checksum_of(txn, ledger->tables[KG_LEDGER_ENTRIES], &key);
	for (int i = KG_LEDGER_ENTRIES; i <= KG_LEDGER_PARTS && status == 0; i++) {
		status = mdb_del(txn, ledger->tables[i], &key, NULL);
		if (status == MDB_NOTFOUND)
			status = 0;
	}
	return status ? status : kg_ledger_head_put(ledger, txn, head);
}

struct kg_error *
kg_ledger_remove(struct kg_ledger *ledger, struct kg_arena *arena, const char *node)
{
	return written(ledger, arena, entry_remove, node);
}

/* A value within a read transaction that the caller ends with kg_ledger_abort; size 0 and *ret_txn NULL when there is none. */
static struct kg_error *
value_find(struct kg_ledger *ledger, struct kg_arena *arena, enum kg_ledger_table table, const char *name, MDB_txn **ret_txn,
    MDB_val *ret_value)
{
	struct key bytes = key_of(name);
	MDB_val key = { bytes.size, bytes.bytes };

	*ret_txn = NULL;
	*ret_value = (MDB_val){ 0 };
	int status = kg_ledger_begin(ledger, false, ret_txn);
	if (status)
		return kg_ledger_error(arena, ledger, status, "read");
	status = mdb_get(*ret_txn, ledger->tables[table], &key, ret_value);
	if (status == 0)
		return NULL;
	kg_ledger_abort(ledger, *ret_txn);
	*ret_txn = NULL;
	return status == MDB_NOTFOUND ? NULL : kg_ledger_error(arena, ledger, status, "read");
}

struct kg_error *
kg_ledger_find(struct kg_ledger *ledger, struct kg_arena *arena, const char *node, const struct kg_entry **ret_entry)
{
	MDB_txn *txn;
	MDB_val value;
	struct kg_error *error = value_find(ledger, arena, KG_LEDGER_ENTRIES, node, &txn, &value);

	*ret_entry = NULL;
	if (!txn)
		return error;
	*ret_entry = kg_entry_decode(&(struct kg_entry_room){ .arena = arena }, value.mv_data, value.mv_size);
	if (*ret_entry && strcmp((*ret_entry)->name, node) != 0)
		*ret_entry = NULL;
	kg_ledger_abort(ledger, txn);
	return NULL;
}

struct kg_error *
kg_ledger_parts(struct kg_ledger *ledger, struct kg_arena *arena, const char *node, struct kg_parts *ret_parts)
{
	MDB_txn *txn;
	MDB_val value;
	struct kg_error *error = value_find(ledger, arena, KG_LEDGER_PARTS, node, &txn, &value);

	if (!txn || !kg_parts_decode(arena, node, value.mv_data, value.mv_size, ret_parts))
		*ret_parts = (struct kg_parts){ .arena = arena, .is_sealed = true };
	if (txn)
		kg_ledger_abort(ledger, txn);
	return error;
}

/* From here on the memory for all of them is more than a few large pages. */
static constexpr size_t many_entries = 16384;

static int
entry_order(const void *left, const void *right)
{
	const struct kg_entry *const *a = left, *const *b = right;

	return strcmp((*a)->name, (*b)->name);
}

static int
entries_read(
    struct kg_ledger *ledger, struct kg_arena *arena, MDB_txn *txn, const struct kg_entry ***ret_entries, uint32_t *ret_count)
{
	MDB_stat stat;
	MDB_cursor *cursor;
	MDB_val key, value;
	uint32_t count = 0;
	int status = mdb_stat(txn, ledger->tables[KG_LEDGER_ENTRIES], &stat);

	if (status == 0)
		status = mdb_cursor_open(txn, ledger->tables[KG_LEDGER_ENTRIES], &cursor);
	if (status)
		return status;
	const struct kg_entry **entries = kg_new_array(arena, const struct kg_entry *, stat.ms_entries);
	struct kg_entry_room room = { .arena = arena, .is_large = stat.ms_entries >= many_entries };
	while ((status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0 && count < stat.ms_entries) {
		entries[count] = kg_entry_decode(&room, value.mv_data, value.mv_size);
		count += entries[count] != NULL;
	}
	mdb_cursor_close(cursor);
	*ret_entries = entries;
	*ret_count = count;
	return status == MDB_NOTFOUND ? 0 : status;
}

struct kg_error *
kg_ledger_all(struct kg_ledger *ledger, struct kg_arena *arena, const struct kg_entry *const **ret_entries, uint32_t *ret_count)
{
	const struct kg_entry **entries = NULL;
	MDB_txn *txn;
	int status = kg_ledger_begin(ledger, false, &txn);

	*ret_entries = NULL;
	*ret_count = 0;
	if (status)
		return kg_ledger_error(arena, ledger, status, "read");
	status = entries_read(ledger, arena, txn, &entries, ret_count);
	kg_ledger_abort(ledger, txn);
	if (status)
		return kg_ledger_error(arena, ledger, status, "read");

	/* LMDB's order is that of the names but for those so long that their keys were cut. */
	for (uint32_t i = 1; i < *ret_count; i++) {
		if (strcmp(entries[i - 1]->name, entries[i]->name) > 0) {
			qsort(entries, *ret_count, sizeof(struct kg_entry *), entry_order);
			break;
		}
	}
	*ret_entries = entries;
	return NULL;
}

struct kg_error *
kg_ledger_fact(struct kg_ledger *ledger, struct kg_arena *arena, const char *name, const char **ret_value)
{
	MDB_txn *txn;
	MDB_val value;
	struct kg_error *error = value_find(ledger, arena, KG_LEDGER_FACTS, name, &txn, &value);

	*ret_value = NULL;
	if (!txn)
		return error;
	*ret_value = kg_copy_bytes(arena, value.mv_data, value.mv_size);
	kg_ledger_abort(ledger, txn);
	return NULL;
}

struct fact {
	const char *name, *value;
};

static int
fact_put(struct kg_ledger *ledger, MDB_txn *txn, const void *what)
{
	const struct fact *fact = what;
	struct key bytes = key_of(fact->name);
	MDB_val key = { bytes.size, bytes.bytes };

	if (!fact->value)
		return mdb_del(txn, ledger->tables[KG_LEDGER_FACTS], &key, NULL);
	return mdb_put(txn, ledger->tables[KG_LEDGER_FACTS], &key, &(MDB_val){ strlen(fact->value), (void *)fact->value }, 0);
}

struct kg_error *
kg_ledger_set_fact(struct kg_ledger *ledger, struct kg_arena *arena, const char *name, const char *value)
{
	const char *old;
	struct kg_error *error = kg_ledger_fact(ledger, arena, name, &old);

	kg_assert(!ledger->is_reading);
	if (error || (!value && !old) || (value && old && strcmp(value, old) == 0))
		return error;
	return written(ledger, arena, fact_put, &(struct fact){ name, value });
}
