/*
 * Calls a kind's steps to their end without the engine: waits are poll(2), work is done at once. What the kind tells, logs and
 * gives is kept.
 *
 *     struct drive drive;
 *     drive_start(&drive, arena, &kg_kind_migration, &spec, folder);
 *     if (!drive_call(&drive, kg_kind_migration.run)) … drive.error
 */
#pragma once

#include <stdbool.h>

#include "engine/base/text.h"
#include "engine/target.h"

struct drive {
	struct kg_job job; /* first, so that a job is its drive */
	const struct kg_kind *kind;
	struct kg_error *error;      /* of the last call that failed; of a look, why it is absent */
	struct kg_text told, logged; /* a line each */
	struct kg_pair outputs[8];   /* of the last run; ended by a NULL name */
	bool is_cancelled;           /* set by interfere: the operation is ended as if its time were up */
	/* Called before each wait, to let something happen in the middle of an operation; NULL: nothing. */
	void (*interfere)(struct drive *drive);
	struct kg_common common;
	int wait_fd, wait_events;
	int64_t wait_ms;
};

/* spec is the kind's own struct, filled by hand. */
void drive_start(struct drive *drive, struct kg_arena *arena, const struct kg_kind *kind, const void *spec, const char *folder);
/* True when it is done; false when it failed or is absent. */
bool drive_call(struct drive *drive, kg_step *step);
/* Makes what the last run gave what the next look remembers. */
void drive_remember(struct drive *drive);
const char *drive_output(const struct drive *drive, const char *key);
