#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/file_hash.h"
#include "cache/store_file.h"
#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"

static const char *
note_path(const struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const char *place)
{
	char hex[KG_DIGEST_HEX + 1];

	kg_digest_tell(kg_digest_text(place), hex);
	return kg_store_path(arena, store, kg_format(arena, "shared/%s", hex), fingerprint);
}

bool
kg_store_is_shared(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const char *place)
{
	struct stat stat_buffer;

	return stat(note_path(store, arena, fingerprint, place), &stat_buffer) == 0 &&
	    kg_clock_wall_ns() - kg_file_changed_ns(&stat_buffer) < kg_store_note_ns;
}

void
kg_store_note_shared(struct kg_store *store, struct kg_arena *arena, struct kg_digest fingerprint, const char *place)
{
	const char *path = note_path(store, arena, fingerprint, place);
	struct kg_error *error = kg_file_make_folder(arena, kg_path_folder(arena, path), 0700);
	int fd = error ? -1 : open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	futimens(fd, NULL);
	close(fd);
}
