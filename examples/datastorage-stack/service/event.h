/*
 * Audit events as they come in: one JSON object, or an array of them, all or nothing.
 *
 *     struct batch batch = { 0 };
 *     if (!batch_read(&batch, body, length, 500, &problem))
 *             … the problem names every wrong field by its JSON pointer …
 *
 * Pure: reads bytes, touches nothing else.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "problem.h"
#include "text.h"

/*
 * Valid events. The JSON is kept as it came and PostgreSQL takes it apart itself, so that numbers in event_data that are
 * longer than a double are stored as they were sent.
 */
struct batch {
	struct text json; /* always an array */
	struct text ids;  /* the event ids in order, as PostgreSQL writes an array: {a,b}; made here where none was sent */
	size_t count;
};

/* False, and the problem with all errors found, when anything in it is not right. */
bool batch_read(struct batch *ret_batch, const char *bytes, size_t length, size_t max_events, struct problem *problem);

void batch_free(struct batch *batch);
