/*
 * What a watch knows: objects by namespace and name, and the stream of events that changes them. Pure: bytes in, objects out.
 *
 *     kg_watched_put(&watched, object);                    of a list; the watched own it
 *     is_well = kg_watched_feed(&watched, bytes, size);    of a watch, in whatever pieces they come
 *
 * Lives outside arenas, since a watch may go on for hours and replace each object many times: what is replaced is freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_watched_item {
	char *key; /* "namespace/name" */
	cJSON *object;
	uint64_t hash;
	uint32_t round; /* of lists: what a later list has not brought is gone */
};

struct kg_watched {
	struct kg_watched_item *items; /* count of them, in no order */
	uint32_t *slots;               /* slot_count, a power of two, at least half of them free: index + 1, or 0 */
	uint32_t count, room, slot_count;
	uint32_t round;
	uint32_t version; /* grows with each change */

	char *line; /* the start of an event whose end has not come */
	size_t line_size, line_room;
	char *resource_version; /* where to go on from; NULL: unknown */
	/* What ended the stream: the code of an ERROR event (410: list again), or 0 with words. */
	int32_t ended_code;
	const char *ended_words; /* static, or NULL */
};

/* Begins a list: what it does not put is removed by kg_watched_sweep. */
void kg_watched_begin(struct kg_watched *watched);
/* Takes object over, without its managedFields, in place of what was there. One without a name is freed. */
void kg_watched_put(struct kg_watched *watched, cJSON *object);
void kg_watched_sweep(struct kg_watched *watched);
void kg_watched_go_on_from(struct kg_watched *watched, const char *resource_version);

/* Begins a stream of events: JSON objects, a line each. */
void kg_watched_open(struct kg_watched *watched);
/* False: the stream is to be ended; ended_code and ended_words say why. */
bool kg_watched_feed(struct kg_watched *watched, const char *bytes, size_t size);

/* NULL: not there. */
const cJSON *kg_watched_find(const struct kg_watched *watched, const char *namespace_, const char *name);
/* Empty afterwards, as at the beginning. */
void kg_watched_free(struct kg_watched *watched);
