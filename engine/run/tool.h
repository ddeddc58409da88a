/*
 * Which file a program's name means and what is in it, asked once a run: ten thousand nodes that call the same compiler look it up once.
 *
 *     struct kg_tool tool;
 *     error = kg_tool_find(run, arena, common->search, "cc", folder, &tool);
 *
 * A program inside the graph's folder may be made by a node of this very run, and is looked at each time.
 */
#pragma once

#include "cache/digest.h"

struct kg_arena;
struct kg_error;
struct kg_run;
struct kg_tools;

struct kg_tool {
	const char *path;        /* absolute, links resolved; NULL: there is no such program */
	struct kg_digest digest; /* of the content */
};

struct kg_tools *kg_tools_make(struct kg_arena *arena);
/* Any thread. ret_tool->path is in the run's care or in the arena. KG_ESYSTEM when the program is there and cannot be read. */
[[nodiscard]] struct kg_error *kg_tool_find(struct kg_run *run, struct kg_arena *arena, const char *const *search, const char *name,
    const char *folder, struct kg_tool *ret_tool);
void kg_tools_free(struct kg_tools *tools);
