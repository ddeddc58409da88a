#include <string.h>

#include "engine/base/arena.h"
#include "tests/unit/run/bench.h"

struct step_spec {
	const char *gives, *says;
	int64_t sleep_ms, fails, begun, ready_begun, ready_after_ms, look_after_ms;
	bool never_ready, gone, spins;
};

static const struct kg_field step_fields[] = {
	KG_FIELD(step_spec, gives, KG_TEXT, 0, "the value of its output"),
	KG_FIELD(step_spec, says, KG_TEXT, 0, "any text; changes the fingerprint"),
	KG_FIELD_AS("sleep", step_spec, sleep_ms, KG_DURATION, 0, "how long the run takes"),
	KG_FIELD(step_spec, fails, KG_INTEGER, 0, "how many runs fail"),
	KG_FIELD(step_spec, begun, KG_INTEGER, 0, "how many runs must have begun before this one ends"),
	KG_FIELD_AS("ready_after", step_spec, ready_after_ms, KG_DURATION, KG_NOT_HASHED, "until it is ready"),
	KG_FIELD(step_spec, ready_begun, KG_INTEGER, KG_NOT_HASHED, "how many runs must have begun before it is ready"),
	KG_FIELD_AS("look_after", step_spec, look_after_ms, KG_DURATION, KG_NOT_HASHED, "how long the look takes"),
	KG_FIELD(step_spec, never_ready, KG_FLAG, KG_NOT_HASHED, "it fails while it is waited for"),
	KG_FIELD(step_spec, gone, KG_FLAG, KG_NOT_HASHED, "the look does not find it"),
	{ 0 },
};

struct step_state {
	int64_t runs;
};

static int64_t runs_begun;

void
bench_begin(void)
{
	runs_begun = 0;
	bench_surveys = 0;
}

static struct kg_next
looked(struct kg_job *job)
{
	const struct step_spec *spec = job->spec;

	return spec->gone ? kg_absent(job, "somebody took it away") : kg_done(job);
}

static struct kg_next
look(struct kg_job *job)
{
	const struct step_spec *spec = job->spec;

	return spec->look_after_ms > 0 ? kg_wait_timer(job, spec->look_after_ms, looked) : kg_go(looked);
}

static struct kg_next
slept(struct kg_job *job)
{
	const struct step_spec *spec = job->spec;
	struct step_state *state = job->state;

	if (runs_begun < spec->begun)
		return kg_wait_timer(job, 1, slept);
	if (state->runs++ < spec->fails)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "it was told to fail"));
	if (spec->gives)
		kg_output(job, "value", spec->gives);
	return kg_done(job);
}

static struct kg_next
run(struct kg_job *job)
{
	const struct step_spec *spec = job->spec;

	runs_begun++;
	return spec->sleep_ms > 0 ? kg_wait_timer(job, spec->sleep_ms, slept) : kg_go(slept);
}

static struct kg_next
ready(struct kg_job *job)
{
	const struct step_spec *spec = job->spec;

	if (spec->never_ready)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "it will never be ready"));
	if (runs_begun < spec->ready_begun)
		return kg_wait_timer(job, 1, ready);
	return spec->ready_after_ms > 0 ? kg_wait_timer(job, spec->ready_after_ms, kg_done) : kg_done(job);
}

const struct kg_kind bench_kind_step = {
	.facts = {
		.name = "step",
		.version = 1,
		.summary = "does what it is told",
		.fields = step_fields,
		.outputs = (const char *const[]){ "value", NULL },
		.spec_size = sizeof(struct step_spec),
	},
	.state_size = sizeof(struct step_state),
	.look = look,
	.run = run,
	.ready = ready,
	.undo = kg_done,
	.outlives = true,
};

struct surveyed_spec {
	const char *world;
	int64_t together, slow_ms;
};

