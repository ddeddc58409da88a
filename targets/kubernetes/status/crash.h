/*
 * What is remembered of containers that end and are started again. The cluster tells of the last end alone; that two of them were alike makes it certain
 * that a third will be.
 *
 *     struct kg_crash *crash = kg_crashes_see(crashes, pod, status);      at each judgement
 *     if (!crash->last.has_words) …                                       ask for its log, then
 *     kg_crashes_hear(crashes, "shop", "web-1", "app", log);
 *     if (kg_crash_is_alike(crash)) …
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "targets/kubernetes/status/crash_words.h"

struct kg_arena;
struct kg_crashes;

struct kg_crash_end {
	const char *id; /* of the container; "": there was no such end */
	int64_t exit_code, started_s, ended_s;
	struct kg_crash_words words; /* once they were heard */
	bool has_words;
};

struct kg_crash {
	struct kg_crash_end before, last;
};

/* Of one wait; lives in the arena. */
struct kg_crashes *kg_crashes_make(struct kg_arena *arena);
/* What is known of a container by its name, once its status tells of an end; NULL when it has not ended yet. Takes notice of a new one. */
struct kg_crash *kg_crashes_see(struct kg_crashes *crashes, const cJSON *pod, const cJSON *status);
/* The last lines of the container's log, as they were behind its last end; "" when they cannot be had. */
void kg_crashes_hear(struct kg_crashes *crashes, const char *namespace_, const char *pod, const char *container, const char *text);
/* Its last two ends came soon after its start, with the same exit code and the same words. */
bool kg_crash_is_alike(const struct kg_crash *crash);
