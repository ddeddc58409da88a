#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cache/context_rules.h"
#include "engine/base/arena.h"
#include "engine/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Down the path, name by name: a folder that is not entered has nothing that counts. */
static void
path_walk(struct kg_arena *arena, const struct kg_context_rules *rules, const char *path)
{
	size_t words = kg_context_rules_words(rules);
	uint64_t *state = kg_new_array(arena, uint64_t, words), *below = kg_new_array(arena, uint64_t, words);
	bool is_entered = true;

	kg_context_rules_start(rules, state);
	for (;;) {
		uint32_t size = (uint32_t)strcspn(path, "/");

		if (size > 0 && size < 256) {
			bool counts = kg_context_rules_keep(rules, state, path, size);
			struct kg_context_verdict verdict = kg_context_rules_enter(rules, state, path, size, below);

			/* The quick way and the whole one agree; what is below a folder that is not entered does not count. */
			kg_assert(counts == verdict.counts);
			kg_assert(is_entered || !counts);
			kg_assert(verdict.is_entered || !verdict.counts);
			is_entered = is_entered && verdict.is_entered;
			uint64_t *left = state;
			state = below;
			below = left;
		}
		if (path[size] == '\0')
			return;
		path += size + 1;
	}
}

/* An ignore file, a zero byte, and a path. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *zero = size ? memchr(bytes, '\0', size) : NULL;
	struct kg_arena *arena = kg_arena_make();
	struct kg_context_rules *rules;

	if (zero && !kg_context_rules_read(arena, "", (const char *)bytes, (size_t)(zero - bytes), &rules))
		path_walk(arena, rules, kg_copy_bytes(arena, zero + 1, size - (size_t)(zero - bytes) - 1));
	kg_arena_free(arena);
	return 0;
}
