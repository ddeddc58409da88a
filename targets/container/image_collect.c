/*
 * Removing old images of ours. Ours are those with our label; of them stay what a container uses, what nodes of this checkout have, and what somebody has
 * given a name of his own. Of the others the newest stay, until all of ours together, what they share counted once, are at the limit. An image is
 * removed by its names, one after the other, and never by force: an engine that does not let go of one knows why.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/list.h"
#include "engine/base/map.h"
#include "engine/base/size.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/image_inside.h"
#include "targets/container/image_layers.h"
#include "engine/containers/listing_json.h"

struct candidate {
	const char *id;
	const char *const *names;
	const char *const *layers;
	uint32_t layer_count;
	int64_t size_bytes, created_s;
	bool is_ours, is_kept;
	int64_t adds_bytes; /* beside newer ones of ours */
};

struct collecting {
	struct kg_engine engine;
	struct kg_images images;
	struct kg_containers containers;
	KG_LIST(struct candidate) all;
	struct kg_map used;                    /* ids, and names of images */
	KG_LIST(const struct candidate *) old; /* to be removed, the newest first */
	uint32_t ours, removed;
	int64_t before_bytes, freed_bytes;
};

static kg_step images_listed, images_inspected, containers_listed, remove_next, one_removed;

static struct collecting *
collecting_of(struct kg_job *job)
{
	return ((struct kg_image_state *)job->state)->collecting;
}

struct kg_next
kg_image_collect(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct collecting *collecting = kg_new(job->arena, struct collecting);

	((struct kg_image_state *)job->state)->collecting = collecting;
	collecting->used.arena = job->arena;
	struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &collecting->engine);
	return error ? kg_failed(error) : kg_engine_ask(job, &collecting->engine, collecting->engine.driver->images, images_listed);
}

static struct kg_next
images_listed(struct kg_job *job)
{
	struct collecting *collecting = collecting_of(job);
	struct kg_arguments arguments = { .arena = job->arena };

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &collecting->engine, "list the images"));
	struct kg_error *error = collecting->engine.driver->read_images(job->arena, job->child.output, &collecting->images);
	if (error)
		return kg_failed(error);
	if (collecting->images.count == 0)
		return kg_go(remove_next);
	kg_arguments_add(&arguments, "image", "inspect", NULL);
	for (uint32_t i = 0; i < collecting->images.count; i++)
		kg_arguments_add(&arguments, collecting->images.items[i].id, NULL);
	return kg_engine_ask(job, &collecting->engine, kg_arguments_end(&arguments), images_inspected);
}

/* Names that kgraph gives: by the key, and those that end in eight digits of the id. */
static bool
is_our_name(const char *name, const char *id)
{
	char end[] = "12345678";
	size_t length = strlen(name);

	memcpy(end, id, strnlen(id, sizeof(end) - 1));
	if (kg_text_starts(name, KG_IMAGE_KEPT ":"))
		return true;
	return kg_text_starts(name, "localhost/") && kg_text_ends(name, end) && strchr(":-", name[length - sizeof(end)]);
}

static void
candidate_take(void *context, const cJSON *item)
{
	struct kg_job *job = context;
	struct collecting *collecting = collecting_of(job);
	struct kg_arena *arena = job->arena;
	const cJSON *config = cJSON_GetObjectItemCaseSensitive(item, "Config");
	const cJSON *root = cJSON_GetObjectItemCaseSensitive(item, "RootFS");
	const char *label = kg_label(kg_listing_map(arena, config, "Labels"), "io.kgraph");
	struct candidate one = {
		.id = kg_listing_id(kg_listing_text(arena, item, "Id")),
		.names = kg_listing_texts(arena, item, "RepoTags"),
		.layers = kg_listing_texts(arena, root, "Layers"),
		.size_bytes = kg_listing_number(item, "Size", 0),
		.created_s = kg_listing_time_s(kg_listing_text(arena, item, "Created")),
		.is_ours = label && strcmp(label, "image") == 0,
	};

	while (one.layers[one.layer_count])
		one.layer_count++;
	for (const char *const *name = one.names; one.is_ours && *name; name++)
		one.is_kept = one.is_kept || !is_our_name(*name, one.id);
	kg_list_push(arena, &collecting->all, one);
}

static struct kg_next
images_inspected(struct kg_job *job)
{
	struct collecting *collecting = collecting_of(job);

	/* One that went away meanwhile makes the status bad; what is told of the others counts. */
	struct kg_error *error = kg_listing_each(job->arena, job->child.output, candidate_take, job);
	if (error && job->child.status != 0)
		return kg_failed(kg_engine_error(job, &collecting->engine, "look at the images"));
	if (error)
		return kg_failed(error);
	return kg_engine_ask(job, &collecting->engine, collecting->engine.driver->containers, containers_listed);
}

