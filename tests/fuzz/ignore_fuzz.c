#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cache/ignore.h"
#include "engine/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Lines of patterns; the last one is the path. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	char *text = kg_copy_bytes(arena, bytes, size);
	const char *lines[16] = { 0 };
	const char *path = text;
	struct kg_ignore *ignore;

	for (int i = 0; i < 15; i++) {
		char *end = strchr(path, '\n');

		if (!end)
			break;
		*end = '\0';
		lines[i] = kg_copy(arena, path);
		path = end + 1;
	}
	path = kg_copy(arena, path);
	if (!kg_ignore_read(arena, lines, &ignore)) {
		kg_ignore_matches(ignore, path, true);
		kg_ignore_matches(ignore, path, false);
	}
	kg_arena_free(arena);
	return 0;
}
