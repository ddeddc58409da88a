/*
 * The state of a run, for the files of engine/run alone: run state lives in an array beside the nodes, same index, and never in the graph.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cache/ledger.h"
#include "cache/stat_cache.h"
#include "cache/store.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/base/mask.h"
#include "engine/review.h"
#include "engine/run/operation.h"
#include "engine/run/run.h"

enum kg_task_state : uint8_t {
	KG_TASK_UNCHOSEN,
	KG_TASK_WAITING,   /* for the nodes that it needs */
	KG_TASK_INSPECTED, /* on a worker: what is it made of, and are its products still there? */
	KG_TASK_LOOKING,   /* its kind asks the world */
	KG_TASK_RESTORING, /* on a worker: from the store */
	KG_TASK_FETCHING,  /* asked for in the shared cache */
	KG_TASK_SURVEYED,  /* its kind asks the world for all nodes of its key, before it runs */
	KG_TASK_QUEUED,    /* for a place in its pool */
	KG_TASK_PREPARING, /* on a worker: old products are removed */
	KG_TASK_RUNNING,
	KG_TASK_PAUSING,   /* between two tries */
	KG_TASK_RECORDING, /* on a worker: products are digested and stored */
	KG_TASK_CLEANING,  /* on a worker: what a failed run half wrote is removed */
	KG_TASK_DONE,
	KG_TASK_PLANNED, /* plan: it would run, or might */
	KG_TASK_FAILED,
	KG_TASK_BLOCKED,
	KG_TASK_CANCELLED,
};

enum kg_task_readiness : uint8_t {
	KG_READINESS_NONE, /* ready when done */
	KG_READINESS_OPEN, /* has a rule, not watched yet */
	KG_READINESS_WATCHED,
	KG_READINESS_READY,
	KG_READINESS_FAILED,
};

/* What a worker has found out about a node. */
struct kg_inspection {
	struct kg_digest fingerprint;
	struct kg_digest inputs;       /* of its input files alone; in the task once it is inspected */
	struct kg_digest base;         /* without what the depfile names; equal to fingerprint where there is none */
	struct kg_parts *parts;        /* sealed; NULL while nothing has changed */
	struct kg_parts *stable_parts; /* without those from the depfile */
	bool has_depfile;
	bool is_changed;                       /* the fingerprint is not the ledger's */
	const char *products_why;              /* what is wrong with its products; NULL: nothing */
	const struct kg_entry_output *outputs; /* of the ledger, with the products' paths of today */
	struct kg_error *error;
};

struct kg_outputs {
	const struct kg_entry_output *items;
	uint32_t count;
};

struct kg_task {
	enum kg_task_state state;
	enum kg_task_readiness readiness;
	bool is_gate;  /* a chosen node waits until this one is ready */
	bool was_made; /* it ran in this run, or was restored */
	bool was_restored;
	bool was_fetched;     /* was_restored, from the shared cache */
	bool may_be_unshared; /* was_restored, and it is not known that the shared cache has it */
	bool would_run;       /* plan */
	uint32_t tries;
	uint32_t unmet; /* edges that are not satisfied yet */
	uint32_t output_count;
	const struct kg_entry_output *outputs;
	const struct kg_entry *before; /* the ledger's; NULL: never ran */
	struct kg_outputs kept;        /* once it is prepared: what is remembered of it while it runs; its data is what stays */
	struct kg_digest outputs_digest;
	struct kg_digest inputs; /* of its input files as they were inspected */
	int64_t path_ns;         /* longest way from its start to the end of the graph: who has more goes first */
	int64_t started_ns, ended_ns, watched_ns;
	int64_t ready_ns, finished_wall_ns; /* as in kg_entry, once they are known */
	int64_t spared_ns;                  /* how long making it took where it was made; 0: not known */
	int64_t last_try_s; /* by the wall clock, of one that can only wait for others (kg_others_may_help); 0: it is none */
	struct kg_inspection *inspection; /* NULL unless it has changed */
	struct kg_operation *operation;   /* NULL until its kind has something to do */
	struct kg_fetch *fetch;           /* remote.h; NULL unless the shared cache was asked */
	const char *why;                  /* why it runs */
	struct kg_error *error;           /* why it failed */
};

