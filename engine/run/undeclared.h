/*
 * What one node reads and another one makes without a need between them: which of the two comes first is then chance.
 *
 *     kg_undeclared_each(arena, graph, kinds, tell, context);
 *
 * Goes by the settings as the files say them, and so knows nothing of what only a run tells: names with open references, dependency files,
 * what stands in a folder that another node makes, unless the folder itself is named.
 */
#pragma once

#include <stdint.h>

struct kg_arena;
struct kg_graph;
struct kg_kind;

/*
 * Calls found for each pair, with one path, which lives in the arena; at most 20 times. The graph is sealed and free of errors; kinds are in the order of the
 * facts that it was read with. Pure; the time is bounded whatever the patterns are, and what would take longer is left out.
 */
void kg_undeclared_each(struct kg_arena *arena, const struct kg_graph *graph, const struct kg_kind *const *kinds,
    void (*found)(void *context, uint32_t user, uint32_t maker, const char *path), void *context);
