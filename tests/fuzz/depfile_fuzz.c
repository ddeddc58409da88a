#include <stddef.h>
#include <stdint.h>

#include "cache/depfile.h"
#include "engine/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_files files = { 0 };

	if (!kg_depfile_read(arena, (const char *)bytes, size, "/srv/app", &files)) {
		for (uint32_t i = 0; i < files.count; i++)
			if (files.paths[i][0] != '/')
				__builtin_trap();
	}
	kg_arena_free(arena);
	return 0;
}
