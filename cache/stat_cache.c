#include "cache/stat_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/file_hash.h"
#include "cache/stat_file.h"
#include "cache/walk.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/list.h"

/*
 * What earlier runs knew is mapped and only read. What this run finds out is kept beside it, in shards that are locked for a moment each:
 * never while a file is read. Whoever finds a file that another thread is reading waits for the shard's bell.
 *
 * A file may be changed again within the same tick of the clock that stamps it, and then nothing tells. So a digest is kept for the next run
 * only when the file's times lie before the moment of the reading by more than the stamps' grain. Both moments must be of the same clock: on
 * file systems of other machines it is another one, which a file written beside the cache's own makes known.
 */
static constexpr uint32_t shard_count = 64;
static constexpr int64_t grain_ns = 20000000;          /* two ticks of a kernel with 100 Hz */
static constexpr int64_t coarse_grain_ns = 2000000000; /* of file systems that keep whole seconds (FAT: two) */
static constexpr uint32_t day_refresh = 7, day_forget = 30;
static constexpr int64_t day_ns = 86400ll * 1000000000;
static constexpr int race_tries = 5;

enum live_state : uint8_t { LIVE_FREE, LIVE_HASHING, LIVE_KNOWN, LIVE_FORGOTTEN };

struct live {
	struct kg_stat_record record;
	int64_t begun_ns;   /* when the reading began: decides whether it is kept */
	uint32_t forgotten; /* how often: a reading that began before the last time is not believed */
	enum live_state state;
	bool is_steady;
};

struct shard {
	alignas(64) pthread_mutex_t mutex;
	pthread_cond_t bell; /* a file of this shard was read */
	struct live *items;  /* open addressing, at least a quarter of it free */
	uint32_t count, room;
};

struct kg_stat_cache {
	const char *path;
	struct kg_stat_file file;
	_Atomic uint64_t *seen; /* a bit for each record of the file that this run asked for */
	_Atomic uint64_t hashed;
	uint32_t today;
	struct shard shards[shard_count];
};

struct kg_error *
kg_stat_cache_open(struct kg_arena *arena, const char *path, struct kg_stat_cache **ret_cache)
{
	/* An arena aligns to 16 bytes, a shard to 64. */
	char *memory = kg_alloc(arena, sizeof(struct kg_stat_cache) + alignof(struct kg_stat_cache));
	size_t past = (uintptr_t)memory % alignof(struct kg_stat_cache);
	struct kg_stat_cache *cache = (void *)(memory + (past ? alignof(struct kg_stat_cache) - past : 0));

	cache->path = kg_copy(arena, path);
	cache->today = (uint32_t)(kg_clock_wall_ns() / day_ns);
	kg_stat_file_map(path, &cache->file);
	cache->seen = kg_alloc_array(arena, cache->file.count / 64 + 1, sizeof(uint64_t));
	for (uint32_t i = 0; i < shard_count; i++) {
		pthread_mutex_init(&cache->shards[i].mutex, NULL);
		pthread_cond_init(&cache->shards[i].bell, NULL);
	}
	*ret_cache = cache;
	return NULL;
}

static struct shard *
shard_of(struct kg_stat_cache *cache, const struct stat *stat)
{
	/* The low bits choose the place within the shard. */
	return &cache->shards[kg_stat_hash(stat->st_dev, stat->st_ino) >> 48 & (shard_count - 1)];
}

static struct live *
live_slot(struct live *items, uint32_t room, uint64_t device, uint64_t inode)
{
	for (uint64_t at = kg_stat_hash(device, inode);; at++) {
		struct live *live = &items[at & (room - 1)];

		if (live->state == LIVE_FREE || (live->record.inode == inode && live->record.device == device))
			return live;
	}
}

static struct live *
live_find(struct shard *shard, const struct stat *stat)
{
	struct live *live = shard->room ? live_slot(shard->items, shard->room, stat->st_dev, stat->st_ino) : NULL;

	return live && live->state != LIVE_FREE ? live : NULL;
}

static void
shard_grow(struct shard *shard)
{
	uint32_t room = shard->room ? shard->room * 2 : 16;
	struct live *items = calloc(room, sizeof(*items));

	if (!items)
		kg_out_of_memory();
	for (uint32_t i = 0; i < shard->room; i++) {
		const struct live *old = &shard->items[i];

		if (old->state != LIVE_FREE)
			*live_slot(items, room, old->record.device, old->record.inode) = *old;
	}
	free(shard->items);
	shard->items = items;
	shard->room = room;
}

