#include "engine/loop/http_curl.h"

#include <dlfcn.h>
#include <stddef.h>

#include "engine/base/arena.h"

struct kg_curl kg_curl;

/* One interface, built with different libraries for TLS; the first is what most systems have alone. */
static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4", NULL };

bool
kg_curl_load(struct kg_arena *arena, const char **ret_why)
{
	struct kg_curl found;
	void *library = NULL;

	if (kg_curl.easy_init)
		return true;
	for (const char *const *name = names; !library && *name; name++) {
		library = dlopen(*name, RTLD_NOW | RTLD_LOCAL);
		if (!library && name == names)
			*ret_why = kg_copy(arena, dlerror());
	}
	if (!library)
		return false;
#define TAKE(name)                                           \
	if (!(found.name = dlsym(library, "curl_" #name))) { \
		*ret_why = kg_copy(arena, dlerror());        \
		return false;                                \
	}
	KG_CURL_FUNCTIONS(TAKE)
#undef TAKE
	/* Reads OpenSSL's settings, which takes milliseconds as well. */
	if (found.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		*ret_why = "it cannot begin";
		return false;
	}
	kg_curl = found;
	return true;
}
