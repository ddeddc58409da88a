/*
 * What is done for one node on a worker thread between steps of the engine: removing, digesting, storing, restoring.
 *
 *     kg_work_start(run, node, record_work, recorded);
 */
#pragma once

#include "engine/run/state.h"

struct kg_work {
	struct kg_wait wait;
	struct kg_run *run;
	uint32_t node;
	struct kg_arena *arena; /* of this work alone; freed after ended */
	void (*work)(struct kg_work *work);
	void (*ended)(struct kg_work *work);
	struct kg_error *error; /* in arena */
	/* record */
	struct kg_entry_output *outputs;
	uint32_t output_count;
	struct kg_inspection inspection;
	struct kg_error *store_error; /* what could not be kept in the store; stops nothing */
	/* restore */
	bool hit;
	bool lacks_depfile;           /* it has dependency files, and the store has none of them */
	struct kg_digest fingerprint; /* under which it was looked for */
	int64_t made_ns;              /* how long making it took; 0: not known */
	bool is_shared;               /* the shared cache has it, as far as is known here */
	/* prepare */
	struct kg_outputs kept;
};

/* function runs on a worker thread, ended in a later loop turn. */
void kg_work_start(struct kg_run *run, uint32_t node, void (*function)(struct kg_work *), void (*ended)(struct kg_work *));

/* The outputs that the kind told and those of the products that the work recorded become the task's. */
void kg_task_take_outputs(struct kg_run *run, uint32_t node, const struct kg_work *work);
struct kg_outputs kg_outputs_copy(struct kg_arena *arena, const struct kg_outputs *outputs);
/* Sealed, with its names in the arena. */
struct kg_parts *kg_parts_copy(struct kg_arena *arena, const struct kg_parts *parts);
