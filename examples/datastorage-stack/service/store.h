/*
 * PostgreSQL: a small pool of connections, and the few statements that the service needs.
 *
 *     struct store *store = store_open(&config);
 *     switch (store_insert(store, &batch, &stored, &reason)) {
 *     case STORE_DONE:    … in the table, all of them, in one transaction …
 *     case STORE_AWAY:    … PostgreSQL cannot be reached or does not answer; try again later …
 *     case STORE_REFUSED: … PostgreSQL answered, and will refuse the same again …
 *     }
 *     store_close(store);
 *
 * Safe to use from several threads. No call lasts longer than config.database_timeout_ms and the time of one connection
 * attempt. After a failed attempt nobody tries again for a while (from 100 ms, doubled up to 2 s): calls in that time are
 * told STORE_AWAY at once, so that a database that is away costs its users nothing.
 */

#pragma once

#include "config.h"
#include "event.h"
#include "query.h"
#include "text.h"

enum store_result { STORE_DONE, STORE_AWAY, STORE_REFUSED };

/* The version of the schema (the newest migration) that this service was written for. */
enum { STORE_SCHEMA_VERSION = 17 };

struct store;

/* Opens no connection yet. The config must outlive the store. */
struct store *store_open(const struct config *config);

/* Adds the events that are not there yet (by id and time), all or none; tells how many were new. */
enum store_result store_insert(struct store *store, const struct batch *batch, size_t *ret_stored, struct text *reason);

/* A page of events: {"events":[…],"next":…}. */
enum store_result store_list(struct store *store, struct query *query, struct text *ret_json, struct text *reason);

/* The newest applied migration (0: none), and the names of the tables that are missing. */
enum store_result store_schema(struct store *store, long *ret_version, struct text *ret_missing, struct text *reason);

/* Sees to it that the months ahead have their partitions; tells how many were made. */
enum store_result store_maintain(struct store *store, long *ret_created, struct text *reason);

void store_close(struct store *store);
