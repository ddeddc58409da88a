#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/registry/inside.h"

static constexpr size_t piece_bytes = 1 << 17;

static EVP_MD_CTX *
hash_begin(void)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	if (!hash)
		kg_out_of_memory();
	kg_assert(EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1);
	return hash;
}

/* text has room for "sha256:" and 64 digits. */
static void
hash_end(EVP_MD_CTX *hash, char *text, size_t room)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	kg_assert(EVP_DigestFinal_ex(hash, bytes, &size) == 1);
	EVP_MD_CTX_free(hash);
	size_t at = (size_t)snprintf(text, room, "sha256:");
	for (unsigned int i = 0; i < size; i++)
		at += (size_t)snprintf(text + at, room - at, "%02x", bytes[i]);
}

const char *
kg_sha256(struct kg_arena *arena, const void *bytes, size_t size)
{
	static constexpr size_t room = 7 + 64 + 1;
	char *text = kg_alloc(arena, room);
	EVP_MD_CTX *hash = hash_begin();

	EVP_DigestUpdate(hash, bytes, size);
	hash_end(hash, text, room);
	return text;
}

/* Reads the file from its start to its end, whatever was known of its size. */
void
kg_file_digest_work(void *data)
{
	struct kg_file_digest *digest = data;
	unsigned char piece[piece_bytes];
	ssize_t got;
	int fd = open(digest->path, O_RDONLY | O_CLOEXEC);

	digest->size = 0;
	digest->sys = fd < 0 ? errno : 0;
	if (fd < 0)
		return;
	EVP_MD_CTX *hash = hash_begin();
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	while ((got = read(fd, piece, sizeof(piece))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		EVP_DigestUpdate(hash, piece, (size_t)got);
		digest->size += got;
	}
	digest->sys = got < 0 ? errno : 0;
	close(fd);
	hash_end(hash, digest->text, sizeof(digest->text));
}
