/*
 * What comes in a pack is not ours. A path in it says where something belongs in an entry, and is checked for that; what it holds is written into files that
 * are called by numbers, and gets its place in the store by its digest.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include "engine/base/map.h"

static constexpr size_t piece_bytes = 128 * 1024;
/* Far beyond what anybody makes; headers cost nothing to send and memory to hold. */
static constexpr uint32_t items_most = 1000000;
static constexpr uint32_t keys_most = 10000;

struct unpacking {
	struct kg_store_writing writing;
	struct archive *archive;
	struct kg_map seen; /* paths in the archive → 1 for folders, 0 for the rest */
	int64_t left_bytes; /* that its files may still hold */
	KG_LIST(const char *) keys;
};

[[gnu::format(printf, 2, 3)]] static struct kg_error *
damage(struct unpacking *unpacking, const char *format, ...)
{
	struct kg_arena *arena = unpacking->writing.arena;
	va_list list;

	va_start(list, format);
	const char *text = kg_format_list(arena, format, list);
	va_end(list);
	return kg_error_make(arena, KG_EDATA, "%s", text);
}

static struct kg_error *
content_damage(struct unpacking *unpacking)
{
	const char *text = kg_archive.archive_error_string(unpacking->archive);

	return damage(unpacking, "it cannot be unpacked: %s", text ? text : "no reason is given");
}

