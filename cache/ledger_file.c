#include "cache/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

static constexpr uint32_t layout_version = 1;
static constexpr int64_t sync_interval_ns = 1000000000;
static constexpr int damaged_kept = 9;
static constexpr int check_tries = 10;

static const char *const table_names[KG_LEDGER_TABLES] = { "entries", "parts", "facts", "head" };

struct kg_error *
kg_ledger_error(struct kg_arena *arena, const struct kg_ledger *ledger, int status, const char *doing)
{
	if (status == MDB_MAP_FULL)
		return kg_error_advise(arena,
		    kg_error_make(arena, KG_ESYSTEM,
			"cannot %s the ledger %s: it is full, and no address space is left to make it larger", doing, ledger->path),
		    "raise the limit of address space (ulimit -v)");
	if (status > 0)
		return kg_error_system(arena, status, "cannot %s the ledger %s", doing, ledger->path);
	return kg_error_make(arena, KG_EDATA, "cannot %s the ledger %s: %s", doing, ledger->path, mdb_strerror(status));
}

int
kg_ledger_begin(struct kg_ledger *ledger, bool is_writing, MDB_txn **ret_txn)
{
	for (;;) {
		pthread_rwlock_rdlock(&ledger->lock);
		int status = mdb_txn_begin(ledger->env, NULL, is_writing ? 0 : MDB_RDONLY, ret_txn);
		if (status == 0)
			return 0;
		pthread_rwlock_unlock(&ledger->lock);
		*ret_txn = NULL;
		if (status != MDB_MAP_RESIZED)
			return status;
		/* Another process has made it larger: 0 takes that over. */
		pthread_rwlock_wrlock(&ledger->lock);
		status = mdb_env_set_mapsize(ledger->env, 0);
		pthread_rwlock_unlock(&ledger->lock);
		if (status)
			return status;
	}
}

int
kg_ledger_commit(struct kg_ledger *ledger, MDB_txn *txn)
{
	int status = mdb_txn_commit(txn);

	pthread_rwlock_unlock(&ledger->lock);
	return status;
}

void
kg_ledger_abort(struct kg_ledger *ledger, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	pthread_rwlock_unlock(&ledger->lock);
}

int
kg_ledger_grow(struct kg_ledger *ledger)
{
	MDB_envinfo info;

	pthread_rwlock_wrlock(&ledger->lock);
	int status = mdb_env_info(ledger->env, &info);
	size_t larger = status == 0 ? kg_ledger_map_larger(info.me_mapsize) : 0;
	if (status == 0)
		status = larger > 0 ? mdb_env_set_mapsize(ledger->env, larger) : MDB_MAP_FULL;
	pthread_rwlock_unlock(&ledger->lock);
	return status;
}

static MDB_val head_key = { .mv_size = 4, .mv_data = (char[]){ "head" } };

int
kg_ledger_head_get(const struct kg_ledger *ledger, MDB_txn *txn, struct kg_ledger_head *ret_head)
{
	MDB_val value;
	int status = mdb_get(txn, ledger->tables[KG_LEDGER_HEAD], &head_key, &value);

	*ret_head = (struct kg_ledger_head){ 0 };
	if (status == 0 && value.mv_size == sizeof(*ret_head))
		memcpy(ret_head, value.mv_data, sizeof(*ret_head));
	return status;
}

int
kg_ledger_head_put(const struct kg_ledger *ledger, MDB_txn *txn, struct kg_ledger_head head)
{
	return mdb_put(txn, ledger->tables[KG_LEDGER_HEAD], &head_key, &(MDB_val){ sizeof(head), &head }, 0);
}

