/*
 * What an API server says of its nodes.
 *
 *     const char *why = kg_nodes_unready(arena, job->http.body, 2, 0);        NULL: all are ready
 */
#pragma once

#include <stdint.h>

struct kg_arena;

/*
 * list: the answer to GET /api/v1/nodes. count: how many there must be. since_s: wall clock; what a node said earlier was before it was started again, and
 * does not count. A sentence's part such as "node a-worker: cni plugin not initialized", in the arena.
 */
const char *kg_nodes_unready(struct kg_arena *arena, const char *list, uint32_t count, int64_t since_s);
