#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/file_hash.h"
#include "cache/store_file.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"

/*
 * Everything is built and checked beside its place first, and only then put there, so that a damaged entry touches nothing. A folder of its own for
 * each product, in the folder where the product goes, makes renaming do for files, links and folders alike.
 */
struct restore {
	const struct kg_store *store;
	struct kg_arena *arena;
	const struct kg_store_entry *entry;
	const struct kg_stored *products;
	const char **aside; /* of each product: the folder that it is built in; NULL: not begun */
	uint32_t *place_of; /* of each key of the entry: the index in products */
	bool is_damaged;
};

static struct kg_error *
file_build(struct restore *restore, const struct kg_store_item *item, const char *path)
{
	const char *object = kg_store_path(restore->arena, restore->store, "objects", item->digest);
	struct kg_file_hash hash;
	int sys = kg_store_copy(object, path, item->mode);

	restore->is_damaged = sys == ENOENT || sys == ELOOP;
	if (restore->is_damaged)
		return NULL;
	if (sys == 0)
		sys = kg_file_hash(path, &hash);
	if (sys)
		return kg_error_system(restore->arena, sys, "cannot restore %s", path);
	if (!kg_digest_equal(hash.digest, item->digest)) {
		restore->is_damaged = true;
		unlink(object);
	}
	return NULL;
}

static const char *
item_path(struct restore *restore, const struct kg_store_item *item, const char *root)
{
	return *item->path ? kg_format(restore->arena, "%s/%s", root, item->path) : root;
}

static struct kg_error *
item_build(struct restore *restore, const struct kg_store_item *item)
{
	const char *root = kg_format(restore->arena, "%s/it", restore->aside[restore->place_of[item->product]]);
	const char *path = item_path(restore, item, root);
	int status = 0;

	if (item->type == KG_FILE_REGULAR)
		return file_build(restore, item, path);
	if (item->type == KG_FILE_LINK)
		status = symlink(item->target, path);
	else
		status = mkdir(path, 0700);
	return status < 0 ? kg_error_system(restore->arena, errno, "cannot restore %s", path) : NULL;
}

static struct kg_error *
aside_make(struct restore *restore, uint32_t product)
{
	const char *folder = kg_path_folder(restore->arena, restore->products[product].path);
	struct kg_error *error = kg_file_make_folder(restore->arena, folder, 0755);
	char *aside = kg_format(restore->arena, "%s/.kgraph-restore-XXXXXX", folder);

	if (error)
		return error;
	restore->aside[product] = mkdtemp(aside);
	return restore->aside[product] ? NULL : kg_error_system(restore->arena, errno, "cannot write into %s", folder);
}

/* Folders were made writable for their owner; they get their modes when all is in them, the innermost first. */
static struct kg_error *
modes_set(struct restore *restore)
{
	for (uint32_t i = restore->entry->count; i-- > 0;) {
		const struct kg_store_item *item = &restore->entry->items[i];
		const char *path = item_path(restore, item, restore->products[restore->place_of[item->product]].path);

		if (item->type == KG_FILE_FOLDER && chmod(path, item->mode) < 0)
			return kg_error_system(restore->arena, errno, "cannot restore %s", path);
	}
	return NULL;
}

static struct kg_error *
product_place(struct restore *restore, uint32_t product)
{
	const char *from = kg_format(restore->arena, "%s/it", restore->aside[product]), *to = restore->products[product].path;
	struct stat built, there;

	/* Renaming replaces a file or a link by one; where a folder has a part in it, it is removed first. */
	bool is_replaced = lstat(from, &built) == 0 && lstat(to, &there) == 0 && !S_ISDIR(built.st_mode) && !S_ISDIR(there.st_mode);
	struct kg_error *error = is_replaced ? NULL : kg_file_remove(restore->arena, to);
	if (!error && rename(from, to) < 0)
		error = kg_error_system(restore->arena, errno, "cannot restore %s", to);
	return error;
}

static struct kg_error *
products_restore(struct restore *restore)
{
	const struct kg_store_entry *entry = restore->entry;
	struct kg_error *error = NULL;

	for (uint32_t i = 0; i < entry->key_count && !error; i++)
		error = aside_make(restore, i);
	for (uint32_t i = 0; i < entry->count && !error && !restore->is_damaged; i++)
		error = item_build(restore, &entry->items[i]);
	for (uint32_t i = 0; i < entry->key_count && !error && !restore->is_damaged; i++)
		error = product_place(restore, i);
	if (!error && !restore->is_damaged)
		error = modes_set(restore);
	for (uint32_t i = 0; i < entry->key_count; i++) {
		struct kg_error *left = restore->aside[i] ? kg_file_remove(restore->arena, restore->aside[i]) : NULL;

		error = error ? error : left;
	}
	return error;
}

/* False when the entry is of other products than those that are asked for. */
static bool
keys_match(struct restore *restore, uint32_t product_count)
{
	const struct kg_store_entry *entry = restore->entry;

	if (entry->key_count != product_count)
		return false;
	for (uint32_t i = 0; i < entry->key_count; i++) {
		uint32_t at = 0;

		while (at < product_count && strcmp(restore->products[at].key, entry->keys[i]) != 0)
			at++;
		if (at == product_count)
			return false;
		restore->place_of[i] = at;
	}
	return true;
}

static struct kg_error *
entry_restore(struct restore *restore, const char *path, uint32_t product_count, bool *ret_hit)
{
	const char *bytes;
	size_t size;

	if (access(path, F_OK) < 0 || kg_file_read(restore->arena, path, &bytes, &size))
		return NULL;
	restore->entry = kg_store_entry_decode(restore->arena, bytes, size);
	restore->is_damaged = !restore->entry;
	if (restore->entry && !keys_match(restore, product_count))
		return NULL;
	struct kg_error *error = restore->entry ? products_restore(restore) : NULL;
	if (restore->is_damaged)
		unlink(path);
	*ret_hit = !error && !restore->is_damaged;
	if (*ret_hit)
		utimensat(AT_FDCWD, path, NULL, 0);
	return error;
}

struct kg_error *
kg_store_restore(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const struct kg_stored *products,
    uint32_t product_count, bool *ret_hit, int64_t *ret_made_ns)
{
	struct kg_arena *scratch = kg_arena_make();
	struct restore restore = {
		.store = store,
		.arena = scratch,
		.products = products,
		.aside = kg_new_array(scratch, const char *, product_count),
		.place_of = kg_new_array(scratch, uint32_t, product_count),
	};
	int lock = kg_store_lock(scratch, store, false);

	*ret_hit = false;
	struct kg_error *error =
	    entry_restore(&restore, kg_store_path(scratch, store, "entries", fingerprint), product_count, ret_hit);
	if (ret_made_ns)
		*ret_made_ns = *ret_hit ? (int64_t)restore.entry->made_ms * 1000000 : 0;
	error = kg_error_copy(arena, error);
	if (lock >= 0)
		close(lock);
	kg_arena_free(scratch);
	return error;
}
