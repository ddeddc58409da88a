/*
 * Asks of a registry, in the runs of nodes of the real engine.
 *
 *     struct asking *asking = asking_make();
 *     struct ask asks[] = { { .blob = &(struct kg_blob_ask){ ... } } };
 *     asking_run(asking, asks, 1);
 *     assert_null(asks[0].error);
 *     asking_free(asking);
 */
#pragma once

#include "engine/registry.h"

struct ask {
	/* One of them. */
	const struct kg_manifest_ask *manifest;
	const struct kg_manifest_put *manifest_put;
	const struct kg_blob_ask *blob;
	const struct kg_blob_put *blob_put;

	struct kg_registry_result result; /* lives as long as the asking */
	const char *error;                /* of the result, on one line; NULL */
	const char *advice;
};

struct asking {
	struct kg_arena *arena;
	const char *folder;      /* the test's own, with home/ in it, which is HOME */
	const char *warnings;    /* of the last run */
	const char *log;         /* of the node, in the last run */
	int64_t cancel_after_ms; /* so long after its start the run is interrupted; 0: it is not */
};

struct asking *asking_make(void);
/* All in one run, one after another. */
void asking_run(struct asking *asking, struct ask *asks, int count);
/* All in one run, each by a node of its own. */
void asking_run_at_once(struct asking *asking, struct ask *asks, int count);
/* The whole file below the folder; NULL when it is not there. */
const char *asking_read(struct asking *asking, const char *name, size_t *ret_size);
const char *asking_path(struct asking *asking, const char *name);
void asking_write(struct asking *asking, const char *name, const void *bytes, size_t size);
/* size bytes that do not repeat. */
char *asking_noise(struct asking *asking, size_t size);
void asking_free(struct asking *asking);
