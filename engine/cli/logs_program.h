/*
 * What a program prints, line by line, with secrets masked: logs that an engine keeps, and no file of ours.
 *
 *     if (kg_logs_program(arena, mask, argv) == 0)
 *         return KG_EXIT_UP;
 */
#pragma once

#include <stdbool.h>

struct kg_arena;
struct kg_mask;

/*
 * Runs argv with kgraph's own environment, both of its streams on standard output, until it ends or nobody reads any more. True when it printed something, or ended
 * well: else there is no such log.
 */
bool kg_logs_program(struct kg_arena *arena, const struct kg_mask *mask, const char *const *argv);
