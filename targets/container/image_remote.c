/*
 * Images in the shared cache: HOST/PATH/images, tagged by their keys. The manifest is asked for first, by ourselves: it says at once whether there is
 * something to fetch, which id it must have, and how long making it took. Layers travel by the engine's own program, which checks each by its digest,
 * knows which it has, and needs no copy of them outside its storage.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/registry.h"
#include "engine/target.h"
#include "targets/container/image_inside.h"

static constexpr char made_annotation[] = "io.kgraph.made-ns";
/* Slower than this is not worth waiting for, beside so many stalls, since the engine's program tries again by itself. */
static constexpr int64_t transfer_bytes_a_ms = 1024, transfer_stalls = 6;

static kg_step manifest_told, pulled, pulled_inspected;
static kg_step publish_asked, name_given, pushed, pushed_told, annotated;

static struct kg_image_reference
reference_of(struct kg_job *job, const char *key)
{
	return (struct kg_image_reference){
		.host = job->remote->host,
		.path = kg_remote_repository(job->arena, job->remote, "images"),
		.tag = key,
	};
}

/* A program of the engine's that moves so many bytes; loopback registries may speak plain HTTP. */
static struct kg_next
transfer(struct kg_job *job, const struct kg_engine *engine, struct kg_arguments *arguments, int64_t bytes, kg_step *then)
{
	struct kg_child *child = kg_engine_child(job, engine, kg_arguments_end(arguments), NULL);

	child->capture = true;
	child->timeout_ms = job->remote->stall_ms * transfer_stalls + bytes / transfer_bytes_a_ms;
	return kg_wait_child(job, child, then);
}

static void
plain_add(const struct kg_job *job, const struct kg_engine *engine, struct kg_arguments *arguments)
{
	if (job->remote->is_plain && engine->driver != &kg_docker)
		kg_arguments_add(arguments, "--tls-verify=false", NULL);
}

/* ---- fetching */

struct kg_next
kg_image_fetch(struct kg_job *job, kg_step *otherwise)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;

	state->then = otherwise;
	if (!job->remote || !state->key_is_certain)
		return kg_go(otherwise);
	const struct kg_manifest_ask ask = {
		.of = reference_of(job, state->key),
		.platform = spec->platform,
		.stall_ms = job->remote->stall_ms,
	};
	kg_tell(job, "asking the shared cache");
	return kg_registry_manifest(job, &ask, manifest_told);
}

/* The cache is not asked any more in this run; the image is built. */
static struct kg_next
refuse(struct kg_job *job, const struct kg_error *why)
{
	struct kg_image_state *state = job->state;

	kg_remote_off(job, why);
	return kg_go(state->then);
}

static int64_t
layers_size(const struct kg_manifest *manifest)
{
	int64_t size = 0;

	for (uint32_t i = 0; i < manifest->layer_count; i++)
		size += manifest->layers[i].size > 0 && manifest->layers[i].size < (int64_t)1 << 50 ? manifest->layers[i].size : 0;
	return size;
}

static struct kg_next
manifest_told(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	const struct kg_registry_result *result = kg_registry_result(job);
	struct kg_arguments arguments = { .arena = job->arena };

	/* Some registries deny what does not exist yet; the push will tell. */
	if (result->is_denied && job->remote && job->remote->push)
		return kg_go(state->then);
	if (result->error)
		return refuse(job, result->error);
	if (result->is_absent || !job->remote)
		return kg_go(state->then);
	const char *config = result->manifest ? result->manifest->config.digest : NULL;
	if (!config)
		return refuse(job,
		    kg_error_make(job->arena, KG_ENETWORK, "%s: what it holds as %s is no image", job->remote->host, state->key));
	const char *made = kg_annotation(result->manifest->annotations, made_annotation);
	const struct kg_image *image = kg_images_by_id(&state->survey->images, config + strlen("sha256:"));

	state->spared_ns = made ? strtoll(made, NULL, 10) : 0;
	if (state->spared_ns < 0)
		state->spared_ns = 0;
	state->id = config + strlen("sha256:");
	state->digest = result->digest;
	if (image) {
		kg_reused(job, state->spared_ns);
		return kg_image_found(job);
	}
	state->reference = kg_format(
	    job->arena, "%s/%s@%s", job->remote->host, kg_remote_repository(job->arena, job->remote, "images"), result->digest);
	kg_arguments_add(&arguments, "pull", "--quiet", NULL);
	plain_add(job, &state->survey->engine, &arguments);
	kg_arguments_add(&arguments, state->reference, NULL);
	kg_tell(job, "pulling");
	return transfer(job, &state->survey->engine, &arguments, layers_size(result->manifest), pulled);
}

static struct kg_next
pulled(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	if (job->child.status != 0 || job->timed_out) {
		struct kg_error *error = kg_engine_error(job, &state->survey->engine, "pull an image from the shared cache");

		state->id = state->digest = NULL;
		return refuse(job, error);
	}
	/* podman prints the image's id, which spares the question; docker prints what it was asked for. */
	if (strncmp(job->child.output, state->id, strlen(state->id)) == 0) {
		kg_fetched(job, state->spared_ns);
		return kg_image_found(job);
	}
	kg_arguments_add(&arguments, "image", "inspect", state->reference, NULL);
	return kg_engine_ask(job, &state->survey->engine, kg_arguments_end(&arguments), pulled_inspected);
}

