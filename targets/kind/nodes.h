/*
 * The containers that are nodes of kind's clusters, whoever made them.
 *
 *     struct kg_kind_nodes nodes = kg_kind_nodes_of(arena, &listing, "gateway-e2e");
 *
 * kind labels each with its cluster's name and its role; the engine tells them all by one listing.
 */
#pragma once

#include <stdint.h>

#include "engine/base/list.h"
#include "engine/containers/engine.h"
#include "engine/job.h"

#define KG_KIND_LABEL_CLUSTER "io.x-k8s.kind.cluster"
#define KG_KIND_LABEL_ROLE "io.x-k8s.kind.role"

struct kg_kind_nodes {
	KG_LIST(const struct kg_container *) all; /* as the engine lists them */
};

struct kg_kind_survey {
	struct kg_engine engine;
	struct kg_containers containers; /* nodes of all clusters on this machine */
};

/* Lists the nodes of all clusters: standard output is for engine->driver->read_containers. */
struct kg_next kg_kind_nodes_list(struct kg_job *job, const struct kg_engine *engine, kg_step *then);
/* The survey of jobs whose spec starts with a struct kg_engine_spec. */
kg_step kg_kind_nodes_survey;

struct kg_kind_nodes kg_kind_nodes_of(struct kg_arena *arena, const struct kg_containers *listing, const char *cluster);
/* It runs kubelet and containers: all but the load balancer of clusters with several control planes. */
bool kg_kind_node_has_images(const struct kg_container *node);
/* A node that runs the API server, a running one first; NULL: none. */
const struct kg_container *kg_kind_nodes_control_plane(const struct kg_kind_nodes *nodes);
