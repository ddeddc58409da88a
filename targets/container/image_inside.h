/*
 * What the files of the kind `image` share: image.c says what a node is, image_survey.c what all nodes ask together, image_key.c what an image is
 * made of, image_run.c where it is looked for, image_build.c builds it, image_remote.c fetches and publishes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/job.h"
#include "targets/container/containerfile.h"
#include "engine/containers/engine.h"

/* Each image of ours has it, whatever it is made of: a label that told more would give images with the same content different ids. */
#define KG_IMAGE_LABEL "io.kgraph=image"
/* The repository of the tags by key. */
#define KG_IMAGE_KEPT "localhost/kgraph/image"

struct kg_image_secret {
	const char *id, *file, *value;
};

struct kg_image_spec {
	struct kg_engine_spec engine; /* first: see engine.h */
	const char *context, *file, *name, *tag, *target, *platform, *network, *base;
	const struct kg_pair *build_args, *volatile_args, *bases;
	const struct kg_image_secret *const *secrets;
	bool alone;
};

/* What is being made in this run under one key: who comes second waits for the first. */
struct kg_image_turn {
	const char *key;
	bool is_over;
	const char *id;         /* when it is over and well */
	struct kg_error *error; /* when it is over; NULL as well when it was given up: then who waits does it */
};

/* What all image nodes of an engine share as long as a run lasts. */
struct kg_image_desk {
	struct kg_topic *changed; /* a turn or a build is over */
	KG_LIST(struct kg_image_turn *) turns;
	uint32_t builds;            /* that go on */
	const struct kg_job *alone; /* who builds alone, or waits until it can */
};

struct kg_image_survey {
	struct kg_engine engine;
	struct kg_images images;
	struct kg_image_desk *desk;
};

/* Docker's newer builder, and how it is reached. */
enum kg_buildkit { KG_BUILDKIT_NONE, KG_BUILDKIT_INSIDE, KG_BUILDKIT_BUILDX };

/* The builder, told once for all nodes. */
struct kg_image_builder {
	const char *text; /* "podman 4.3.1"; "docker 28.2.2 buildx v0.12.1" */
	enum kg_buildkit buildkit;
};

/* What is known of the last image that a node got; kept beside the ledger, since outputs are compared and this is not. */
struct kg_image_note {
	const char *key;             /* NULL: it has none that others could find it by */
	const char *id;              /* hexadecimal digits */
	const char *engine;          /* size and time of the engine's program: another one may build otherwise */
	int64_t made_ns;             /* how long making it took; 0: not known */
	int64_t size_bytes;          /* 0: not known */
	const struct kg_pair *bases; /* what its FROMs were then: name, and id or digest; ended by a NULL name */
};

/* An image from outside that the target builds upon. */
struct kg_image_base {
	const char *name;
	const char *platform; /* NULL: the node's */
	const char *identity; /* id in hexadecimal digits, or "sha256:…" of a manifest; NULL: not known yet */
};

struct kg_image_state {
	const struct kg_image_survey *survey;
	const struct kg_image_builder *builder;
	kg_step *then; /* where kg_image_ask and the like go on */
	struct kg_containerfile file;
	struct kg_containerfile_stages stages;
	const char *file_path;
	KG_LIST(struct kg_image_base) bases;
	uint32_t base; /* the next one to ask the registry for */
	const char *key;
	bool key_is_certain; /* every base is known: who has an image under this key has this image */
	const char *id;      /* of the image, once there is one */
	const char *digest;  /* of its manifest, "sha256:…" */
	struct kg_image_turn *turn;
	bool is_building; /* counts among desk->builds */
	bool was_alone;
	int64_t build_ns; /* when the build was started */
	int64_t made_ns;  /* 0: it was not made by this run */

	/* Of the build that goes on. */
	const char *step; /* as the builder tells it: "RUN make" */
	uint32_t step_stage, step_number;
	uint32_t failed_line; /* of the Containerfile, where the builder says it itself */

	const char *reference; /* of what is pulled: HOST/PATH/images@sha256:… */
	int64_t spared_ns;     /* how long making it took elsewhere */
	int64_t size_bytes;    /* 0: not known */
	struct publishing *publishing;
	struct collecting *collecting;
	const char *const *tags; /* still to be set */
};

/* ---- image.c */

/* The Containerfile: said, or the one that is in the context. Asks the file system. */
const char *kg_image_file(struct kg_arena *arena, const struct kg_image_spec *spec);
/* Files whose first one that is there says what the builder does not see; ended by NULL. */
const char *const *kg_image_ignore_files(struct kg_arena *arena, const struct kg_image_spec *spec);
bool kg_image_has_name(const struct kg_image *image, const char *name);
/* "localhost/NAME:TAG-HASH8" */
const char *kg_image_ref(struct kg_job *job, const char *id);

/* ---- image_survey.c */

kg_step kg_image_survey;
/* Goes on with then when state->survey and state->builder are there. */
struct kg_next kg_image_ask(struct kg_job *job, kg_step *then);
/* Size and time of the engine's program. */
const char *kg_image_engine_mark(struct kg_arena *arena, const struct kg_engine *engine);

/* ---- image_key.c */

/* Reads the Containerfile and finds its bases. */
[[nodiscard]] struct kg_error *kg_image_read(struct kg_job *job);
/* Gives bases that are in the listing their identity. */
void kg_image_bases_know(struct kg_job *job, const struct kg_images *images);
/* Sets state->key by what is known. */
void kg_image_key_make(struct kg_job *job);
/* What this name of a FROM is replaced by, or NULL: `bases`, and `base` for the first image from outside. */
const char *kg_image_replaced(const struct kg_image_spec *spec, const struct kg_containerfile_stages *stages, uint32_t use);

/* False when there is none, or it cannot be read. */
bool kg_image_note_read(struct kg_arena *arena, const char *keep, struct kg_image_note *ret_note);
[[nodiscard]] struct kg_error *kg_image_note_write(struct kg_arena *arena, const char *keep, const struct kg_image_note *note);

/* ---- image_run.c */

kg_step kg_image_run;
/* The build is over: others may begin. */
void kg_image_built(struct kg_job *job);
void kg_image_close(struct kg_job *job);
/* state->id is there, made or found: it gets its tags, and the node its outputs. */
struct kg_next kg_image_found(struct kg_job *job);
/* The node gives up its turn, so that who waits for it goes on. */
struct kg_next kg_image_failed(struct kg_job *job, struct kg_error *error);

/* ---- image_build.c */

/* Goes on with kg_image_found, or with again when it is to be tried alone; otherwise the node has failed. */
struct kg_next kg_image_build(struct kg_job *job, kg_step *again);

/* ---- image_remote.c */

/* Looks in the shared cache: goes on with kg_image_found, or with otherwise when it is not there or cannot be had. */
struct kg_next kg_image_fetch(struct kg_job *job, kg_step *otherwise);
kg_step kg_image_publish;

/* ---- image_collect.c */

kg_step kg_image_collect;