static const struct kg_field surveyed_fields[] = {
	KG_FIELD(surveyed_spec, world, KG_TEXT, KG_REQUIRED, "what is asked once for all nodes of it"),
	KG_FIELD_AS("slow", surveyed_spec, slow_ms, KG_DURATION, KG_NOT_HASHED, "how long the survey takes; 5 ms unless told"),
	KG_FIELD(
	    surveyed_spec, together, KG_INTEGER, KG_NOT_HASHED, "how many nodes must have come before the world is asked more"),
	{ 0 },
};

struct surveyed_world {
	bool asked;
	int64_t came;   /* runs that have this answer, and want more */
	uint32_t heard; /* how often the stream has told something */
	struct kg_topic *topic;
};

uint32_t bench_surveys;

static const char *
survey_key(struct kg_arena *arena, const void *spec)
{
	return kg_copy(arena, ((const struct surveyed_spec *)spec)->world);
}

static struct kg_next
answered(struct kg_job *job)
{
	((struct surveyed_world *)job->survey)->asked = true;
	return kg_done(job);
}

static struct kg_next
survey(struct kg_job *job)
{
	const struct surveyed_spec *spec = job->spec;

	bench_surveys++;
	return kg_wait_timer(job, spec->slow_ms > 0 ? spec->slow_ms : 5, answered);
}

static struct kg_next
surveyed_look(struct kg_job *job)
{
	const struct surveyed_world *world = job->survey;

	return world && world->asked ? kg_done(job) : kg_absent(job, "nobody has asked");
}

static struct kg_next
told_answer(struct kg_job *job)
{
	const struct surveyed_world *world = job->answer;

	return world && world->asked ? kg_done(job) : kg_failed(kg_error_make(job->arena, KG_EFAILED, "there is no answer"));
}

static struct kg_next
ask_more(struct kg_job *job)
{
	const struct surveyed_world *first = job->about;

	if (first->came < ((const struct surveyed_spec *)job->spec)->together)
		return kg_wait_timer(job, 1, ask_more);
	kg_tell(job, "asking");
	return kg_wait_timer(job, 5, answered);
}

/* One that is asked when nobody has the answer yet. */
static struct kg_next
first_told(struct kg_job *job)
{
	struct surveyed_world *world = job->answer;
	struct kg_question *question = kg_new(job->arena, struct kg_question);

	*question = (struct kg_question){
		.key = survey_key(job->arena, job->spec), .ask = ask_more, .size = sizeof(struct surveyed_world), .about = world
	};
	if (!world)
		return kg_go(told_answer);
	world->came++;
	return kg_wait_answer(job, question, told_answer);
}

/* The survey's question again, by a job. */
static struct kg_next
surveyed_run(struct kg_job *job)
{
	struct kg_question *question = kg_new(job->arena, struct kg_question);

	*question =
	    (struct kg_question){ .key = survey_key(job->arena, job->spec), .ask = survey, .size = sizeof(struct surveyed_world) };
	return kg_wait_answer(job, question, first_told);
}

static struct kg_next
heard(struct kg_job *job)
{
	struct surveyed_world *world = job->survey;

	if (++world->heard > 3)
		return kg_done(job);
	kg_topic_signal(world->topic);
	return kg_wait_timer(job, 5, heard);
}

static struct kg_next
watch(struct kg_job *job)
{
	struct surveyed_world *world = job->survey;

	if (!world->topic)
		world->topic = kg_topic_make(job);
	return kg_wait_timer(job, 5, heard);
}

static struct kg_next
surveyed_ready(struct kg_job *job)
{
	const struct surveyed_world *world = job->survey;

	if (world->heard >= 2)
		return kg_done(job);
	return world->topic ? kg_wait_topic(job, world->topic, 1000, surveyed_ready) : kg_wait_timer(job, 1, surveyed_ready);
}

const struct kg_kind bench_kind_surveyed = {
	.facts = {
		.name = "surveyed",
		.version = 1,
		.summary = "shares one question with its like",
		.fields = surveyed_fields,
		.spec_size = sizeof(struct surveyed_spec),
	},
	.survey_size = sizeof(struct surveyed_world),
	.survey_key = survey_key,
	.survey = survey,
	.look = surveyed_look,
	.run = surveyed_run,
	.ready = surveyed_ready,
	.watch = watch,
};
