/*
 * One container as `container inspect` tells it, alike for both engines.
 *
 *     return kg_inspect_ask(job, &engine, name, inspected);
 *     …
 *     error = kg_inspect_read(job, &engine, &container);
 *     if (!error && !container.is_there) …
 */
#pragma once

#include "engine/containers/engine.h"

struct kg_inspected {
	bool is_there;
	const char *id, *image_id, *image; /* image: as it was given */
	const struct kg_pair *labels;
	bool is_running, is_paused, is_oom_killed;
	const char *status; /* the engine's own word */
	int32_t exit_code;
	const char *error;        /* why it could not be started, as docker remembers it; "" when nothing */
	const char *finished_at;  /* by the engine's clock; "" when it has never ended */
	const char *health;       /* "starting", "healthy", "unhealthy"; "" when it has no check */
	const char *health_words; /* what the last check printed; "" when nothing */
	const char *ip;           /* in the first network that gave it one; "" when none did */
	const char *ports;        /* "127.0.0.1:18080->80/tcp, …" */
	const char *port;         /* the first of them on this machine; "" when none is published */
	const char *address;      /* "127.0.0.1:18080" */
};

struct kg_next kg_inspect_ask(struct kg_job *job, const struct kg_engine *engine, const char *name, kg_step *then);
/* Of the answer in job->child. One that is not there is no error. */
[[nodiscard]] struct kg_error *kg_inspect_read(struct kg_job *job, const struct kg_engine *engine, struct kg_inspected *ret);
/* Carries this checkout's and this node's labels. */
bool kg_inspect_is_ours(const struct kg_job *job, const struct kg_pair *labels);
/* "it ended with exit status 137: killed, since its memory ran out" */
const char *kg_exit_tell(struct kg_arena *arena, int32_t exit_code, bool is_oom_killed);
