#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/ledger_check.h"
#include "cache/ledger_layout.h"
#include "engine/base/arena.h"

struct kg_ledger_meta
kg_ledger_meta_read(const unsigned char *at)
{
	return (struct kg_ledger_meta){
		.magic = kg_ledger_read_32(at),
		.version = kg_ledger_read_32(at + 4),
		.map_size = kg_ledger_read_64(at + 16),
		.page_size = kg_ledger_read_32(at + 24),
		.free = kg_ledger_tree_read(at + 24),
		.tables = kg_ledger_tree_read(at + 24 + tree_size),
		.last_page = kg_ledger_read_64(at + 24 + 2 * tree_size),
		.transaction = kg_ledger_read_64(at + 32 + 2 * tree_size),
	};
}

const char *
kg_ledger_meta_check(const struct kg_ledger_meta *meta, size_t map_size)
{
	if (meta->magic != magic || meta->version != 1)
		return "it is not a database";
	if (meta->page_size < 512 || meta->page_size > page_size_max || (meta->page_size & (meta->page_size - 1)) != 0)
		return "its page size is wrong";
	if (meta->last_page >= map_size / meta->page_size || meta->map_size > (uint64_t)1 << 46)
		return "its size is wrong";
	if ((meta->free.flags & ~TREE_OF_ONE_FILE) != TREE_INTEGER_KEY || meta->tables.flags != 0)
		return "its flags are wrong";
	return NULL;
}

const char *
kg_ledger_check_head(struct kg_arena *arena, const char *path, size_t map_size)
{
	unsigned char head[page_head + meta_size];
	uint32_t page_size = 0;
	struct stat stat;
	const char *damage = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? NULL : kg_format(arena, "it cannot be read: %s", strerror(errno));
	if (fstat(fd, &stat) == 0 && stat.st_size == 0) {
		close(fd);
		return NULL;
	}
	for (uint32_t page = 0; page < 2 && !damage; page++) {
		if (pread(fd, head, sizeof(head), (off_t)page * page_size) != (ssize_t)sizeof(head)) {
			damage = "it is cut short";
			break;
		}
		struct kg_ledger_meta meta = kg_ledger_meta_read(head + page_head);
		damage = kg_ledger_meta_check(&meta, map_size);
		if (!damage && page == 1 && meta.page_size != page_size)
			damage = "its page size is wrong";
		page_size = meta.page_size;
	}
	if (!damage && stat.st_size < (off_t)page_size * 2)
		damage = "it is cut short";
	close(fd);
	return damage;
}
