/*
 * What content is, in 16 bytes: XXH3-128.
 *
 *     struct kg_digest digest = kg_digest_bytes(bytes, size);
 *     char hex[KG_DIGEST_HEX + 1];
 *     kg_digest_tell(digest, hex);
 *
 * Stable between versions of kgraph and between machines. Not a protection against somebody who wants two contents to look alike.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kg_digest {
	uint64_t high, low;
};

#define KG_DIGEST_HEX 32

struct kg_digest kg_digest_bytes(const void *bytes, size_t size);
struct kg_digest kg_digest_text(const char *text);
bool kg_digest_equal(struct kg_digest a, struct kg_digest b);
/* All bits zero: never the digest of anything in practice, used for "none". */
bool kg_digest_is_none(struct kg_digest digest);
void kg_digest_tell(struct kg_digest digest, char hex[KG_DIGEST_HEX + 1]);
[[nodiscard]] bool kg_digest_read(const char *hex, struct kg_digest *ret_digest);

/* In pieces. The state is opaque and large (576 bytes), aligned to 64. */
struct kg_digest_state {
	alignas(64) unsigned char bytes[640];
};
void kg_digest_start(struct kg_digest_state *state);
void kg_digest_add(struct kg_digest_state *state, const void *bytes, size_t size);
/* Adds a length first, so that "ab" + "c" and "a" + "bc" differ. */
void kg_digest_add_text(struct kg_digest_state *state, const char *text);
void kg_digest_add_number(struct kg_digest_state *state, uint64_t number);
struct kg_digest kg_digest_end(struct kg_digest_state *state);
