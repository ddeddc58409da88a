#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/pack.h"
#include "engine/base/arena.h"
#include "engine/base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A pack that is a tar without its compression is read as well, so that what is tried reaches what comes behind it. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char folder[] = "/tmp/kgraph-pack-fuzz.XXXXXX";
	static bool is_made;
	struct kg_arena *arena = kg_arena_make();
	struct kg_store *store;
	int fd = memfd_create("pack", MFD_CLOEXEC);

	if (!is_made && !mkdtemp(folder))
		abort();
	is_made = true;
	if (fd < 0 || kg_file_write_all(fd, bytes, size) != 0 || kg_store_open(arena, folder, &store))
		abort();
	const char *path = kg_format(arena, "/proc/self/fd/%d", fd);
	struct kg_digest fingerprint = { 1, 2 };
	struct kg_error *error = kg_pack_read(store, arena, fingerprint, path, 64, 0);

	(void)error;
	close(fd);
	error = kg_file_remove(arena, folder);
	if (error || mkdir(folder, 0700) < 0)
		abort();
	kg_arena_free(arena);
	return 0;
}
