/*
 * Taking a container of ours away: stopped within its limit, then removed with its anonymous volumes. What is somebody else's is left.
 *
 *     state->removal = (struct kg_removal){ .engine = engine, .name = name, .grace_ms = 10000, .then = old_one_gone };
 *     return kg_container_remove(job);
 *
 * A column of steps on a job whose state starts with a struct kg_removal. Harmless when there is nothing.
 */
#pragma once

#include "engine/containers/engine.h"

struct kg_removal {
	struct kg_engine engine;
	const char *name;
	int64_t grace_ms;      /* how long it may take to end before it is killed; 0: killed at once */
	bool of_any_node;      /* of this checkout, whatever its node */
	kg_step *then;         /* goes on there */
	bool is_foreign;       /* set: there is one of that name, and it is not ours */
	const char *foreigner; /* set: what it is, for a message */
	int tries;             /* kg_container_remove's own */
};

kg_step kg_container_remove;
