#include "engine/base/hash.h"

#include <string.h>

/* Eight bytes a step, mixed by a 64 x 64 bit multiplication folded onto itself: two rounds tell short keys well apart. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t
kg_hash_bytes(const void *bytes, size_t size_bytes)
{
	const unsigned char *at = bytes;
	uint64_t hash = 0x9e3779b97f4a7c15u ^ size_bytes;
	uint64_t word;

	for (; size_bytes >= sizeof(word); size_bytes -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash ^ word, 0xe7037ed1a0b428dbu);
	}
	if (size_bytes > 0) {
		word = 0;
		memcpy(&word, at, size_bytes);
		hash = mix(hash ^ word, 0xa0761d6478bd642fu);
	}
	return mix(hash, 0x8ebc6af09c88c6e3u);
}

uint64_t
kg_hash_text(const char *text)
{
	return kg_hash_bytes(text, strlen(text));
}