/* A pool's queue: a heap by path_ns, then by node. */
struct kg_pool_state {
	const char *name;
	uint32_t width, running;
	int64_t memory_bytes, memory_used_bytes;
	KG_LIST(uint32_t) heap;
};

/* One question to the world for all nodes that ask it with the same key. */
struct kg_survey {
	const struct kg_kind *kind; /* of who asked first */
	struct kg_question question;
	int64_t started_ns;
	struct kg_topic *topic; /* of jobs that wait for the answer; NULL: none did */
	enum { KG_SURVEY_RUNNING, KG_SURVEY_DONE, KG_SURVEY_FAILED } state;
	struct kg_operation *operation, *watch;
	struct kg_error *error;
	KG_LIST(uint32_t) waiting; /* nodes whose look or run goes on when it is done */
	uint32_t watchers;         /* nodes of the key that are waited for */
};

/* What was made and is to go to the shared cache, in the background. */
struct kg_publishing {
	KG_LIST(uint32_t) waiting; /* nodes, from `next` on */
	uint32_t next;
	uint32_t running;
	bool has_config;                    /* the registry has the empty configuration that all outputs name */
	struct kg_operation *config_putter; /* who is just putting it there; NULL: nobody */
	struct kg_topic *config_topic;      /* signalled when that has ended */
};

/* What is asked for in the shared cache. */
struct kg_fetching {
	KG_LIST(uint32_t) waiting; /* nodes, from `next` on */
	uint32_t next;
	uint32_t running;
	uint32_t damaged;   /* fetches whose content was not what it should be */
	bool is_off;        /* no more is asked for; what is made still goes there */
	bool is_denied;     /* since the registry wants another login */
	int64_t lost_ns;    /* in which something was asked for, less what hits have spared */
	int64_t counted_ns; /* up to when that is known */
};

struct down;
struct kg_showing;

struct kg_run {
	struct kg_arena *arena;
	struct kg_run_options options;
	const struct kg_graph *graph;
	struct kg_loop *loop;
	struct kg_lock *lock;
	struct kg_ledger *ledger; /* NULL: nothing has run here yet, and this run only reads */
	struct kg_stat_cache *stat_cache;
	struct kg_tools *tools;         /* programs that were looked up in this run */
	struct kg_store *store;         /* NULL: none */
	const struct kg_remote *remote; /* NULL: none, or given up */
	struct kg_folders folders;
	struct kg_mask mask;
	const char **secrets; /* by the graph's index; NULL: not needed by what is chosen */
	int *port_holds;      /* by the graph's index: a socket that keeps a new port from others; -1: none */
	const char **ports;   /* by the graph's index, as texts */
	const struct kg_entry *const *entries;
	uint32_t entry_count;