/* Parts that are names, in the folder that came before. */
static bool
is_path(const struct unpacking *unpacking, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint32_t is_folder;

	if (strlen(path) >= PATH_MAX || kg_map_get(&unpacking->seen, path, &is_folder))
		return false;
	for (const char *part = path;; part++) {
		size_t length = strcspn(part, "/");

		if (length == 0 || (part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.'))))
			return false;
		part += length;
		if (*part == '\0')
			break;
	}
	if (!slash)
		return true;
	const char *parent = kg_copy_bytes(unpacking->writing.arena, path, (size_t)(slash - path));
	return kg_map_get(&unpacking->seen, parent, &is_folder) && is_folder;
}

/* The name of a product, or what lies in the one that came last. */
static bool
place_find(struct unpacking *unpacking, const char *path, struct kg_store_item *item)
{
	struct kg_arena *arena = unpacking->writing.arena;
	const char *slash = strchr(path, '/');

	if (!slash) {
		kg_list_push(arena, &unpacking->keys, kg_copy(arena, path));
		item->path = "";
	} else {
		const char *key = unpacking->keys.count > 0 ? unpacking->keys.items[unpacking->keys.count - 1] : "";
		size_t length = (size_t)(slash - path);

		if (strlen(key) != length || memcmp(key, path, length) != 0)
			return false;
		item->path = kg_copy(arena, slash + 1);
	}
	item->product = unpacking->keys.count - 1;
	return unpacking->keys.count <= keys_most;
}

/* As many bytes as the header says; more of them than were agreed on are not even read. */
static struct kg_error *
content_write(struct unpacking *unpacking, int fd, int64_t size_bytes)
{
	char piece[piece_bytes];
	int64_t written = 0;

	for (;;) {
		la_ssize_t got = kg_archive.archive_read_data(unpacking->archive, piece, sizeof(piece));

		if (got == ARCHIVE_RETRY)
			continue;
		if (got < 0)
			return content_damage(unpacking);
		if (got == 0)
			return written == size_bytes ? NULL : damage(unpacking, "a file in it ends early");
		written += got;
		if (written > size_bytes)
			return damage(unpacking, "a file in it is longer than it says");
		int sys = kg_file_write_all(fd, piece, (size_t)got);
		if (sys)
			return kg_error_system(unpacking->writing.arena, sys, "cannot write into the store");
	}
}

static struct kg_error *
file_read(struct unpacking *unpacking, const struct archive_entry *member, struct kg_store_item *item)
{
	struct kg_store_writing *writing = &unpacking->writing;
	const char *copy = kg_store_copy_path(writing);
	struct kg_file_hash hash;

	/* A member without a size has one of its own accord only in formats that are not read here. */
	item->size_bytes = kg_archive.archive_entry_size((struct archive_entry *)member);
	if (item->size_bytes < 0 || item->size_bytes > unpacking->left_bytes)
		return damage(unpacking, "it holds more than it says");
	unpacking->left_bytes -= item->size_bytes;
	int fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return kg_error_system(writing->arena, errno, "cannot write into the store");
	struct kg_error *error = content_write(unpacking, fd, item->size_bytes);
	int sys = !error && fchmod(fd, item->mode & 0111 ? 0555 : 0444) < 0 ? errno : 0;
	/* Some file systems say only here that the disk is full. */
	if (close(fd) < 0 && sys == 0)
		sys = errno;
	if (!error && sys == 0)
		sys = kg_file_hash(copy, &hash);
	if (error || sys)
		return error ? error : kg_error_system(writing->arena, sys, "cannot write into the store");
	item->digest = hash.digest;
	return kg_store_add_object(writing, copy, hash.digest);
}

static struct kg_error *
member_read(struct unpacking *unpacking, struct archive_entry *member)
{
	struct kg_store_writing *writing = &unpacking->writing;
	const char *said = kg_archive.archive_entry_pathname(member), *target = kg_archive.archive_entry_symlink(member);
	size_t length = said ? strlen(said) : 0;
	struct kg_store_item item = { .target = "", .mode = kg_archive.archive_entry_perm(member) & 01777 };
	struct kg_error *error = NULL;

	/* Of a folder the name ends in a slash. */
	const char *path = length > 1 && said[length - 1] == '/' ? kg_copy_bytes(writing->arena, said, length - 1) : said;
	if (!path || kg_archive.archive_entry_hardlink(member) || !is_path(unpacking, path) || !place_find(unpacking, path, &item))
		return damage(unpacking, "it holds a path that does not belong there");
	switch (kg_archive.archive_entry_filetype(member)) {
	case AE_IFREG:
		item.type = KG_FILE_REGULAR;
		error = file_read(unpacking, member, &item);
		break;
	case AE_IFLNK:
		item.type = KG_FILE_LINK;
		item.target = kg_copy(writing->arena, target);
		if (!target || !*target || strlen(target) >= PATH_MAX)
			return damage(unpacking, "it holds a link that leads nowhere");
		break;
	case AE_IFDIR: item.type = KG_FILE_FOLDER; break;
	default: return damage(unpacking, "it holds something else than files, links and folders");
	}
	kg_map_put(&unpacking->seen, kg_copy(writing->arena, path), item.type == KG_FILE_FOLDER);
	kg_list_push(writing->arena, &writing->entry, item);
	return error;
}

static struct kg_error *
members_read(struct unpacking *unpacking, const char *path)
{
	struct archive *archive = unpacking->archive;
	struct archive_entry *member;
	struct kg_error *error = NULL;
	int status = ARCHIVE_OK;

	if (kg_archive.archive_read_support_format_tar(archive) != ARCHIVE_OK ||
	    kg_archive.archive_read_support_filter_zstd(archive) != ARCHIVE_OK)
		return kg_error_make(unpacking->writing.arena, KG_ESYSTEM, "the installed libarchive cannot read zstd");
	if (kg_archive.archive_read_open_filename(archive, path, piece_bytes) != ARCHIVE_OK)
		return content_damage(unpacking);
	while (!error && (status = kg_archive.archive_read_next_header(archive, &member)) == ARCHIVE_OK) {
		error = member_read(unpacking, member);
		if (!error && unpacking->writing.entry.count > items_most)
			error = damage(unpacking, "it holds more than %u files", items_most);
	}
	if (error)
		return error;
	if (status != ARCHIVE_EOF)
		return content_damage(unpacking);
	if (unpacking->keys.count == 0 || unpacking->left_bytes != 0)
		return damage(unpacking, "it holds less than it says");
	return NULL;
}

struct kg_error *
kg_pack_read(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const char *path, int64_t content_bytes,
    int64_t made_ns)
{
	struct kg_arena *scratch = kg_arena_make();
	struct unpacking unpacking = { .seen.arena = scratch, .left_bytes = content_bytes };
	struct kg_error *error = kg_store_begin(scratch, store, &unpacking.writing);

	if (!error)
		error = kg_archive_load(scratch);
	if (!error && !(unpacking.archive = kg_archive.archive_read_new()))
		kg_out_of_memory();
	if (!error)
		error = members_read(&unpacking, path);
	unpacking.writing.entry.keys = unpacking.keys.items;
	unpacking.writing.entry.key_count = unpacking.keys.count;
	unpacking.writing.entry.made_ms = kg_store_made_ms(made_ns);
	error = kg_error_copy(arena, kg_store_end(&unpacking.writing, fingerprint, error));
	if (unpacking.archive)
		kg_archive.archive_read_free(unpacking.archive);
	kg_arena_free(scratch);
	return error;
}
