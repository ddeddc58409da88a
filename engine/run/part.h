/* Many operations that one waits for; the function for kinds is in engine/job.h. */
#pragma once

#include <stdbool.h>

struct kg_error;
struct kg_part_set;

/* Ends all that run, with TERM for children, or KILL; no more begin. Who waits for them goes on when the last has ended. */
void kg_parts_end(struct kg_part_set *set, const struct kg_error *why, bool now);