	struct kg_task *tasks;
	uint8_t *users_until;         /* enum kg_edge_until, beside graph->users */
	struct kg_map product_owners; /* path → the node that leaves it, for those that run */
	struct kg_pool_state *pools;
	uint32_t pool_count;
	KG_LIST(uint32_t) starting;              /* prepared in this turn: to be recorded as begun, and begun */
	KG_LIST(uint32_t) finishing;             /* have run in this turn: to be recorded, and told */
	KG_LIST(uint32_t) gotten_ready;          /* in this turn, after they were made: to be recorded */
	KG_LIST(uint32_t) eligible;              /* all that they need is there: to be inspected in this turn */
	KG_LIST(struct kg_arena *) batch_arenas; /* of inspections and held reviews; freed with the run */
	KG_LIST(struct kg_survey *) surveys;
	struct kg_map survey_index;
	struct kg_map stream_index; /* key → index into streams */
	KG_LIST(struct kg_stream *) streams;
	struct kg_operation *queue_first, *queue_last;
	KG_LIST(struct kg_operation *) running; /* operations that are not ended, in no order */
	struct kg_publishing publishing;
	struct kg_fetching fetching;
	uint32_t shared_files; /* packs on their way from or to the shared cache so far; they are called by number */
	uint32_t open;         /* tasks between WAITING and a final state */
	uint32_t preparing;    /* tasks between having a place and beginning */
	uint32_t watched;      /* tasks whose readiness is watched */
	uint32_t not_ready;    /* tasks that ran and were not ready in time */
	struct {
		uint32_t node;
		int64_t at_s, before_s; /* by the wall clock; before: that of another node */
	} settled;                      /* which node was made or got ready last */
	bool in_barrier, stopping;
	bool has_failed;         /* a node failed by itself, and not because time was up */
	bool may_be_interrupted; /* signals and the time limit are watched for */
	uint32_t interrupts;
	struct kg_error *stop_error; /* why no more is started */
	enum kg_run_outcome stop_outcome;
	struct kg_summary summary;
	int64_t spared_ns; /* that making what was restored would have taken, as far as that is known */
	int64_t started_ns;
	struct kg_wait time_limit, kill_limit;
	struct down *down;          /* engine/run/down.c's own */
	struct kg_showing *showing; /* engine/run/show.c's own; NULL: nothing is shown */
	void *registries;           /* engine/registry's own, for all jobs */
	void *clients;              /* a client library's own, for all jobs */
	const void **reviewed;      /* by node: what its kind's review has left for it; NULL: nothing for any */
};

/* engine/run/help.c: a node was made, or has got ready */
void kg_run_settled(struct kg_run *run, uint32_t node);

/* engine/run/inquire.c: what reviews ask of the world, all at once; returns when all have ended */
struct kg_node_inquiry {
	uint32_t node;
	struct kg_inquiry inquiry;
};
void kg_inquiries_run(struct kg_run *run, const struct kg_node_inquiry *inquiries, uint32_t count);

/* engine/run/subject.c */
struct kg_subject kg_subject_of_node(struct kg_run *run, struct kg_arena *arena, uint32_t node);
struct kg_subject kg_subject_of_entry(struct kg_run *run, struct kg_arena *arena, const struct kg_entry *entry);
/* The value of "port.x", "secrets.x", "dir.x", "node.x.key" as far as the run knows it; NULL when it does not. */
const char *kg_run_value(struct kg_run *run, const struct kg_reference *reference);

/* engine/run/places.c: folders, ports, secrets */
[[nodiscard]] struct kg_error *kg_run_find_places(struct kg_run *run);
/* KG_EBUSY when a port that the node's settings name is held by a process that is none of ours. Blocking, cheap. */
[[nodiscard]] struct kg_error *kg_run_check_ports(struct kg_run *run, struct kg_arena *arena, uint32_t node);

/* engine/run/inspect.c: on a worker thread. Parts are kept when something has changed, or when they are wanted. */
void kg_inspect(struct kg_run *run, uint32_t node, struct kg_arena *scratch, struct kg_arena *keep, bool parts_wanted,
    struct kg_inspection *ret_inspection);

/* engine/run/depfile.c: on a worker thread; the depfile itself as something that the store keeps, under the fingerprint without it */
struct kg_digest kg_depfile_key(struct kg_digest base);
/* False when the store has none. */
bool kg_depfile_restore(struct kg_run *run, struct kg_arena *arena, const struct kg_operation *operation, struct kg_digest base);
[[nodiscard]] struct kg_error *kg_depfile_store(
    struct kg_run *run, struct kg_arena *arena, const struct kg_operation *operation, struct kg_digest base);
[[nodiscard]] struct kg_error *kg_depfile_remove(struct kg_arena *arena, const struct kg_operation *operation);

