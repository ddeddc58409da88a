#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "targets/kubernetes/client/discovery.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What goes into paths is nothing but words. */
static void
kinds_check(struct kg_arena *arena, const struct kg_discovery *discovery)
{
	for (uint32_t i = 0; i < discovery->count; i++) {
		const struct kg_resource *resource = &discovery->items[i];

		kg_assert(!strpbrk(kg_api_path(arena, resource, NULL, NULL), " ?#%&\r\n\"\\"));
		kg_assert(kg_discovery_find(discovery, resource->api_version, resource->kind));
	}
}

static void
kept_check(struct kg_arena *arena, const struct kg_discovery_file *file)
{
	const char *text = kg_discovery_write(arena, file);
	struct kg_discovery_file again;

	if (file->kinds->count == 0)
		return;
	kg_assert(kg_discovery_load(arena, text, strlen(text), &again));
	kg_assert(again.kinds->count == file->kinds->count);
	kg_assert(strcmp(kg_discovery_write(arena, &again), text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_copy_bytes(arena, bytes, size);
	struct kg_kinds kinds = { .arena = arena };
	struct kg_discovery_file file = {};
	const char *const *versions;

	if (kg_discovery_load(arena, text, size, &file)) {
		kinds_check(arena, file.kinds);
		kept_check(arena, &file);
	}
	if (!kg_discovery_read(&kinds, text, size) && !kg_discovery_read_resources(&kinds, "apps/v1", text, size)) {
		versions = kg_discovery_read_versions(arena, text, size);
		for (; versions && *versions; versions++)
			kg_assert(!strpbrk(*versions, " ?#%&\r\n"));
	}
	file = (struct kg_discovery_file){ .kinds = kg_discovery_make(&kinds) };
	kinds_check(arena, file.kinds);
	kept_check(arena, &file);
	kg_arena_free(arena);
	return 0;
}
