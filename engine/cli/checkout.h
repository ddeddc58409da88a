/*
 * Which graph the user means, and where its things are: kgraph.toml in the current folder or one above, its snapshot, its .kgraph folder.
 *
 *     struct kg_checkout checkout;
 *     int status = kg_checkout_open(cli, &checkout);
 *     if (status != 0)
 *         return status;                          all errors have been told
 *     ... checkout.graph, checkout.state
 */
#pragma once

#include <stdbool.h>

#include "graph/graph.h"

struct kg_cli;
struct kg_error;
struct kg_errors;

struct kg_checkout {
	const char *file;     /* the root graph file, absolute */
	const char *folder;   /* where it is */
	const char *private;  /* folder/.kgraph */
	const char *snapshot; /* of this file, profile and settings */
	struct kg_graph_source source;
	const struct kg_graph *graph;
	bool is_read;      /* the graph is from the files, and not from the snapshot */
	const char *state; /* private/INSTANCE */
};

/* Finds the file; reads nothing. KG_EINPUT when there is none. */
[[nodiscard]] struct kg_error *kg_checkout_find(struct kg_cli *cli, struct kg_checkout *ret_checkout);
/* From the files, whatever the snapshot holds. graph is NULL when there are errors. origin may be NULL. */
void kg_checkout_read(
    struct kg_cli *cli, struct kg_checkout *checkout, struct kg_errors *errors, struct kg_graph_origin *ret_origin);
/* Finds and reads, from the snapshot when it is good, which is written when it is not. 0, or the exit code after errors were told. */
int kg_checkout_open(struct kg_cli *cli, struct kg_checkout *ret_checkout);
/* Warns of what nodes read and others make that they do not need. */
void kg_checkout_warn(struct kg_cli *cli, const struct kg_checkout *checkout);
/* For completion: from the snapshot or the files; NULL when that fails. Writes and tells nothing. */
const struct kg_graph *kg_checkout_peek(struct kg_cli *cli, struct kg_checkout *checkout);

/* Files of the user that are not of one checkout. */
const char *kg_user_ports_file(struct kg_arena *arena);
const char *kg_user_store_folder(struct kg_arena *arena);
