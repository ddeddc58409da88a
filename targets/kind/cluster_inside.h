/*
 * What the files of the kind `kind-cluster` share: cluster.c says what a node is and whether its cluster is there, cluster_run.c uses it again, cluster_make.c
 * makes and cluster_undo.c deletes it, cluster_gather.c collects what its nodes say, cluster_config.c renders what kind is told, cluster_kept.c remembers what was made, cluster_health.c asks its API server.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/containers/engine.h"
#include "engine/job.h"
#include "targets/kind/cluster_config.h"
#include "targets/kind/cluster_kept.h"
#include "targets/kind/kubeconfig.h"
#include "targets/kind/nodes.h"

struct question;

struct cluster_spec {
	struct kg_engine_spec engine; /* first: see engine.h */
	struct kg_cluster_settings settings;
	const char *name;
	int64_t wait_ms;
};

struct cluster_state {
	struct kg_engine engine;
	struct kg_engine kind; /* the program kind, with the engine's environment */
	const char *name;
	const char *config; /* what kind is to be told, as JSON */
	struct kg_containers listing;
	struct kg_kind_nodes nodes; /* of this cluster */
	struct kg_cluster_kept kept;
	struct kg_kubeconfig kubeconfig;

	const char *gone_name; /* the cluster that is being deleted */
	kg_step *then;         /* after deleting, finding, or asking how it is */
	uint32_t tries;        /* creations that failed */
	int64_t started_s;     /* wall clock: its nodes are only ready when they said so later; 0: they were running */
	int64_t asked_from_ns; /* since when its API server has been asked */
	int64_t pause_ms;
	const char *last_answer;
	bool was_made;     /* by this run */
	bool has_answered; /* the API server */
	struct kg_error *error;
	KG_LIST(struct question *) questions; /* to nodes, for `kgraph collect` */
	kg_step *gathered;                    /* behind them */
	uint16_t port;                        /* that is taken */
	const char *mark_path;                /* a copy of the node's mark */
};

/* ---- cluster.c */

/* "shop-cluster-3f9a1c", or as the node says. */
const char *kg_cluster_name(const struct kg_job *job);
/* Files in job->keep. */
const char *kg_cluster_file(const struct kg_job *job, const char *name);
#define KG_CLUSTER_KUBECONFIG "kubeconfig"
#define KG_CLUSTER_CONFIG "config.json"
#define KG_CLUSTER_KEPT "cluster.json"

/* ---- cluster_run.c, cluster_make.c, cluster_undo.c, cluster_health.c, cluster_gather.c */

kg_step kg_cluster_run, kg_cluster_undo, kg_cluster_kept, kg_cluster_ready, kg_cluster_gather;
/* Makes the cluster that state says; there is none of its name. Goes on with kg_cluster_give. */
kg_step kg_cluster_make;
/* The node's outputs; the last step of a run. */
kg_step kg_cluster_give;
/* What was listed into state->listing. */
[[nodiscard]] struct kg_error *kg_cluster_listing_read(struct kg_job *job);
/*
 * Lists the nodes of the cluster that state->kept remembers into state->nodes, in the engine that it was made in; none when they are gone or somebody else's.
 * Goes on with then.
 */
struct kg_next kg_cluster_own_find(struct kg_job *job, kg_step *then);
/* Finds the engine and, when there is one, the program kind. */
[[nodiscard]] struct kg_error *kg_cluster_programs(struct kg_job *job, const char *engine);
/* KG_EINPUT with how to get it when the program kind is not installed. */
[[nodiscard]] struct kg_error *kg_cluster_kind_missing(struct kg_job *job);
/* How to run kind: with the engine that it is to take. */
struct kg_child *kg_cluster_kind(struct kg_job *job, const char *const *arguments);
/* Deletes the cluster state->gone_name, whose containers are nodes, and goes on with state->then. */
struct kg_next kg_cluster_delete(struct kg_job *job, const struct kg_kind_nodes *nodes);

/* Writes what state->nodes say of themselves into folder, a folder each, and goes on with then whatever came of it. */
struct kg_next kg_cluster_gather_nodes(struct kg_job *job, const char *folder, kg_step *then);
/* Where that of a cluster that could not be made is kept. */
const char *kg_cluster_failed_folder(const struct kg_job *job);

/* Reads the kubeconfig in job->keep into state->kubeconfig. False when there is none that is whole. */
bool kg_cluster_kubeconfig_read(struct kg_job *job);
/* A GET of path from the API server, as the cluster's administrator. */
struct kg_next kg_cluster_ask(struct kg_job *job, const char *path, int64_t timeout_ms, kg_step *then);
/* "connection refused", "HTTP 500" */
const char *kg_cluster_answer_tell(struct kg_job *job);
/* Asks until the API server is ready and has made the account that pods run under; then state->has_answered tells whether it did in time. */
struct kg_next kg_cluster_answers(struct kg_job *job, kg_step *then);
