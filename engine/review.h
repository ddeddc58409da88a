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
 * changed since it was brought up. No run goes on when there are errors. It is not told what will be known later: an open ${…} stays in a text
 * as it is written, and a number that holds one is zero.
 *
 * It reads files. What else it has to know, it asks of the world by kg_review_ask, says nothing, and is called once more when that has been answered:
 *
 *     if (review->round == 0 && has_questions(things))
 *         kg_review_ask(review, node, (struct kg_inquiry){ .ask = things_ask, .memory = things, .limit_ms = 3000, .ret_error = &things->error });
 *     else
 *         …                                          things has the answers, or its error says why there are none
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/value.h"
#include "engine/job.h"

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
	uint32_t round;                      /* 1: what was asked has been answered, or will not be */
	void *memory;                        /* the kind's own, from the first round to the second; NULL before it is set */
	struct kg_arena *keep;               /* until the run ends */
	bool is_run;                         /* what is reviewed is run if there are no errors; else somebody only wants to know */
	bool is_waited;                      /* … and waited for until it is ready */
	struct kg_reviewing *inside;         /* the engine's own */
};

/* What a review asks of the world: an operation of its own, with the settings of a node as far as they are known. */
struct kg_inquiry {
	kg_step *ask;
	void *memory;                /* job->survey of its steps */
	int64_t limit_ms;            /* it is ended after that */
	struct kg_error **ret_error; /* why it failed, or was ended; NULL: it went well */
};
/* In the first round alone. All that are asked for are asked at the same time. */
void kg_review_ask(struct kg_review *review, const struct kg_review_node *node, struct kg_inquiry inquiry);
/* Leaves something to the node's run, as job->reviewed; it lives in review->keep. */
void kg_review_leave(struct kg_review *review, const struct kg_review_node *node, const void *what);
/*
 * The review and all that is in its arena stay until the run ends, for kinds that go on with it when a node has its turn; errors and warnings are to be set
 * anew then. Nothing is asked by it any more.
 */
void kg_review_hold(struct kg_review *review);
/* For kinds that keep what they have found out about a node, with what it was made of. */
struct kg_review_kept {
	const char *folder;      /* job->keep; NULL: nobody knows whether what is there still holds */
	const char *fingerprint; /* job->fingerprint, if the node ran now */
	bool is_up;              /* by that it was brought up, and nothing of it runs again unless it has gone */
};
/* Not known without a run, and where something that the node needs has changed since it was brought up. */
struct kg_review_kept kg_review_kept(struct kg_review *review, const struct kg_review_node *node);

/* Adds to errors or to warnings; the advice may be set (kg_error_advise). */
[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_review_error(
    struct kg_review *review, struct kg_place place, const char *format, ...);
[[gnu::returns_nonnull, gnu::format(printf, 3, 4)]] struct kg_error *kg_review_warn(
    struct kg_review *review, struct kg_place place, const char *format, ...);

/* The nodes of another kind, in the graph's order. */
const struct kg_review_node *kg_review_nodes_of(struct kg_review *review, const char *kind, uint32_t *ret_count);
/* Does it need the other one, itself or by those that it needs? Cheap when asked for one node and many others. */
bool kg_review_needs(struct kg_review *review, const struct kg_review_node *node, const struct kg_review_node *other);
