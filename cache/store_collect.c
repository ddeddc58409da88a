#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/file_hash.h"
#include "cache/store_file.h"
#include "cache/walk.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/map.h"

struct object {
	int64_t size_bytes;
	uint32_t users; /* entries that name it */
};

struct used_entry {
	const char *path;
	const struct kg_store_entry *entry;
	int64_t used_ns, size_bytes;
};

struct collection {
	const struct kg_store *store;
	struct kg_arena *arena;
	struct kg_map indexes; /* of objects, by "ab/cdef…" */
	KG_LIST(struct object) objects;
	KG_LIST(struct used_entry) entries;
	struct kg_names object_names;
	int64_t kept_bytes; /* of entries, and of objects that an entry names */
};

static const char *
object_name(struct kg_arena *arena, struct kg_digest digest)
{
	char hex[KG_DIGEST_HEX + 1];

	kg_digest_tell(digest, hex);
	return kg_format(arena, "%.2s/%s", hex, hex + 2);
}

static struct kg_error *
objects_list(struct collection *collection, struct kg_store_usage *usage)
{
	const char *folder = kg_format(collection->arena, "%s/objects", collection->store->folder);
	struct kg_error *error = kg_walk_tree(collection->arena, folder, &collection->object_names);

	for (uint32_t i = 0; i < collection->object_names.count && !error; i++) {
		const struct kg_name *name = &collection->object_names.items[i];
		struct stat stat;

		if (name->type != KG_FILE_REGULAR || lstat(kg_format(collection->arena, "%s/%s", folder, name->name), &stat) < 0)
			continue;
		kg_map_put(&collection->indexes, name->name, collection->objects.count);
		kg_list_push(collection->arena, &collection->objects, (struct object){ .size_bytes = stat.st_size });
		usage->before_bytes += stat.st_size;
	}
	return error;
}

/* Counts an entry's uses of objects, or takes them back. */
static void
entry_count(struct collection *collection, const struct used_entry *used, int by)
{
	collection->kept_bytes += by * used->size_bytes;
	for (uint32_t i = 0; i < used->entry->count; i++) {
		const struct kg_store_item *item = &used->entry->items[i];
		uint32_t index;

		if (item->type != KG_FILE_REGULAR ||
		    !kg_map_get(&collection->indexes, object_name(collection->arena, item->digest), &index))
			continue;
		struct object *object = &collection->objects.items[index];
		uint32_t before = object->users;
		object->users += (uint32_t)by;
		if (before == 0 || object->users == 0)
			collection->kept_bytes += by * object->size_bytes;
	}
}

static struct kg_error *
entries_list(struct collection *collection, struct kg_store_usage *usage)
{
	const char *folder = kg_format(collection->arena, "%s/entries", collection->store->folder);
	struct kg_names names = { 0 };
	struct kg_error *error = kg_walk_tree(collection->arena, folder, &names);

	for (uint32_t i = 0; i < names.count && !error; i++) {
		struct used_entry used = { .path = kg_format(collection->arena, "%s/%s", folder, names.items[i].name) };
		const char *bytes;
		struct stat stat;
		size_t size;

		if (names.items[i].type != KG_FILE_REGULAR || lstat(used.path, &stat) < 0)
			continue;
		usage->entries_before++;
		usage->before_bytes += stat.st_size;
		if (!kg_file_read(collection->arena, used.path, &bytes, &size))
			used.entry = kg_store_entry_decode(collection->arena, bytes, size);
		if (!used.entry) {
			unlink(used.path);
			continue;
		}
		used.used_ns = kg_file_changed_ns(&stat);
		used.size_bytes = stat.st_size;
		kg_list_push(collection->arena, &collection->entries, used);
		entry_count(collection, &used, 1);
	}
	return error;
}

static int
used_order(const void *left, const void *right)
{
	const struct used_entry *a = left, *b = right;

	if (a->used_ns != b->used_ns)
		return a->used_ns < b->used_ns ? -1 : 1;
	return strcmp(a->path, b->path);
}