/* Found or made. Pointers into the shard are good until the next call or unlocking. */
static struct live *
live_take(struct shard *shard, uint64_t device, uint64_t inode)
{
	if (shard->room * 3 < (shard->count + 1) * 4)
		shard_grow(shard);
	struct live *live = live_slot(shard->items, shard->room, device, inode);
	if (live->state == LIVE_FREE) {
		live->record.device = device;
		live->record.inode = inode;
		shard->count++;
	}
	return live;
}

static bool
is_same(const struct kg_stat_record *record, const struct stat *stat)
{
	return record->size_bytes == stat->st_size && record->changed_ns == kg_file_changed_ns(stat) &&
	    record->status_changed_ns == kg_file_status_changed_ns(stat) &&
	    (record->is_executable != 0) == ((stat->st_mode & 0111) != 0);
}

static struct kg_file_state
state_of(const struct kg_stat_record *record, mode_t mode)
{
	return (struct kg_file_state){
		.type = KG_FILE_REGULAR,
		.is_executable = record->is_executable != 0,
		.mode = mode,
		.size_bytes = record->size_bytes,
		.digest = record->digest,
	};
}

/*
 * What is known of the file, waiting for whoever is reading it now. False: the caller reads it, and must say so with hashing_end and the same
 * *ret_forgotten, since others wait from now on.
 */
static bool
known_or_begin(struct kg_stat_cache *cache, struct shard *shard, const struct stat *stat, struct kg_file_state *ret_state,
    uint32_t *ret_forgotten)
{
	struct live *live;

	while ((live = live_find(shard, stat)) && live->state == LIVE_HASHING)
		pthread_cond_wait(&shard->bell, &shard->mutex);
	if (live && live->state == LIVE_KNOWN && is_same(&live->record, stat)) {
		*ret_state = state_of(&live->record, stat->st_mode);
		return true;
	}
	const struct kg_stat_record *old = live ? NULL : kg_stat_file_find(&cache->file, stat->st_dev, stat->st_ino);
	if (old && is_same(old, stat)) {
		uint64_t index = (uint64_t)(old - cache->file.records);

		atomic_fetch_or_explicit(&cache->seen[index / 64], (uint64_t)1 << index % 64, memory_order_relaxed);
		*ret_state = state_of(old, stat->st_mode);
		return true;
	}
	live = live_take(shard, stat->st_dev, stat->st_ino);
	live->state = LIVE_HASHING;
	*ret_forgotten = live->forgotten;
	return false;
}

static struct kg_stat_record
record_of(const struct kg_stat_cache *cache, const struct kg_file_hash *hash)
{
	return (struct kg_stat_record){
		.device = hash->stat.st_dev,
		.inode = hash->stat.st_ino,
		.size_bytes = hash->stat.st_size,
		.changed_ns = kg_file_changed_ns(&hash->stat),
		.status_changed_ns = kg_file_status_changed_ns(&hash->stat),
		.digest = hash->digest,
		.is_executable = (hash->stat.st_mode & 0111) != 0,
		.seen_day = cache->today,
	};
}

/* The file that was asked for may have been replaced before it was opened: then nothing is known of it, only of the one that was read. */
static void
hashing_end(
    struct kg_stat_cache *cache, struct shard *shard, const struct stat *asked, const struct kg_file_hash *hash, uint32_t forgotten)
{
	pthread_mutex_lock(&shard->mutex);
	struct live *live = live_take(shard, asked->st_dev, asked->st_ino);
	bool is_same_file = hash && hash->stat.st_dev == asked->st_dev && hash->stat.st_ino == asked->st_ino;

	if (live->forgotten == forgotten)
		live->state = LIVE_FORGOTTEN;
	if (live->forgotten == forgotten && is_same_file) {
		live->record = record_of(cache, hash);
		live->begun_ns = hash->begun_ns;
		live->is_steady = hash->is_steady;
		live->state = LIVE_KNOWN;
	}
	pthread_cond_broadcast(&shard->bell);
	pthread_mutex_unlock(&shard->mutex);
}

/* Where a file is, and the file itself if it is open already, else -1. */
struct place {
	int folder_fd;
	const char *path;
	int fd;
};

