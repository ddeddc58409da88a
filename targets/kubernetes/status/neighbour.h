/*
 * Whether what a pod may be waiting for is there: the other pods of its graph, and what it speaks of by name.
 *
 *     if (kg_neighbours_are_ready(around, pod, started_s)) …          all that could be missing was there when it started
 *     if (kg_named_is_ready(arena, around, pod, words, started_s)) …  so was the Service that its last words name
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;
struct kg_surroundings;

/*
 * The other pods of its namespace that bear its label kgraph/graph, and the other containers of its own, were ready before a time. Pods of the same controller do
 * not count, nor do those that are over; one of a Job that is not over is not ready. Also when there are none.
 */
bool kg_neighbours_are_ready(const struct kg_surroundings *around, const cJSON *pod, const char *container, int64_t before_s);
/*
 * Another pod of its node, in whatever namespace, may yet bring what it waits for: one that is on its way, or that has become ready since a time, when the pod was
 * started last. Not one that itself has been started again so many times, and once more since all others are ready: those two would wait for each other.
 */
bool kg_siblings_may_help(const struct kg_surroundings *around, const cJSON *pod, int64_t started_s, int64_t restarts_most);
/* A Job of its graph there is at work: what it makes, such as a schema, may be what the pod misses. */
bool kg_jobs_run(const struct kg_surroundings *around, const cJSON *pod);
/* text names a Service of the namespace, and each one that it names had a ready pod before that time. False when it names none. */
bool kg_named_is_ready(
    struct kg_arena *arena, const struct kg_surroundings *around, const cJSON *pod, const char *text, int64_t before_s);
