#include "engine/yaml/fyaml.h"

#include <dlfcn.h>
#include <string.h>
#include <threads.h>

#include "engine/base/arena.h"

struct kg_fyaml kg_fyaml;

static once_flag once = ONCE_FLAG_INIT;
static bool is_loaded;
static char why[256]; /* of the one attempt that there is */

static void
load(void)
{
	struct kg_fyaml found;
	void *library = dlopen("libfyaml.so.0", RTLD_NOW | RTLD_LOCAL);
	const char *said = NULL;

	if (!library)
		said = dlerror();
#define TAKE(name)                                                           \
	if (library && !said && !(found.name = dlsym(library, "fy_" #name))) \
	said = dlerror()
	KG_FYAML_FUNCTIONS(TAKE);
#undef TAKE
	if (said) {
		strncpy(why, said, sizeof(why) - 1);
		return;
	}
	kg_fyaml = found;
	is_loaded = true;
}

bool
kg_fyaml_load(struct kg_arena *arena, const char **ret_why)
{
	call_once(&once, load);
	if (!is_loaded)
		*ret_why = kg_copy(arena, why);
	return is_loaded;
}
