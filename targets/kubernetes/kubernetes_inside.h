/*
 * What the files of the kind `kubernetes` share: its settings, what it keeps from step to step, and the columns of steps that its operations are made of.
 *
 *     look    open ─ list ─ compare                              kubernetes_look.c
 *     run     render ─ read ─ open ─ patch ─ see what is there (and what is not) ─ for each level: apply (─ replace) ─ wait for what the next one needs ─ prune
 *                                                                kubernetes_run.c, with _read, _live, _apply, _remove, _output
 *     ready   watch ─ judge ─ diagnose                           kubernetes_await.c
 *     undo    remove, level by level ─ wait until gone           kubernetes_undo.c
 *     show    watch the pods ─ for each container: read its log  kubernetes_show.c
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/base/field.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/target.h"
#include "targets/kubernetes/client/api.h"
#include "targets/kubernetes/inventory.h"
#include "targets/kubernetes/manifest/manifest.h"

struct gathering;
struct kubernetes_asking;
struct kubernetes_turn;
struct kg_crashes;
struct kg_finding;
struct kg_review;
struct kg_surroundings;
struct kg_ready_when;
struct kubernetes_show;

#define KG_LABEL_GRAPH "kgraph/graph"
#define KG_LABEL_NODE "kgraph/node"

/* How many requests of one node are under way at once. */
enum { KUBERNETES_WIDTH = 32 };

struct kubernetes_rule {
	const char *object; /* "Deployment", or "Deployment/web" */
	const char *is;
};

struct kubernetes_output {
	const char *as, *object, *path;
};

struct kubernetes_spec {
	const char *const *files, *const *objects, *const *render;
	const char *namespace_, *name_prefix, *name_suffix, *kubeconfig, *context, *ready_in;
	const struct kg_pair *labels, *images, *replicas, *values;
	const struct kubernetes_rule *const *ready_when;
	const struct kubernetes_output *const *outputs;
	int64_t ready_timeout_ms, gone_timeout_ms;
	bool create_namespace, force, replace, prune;
};

/* One object that the node wants. */
struct kubernetes_item {
	struct kg_object object;
	enum kg_object_level level;
	const struct kg_resource *resource; /* NULL: the server does not know it, or not yet */
	const char *namespace_;             /* where it goes; NULL: it has none */
	const char *made_of;                /* digest of what is applied */
	const struct kg_put *before;        /* what is remembered of it; NULL: nothing */
	const cJSON *live;                  /* as it was seen last; NULL: not there */
	bool is_lent;                       /* it was there before and stays when we go: a namespace or CRD of somebody else's */
	bool is_added;                      /* by `create_namespace`: whose it is does not matter */
	bool is_written;                    /* in this run */
};

enum kubernetes_opening { KUBERNETES_RUN, KUBERNETES_LOOK, KUBERNETES_UNDO, KUBERNETES_GATHER };

/* What is read by a worker, and lives until the run has ended. */
struct kubernetes_reading {
	struct kg_arena *arena; /* NULL: none */
	const struct kubernetes_spec *spec;
	const char *node;
	const char *rendered; /* what the command printed, behind a line of ours; NULL: there is none */
	size_t rendered_size;
	const char *rendered_file; /* where that is kept */
	bool is_kept;              /* it comes from there */
	struct kg_errors errors;
	struct kg_manifest manifest;
};

/* An object that is to go. */
struct kubernetes_gone {
	const struct kg_put *put;
	const struct kg_resource *resource;
	const cJSON *live;          /* as it was seen last; NULL: not there */
	struct kg_api_watch *watch; /* NULL: not waited for */
	bool is_leaving;            /* it was told to go */
};
struct kubernetes_removal {
	KG_LIST(struct kubernetes_gone) objects; /* the last level first */
	enum kg_api_propagation propagation;
	int64_t until_ns;
	uint32_t from, to; /* those of the level that is being removed */
	bool waits;        /* until they are gone */
	int64_t limit_ms;  /* for that */
	struct kg_error **errors;
	kg_step *then;
};

/* What is waited for, or was judged last. */
struct kubernetes_awaited {
	const struct kg_resource *resource;
	const char *namespace_, *name, *kind;
	const cJSON *live;                /* as it was seen before it was watched; NULL: never */
	struct kg_api_watch *watch;       /* NULL: what is known will do */
	const struct kg_ready_when *rule; /* NULL: its own */
	struct kg_error *rule_error;
	bool is_wanted; /* the wait is for it; else it may only tell why others are not ready */
	bool is_let_be; /* the user does not want it waited for: what is wrong with it is not told either */
	bool was_found; /* in the watch */
	bool is_ready;
};
/* Objects that tell why others are not ready. */
struct kubernetes_around {
	struct kg_api_watch *watch;
	const char *kind, *namespace_;
};
struct kubernetes_wait {
	KG_LIST(struct kubernetes_awaited) objects;
	KG_LIST(struct kubernetes_around) around;
	struct kg_topic *topic; /* of all watches; NULL: there are none */
	uint64_t version;       /* of what was judged last */
	int64_t from_s;         /* wall clock: events before are of an earlier life */
	int64_t asked_s;        /* since when it is waited for, or made */
	int64_t limit_ms;
	int64_t begun_ns, until_ns, again_ns; /* again: when it is judged without a change */
	int64_t whole_ns;                     /* before it only what may be over is judged whole */
	struct kg_arena *scratch;             /* of one judgement */
	struct kg_crashes *crashes;           /* of containers, from judgement to judgement */
	bool has_nodes;                       /* they are watched, or need not be */

