/*
 * Asking the world once for all nodes of a key, instead of once a node: thirty listings of one object each take seconds, one listing of thirty
 * takes milliseconds. A key's survey is an operation of its own; looks and runs that want it wait until it is there.
 */

#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/run/state.h"

/* What a kind asks by its survey, or a job by kg_wait_answer: two that ask with the same step and key share the answer. */
static struct kg_survey *
survey_of(struct kg_run *run, const struct kg_question *question, const struct kg_kind *kind)
{
	const char *key = kg_format(run->arena, "%" PRIxPTR " %s", (uintptr_t)question->ask, question->key);
	uint32_t index;

	if (kg_map_get(&run->survey_index, key, &index))
		return run->surveys.items[index];

	struct kg_survey *survey = kg_new(run->arena, struct kg_survey);
	survey->kind = kind;
	survey->question = *question;
	survey->question.key = kg_copy(run->arena, question->key);
	kg_map_put(&run->survey_index, key, run->surveys.count);
	kg_list_push(run->arena, &run->surveys, survey);
	return survey;
}

static struct kg_survey *
survey_of_kind(struct kg_run *run, const struct kg_operation *operation)
{
	const struct kg_kind *kind = operation->kind;
	const struct kg_question question = {
		.key = kind->survey_key(run->arena, operation->job.spec),
		.ask = kind->survey,
		.size = kind->survey_size,
		.unmoved_by = kind->survey_unmoved_by,
	};

	return survey_of(run, &question, kind);
}

static void
survey_ended(struct kg_operation *operation, const struct kg_outcome *outcome)
{
	struct kg_survey *survey = operation->context;
	struct kg_run *run = operation->run;
	uint32_t count = survey->waiting.count;

	survey->state = outcome->what == KG_OUTCOME_DONE ? KG_SURVEY_DONE : KG_SURVEY_FAILED;
	survey->error = outcome->error;
	if (survey->topic)
		kg_topic_signal(survey->topic);
	/* Who goes on may ask again, for an answer that is not too old for it. */
	uint32_t *nodes = survey->waiting.items;
	survey->waiting.items = NULL;
	survey->waiting.count = survey->waiting.room = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (run->tasks[nodes[i]].state == KG_TASK_LOOKING)
			kg_task_look(run, nodes[i]);
		else
			kg_task_queue(run, nodes[i]);
	}
}

/* An operation that stands for the whole key; it borrows the settings of the node that asked first. */
static struct kg_operation *
operation_for(struct kg_run *run, struct kg_survey *survey, const struct kg_operation *first, void *answer)
{
	struct kg_operation *operation;

	if (kg_operation_make(run, &first->subject, KG_NO_NODE, &operation))
		return NULL;
	operation->job.name = kg_format(run->arena, "%s %s", survey->kind->facts.name, survey->question.key);
	operation->job.survey = answer ? answer : kg_alloc(run->arena, survey->question.size + 1);
	operation->job.about = survey->question.about;
	operation->context = survey;
	return operation;
}

static bool
is_moved_by(const struct kg_question *question, const char *kind)
{
	for (const char *const *name = question->unmoved_by; name && *name; name++)
		if (kg_text_equal(*name, kind))
			return false;
	return true;
}

/* What the node needs may have been made since the world was asked, and be what it asks about. */
static bool
is_too_old(const struct kg_run *run, const struct kg_survey *survey, uint32_t node)
{
	const struct kg_node *it = node == KG_NO_NODE ? NULL : &run->graph->nodes[node];

	for (uint32_t i = 0; it && i < it->edge_count; i++) {
		uint32_t need = run->graph->edges[it->first_edge + i].node;
		const struct kg_task *task = &run->tasks[need];
		const struct kg_kind *kind = run->options.kinds[run->graph->nodes[need].kind];

		if (task->was_made && task->ended_ns > survey->started_ns && is_moved_by(&survey->question, kind->facts.name))
			return true;
	}
	return false;
}

/* One that failed before this began may go well now, as in another try of the node. */
static bool
has_failed_before(const struct kg_survey *survey, const struct kg_operation *operation)
{
	return survey->state == KG_SURVEY_FAILED && operation->node != KG_NO_NODE && operation->is_running &&
	    survey->started_ns < operation->started_ns;
}

/* True when the answer is there, or will not be had. */
static bool
survey_ask(struct kg_run *run, struct kg_survey *survey, const struct kg_operation *operation, bool must_be_new)
{
	bool is_old =
	    must_be_new && survey->operation && (is_too_old(run, survey, operation->node) || has_failed_before(survey, operation));
	bool is_asked = survey->operation && (survey->state == KG_SURVEY_RUNNING || !is_old);

	if (!is_asked) {
		void *before = survey->operation ? survey->operation->job.survey : NULL;

		survey->started_ns = kg_clock_now_ns();
		survey->state = KG_SURVEY_RUNNING;
		survey->operation = operation_for(run, survey, operation, NULL);
		if (survey->operation) {
			survey->operation->job.answer = before;
			survey->operation->survey = survey;
			kg_operation_start(survey->operation, survey->question.ask, 0, survey_ended);
		} else {
			survey->state = KG_SURVEY_FAILED;
		}
	}
	return survey->state != KG_SURVEY_RUNNING;
}

