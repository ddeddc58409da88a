#include "cache/context_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/context.h"
#include "cache/context_rules.h"
#include "cache/stat_cache.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"

/*
 * A piece of work is a folder to be read, or some of the files of a folder that is too large for one thread. Each thread takes the newest piece,
 * reads, and hands the folders that it found to all; what a thread makes lies in an arena of its own. The first thread is the caller's: a small
 * context never starts another.
 */
static constexpr uint32_t files_most = 256;      /* that one piece of work looks at */
static constexpr uint32_t worth_a_thread = 8;    /* pieces that wait */
static constexpr size_t buffer_bytes = 64 << 10; /* of one call for a folder's names */
static constexpr char own_folder[] = ".kgraph";

struct piece {
	struct kg_context_folder *folder;
	uint32_t first, end; /* of its entries; end 0: the folder is to be read */
};

struct walk {
	struct kg_stat_cache *cache;
	const struct kg_context_rules *rules;
	int root_fd;
	uint32_t threads_most;

	pthread_mutex_t mutex; /* of all below */
	pthread_cond_t bell;   /* there is work, or there will be none */
	struct kg_arena *arena;
	KG_LIST(struct piece) pieces;
	uint32_t open; /* pieces that wait or are worked at */
	uint32_t waiting, thread_count;
	struct kg_context_folder *newest;
	int sys; /* of the first failure, at path */
	const char *path;
	struct thread *threads[KG_CONTEXT_THREADS_MAX];
};

struct thread {
	struct walk *walk;
	struct kg_arena *arena;
	pthread_t id;
	char *buffer;
};

static void *thread_main(void *data);

static struct thread *
thread_make(struct walk *walk)
{
	struct kg_arena *arena = kg_arena_make();
	struct thread *thread = kg_new(arena, struct thread);

	*thread = (struct thread){ .walk = walk, .arena = arena, .buffer = kg_alloc(arena, buffer_bytes) };
	walk->threads[walk->thread_count++] = thread;
	return thread;
}

/* With the mutex. Without another thread it takes longer, that is all. */
static void
thread_start(struct walk *walk)
{
	struct thread *thread = thread_make(walk);

	if (pthread_create(&thread->id, NULL, thread_main, thread) == 0)
		return;
	walk->thread_count--;
	walk->threads_most = walk->thread_count;
	kg_arena_free(thread->arena);
}

/* With the mutex. */
static void
piece_add(struct walk *walk, struct piece piece)
{
	kg_list_push(walk->arena, &walk->pieces, piece);
	walk->open++;
	if (walk->waiting > 0)
		pthread_cond_signal(&walk->bell);
	else if (walk->thread_count < walk->threads_most && (walk->pieces.count >= worth_a_thread || piece.end > 0))
		thread_start(walk);
}

static void
fail(struct thread *thread, int sys, const struct kg_context_folder *folder, const char *name)
{
	struct walk *walk = thread->walk;

	pthread_mutex_lock(&walk->mutex);
	if (walk->sys == 0) {
		walk->sys = sys;
		walk->path = kg_format(walk->arena, "%s%s", folder->path, name);
	}
	pthread_mutex_unlock(&walk->mutex);
}

static bool
is_gone(int sys)
{
	return sys == ENOENT || sys == ENOTDIR || sys == ELOOP;
}