	struct kg_error *failure; /* while the last words of a container are fetched */
	const char *words;        /* of all findings, a line each */
	struct kg_api_logs logs;  /* of who says them; pod NULL: nobody does */
	kg_step *heard;
	kg_step *then;
};

struct kubernetes_state {
	struct kg_api *api;
	const char *cluster, *owner; /* uid of kube-system; 12 digits of this checkout and instance */
	int64_t cluster_s;           /* when it was made, by its own clock; 0: not known */
	enum kubernetes_opening opening;
	kg_step *opened;

	struct kubernetes_reading reading;
	struct kubernetes_item *items; /* by level */
	uint32_t count;
	struct kg_inventory before, now;

	enum kg_object_level level; /* that is being applied */
	KG_LIST(uint32_t) batch;    /* items of it that are written */
	struct kg_error **batch_errors;
	bool has_definitions; /* CRDs were written: what the server has is asked anew */
	uint32_t written, removed;

	uint32_t listing; /* of the inventory's groups: asked for in turn */
	KG_LIST(struct kubernetes_listing *) listings;
	struct kg_api_items *claims;
	struct kubernetes_asking *asking; /* of what the review left to be asked; NULL: nothing */
	struct kubernetes_turn *turn;     /* of the review of what was not known before; NULL: none */
	KG_LIST(struct gathering *) gatherings;
	struct kubernetes_show *show;
	struct kubernetes_removal removal;
	struct kubernetes_wait wait;
	int64_t started_s;
};

extern const struct kg_field kg_kubernetes_fields[];
/* As kg_facts.check. */
[[nodiscard]] struct kg_error *kg_kubernetes_check(struct kg_arena *arena, const void *given);
void kg_kubernetes_inputs(struct kg_inputs *inputs, const void *given, const struct kg_common *common);
/* What `ready_when` says of an object, by "Deployment/web" before "Deployment"; NULL: nothing. */
const char *kg_kubernetes_rule(const struct kubernetes_spec *spec, const char *kind, const char *name);

/* ---- the cluster (kubernetes_cluster.c) ---- */

/*
 * Goes on with then when state->api, cluster and owner are there and the server's kinds are known. When there is no such cluster a run fails, a look is
 * absent, and an undo is done: its objects have gone with it.
 */
struct kg_next kg_kubernetes_open(struct kg_job *job, enum kubernetes_opening opening, kg_step *then);
/* The objects of this graph of one type and namespace, asked for once for all nodes. */
struct kubernetes_listing {
	struct kg_api *api;
	const struct kg_resource *resource;
	const char *namespace_, *selector; /* selector NULL: all */
	struct kg_question question;       /* answered by a struct kg_api_items */
	const struct kg_api_items *items;
};
struct kubernetes_listing *kg_kubernetes_listing(
    struct kg_job *job, const struct kg_resource *resource, const char *namespace_, bool is_ours);
/* 12 digits of this checkout and instance. */
const char *kg_kubernetes_owner(struct kg_job *job);
/* "kgraph/graph=0123456789ab": what selects all that is ours. */
const char *kg_kubernetes_selector(struct kg_job *job);
/* What selects all that is this node's. */
const char *kg_kubernetes_node_selector(struct kg_job *job);
/* The node's name as a label may hold it. */
const char *kg_kubernetes_node_label(struct kg_arena *arena, const char *name);
/* Whether an object carries the labels of this graph, and of this node. */
bool kg_kubernetes_is_of_graph(struct kg_job *job, const cJSON *object);
bool kg_kubernetes_is_of_node(struct kg_job *job, const cJSON *object);
/* "Deployment shop/web" */
const char *kg_kubernetes_tell(struct kg_arena *arena, const struct kubernetes_item *item);
/* The file that the inventory is in. */
const char *kg_kubernetes_inventory_path(struct kg_job *job);

/* ---- what is wanted (kubernetes_files.c, kubernetes_read.c) ---- */