/* The engine has checked each part against the manifest, and we the manifest; that the whole is what was asked for is seen here. */
static struct kg_next
pulled_inspected(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_images images = { 0 };
	struct kg_error *error = NULL;

	if (job->child.status != 0)
		error = kg_engine_error(job, &state->survey->engine, "look at a pulled image");
	if (!error)
		error = kg_images_inspected(job->arena, job->child.output, &images);
	const char *id = images.count == 1 ? images.items[0].id : "";
	/* docker's newer store calls an image by its manifest. */
	bool is_it = strcmp(id, state->id) == 0 || strcmp(id, state->digest + strlen("sha256:")) == 0;
	if (!error && !is_it)
		error = kg_error_make(job->arena, KG_ENETWORK, "what was pulled as %s is another image", state->reference);
	if (error) {
		state->id = state->digest = NULL;
		return refuse(job, error);
	}
	state->id = id;
	kg_fetched(job, state->spared_ns);
	return kg_image_found(job);
}

/* ---- publishing: an operation of its own, beside what needs the image */

struct publishing {
	struct kg_engine engine;
	struct kg_image_note note;
	const char *name;
};

static struct publishing *
publishing_of(struct kg_job *job)
{
	return ((struct kg_image_state *)job->state)->publishing;
}

struct kg_next
kg_image_publish(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;
	struct publishing *publishing = state->publishing = kg_new(job->arena, struct publishing);

	if (!kg_image_note_read(job->arena, job->keep, &publishing->note) || !publishing->note.key)
		return kg_done(job);
	struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &publishing->engine);
	if (error)
		return kg_failed(error);
	const struct kg_manifest_ask ask = {
		.of = reference_of(job, publishing->note.key),
		.platform = spec->platform,
		.stall_ms = job->remote->stall_ms,
	};
	publishing->name = kg_format(job->arena, "%s/%s:%s", ask.of.host, ask.of.path, ask.of.tag);
	return kg_registry_manifest(job, &ask, publish_asked);
}

static struct kg_next
publish_asked(struct kg_job *job)
{
	struct publishing *publishing = publishing_of(job);
	const struct kg_registry_result *result = kg_registry_result(job);
	struct kg_arguments arguments = { .arena = job->arena };

	if (result->error && !result->is_denied)
		return kg_failed(kg_error_copy(job->arena, result->error));
	/* Somebody else was first; what they have was made of the same. */
	if (result->manifest || !job->remote)
		return kg_done(job);
	if (publishing->engine.driver != &kg_docker)
		return kg_go(name_given);
	kg_arguments_add(&arguments, "tag", publishing->note.id, publishing->name, NULL);
	return kg_engine_ask(job, &publishing->engine, kg_arguments_end(&arguments), name_given);
}

static struct kg_next
name_given(struct kg_job *job)
{
	struct publishing *publishing = publishing_of(job);
	struct kg_arguments arguments = { .arena = job->arena };
	bool is_docker = publishing->engine.driver == &kg_docker;

	if (is_docker && job->child.status != 0)
		return kg_failed(kg_engine_error(job, &publishing->engine, "name the image for the shared cache"));
	if (!job->remote)
		return kg_done(job);
	kg_arguments_add(&arguments, "push", "--quiet", NULL);
	plain_add(job, &publishing->engine, &arguments);
	if (is_docker)
		kg_arguments_add(&arguments, publishing->name, NULL);
	else
		kg_arguments_add(&arguments, "--format", "oci", publishing->note.id,
		    kg_format(job->arena, "docker://%s", publishing->name), NULL);
	return transfer(job, &publishing->engine, &arguments, publishing->note.size_bytes, pushed);
}

static struct kg_next
pushed(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct publishing *publishing = publishing_of(job);

	if (job->child.status != 0 || job->timed_out)
		return kg_failed(kg_engine_error(job, &publishing->engine, "push an image to the shared cache"));
	if (!job->remote)
		return kg_done(job);
	const struct kg_manifest_ask ask = {
		.of = reference_of(job, publishing->note.key),
		.platform = spec->platform,
		.stall_ms = job->remote->stall_ms,
	};
	return kg_registry_manifest(job, &ask, pushed_told);
}

/* What others want to know beforehand goes into the manifest; docker's form of it has no place for that. */
static struct kg_next
pushed_told(struct kg_job *job)
{
	struct publishing *publishing = publishing_of(job);
	const struct kg_registry_result *result = kg_registry_result(job);
	struct kg_pair annotations[] = { { made_annotation, NULL }, { NULL, NULL } };

	if (result->error)
		return kg_failed(kg_error_copy(job->arena, result->error));
	if (!result->manifest || strcmp(result->manifest->media_type, kg_manifest_oci) != 0 || !job->remote)
		return kg_go(annotated);
	annotations[0].value = kg_format(job->arena, "%lld", (long long)publishing->note.made_ns);
	struct kg_manifest_put put = {
		.of = reference_of(job, publishing->note.key),
		.bytes = kg_manifest_annotate(job->arena, result->bytes, (size_t)result->size, annotations),
		.stall_ms = job->remote->stall_ms,
	};
	if (!put.bytes)
		return kg_go(annotated);
	put.size = strlen(put.bytes);
	return kg_registry_manifest_put(job, &put, annotated);
}

/* A manifest without them is as good but for the time that it says to spare. The name that docker needed goes again. */
static struct kg_next
annotated(struct kg_job *job)
{
	struct publishing *publishing = publishing_of(job);
	struct kg_arguments arguments = { .arena = job->arena };

	kg_tell(job, "%s", publishing->name);
	if (publishing->engine.driver != &kg_docker)
		return kg_done(job);
	kg_arguments_add(&arguments, "rmi", publishing->name, NULL);
	return kg_engine_ask(job, &publishing->engine, kg_arguments_end(&arguments), kg_done);
}
