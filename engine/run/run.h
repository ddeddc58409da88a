/*
 * One run: what is chosen is looked at, run, waited for and recorded; or what was brought up is taken down again.
 *
 *     error = kg_run_open(arena, &options, &run);        takes the lock, opens the ledger, chooses ports, finds secrets
 *     enum kg_run_outcome outcome = kg_run_up(run);
 *     error = kg_run_exports(run, arena, &pairs);
 *     kg_run_close(run);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/run/event.h"
#include "engine/target.h"
#include "graph/graph.h"

struct kg_entry;
struct kg_run;

struct kg_run_options {
	const struct kg_graph *graph;
	const uint8_t *chosen;              /* a byte a node; NULL: none (down of everything) */
	const char *asked;                  /* what the user asked for, in words */
	const struct kg_kind *const *kinds; /* in the order of the facts that the graph was read with, ended by NULL */
	const char *folder;                 /* the instance's: .kgraph/INSTANCE, absolute; made when it is missing */
	const char *ports_file;             /* of the user: which port belongs to which checkout; NULL: none is kept */
	const char *store_folder;           /* of the user; NULL: outputs are neither stored nor restored */
	const struct kg_remote *remote;     /* the shared cache; NULL: none */
	const char *version;                /* of kgraph, told to the shared cache; NULL: not told */
	struct kg_reporter reporter;
	uint32_t jobs;        /* width of the default pool; 0: the number of cores */
	int64_t timeout_ms;   /* of the whole run; 0: none */
	int64_t lock_wait_ms; /* how long to wait for another run; 0: not at all, -1: for ever */
	bool fail_fast, no_wait;
	bool plan;    /* look and tell, change nothing */
	bool reading; /* no lock, nothing is changed: status, env, why */
};

/* The exit codes of kgraph. */
enum kg_run_outcome {
	KG_RUN_UP = 0,
	KG_RUN_FAILED = 1,
	KG_RUN_NOT_READY = 3,
	KG_RUN_INTERRUPTED = 130,
};

/* KG_EBUSY: another run has the lock. KG_EINPUT: a secret is not set. KG_ESYSTEM: the state folder cannot be used. */
[[nodiscard]] struct kg_error *kg_run_open(struct kg_arena *arena, const struct kg_run_options *options, struct kg_run **ret_run);
/*
 * What kinds find wrong with their nodes before anything starts (kg_kind.review), and what they ask of the world for that. A kind is passed over when
 * nothing of its chosen nodes has changed since they were brought up: what there was to say has been said. For a run that was opened for reading
 * nothing is passed over. Errors and warnings live in their lists' arena. False: it was interrupted meanwhile, nothing is said, and kg_run_up ends at once,
 * with the events of a run that was interrupted.
 */
bool kg_run_review(struct kg_run *run, struct kg_errors *errors, struct kg_errors *warnings);
/* The same without a run, of all kinds and nodes: nothing is asked of the world. */
void kg_graph_review(
    const struct kg_graph *graph, const struct kg_kind *const *kinds, struct kg_errors *errors, struct kg_errors *warnings);
enum kg_run_outcome kg_run_up(struct kg_run *run);

/*
 * Takes down what the ledger remembers: nodes by name (ended by NULL), or all. What outlives a run is stopped, users before what they use;
 * with purge data and outputs are removed as well.
 */
enum kg_run_outcome kg_run_down(struct kg_run *run, const char *const *names, bool purge);

/*
 * The graph's exports with everything resolved, sorted, ended by a NULL name; without those that use what was not chosen and has never run.
 * KG_EINPUT when one needs an output that no run has given yet.
 */
[[nodiscard]] struct kg_error *kg_run_exports(struct kg_run *run, struct kg_arena *arena, const struct kg_pair **ret_pairs);

/*
 * For `kgraph collect`: what helps to understand a failure, of what the ledger remembers, into folder/NODE: settings and outputs, logs, and what the
 * kind gathers. names as for kg_run_down. For a run that was opened for reading; secrets are masked. What could not be had is added to problems.
 * KG_ESYSTEM when the folder cannot be written.
 */
[[nodiscard]] struct kg_error *kg_run_gather(
    struct kg_run *run, const char *folder, const char *const *names, struct kg_errors *problems, uint32_t *ret_count);

/* Where `kgraph logs` prints to. */
struct kg_show_to {
	void (*line)(void *context, const char *line); /* without its end; secrets are masked */
	bool (*flush)(void *context);                  /* after lines, and now and then; false: nobody reads any more */
	void *context;
};
/*
 * For `kgraph logs`: what the node's thing prints, as kg_kind.show finds it out. For a run that was opened for reading. *ret_none: NULL when that was
 * shown; else why there is nothing, "" when the ledger does not know the node or its kind has no such steps. What is told meanwhile goes to the reporter.
 */
[[nodiscard]] struct kg_error *kg_run_show(
    struct kg_run *run, const char *name, const struct kg_show *show, const struct kg_show_to *to, const char **ret_none);

/* What the ledger remembers, sorted by name. */
void kg_run_entries(const struct kg_run *run, const struct kg_entry *const **ret_entries, uint32_t *ret_count);
/*
 * Is what the entry's node left alive? For `status`: why not, or what is not well with what is alive; NULL when there is nothing to say, or the kind
 * has nothing that outlives a run.
 */
const char *kg_run_alive(struct kg_run *run, struct kg_arena *arena, const struct kg_entry *entry, bool *ret_alive);
/* When the entry's node counts as ready: "http http://127.0.0.1:28090/readyz"; NULL when it has no rule. */
const char *kg_run_rule(struct kg_run *run, struct kg_arena *arena, const struct kg_entry *entry);
/* Why the node would run now, or ran last: sentences, ended by NULL. */
[[nodiscard]] struct kg_error *kg_run_why(
    struct kg_run *run, struct kg_arena *arena, uint32_t node, const char *const **ret_sentences);

/* Counts of the run so far. */
const struct kg_summary *kg_run_summary(const struct kg_run *run);
/* The loop, for `kgraph run -- COMMAND` and for displays. */
struct kg_loop *kg_run_loop(struct kg_run *run);
const struct kg_mask *kg_run_mask(const struct kg_run *run);
/* The folder of this run's logs. */
const char *kg_run_logs(const struct kg_run *run);
void kg_run_close(struct kg_run *run);