static int
newest_first(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->created_s != b->created_s)
		return a->created_s < b->created_s ? 1 : -1;
	return strcmp(a->id, b->id);
}

static void
kept_mark(struct kg_job *job, struct collecting *collecting)
{
	for (const struct kg_pair *output = job->remembered; output->name; output++)
		if (strcmp(output->name, "id") == 0)
			kg_map_put(&collecting->used, kg_listing_id(output->value), 0);
	for (uint32_t i = 0; i < collecting->containers.count; i++) {
		const struct kg_container *container = &collecting->containers.items[i];

		kg_map_put(&collecting->used, container->image, 0);
		if (container->image_id)
			kg_map_put(&collecting->used, container->image_id, 0);
	}
	for (uint32_t i = 0; i < collecting->all.count; i++) {
		struct candidate *one = &collecting->all.items[i];

		one->is_kept = one->is_kept || kg_map_get(&collecting->used, one->id, NULL);
		for (const char *const *name = one->names; *name; name++)
			one->is_kept = one->is_kept || kg_map_get(&collecting->used, *name, NULL);
	}
}

/* What ours add to those of others, the kept ones first: they are there whatever is removed. */
static void
sizes_find(struct kg_job *job, struct collecting *collecting)
{
	struct kg_layers layers = { .arena = job->arena };

	for (uint32_t i = 0; i < collecting->all.count; i++) {
		const struct candidate *one = &collecting->all.items[i];

		kg_layers_know(&layers, one->layers, one->layer_count, one->size_bytes);
	}
	for (int pass = 0; pass < 3; pass++)
		for (uint32_t i = 0; i < collecting->all.count; i++) {
			struct candidate *one = &collecting->all.items[i];
			int turn = !one->is_ours ? 0 : one->is_kept ? 1 : 2;

			/* Without a name and a label it is a layer of the builder's own cache, which goes with what was built upon it. */
			if (turn == pass && (one->is_ours || *one->names))
				one->adds_bytes = kg_layers_add(&layers, one->layers, one->layer_count, one->size_bytes);
		}
}

static struct kg_next
containers_listed(struct kg_job *job)
{
	struct collecting *collecting = collecting_of(job);
	int64_t left_bytes = 0;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &collecting->engine, "list the containers"));
	struct kg_error *error = collecting->engine.driver->read_containers(job->arena, job->child.output, &collecting->containers);
	if (error)
		return kg_failed(error);
	qsort(collecting->all.items, collecting->all.count, sizeof(struct candidate), newest_first);
	kept_mark(job, collecting);
	sizes_find(job, collecting);
	for (uint32_t i = 0; i < collecting->all.count; i++) {
		const struct candidate *one = &collecting->all.items[i];

		if (one->is_ours) {
			collecting->ours++;
			collecting->before_bytes += one->adds_bytes;
		}
		if (one->is_ours && one->is_kept)
			left_bytes += one->adds_bytes;
	}
	for (uint32_t i = 0; i < collecting->all.count; i++) {
		const struct candidate *one = &collecting->all.items[i];

		if (!one->is_ours || one->is_kept)
			continue;
		left_bytes += one->adds_bytes;
		if (left_bytes > job->limit_bytes)
			kg_list_push(job->arena, &collecting->old, one);
	}
	return kg_go(remove_next);
}

/* The oldest first. */
static struct kg_next
remove_next(struct kg_job *job)
{
	struct collecting *collecting = collecting_of(job);
	struct kg_arguments arguments = { .arena = job->arena };

	if (collecting->old.count == 0) {
		kg_output(job, "said",
		    kg_format(job->arena, "%s holds %u images of kgraph's, %s; removed %u, %s", collecting->engine.driver->name,
			collecting->ours - collecting->removed,
			kg_size_tell(job->arena, collecting->before_bytes - collecting->freed_bytes), collecting->removed,
			kg_size_tell(job->arena, collecting->freed_bytes)));
		return kg_done(job);
	}
	const struct candidate *one = collecting->old.items[collecting->old.count - 1];
	kg_arguments_add(&arguments, "rmi", NULL);
	if (*one->names)
		kg_arguments_add_list(&arguments, one->names);
	else
		kg_arguments_add(&arguments, one->id, NULL);
	return kg_engine_ask(job, &collecting->engine, kg_arguments_end(&arguments), one_removed);
}

static struct kg_next
one_removed(struct kg_job *job)
{
	struct collecting *collecting = collecting_of(job);
	const struct candidate *one = collecting->old.items[--collecting->old.count];

	if (job->child.status == 0) {
		collecting->removed++;
		collecting->freed_bytes += one->adds_bytes;
	} else {
		kg_job_log(job, "%s stays: %s", one->id, job->child.last_lines);
	}
	return kg_go(remove_next);
}
