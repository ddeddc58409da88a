/*
 * A run in one line: "datastorage-stack is up: 9 nodes unchanged (4 ms)".
 */
#pragma once

#include <stdint.h>

struct kg_arena;
struct kg_summary;
struct kg_style;

/* outcome: the text of the event RUN_ENDED. asked: what the run was for. Without an end of line. */
const char *kg_summary_tell(struct kg_arena *arena, const struct kg_style *style, const char *asked, const char *outcome,
    const struct kg_summary *summary, int64_t duration_ns);
