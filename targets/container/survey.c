#include "targets/container/survey.h"

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "targets/container/image_inside.h"

static kg_step containers_listed, networks_ask, networks_listed, volumes_listed;

/* Of ours alone: a machine may have thousands of others'. */
static struct kg_next
listing_ask(struct kg_job *job, const struct kg_engine *engine, const char *const *arguments, kg_step *then)
{
	struct kg_arguments all = { .arena = job->arena };

	kg_arguments_add_list(&all, arguments);
	kg_arguments_add(&all, "--filter", kg_format(job->arena, "label=" KG_LABEL_GRAPH "=%s", kg_engine_owner(job)), NULL);
	return kg_engine_ask(job, engine, kg_arguments_end(&all), then);
}

static struct kg_error *
engine_take(struct kg_job *job, struct kg_engine *ret_engine)
{
	const struct kg_engine_spec *spec = job->spec;

	return kg_engine_find(job->arena, spec->engine, ret_engine);
}

/* Ends a survey, with what reading its listing said. */
static struct kg_next
listed(struct kg_error *error, struct kg_job *job)
{
	return error ? kg_failed(error) : kg_done(job);
}

static const struct kg_question *
question_make(struct kg_job *job, kg_step *ask, size_t size)
{
	struct kg_question *question = kg_new(job->arena, struct kg_question);

	*question = (struct kg_question){ .key = kg_engine_key(job->arena, job->spec), .ask = ask, .size = size };
	return question;
}

const struct kg_question *
kg_images_question(struct kg_job *job)
{
	return question_make(job, kg_image_survey, sizeof(struct kg_image_survey));
}

const struct kg_question *
kg_containers_question(struct kg_job *job)
{
	return question_make(job, kg_containers_survey, sizeof(struct kg_container_survey));
}

const struct kg_question *
kg_networks_question(struct kg_job *job)
{
	return question_make(job, networks_ask, sizeof(struct kg_network_survey));
}

/*
 * Programs of an engine take most of their time to start, and that on one core: containers are looked at with their images, and volumes are there for
 * containers, so that all that will be asked is asked at once.
 */
struct kg_next
kg_containers_survey(struct kg_job *job)
{
	struct kg_container_survey *survey = job->survey;
	struct kg_error *error = engine_take(job, &survey->engine);

	kg_ask_ahead(job, kg_images_question(job));
	survey->asked_s = kg_clock_wall_ns() / 1000000000;
	return error ? kg_failed(error) : listing_ask(job, &survey->engine, survey->engine.driver->containers, containers_listed);
}

static struct kg_next
containers_listed(struct kg_job *job)
{
	struct kg_container_survey *survey = job->survey;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &survey->engine, "list containers"));
	return listed(survey->engine.driver->read_containers(job->arena, job->child.output, &survey->containers), job);
}

static struct kg_next
networks_ask(struct kg_job *job)
{
	struct kg_network_survey *survey = job->survey;
	struct kg_error *error = engine_take(job, &survey->engine);

	return error ? kg_failed(error) : listing_ask(job, &survey->engine, survey->engine.driver->networks, networks_listed);
}

static struct kg_next
networks_listed(struct kg_job *job)
{
	struct kg_network_survey *survey = job->survey;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &survey->engine, "list networks"));
	return listed(survey->engine.driver->read_networks(job->arena, job->child.output, &survey->networks), job);
}

struct kg_next
kg_volumes_survey(struct kg_job *job)
{
	struct kg_volume_survey *survey = job->survey;
	struct kg_error *error = engine_take(job, &survey->engine);

	kg_ask_ahead(job, kg_containers_question(job));
	return error ? kg_failed(error) : listing_ask(job, &survey->engine, survey->engine.driver->volumes, volumes_listed);
}

static struct kg_next
volumes_listed(struct kg_job *job)
{
	struct kg_volume_survey *survey = job->survey;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &survey->engine, "list volumes"));
	return listed(survey->engine.driver->read_volumes(job->arena, job->child.output, &survey->volumes), job);
}
