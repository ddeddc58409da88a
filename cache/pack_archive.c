#include "cache/pack_archive.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "engine/base/error.h"

struct kg_archive kg_archive;

static const char library_name[] = "libarchive.so.13";
static char why[256];

/* What the loader says is a text of its own, and gone with the next call. */
static void
why_keep(void)
{
	const char *text = dlerror();

	for (size_t i = 0; text && text[i] && i + 1 < sizeof(why); i++)
		why[i] = text[i];
}

static void
load(void)
{
	struct kg_archive found;
	void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		why_keep();
		return;
	}
#define TAKE(name)                                   \
	if (!(found.name = dlsym(library, #name))) { \
		why_keep();                          \
		return;                              \
	}
	KG_ARCHIVE_FUNCTIONS(TAKE)
#undef TAKE
	kg_archive = found;
}

struct kg_error *
kg_archive_load(struct kg_arena *arena)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return kg_archive.archive_read_new ? NULL : kg_error_make(arena, KG_ESYSTEM, "libarchive cannot be used: %s", why);
}