/* A survey that failed gives none: who wants it asks for itself, or says why it cannot. */
static void *
survey_answer(const struct kg_survey *survey)
{
	return survey->state == KG_SURVEY_DONE ? survey->operation->job.survey : NULL;
}

bool
kg_survey_give(struct kg_run *run, uint32_t node, struct kg_operation *operation)
{
	if (!operation->kind->survey)
		return true;

	/* A run makes it so, whatever there was; a look that takes what was there before for what is there now would leave it undone. */
	struct kg_survey *survey = survey_of_kind(run, operation);
	if (!survey_ask(run, survey, operation, run->tasks[node].state == KG_TASK_LOOKING)) {
		kg_list_push(run->arena, &survey->waiting, node);
		return false;
	}
	operation->job.survey = survey_answer(survey);
	return true;
}

/*
 * What is remembered will be looked at, and a program that lists takes most of its time to start: all kinds' listings are asked for at once, instead of
 * each when the first node of its kind has its turn. One node speaks for its kind; others with another key ask when they come.
 */
void
kg_surveys_ask_ahead(struct kg_run *run)
{
	uint64_t asked = 0; /* kinds, one bit each */

	for (uint32_t node = 0; node < run->graph->node_count; node++) {
		uint32_t kind = run->graph->nodes[node].kind;
		struct kg_operation *operation;

		kg_assert(kind < 64);
		if (!run->options.chosen[node] || !run->tasks[node].before || !run->options.kinds[kind]->survey ||
		    (asked & (uint64_t)1 << kind))
			continue;
		/* Of its own, since what the node's settings refer to may be made anew before the node's turn. */
		struct kg_subject subject = kg_subject_of_node(run, run->arena, node);
		if (kg_operation_make(run, &subject, KG_NO_NODE, &operation))
			continue;
		asked |= (uint64_t)1 << kind;
		(void)survey_ask(run, survey_of_kind(run, operation), operation, false);
	}
}

static struct kg_next
surveyed(struct kg_job *job)
{
	job->survey = job->answer;
	return kg_go(((const struct kg_operation *)job)->kind->look);
}

struct kg_next
kg_survey_look(struct kg_job *job)
{
	const struct kg_kind *kind = ((const struct kg_operation *)job)->kind;
	struct kg_question *question = kg_new(job->arena, struct kg_question);

	if (!kind->survey)
		return kg_go(kind->look);
	*question = (struct kg_question){ .key = kind->survey_key(job->arena, job->spec),
		.ask = kind->survey,
		.size = kind->survey_size,
		.unmoved_by = kind->survey_unmoved_by };
	return kg_wait_answer(job, question, surveyed);
}

static struct kg_next
answer_await(struct kg_job *job)
{
	struct kg_operation *operation = (struct kg_operation *)job;
	struct kg_run *run = operation->run;
	struct kg_survey *survey = survey_of(run, operation->question, operation->kind);

	if (!survey->topic)
		survey->topic = kg_topic_make(job);
	if (!survey_ask(run, survey, operation, true))
		return kg_wait_topic(job, survey->topic, 0, answer_await);
	operation->question = NULL;
	job->answer = survey_answer(survey);
	job->answer_error = survey->state == KG_SURVEY_FAILED ? survey->error : NULL;
	return kg_go(operation->answered);
}

void
kg_survey_tell(const struct kg_operation *asking, const char *text)
{
	const struct kg_question *asked = &asking->survey->question;
	const struct kg_run *run = asking->run;

	for (uint32_t i = 0; i < run->running.count; i++) {
		struct kg_operation *it = run->running.items[i];

		if (it->question && it->question->ask == asked->ask && strcmp(it->question->key, asked->key) == 0)
			kg_tell(&it->job, "%s", text);
	}
}

void
kg_ask_ahead(struct kg_job *job, const struct kg_question *question)
{
	struct kg_operation *operation = (struct kg_operation *)job;
	struct kg_survey *survey = survey_of(operation->run, question, operation->kind);

	(void)survey_ask(operation->run, survey, operation, false);
}

struct kg_next
kg_wait_answer(struct kg_job *job, const struct kg_question *question, kg_step *then)
{
	struct kg_operation *operation = (struct kg_operation *)job;

	operation->question = question;
	operation->answered = then;
	return kg_go(answer_await);
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
		kg_operation_start(operation, operation->kind->watch, 0, watch_ended);
}

void
kg_survey_watch(struct kg_run *run, struct kg_operation *operation)
{
	if (!operation->kind->watch || !operation->kind->survey_key)
		return;

	struct kg_survey *survey = survey_of_kind(run, operation);
	if (!operation->job.survey && survey->operation)
		operation->job.survey = survey->operation->job.survey;
	if (!survey->watch)
		survey->watch = operation_for(run, survey, operation, operation->job.survey);
	if (!survey->watch)
		return;
	operation->job.survey = survey->watch->job.survey;
	survey->watchers++;
	if (!survey->watch->is_running)
		kg_operation_start(survey->watch, operation->kind->watch, 0, watch_ended);
}

void
kg_survey_unwatch(struct kg_run *run, struct kg_operation *operation)
{
	if (!operation->kind->watch || !operation->kind->survey_key)
		return;

	struct kg_survey *survey = survey_of_kind(run, operation);
	if (survey->watch && survey->watchers > 0 && --survey->watchers == 0)
		kg_operation_cancel(survey->watch, kg_error_make(run->arena, KG_ECANCELLED, "nobody waits for it any more"));
}
