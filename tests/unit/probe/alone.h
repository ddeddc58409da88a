/*
 * One job by itself, without an engine: its steps are called one after another, and its waits are waited for by blocking. For tests of what
 * runs in a job and has only itself to wait for.
 *
 *     struct alone *alone = alone_make(&kg_kind_process, &spec);
 *     struct kg_next end = alone_run(alone, kg_kind_process.run);
 *     assert_int_equal(end.what, KG_NEXT_DONE);
 *     alone_free(alone);
 *
 * It defines the functions of engine/job.h, so a test that uses it is not linked with engine/run.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/target.h"

struct alone {
	struct kg_arena *arena;
	struct kg_job job;
	struct kg_common common;
	struct kg_folders folders;
	char folder[64];      /* the job's, the state's and everything's */
	const char *told[64]; /* what kg_tell was given */
	int told_count;
	const char *absent; /* why kg_absent was called */
	struct kg_pair outputs[8];
	int output_count;
	int waits; /* how many there were */

	/* What the next kg_wait_http answers, for as long as there is one. */
	const struct kg_http_result *http_answers;
	int http_count;
};

/* kind may be NULL: then only probes can be run. */
struct alone *alone_make(const struct kg_kind *kind, const void *spec);
/* From this step until the operation has ended. */
struct kg_next alone_run(struct alone *alone, kg_step *step);
/* Probes by the rule, about what is given (NULL: nothing). */
struct kg_next alone_probe(struct alone *alone, const struct kg_probe *rule, const struct kg_probe_about *about);
const char *alone_output(const struct alone *alone, const char *key);
void alone_free(struct alone *alone);
