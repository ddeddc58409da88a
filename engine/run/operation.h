/*
 * One operation of one node (look, run, ready, undo) or of a survey: a column of steps, and the one thing that it waits for.
 *
 *     struct kg_operation *operation = kg_operation_make(run, &subject, node);
 *     kg_operation_start(operation, kind->run, timeout_ms, run_ended);
 *     …  run_ended(operation, &outcome) is called in a later loop turn, when nothing of it is open
 *
 * Waits end in the loop's close callbacks, which only put the operation into the run's queue; steps are called from there, once a turn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/loop/child.h"
#include "engine/loop/http.h"
#include "engine/loop/loop.h"
#include "engine/run/node_log.h"
#include "engine/target.h"

struct kg_entry;
struct kg_run;

/* What an operation is about: a node of the graph, or what the ledger remembers of one that has left it. */
struct kg_subject {
	const char *name, *folder;
	const struct kg_kind *kind;
	const struct kg_values *values;
	const struct kg_value *settings;
	struct kg_resolver resolver;
	const struct kg_entry *before; /* what the ledger remembers of it; NULL: nothing */
	bool is_unreadable;            /* what the ledger holds of its settings is damaged; there are none */
};

struct kg_outcome {
	enum { KG_OUTCOME_DONE, KG_OUTCOME_ABSENT, KG_OUTCOME_FAILED } what;
	struct kg_error *error; /* ABSENT: why, as its message; FAILED */
};

struct kg_topic_seat {
	struct kg_topic *topic;      /* waited for now; NULL: none */
	struct kg_operation *next;   /* in the topic's list */
	const struct kg_topic *seen; /* the topic that it last went on from, and what it had seen of it */
	uint32_t version;
};

struct kg_part_set;
struct kg_stream;
struct kg_survey;

struct kg_operation {
	struct kg_job job; /* first, so that a job is its operation as kinds see it */
	struct kg_run *run;
	const struct kg_kind *kind;
	struct kg_subject subject; /* of its node, or of the node whose settings it borrows */
	uint32_t node;             /* KG_NO_NODE for surveys, watches and what has left the graph */
	kg_step *step;             /* to be called in the next turn */
	struct kg_wait wait;       /* the one thing that is open between steps */
	struct kg_wait deadline;   /* the time limit of the whole operation */
	int64_t deadline_ns;       /* 0: none */
	uint32_t running_index;    /* into the run's list of what runs */
	bool is_running, is_queued, is_expired;
	bool has_outcome;                 /* the last step is done; what is still open is being closed */
	const char *told;                 /* what kg_tell said last; NULL: nothing */
	const char *remark;               /* by kg_remark; NULL: none */
	const struct kg_error *cancelled; /* why it must end; NULL: it need not */
	struct kg_outcome outcome;
	void (*ended)(struct kg_operation *operation, const struct kg_outcome *outcome);
	void *context; /* of whoever started it */
	struct kg_operation *next_queued;

	struct kg_child_start child;
	bool is_child; /* the open wait is a child */
	bool is_quiet, is_capturing;
	bool is_behind;             /* in the background of a node that is done: what it tells goes to the log alone */
	bool is_reused, is_fetched; /* by kg_reused, kg_fetched */
	int64_t spared_ns;
	int64_t started_ns;
	struct kg_http_start http;
	struct kg_topic_seat seat;
	struct kg_part_set *parts;           /* that it waits for; NULL: none */
	KG_LIST(struct kg_stream *) streams; /* that it follows */
	const struct kg_survey *survey;      /* that it asks, for all who wait for the answer; NULL: it asks for nobody else */
	const struct kg_question *question;  /* that kg_wait_answer waits for, and the kind's step behind it; NULL: for none */
	kg_step *answered;
	struct kg_text captured;
	size_t capture_limit;
	void (*collect)(void *context, const char *bytes, size_t size); /* of the open child; NULL: none */
	void *collect_context;
	kg_step *then; /* the kind's step behind ours that takes over a child's or a request's result */
	struct kg_node_log log;
	struct kg_node_log quiet_log;   /* of a quiet child: without a file */
	struct kg_child_start follower; /* what kg_follow has started */
	struct kg_wait follower_wait;
	struct kg_node_log follower_log; /* goes on in the file of log */
	KG_LIST(struct kg_pair) outputs;
};

/* Fills the spec from the subject's settings; *ret_operation lives as long as the run. KG_EINPUT when a reference brought in something wrong. */
[[nodiscard]] struct kg_error *kg_operation_make(
    struct kg_run *run, const struct kg_subject *subject, uint32_t node, struct kg_operation **ret_operation);
/* timeout_ms 0: none. ended is called once, from the run's turn. */
void kg_operation_start(struct kg_operation *operation, kg_step *first, int64_t timeout_ms,
    void (*ended)(struct kg_operation *operation, const struct kg_outcome *outcome));
/* Ends it early: a child gets TERM, everything else is closed; ended is called with the error. Harmless when it is not running. */
void kg_operation_cancel(struct kg_operation *operation, const struct kg_error *why);
/* The same, but a child gets KILL. */
void kg_operation_kill(struct kg_operation *operation, const struct kg_error *why);
/* Calls the steps of all that has something to go on with. Once a loop turn. */
void kg_operations_turn(struct kg_run *run);

/* For engine/run alone: gives it its place, and what its waits call when they end. */
void kg_operation_settle(struct kg_operation *operation);
/* For engine/run alone: puts the operation into the queue of the next turn. */
void kg_operation_queue(struct kg_operation *operation);
