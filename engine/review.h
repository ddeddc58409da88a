/*
 * What a kind finds wrong with its nodes before anything starts: mistakes in the files that they name, and between nodes.
 *
 *     static void
 *     review(struct kg_review *review)
 *     {
 *         for (uint32_t i = 0; i < review->count; i++) {
 *             const struct kg_review_node *node = &review->nodes[i];
 *             const struct schema_spec *spec = node->spec;
 *
 *             if (!spec->dir)
 *                 kg_review_error(review, node->place, "`%s` names no folder", node->name);
 *         }
 *     }
 *
 * It is called by `kgraph check` with all nodes of the kind, and by `up`, `run` and `plan` with those that are chosen, unless none of them has
 * changed since it was brought up. No run goes on when there are errors. It reads files and asks nothing else, and it is not told what will be
 * known later: an open ${…} stays in a text as it is written, and a number that holds one is zero.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/value.h"

struct kg_arena;
struct kg_common;

struct kg_review_node {
	const char *name, *kind, *folder;
	struct kg_place place;          /* of its header in the graph file */
	const void *spec;               /* of the reviewing kind's own nodes; NULL for those of others */
	const struct kg_common *common; /* likewise */
	/* What the file says, for places within it (kg_value_member, kg_value_place) and for settings of other kinds. */
	const struct kg_values *values;
	const struct kg_value *settings;
	uint32_t index; /* the engine's own */
};

struct kg_review {
	struct kg_arena *arena;              /* until all is told */
	const struct kg_review_node *nodes;  /* of the kind, in the graph's order */
	uint32_t count;                      /* of nodes, never 0 */
	struct kg_errors *errors, *warnings; /* both are told in the order in which they were found */
	struct kg_reviewing *inside;         /* the engine's own */
};

/* Adds to errors or to warnings; the advice may be set (kg_error_advise). */
[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_review_error(
    struct kg_review *review, struct kg_place place, const char *format, ...);
[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_review_warn(
    struct kg_review *review, struct kg_place place, const char *format, ...);

/* The nodes of another kind, in the graph's order. */
const struct kg_review_node *kg_review_nodes_of(struct kg_review *review, const char *kind, uint32_t *ret_count);
/* Does it need the other one, itself or by those that it needs? Cheap when asked for one node and many others. */
bool kg_review_needs(struct kg_review *review, const struct kg_review_node *node, const struct kg_review_node *other);
