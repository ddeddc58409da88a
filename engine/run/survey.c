/*
 * Asking the world once for all nodes of a key, instead of once a node: thirty listings of one object each take seconds, one listing of thirty
 * takes milliseconds. A key's survey is an operation of its own; looks and runs that want it wait until it is there.
 */

#include "engine/base/arena.h"
#include "engine/run/state.h"

static struct kg_survey *
survey_of(struct kg_run *run, struct kg_operation *operation)
{
	const struct kg_kind *kind = operation->kind;
	const char *key = kg_format(run->arena, "%s %s", kind->facts.name, kind->survey_key(run->arena, operation->job.spec));
	uint32_t index;

	if (kg_map_get(&run->survey_index, key, &index))
		return run->surveys.items[index];

	struct kg_survey *survey = kg_new(run->arena, struct kg_survey);
	survey->kind = kind;
	survey->key = key;
	kg_map_put(&run->survey_index, key, run->surveys.count);
	kg_list_push(run->arena, &run->surveys, survey);
	return survey;
}

static void
survey_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_survey *survey = operation->context;
	struct kg_run *run = operation->run;

	survey->state = outcome->what == KG_OUTCOME_DONE ? KG_SURVEY_DONE : KG_SURVEY_FAILED;
	survey->error = outcome->error;
	for (uint32_t i = 0; i < survey->waiting.count; i++) {
		uint32_t node = survey->waiting.items[i];

		if (run->tasks[node].state == KG_TASK_LOOKING)
			kg_task_look(run, node);
		else
			kg_task_queue(run, node);
	}
	survey->waiting.count = 0;
}

/* An operation that stands for the whole key; it borrows the settings of the node that asked first. */
static struct kg_operation *
operation_for(struct kg_run *run, struct kg_survey *survey, const struct kg_operation *first)
{
	struct kg_operation *operation;
	struct kg_subject subject = kg_subject_of_node(run, run->arena, first->node);

	if (kg_operation_make(run, &subject, first->node, &operation))
		return NULL;
	operation->node = KG_NO_NODE;
	operation->job.name = survey->key;
	operation->job.survey = first->job.survey ? first->job.survey : kg_alloc(run->arena, survey->kind->survey_size + 1);
	operation->context = survey;
	return operation;
}

bool
kg_survey_give(struct kg_run *run, uint32_t node, struct kg_operation *operation)
{
	if (!operation->kind->survey)
		return true;

	struct kg_survey *survey = survey_of(run, operation);
	if (!survey->operation) {
		survey->operation = operation_for(run, survey, operation);
		if (!survey->operation)
			return true;
		kg_operation_start(survey->operation, survey->kind->survey, 0, survey_ended);
	}
	if (survey->state == KG_SURVEY_RUNNING) {
		kg_list_push(run->arena, &survey->waiting, node);
		return false;
	}
	/* A survey that failed leaves job->survey NULL: the look asks for itself, or says why it cannot. */
	operation->job.survey = survey->state == KG_SURVEY_DONE ? survey->operation->job.survey : NULL;
	return true;
}

/*
 * A watch that ends by itself is started again by the next node that is waited for; while it is away the nodes' own steps still look. One that
 * was ended since nobody waited any more is started again when somebody has come meanwhile.
 */
static void
watch_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_survey *survey = operation->context;
	struct kg_run *run = operation->run;
	bool was_ended = outcome->error && outcome->error->code == KG_ECANCELLED;

	if (was_ended && survey->watchers > 0 && run->interrupts == 0)
		kg_operation_start(operation, survey->kind->watch, 0, watch_ended);
}

void
kg_survey_watch(struct kg_run *run, struct kg_operation *operation)
{
	if (!operation->kind->watch || !operation->kind->survey_key)
		return;

	struct kg_survey *survey = survey_of(run, operation);
	if (!operation->job.survey && survey->operation)
		operation->job.survey = survey->operation->job.survey;
	if (!survey->watch)
		survey->watch = operation_for(run, survey, operation);
	if (!survey->watch)
		return;
	operation->job.survey = survey->watch->job.survey;
	survey->watchers++;
	if (!survey->watch->is_running)
		kg_operation_start(survey->watch, survey->kind->watch, 0, watch_ended);
}

void
kg_survey_unwatch(struct kg_run *run, struct kg_operation *operation)
{
	if (!operation->kind->watch || !operation->kind->survey_key)
		return;

	struct kg_survey *survey = survey_of(run, operation);
	if (survey->watch && survey->watchers > 0 && --survey->watchers == 0)
		kg_operation_cancel(survey->watch, kg_error_make(run->arena, KG_ECANCELLED, "nobody waits for it any more"));
}
