/* What all image nodes of an engine ask together: the images that it has, and which builder it is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/container/image_inside.h"

/* Major versions of docker's program. */
static constexpr long first_with_buildkit = 19, first_without_buildkit = 23;

static kg_step images_listed, images_known, builder_ask, version_told, buildx_told, client_told, builder_known;

const char *
kg_image_engine_mark(struct kg_arena *arena, const struct kg_engine *engine)
{
	struct stat status;

	if (stat(engine->program, &status) != 0)
		return engine->program;
	return kg_format(arena, "%s %" PRId64 " %" PRId64 ".%09" PRId64, engine->program, (int64_t)status.st_size,
	    (int64_t)status.st_mtim.tv_sec, (int64_t)status.st_mtim.tv_nsec);
}

/* The desk outlives answers: who waits at it must find who comes later. */
struct kg_next
kg_image_survey(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	const struct kg_image_survey *before = job->answer;
	struct kg_image_survey *survey = job->survey;

	if (before) {
		survey->desk = before->desk;
	} else {
		survey->desk = kg_new(job->arena, struct kg_image_desk);
		survey->desk->changed = kg_topic_make(job);
	}
	struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &survey->engine);
	return error ? kg_failed(error) : kg_engine_ask(job, &survey->engine, survey->engine.driver->images, images_listed);
}

static struct kg_next
images_listed(struct kg_job *job)
{
	struct kg_image_survey *survey = job->survey;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &survey->engine, "list the images"));
	struct kg_error *error = survey->engine.driver->read_images(job->arena, job->child.output, &survey->images);
	return error ? kg_failed(kg_error_wrap(job->arena, error, "while listing the images")) : kg_done(job);
}

/* ---- in a node's run */

struct builder_asked {
	struct kg_image_builder builder;
	struct kg_engine engine;
};

struct kg_next
kg_image_ask(struct kg_job *job, kg_step *then)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;
	struct kg_question *question = kg_new(job->arena, struct kg_question);

	state->then = then;
	*question = (struct kg_question){
		.key = kg_engine_key(job->arena, spec),
		.ask = kg_image_survey,
		.size = sizeof(struct kg_image_survey),
	};
	return kg_wait_answer(job, question, images_known);
}

static struct kg_next
images_known(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;
	struct kg_question *question = kg_new(job->arena, struct kg_question);

	if (!job->answer)
		return kg_failed(kg_error_copy(job->arena, job->answer_error));
	state->survey = job->answer;
	*question = (struct kg_question){
		.key = kg_engine_key(job->arena, spec),
		.ask = builder_ask,
		.size = sizeof(struct builder_asked),
	};
	return kg_wait_answer(job, question, builder_known);
}

static struct kg_next
builder_known(struct kg_job *job)
{
	struct kg_image_state *state = job->state;

	if (!job->answer)
		return kg_failed(kg_error_copy(job->arena, job->answer_error));
	state->builder = job->answer;
	return kg_go(state->then);
}

/* ---- which builder it is, once for all nodes */

static struct kg_next
builder_ask(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct builder_asked *asked = job->survey;
	struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &asked->engine);

	return error ? kg_failed(error) : kg_engine_ask(job, &asked->engine, asked->engine.driver->version, version_told);
}

static struct kg_next
version_told(struct kg_job *job)
{
	struct builder_asked *asked = job->survey;
	const char *name = asked->engine.driver->name, *version = job->child.output;
	static const char *const buildx[] = { "buildx", "version", NULL };

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &asked->engine, "ask for its version"));
	asked->builder.text = kg_format(job->arena, "%s %s", name, kg_copy_bytes(job->arena, version, strcspn(version, "\r\n")));
	if (asked->engine.driver != &kg_docker)
		return kg_done(job);
	return kg_engine_ask(job, &asked->engine, buildx, buildx_told);
}

static void
builder_is(struct kg_job *job, const char *name, const char *version)
{
	struct builder_asked *asked = job->survey;

	asked->builder.text = kg_format(job->arena, "%s %s%s", asked->builder.text, name, version);
}

/* Whoever says so gets the older one, as from docker's own program. */
static bool
is_unwanted(void)
{
	return kg_text_equal(getenv("DOCKER_BUILDKIT"), "0");
}

/* "github.com/docker/buildx v0.12.1 30feaa1"; without it an older program may have the newer builder in itself. */
static struct kg_next
buildx_told(struct kg_job *job)
{
	struct builder_asked *asked = job->survey;
	const char *version = strstr(job->child.output, " v");
	static const char *const client[] = { "version", "--format", "{{.Client.Version}}", NULL };

	if (job->child.status != 0 || is_unwanted())
		return kg_engine_ask(job, &asked->engine, client, client_told);
	asked->builder.buildkit = KG_BUILDKIT_BUILDX;
	builder_is(job, "buildx", version ? kg_copy_bytes(job->arena, version, 1 + strcspn(version + 1, " \n")) : "");
	return kg_done(job);
}

/* From 18.9 on the program speaks to BuildKit when it is told to; from 23 on it does so by buildx alone. */
static struct kg_next
client_told(struct kg_job *job)
{
	struct builder_asked *asked = job->survey;
	long major = job->child.status == 0 ? strtol(job->child.output, NULL, 10) : 0;
	bool has_it = major >= first_with_buildkit && major < first_without_buildkit && !is_unwanted();

	asked->builder.buildkit = has_it ? KG_BUILDKIT_INSIDE : KG_BUILDKIT_NONE;
	builder_is(job, has_it ? "buildkit" : "classic", "");
	return kg_done(job);
}
