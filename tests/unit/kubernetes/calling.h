/*
 * Steps of a test's own in nodes of the real engine, beside an API server that answers as the test says (fake_api.h).
 *
 *     struct calling *calling = calling_make(answer);
 *     calling_run(calling, opened, 1);            the first step of one node; job->state is zeroed memory for struct call
 *     assert_string_equal(calling->errors, "");
 *     calling_free(calling);
 */
#pragma once

#include "engine/job.h"
#include "engine/run/run.h"
#include "targets/kubernetes/client/api.h"
#include "tests/unit/kubernetes/fake_api.h"

/* job->state of each node. */
struct call {
	struct kg_api *api;
	const struct kg_resource *resource;
	struct kg_api_items items;
	struct kg_api_watch *watch;
	uint32_t count;
	void *memory;
};

struct kg_text;

struct calling {
	struct kg_arena *arena;
	const char *folder; /* the test's own; HOME is in it */
	struct fake_api *fake;
	const char *errors;   /* of the last run's nodes, "name: error; " */
	struct kg_text *seen; /* what steps note, see calling_note */
};

struct calling *calling_make(fake_answer *answer);
/* The server's part of the kubeconfig, and more of the user's: "token: x\n", indented by four. Written to FOLDER/config, which KUBECONFIG names. */
void calling_config(struct calling *calling, const char *user);
/* As many nodes that begin with first, in one run. */
enum kg_run_outcome calling_run(struct calling *calling, kg_step *first, int nodes);
/* Adds a line of what was seen. */
[[gnu::format(printf, 1, 2)]] void calling_note(const char *format, ...);
/* What was noted so far, and forgets it. */
const char *calling_noted(struct calling *calling);
void calling_file(struct calling *calling, const char *name, const char *text, int mode);
/* NULL: not there. */
const char *calling_read(struct calling *calling, const char *name);
void calling_free(struct calling *calling);
