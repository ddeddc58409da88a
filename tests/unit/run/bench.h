/*
 * A graph in a folder of its own, run by the real engine with kinds of the test's.
 *
 *     struct bench *bench = bench_make();
 *     bench_graph(bench, "[node.a]\nkind = \"step\"\n");
 *     assert_int_equal(bench_up(bench, (struct kg_run_options){ 0 }), KG_RUN_UP);
 *     assert_string_equal(bench->told, "started a; done a; waiting a; ready a; ");
 *     bench_free(bench);
 */
#pragma once

#include "engine/run/run.h"

/* Does what its settings say: sleeps, fails some times, gives an output, is ready after a while. */
extern const struct kg_kind bench_kind_step;
/* Asks a survey about its key, and waits on a topic that the key's watch signals. */
extern const struct kg_kind bench_kind_surveyed;
/* How often the survey of bench_kind_surveyed has been asked since bench_make. */
extern uint32_t bench_surveys;
/* Nothing has been counted yet. */
void bench_begin(void);

/* Both of them, `file` and `command`, for bench->kinds; in a source file of its own, beside these kinds' rooms. */
extern const struct kg_kind *const bench_kinds_real[];

struct bench {
	struct kg_arena *arena;
	const char *folder;
	const struct kg_kind *const *kinds; /* that graphs may use, ended by NULL; the two above unless a test says others */
	const char *told;                   /* "started a; done a; …" of the last run */
	const char *reasons;                /* "a: it has never run here; …" */
	const char *says;                   /* "a: asking; …": what nodes told of what they do */
	const char *errors;                 /* of the last run's failed nodes, or of reading the graph */
	const char *warnings;               /* of the last run, "…; …; " */
	struct kg_summary summary;
	const char *signal_at; /* "done a": at this event the test sends itself signal; NULL: at none */
	int signal;
	const char *const *down_names; /* that are taken down, ended by NULL; NULL: all */
	bool has_store;                /* the run stores and restores outputs, in FOLDER/store */
	struct kg_errors
	    *reviewed; /* bench_up reviews first, as the command does, and adds errors and warnings here; NULL: it does not */
};

struct bench *bench_make(void);
void bench_graph(struct bench *bench, const char *text);
void bench_file(struct bench *bench, const char *name, const char *text);
/* What is in kgraph.toml. */
const struct kg_graph *bench_read_graph(struct bench *bench);
/* Graph, folder, kinds and reporter are filled in. *ret_run needs kg_run_close. */
[[nodiscard]] struct kg_error *bench_open(struct bench *bench, struct kg_run_options options, struct kg_run **ret_run);
enum kg_run_outcome bench_up(struct bench *bench, struct kg_run_options options);
enum kg_run_outcome bench_down(struct bench *bench, bool purge);
/* All that is in the one's folder into the other's, as cp -a does. */
void bench_copy(struct bench *from, struct bench *to);
/* Absolute. */
const char *bench_path(struct bench *bench, const char *name);
/* The content of a file in the bench's folder, or NULL. */
const char *bench_read(struct bench *bench, const char *name);
void bench_free(struct bench *bench);
