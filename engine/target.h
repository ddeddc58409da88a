/*
 * What a kind of node is: a table of facts, filled by field name, and the first steps of four operations.
 * docs/writing-a-kind.md writes one from nothing; targets/kinds.def lists them all.
 *
 *     const struct kg_kind kg_kind_command = {
 *         .facts = { .name = "command", .version = 1, .summary = "a program that runs to its end", .fields = command_fields, … },
 *         .products = products,
 *         .run = run,
 *     };
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/facts.h"
#include "engine/job.h"
#include "engine/probe.h"

/* How often and after what pause a failed run is tried again. */
struct kg_retry {
	int64_t times;    /* further tries after the first */
	int64_t pause_ms; /* before the first of them; doubled each time, at most 30 s */
};

/* The settings that every kind takes beside its own, apart from needs, which the graph has. */
struct kg_common {
	const char *const *inputs; /* globs of files whose content counts */
	const char *const *ignore; /* patterns that take files out of inputs again, in the manner of .gitignore */
	const char *const *uses;   /* texts, usually outputs of other nodes, whose change makes the node run again */
	const struct kg_pair *env;
	const char *const *pass_env; /* names handed on from kgraph's own environment; their values count */
	const char *const *search;   /* folders (globs, the highest version first) in which programs are sought before PATH */
	const char *const *secret;   /* names of env whose values are masked */
	const char *pool;            /* NULL: the kind's, or `cpu` when it computes, else none */
	int64_t memory_bytes;        /* what the run takes of a pool that is weighted by memory; 0: what the kind says */
	int64_t timeout_ms;          /* of the run; 0: none */
	const struct kg_retry *retry;
	const struct kg_probe *ready; /* NULL: ready when run is done, unless the kind knows better */
};
extern const struct kg_field kg_common_fields[];
/* What their table cannot check, for kg_facts_set. Pure. */
[[nodiscard]] struct kg_error *kg_common_check(struct kg_arena *arena, const void *given);

/*
 * A file or folder that a run leaves. The engine looks whether it is still the same, removes it before a run, and restores it
 * from the store.
 */
struct kg_product {
	const char *key;   /* the output key whose value is path */
	const char *path;  /* absolute */
	bool is_data;      /* its being there counts, its content is its own affair; never stored, removed only by `down --purge` */
	bool is_local;     /* not worth storing, or not the same elsewhere */
	bool is_replaced;  /* the run replaces it in one step, and only when it differs: it is not removed before */
	bool is_folder;    /* made as an empty folder, owned by owner, before the run */
	const char *owner; /* a user's name when kgraph is root; NULL: ours */
};
struct kg_products;
void kg_products_add(struct kg_products *products, struct kg_product product);
/* For paths that are made of settings; lives as long as the products are looked at. */
struct kg_arena *kg_products_arena(const struct kg_products *products);

/* Files that count as input beside those of the common setting and of fields marked KG_INPUT. */
struct kg_inputs;
/* patterns are globs below folder; ignore are patterns in order, later ones win, "!" takes back. Both ended by NULL. */
void kg_inputs_add(struct kg_inputs *inputs, const char *folder, const char *const *patterns, const char *const *ignore);
/*
 * The files of an image's build context: all below folder but what the first of ignore_files that is there leaves out, by moby's rules. Empty
 * folders, links and permissions count. always: what counts whether it is left out or not, such as the Containerfile. All paths are absolute; both
 * lists are ended by NULL.
 */
void kg_inputs_add_context(
    struct kg_inputs *inputs, const char *folder, const char *const *ignore_files, const char *const *always);
/* For what is given to these functions; lives as long as the node's inputs are looked at. */
struct kg_arena *kg_inputs_arena(const struct kg_inputs *inputs);
/* A program that is run: its resolved path and content count. */
void kg_inputs_add_program(struct kg_inputs *inputs, const char *name);
/* A file in make's dependency format, written by the last run: what it names counts, relative names below folder (NULL: the node's). */
void kg_inputs_add_depfile(struct kg_inputs *inputs, const char *path, const char *folder);

struct kg_review;

struct kg_kind {
	struct kg_facts facts;
	size_t state_size, survey_size;

