#include "engine/containers/listing.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/containers/listing_json.h"

/* Fewer digits of an id are more likely a name. */
static constexpr size_t id_least = 12, id_whole = 64;

static const char *const *
texts_join(struct kg_arena *arena, const char *const *first, const char *const *more)
{
	KG_LIST(const char *) all = { 0 };

	for (; *first; first++)
		kg_list_push(arena, &all, *first);
	for (; *more; more++) {
		bool is_there = false;

		for (uint32_t i = 0; i < all.count && !is_there; i++)
			is_there = strcmp(all.items[i], *more) == 0;
		if (!is_there)
			kg_list_push(arena, &all, *more);
	}
	kg_list_push(arena, &all, NULL);
	return all.items;
}

void
kg_images_add(struct kg_arena *arena, struct kg_images *images, const struct kg_image *image)
{
	uint32_t at;

	images->by_id.arena = images->by_name.arena = arena;
	if (!*image->id)
		return;
	if (kg_map_get(&images->by_id, image->id, &at)) {
		struct kg_image *known = &images->items[at];

		known->names = texts_join(arena, known->names, image->names);
		known->digests = texts_join(arena, known->digests, image->digests);
	} else {
		at = images->count;
		images->items = kg_list_grow(arena, images->items, images->count, &images->room, sizeof(*images->items));
		images->items[images->count++] = *image;
		kg_map_put(&images->by_id, image->id, at);
	}
	images->items[at].is_dangling = !*images->items[at].names;
	for (const char *const *name = image->names; *name; name++)
		if (!image->is_read_only || !kg_map_get(&images->by_name, *name, NULL))
			kg_map_put(&images->by_name, *name, at);
	for (const char *const *digest = image->digests; *digest; digest++)
		kg_map_put(&images->by_name, *digest, at);
}

static const struct kg_image *
by_name(const struct kg_images *images, const char *name)
{
	uint32_t at;

	return kg_map_get(&images->by_name, name, &at) ? &images->items[at] : NULL;
}

const struct kg_image *
kg_images_by_id(const struct kg_images *images, const char *id)
{
	uint32_t at;

	return kg_map_get(&images->by_id, kg_listing_id(id), &at) ? &images->items[at] : NULL;
}

static bool
is_id(const char *text)
{
	size_t digits = strspn(text, "0123456789abcdef");

	return text[digits] == '\0' && digits >= id_least && digits <= id_whole;
}

static const struct kg_image *
by_id_start(const struct kg_images *images, const char *start)
{
	const struct kg_image *found = NULL;

	for (uint32_t i = 0; i < images->count; i++) {
		if (!kg_text_starts(images->items[i].id, start))
			continue;
		if (found)
			return NULL;
		found = &images->items[i];
	}
	return found;
}

/* With the tag or digest that a name without one means. */
static const char *
tagged(struct kg_arena *arena, const char *text)
{
	const char *last = strrchr(text, '/');

	return strpbrk(last ? last : text, ":@") ? text : kg_format(arena, "%s:latest", text);
}

/* The first part of a name is a registry when it has a dot or a port, or is localhost. */
static bool
names_registry(const char *text)
{
	size_t length = strcspn(text, "/");

	return text[length] == '/' &&
	    (memchr(text, '.', length) || memchr(text, ':', length) || (length == 9 && strncmp(text, "localhost", 9) == 0));
}

/* Short names that podman's aliases led elsewhere: the only image whose name ends so. */
static const struct kg_image *
by_ending(const struct kg_images *images, const char *ending)
{
	const struct kg_image *found = NULL;

	for (uint32_t i = 0; images->items && i < images->count; i++)
		for (const char *const *name = images->items[i].names; *name; name++)
			if (kg_text_ends(*name, ending)) {
				if (found && found != &images->items[i])
					return NULL;
				found = &images->items[i];
			}
	return found;
}

const struct kg_image *
kg_images_find(const struct kg_images *images, struct kg_arena *arena, const char *text)
{
	static const char *const hub[] = { "docker.io/library/", "docker.io/", "index.docker.io/library/", "index.docker.io/" };
	const struct kg_image *found = NULL;

	if (kg_text_starts(text, "sha256:") || is_id(text)) {
		found = by_id_start(images, kg_listing_id(text));
		if (found || kg_text_starts(text, "sha256:"))
			return found;
	}
	const char *name = tagged(arena, text);
	found = by_name(images, name);
	if (names_registry(name)) {
		for (size_t i = 0; !found && i < sizeof(hub) / sizeof(hub[0]); i++)
			if (kg_text_starts(name, hub[i]))
				found = by_name(images, name + strlen(hub[i]));
		return found;
	}
	if (!found)
		found = by_name(images, kg_format(arena, "localhost/%s", name));
	if (!found)
		found = by_name(images, kg_format(arena, "docker.io/%s%s", strchr(name, '/') ? "" : "library/", name));
	return found ? found : by_ending(images, kg_format(arena, "/%s", name));
}

const struct kg_container *
kg_containers_find(const struct kg_containers *containers, const char *name)
{
	uint32_t at;

	return kg_map_get(&containers->by_name, name, &at) ? &containers->items[at] : NULL;
}

const struct kg_network *
kg_networks_find(const struct kg_networks *networks, const char *name)
{
	uint32_t at;

	return kg_map_get(&networks->by_name, name, &at) ? &networks->items[at] : NULL;
}

const struct kg_volume *
kg_volumes_find(const struct kg_volumes *volumes, const char *name)
{
	uint32_t at;

	return kg_map_get(&volumes->by_name, name, &at) ? &volumes->items[at] : NULL;
}

const char *
kg_label(const struct kg_pair *labels, const char *name)
{
	for (; labels && labels->name; labels++)
		if (strcmp(labels->name, name) == 0)
			return labels->value;
	return NULL;
}

static struct kg_image
image_inspected(struct kg_arena *arena, const cJSON *item)
{
	const cJSON *config = cJSON_GetObjectItemCaseSensitive(item, "Config");

	return (struct kg_image){
		.id = kg_listing_id(kg_listing_text(arena, item, "Id")),
		.names = kg_listing_texts(arena, item, "RepoTags"),
		.digests = kg_listing_texts(arena, item, "RepoDigests"),
		.digest = kg_listing_some_text(arena, item, "Digest"),
		.size_bytes = kg_listing_number(item, "Size", 0),
		.created_s = kg_listing_time_s(kg_listing_text(arena, item, "Created")),
		.labels = kg_listing_map(arena, config, "Labels"),
	};
}

struct kg_error *
kg_images_inspected(struct kg_arena *arena, const char *text, struct kg_images *ret_images)
{
	return kg_listing_images(arena, text, image_inspected, ret_images);
}
