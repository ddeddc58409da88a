#include "cache/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cache/store_file.h"
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

struct kg_error *
kg_store_open(struct kg_arena *arena, const char *folder, struct kg_store **ret_store)
{
	static const char *const folders[] = { "objects", "entries", "tmp" };
	struct kg_error *error = NULL;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !error; i++)
		error = kg_file_make_folder(arena, kg_format(arena, "%s/%s", folder, folders[i]), 0700);
	if (error)
		return error;
	*ret_store = kg_new(arena, struct kg_store);
	(*ret_store)->folder = kg_copy(arena, folder);
	return NULL;
}

void
kg_store_close(struct kg_store *store)
{
	/* Nothing is held between two calls. */
	(void)store;
}

const char *
kg_store_path(struct kg_arena *arena, const struct kg_store *store, const char *kind, struct kg_digest digest)
{
	char hex[KG_DIGEST_HEX + 1];

	kg_digest_tell(digest, hex);
	return kg_format(arena, "%s/%s/%.2s/%s", store->folder, kind, hex, hex + 2);
}

int
kg_store_lock(struct kg_arena *arena, const struct kg_store *store, bool is_alone)
{
	/* An open file of its own for each call: locks of one process would be one lock else. */
	int fd = open(kg_format(arena, "%s/lock", store->folder), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	while (fd >= 0 && flock(fd, is_alone ? LOCK_EX : LOCK_SH) < 0 && errno == EINTR)
		continue;
	return fd;
}
