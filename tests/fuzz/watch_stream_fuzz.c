#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/client/watched.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
objects_check(const struct kg_watched *watched)
{
	for (uint32_t i = 0; i < watched->count; i++) {
		const cJSON *object = watched->items[i].object;
		const char *name = kg_json_text(object, "metadata.name"), *namespace_ = kg_json_text(object, "metadata.namespace");

		kg_assert(name && kg_watched_find(watched, namespace_, name) == object);
		kg_assert(!kg_json_at(object, "metadata.managedFields"));
	}
}

/* The first byte says how long the pieces are; the same in one piece must come to the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_watched pieces = {}, whole = {};
	struct kg_arena *arena = kg_arena_make();
	size_t length = size > 0 ? (size_t)bytes[0] + 1 : 1;
	const char *text = size > 0 ? kg_copy_bytes(arena, bytes + 1, --size) : "";
	bool goes_on = true;

	kg_watched_open(&pieces);
	for (size_t at = 0; at < size && goes_on; at += length)
		goes_on = kg_watched_feed(&pieces, text + at, size - at < length ? size - at : length);
	kg_watched_open(&whole);
	kg_assert(kg_watched_feed(&whole, text, size) == goes_on);
	kg_assert(pieces.count == whole.count && pieces.ended_code == whole.ended_code);
	objects_check(&pieces);
	for (uint32_t i = 0; i < whole.count; i++)
		kg_assert(kg_json_read(
		    arena, kg_json_print(arena, whole.items[i].object), strlen(kg_json_print(arena, whole.items[i].object))));
	kg_watched_begin(&pieces);
	kg_watched_sweep(&pieces);
	kg_assert(pieces.count == 0);
	kg_watched_free(&pieces);
	kg_watched_free(&whole);
	kg_arena_free(arena);
	return 0;
}
