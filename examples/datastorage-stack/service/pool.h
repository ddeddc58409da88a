/*
 * Connections to PostgreSQL that are kept open, with time limits and back-off.
 *
 *     struct pool_slot *slot = pool_take(pool, &reason);
 *     if (slot) {
 *             PGresult *result = pool_run(pool, slot, sql, 2, values, &reason);
 *             …
 *             pool_give_back(pool, slot);
 *     }
 *
 * There are as many slots as threads that use them, so that taking one never waits for another thread.
 */

#pragma once

#include <stdbool.h>

#include <libpq-fe.h>

#include "config.h"
#include "text.h"

struct pool;

struct pool_slot {
	PGconn *connection; /* NULL while the slot is not connected */
	bool taken;
	bool fresh; /* connected by this pool_take; an older one may have died unnoticed */
};

struct pool *pool_open(const struct config *config, int slots);

/* A connected slot; NULL, and the reason, while PostgreSQL cannot be reached. */
struct pool_slot *pool_take(struct pool *pool, struct text *reason);

/*
 * Runs a statement with text parameters and waits for its result, at most config.database_timeout_ms. NULL, and the reason,
 * when the connection was lost or did not answer; it is closed then.
 */
PGresult *pool_run(
    struct pool *pool, struct pool_slot *slot, const char *sql, int count, const char *const *values, struct text *reason);

void pool_give_back(struct pool *pool, struct pool_slot *slot);

/* No slot may be taken. */
void pool_close(struct pool *pool);