/* LMDB opens all its files so, but for the one that holds the data. */
static void
env_keep_from_children(const struct kg_ledger *ledger)
{
	int fd;

	if (mdb_env_get_fd(ledger->env, &fd) == 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Opens the file; *ret_damage tells when it is not a database that can be used. */
static struct kg_error *
env_open(struct kg_arena *arena, struct kg_ledger *ledger, const char **ret_damage)
{
	unsigned flags = MDB_NOSUBDIR | MDB_NOTLS | (ledger->is_reading ? MDB_RDONLY : MDB_NOSYNC);

	*ret_damage = kg_ledger_check_head(arena, ledger->path, KG_LEDGER_BYTES_MAX);
	if (*ret_damage)
		return NULL;
	for (uint32_t tries = 0;; tries++) {
		int status = mdb_env_create(&ledger->env);

		if (status == 0)
			status = mdb_env_set_mapsize(ledger->env, kg_ledger_map_first(tries));
		if (status == 0)
			status = mdb_env_set_maxdbs(ledger->env, KG_LEDGER_TABLES);
		if (status == 0)
			status = mdb_env_open(ledger->env, ledger->path, flags, 0600);
		if (status == 0) {
			env_keep_from_children(ledger);
			return NULL;
		}
		mdb_env_close(ledger->env);
		ledger->env = NULL;
		/* Where the address space is limited (ulimit -v), less will do. */
		if (status == ENOMEM && kg_ledger_map_first(tries + 1) > 0)
			continue;
		if (status > 0)
			return kg_ledger_error(arena, ledger, status, "open");
		*ret_damage = mdb_strerror(status);
		return NULL;
	}
}

static struct kg_error *
pages_check(struct kg_arena *arena, struct kg_ledger *ledger, struct kg_ledger_found *ret_found, const char **ret_damage)
{
	int cleared;

	mdb_reader_check(ledger->env, &cleared);
	/* Beside a run that writes, the snapshot may be two transactions old before its first page has been read. */
	for (int i = 0; i < check_tries; i++) {
		MDB_txn *txn;
		int status = kg_ledger_begin(ledger, false, &txn);

		if (status)
			return kg_ledger_error(arena, ledger, status, "read");
		*ret_damage = kg_ledger_check(arena, ledger->path, KG_LEDGER_BYTES_MAX, mdb_txn_id(txn), ret_found);
		kg_ledger_abort(ledger, txn);
		if (!*ret_damage)
			return NULL;
	}
	return NULL;
}

/* Opens the tables, making them in a new ledger. MDB_NOTFOUND: a ledger that is opened for reading has none yet. */
static int
tables_open(struct kg_ledger *ledger)
{
	struct kg_ledger_head head;
	MDB_txn *txn;
	int status = kg_ledger_begin(ledger, !ledger->is_reading, &txn);

	if (status)
		return status;
	for (int i = 0; i < KG_LEDGER_TABLES && status == 0; i++)
		status = mdb_dbi_open(txn, table_names[i], ledger->is_reading ? 0 : MDB_CREATE, &ledger->tables[i]);
	if (status == 0 && !ledger->is_reading && kg_ledger_head_get(ledger, txn, &head) == MDB_NOTFOUND)
		status = kg_ledger_head_put(ledger, txn, (struct kg_ledger_head){ .version = layout_version });
	if (status == 0)
		return kg_ledger_commit(ledger, txn);
	kg_ledger_abort(ledger, txn);
	return status;
}

static void
env_close(struct kg_ledger *ledger)
{
	if (ledger->env)
		mdb_env_close(ledger->env);
	ledger->env = NULL;
}

static const char *
found_damage(const struct kg_ledger_found *found)
{
	if (found->has_head && found->head.version != layout_version)
		return "it was written by another version of kgraph";
	if (found->entries_sum != (found->has_head ? found->head.entries_sum : 0))
		return "its entries are of different moments";
	return NULL;
}

/* Opens and believes nothing unseen: *ret_damage tells why the ledger cannot be used. *ret_is_empty: it has no tables. */
static struct kg_error *
ledger_open(struct kg_arena *arena, struct kg_ledger *ledger, const char **ret_damage, bool *ret_is_empty)
{
	struct kg_ledger_found found;
	struct kg_error *error = env_open(arena, ledger, ret_damage);

	*ret_is_empty = false;
	if (!error && !*ret_damage)
		error = pages_check(arena, ledger, &found, ret_damage);
	if (!error && !*ret_damage)
		*ret_damage = found_damage(&found);
	if (!error && !*ret_damage) {
		int status = tables_open(ledger);

		*ret_is_empty = status == MDB_NOTFOUND;
		if (status && !*ret_is_empty)
			error = kg_ledger_error(arena, ledger, status, "open");
	}
	if (error || *ret_damage || *ret_is_empty)
		env_close(ledger);
	return error;
}

/* Renames the file to FOLDER/ledger.damaged-N; only so many are kept. */
static struct kg_error *
set_aside(struct kg_arena *arena, const struct kg_ledger *ledger, const char *folder, const char **ret_name)
{
	for (int i = 1; i <= damaged_kept; i++) {
		*ret_name = kg_format(arena, "%s/ledger.damaged-%d", folder, i);
		if (access(*ret_name, F_OK) < 0)
			break;
	}
	if (rename(ledger->path, *ret_name) < 0)
		return kg_error_system(arena, errno, "cannot set the damaged ledger %s aside", ledger->path);
	unlink(kg_format(arena, "%s-lock", ledger->path));
	return NULL;
}

static struct kg_ledger *
ledger_make(struct kg_arena *arena, const char *folder, bool is_reading)
{
	struct kg_ledger *ledger = kg_new(arena, struct kg_ledger);

	ledger->path = kg_format(arena, "%s/ledger.mdb", folder);
	ledger->is_reading = is_reading;
	pthread_rwlock_init(&ledger->lock, NULL);
	ledger->synced_ns = kg_clock_now_ns();
	return ledger;
}

struct kg_error *
kg_ledger_open(struct kg_arena *arena, const char *folder, struct kg_ledger **ret_ledger, const char **ret_damage)
{
	struct kg_ledger *ledger = ledger_make(arena, folder, false);
	struct kg_error *error = kg_file_make_folder(arena, folder, 0700);
	const char *damage = NULL, *aside;
	bool is_empty;

	*ret_ledger = NULL;
	*ret_damage = NULL;
	if (!error)
		error = ledger_open(arena, ledger, &damage, &is_empty);
	if (!error && damage) {
		error = set_aside(arena, ledger, folder, &aside);
		if (error)
			return error;
		*ret_damage = kg_format(arena,
		    "what was done before is not known any more, as the ledger cannot be used: %s; it is kept as %s", damage,
		    aside);
		error = ledger_open(arena, ledger, &damage, &is_empty);
		if (!error && damage)
			error = kg_error_make(arena, KG_EDATA, "cannot make the ledger %s: %s", ledger->path, damage);
	}
	if (!error)
		*ret_ledger = ledger;
	return error;
}

struct kg_error *
kg_ledger_open_reading(struct kg_arena *arena, const char *folder, struct kg_ledger **ret_ledger)
{
	struct kg_ledger *ledger = ledger_make(arena, folder, true);
	const char *damage;
	bool is_empty;

	*ret_ledger = NULL;
	if (access(ledger->path, F_OK) < 0 && errno == ENOENT)
		return kg_error_make(arena, KG_EINPUT, "nothing has run here yet");
	struct kg_error *error = ledger_open(arena, ledger, &damage, &is_empty);
	if (error)
		return error;
	if (damage)
		return kg_error_make(arena, KG_EDATA, "the ledger %s cannot be used: %s", ledger->path, damage);
	if (is_empty)
		return kg_error_make(arena, KG_EINPUT, "nothing has run here yet");
	*ret_ledger = ledger;
	return NULL;
}

void
kg_ledger_close(struct kg_ledger *ledger)
{
	if (!ledger || !ledger->env)
		return;
	if (ledger->is_unsynced)
		mdb_env_sync(ledger->env, 1);
	env_close(ledger);
}

void
kg_ledger_written(struct kg_ledger *ledger)
{
	ledger->is_unsynced = true;
	if (kg_clock_now_ns() - ledger->synced_ns < sync_interval_ns)
		return;
	mdb_env_sync(ledger->env, 1);
	ledger->is_unsynced = false;
	ledger->synced_ns = kg_clock_now_ns();
}
