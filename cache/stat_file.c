#include "cache/stat_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"

struct head {
	char magic[8];
	uint64_t checksum; /* of all behind it */
	uint32_t count, slot_count;
	uint64_t unused[5];
};
static_assert(sizeof(struct head) == 64);

static const char magic[8] = { "kgstat\1" };
static constexpr size_t checksum_end = 16;

uint64_t
kg_stat_hash(uint64_t device, uint64_t inode)
{
	unsigned __int128 product = (unsigned __int128)(inode ^ 0x9e3779b97f4a7c15u) * (device ^ 0xe7037ed1a0b428dbu);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static size_t
file_size(uint32_t count, uint32_t slot_count)
{
	return sizeof(struct head) + (size_t)count * sizeof(struct kg_stat_record) + (size_t)slot_count * sizeof(uint32_t);
}

static bool
map_read(struct kg_stat_file *file)
{
	struct head head;
	const char *bytes = file->map;

	memcpy(&head, bytes, sizeof(head));
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || file->map_size != file_size(head.count, head.slot_count) ||
	    head.slot_count <= head.count || (head.slot_count & (head.slot_count - 1)) != 0 ||
	    head.checksum != XXH3_64bits(bytes + checksum_end, file->map_size - checksum_end))
		return false;
	file->count = head.count;
	file->slot_count = head.slot_count;
	file->records = (const void *)(bytes + sizeof(head));
	file->slots = (const void *)(file->records + head.count);
	return true;
}

void
kg_stat_file_map(const char *path, struct kg_stat_file *ret_file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;

	*ret_file = (struct kg_stat_file){ 0 };
	if (fd < 0)
		return;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && (size_t)stat.st_size >= sizeof(struct head)) {
		void *map = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);

		if (map != MAP_FAILED) {
			ret_file->map = map;
			ret_file->map_size = (size_t)stat.st_size;
		}
	}
	close(fd);
	if (ret_file->map && !map_read(ret_file))
		kg_stat_file_unmap(ret_file);
}

const struct kg_stat_record *
kg_stat_file_find(const struct kg_stat_file *file, uint64_t device, uint64_t inode)
{
	if (file->count == 0)
		return NULL;
	/* There is always a free slot, so the search ends. */
	for (uint64_t at = kg_stat_hash(device, inode);; at++) {
		uint32_t slot = file->slots[at & (file->slot_count - 1)];

		if (slot == 0 || slot > file->count)
			return NULL;
		const struct kg_stat_record *record = &file->records[slot - 1];
		if (record->inode == inode && record->device == device)
			return record;
	}
}

struct kg_error *
kg_stat_file_write(struct kg_arena *arena, const char *path, const struct kg_stat_record *records, uint32_t count)
{
	struct head head = { .count = count, .slot_count = 16 };

	while (head.slot_count / 2 < count)
		head.slot_count *= 2;
	size_t size = file_size(count, head.slot_count);
	char *bytes = kg_alloc(arena, size);
	struct kg_stat_record *to = (void *)(bytes + sizeof(head));
	uint32_t *slots = (void *)(to + count);

	memcpy(head.magic, magic, sizeof(magic));
	memcpy(bytes, &head, sizeof(head));
	if (count > 0)
		memcpy(to, records, count * sizeof(*records));
	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = kg_stat_hash(records[i].device, records[i].inode);

		while (slots[at & (head.slot_count - 1)] != 0)
			at++;
		slots[at & (head.slot_count - 1)] = i + 1;
	}
	head.checksum = XXH3_64bits(bytes + checksum_end, size - checksum_end);
	memcpy(bytes, &head, sizeof(head));
	return kg_file_write(arena, path, bytes, size, 0600);
}

void
kg_stat_file_unmap(struct kg_stat_file *file)
{
	if (file->map)
		munmap(file->map, file->map_size);
	*file = (struct kg_stat_file){ 0 };
}
