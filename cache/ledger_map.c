/*
 * How much of the address space the ledger's file may take. LMDB maps the file as a whole, and wants to know beforehand how large it may become;
 * address space costs nothing where it is not limited. A file of its own, so that a test can stand in for it.
 */

#include <stdint.h>
#include <sys/mman.h>

#include "cache/ledger_file.h"

static constexpr size_t first_bytes = sizeof(size_t) < 8 ? (size_t)1 << 30 : (size_t)1 << 34;
static constexpr size_t small_bytes = (size_t)1 << 28;

size_t
kg_ledger_map_first(uint32_t tries)
{
	return tries == 0 ? first_bytes : tries == 1 ? small_bytes : 0;
}

size_t
kg_ledger_map_larger(size_t bytes)
{
	if (bytes > KG_LEDGER_BYTES_MAX / 2)
		return 0;
	/* LMDB lets go of the old map before it asks for the new one, and is lost when that is refused: so it is asked for here. */
	void *map = mmap(NULL, bytes * 2, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return 0;
	munmap(map, bytes * 2);
	return bytes * 2;
}
