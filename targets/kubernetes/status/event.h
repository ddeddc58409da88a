/*
 * Events of a cluster, v1 and events.k8s.io alike: what was said last of an object.
 *
 *     struct kg_event event;
 *     if (kg_event_latest(around, pod, "FailedMount", NULL, since_s, &event)) tell(event.message);
 *
 * Texts belong to the event's object.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_surroundings;

struct kg_event {
	const char *reason, *message; /* never NULL */
	const char *container;        /* that it is about, not ended by a zero byte; NULL: the whole pod */
	size_t container_length;
	int64_t time_s; /* when it happened last */
	bool is_warning;
};

struct kg_event kg_event_read(const cJSON *object);

/* Whether it is about that container, or about no one in particular. */
bool kg_event_is_of(const struct kg_event *event, const char *container);

/*
 * The latest event about object with that reason (NULL: any warning), of that container (NULL: any) and not before since_s. False
 * when there is none.
 */
bool kg_event_latest(const struct kg_surroundings *around, const cJSON *object, const char *reason, const char *container,
    int64_t since_s, struct kg_event *ret_event);
