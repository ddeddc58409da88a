#include "targets/kubernetes/stream/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"

static constexpr size_t least = 1024;

char *
kg_bytes_reserve(struct kg_bytes *bytes, size_t size)
{
	size_t end = bytes->start + bytes->size;

	if (bytes->room_size - end < size && bytes->start > 0) {
		memmove(bytes->room, bytes->room + bytes->start, bytes->size);
		bytes->start = 0;
		end = bytes->size;
	}
	if (bytes->room_size - end < size) {
		size_t wanted = bytes->room_size > 0 ? bytes->room_size : least;

		while (wanted - end < size || wanted < end)
			wanted *= 2;
		char *room = realloc(bytes->room, wanted);
		if (!room)
			kg_out_of_memory();
		bytes->room = room;
		bytes->room_size = wanted;
	}
	return bytes->room + end;
}

void
kg_bytes_added(struct kg_bytes *bytes, size_t size)
{
	bytes->size += size;
	kg_assert(bytes->start + bytes->size <= bytes->room_size);
}

void
kg_bytes_put(struct kg_bytes *bytes, const void *piece, size_t size)
{
	if (size == 0)
		return;
	memcpy(kg_bytes_reserve(bytes, size), piece, size);
	kg_bytes_added(bytes, size);
}

const char *
kg_bytes_at(const struct kg_bytes *bytes)
{
	return bytes->room ? bytes->room + bytes->start : "";
}

void
kg_bytes_take(struct kg_bytes *bytes, size_t size)
{
	kg_assert(size <= bytes->size);
	bytes->size -= size;
	bytes->start = bytes->size > 0 ? bytes->start + size : 0;
}

void
kg_bytes_free(struct kg_bytes *bytes)
{
	free(bytes->room);
	*bytes = (struct kg_bytes){ 0 };
}
