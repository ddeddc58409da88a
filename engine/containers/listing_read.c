#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/containers/listing_json.h"

/* What a listing's objects become, and where they go. */
struct reading {
	struct kg_arena *arena;
	union {
		struct kg_image (*image)(struct kg_arena *, const cJSON *);
		struct kg_container (*container)(struct kg_arena *, const cJSON *);
		struct kg_network (*network)(struct kg_arena *, const cJSON *);
		struct kg_volume (*volume)(struct kg_arena *, const cJSON *);
	} read;
	union {
		struct kg_images *images;
		struct kg_containers *containers;
		struct kg_networks *networks;
		struct kg_volumes *volumes;
	} into;
};

enum kg_container_state
kg_listing_state(const char *text)
{
	static const struct {
		const char *text;
		enum kg_container_state state;
	} states[] = {
		{ "running", KG_CONTAINER_RUNNING },
		{ "created", KG_CONTAINER_CREATED },
		{ "configured", KG_CONTAINER_CREATED },
		{ "initialized", KG_CONTAINER_CREATED },
		{ "paused", KG_CONTAINER_PAUSED },
		{ "exited", KG_CONTAINER_EXITED },
		{ "stopped", KG_CONTAINER_EXITED },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].text, text) == 0)
			return states[i].state;
	return KG_CONTAINER_OTHER;
}

static void
image_take(void *context, const cJSON *item)
{
	const struct reading *reading = context;
	const struct kg_image image = reading->read.image(reading->arena, item);

	kg_images_add(reading->arena, reading->into.images, &image);
}

struct kg_error *
kg_listing_images(
    struct kg_arena *arena, const char *text, struct kg_image (*read)(struct kg_arena *, const cJSON *), struct kg_images *ret)
{
	struct reading reading = { .arena = arena, .read.image = read, .into.images = ret };

	*ret = (struct kg_images){ 0 };
	return kg_listing_each(arena, text, image_take, &reading);
}

static void
container_take(void *context, const cJSON *item)
{
	const struct reading *reading = context;
	struct kg_containers *containers = reading->into.containers;
	const struct kg_container container = reading->read.container(reading->arena, item);

	if (!container.name)
		return;
	containers->by_name.arena = reading->arena;
	kg_map_put(&containers->by_name, container.name, containers->count);
	kg_list_push(reading->arena, containers, container);
}

struct kg_error *
kg_listing_containers(struct kg_arena *arena, const char *text, struct kg_container (*read)(struct kg_arena *, const cJSON *),
    struct kg_containers *ret)
{
	struct reading reading = { .arena = arena, .read.container = read, .into.containers = ret };

	*ret = (struct kg_containers){ 0 };
	return kg_listing_each(arena, text, container_take, &reading);
}

static void
network_take(void *context, const cJSON *item)
{
	const struct reading *reading = context;
	struct kg_networks *networks = reading->into.networks;
	const struct kg_network network = reading->read.network(reading->arena, item);

	networks->by_name.arena = reading->arena;
	kg_map_put(&networks->by_name, network.name, networks->count);
	kg_list_push(reading->arena, networks, network);
}

struct kg_error *
kg_listing_networks(
    struct kg_arena *arena, const char *text, struct kg_network (*read)(struct kg_arena *, const cJSON *), struct kg_networks *ret)
{
	struct reading reading = { .arena = arena, .read.network = read, .into.networks = ret };

	*ret = (struct kg_networks){ 0 };
	return kg_listing_each(arena, text, network_take, &reading);
}

static void
volume_take(void *context, const cJSON *item)
{
	const struct reading *reading = context;
	struct kg_volumes *volumes = reading->into.volumes;
	const struct kg_volume volume = reading->read.volume(reading->arena, item);

	volumes->by_name.arena = reading->arena;
	kg_map_put(&volumes->by_name, volume.name, volumes->count);
	kg_list_push(reading->arena, volumes, volume);
}

struct kg_error *
kg_listing_volumes(
    struct kg_arena *arena, const char *text, struct kg_volume (*read)(struct kg_arena *, const cJSON *), struct kg_volumes *ret)
{
	struct reading reading = { .arena = arena, .read.volume = read, .into.volumes = ret };

	*ret = (struct kg_volumes){ 0 };
	return kg_listing_each(arena, text, volume_take, &reading);
}
