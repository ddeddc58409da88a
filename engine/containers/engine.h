/*
 * The container engine of a node: podman or docker, through its program, for all kinds that drive one. Neither has to be told apart outside this
 * folder's drivers.
 *
 *     struct kg_engine engine;
 *     struct kg_error *error = kg_engine_find(job->arena, spec->engine, &engine);
 *     if (error)
 *         return kg_failed(error);
 *     return kg_engine_ask(job, &engine, engine.driver->images, images_listed);
 *
 * Programs and not sockets: podman has no daemon to talk to, and docker's program knows contexts, credentials and its ssh.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/field.h"
#include "engine/job.h"
#include "engine/containers/listing.h"

/* The setting `engine`, a KG_CHOICE with KG_ENGINE_CHOICES; first member of each spec of a kind that has it, so that surveys find it. */
enum kg_engine_choice { KG_ENGINE_AUTO, KG_ENGINE_PODMAN, KG_ENGINE_DOCKER, KG_ENGINE_NERDCTL };
extern const char *const kg_engine_choices[];
struct kg_engine_spec {
	int64_t engine; /* enum kg_engine_choice */
};
#define KG_ENGINE_FIELD(spec)                                                                                   \
	KG_FIELD_AS("engine", spec, engine.engine, KG_CHOICE, 0,                                                \
	    "the container engine; auto: what $KGRAPH_ENGINE says, else podman when there is one, else docker", \
	    .fallback = "auto", .choices = kg_engine_choices)

/* What differs between engines. Lists of arguments are ended by NULL and stand behind the program's name. */
struct kg_engine_driver {
	const char *name;                              /* "podman" */
	const char *const *images, *const *containers; /* listings of all; filters may follow */
	const char *const *networks, *const *volumes;
	const char *const *version; /* prints the builder's version alone */
	const char *const *events;  /* containers' events as lines of JSON; filters may follow */
	const char *const *create;  /* further arguments of `create` */
	const char *const *health;  /* makes a container's check, whose status it ends with; NULL: the engine makes it by itself */
	[[nodiscard]] struct kg_error *(*read_images)(struct kg_arena *arena, const char *text, struct kg_images *ret);
	[[nodiscard]] struct kg_error *(*read_containers)(struct kg_arena *arena, const char *text, struct kg_containers *ret);
	[[nodiscard]] struct kg_error *(*read_networks)(struct kg_arena *arena, const char *text, struct kg_networks *ret);
	[[nodiscard]] struct kg_error *(*read_volumes)(struct kg_arena *arena, const char *text, struct kg_volumes *ret);
};
/* nerdctl is never chosen by itself: it is for kinds that list and enter containers which others make, and that offer it by choices of their own. */
extern const struct kg_engine_driver kg_podman, kg_docker, kg_nerdctl;

struct kg_engine {
	const struct kg_engine_driver *driver;
	const char *program;            /* absolute */
	const char *const *environment; /* "NAME=value", ended by NULL: what the program needs of kgraph's own, and no more */
};

/* Labels that say whose something is. */
#define KG_LABEL_GRAPH "io.kgraph.graph"             /* kg_engine_owner of the checkout */
#define KG_LABEL_NODE "io.kgraph.node"               /* the node's name */
#define KG_LABEL_FINGERPRINT "io.kgraph.fingerprint" /* what it was made of */

/* KG_EINPUT when the engine is not installed, with advice what to install. Asks the file system. */
[[nodiscard]] struct kg_error *kg_engine_find(struct kg_arena *arena, int64_t choice, struct kg_engine *ret_engine);
/* By the name of a driver, such as an output remembers it. */
[[nodiscard]] struct kg_error *kg_engine_find_named(struct kg_arena *arena, const char *name, struct kg_engine *ret_engine);
/* An absolute program of this name along kgraph's own PATH, which engines get too, or NULL. Asks the file system. */
const char *kg_engine_program(struct kg_arena *arena, const char *name);
/* The engine's program finds this variable of kgraph's own; giving it another value would lead it elsewhere. */
bool kg_engine_hands_on(const char *name);
/* For kg_kind.survey_key: nodes with the same key share an engine. spec starts with a struct kg_engine_spec. */
const char *kg_engine_key(struct kg_arena *arena, const void *spec);

/* 12 hexadecimal digits that stand for this checkout and instance: the value of KG_LABEL_GRAPH. */
const char *kg_engine_owner(const struct kg_job *job);
/*
 * A name in the engine that is this node's alone: "shop-postgresql-3f9a1c" by the folder of the graph, the node, and six digits of the owner.
 */
const char *kg_engine_name(const struct kg_job *job);

/* A list of arguments that grows. */
struct kg_arguments {
	struct kg_arena *arena;
	const char **items;
	uint32_t count, room;
};
/* Adds further ones, ended by NULL. */
[[gnu::sentinel]] void kg_arguments_add(struct kg_arguments *arguments, const char *first, ...);
/* Adds all of a list that is ended by NULL; NULL adds nothing. */
void kg_arguments_add_list(struct kg_arguments *arguments, const char *const *list);
/* "--label" "NAME=value" for the owner, the node and its fingerprint. */
void kg_arguments_add_labels(struct kg_arguments *arguments, const struct kg_job *job);
/* Ended by NULL. */
const char *const *kg_arguments_end(struct kg_arguments *arguments);

/* How to run the engine's program; more is further environment, "NAME=value" ended by NULL, or NULL. What else a child takes the caller sets. */
struct kg_child *kg_engine_child(
    struct kg_job *job, const struct kg_engine *engine, const char *const *arguments, const char *const *more);
/* A question: standard output is in job->child.output, nothing goes to the log. */
struct kg_next kg_engine_ask(struct kg_job *job, const struct kg_engine *engine, const char *const *arguments, kg_step *then);
/* The error of an engine's program that ended badly: what it says in its own words, with advice where its daemon does not run. */
struct kg_error *kg_engine_error(struct kg_job *job, const struct kg_engine *engine, const char *doing);
