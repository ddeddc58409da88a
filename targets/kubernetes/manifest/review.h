/*
 * What is wrong with manifests before anything is applied: mistakes that would otherwise show minutes later, as a pod that does not start.
 *
 *     struct kg_reviewed nodes[] = { { .node = "datastorage", .manifest = &manifest, .cluster = "kind", .namespace_ = "default" } };
 *     kg_manifest_review(arena, nodes, 1, &world, &errors, &warnings);
 *
 * All nodes of a graph are looked at together: what one of them names another may have. What neither has, the cluster may have: the world is asked. Pure, as far
 * as the world's answers are. docs/kubernetes.md lists the rules.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"

struct kg_arena;
struct kg_manifest;
struct kg_object;
struct kg_scene;

/*
 * Nodes of the graph that may put things into the cluster by other ways than manifests: a command that runs kubectl. What such a node makes before this
 * one's turn is there by then; what it makes beside it nobody can know.
 */
enum kg_makers {
	KG_MAKERS_NONE,
	KG_MAKERS_BEFORE,
	KG_MAKERS_BESIDE,
};

/* The objects of one node of the graph. Nodes see each other when cluster is alike. */
struct kg_reviewed {
	const char *node;
	const struct kg_manifest *manifest;
	const char *cluster;    /* whatever tells clusters apart; "" will do where there is one */
	const char *namespace_; /* of objects that say none; never NULL */
	bool is_fresh;          /* the graph makes the cluster: hardly anything is there that it does not bring */
	bool is_partial;        /* some of its objects are not known yet (render, open references): what misses may be among them */
	enum kg_makers makers;
};

enum kg_presence {
	KG_PRESENCE_UNKNOWN, /* nobody can tell, such as before the cluster is there: what is missing is a warning then */
	KG_PRESENT,
	KG_ABSENT,
	KG_ABSENT_YET, /* not there, but something in the cluster is known to make such things by itself */
	KG_LEAVING,    /* there, but a node of the graph made it and has it no more: this run deletes it */
};

/* What is missing as far as is known now, and will be known for certain when the node has its turn. */
struct kg_lack {
	/* As kg_world.has is asked for it; or, with a kind of NULL, a port of the cluster's nodes. */
	const char *api_version, *kind, *namespace_, *name, *key;
	int64_t node_port;
	const char *protocol, *service; /* of the port: "TCP", and who wants it, "namespace/name" */
	const struct kg_error *error;   /* what there is to say if it is missing then, with its place */
};

struct kg_account {
	const char *namespace_, *name; /* of a ServiceAccount */
};

/* What there is beside the graph's objects. A NULL function knows nothing. */
struct kg_world {
	void *context;
	/*
	 * namespace_ is NULL for kinds that live in none. key is of a ConfigMap's or Secret's data, or NULL. A StorageClass is there as well when a
	 * PersistentVolume names it.
	 */
	enum kg_presence (*has)(void *context, const char *cluster, const char *api_version, const char *kind,
	    const char *namespace_, const char *name, const char *key);
	/* Whether the cluster lets pods that run as an account make things of a kind there: then the graph's own pods may bring what is missing. */
	enum kg_presence (*may_make)(
	    void *context, const char *cluster, const struct kg_account *account, const char *kind, const char *namespace_);
	/* The same of a role that only the cluster has, and that the graph binds accounts to. role_namespace is NULL for a ClusterRole. */
	enum kg_presence (*role_makes)(
	    void *context, const char *cluster, const char *role_namespace, const char *role, const char *kind);
	/* Whether a node of the graph loads the image into the cluster, or the cluster has it. */
	enum kg_presence (*has_image)(void *context, const char *cluster, const char *image);
	/* Whether a port of the cluster's nodes can be reached from this machine. UNKNOWN where the cluster is not of kind. */
	enum kg_presence (*maps_port)(void *context, const char *cluster, int64_t node_port);
	/* "namespace/name" of the Service in the cluster that has the NodePort, or NULL: nobody, or one of the graph's own. */
	const char *(*node_port_holder)(void *context, const char *cluster, int64_t node_port, const char *protocol);
	/* What to say of something that the cluster does not have: "did you mean `x`?"; or NULL. */
	const char *(*advise)(
	    void *context, const char *cluster, const char *kind, const char *namespace_, const char *name, const char *key);
	/* The user does not wait for the object: whether its pods start is of no matter. */
	bool (*is_let_be)(void *context, const struct kg_reviewed *node, const struct kg_object *object);
	/* Takes note of what is to be asked again when the node has its turn. What it points to lives as long as the arena. */
	void (*lacks)(void *context, const struct kg_reviewed *node, const struct kg_lack *lack);
};

/* world may be NULL: nothing is known. */
void kg_manifest_review(struct kg_arena *arena, const struct kg_reviewed *nodes, uint32_t count, const struct kg_world *world,
    struct kg_errors *errors, struct kg_errors *warnings);

/*
 * The same for who learns of nodes one after the other: all that was added before is found, and only what is new is looked at.
 *
 *     kg_review_scene_add(scene, &known);
 *     first = kg_review_scene_add(scene, &news);
 *     kg_review_scene_review(scene, first, news.manifest->objects.count, &world, &errors, &warnings);
 */
struct kg_scene *kg_review_scene_make(struct kg_arena *arena);
/* The number of the first of its objects. The node lives as long as the scene, and so do the objects of its manifest, or until kg_review_scene_put. */
uint32_t kg_review_scene_add(struct kg_scene *scene, const struct kg_reviewed *node);
/* Others in place of as many objects from first on: the same, but for where their values stand. */
void kg_review_scene_put(struct kg_scene *scene, uint32_t first, const struct kg_object *objects, uint32_t count);
/* Looks at so many objects from first on; again and again if need be, such as once for collecting what the world is asked for. */
void kg_review_scene_review(struct kg_scene *scene, uint32_t first, uint32_t count, const struct kg_world *world,
    struct kg_errors *errors, struct kg_errors *warnings);
/* Whether the node itself brings such an object, as far as is known. */
bool kg_review_scene_has(const struct kg_scene *scene, const struct kg_reviewed *node, const struct kg_object *object);
/* Of a node that was added as is_partial: all of it is known now. */
void kg_review_scene_complete(struct kg_scene *scene, const struct kg_reviewed *node);
bool kg_review_scene_is_partial(const struct kg_scene *scene, const char *cluster);
