/*
 * What builders print, read: podman's and docker's, the older and the newer one. Pure.
 *
 *     struct kg_build_step step;
 *     if (kg_build_step_read("[1/2] STEP 3/4: RUN make", &step)) …      stage 0, number 3, "RUN make"
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct kg_arena;

struct kg_build_step {
	uint32_t stage;  /* from 0 on; KG_CONTAINERFILE_OUTSIDE: number counts through the whole file, or is not told */
	uint32_t number; /* from 1 on; 0: not told */
	const char *text;
};

/* False when the line begins no step. text points into line. */
bool kg_build_step_read(const char *line, struct kg_build_step *ret_step);
/* The number in "Dockerfile:12", which is all of the line; 0 when it is none. */
uint32_t kg_build_line_read(const char *line, const char *file_name);
/* A step on one line that is not too long. */
const char *kg_build_step_short(struct kg_arena *arena, const char *step);

struct kg_build_failure {
	const char *reason;  /* "exit status 2"; NULL: the builder does not say */
	const char *printed; /* what the failed step itself printed; "" when nothing */
	bool is_disk_full;
};

/* last_lines: the end of what the builder printed; step: the one that it was at, as it told it, or NULL. */
void kg_build_failure_read(struct kg_arena *arena, const char *last_lines, const char *step, struct kg_build_failure *ret_failure);
/* The builder says that what it ran was killed. */
bool kg_build_tells_killed(const char *last_lines);
