/*
 * Where an image is looked for before it is built: among the engine's images by its key, at another node of this run that is building the same, in the
 * shared cache. Each is asked only when the one before has not got it, and who builds is who finds nothing.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/registry.h"
#include "engine/target.h"
#include "targets/container/image_inside.h"
#include "targets/container/machine.h"

static kg_step world_known, base_ask, base_told, key_known, search, build_turn;
static kg_step tag, tagged, inspected, told;

static const char *
kept_name(struct kg_job *job, const char *key)
{
	return kg_format(job->arena, KG_IMAGE_KEPT ":%s", key);
}

struct kg_next
kg_image_run(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_error *error = NULL;

	*state = (struct kg_image_state){ 0 };
	if (!kg_job_keep(job, &error))
		return kg_failed(error);
	error = kg_image_read(job);
	return error ? kg_failed(error) : kg_image_ask(job, world_known);
}

static struct kg_next
world_known(struct kg_job *job)
{
	struct kg_image_state *state = job->state;

	kg_image_bases_know(job, &state->survey->images);
	state->base = 0;
	return kg_go(base_ask);
}

/*
 * A base that the engine does not have is asked of its registry, when there is a shared cache that could spare its being fetched at all. What cannot
 * be told makes the key uncertain: the image is built, and found by others once the builder has fetched the base.
 */
static struct kg_next
base_ask(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;

	for (; job->remote && state->base < state->bases.count; state->base++) {
		const struct kg_image_base *base = &state->bases.items[state->base];
		struct kg_manifest_ask ask = { .platform = base->platform ? base->platform : spec->platform };

		if (base->identity || !base->name || !kg_image_reference_read(job->arena, base->name, &ask.of))
			continue;
		kg_tell(job, "asking for %s", base->name);
		return kg_registry_manifest(job, &ask, base_told);
	}
	return kg_go(key_known);
}

static struct kg_next
base_told(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_image_base *base = &state->bases.items[state->base++];
	const struct kg_registry_result *result = kg_registry_result(job);

	if (result->error)
		kg_job_log(job, "%s: %s", base->name, kg_error_text(job->arena, result->error));
	else if (result->manifest && result->manifest->config.digest)
		base->identity = result->manifest->config.digest + strlen("sha256:");
	return kg_go(base_ask);
}

static struct kg_image_turn *
turn_find(const struct kg_image_desk *desk, const char *key)
{
	for (uint32_t i = 0; i < desk->turns.count; i++)
		if (strcmp(desk->turns.items[i]->key, key) == 0)
			return desk->turns.items[i];
	return NULL;
}

static struct kg_next
key_known(struct kg_job *job)
{
	struct kg_image_state *state = job->state;

	kg_image_key_make(job);
	kg_job_log(
	    job, "key %s%s, by %s", state->key, state->key_is_certain ? "" : " (not all bases are known)", state->builder->text);
	for (uint32_t i = 0; i < state->bases.count; i++)
		kg_job_log(job, "base %s is %s", state->bases.items[i].name ? state->bases.items[i].name : "(unknown)",
		    state->bases.items[i].identity ? state->bases.items[i].identity : "not here yet");
	return kg_go(search);
}

static struct kg_next
search(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_image_desk *desk = state->survey->desk;
	struct kg_image_turn *turn = turn_find(desk, state->key);
	const struct kg_image *image =
	    state->key_is_certain ? kg_images_find(&state->survey->images, job->arena, kept_name(job, state->key)) : NULL;

	if (image) {
		state->id = image->id;
		kg_reused(job, 0);
		return kg_image_found(job);
	}
	if (turn && !turn->is_over) {
		kg_tell(job, "waits for the same image");
		return kg_wait_topic(job, desk->changed, 0, search);
	}
	if (turn && turn->id) {
		state->id = turn->id;
		kg_reused(job, 0);
		return kg_image_found(job);
	}
	if (turn && turn->error)
		return kg_failed(kg_error_copy(job->arena, turn->error));
	if (!turn) {
		turn = kg_new(job->arena, struct kg_image_turn);
		kg_list_push(job->arena, &desk->turns, turn);
	}
	*turn = (struct kg_image_turn){ .key = state->key };
	state->turn = turn;
	return kg_image_fetch(job, build_turn);
}

/* Builds run side by side but for one that needs all of the machine's memory. */
static struct kg_next
build_turn(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_image_desk *desk = state->survey->desk;

	if (state->was_alone && !desk->alone)
		desk->alone = job;
	if ((desk->alone && desk->alone != job) || (desk->alone == job && desk->builds > 0)) {
		kg_tell(job, state->was_alone ? "waits until it can build alone" : "waits for a build that needs the memory");
		return kg_wait_topic(job, desk->changed, 0, build_turn);
	}
	desk->builds++;
	state->is_building = true;
	return kg_image_build(job, build_turn);
}

