#include "targets/kubernetes/client/path.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/api.h"

const char *
kg_api_path(struct kg_arena *arena, const struct kg_resource *resource, const char *namespace_, const char *name)
{
	struct kg_text path = { .arena = arena };

	kg_text_format(&path, *resource->group ? "/apis/%s/" : "/api%s/", resource->group);
	kg_text_add(&path, resource->version);
	if (namespace_ && *namespace_ && resource->is_namespaced) {
		kg_text_add(&path, "/namespaces/");
		kg_path_add(&path, namespace_);
	}
	kg_text_format(&path, "/%s", resource->plural);
	if (name) {
		kg_text_add(&path, "/");
		kg_path_add(&path, name);
	}
	return kg_text_end(&path);
}

void
kg_path_add(struct kg_text *path, const char *part)
{
	for (const char *at = part; *at; at++) {
		bool is_plain =
		    (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || strchr("-._~", *at);

		if (is_plain)
			kg_text_add_bytes(path, at, 1);
		else
			kg_text_format(path, "%%%02X", (unsigned char)*at);
	}
}

void
kg_path_query(struct kg_text *path, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	kg_text_format(path, "%s%s=", memchr(path->bytes, '?', path->size) ? "&" : "?", name);
	kg_path_add(path, value);
}
