/*
 * What a node has put into a cluster, written down in a file of the node's own (job->keep): which objects, which ones exactly (uid), of what they were made,
 * and which of their fields were ours.
 *
 *     error = kg_inventory_read(arena, path, &before);
 *     const struct kg_put *it = kg_inventory_find(&before, "apps/v1", "Deployment", "shop", "web");
 *     …
 *     error = kg_inventory_write(arena, path, &now);
 *
 * It is written before the first write to the cluster, with everything that may be there from then on, and again with what came of it. So whatever moment
 * kgraph is killed at, nothing that it has made is forgotten: it is taken away when it leaves the manifests, and by `down`.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/list.h"
#include "engine/base/map.h"

struct kg_arena;
struct kg_error;

struct kg_put {
	const char *api_version, *kind, *name;
	const char *namespace_;    /* NULL: it has none */
	const char *uid;           /* "": not known yet */
	const char *made_of;       /* digest of what was applied; "": not known yet */
	uint32_t level;            /* see kg_object_level */
	const cJSON *fields;       /* of ours, as the server answered; NULL: not known yet */
	const char *const *values; /* that they held then; see kg_owned_values */
	bool is_wanted;            /* still, by the run that has read it */
};

struct kg_inventory {
	const char *cluster; /* uid of the namespace kube-system; "": it could not be asked */
	bool is_whole;       /* a run has ended well since it was begun */
	KG_LIST(struct kg_put) puts;
	struct kg_map index;
};

/* Empty when there is no such file; KG_EDATA when it is damaged. */
[[nodiscard]] struct kg_error *kg_inventory_read(struct kg_arena *arena, const char *path, struct kg_inventory *ret_inventory);
[[nodiscard]] struct kg_error *kg_inventory_write(struct kg_arena *arena, const char *path, const struct kg_inventory *inventory);

/* Two versions of a kind are the same objects: only its group counts. */
struct kg_put *kg_inventory_find(const struct kg_inventory *inventory, struct kg_arena *arena, const char *api_version,
    const char *kind, const char *namespace_, const char *name);
/* put must not be in it yet. */
void kg_inventory_add(struct kg_inventory *inventory, struct kg_arena *arena, struct kg_put put);

/* "Deployment shop/web" */
const char *kg_put_tell(struct kg_arena *arena, const char *kind, const char *namespace_, const char *name);
