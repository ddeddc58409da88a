#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/registry/auth_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_copy_bytes(arena, bytes, size);
	struct kg_auth_entry entry;
	struct kg_credentials credentials;

	if (kg_auth_file_find(arena, text, "quay.io", "team/app", &entry)) {
		kg_assert(entry.helper || entry.credentials.password || entry.credentials.identity);
		kg_assert(!entry.helper || (!strpbrk(entry.helper, "/ ") && entry.server));
		if (entry.credentials.password)
			kg_auth_basic(arena, &entry.credentials);
	}
	if (kg_auth_helper_read(arena, text, &credentials))
		kg_assert(credentials.password || credentials.identity);
	kg_arena_free(arena);
	return 0;
}
