/*
 * What stands below an object by owner references, of its current revision: Deployment, ReplicaSet, Pod; CronJob, Job, Pod; or whatever an
 * operator makes.
 *
 *     struct kg_below below = kg_below_find(arena, deployment, around);
 *     for (uint32_t i = 0; i < below.pods.count; i++) examine(below.pods.items[i]);
 *
 * What is left of an older revision fails, or works, for reasons that are over: it is not among them, and neither is anything of a
 * controller that has not seen its latest change.
 */
#pragma once

#include <cjson/cJSON.h>

#include "engine/base/list.h"

struct kg_arena;
struct kg_surroundings;

struct kg_below {
	KG_LIST(const cJSON *) owners; /* the object itself, and what stands between it and its pods */
	KG_LIST(const cJSON *) pods;
};

struct kg_below kg_below_find(struct kg_arena *arena, const cJSON *object, const struct kg_surroundings *around);