	/* What a run leaves, known beforehand from the spec. Pure. NULL: nothing. */
	void (*products)(struct kg_products *products, const void *spec);
	/* Further input files. Pure. NULL: none. */
	void (*inputs)(struct kg_inputs *inputs, const void *spec, const struct kg_common *common);
	/* What must be alike for nodes to share one survey: an engine's socket, a cluster and namespace. In the arena. NULL: no survey. */
	const char *(*survey_key)(struct kg_arena *arena, const void *spec);

	/*
	 * Asks the world once for all nodes of a key; fills job->survey (survey_size, zeroed) of looks and runs. It is as old as the key's first look or
	 * run. NULL: none; job->survey is NULL as well when it failed.
	 */
	kg_step *survey;
	const char *const *survey_unmoved_by; /* see kg_question.unmoved_by */
	kg_step *look;  /* is what the ledger remembers still there? kg_done or kg_absent(why). NULL: its products tell */
	kg_step *run;   /* makes it so; harmless when repeated */
	kg_step *ready; /* done when a user would call it ready; NULL: the common setting `ready`, or when run is done */
	kg_step *watch; /* one job a survey key, alive while nodes of the key are waited for; holds a stream, signals topics */
	kg_step *undo;  /* takes it away; harmless when repeated or when there is nothing. NULL: its products are removed */
	/* What is wrong with the kind's nodes, told before anything starts; see engine/review.h. NULL: nothing. */
	void (*review)(struct kg_review *review);
	/*
	 * Hands on what a run made to the shared cache. An operation with a job of its own (state zeroed, job->remembered: what the run gave), beside what
	 * needs the node; started when job->remote is there and has push, at most a few at a time. What it tells last is where that went.
	 * A failure is a warning, and gives the cache up. NULL: products that are restorable go there by themselves.
	 */
	kg_step *publish;
	/*
	 * Removes what runs have left in a place that all checkouts share, such as an engine's images, until what is left of it fits job->limit_bytes. Once for
	 * each survey key; job->remembered is all outputs of all nodes of the kind, and what they name stays. Each kg_output is a sentence for the user.
	 */
	kg_step *collect;
	/*
	 * For `kgraph collect`: writes what helps to understand a failure into job->gather: what the thing prints, its state in its own words. The node's
	 * settings and its logs are there already; what children print goes into gathered.log there, secrets masked, and what the step writes by itself it
	 * masks (kg_mask_text with job->mask). Also after a run that was killed: job->remembered may be empty, then the settings say what it may be. Asks
	 * only and changes nothing. A failure is a warning. NULL: nothing more.
	 */
	kg_step *gather;
	/*
	 * For `kgraph logs`, where what a thing prints is asked for by steps: hands each line to kg_print, as many as job->show says. Asks only and changes
	 * nothing, also beside a run and after one that was killed, as gather does. kg_absent(why): nothing prints, and the node's own log is shown instead.
	 */
	kg_step *show;
	/*
	 * Closes what the kind itself holds open, such as a database connection, when an operation is ended before its last step: by
	 * its time limit or by Ctrl-C. No step; nothing of the job is open. NULL: nothing.
	 */
	void (*close)(struct kg_job *job);
	/*
	 * The command line that prints what the node's thing has printed, ended by NULL, for `kgraph logs`; run with kgraph's own environment, secrets masked.
	 * lines -1: all. Pure, but for asking which programs are installed. NULL, the function or what it gives: `show`, or else the node's log.
	 */
	const char *const *(*logs)(struct kg_arena *arena, const struct kg_pair *remembered, bool follow, int64_t lines);
	/*
	 * For `down` without --purge: asks whether what runs have made goes on and costs something until --purge, and says so by kg_remark. Without a remark it is
	 * not there, and after a failure nobody knows: nothing is told. Changes nothing. NULL: nothing that anybody notices is left.
	 */
	kg_step *kept;
	bool outlives; /* something goes on after the run (a daemon, a container): `down` stops it, `status` shows it */
	bool
	    frees_ports; /* its run lets go of the ports of its own that it finds, and tells who holds one: nobody looks before it runs */
	bool is_restorable;   /* products may be taken from the store instead of a run */
	bool computes;        /* its run keeps a core busy: it waits for a place in the pool `cpu` unless the node names another */
	const char *pool;     /* instead of `cpu`: the pool of nodes that name none. NULL: none */
	int64_t memory_bytes; /* what a run takes of a pool that is weighted by memory when its node does not say it */
};
