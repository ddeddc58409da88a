#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "engine/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What was read and told is read as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	struct kg_image_reference one, other;

	if (kg_image_reference_read(arena, kg_copy_bytes(arena, bytes, size), &one)) {
		kg_assert(kg_image_reference_read(arena, kg_image_reference_tell(arena, &one), &other));
		kg_assert(strcmp(one.host, other.host) == 0 && strcmp(one.path, other.path) == 0);
		kg_assert(kg_text_equal(one.tag, other.tag) && kg_text_equal(one.digest, other.digest));
		kg_assert(!strpbrk(one.path, " \r\n?#%") && !strstr(one.path, ".."));
	}
	kg_arena_free(arena);
	return 0;
}