/* All files that patterns name, in order, each once; folders give their .yaml, .yml and .json, all below. Ended by NULL. */
const char *const *kg_kubernetes_files(struct kg_arena *arena, struct kg_errors *errors, const char *const *patterns);
/* Reads files, inline objects and what was rendered into reading. Any thread. */
void kg_kubernetes_read(struct kubernetes_reading *reading);
/* What comes of them by the patches of spec; scope may be NULL. */
void kg_kubernetes_patch(struct kubernetes_reading *reading, kg_manifest_scope *scope, void *context);
/* Goes on with then when state->reading is filled. Fails with all errors. */
struct kg_next kg_kubernetes_read_all(struct kg_job *job, kg_step *then);
/* All errors of one pass as one, or NULL; in job->arena. */
struct kg_error *kg_kubernetes_errors(struct kg_job *job, const struct kg_errors *errors);
/* Patches what was read, and fills state->items. */
[[nodiscard]] struct kg_error *kg_kubernetes_items(struct kg_job *job);
void kg_kubernetes_close(struct kg_job *job);
/* The end of an operation that may have something open. The error is in job->arena, and so is all that it names. */
struct kg_next kg_kubernetes_failed(struct kg_job *job, struct kg_error *error);

/* ---- the operations and their columns ---- */

/* ---- what was rendered (kubernetes_rendered.c) ---- */

/* What the node's command printed when it was made of the fingerprint, as it is kept and read. */
void kg_kubernetes_rendered_set(struct kubernetes_reading *reading, struct kg_arena *arena, const char *folder,
    const char *fingerprint, const char *printed, size_t size);
/* The same as the last run has kept it in the folder; false when that was printed by something else, or there is none. */
bool kg_kubernetes_rendered_read(struct kubernetes_reading *reading, const char *folder, const char *fingerprint);
/* Adds to errors about it which template it was rendered from, as far as that is said there. What stands in a Secret is not shown. Each error once. */
void kg_kubernetes_rendered_tell(struct kg_errors *errors, const struct kubernetes_reading *readings, uint32_t count);

kg_step kg_kubernetes_look, kg_kubernetes_run, kg_kubernetes_ready, kg_kubernetes_undo, kg_kubernetes_gather, kg_kubernetes_show;
void kg_kubernetes_review(struct kg_review *review);

/*
 * What the review could not know before the node's turn, such as in a cluster that the graph makes: goes on with then when the cluster has been asked for it, and
 * gives what is missing there. Both before the first write.
 */
struct kg_next kg_kubernetes_lacks_ask(struct kg_job *job, kg_step *then);
[[nodiscard]] struct kg_error *kg_kubernetes_lacks_tell(struct kg_job *job);

/*
 * What was not known of the node when all of them were reviewed, such as what its command prints, reviewed before the first write: goes on with then, or fails
 * with what is wrong.
 */
struct kg_next kg_kubernetes_turn_review(struct kg_job *job, kg_step *then);

/* Fills item->live of all items, and refuses those that are somebody else's. Goes on with then. */
struct kg_next kg_kubernetes_see(struct kg_job *job, kg_step *then);
/* A part: applies the item that state->batch names for it. Its state has as many bytes, zeroed. */
kg_step kg_kubernetes_apply_one;
enum { KUBERNETES_APPLYING_BYTES = 64 };
/* The outputs of a node whose objects are there. */
[[nodiscard]] struct kg_error *kg_kubernetes_put_out(struct kg_job *job);

/* Removes state->removal. Goes on with removal.then. */
struct kg_next kg_kubernetes_remove(struct kg_job *job);
void kg_kubernetes_removal_add(struct kg_job *job, const struct kg_put *put);

/*
 * Goes on with wait.then when all objects of state->wait that are wanted are ready; fails when one of them never will be, or time is up.
 */
struct kg_next kg_kubernetes_await(struct kg_job *job);
void kg_kubernetes_await_begin(struct kg_job *job, int64_t limit_ms, kg_step *then);
/* Its last step; error NULL: all is ready. */
struct kg_next kg_kubernetes_await_end(struct kg_job *job, struct kg_error *error);
/* Ends it with an error, whose detail is words, a line each, and the last lines of the container that speaker is about. speaker NULL: none. */
struct kg_next kg_kubernetes_fail_with_words(
    struct kg_job *job, struct kg_error *failure, const char *words, const struct kg_finding *speaker);
/* Hands the last lines of a container that has ended to wait.crashes, and to the node's log. */
struct kg_next kg_kubernetes_hear(struct kg_job *job, const struct kg_finding *speaker, kg_step *heard);
/* "Deployment shop/web: 0 of 1 pods are available", as far as the objects themselves say it; NULL when those that are wanted are ready. */
const char *kg_kubernetes_unready(struct kg_job *job);
void kg_kubernetes_await_add(struct kg_job *job, const char *api_version, const char *kind, const char *namespace_,
    const char *name, const cJSON *live, bool is_wanted);
