/* A volume for containers: data, which nothing but `down --purge` removes. */
#include <string.h>

#include <openssl/sha.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/container.h"
#include "targets/container/survey.h"

/* What the volume was made with, apart from what can be changed without losing what is in it. */
#define LABEL_SETTINGS "io.kgraph.settings"

struct volume_spec {
	struct kg_engine_spec engine;
	const char *name, *driver;
	const struct kg_pair *options, *labels;
};

struct volume_state {
	struct kg_engine engine;
	const char *name;
};

static const struct kg_field volume_fields[] = {
	KG_FIELD(volume_spec, name, KG_TEXT, 0,
	    "its name in the engine; that of the graph's folder, the node's, and six digits of this checkout when absent"),
	KG_FIELD(volume_spec, driver, KG_TEXT, 0, "what keeps it", .fallback = "local"),
	KG_FIELD(volume_spec, options, KG_MAP, KG_NO_SECRET, "options of its driver"),
	KG_FIELD(volume_spec, labels, KG_MAP, KG_NO_SECRET | KG_NOT_HASHED, "further labels, which it gets when it is made"),
	KG_ENGINE_FIELD(volume_spec),
	{ 0 },
};

static kg_step listed, created, undo_listed, removed;

static const char *
name_of(const struct kg_job *job)
{
	const struct volume_spec *spec = job->spec;

	return spec->name ? spec->name : kg_engine_name(job);
}

static const char *
settings_digest(const struct kg_job *job)
{
	const struct volume_spec *spec = job->spec;
	struct kg_text text = { .arena = job->arena }, hex = { .arena = job->arena };
	unsigned char sum[SHA256_DIGEST_LENGTH];

	kg_text_format(&text, "%s\n", spec->driver);
	for (const struct kg_pair *option = spec->options; option && option->name; option++)
		kg_text_format(&text, "%s=%s\n", option->name, option->value);
	SHA256((const unsigned char *)text.bytes, text.size, sum);
	for (int i = 0; i < 8; i++)
		kg_text_format(&hex, "%02x", sum[i]);
	return kg_text_end(&hex);
}

static struct kg_next
look(struct kg_job *job)
{
	const struct kg_volume_survey *survey = job->survey;
	const char *name = name_of(job);

	if (!survey)
		return kg_absent(job, "the volumes could not be listed");
	const struct kg_volume *volume = kg_volumes_find(&survey->volumes, name);
	if (!volume)
		return kg_absent(job, "the volume %s is not there any more", name);
	if (!kg_text_equal(kg_label(volume->labels, LABEL_SETTINGS), settings_digest(job)))
		return kg_absent(job, "the volume %s was made with other settings", name);
	return kg_done(job);
}

static struct kg_next
listing_start(struct kg_job *job, kg_step *then)
{
	struct volume_state *state = job->state;
	const struct volume_spec *spec = job->spec;
	const char *engine = job->fingerprint[0] ? NULL : kg_job_remembered(job, "engine");
	struct kg_error *error = engine ? kg_engine_find_named(job->arena, engine, &state->engine)
					: kg_engine_find(job->arena, spec->engine.engine, &state->engine);

	if (error)
		return kg_failed(error);
	state->name = name_of(job);
	return kg_engine_ask(job, &state->engine, state->engine.driver->volumes, then);
}

static struct kg_error *
listing_read(struct kg_job *job, const struct kg_volume **ret_volume)
{
	struct volume_state *state = job->state;
	struct kg_volumes *volumes = kg_new(job->arena, struct kg_volumes);

	*ret_volume = NULL;
	if (job->child.status != 0)
		return kg_engine_error(job, &state->engine, "list volumes");
	struct kg_error *error = state->engine.driver->read_volumes(job->arena, job->child.output, volumes);
	if (!error)
		*ret_volume = kg_volumes_find(volumes, state->name);
	return error;
}

static bool
is_ours(const struct kg_job *job, const struct kg_volume *volume)
{
	return kg_text_equal(kg_label(volume->labels, KG_LABEL_GRAPH), kg_engine_owner(job)) &&
	    kg_text_equal(kg_label(volume->labels, KG_LABEL_NODE), job->name);
}

static struct kg_next
outputs_give(struct kg_job *job)
{
	const struct volume_state *state = job->state;

	kg_output(job, "name", state->name);
	kg_output(job, "engine", state->engine.driver->name);
	return kg_done(job);
}

static struct kg_next
run(struct kg_job *job)
{
	return listing_start(job, listed);
}

static struct kg_next
create(struct kg_job *job)
{
	const struct volume_spec *spec = job->spec;
	struct volume_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "volume", "create", "--driver", spec->driver, "--label",
	    kg_format(job->arena, LABEL_SETTINGS "=%s", settings_digest(job)), NULL);
	kg_arguments_add_labels(&arguments, job);
	for (const struct kg_pair *label = spec->labels; label && label->name; label++)
		kg_arguments_add(&arguments, "--label", kg_format(job->arena, "%s=%s", label->name, label->value), NULL);
	for (const struct kg_pair *option = spec->options; option && option->name; option++)
		kg_arguments_add(&arguments, "--opt", kg_format(job->arena, "%s=%s", option->name, option->value), NULL);
	kg_arguments_add(&arguments, state->name, NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), created);
}

static struct kg_next
listed(struct kg_job *job)
{
	struct volume_state *state = job->state;
	const struct kg_volume *volume;
	struct kg_error *error = listing_read(job, &volume);
	const char *engine = state->engine.driver->name;

	if (error)
		return kg_failed(error);
	if (!volume)
		return create(job);
	if (!is_ours(job, volume))
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EBUSY, "there is a volume %s already, and it is not of this node", state->name),
		    "give the node another `name`; a container may use a volume of somebody else by its name, without a node"));
	/* What is in it may be all that the user has. */
	if (!kg_text_equal(kg_label(volume->labels, LABEL_SETTINGS), settings_digest(job)))
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EBUSY, "the volume %s holds data and was made with other settings", state->name),
		    "`kgraph down --purge %s` removes it with all that is in it (%s volume inspect %s shows what it is)", job->name,
		    engine, state->name));
	return outputs_give(job);
}

static struct kg_next
created(struct kg_job *job)
{
	struct volume_state *state = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "make the volume %s", state->name)));
	kg_job_log(job, "made the volume %s", state->name);
	return outputs_give(job);
}

static struct kg_next
undo(struct kg_job *job)
{
	return job->purge ? listing_start(job, undo_listed) : kg_done(job);
}

static struct kg_next
undo_listed(struct kg_job *job)
{
	struct volume_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	const struct kg_volume *volume;
	struct kg_error *error = listing_read(job, &volume);

	if (error)
		return kg_failed(error);
	if (!volume || !is_ours(job, volume))
		return kg_done(job);
	kg_arguments_add(&arguments, "volume", "rm", state->name, NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), removed);
}

static struct kg_next
removed(struct kg_job *job)
{
	struct volume_state *state = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "remove the volume %s", state->name)));
	return kg_done(job);
}

const struct kg_kind kg_kind_volume = {
	.facts = {
		.name = "volume",
		.version = 1,
		.summary = "a volume for containers: data that stays until it is purged",
		.fields = volume_fields,
		.outputs = (const char *const[]){ "name", "engine", NULL },
		.spec_size = sizeof(struct volume_spec),
		},
	.state_size = sizeof(struct volume_state),
	.survey_size = sizeof(struct kg_volume_survey),
	.survey_key = kg_engine_key,
	.survey = kg_volumes_survey,
	.look = look,
	.run = run,
	.undo = undo,
};
