/*
 * What the files that seal a draft (seal, target, reference, check) share while they work on it. Inside graph/ only.
 *
 * All of them add what they find wrong to the draft's errors and go on, so that one run tells everything.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "graph/draft.h"
#include "graph/graph.h"

/* Nodes are numbered as in the draft until the sealed graph is built. */
struct kg_sealing_edge {
	uint32_t from, to;
	uint32_t origin; /* is_need: index into the draft's needs; else index of the value that holds the reference */
	enum kg_edge_until until;
	bool is_need, is_output; /* what it came from; both when two that lead to the same node were made one */
};

/* A run of items in one of the lists below. */
struct kg_sealing_run {
	uint32_t first, count;
};

struct kg_sealing {
	struct kg_draft *draft;
	struct kg_arena *scratch; /* freed when the draft is sealed; errors and the graph are in the draft's arena */
	struct kg_values values;  /* of the draft, with all that sealing adds to the texts */

	struct kg_map targets, secrets, ports, pools; /* name → index in the draft */
	uint32_t *node_files;                         /* text offset of the file that says the node */

	struct kg_sealing_run *target_runs; /* of each target, into target_nodes */
	KG_LIST(uint32_t) target_nodes;

	struct kg_map reference_names;            /* → index into known */
	KG_LIST(struct kg_reference) known;       /* all different references of the graph; key 0: wrong, and told so at each use */
	KG_LIST(uint32_t) reference_owner;        /* of each known one: who had it last, so that nobody gets it twice */
	KG_LIST(struct kg_reference) references;  /* of all nodes, then of all exports */
	struct kg_sealing_run *node_references;   /* into references */
	struct kg_sealing_run *export_references; /* into references */
	KG_LIST(uint32_t) stack;                  /* values still to be looked at */

	KG_LIST(struct kg_sealing_edge) edges; /* as found; then sorted by node and each once */
	uint32_t *first_edge;                  /* of each node, and one more for the end */
	uint32_t suggestions_left;             /* a search for a near name goes over all names: only so many are made */
};

/* graph/target.c: fills target_runs and target_nodes; tells unknown names and targets that name each other. */
void kg_sealing_targets(struct kg_sealing *sealing);
/* graph/reference.c: fills the references of nodes and exports, and adds the edges that they are. */
void kg_sealing_references(struct kg_sealing *sealing);
/* graph/check.c: tells what is wrong with the settings of the nodes. */
void kg_sealing_check(struct kg_sealing *sealing);

/*
 * graph/unknown.c: an error at a place where something is named that is not there, with what was likely meant. Of a draft that is
 * incomplete nothing is told: the name may be in the file that could not be read.
 */
void kg_sealing_unknown_node(struct kg_sealing *sealing, struct kg_place place, const char *name, bool or_target);
/* The same for a name in a short list. noun is what the list holds: "secret". */
void kg_sealing_unknown(
    struct kg_sealing *sealing, struct kg_place place, const char *noun, const char *name, const char *const *candidates);

/* graph/place.c: where the reference ${name} stands in the text that is the value: in its line, when it can be found there. */
struct kg_place kg_sealing_reference_place(const struct kg_sealing *sealing, const struct kg_value *value, const char *name);

/* graph/build.c: the sealed arrays of a draft that has been found well. order has all nodes of the draft. */
const struct kg_graph *kg_sealing_build(struct kg_sealing *sealing, const uint32_t *order);
