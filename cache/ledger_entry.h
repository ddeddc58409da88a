/*
 * How the ledger's entries and parts lie in bytes.
 *
 *     struct kg_block value = kg_entry_encode(arena, entry);
 *     const struct kg_entry *again = kg_entry_decode(&(struct kg_entry_room){ arena }, value.bytes, value.size);      NULL: damaged
 *
 * In the machine's own byte order, as the file never leaves the machine. Each value starts with a checksum of what follows it, so that a
 * damaged one is known before it is believed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache/ledger.h"

/*
 * Where decoded entries go. With is_large they are packed into large pages, which the kernel hands out hundreds of times quicker than small ones:
 * for all entries of a large graph.
 */
struct kg_entry_room {
	struct kg_arena *arena;
	bool is_large;
	char *at;
	size_t left;
};

/* The value's bytes live in the arena. */
struct kg_block kg_entry_encode(struct kg_arena *arena, const struct kg_entry *entry);
/* Copies what it needs: value may go away. NULL when it is damaged. */
const struct kg_entry *kg_entry_decode(struct kg_entry_room *room, const void *value, size_t size);

/* parts are sealed; node is kept with them, because a key may be cut. */
struct kg_block kg_parts_encode(struct kg_arena *arena, const char *node, const struct kg_parts *parts);
/* False when the value is damaged or of another node. */
[[nodiscard]] bool kg_parts_decode(
    struct kg_arena *arena, const char *node, const void *value, size_t size, struct kg_parts *ret_parts);

/* The checksum that a value starts with; 0 when it is too short to have one. */
uint64_t kg_entry_checksum(const void *value, size_t size);
