/*
 * The shared cache inside a run, for the files of engine/run alone: outputs in the repository PATH/outputs of the registry, one manifest for each
 * fingerprint, with one layer that is a pack of the store's entry.
 *
 * Nothing here fails a node. What cannot be fetched is made; what cannot be pushed stays here.
 */
#pragma once

#include "engine/run/state.h"

/* What the registry is told that it holds. */
#define KG_OUTPUTS_TYPE "application/vnd.kgraph.outputs.v1"
#define KG_OUTPUTS_LAYER_TYPE "application/vnd.kgraph.outputs.v1.tar+zstd"
/* Annotations of the manifest. */
#define KG_NOTE_NODE "io.kgraph.node"
#define KG_NOTE_VERSION "io.kgraph.version"
#define KG_NOTE_DURATION "io.kgraph.duration-ms"  /* how long making it took */
#define KG_NOTE_CONTENT "io.kgraph.content-bytes" /* of all files in the pack, unpacked */

/* What is known of one node's way to the shared cache and back. */
struct kg_fetch {
	struct kg_run *run;
	uint32_t node;
	struct kg_digest key; /* what is asked for now */
	bool has_asked_depfile, has_asked_outputs;
	bool is_depfile;    /* the key is that of the dependency files */
	bool is_found;      /* there is a manifest, and it is well */
	bool is_here;       /* it is in the local store now */
	bool is_denied;     /* the registry wants another login */
	const char *digest; /* of the layer */
	int64_t size_bytes, content_bytes;
	int64_t spared_ns; /* how long making it took; 0: not said */
	const char *file;  /* where the pack is put until it is unpacked */
	const struct kg_error *error;
	struct kg_arena *work_arena; /* of what a worker does */
	struct kg_error *work_error;
};

/* engine/run/remote.c: a new file for a pack; NULL and *ret_error when there is no place for it. */
const char *kg_remote_file(struct kg_run *run, struct kg_error **ret_error);
const char *kg_remote_tag(struct kg_arena *arena, struct kg_digest key);
/* What the store calls the remote that it notes something of. */
const char *kg_remote_place(struct kg_arena *arena, const struct kg_remote *remote);
/* What asks now is ended, and nobody asks any more. Warns with why. What is made still goes there. */
void kg_fetching_off(struct kg_run *run, const char *why);

/* engine/run/remote_ask.c: the two operations of a fetch. They never fail but by their time limit. */
kg_step kg_fetch_ask;  /* sets is_found, or error, or neither */
kg_step kg_fetch_take; /* sets is_here or error */
