/*
 * What is remembered of a cluster that a node has made, twice: beside the ledger, and as a mark in the cluster itself, so that a checkout that lost its
 * state knows its own again, and that nobody takes another one's.
 *
 *     if (kg_cluster_kept_read(arena, path, &kept) && kept.is_made) …
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;
struct kg_error;

struct kg_cluster_kept {
	const char *owner;         /* kg_engine_owner of the checkout */
	const char *folder;        /* of its graph, for messages */
	const char *node;          /* the node's name */
	const char *name, *engine; /* of the cluster */
	const char *config;        /* what kind was told, as JSON */
	const char *const *nodes;  /* ids of its containers, ended by NULL; "" of none in a mark */
	bool is_made;              /* false: kind was told to make it, and it is not known how that ended */
};

/* Where the mark lies in nodes. */
#define KG_CLUSTER_MARK "/kind/kgraph.json"

const char *kg_cluster_kept_text(struct kg_arena *arena, const struct kg_cluster_kept *kept);
/* False when there is no such file or it is none of ours. */
bool kg_cluster_kept_read(struct kg_arena *arena, const char *path, struct kg_cluster_kept *ret_kept);
[[nodiscard]] struct kg_error *kg_cluster_kept_write(struct kg_arena *arena, const char *path, const struct kg_cluster_kept *kept);
/* id is one of its containers'. Engines cut ids short. */
bool kg_cluster_kept_has(const struct kg_cluster_kept *kept, const char *id);
