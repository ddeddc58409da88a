/* The kind `container`: what an image holds, run by podman or docker, and found again by its labels. */
#include "targets/container/container.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/container_inside.h"
#include "targets/container/image_inside.h"

static constexpr int64_t usual_grace_ms = 10000;

static kg_step images_listed, all_gone;

const char *
kg_container_name(const struct kg_job *job)
{
	const struct container_spec *spec = job->spec;

	return spec->name ? spec->name : kg_engine_name(job);
}

int64_t
kg_container_grace_ms(const struct container_spec *spec)
{
	return spec->stop ? spec->stop->after_ms : usual_grace_ms;
}

const char *
kg_container_image(const struct kg_pair *labels, const char *image_id)
{
	const char *label = kg_label(labels, KG_LABEL_IMAGE);

	return label ? label : image_id ? image_id : "";
}

static const struct kg_container *
listed(const struct kg_job *job)
{
	const struct kg_container_survey *survey = job->survey;

	return kg_containers_find(&survey->containers, kg_container_name(job));
}

static struct kg_next
look(struct kg_job *job)
{
	const char *name = kg_container_name(job);

	if (!job->survey)
		return kg_absent(job, "the containers could not be listed");
	const struct kg_container *container = listed(job);
	if (!container)
		return kg_absent(job, "the container %s is not there any more", name);
	if (!kg_text_equal(kg_label(container->labels, KG_LABEL_NODE), job->name))
		return kg_absent(job, "the container %s is of another node", name);
	if (!kg_text_equal(kg_label(container->labels, KG_LABEL_FINGERPRINT), job->fingerprint))
		return kg_absent(job, "what is there was made with other settings");
	if (container->state == KG_CONTAINER_EXITED)
		return kg_absent(job, "%s", kg_exit_tell(job->arena, container->exit_code, false));
	if (container->state == KG_CONTAINER_CREATED)
		return kg_absent(job, "it was made and never started");
	if (container->state != KG_CONTAINER_RUNNING)
		return kg_absent(job, "it is %s", container->state_text);
	return kg_wait_answer(job, kg_images_question(job), images_listed);
}

/* An image that is not there any more is no reason to make anew what runs. */
static struct kg_next
images_listed(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	const struct kg_image_survey *survey = job->answer;
	const struct kg_container *container = listed(job);
	const struct kg_image *image = survey ? kg_images_find(&survey->images, job->arena, spec->image) : NULL;
	const char *made_from = kg_container_image(container->labels, container->image_id);

	if (image && *made_from && strcmp(image->id, made_from) != 0)
		return kg_absent(
		    job, "the image %s is now %.12s, the container was made from %.12s", spec->image, image->id, made_from);
	state->it.id = container->id;
	return kg_done(job);
}

static struct kg_next
undo(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	const char *engine = kg_job_remembered(job, "engine"), *name = kg_job_remembered(job, "name");

	state->removal.name = name ? name : kg_container_name(job);
	state->removal.grace_ms = kg_container_grace_ms(spec);
	state->removal.then = all_gone;
	struct kg_error *error = engine ? kg_engine_find_named(job->arena, engine, &state->removal.engine)
					: kg_engine_find(job->arena, spec->engine.engine, &state->removal.engine);
	return error ? kg_failed(error) : kg_go(kg_container_remove);
}

static struct kg_next
all_gone(struct kg_job *job)
{
	const struct container_state *state = job->state;
	struct kg_error *error = kg_file_remove(job->arena, kg_container_since_path(job));

	/* A checkout that was copied remembers the containers of the one that it was copied from. */
	if (state->removal.is_foreign)
		kg_tell(job, "left the container %s, which is not of this checkout", state->removal.name);
	if (!error)
		error = kg_file_remove(job->arena, kg_container_ready_path(job));
	return error ? kg_failed(error) : kg_done(job);
}

static const char *
remembered(const struct kg_pair *outputs, const char *key)
{
	const char *value = kg_label(outputs, key);

	return value ? value : "";
}

static const char *const *
logs(struct kg_arena *arena, const struct kg_pair *outputs, bool is_followed, int64_t lines)
{
	struct kg_arguments arguments = { .arena = arena };
	struct kg_engine engine;

	if (!*remembered(outputs, "name") || kg_engine_find_named(arena, remembered(outputs, "engine"), &engine))
		return NULL;
	kg_arguments_add(&arguments, engine.program, "logs", NULL);
	if (is_followed)
		kg_arguments_add(&arguments, "--follow", NULL);
	if (lines >= 0)
		kg_arguments_add(&arguments, "--tail", kg_format(arena, "%d", (int)lines), NULL);
	kg_arguments_add(&arguments, remembered(outputs, "name"), NULL);
	return kg_arguments_end(&arguments);
}

const struct kg_kind kg_kind_container = {
	.facts = {
		.name = "container",
		.version = 1,
		.summary = "a container of podman or docker that outlives kgraph",
		.fields = kg_container_fields,
		.outputs = (const char *const[]){ "id", "name", "ip", "ports", "port", "address", "engine", NULL },
		.spec_size = sizeof(struct container_spec),
		.check = kg_container_check,
	},
	.state_size = sizeof(struct container_state),
	.survey_size = sizeof(struct kg_container_survey),
	.survey_key = kg_engine_key,
	.survey = kg_containers_survey,
	.look = look,
	.run = kg_container_run,
	.ready = kg_container_ready,
	.watch = kg_container_watch,
	.undo = undo,
	.gather = kg_container_gather,
	.logs = logs,
	.outlives = true,
	.frees_ports = true,
};
