/*
 * What the review of the kind `kubernetes` knows beside the manifests: what the clusters have, who may put things there, what is to be asked later.
 *
 *     first round:   kg_kubernetes_world_ask(view);
 *     second round:  struct kg_world world = { .context = view, .has = kg_kubernetes_world_has, … };
 *                    kg_manifest_review(…, &world, …);
 *                    kg_kubernetes_world_leave(view);
 */
#pragma once

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/review.h"
#include "targets/kubernetes/manifest/manifest.h"
#include "targets/kubernetes/manifest/review.h"

struct kubernetes_asking;
struct kubernetes_cluster;
struct kubernetes_lacks;
struct kubernetes_question;
struct kubernetes_reading;

/* Namespace of objects that say none, of nodes that say none, until the kubeconfig is read. */
extern const char kg_kubernetes_default_namespace[];

/* One whose schema a migration makes. */
struct kubernetes_database {
	const struct kg_review_node *migration;
	uint32_t server; /* the node that has its Service */
	struct kg_object service;
};

struct kubernetes_view {
	struct kg_review *review;
	struct kubernetes_reading *readings; /* one for each node of the review, as all below */
	struct kg_reviewed *nodes;
	struct kubernetes_lacks **lacks; /* NULL: nothing is to be asked again for that one */
	KG_LIST(struct kubernetes_cluster *) clusters;
	struct kg_map owners; /* of objects, by cluster and name: the node that has them */
	KG_LIST(struct kubernetes_database) databases;

	struct kg_scene *scene;           /* of what is known by now; NULL before the first node has its turn */
	struct kubernetes_asking *asking; /* of the node that has its turn */
};

/* Asks every cluster, as far as it can be reached by now, for what its nodes name and do not bring. They learn the namespace of their kubeconfig by that. */
void kg_kubernetes_world_ask(struct kubernetes_view *view);
/* Once they were asked: nodes that reach the same cluster in different ways are of one. */
void kg_kubernetes_world_unite(struct kubernetes_view *view);
/* What an answer means in the view: what a node of the graph has made and has no more is leaving. */
enum kg_presence kg_kubernetes_world_presence(
    const struct kubernetes_view *view, const char *cluster, const struct kubernetes_question *question, const char *key);
/* As struct kg_world; context is the view. */
enum kg_presence kg_kubernetes_world_has(void *context, const char *cluster, const char *api_version, const char *kind,
    const char *namespace_, const char *name, const char *key);
enum kg_presence kg_kubernetes_world_may_make(
    void *context, const char *cluster, const struct kg_account *account, const char *kind, const char *namespace_);
enum kg_presence kg_kubernetes_world_role_makes(
    void *context, const char *cluster, const char *role_namespace, const char *role, const char *kind);
const char *kg_kubernetes_world_advise(
    void *context, const char *cluster, const char *kind, const char *namespace_, const char *name, const char *key);
const char *kg_kubernetes_world_holder(void *context, const char *cluster, int64_t node_port, const char *protocol);
void kg_kubernetes_world_lacks(void *context, const struct kg_reviewed *node, const struct kg_lack *lack);
/* Warns of clusters that could not be asked although there were questions, where no run will tell. */
void kg_kubernetes_world_warn(const struct kubernetes_view *view);
/* Leaves the lacks to the nodes' runs, and the view to those of which not all is known. */
void kg_kubernetes_world_leave(struct kubernetes_view *view);

/* What is asked when a node has its turn (kubernetes_lack.c). Lives as long as the run. */
struct kubernetes_lacks {
	struct kg_lack *items; /* a namespace_ of NULL, for a kind that lives in one: the kubeconfig's */
	uint32_t count, room;
	struct kubernetes_view *view; /* NULL: all of the node was known and reviewed; else what was not is, at its turn */
	uint32_t node;
	struct kg_error *error; /* what was wrong then */
};
void kg_kubernetes_lack_add(struct kg_arena *arena, struct kubernetes_lacks *lacks, const struct kg_lack *lack);

/* What the graph knows beside the manifests, and the rules about it (kubernetes_review.c). As struct kg_world; context is the view. */
enum kg_presence kg_kubernetes_has_image(void *context, const char *cluster, const char *image);
/* The same of an image whose references are resolved: silent where that of a node that loads one is not known yet. */
enum kg_presence kg_kubernetes_has_known_image(void *context, const char *cluster, const char *image);
enum kg_presence kg_kubernetes_maps_port(void *context, const char *cluster, int64_t node_port);
bool kg_kubernetes_is_let_be(void *context, const struct kg_reviewed *node, const struct kg_object *object);
/* Tells of an object that another node has already, and takes note of whose it is. */
void kg_kubernetes_own(struct kubernetes_view *view, uint32_t node, const struct kg_object *object);
/* Of objects of the node from first on: which speak to a database whose schema comes later, and which are one. */
void kg_kubernetes_schemas_review(struct kubernetes_view *view, uint32_t node, uint32_t first);

/* Nodes of other kinds that may put things into a cluster (kubernetes_maker.c). */
struct kubernetes_makers {
	const struct kg_review_node **items;
	uint32_t count, room;
};
void kg_kubernetes_makers_find(struct kg_review *review, struct kubernetes_makers *makers);
enum kg_makers kg_kubernetes_makers_of(
    struct kg_review *review, const struct kubernetes_makers *makers, const struct kg_review_node *node);
