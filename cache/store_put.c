#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/file_hash.h"
#include "cache/store_file.h"
#include "cache/walk.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"

struct kg_error *
kg_store_begin(struct kg_arena *arena, const struct kg_store *store, struct kg_store_writing *ret_writing)
{
	char *tmp = kg_format(arena, "%s/tmp/put-XXXXXX", store->folder);

	*ret_writing = (struct kg_store_writing){ .store = store, .arena = arena, .lock = kg_store_lock(arena, store, false) };
	ret_writing->tmp = mkdtemp(tmp);
	return ret_writing->tmp ? NULL : kg_error_system(arena, errno, "cannot write into the store %s", store->folder);
}

static struct kg_error *
in_place(struct kg_store_writing *put, const char *from, const char *to)
{
	struct kg_error *error = kg_file_make_folder(put->arena, kg_path_folder(put->arena, to), 0700);

	if (!error && rename(from, to) < 0)
		error = kg_error_system(put->arena, errno, "cannot write %s", to);
	return error;
}

const char *
kg_store_copy_path(struct kg_store_writing *writing)
{
	return kg_format(writing->arena, "%s/%u", writing->tmp, writing->copies++);
}

struct kg_error *
kg_store_add_object(struct kg_store_writing *writing, const char *copy, struct kg_digest digest)
{
	const char *object = kg_store_path(writing->arena, writing->store, "objects", digest);
	bool was_there = access(object, F_OK) == 0;
	struct kg_error *error = in_place(writing, copy, object);

	if (!error && !was_there)
		kg_list_push(writing->arena, &writing->added, object);
	return error;
}

static struct kg_error *
entry_put(struct kg_store_writing *writing, struct kg_digest fingerprint)
{
	const char *copy = kg_format(writing->arena, "%s/entry", writing->tmp);
	const void *bytes;
	size_t size;

	kg_store_entry_encode(writing->arena, &writing->entry, &bytes, &size);
	struct kg_error *error = kg_file_write(writing->arena, copy, bytes, size, 0600);
	return error ? error : in_place(writing, copy, kg_store_path(writing->arena, writing->store, "entries", fingerprint));
}

struct kg_error *
kg_store_end(struct kg_store_writing *writing, struct kg_digest fingerprint, struct kg_error *error)
{
	if (!error)
		error = entry_put(writing, fingerprint);
	for (uint32_t i = 0; i < writing->added.count && error; i++)
		unlink(writing->added.items[i]);
	struct kg_error *left = writing->tmp ? kg_file_remove(writing->arena, writing->tmp) : NULL;
	if (writing->lock >= 0)
		close(writing->lock);
	return error ? error : left;
}

/* The digest is that of what lies in the store, though somebody may write to the product meanwhile. */
static struct kg_error *
file_put(struct kg_store_writing *put, const char *path, struct kg_store_item *item)
{
	struct kg_file_hash hash;
	int sys = kg_file_hash(path, &hash);

	if (sys)
		return kg_error_system(put->arena, sys, "cannot read %s", path);
	item->mode = hash.stat.st_mode & 07777;
	item->size_bytes = hash.stat.st_size;
	item->digest = hash.digest;
	if (access(kg_store_path(put->arena, put->store, "objects", hash.digest), F_OK) == 0)
		return NULL;

	const char *copy = kg_store_copy_path(put);
	sys = kg_store_copy(path, copy, item->mode & 0111 ? 0555 : 0444);
	if (sys)
		return kg_error_system(put->arena, sys, "cannot copy %s into the store", path);
	sys = kg_file_hash(copy, &hash);
	if (sys)
		return kg_error_system(put->arena, sys, "cannot read %s", copy);
	item->digest = hash.digest;
	item->size_bytes = hash.stat.st_size;
	return kg_store_add_object(put, copy, hash.digest);
}

static struct kg_error *
link_put(struct kg_store_writing *put, const char *path, struct kg_store_item *item)
{
	char target[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof(target));

	if (size < 0)
		return kg_error_system(put->arena, errno, "cannot read %s", path);
	item->target = kg_copy_bytes(put->arena, target, (size_t)size);
	return NULL;
}

uint32_t
kg_store_made_ms(int64_t made_ns)
{
	int64_t ms = made_ns / 1000000;

	return ms < 0 ? 0 : ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* below: "" for the product itself */
static struct kg_error *
item_put(struct kg_store_writing *put, const char *product_path, uint32_t product, const char *below)
{
	const char *path = *below ? kg_format(put->arena, "%s/%s", product_path, below) : product_path;
	struct kg_store_item item = { .path = below, .target = "", .product = product };
	struct kg_error *error = NULL;
	struct stat stat;

	if (lstat(path, &stat) < 0)
		return kg_error_system(put->arena, errno, "cannot read %s", path);
	item.mode = stat.st_mode & 07777;
	if (S_ISREG(stat.st_mode)) {
		item.type = KG_FILE_REGULAR;
		error = file_put(put, path, &item);
	} else if (S_ISLNK(stat.st_mode)) {
		item.type = KG_FILE_LINK;
		error = link_put(put, path, &item);
	} else if (S_ISDIR(stat.st_mode)) {
		item.type = KG_FILE_FOLDER;
	} else {
		return kg_error_make(put->arena, KG_EINPUT, "%s is neither a file, a link nor a folder", path);
	}
	if (!error)
		kg_list_push(put->arena, &put->entry, item);
	return error;
}

static struct kg_error *
product_put(struct kg_store_writing *put, const struct kg_stored *stored, uint32_t product)
{
	struct kg_names names = { 0 };
	uint32_t first = put->entry.count;
	struct kg_error *error = item_put(put, stored->path, product, "");

	if (!error && put->entry.items[first].type == KG_FILE_FOLDER)
		error = kg_walk_tree(put->arena, stored->path, &names);
	for (uint32_t i = 0; i < names.count && !error; i++)
		error = item_put(put, stored->path, product, names.items[i].name);
	return error;
}

struct kg_error *
kg_store_put(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const struct kg_stored *products,
    uint32_t product_count, int64_t made_ns)
{
	struct kg_arena *scratch = kg_arena_make();
	struct kg_store_writing put;
	struct kg_error *error = kg_store_begin(scratch, store, &put);

	put.entry.keys = kg_new_array(scratch, const char *, product_count);
	put.entry.key_count = product_count;
	put.entry.made_ms = kg_store_made_ms(made_ns);
	for (uint32_t i = 0; i < product_count && !error; i++) {
		put.entry.keys[i] = products[i].key;
		error = product_put(&put, &products[i], i);
	}
	error = kg_error_copy(arena, kg_store_end(&put, fingerprint, error));
	kg_arena_free(scratch);
	return error;
}
