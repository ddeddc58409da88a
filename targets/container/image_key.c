/*
 * What an image is made of, as one key: who has an image under the same key, in another checkout or on another machine, need not build it. It stands
 * over the content of the context, the Containerfile, what the builder is told, which builder it is, and what the images from outside are.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/registry.h"
#include "targets/container/image_inside.h"
#include "engine/containers/listing_json.h"
#include "targets/container/machine.h"

/* Half of the digits: 128 bits, as of every fingerprint. */
static constexpr size_t key_length = 32;

/* The uses of the target that are images from outside, in order. */
static bool
is_outside(const struct kg_containerfile_use *use)
{
	return use->is_needed && use->stage == KG_CONTAINERFILE_OUTSIDE;
}

static const char *
pair_value(const struct kg_pair *pairs, const char *name)
{
	for (; pairs && pairs->name; pairs++)
		if (strcmp(pairs->name, name) == 0)
			return pairs->value;
	return NULL;
}

const char *
kg_image_replaced(const struct kg_image_spec *spec, const struct kg_containerfile_stages *stages, uint32_t use)
{
	const struct kg_containerfile_use *it = &stages->uses[use];
	const char *by_name = it->name ? pair_value(spec->bases, it->name) : NULL;

	if (it->stage != KG_CONTAINERFILE_OUTSIDE)
		return NULL;
	if (!by_name)
		by_name = pair_value(spec->bases, it->said);
	if (by_name || !spec->base || !it->is_from)
		return by_name;
	for (uint32_t i = 0; i < use; i++)
		if (stages->uses[i].is_from && is_outside(&stages->uses[i]))
			return NULL;
	return is_outside(it) ? spec->base : NULL;
}

static struct kg_error *
check_replaced(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	const struct kg_image_state *state = job->state;

	for (const struct kg_pair *pair = spec->bases; pair && pair->name; pair++) {
		bool is_used = false;

		for (uint32_t i = 0; i < state->stages.use_count; i++)
			is_used = is_used || strcmp(state->stages.uses[i].said, pair->name) == 0 ||
			    kg_text_equal(state->stages.uses[i].name, pair->name);
		if (!is_used)
			return kg_error_at(job->arena, KG_EINPUT, (struct kg_place){ .file = state->file_path },
			    "`bases` has `%s`, and nothing here is built upon it", pair->name);
	}
	for (uint32_t i = 0; spec->base && i < state->stages.use_count; i++)
		if (state->stages.uses[i].is_from && is_outside(&state->stages.uses[i]))
			return NULL;
	if (spec->base)
		return kg_error_at(job->arena, KG_EINPUT, (struct kg_place){ .file = state->file_path },
		    "it has no FROM from outside that `base` could replace");
	return NULL;
}

static void
bases_find(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;

	for (uint32_t i = 0; i < state->stages.use_count; i++) {
		const struct kg_containerfile_use *use = &state->stages.uses[i];
		const char *replaced = kg_image_replaced(spec, &state->stages, i), *name = replaced ? replaced : use->name;
		bool is_known = !is_outside(use);

		for (uint32_t other = 0; other < state->bases.count; other++)
			is_known = is_known ||
			    (kg_text_equal(state->bases.items[other].name, name) &&
				kg_text_equal(state->bases.items[other].platform, use->platform));
		if (!is_known)
			kg_list_push(job->arena, &state->bases, (struct kg_image_base){ .name = name, .platform = use->platform });
	}
}

/* build_args and volatile_args in one, as the builder gets them. */
static const struct kg_pair *
arguments(struct kg_arena *arena, const struct kg_image_spec *spec)
{
	const struct kg_pair *const lists[] = { spec->build_args, spec->volatile_args };
	KG_LIST(struct kg_pair) all = { 0 };

	for (size_t i = 0; i < 2; i++)
		for (const struct kg_pair *pair = lists[i]; pair && pair->name; pair++)
			kg_list_push(arena, &all, *pair);
	kg_list_push(arena, &all, (struct kg_pair){ 0 });
	return all.items;
}

struct kg_error *
kg_image_read(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;
	const char *bytes;
	size_t size;

	state->file_path = kg_image_file(job->arena, spec);
	struct kg_error *error = kg_file_read(job->arena, state->file_path, &bytes, &size);
	if (error)
		return error;
	error = kg_containerfile_read(job->arena, state->file_path, bytes, size, &state->file);
	if (error)
		return error;
	const struct kg_pair *machine = kg_machine_arguments(job->arena, spec->platform);
	error =
	    kg_containerfile_stages(job->arena, &state->file, arguments(job->arena, spec), machine, spec->target, &state->stages);
	if (!error)
		error = check_replaced(job);
	if (!error)
		bases_find(job);
	return error;
}

