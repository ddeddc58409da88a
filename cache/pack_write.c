#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/file_hash.h"
#include "cache/pack.h"
#include "cache/pack_archive.h"
#include "cache/store_file.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

static constexpr size_t piece_bytes = 128 * 1024;

struct packing {
	const struct kg_store *store;
	struct kg_arena *arena;
	const struct kg_store_entry *entry;
	struct archive *archive;
	struct archive_entry *member; /* used for one after the other */
	bool is_damaged;
};

static struct kg_error *
packing_error(struct packing *packing)
{
	int sys = kg_archive.archive_errno(packing->archive);
	const char *text = kg_archive.archive_error_string(packing->archive);

	if (sys > 0)
		return kg_error_system(packing->arena, sys, "cannot pack the outputs");
	return kg_error_make(packing->arena, KG_ESYSTEM, "cannot pack the outputs: %s", text ? text : "no reason is given");
}

/* Old archives of tar and all readers know it; names are bytes in it, and not of a character set. No times, no owners. */
static struct kg_error *
pack_begin(struct packing *packing, const char *path)
{
	struct kg_error *error = kg_archive_load(packing->arena);

	if (error)
		return error;
	struct archive *archive = packing->archive = kg_archive.archive_write_new();
	packing->member = kg_archive.archive_entry_new();
	if (!archive || !packing->member)
		kg_out_of_memory();
	if (kg_archive.archive_write_set_format_gnutar(archive) != ARCHIVE_OK ||
	    kg_archive.archive_write_add_filter_zstd(archive) != ARCHIVE_OK ||
	    kg_archive.archive_write_set_filter_option(archive, "zstd", "compression-level", "3") != ARCHIVE_OK ||
	    kg_archive.archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
	    kg_archive.archive_write_open_filename(archive, path) != ARCHIVE_OK)
		return packing_error(packing);
	return NULL;
}

static struct kg_error *
content_add(struct packing *packing, int fd)
{
	char piece[piece_bytes];

	for (;;) {
		ssize_t got = read(fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return kg_error_system(packing->arena, errno, "cannot read the store");
		if (got == 0)
			return NULL;
		if (kg_archive.archive_write_data(packing->archive, piece, (size_t)got) != got)
			return packing_error(packing);
	}
}

/* What is damaged here would be damaged everywhere. */
static bool
is_whole(const struct kg_store_item *item, const char *object)
{
	struct kg_file_hash hash;

	return kg_file_hash(object, &hash) == 0 && kg_digest_equal(hash.digest, item->digest) &&
	    hash.stat.st_size == item->size_bytes;
}

static struct kg_error *
item_add(struct packing *packing, const struct kg_store_item *item)
{
	const char *object = kg_store_path(packing->arena, packing->store, "objects", item->digest);
	const char *key = packing->entry->keys[item->product];
	struct archive_entry *member = kg_archive.archive_entry_clear(packing->member);
	bool is_file = item->type == KG_FILE_REGULAR;

	if (is_file && !is_whole(item, object)) {
		packing->is_damaged = true;
		return NULL;
	}
	kg_archive.archive_entry_set_pathname(member, *item->path ? kg_format(packing->arena, "%s/%s", key, item->path) : key);
	kg_archive.archive_entry_set_filetype(member, is_file ? AE_IFREG : item->type == KG_FILE_LINK ? AE_IFLNK : AE_IFDIR);
	kg_archive.archive_entry_set_perm(member, item->mode & 01777);
	kg_archive.archive_entry_set_mtime(member, 0, 0);
	if (is_file)
		kg_archive.archive_entry_set_size(member, item->size_bytes);
	if (item->type == KG_FILE_LINK)
		kg_archive.archive_entry_set_symlink(member, item->target);
	if (kg_archive.archive_write_header(packing->archive, member) != ARCHIVE_OK)
		return packing_error(packing);
	if (!is_file)
		return NULL;
	int fd = open(object, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return kg_error_system(packing->arena, errno, "cannot read the store");
	struct kg_error *error = content_add(packing, fd);
	close(fd);
	return error;
}

static bool
is_key(const char *key)
{
	return *key && !strchr(key, '/') && strcmp(key, ".") != 0 && strcmp(key, "..") != 0;
}

static struct kg_error *
entry_pack(struct packing *packing, const char *path, struct kg_pack *pack)
{
	struct kg_error *error = NULL;
	struct stat stat_buffer;

	for (uint32_t i = 0; i < packing->entry->key_count; i++)
		if (!is_key(packing->entry->keys[i]))
			return kg_error_make(
			    packing->arena, KG_EINPUT, "the output `%s` cannot be packed under that name", packing->entry->keys[i]);
	error = pack_begin(packing, path);
	for (uint32_t i = 0; i < packing->entry->count && !error && !packing->is_damaged; i++) {
		error = item_add(packing, &packing->entry->items[i]);
		pack->content_bytes += packing->entry->items[i].type == KG_FILE_REGULAR ? packing->entry->items[i].size_bytes : 0;
	}
	if (!error && kg_archive.archive_write_close(packing->archive) != ARCHIVE_OK)
		error = packing_error(packing);
	pack->item_count = packing->entry->count;
	pack->made_ns = (int64_t)packing->entry->made_ms * 1000000;
	if (!error && stat(path, &stat_buffer) == 0)
		pack->file_bytes = stat_buffer.st_size;
	return error;
}

struct kg_error *
kg_pack_write(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const char *path,
    struct kg_pack *ret_pack, bool *ret_hit)
{
	struct kg_arena *scratch = kg_arena_make();
	struct packing packing = { .store = store, .arena = scratch };
	const char *from = kg_store_path(scratch, store, "entries", fingerprint), *bytes;
	struct kg_error *error = NULL;
	int lock = kg_store_lock(scratch, store, false);
	size_t size;

	*ret_pack = (struct kg_pack){ 0 };
	if (access(from, F_OK) == 0 && !kg_file_read(scratch, from, &bytes, &size))
		packing.entry = kg_store_entry_decode(scratch, bytes, size);
	if (packing.entry)
		error = entry_pack(&packing, path, ret_pack);
	*ret_hit = packing.entry && !error && !packing.is_damaged;
	if (packing.archive)
		kg_archive.archive_write_free(packing.archive);
	if (packing.member)
		kg_archive.archive_entry_free(packing.member);
	if (packing.entry && !*ret_hit)
		unlink(path);
	if (lock >= 0)
		close(lock);
	error = kg_error_copy(arena, error);
	kg_arena_free(scratch);
	return error;
}