void
kg_image_built(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_image_desk *desk = state->survey->desk;

	if (state->is_building)
		desk->builds--;
	state->is_building = false;
	if (desk->alone == job)
		desk->alone = NULL;
	kg_topic_signal(desk->changed);
}

static void
turn_end(struct kg_job *job, const char *id, struct kg_error *error)
{
	struct kg_image_state *state = job->state;

	if (!state->survey)
		return;
	if (state->turn)
		*state->turn = (struct kg_image_turn){ .key = state->key, .is_over = true, .id = id, .error = error };
	state->turn = NULL;
	kg_image_built(job);
}

void
kg_image_close(struct kg_job *job)
{
	turn_end(job, NULL, NULL);
}

struct kg_next
kg_image_failed(struct kg_job *job, struct kg_error *error)
{
	turn_end(job, NULL, error);
	return kg_failed(error);
}

/* ---- there is an image */

struct kg_next
kg_image_found(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	const struct kg_image *image = kg_images_by_id(&state->survey->images, state->id);
	const char **tags = kg_new_array(job->arena, const char *, 3), **next = tags;
	const char *ref = kg_image_ref(job, state->id);

	kg_output(job, "ref", ref);
	kg_output(job, "id", kg_format(job->arena, "sha256:%s", state->id));
	if (!image || !kg_image_has_name(image, ref))
		*next++ = ref;
	if (state->key_is_certain && (!image || !kg_image_has_name(image, kept_name(job, state->key))))
		*next++ = kept_name(job, state->key);
	state->tags = tags;
	if (image && !state->digest)
		state->digest = image->digest;
	return kg_go(tag);
}

/* podman takes many names at once, docker one. */
static struct kg_next
tag(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	bool takes_many = state->survey->engine.driver != &kg_docker;

	if (*state->tags) {
		kg_arguments_add(&arguments, "tag", state->id, *state->tags++, NULL);
		while (takes_many && *state->tags)
			kg_arguments_add(&arguments, *state->tags++, NULL);
		return kg_engine_ask(job, &state->survey->engine, kg_arguments_end(&arguments), tagged);
	}
	if (state->digest)
		return kg_go(told);
	kg_arguments_add(&arguments, "image", "inspect", state->id, NULL);
	return kg_engine_ask(job, &state->survey->engine, kg_arguments_end(&arguments), inspected);
}

static struct kg_next
tagged(struct kg_job *job)
{
	struct kg_image_state *state = job->state;

	if (job->child.status == 0)
		return kg_go(tag);
	return kg_image_failed(job, kg_engine_error(job, &state->survey->engine, "tag the image"));
}

static struct kg_error *
note_write(struct kg_job *job)
{
	const struct kg_image_state *state = job->state;
	KG_LIST(struct kg_pair) bases = { 0 };

	for (uint32_t i = 0; i < state->bases.count; i++)
		if (state->bases.items[i].name && state->bases.items[i].identity)
			kg_list_push(
			    job->arena, &bases, (struct kg_pair){ state->bases.items[i].name, state->bases.items[i].identity });
	kg_list_push(job->arena, &bases, (struct kg_pair){ 0 });
	const struct kg_image_note note = {
		.key = state->key_is_certain ? state->key : NULL,
		.id = state->id,
		.engine = kg_image_engine_mark(job->arena, &state->survey->engine),
		.made_ns = state->made_ns,
		.size_bytes = state->size_bytes,
		.bases = bases.items,
	};
	return kg_image_note_write(job->arena, job->keep, &note);
}

static struct kg_next
inspected(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_images images;

	if (job->child.status != 0)
		return kg_image_failed(job, kg_engine_error(job, &state->survey->engine, "look at the image"));
	struct kg_error *error = kg_images_inspected(job->arena, job->child.output, &images);
	if (error)
		return kg_image_failed(job, error);
	if (images.count == 1) {
		state->digest = images.items[0].digest;
		state->size_bytes = images.items[0].size_bytes;
	}
	return kg_go(told);
}

/* Where the engine knows no manifest, as docker's older store, the id stands for it. */
static struct kg_next
told(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_error *error = note_write(job);

	if (error)
		return kg_image_failed(job, error);
	kg_output(job, "digest", state->digest ? state->digest : kg_format(job->arena, "sha256:%s", state->id));
	turn_end(job, state->id, NULL);
	return kg_done(job);
}
