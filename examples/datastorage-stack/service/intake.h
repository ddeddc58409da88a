/*
 * The way of an event into the table: straight there, or over the dead letters while PostgreSQL is away.
 *
 *     struct intake *intake = intake_start(store, letters);
 *     switch (intake_accept(intake, &batch, &stored, &reason)) …
 *     intake_stop(intake);
 *
 * A thread of its own, the keeper, brings the dead letters back in the order in which they came, and makes the partitions of
 * the months to come.
 */

#pragma once

#include <stdbool.h>

#include "dead_letter.h"
#include "event.h"
#include "store.h"
#include "text.h"

enum intake_result {
	INTAKE_STORED,
	INTAKE_QUEUED,     /* safe in Redis, stored later */
	INTAKE_REFUSED,    /* PostgreSQL will not take it */
	INTAKE_UNAVAILABLE /* neither takes it; nothing was kept */
};

struct intake;

/* Brings back the dead letters of an earlier run before it returns, as far as PostgreSQL and Redis let it. */
struct intake *intake_start(struct store *store, struct dead_letter *letters);

enum intake_result intake_accept(struct intake *intake, const struct batch *batch, size_t *ret_stored, struct text *reason);

/* Whether events go straight to PostgreSQL. */
bool intake_is_direct(struct intake *intake);

/* Ends the keeper; no intake_accept may be under way. */
void intake_stop(struct intake *intake);