/* -1 when it cannot be opened, and then it is as if it was empty, or the walk has failed. */
static int
folder_open(struct thread *thread, struct kg_context_folder *folder)
{
	if (!folder->above)
		return fcntl(thread->walk->root_fd, F_DUPFD_CLOEXEC, 0);

	int fd = openat(thread->walk->root_fd, folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int sys = fd < 0 ? errno : 0;
	struct kg_context_entry *entry = &folder->above->entries[folder->index];

	if (sys && is_gone(sys))
		entry->counts = false;
	else if (sys && entry->counts)
		fail(thread, sys, folder, "");
	return fd;
}

static void
file_look(struct thread *thread, int fd, const struct kg_context_folder *folder, struct kg_context_entry *entry)
{
	struct kg_file_state state;
	int sys = kg_stat_cache_look_in(thread->walk->cache, fd, entry->name, entry->is_regular, &state);
	struct stat stat;

	entry->counts = !sys && state.type != KG_FILE_MISSING && state.type != KG_FILE_FOLDER && !S_ISSOCK(state.mode);
	if (state.type == KG_FILE_OTHER && fstatat(fd, entry->name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
		state.digest.low = stat.st_rdev;
	if (sys)
		fail(thread, sys, folder, entry->name);
	else
		entry->digest = kg_context_digest(&state);
}

static void
files_look(struct thread *thread, int fd, struct kg_context_folder *folder, uint32_t first, uint32_t end)
{
	for (uint32_t i = first; i < end; i++)
		if (!folder->entries[i].below)
			file_look(thread, fd, folder, &folder->entries[i]);
}

static enum kg_file_type
type_of(int fd, const struct dirent64 *found)
{
	struct stat stat;

	switch (found->d_type) {
	case DT_DIR: return KG_FILE_FOLDER;
	case DT_REG: return KG_FILE_REGULAR;
	case DT_SOCK: return KG_FILE_MISSING;
	case DT_UNKNOWN: break; /* the file system does not tell */
	default: return KG_FILE_OTHER;
	}
	if (fstatat(fd, found->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return KG_FILE_MISSING;
	return S_ISDIR(stat.st_mode) ? KG_FILE_FOLDER : S_ISREG(stat.st_mode) ? KG_FILE_REGULAR : KG_FILE_OTHER;
}

struct entries {
	struct kg_context_entry *items;
	uint32_t count, room;
};

/* A folder that may hold something that counts. */
static bool
folder_found(
    struct thread *thread, struct kg_context_folder *above, const char *name, uint32_t size, struct kg_context_entry *ret_entry)
{
	const struct kg_context_rules *rules = thread->walk->rules;
	uint64_t *state = kg_new_array(thread->arena, uint64_t, kg_context_rules_words(rules));
	struct kg_context_verdict verdict = kg_context_rules_enter(rules, above->state, name, size, state);

	if (!verdict.is_entered)
		return false;
	struct kg_context_folder *folder = kg_new(thread->arena, struct kg_context_folder);
	*folder = (struct kg_context_folder){
		.above = above,
		.path = kg_format(thread->arena, "%s%s/", above->path, name),
		.path_size = above->path_size + size + 1,
		.state = state,
	};
	ret_entry->below = folder;
	ret_entry->counts = verdict.counts;
	return true;
}

static void
entry_found(struct thread *thread, int fd, struct kg_context_folder *folder, const struct dirent64 *found, struct entries *entries)
{
	const char *name = found->d_name;
	struct kg_context_entry entry = { .size = (uint32_t)strlen(name) };

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	enum kg_file_type type = type_of(fd, found);
	switch (type) {
	case KG_FILE_MISSING: return;
	case KG_FILE_FOLDER:
		if (strcmp(name, own_folder) == 0 || !folder_found(thread, folder, name, entry.size, &entry))
			return;
		break;
	default:
		if (!kg_context_rules_keep(thread->walk->rules, folder->state, name, entry.size))
			return;
	}
	entry.is_regular = type == KG_FILE_REGULAR;
	entry.name = kg_copy_bytes(thread->arena, name, entry.size);
	kg_list_push(thread->arena, entries, entry);
}

static unsigned char
byte_at(const struct kg_context_entry *entry, uint32_t at)
{
	return at < entry->size ? (unsigned char)entry->name[at] : entry->below ? '/' : '\0';
}

static int
entry_order(const void *left, const void *right)
{
	const struct kg_context_entry *a = left, *b = right;
	uint32_t size = a->size < b->size ? a->size : b->size;
	int order = memcmp(a->name, b->name, size);

	return order ? order : byte_at(a, size) - byte_at(b, size);
}

/* 0 or an errno. */
static int
names_read(struct thread *thread, int fd, struct kg_context_folder *folder)
{
	struct entries entries = { 0 };
	ssize_t got;

	while ((got = getdents64(fd, thread->buffer, buffer_bytes)) > 0) {
		for (const char *at = thread->buffer; at < thread->buffer + got;) {
			const struct dirent64 *found = (const void *)at;

			entry_found(thread, fd, folder, found, &entries);
			at += found->d_reclen;
		}
	}
	if (got < 0)
		return errno;
	if (entries.count > 1)
		qsort(entries.items, entries.count, sizeof(*entries.items), entry_order);
	folder->entries = entries.items;
	folder->count = entries.count;
	return 0;
}

/* Hands on what is in the folder; what is left for this thread itself ends at the entry that is returned. */
static uint32_t
pieces_add(struct walk *walk, struct kg_context_folder *folder)
{
	uint32_t end = folder->count < files_most ? folder->count : files_most;

	pthread_mutex_lock(&walk->mutex);
	for (uint32_t i = 0; i < folder->count; i++) {
		struct kg_context_folder *below = folder->entries[i].below;

		if (!below)
			continue;
		below->index = i;
		below->older = walk->newest;
		walk->newest = below;
		piece_add(walk, (struct piece){ .folder = below });
	}
	for (uint32_t at = end; at < folder->count; at += files_most)
		piece_add(walk, (struct piece){ folder, at, folder->count - at < files_most ? folder->count : at + files_most });
	pthread_mutex_unlock(&walk->mutex);
	return end;
}

static void
folder_read(struct thread *thread, int fd, struct kg_context_folder *folder)
{
	struct stat stat;
	int sys = names_read(thread, fd, folder);

	if (!sys && fstat(fd, &stat) < 0)
		sys = errno;
	if (sys) {
		fail(thread, sys, folder, "");
		return;
	}
	if (folder->above)
		folder->above->entries[folder->index].digest =
		    kg_context_digest(&(struct kg_file_state){ .type = KG_FILE_FOLDER, .mode = stat.st_mode });
	files_look(thread, fd, folder, 0, pieces_add(thread->walk, folder));
}

static void
piece_work(struct thread *thread, const struct piece *piece)
{
	int fd = folder_open(thread, piece->folder);

	if (fd < 0)
		return;
	if (piece->end == 0)
		folder_read(thread, fd, piece->folder);
	else
		files_look(thread, fd, piece->folder, piece->first, piece->end);
	close(fd);
}

static void *
thread_main(void *data)
{
	struct thread *thread = data;
	struct walk *walk = thread->walk;

	pthread_mutex_lock(&walk->mutex);
	for (;;) {
		while (walk->pieces.count == 0 && walk->open > 0) {
			walk->waiting++;
			pthread_cond_wait(&walk->bell, &walk->mutex);
			walk->waiting--;
		}
		if (walk->open == 0)
			break;
		struct piece piece = walk->pieces.items[--walk->pieces.count];
		bool has_failed = walk->sys != 0;

		pthread_mutex_unlock(&walk->mutex);
		if (!has_failed)
			piece_work(thread, &piece);
		pthread_mutex_lock(&walk->mutex);
		walk->open--;
	}
	pthread_cond_broadcast(&walk->bell);
	pthread_mutex_unlock(&walk->mutex);
	return NULL;
}

static uint32_t
core_count(void)
{
	cpu_set_t cores;

	return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? (uint32_t)CPU_COUNT(&cores) : 1;
}

static void
walk_run(struct walk *walk, struct kg_context_tree *ret_tree)
{
	struct thread *first = thread_make(walk);
	struct kg_context_folder *root = kg_new(first->arena, struct kg_context_folder);

	root->path = "";
	root->state = kg_new_array(first->arena, uint64_t, kg_context_rules_words(walk->rules));
	kg_context_rules_start(walk->rules, root->state);
	walk->newest = root;
	pthread_mutex_lock(&walk->mutex);
	piece_add(walk, (struct piece){ .folder = root });
	pthread_mutex_unlock(&walk->mutex);
	thread_main(first);
	/* Whoever starts a thread is still working then, so that no more of them come. */
	*ret_tree = (struct kg_context_tree){ .root = root, .arena_count = walk->thread_count };
	for (uint32_t i = 0; i < walk->thread_count; i++) {
		if (i > 0)
			pthread_join(walk->threads[i]->id, NULL);
		ret_tree->arenas[i] = walk->threads[i]->arena;
	}
	ret_tree->newest = walk->newest;
}

struct kg_error *
kg_context_walk(struct kg_arena *arena, struct kg_stat_cache *cache, const char *folder, const struct kg_context_rules *rules,
    struct kg_context_tree *ret_tree)
{
	uint32_t cores = core_count();
	struct walk walk = {
		.cache = cache,
		.rules = rules,
		.root_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.threads_most = cores < KG_CONTEXT_THREADS_MAX ? cores : KG_CONTEXT_THREADS_MAX,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.bell = PTHREAD_COND_INITIALIZER,
		.arena = arena,
	};

	if (walk.root_fd < 0)
		return kg_error_system(arena, errno, "cannot read the folder %s", folder);
	walk_run(&walk, ret_tree);
	close(walk.root_fd);
	pthread_mutex_destroy(&walk.mutex);
	pthread_cond_destroy(&walk.bell);
	if (walk.sys == 0)
		return NULL;
	kg_context_tree_free(ret_tree);
	return kg_error_system(arena, walk.sys, "cannot read %s/%s", folder, walk.path);
}

void
kg_context_tree_free(struct kg_context_tree *tree)
{
	for (uint32_t i = 0; i < tree->arena_count; i++)
		kg_arena_free(tree->arenas[i]);
	*tree = (struct kg_context_tree){ 0 };
}
