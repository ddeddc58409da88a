/* The files of a build context as parts of a fingerprint; for engine/run/inspect.c. On a worker thread. */
#pragma once

struct kg_arena;
struct kg_digest;
struct kg_error;
struct kg_input_context;
struct kg_parts;
struct kg_run;

/* Adds a part for each; *ret_digest is of all, named as they are in the context. KG_EINPUT for a malformed ignore file. */
[[nodiscard]] struct kg_error *kg_context_input_add(struct kg_run *run, struct kg_arena *arena,
    const struct kg_input_context *context, struct kg_parts *parts, struct kg_digest *ret_digest);
