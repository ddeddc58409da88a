#include "engine/base/arena.h"

#include <stdbool.h>
#include <stdckdint.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/assert.h"

/*
 * Blocks double in size up to a megabyte, so that a small arena costs a page and a large one few calls of malloc. Under AddressSanitizer
 * every allocation is a block of its own: an overrun within a shared block would not be seen.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_BLOCK_EACH 1
#endif
#endif
#ifndef ARENA_BLOCK_EACH
#define ARENA_BLOCK_EACH 0
#endif

static constexpr size_t arena_first_bytes = 4096 - 64;
static constexpr size_t arena_largest_bytes = 1 << 20;
static constexpr size_t arena_align = alignof(max_align_t);

struct arena_block {
	struct arena_block *older;
	size_t size_bytes, used_bytes;
	bool
	    is_fresh; /* nothing was ever handed out of what is left: it is zero, and large blocks stay untouched until they are used */
	alignas(max_align_t) unsigned char bytes[];
};

struct kg_arena {
	struct arena_block *newest;
	size_t handed_out_bytes;
};

void
kg_out_of_memory(void)
{
	fputs("kgraph: out of memory\n", stderr);
	exit(1);
}

struct kg_arena *
kg_arena_make(void)
{
	struct kg_arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		kg_out_of_memory();
	return arena;
}

static struct arena_block *
block_add(struct kg_arena *arena, size_t at_least_bytes)
{
	size_t size = arena->newest ? arena->newest->size_bytes * 2 : arena_first_bytes;

	if (size > arena_largest_bytes)
		size = arena_largest_bytes;
	if (size < at_least_bytes || ARENA_BLOCK_EACH)
		size = at_least_bytes;

	size_t total;
	struct arena_block *block = ckd_add(&total, sizeof(*block), size) ? NULL : calloc(1, total);
	if (!block)
		kg_out_of_memory();
	block->older = arena->newest;
	block->size_bytes = size;
	block->is_fresh = true;
	arena->newest = block;
	return block;
}

void *
kg_alloc(struct kg_arena *arena, size_t size_bytes)
{
	struct arena_block *block = arena->newest;
	size_t rounded;

	if (ckd_add(&rounded, size_bytes, arena_align - 1))
		kg_out_of_memory();
	/* The instrumented build takes the exact size, so that the first byte behind it is already out of bounds. */
	rounded = ARENA_BLOCK_EACH ? size_bytes : rounded & ~(arena_align - 1);
	if (!block || block->size_bytes - block->used_bytes < rounded || ARENA_BLOCK_EACH)
		block = block_add(arena, rounded);

	void *memory = block->bytes + block->used_bytes;
	block->used_bytes += rounded;
	arena->handed_out_bytes += rounded;
	return block->is_fresh ? memory : memset(memory, 0, size_bytes);
}

void *
kg_alloc_array(struct kg_arena *arena, size_t count, size_t size_bytes)
{
	size_t total;

	if (ckd_mul(&total, count, size_bytes))
		kg_out_of_memory();
	return kg_alloc(arena, total);
}

char *
kg_copy_bytes(struct kg_arena *arena, const void *bytes, size_t size_bytes)
{
	char *copy = kg_alloc(arena, size_bytes + 1);

	if (size_bytes > 0)
		memcpy(copy, bytes, size_bytes);
	return copy;
}

char *
kg_copy(struct kg_arena *arena, const char *text)
{
	return text ? kg_copy_bytes(arena, text, strlen(text)) : NULL;
}

char *
kg_format_list(struct kg_arena *arena, const char *format, va_list list)
{
	va_list again;

	va_copy(again, list);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	kg_assert(length >= 0);

	char *text = kg_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, list);
	return text;
}

char *
kg_format(struct kg_arena *arena, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	char *text = kg_format_list(arena, format, list);
	va_end(list);
	return text;
}

size_t
kg_arena_size_bytes(const struct kg_arena *arena)
{
	return arena->handed_out_bytes;
}

void
kg_arena_empty(struct kg_arena *arena)
{
	struct arena_block *block = arena->newest;

	if (!block)
		return;
	for (struct arena_block *older = block->older, *next; older; older = next) {
		next = older->older;
		free(older);
	}
	block->older = NULL;
	block->used_bytes = 0;
	block->is_fresh = false;
	arena->handed_out_bytes = 0;
	if (ARENA_BLOCK_EACH) {
		free(block);
		arena->newest = NULL;
	}
}

void
kg_arena_free(struct kg_arena *arena)
{
	if (!arena)
		return;
	kg_arena_empty(arena);
	free(arena->newest);
	free(arena);
}
