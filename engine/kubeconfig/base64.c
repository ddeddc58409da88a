#include "engine/kubeconfig/base64.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "engine/base/arena.h"

const char *
kg_base64_decode(struct kg_arena *arena, const char *text, size_t *ret_size)
{
	size_t size = strlen(text), count = 0, padding = 0;
	char *packed = kg_alloc(arena, size + 1), *bytes;

	for (size_t i = 0; i < size; i++)
		if (!strchr(" \t\r\n", text[i]))
			packed[count++] = text[i];
	if (count % 4 != 0 || count > INT_MAX)
		return NULL;
	while (padding < 2 && padding < count && packed[count - 1 - padding] == '=')
		padding++;
	if (memchr(packed, '=', count - padding))
		return NULL;
	/* It writes three bytes for each four, whatever the padding. */
	bytes = kg_alloc(arena, count / 4 * 3 + 1);
	if (count > 0 && EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)packed, (int)count) < 0)
		return NULL;
	size = count / 4 * 3 - padding;
	bytes[size] = '\0';
	if (ret_size)
		*ret_size = size;
	return bytes;
}

const char *
kg_base64_encode(struct kg_arena *arena, const void *bytes, size_t size)
{
	char *text = kg_alloc(arena, (size + 2) / 3 * 4 + 1);

	EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
	return text;
}