/* 0, or an errno; ELOOP, ENOENT and ENOTDIR tell that something else has taken the file's place. */
static int
regular_look(struct kg_stat_cache *cache, struct place place, const struct stat *stat, struct kg_file_state *ret_state)
{
	struct shard *shard = shard_of(cache, stat);
	struct kg_file_hash hash;
	uint32_t forgotten;

	pthread_mutex_lock(&shard->mutex);
	bool is_known = known_or_begin(cache, shard, stat, ret_state, &forgotten);
	pthread_mutex_unlock(&shard->mutex);
	if (is_known)
		return 0;

	int sys =
	    place.fd < 0 ? kg_file_hash_in(place.folder_fd, place.path, stat, &hash) : kg_file_hash_open(place.fd, stat, &hash);
	hashing_end(cache, shard, stat, sys ? NULL : &hash, forgotten);
	if (sys)
		return sys;
	atomic_fetch_add_explicit(&cache->hashed, 1, memory_order_relaxed);
	struct kg_stat_record record = record_of(cache, &hash);
	*ret_state = state_of(&record, hash.stat.st_mode);
	return 0;
}

static bool
is_gone(int sys)
{
	return sys == ENOENT || sys == ENOTDIR;
}

/* One attempt. */
static int
path_look(struct kg_stat_cache *cache, int folder_fd, const char *path, struct kg_file_state *ret_state)
{
	struct stat stat;

	*ret_state = (struct kg_file_state){ .type = KG_FILE_MISSING };
	if (fstatat(folder_fd, path, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return is_gone(errno) ? 0 : errno;
	ret_state->mode = stat.st_mode;
	ret_state->size_bytes = stat.st_size;
	switch (stat.st_mode & S_IFMT) {
	case S_IFREG: return regular_look(cache, (struct place){ folder_fd, path, -1 }, &stat, ret_state);
	case S_IFLNK: ret_state->type = KG_FILE_LINK; return kg_file_hash_link(folder_fd, path, &ret_state->digest);
	case S_IFDIR: ret_state->type = KG_FILE_FOLDER; break;
	default: ret_state->type = KG_FILE_OTHER; break;
	}
	ret_state->size_bytes = 0;
	return 0;
}

/* Where nothing is known the file has to be opened anyway, and tells by itself what it is. */
static int
unknown_look(struct kg_stat_cache *cache, int folder_fd, const char *name, struct kg_file_state *ret_state)
{
	/* O_NONBLOCK: it may have become a named pipe. */
	int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), sys;
	struct stat stat;

	if (fd < 0)
		return errno;
	if (fstat(fd, &stat) < 0)
		sys = errno;
	else if (!S_ISREG(stat.st_mode))
		sys = ELOOP;
	else
		sys = regular_look(cache, (struct place){ folder_fd, name, fd }, &stat, ret_state);
	close(fd);
	return sys;
}

int
kg_stat_cache_look_in(
    struct kg_stat_cache *cache, int folder_fd, const char *name, bool is_regular, struct kg_file_state *ret_state)
{
	int sys = 0;

	if (is_regular && cache->file.count == 0 && unknown_look(cache, folder_fd, name, ret_state) == 0)
		return 0;
	for (int i = 0; i < race_tries; i++) {
		sys = path_look(cache, folder_fd, name, ret_state);
		if (sys != ELOOP && sys != EINVAL && !is_gone(sys))
			break;
	}
	return sys;
}

struct kg_error *
kg_stat_cache_look(struct kg_stat_cache *cache, struct kg_arena *arena, const char *path, struct kg_file_state *ret_state)
{
	int sys = kg_stat_cache_look_in(cache, AT_FDCWD, path, false, ret_state);

	return sys ? kg_error_system(arena, sys, "cannot read %s", path) : NULL;
}

uint64_t
kg_stat_cache_hashed(const struct kg_stat_cache *cache)
{
	return atomic_load_explicit(&cache->hashed, memory_order_relaxed);
}

static void
file_forget(struct kg_stat_cache *cache, const struct stat *stat)
{
	struct shard *shard = shard_of(cache, stat);

	pthread_mutex_lock(&shard->mutex);
	struct live *live = live_take(shard, stat->st_dev, stat->st_ino);
	/* What a thread that is reading it now finds is for itself alone; who waits for it reads again. */
	live->state = LIVE_FORGOTTEN;
	live->forgotten++;
	pthread_cond_broadcast(&shard->bell);
	pthread_mutex_unlock(&shard->mutex);
}

void
kg_stat_cache_forget(struct kg_stat_cache *cache, const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) < 0)
		return;
	if (S_ISREG(stat.st_mode))
		file_forget(cache, &stat);
	if (!S_ISDIR(stat.st_mode))
		return;

	struct kg_arena *scratch = kg_arena_make();
	struct kg_names names = { 0 };
	/* What cannot be read here cannot be read by who asks next, and is told then. */
	struct kg_error *error = kg_walk_tree(scratch, path, &names);
	for (uint32_t i = 0; !error && i < names.count; i++)
		if (names.items[i].type == KG_FILE_REGULAR &&
		    lstat(kg_format(scratch, "%s/%s", path, names.items[i].name), &stat) == 0)
			file_forget(cache, &stat);
	kg_arena_free(scratch);
}

