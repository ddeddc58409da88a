/*
 * What the files of the kind `image-load` share.
 *
 *     load.c          what a node says, and whether its images are where they should be
 *     load_run.c      out of the engine, into the nodes
 *     load_archive.c  which parts of an image travel
 *     load_tar.c      the file in which they do
 *     load_layout.c   the folder that images are copied to
 *     load_push.c     into a registry instead
 *
 * An image travels as an OCI archive that holds only what the cluster's nodes do not have: containerd takes layers that an archive lacks from its own
 * content. So a change in the top layer of an image of 600 MB sends kilobytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/containers/engine.h"
#include "engine/job.h"

struct load_spec {
	struct kg_engine_spec engine; /* first: see engine/containers/engine.h */
	const char *const *images;
	const char *cluster, *containerd, *registry; /* exactly one is neither NULL nor "" */
};

/* A containerd that images go into. */
struct load_node {
	const char *name;              /* for the user */
	const char *const *command;    /* what stands before ctr's arguments, ended by NULL: engine exec NODE ctr …, or ctr … */
	const char *const *with_input; /* the same, for a ctr that reads its standard input; NULL: it reads the file itself */
	const char *const *environment;
};

/* What the nodes of a cluster have: asked once for all nodes of the graph. */
struct load_nodes {
	struct kg_engine engine; /* that runs them; not of a containerd of this machine */
	KG_LIST(struct load_node) items;
	struct kg_map *images; /* for each of them: name of an image → index into digests */
	KG_LIST(const char *) digests;
};

/* One part of an image in an OCI layout. */
struct load_blob {
	const char *digest; /* "sha256:…" */
	int64_t size_bytes;
};

/* An image in a layout, with all its parts. */
struct load_image {
	const char *name; /* as containerd calls it */
	struct load_blob manifest;
	KG_LIST(struct load_blob) blobs; /* its manifest, its configuration, its layers */
};

/* The parts that travel, each once. */
struct load_parts {
	struct load_blob *items;
	uint32_t count, room;
	int64_t size_bytes;
};

struct load_state {
	struct kg_engine engine;
	const char *blobs;         /* the folder of all parts that images of this checkout have, as sha256/HEX */
	struct load_image *images; /* one for each of the spec's */
	uint32_t count;
	struct load_nodes *nodes;
	struct kg_map *contents; /* for each of the nodes: the digests that it says it has; NULL: not asked */
	struct load_packing *packing;
	enum load_way { LOAD_THIN, LOAD_THIN_LOCAL, LOAD_WHOLE } way;
	bool was_local;        /* the last load went by LOAD_THIN_LOCAL, and so this one tries it first */
	const char **archives; /* to be imported, one after the other */
	uint32_t archive_count, archive;
	int64_t sent_bytes;
	struct pushing *pushings; /* load_push.c's own */
};

/* ---- load.c */

/* The name under which containerd and Kubernetes know an image: with registry and tag. */
const char *kg_load_name(struct kg_arena *arena, const char *image);
/* The question what the nodes have, answered by a struct load_nodes. */
const struct kg_question *kg_load_question(struct kg_job *job);
/* Asks job->survey's nodes for their images. Goes on with then when all have answered; fails otherwise. */
struct kg_next kg_load_list(struct kg_job *job, kg_step *then);
/* The digest under which a node has an image of that name, or NULL. */
const char *kg_load_digest(const struct load_nodes *nodes, uint32_t node, const char *name);
/* How to run ctr. */
struct kg_child *kg_load_command(
    struct kg_job *job, const struct load_node *node, const char *const *command, const char *const *arguments);

/* ---- load_archive.c: pure, but for reading the layout's files */

/* The digest without "sha256:". */
const char *kg_load_digest_hex(const char *digest);
/* Where a folder of parts has the one of this digest. */
const char *kg_load_blob_path(struct kg_arena *arena, const char *blobs, const char *digest);
/*
 * Fills image->blobs from the manifest image->manifest, which is in the folder of parts. KG_ESYSTEM when it is not there, KG_EFAILED when it is none.
 */
[[nodiscard]] struct kg_error *kg_load_image_parts(struct kg_arena *arena, const char *blobs, struct load_image *image);
/*
 * What the only image of an OCI layout is made of. index: the text of its index.json; blobs: the folder that has its parts as sha256/HEX. KG_EFAILED
 * when it is no such layout.
 */
[[nodiscard]] struct kg_error *kg_load_image_read(
    struct kg_arena *arena, const char *index, const char *blobs, const char *name, struct load_image *ret_image);
/* The parts of images that one of the nodes lacks, and all manifests and configurations. contents: what each of the nodes has; NULL: nothing. */
void kg_load_parts_find(struct kg_arena *arena, const struct load_image *images, uint32_t count, const struct kg_map *contents,
    uint32_t node_count, struct load_parts *ret_parts);
/* The index.json of an archive with these images. */
const char *kg_load_index_write(struct kg_arena *arena, const struct load_image *images, uint32_t count);
/* Puts the digests of ctr's listing of contents, one a line, into has. */
void kg_load_contents_read(struct kg_arena *arena, const char *listing, struct kg_map *has);
/* Reads ctr's listing of images. */
void kg_load_images_read(
    struct kg_arena *arena, const char *listing, void (*found)(void *context, const char *name, const char *digest), void *context);

/* ---- load_tar.c. Any thread */

/*
 * Writes the archive: index is its index.json, blobs the folder that has the parts. KG_ESYSTEM, also when *stop has been set meanwhile; then there is no such
 * file.
 */
[[nodiscard]] struct kg_error *kg_load_archive_write(struct kg_arena *arena, const char *path, const char *blobs, const char *index,
    const struct load_parts *parts, const _Atomic bool *stop);

/* ---- load_layout.c. Any thread */

/*
 * What a node has by the images that it lists: containerd keeps the parts of each. Puts the digests of those images whose manifests are in the folder of parts
 * into has, since they went through it: all that this checkout has ever put there.
 */
void kg_load_known(struct kg_arena *arena, const struct load_nodes *nodes, uint32_t node, const char *blobs, struct kg_map *has);
/* Removes parts of images that no node of the graph has any more, when they are older than a day: somebody may be using what is newer. */
void kg_load_layout_tidy(const char *nodes_folder, const char *blobs);

/* ---- the columns of steps */

kg_step kg_load_run, kg_load_push, kg_load_push_look;
/* Of a run that was ended: gigabytes that nobody sends any more. */
void kg_load_close(struct kg_job *job);
