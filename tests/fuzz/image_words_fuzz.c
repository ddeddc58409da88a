/* Any bytes as what a builder printed: nothing is read beyond them, and what is told of them is text. */
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "targets/container/image_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *text = kg_copy_bytes(arena, bytes, size);
	struct kg_build_failure failure;
	const char *step = NULL;

	for (const char *at = text; *at;) {
		size_t length = strcspn(at, "\n");
		const char *line = kg_copy_bytes(arena, at, length);
		struct kg_build_step found;

		if (kg_build_step_read(line, &found)) {
			kg_assert(found.text >= line && found.text <= line + length);
			step = found.text;
			kg_assert(strlen(kg_build_step_short(arena, step)) < 100);
		}
		(void)kg_build_line_read(line, "Dockerfile");
		at += length + (at[length] == '\n');
	}
	kg_build_failure_read(arena, text, step, &failure);
	kg_assert(failure.printed && strlen(failure.printed) <= size);
	(void)kg_build_tells_killed(text);
	kg_arena_free(arena);
	return 0;
}
