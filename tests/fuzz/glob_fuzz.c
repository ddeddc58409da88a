#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cache/glob.h"
#include "engine/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A pattern, a zero byte, a path. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *pattern = kg_copy_bytes(arena, bytes, size);
	size_t length = strlen(pattern);
	const char *path = kg_copy(arena, length < size ? pattern + length + 1 : "src/main.c");

	kg_glob_is_pattern(pattern);
	kg_glob_matches(pattern, path);
	kg_arena_free(arena);
	return 0;
}
