/*
 * Which kinds a server has, read from what it answers, and kept in a file. Pure.
 *
 *     struct kg_kinds found = { .arena = arena };
 *     is_aggregated = kg_discovery_read(&found, bytes, size);
 *     discovery = kg_discovery_make(&found);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "targets/kubernetes/client/api.h"

struct kg_kinds {
	struct kg_arena *arena;
	KG_LIST(struct kg_resource) list;
};

/* Of an answer of /api or /apis in the aggregated form (APIGroupDiscoveryList v2 and v2beta1). False: it is none. Versions that are stale are left out. */
[[nodiscard]] bool kg_discovery_read(struct kg_kinds *kinds, const char *bytes, size_t size);
/*
 * The old form: the versions that /api (APIVersions) or /apis (APIGroupList) names, such as "apps/v1", ended by NULL; NULL: it is none. And what
 * /api/v1 or /apis/apps/v1 names (APIResourceList).
 */
const char *const *kg_discovery_read_versions(struct kg_arena *arena, const char *bytes, size_t size);
[[nodiscard]] bool kg_discovery_read_resources(struct kg_kinds *kinds, const char *api_version, const char *bytes, size_t size);

/* Adds one, if its texts can stand in a path. */
void kg_kinds_add(struct kg_kinds *kinds, const struct kg_resource *resource);

/* Never changed once it is made, so that resources stay where they are. */
struct kg_discovery {
	const struct kg_resource *items;
	uint32_t count;
	struct kg_map by_name; /* "apps/v1 Deployment" → index */
};
const struct kg_discovery *kg_discovery_make(const struct kg_kinds *kinds);
const struct kg_resource *kg_discovery_find(const struct kg_discovery *discovery, const char *api_version, const char *kind);

/* What is kept between runs: the kinds, the answers' ETags, and when the server last said so. */
struct kg_discovery_file {
	const struct kg_discovery *kinds;
	const char *etags[2]; /* of /api and /apis; NULL: none */
	int64_t asked_wall_ns;
};
const char *kg_discovery_write(struct kg_arena *arena, const struct kg_discovery_file *file);
/* False: damaged, or of another version of kgraph. */
[[nodiscard]] bool kg_discovery_load(struct kg_arena *arena, const char *bytes, size_t size, struct kg_discovery_file *ret_file);
