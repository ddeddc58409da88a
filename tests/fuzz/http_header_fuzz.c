#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/http_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct kg_arena *arena = kg_arena_make();
	const char *headers = kg_copy_bytes(arena, bytes, size);
	int64_t after_ms = kg_http_retry_after_ms(headers, 784111777LL * 1000000000, 60000);
	const char *value = kg_http_header(arena, headers, "retry-after");

	if (after_ms < -1 || after_ms > 60000 || (after_ms >= 0 && !value))
		__builtin_trap();
	if (value && strchr(value, '\n'))
		__builtin_trap();
	kg_arena_free(arena);
	return 0;
}