/* engine/run/product.c: on a worker thread */
struct kg_products *kg_products_of(struct kg_arena *arena, const struct kg_kind *kind, const void *spec);
const char *kg_products_look(
    struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_entry *before);
/*
 * Removes what stands in the way and makes the folders. known: what is remembered of the node. Data that is not among it and nevertheless there
 * goes when a run was cut off, which may have left it half made; else it is none of ours to remove. *ret_kept: what is known, with
 * the data that was there and stays, and without that which is gone: its next generation begins with this run.
 */
[[nodiscard]] struct kg_error *kg_products_prepare(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products,
    const struct kg_outputs *known, bool was_cut_off, struct kg_outputs *ret_kept);
/* Data among what is kept stays. kept NULL: all goes. */
[[nodiscard]] struct kg_error *kg_products_remove(
    struct kg_run *run, struct kg_arena *arena, const struct kg_products *products, const struct kg_outputs *kept);
/* Adds an output for each product, with its digest; KG_EFAILED for one that is missing. kept: whose data stayed; NULL: none did. */
[[nodiscard]] struct kg_error *kg_products_record(struct kg_run *run, struct kg_arena *arena, const struct kg_products *products,
    const struct kg_outputs *kept, struct kg_entry_output *outputs, uint32_t *output_count);
uint32_t kg_products_count(const struct kg_products *products);
/* Those that may come from the store; 0 when any of them may not. */
uint32_t kg_products_stored(struct kg_arena *arena, const struct kg_products *products, const struct kg_stored **ret_stored);

/* engine/run/emit.c */
void kg_run_emit(struct kg_run *run, enum kg_event_type type, uint32_t node, struct kg_event event);
[[gnu::format(printf, 2, 3)]] void kg_run_warn(struct kg_run *run, const char *format, ...);

/* engine/run/schedule.c */
void kg_schedule_start(struct kg_run *run);
/* The function of each loop turn; context is the run. */
void kg_schedule_turn(void *context);
/* Starts nothing more: what waits is cancelled, what runs goes on. */
void kg_schedule_stop(struct kg_run *run);
/* A node whose run has not begun, and will not since the run is stopped. */
void kg_task_cancel(struct kg_run *run, uint32_t node);
/* What every task in a final state calls: frees those that wait for it. */
void kg_task_finished(struct kg_run *run, uint32_t node);
void kg_task_ready(struct kg_run *run, uint32_t node);
void kg_task_failed(struct kg_run *run, uint32_t node, struct kg_error *error);
void kg_task_not_ready(struct kg_run *run, uint32_t node, struct kg_error *error);

/* engine/run/pool.c */
void kg_pools_make(struct kg_run *run);
void kg_pool_push(struct kg_run *run, uint32_t node);
/* The next node that has a place, or KG_NO_NODE; the place is taken. */
uint32_t kg_pool_pop(struct kg_run *run);
void kg_pool_give_back(struct kg_run *run, uint32_t node);
void kg_pools_empty(struct kg_run *run, void (*dropped)(struct kg_run *run, uint32_t node));

/* engine/run/survey.c */
/* Hands the operation its survey; false: it is asked for first, and kg_task_look or kg_task_queue goes on, by the task's state, when it is there. */
bool kg_survey_give(struct kg_run *run, uint32_t node, struct kg_operation *operation);
/* At the start of a run, the surveys of all kinds that have something remembered. */
void kg_surveys_ask_ahead(struct kg_run *run);
/* A look with the survey before it, for an operation that is of no task. */
kg_step kg_survey_look;
/* Whoever waits for the answer is told what the asking of it waits for. */
void kg_survey_tell(const struct kg_operation *asking, const char *text);
void kg_survey_watch(struct kg_run *run, struct kg_operation *operation);
void kg_survey_unwatch(struct kg_run *run, struct kg_operation *operation);