void
kg_image_bases_know(struct kg_job *job, const struct kg_images *images)
{
	struct kg_image_state *state = job->state;

	for (uint32_t i = 0; i < state->bases.count; i++) {
		struct kg_image_base *base = &state->bases.items[i];
		const char *digest = base->name ? strstr(base->name, "@sha256:") : NULL;
		const struct kg_image *image = base->name ? kg_images_find(images, job->arena, base->name) : NULL;

		if (digest)
			base->identity = digest + 1;
		else if (image)
			base->identity = image->id;
	}
}

/* Each with its end, so that two texts cannot be taken for one. */
static void
add(struct kg_text *text, const char *name, const char *value)
{
	kg_text_add_bytes(text, name, strlen(name) + 1);
	kg_text_add_bytes(text, value ? value : "", value ? strlen(value) + 1 : 1);
}

void
kg_image_key_make(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;
	struct kg_text text = { .arena = job->arena };

	add(&text, "kgraph image", "1");
	add(&text, "inputs", job->inputs);
	add(&text, "file", kg_path_inside(spec->context, state->file_path));
	add(&text, "target", spec->target);
	add(&text, "platform", spec->platform ? spec->platform : kg_machine_platform(job->arena));
	add(&text, "builder", state->builder->text);
	for (const struct kg_pair *pair = spec->build_args; pair && pair->name; pair++) {
		add(&text, "argument", pair->name);
		add(&text, "is", pair->value);
	}
	for (const struct kg_image_secret *const *one = spec->secrets; one && *one; one++)
		add(&text, "secret", (*one)->id);
	state->key_is_certain = true;
	for (uint32_t i = 0; i < state->bases.count; i++) {
		const struct kg_image_base *base = &state->bases.items[i];

		state->key_is_certain = state->key_is_certain && base->identity;
		add(&text, base->identity ? "base" : "unknown base", base->identity ? base->identity : base->name);
		add(&text, "for", base->platform);
	}
	state->key = kg_copy_bytes(job->arena, kg_sha256(job->arena, text.bytes, text.size) + strlen("sha256:"), key_length);
}

static const char *
note_path(struct kg_arena *arena, const char *keep)
{
	return kg_path_join(arena, keep, "image.json");
}

bool
kg_image_note_read(struct kg_arena *arena, const char *keep, struct kg_image_note *ret_note)
{
	const char *bytes;
	size_t size;

	if (kg_file_read(arena, note_path(arena, keep), &bytes, &size))
		return false;
	cJSON *root = cJSON_ParseWithLength(bytes, size);
	if (!root)
		return false;
	*ret_note = (struct kg_image_note){
		.key = kg_listing_some_text(arena, root, "key"),
		.id = kg_listing_text(arena, root, "id"),
		.engine = kg_listing_text(arena, root, "engine"),
		.made_ns = kg_listing_number(root, "made_ns", 0),
		.size_bytes = kg_listing_number(root, "size", 0),
		.bases = kg_listing_map(arena, root, "bases"),
	};
	cJSON_Delete(root);
	return true;
}

struct kg_error *
kg_image_note_write(struct kg_arena *arena, const char *keep, const struct kg_image_note *note)
{
	struct kg_text text = { .arena = arena };

	kg_text_add(&text, "{\"key\":");
	if (note->key)
		kg_text_add_json(&text, note->key);
	else
		kg_text_add(&text, "null");
	kg_text_add(&text, ",\"id\":");
	kg_text_add_json(&text, note->id);
	kg_text_add(&text, ",\"engine\":");
	kg_text_add_json(&text, note->engine);
	kg_text_format(&text, ",\"made_ns\":%lld,\"size\":%lld,\"bases\":{", (long long)note->made_ns, (long long)note->size_bytes);
	for (const struct kg_pair *base = note->bases; base->name; base++) {
		kg_text_add(&text, base == note->bases ? "" : ",");
		kg_text_add_json(&text, base->name);
		kg_text_add(&text, ":");
		kg_text_add_json(&text, base->value);
	}
	kg_text_add(&text, "}}\n");
	return kg_file_write(arena, note_path(arena, keep), text.bytes, text.size, 0600);
}
