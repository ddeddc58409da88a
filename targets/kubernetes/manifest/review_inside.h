/*
 * What the rules of the review share: all objects, found by name, and pods, found by label.
 *
 *     struct kg_subject *found = kg_review_find(scene, subject, "ConfigMap", "ds", "settings");
 *     kg_review_tell(scene, KG_TELL_ERROR, place, "…", …);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "targets/kubernetes/manifest/field.h"
#include "targets/kubernetes/manifest/manifest.h"
#include "targets/kubernetes/manifest/review.h"

/* One object among those of all nodes. */
struct kg_subject {
	const struct kg_object *object;
	const struct kg_reviewed *node;
	const char *namespace_; /* as it will be applied; NULL for kinds that live in none */
	cJSON *template_;       /* of its pods, or NULL */
	cJSON *pod;             /* their spec, or NULL */
};
static constexpr uint32_t kg_review_none = UINT32_MAX;

/* The pods with one label, one after the other. */
struct kg_labelled {
	uint32_t subject, next;
};

/* Whom pods of the graph run as. */
struct kg_scene_account {
	const char *cluster;
	struct kg_account account;
};

/* What a binding of the graph gives to accounts. */
struct kg_scene_role {
	const char *cluster;
	const char *kind, *namespace_, *name; /* namespace_ NULL: of a ClusterRole */
};

/* A port of the cluster's nodes, and who wants it. */
struct kg_wanted_port {
	uint32_t subject, port; /* which one of its ports, from 0 */
};

struct kg_scene {
	struct kg_arena *arena;
	const struct kg_world *world;
	struct kg_errors *errors, *warnings;
	KG_LIST(struct kg_subject) subjects;
	struct kg_map by_name;  /* "cluster\nKind namespace name" to subjects */
	struct kg_map by_label; /* "cluster\nnamespace name=value" to the first of labelled */
	KG_LIST(struct kg_labelled) labelled;
	struct kg_map namespaces; /* "cluster\nnamespace" in which objects live */
	struct kg_map partial;    /* clusters, and of how many nodes not all objects are known */
	struct kg_map custom; /* "cluster\ntext" of all texts in custom objects: their controllers may make what is named there */
	struct kg_map
	    makers; /* "cluster\nConfigMap" and the like that pods of the graph may make, "cluster\n*" for all; see review_maker.c */
	KG_LIST(struct kg_scene_account) accounts;
	KG_LIST(struct kg_scene_role) roles;
	struct kg_map accounts_known; /* "cluster\nnamespace name" */
	struct kg_map rights; /* "cluster\nKind namespace" to 1 where pods of the graph may make such things there, else 0 */
	struct kg_map named;  /* "cluster\nword" of what programs of the graph's pods are given to work with, and annotations say */
	struct kg_map promised;   /* "cluster\nKind namespace name" of what will be there without being an object of the graph */
	struct kg_map told;       /* what need not be told twice */
	struct kg_map node_ports; /* "cluster\nprotocol port" to ports */
	KG_LIST(struct kg_wanted_port) ports;
};

/* A rule looks at one object; all objects are known to the scene by then. */
typedef void(kg_review_rule)(struct kg_scene *scene, const struct kg_subject *subject);
kg_review_rule kg_review_references; /* what is named is there, with the keys that are named */
kg_review_rule kg_review_namespace;
kg_review_rule kg_review_kind;         /* Kubernetes' own kinds are spelled as it spells them */
kg_review_rule kg_review_own_selector; /* a workload's selector matches its own pods */
kg_review_rule kg_review_types;        /* texts where texts are wanted, numbers where numbers are */
kg_review_rule kg_review_mounts;
kg_review_rule kg_review_probes;
kg_review_rule kg_review_images;
kg_review_rule kg_review_service_selector;
kg_review_rule kg_review_service_ports;
kg_review_rule kg_review_node_ports;

/* Takes note of the ports of nodes that an object wants; the first one has them. */
void kg_review_node_ports_add(struct kg_scene *scene, const struct kg_subject *subject);

/* NULL when no node of the same cluster has it. */
const struct kg_subject *kg_review_find(
    const struct kg_scene *scene, const struct kg_subject *from, const char *kind, const char *namespace_, const char *name);
/* The closest name of such an object in the namespace, or NULL. */
const char *kg_review_nearest(
    const struct kg_scene *scene, const struct kg_subject *from, const char *kind, const char *namespace_, const char *name);
/* True the first time that it is asked for a text. */
bool kg_review_is_new(struct kg_scene *scene, const char *text);
bool kg_review_is_partial(const struct kg_scene *scene, const struct kg_subject *subject);
/* A text with ${…}, which is not known yet. */
bool kg_review_is_open(const char *text);

/*
 * How certain it is that what neither the graph nor the cluster has is a mistake. Others make things, too: operators, by custom objects and annotations; pods of
 * the graph, by their rights; commands of the graph.
 */
enum kg_certainty {
	KG_CERTAIN_NEVER, /* it may come while the node is waited for */
	KG_CERTAIN_LATER, /* what may make it has ended when the node has its turn */
	KG_CERTAIN_NOW,
};
enum kg_certainty kg_review_certainty(
    struct kg_scene *scene, const struct kg_subject *subject, const char *kind, const char *namespace_, const char *name);
/* Takes from an object what it may lead others to make. */
void kg_review_makers_add(struct kg_scene *scene, const struct kg_subject *subject);
/* Pods that are made now: not those of a CronJob, of no replicas, or of what the user does not wait for. True for what has no pods. */
bool kg_review_runs_now(const struct kg_scene *scene, const struct kg_subject *subject);
/* A PersistentVolumeClaim that a StatefulSet of the graph makes, or a StorageClass by which its volumes are found: there need be no such object. */
bool kg_review_is_promised(
    struct kg_scene *scene, const struct kg_subject *from, const char *kind, const char *namespace_, const char *name);

/* Made, and not told. value NULL: the object's name. */
[[gnu::format(printf, 4, 5)]] struct kg_error *kg_review_make(
    struct kg_scene *scene, const struct kg_subject *subject, const cJSON *value, const char *format, ...);
/* Made and added; the caller advises. value NULL: the object's name. */
[[gnu::format(printf, 5, 6)]] struct kg_error *kg_review_tell(
    struct kg_scene *scene, bool is_error, const struct kg_subject *subject, const cJSON *value, const char *format, ...);