static struct kg_error *
entries_remove(struct collection *collection, int64_t limit_bytes, struct kg_store_usage *usage)
{
	uint32_t removed = 0;

	if (collection->entries.count > 1)
		qsort(collection->entries.items, collection->entries.count, sizeof(*collection->entries.items), used_order);
	for (; removed < collection->entries.count && collection->kept_bytes > limit_bytes; removed++) {
		const struct used_entry *used = &collection->entries.items[removed];

		if (unlink(used->path) < 0 && errno != ENOENT)
			return kg_error_system(collection->arena, errno, "cannot remove %s", used->path);
		entry_count(collection, used, -1);
	}
	usage->entries_after = collection->entries.count - removed;
	usage->after_bytes = collection->kept_bytes;
	return NULL;
}

static struct kg_error *
objects_remove(struct collection *collection)
{
	for (uint32_t i = 0; i < collection->object_names.count; i++) {
		const char *name = collection->object_names.items[i].name;
		const char *path = kg_format(collection->arena, "%s/objects/%s", collection->store->folder, name);
		uint32_t index;

		if (!kg_map_get(&collection->indexes, name, &index) || collection->objects.items[index].users > 0)
			continue;
		if (unlink(path) < 0 && errno != ENOENT)
			return kg_error_system(collection->arena, errno, "cannot remove %s", path);
	}
	return NULL;
}

/* Notes that do not count any more. */
static struct kg_error *
notes_remove(struct collection *collection)
{
	const char *folder = kg_format(collection->arena, "%s/shared", collection->store->folder);
	int64_t now_ns = kg_clock_wall_ns();
	struct kg_names names = { 0 };
	struct kg_error *error = access(folder, F_OK) == 0 ? kg_walk_tree(collection->arena, folder, &names) : NULL;

	for (uint32_t i = 0; i < names.count && !error; i++) {
		const char *path = kg_format(collection->arena, "%s/%s", folder, names.items[i].name);
		struct stat stat;

		if (names.items[i].type == KG_FILE_REGULAR && lstat(path, &stat) == 0 &&
		    now_ns - kg_file_changed_ns(&stat) >= kg_store_note_ns && unlink(path) < 0 && errno != ENOENT)
			return kg_error_system(collection->arena, errno, "cannot remove %s", path);
	}
	return error;
}

/* What runs that were killed have left. Nobody is at work here while the lock is held alone. */
static struct kg_error *
tmp_remove(struct collection *collection)
{
	const char *folder = kg_format(collection->arena, "%s/tmp", collection->store->folder);
	struct kg_names names = { 0 };
	struct kg_error *error = kg_walk_folder(collection->arena, folder, &names);

	for (uint32_t i = 0; i < names.count && !error; i++)
		error = kg_file_remove(collection->arena, kg_format(collection->arena, "%s/%s", folder, names.items[i].name));
	return error;
}

struct kg_error *
kg_store_collect(struct kg_store *store, struct kg_arena *arena, int64_t limit_bytes, struct kg_store_usage *ret_usage)
{
	struct kg_arena *scratch = kg_arena_make();
	struct collection collection = { .store = store, .arena = scratch, .indexes = { .arena = scratch } };
	int lock = kg_store_lock(scratch, store, true);

	*ret_usage = (struct kg_store_usage){ 0 };
	struct kg_error *error = objects_list(&collection, ret_usage);
	if (!error)
		error = entries_list(&collection, ret_usage);
	if (!error)
		error = entries_remove(&collection, limit_bytes, ret_usage);
	if (!error)
		error = objects_remove(&collection);
	if (!error)
		error = notes_remove(&collection);
	if (!error)
		error = tmp_remove(&collection);
	error = kg_error_copy(arena, error);
	if (lock >= 0)
		close(lock);
	kg_arena_free(scratch);
	return error;
}
