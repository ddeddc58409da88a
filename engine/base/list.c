#include "engine/base/list.h"

#include <string.h>

#include "engine/base/arena.h"

void *
kg_list_grow(struct kg_arena *arena, void *items, uint32_t count, uint32_t *room, size_t size_bytes)
{
	if (count < *room)
		return items;
	if (count > UINT32_MAX / 2)
		kg_out_of_memory();

	uint32_t more = count < 4 ? 8 : count * 2;
	void *grown = kg_alloc_array(arena, more, size_bytes);
	if (count > 0)
		memcpy(grown, items, count * size_bytes);
	*room = more;
	return grown;
}
