/*
 * Names of a sealed graph: from a text to a node and back. Inside graph/; the rest is in graph/graph.h.
 *
 *     kg_graph_index_names(arena, graph);
 *     uint32_t node = kg_graph_find(graph, "postgresql");
 */
#pragma once

#include <stdint.h>

struct kg_arena;
struct kg_graph;

/* Sets graph->name_slots from its nodes: the last thing that is done to a graph before it is const. */
void kg_graph_index_names(struct kg_arena *arena, struct kg_graph *graph);
