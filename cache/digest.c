#include "cache/digest.h"

#include <string.h>

#define XXH_STATIC_LINKING_ONLY /* the layout of XXH3_state_t */
#include <xxhash.h>

static_assert(sizeof(struct kg_digest_state) >= sizeof(XXH3_state_t));
static_assert(alignof(struct kg_digest_state) >= 64);

static XXH3_state_t *
state_of(struct kg_digest_state *state)
{
	return (XXH3_state_t *)(void *)state->bytes;
}

struct kg_digest
kg_digest_bytes(const void *bytes, size_t size)
{
	XXH128_hash_t hash = XXH3_128bits(bytes, size);

	return (struct kg_digest){ .high = hash.high64, .low = hash.low64 };
}

struct kg_digest
kg_digest_text(const char *text)
{
	return kg_digest_bytes(text, strlen(text));
}

bool
kg_digest_equal(struct kg_digest a, struct kg_digest b)
{
	return a.high == b.high && a.low == b.low;
}

bool
kg_digest_is_none(struct kg_digest digest)
{
	return digest.high == 0 && digest.low == 0;
}

static void
half_tell(uint64_t half, char hex[16])
{
	for (int i = 15; i >= 0; i--, half >>= 4)
		hex[i] = "0123456789abcdef"[half & 15];
}

void
kg_digest_tell(struct kg_digest digest, char hex[KG_DIGEST_HEX + 1])
{
	half_tell(digest.high, hex);
	half_tell(digest.low, hex + 16);
	hex[KG_DIGEST_HEX] = '\0';
}

static bool
half_read(const char *hex, uint64_t *ret_half)
{
	uint64_t half = 0;

	for (int i = 0; i < 16; i++) {
		char c = hex[i];
		uint64_t value;

		if (c >= '0' && c <= '9')
			value = (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = (uint64_t)c - 'a' + 10;
		else
			return false;
		half = half << 4 | value;
	}
	*ret_half = half;
	return true;
}

bool
kg_digest_read(const char *hex, struct kg_digest *ret_digest)
{
	return strlen(hex) == KG_DIGEST_HEX && half_read(hex, &ret_digest->high) && half_read(hex + 16, &ret_digest->low);
}

void
kg_digest_start(struct kg_digest_state *state)
{
	XXH3_INITSTATE(state_of(state));
	XXH3_128bits_reset(state_of(state));
}

void
kg_digest_add(struct kg_digest_state *state, const void *bytes, size_t size)
{
	if (size > 0)
		XXH3_128bits_update(state_of(state), bytes, size);
}

void
kg_digest_add_text(struct kg_digest_state *state, const char *text)
{
	size_t size = strlen(text);

	kg_digest_add_number(state, size);
	kg_digest_add(state, text, size);
}

void
kg_digest_add_number(struct kg_digest_state *state, uint64_t number)
{
	unsigned char bytes[8];

	/* In one order on every machine, as a digest is compared between machines. */
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(number >> 8 * i);
	kg_digest_add(state, bytes, sizeof(bytes));
}

struct kg_digest
kg_digest_end(struct kg_digest_state *state)
{
	XXH128_hash_t hash = XXH3_128bits_digest(state_of(state));

	return (struct kg_digest){ .high = hash.high64, .low = hash.low64 };
}