/* How far the clock of the cache's file system is ahead of ours, and which one it is: a file written there tells. */
struct file_system {
	dev_t device;
	int64_t ahead_ns;
	bool is_known;
};

static struct file_system
file_system_ask(struct kg_arena *arena, const char *path)
{
	char *neighbour = kg_format(arena, "%s.XXXXXX", path);
	struct file_system asked = { 0 };
	struct stat stat;
	int fd = mkostemp(neighbour, O_CLOEXEC);

	if (fd < 0)
		return asked;
	unlink(neighbour);
	if (write(fd, "", 1) == 1 && fstat(fd, &stat) == 0)
		asked = (struct file_system){ stat.st_dev, kg_file_changed_ns(&stat) - kg_file_clock_ns(), true };
	close(fd);
	return asked;
}

static bool
is_worth_keeping(const struct live *live, const struct file_system *home)
{
	const struct kg_stat_record *record = &live->record;
	int64_t last_ns = record->changed_ns > record->status_changed_ns ? record->changed_ns : record->status_changed_ns;
	int64_t begun_ns = live->begun_ns, grain = grain_ns;
	bool is_home = home->is_known && record->device == home->device;

	if (live->state != LIVE_KNOWN || !live->is_steady)
		return false;
	/* Whole seconds, or a clock that we do not know. */
	if (!is_home || record->status_changed_ns % 1000000000 == 0)
		grain = coarse_grain_ns;
	if (is_home)
		begun_ns += home->ahead_ns < 0 ? home->ahead_ns : 0;
	return last_ns < begun_ns - grain;
}

struct records {
	struct kg_stat_record *items;
	uint32_t count, room;
};

static void
records_keep_live(struct kg_stat_cache *cache, struct kg_arena *arena, struct records *kept)
{
	struct file_system home = file_system_ask(arena, cache->path);

	for (uint32_t i = 0; i < shard_count; i++) {
		const struct shard *shard = &cache->shards[i];

		for (uint32_t j = 0; j < shard->room; j++)
			if (is_worth_keeping(&shard->items[j], &home))
				kg_list_push(arena, kept, shard->items[j].record);
	}
}

/* True when one of them is due to be written: seen again after a while, or not seen for long. */
static bool
records_keep_old(struct kg_stat_cache *cache, struct kg_arena *arena, struct records *kept)
{
	bool is_due = false;

	for (uint32_t i = 0; i < cache->file.count; i++) {
		struct kg_stat_record record = cache->file.records[i];
		struct stat key = { .st_dev = record.device, .st_ino = record.inode };
		uint32_t age = cache->today > record.seen_day ? cache->today - record.seen_day : 0;
		bool is_seen = atomic_load_explicit(&cache->seen[i / 64], memory_order_relaxed) >> i % 64 & 1;

		if (live_find(shard_of(cache, &key), &key))
			continue;
		is_due |= is_seen ? age >= day_refresh : age > day_forget;
		if (!is_seen && age > day_forget)
			continue;
		if (is_seen && age >= day_refresh)
			record.seen_day = cache->today;
		kg_list_push(arena, kept, record);
	}
	return is_due;
}

struct kg_error *
kg_stat_cache_close(struct kg_stat_cache *cache, struct kg_arena *arena)
{
	struct kg_arena *scratch = kg_arena_make();
	struct kg_error *error = NULL;
	struct records kept = { .room = cache->file.count };

	for (uint32_t i = 0; i < shard_count; i++)
		kept.room += cache->shards[i].count;
	kept.items = kg_new_array(scratch, struct kg_stat_record, kept.room + 1);
	if (kg_stat_cache_hashed(cache) > 0)
		records_keep_live(cache, scratch, &kept);
	bool is_changed = kept.count > 0;
	is_changed |= records_keep_old(cache, scratch, &kept);
	if (is_changed)
		error = kg_error_copy(arena, kg_stat_file_write(scratch, cache->path, kept.items, kept.count));
	kg_arena_free(scratch);
	kg_stat_cache_drop(cache);
	return error;
}

void
kg_stat_cache_drop(struct kg_stat_cache *cache)
{
	for (uint32_t i = 0; i < shard_count; i++) {
		free(cache->shards[i].items);
		pthread_mutex_destroy(&cache->shards[i].mutex);
		pthread_cond_destroy(&cache->shards[i].bell);
	}
	kg_stat_file_unmap(&cache->file);
}
