/*
 * Time as a parameter: the loop reads the clock once a turn and hands it on; durations as people write them.
 *
 *     int64_t timeout_ms;
 *     if (!kg_duration_read("1m30s", &timeout_ms)) ...
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;

/* Nanoseconds that never go back. */
int64_t kg_clock_now_ns(void);
/* Nanoseconds since 1970, UTC. */
int64_t kg_clock_wall_ns(void);

/*
 * "250ms", "30s", "1m30s", "1.5h", "1d": whole or decimal numbers with a unit each, largest first. False when text is not one, or
 * not a whole number of milliseconds.
 */
bool kg_duration_read(const char *text, int64_t *ret_ms);
/* For people, two figures that matter: "0.4 ms", "12 ms", "3.4 s", "2 min 05 s", "1 h 02 min". */
const char *kg_duration_tell(struct kg_arena *arena, int64_t duration_ns);
/* "2026-11-21T06:17:20.123Z" */
const char *kg_clock_tell_wall(struct kg_arena *arena, int64_t wall_ns);
