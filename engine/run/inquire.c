/*
 * What reviews ask of the world before anything of the run starts: each inquiry is an operation that borrows the settings of a node, as far as they are
 * known by then. The loop turns for them alone; what they have opened to a server stays open for the run behind them. Ctrl-C and the time limit of the run end
 * them as they end the run's own operations, and the run ends before it has begun.
 */

#include "engine/base/arena.h"
#include "engine/run/state.h"

struct inquiring {
	struct kg_run *run;
	uint32_t running;
};

struct inquirer {
	struct inquiring *all;
	struct kg_error **ret_error;
};

static void
inquiry_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	const struct inquirer *inquirer = operation->context;

	*inquirer->ret_error = outcome->error;
	inquirer->all->running--;
}

static void
inquiries_turn(void *context)
{
	const struct inquiring *inquiring = context;

	kg_operations_turn(inquiring->run);
	if (inquiring->running == 0)
		kg_loop_stop(inquiring->run->loop);
}

static void
inquiry_start(struct inquiring *inquiring, const struct kg_node_inquiry *it)
{
	struct kg_run *run = inquiring->run;
	struct kg_subject subject = kg_subject_of_node(run, run->arena, it->node);
	struct inquirer *inquirer = kg_new(run->arena, struct inquirer);
	struct kg_operation *operation;
	struct kg_error *error = kg_operation_make(run, &subject, KG_NO_NODE, &operation);

	*it->inquiry.ret_error = error;
	if (error)
		return;
	*inquirer = (struct inquirer){ inquiring, it->inquiry.ret_error };
	operation->context = inquirer;
	operation->job.survey = it->inquiry.memory;
	inquiring->running++;
	kg_operation_start(operation, it->inquiry.ask, it->inquiry.limit_ms, inquiry_ended);
}

void
kg_inquiries_run(struct kg_run *run, const struct kg_node_inquiry *inquiries, uint32_t count)
{
	struct inquiring inquiring = { .run = run };

	for (uint32_t i = 0; i < count; i++)
		inquiry_start(&inquiring, &inquiries[i]);
	if (inquiring.running == 0)
		return;
	kg_interrupts_start(run);
	kg_loop_each_turn(run->loop, inquiries_turn, &inquiring);
	kg_loop_wake(run->loop);
	kg_loop_run(run->loop);
}