/* engine/run/down.c: a name means the node, a target of the graph, or all nodes of an include. names NULL or empty: all. */
bool kg_run_is_named(const struct kg_run *run, const char *node, const char *const *names);

/* engine/run/gather_node.c: what is known of the entry, and its logs, into the folder. Blocking. */
[[nodiscard]] struct kg_error *kg_gather_node(
    struct kg_run *run, struct kg_arena *scratch, const struct kg_entry *entry, const char *folder);

/* engine/run/stream.c */
/* The operation has ended: it follows nothing any more. */
void kg_streams_leave(struct kg_operation *operation);

/* engine/run/task.c: what happens to one node between being eligible and done */
void kg_task_inspected(struct kg_run *run, uint32_t node, const struct kg_inspection *inspection);
void kg_task_look(struct kg_run *run, uint32_t node);
[[nodiscard]] struct kg_error *kg_task_operation(struct kg_run *run, uint32_t node, struct kg_operation **ret_operation);
const char *kg_task_name(const struct kg_run *run, uint32_t node);

/* engine/run/task_restore.c: false when there is nothing to restore from */
bool kg_task_restore(struct kg_run *run, uint32_t node);
/* After more has come into the store. */
void kg_task_restore_again(struct kg_run *run, uint32_t node);

/* engine/run/task_run.c */
/* It is to run: its survey is asked for, then it waits for a place in its pool. Cancelled when the run is stopped. */
void kg_task_queue(struct kg_run *run, uint32_t node);
void kg_task_run(struct kg_run *run, uint32_t node);

/* The node is prepared and its beginning is recorded; with an error it fails instead. */
void kg_task_begin(struct kg_run *run, uint32_t node, struct kg_error *error);

/* engine/run/task_record.c */
/* It has run: recorded with all others of this turn, then told. */
void kg_task_done(struct kg_run *run, uint32_t node);
void kg_tasks_record_finished(struct kg_run *run);
/* Those that were made in this run and have become ready in this turn: how long that took. */
void kg_tasks_record_ready(struct kg_run *run);
/* Those that are prepared: recorded as begun, then begun. */
void kg_tasks_record_starting(struct kg_run *run);

/* engine/run/publish.c */
/* A node that was made: to the shared cache, if there is one that takes it and its kind has something to hand on. */
void kg_task_publish(struct kg_run *run, uint32_t node);

/* engine/run/remote_push.c: kg_kind.publish of kinds that say none, and whose products the store keeps. */
struct kg_next kg_remote_push(struct kg_job *job);
/* engine/run/remote_fetch.c: false when there is nothing (more) to ask for; else kg_task_restore_again or kg_task_queue goes on. */
struct kg_work;
bool kg_task_fetch(struct kg_run *run, uint32_t node, const struct kg_work *missed);

/* engine/run/remote.c: when the run ends */
void kg_remote_tidy(struct kg_run *run);
/* The first call warns with why, and the shared cache is not asked any more. */
void kg_run_remote_off(struct kg_run *run, const struct kg_error *why);

/* engine/run/displace.c: false when nothing that uses the node's data runs; else then is called when all of it is stopped */
bool kg_data_users_stop(struct kg_run *run, uint32_t node, void (*then)(struct kg_run *run, uint32_t node, struct kg_error *error));

/* engine/run/barrier.c */
bool kg_task_has_rule(struct kg_run *run, uint32_t node);
void kg_task_watch(struct kg_run *run, uint32_t node);
/* Watches all that has a rule and was not watched at a gate. */
void kg_barrier_enter(struct kg_run *run);

/* engine/run/interrupt.c */
/* Once in a run, by whoever turns the loop first; harmless afterwards. */
void kg_interrupts_start(struct kg_run *run);
/* Starts nothing more and ends what runs, gently; a second time at once. */
void kg_run_stop(struct kg_run *run, struct kg_error *why, enum kg_run_outcome outcome);
