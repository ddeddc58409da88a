/*
 * What the engines' listings have in common: how JSON is taken apart, and how a listing becomes what engine/containers/listing.h has.
 *
 *     error = kg_listing_images(arena, text, image_read, &images);
 *     error = kg_listing_each(arena, text, event_take, &context);
 *
 * podman prints an array, docker one object a line; either is read.
 */
#pragma once

#include <stdint.h>

#include <cjson/cJSON.h>

#include "engine/containers/listing.h"

struct kg_arena;
struct kg_error;
struct kg_pair;

/* Calls take for each object. KG_EDATA when text is no JSON. */
[[nodiscard]] struct kg_error *kg_listing_each(
    struct kg_arena *arena, const char *text, void (*take)(void *context, const cJSON *item), void *context);

/*
 * Whole listings, of what read makes of each object; a container without a name (NULL) is left out. *ret is emptied first. KG_EDATA as above.
 */
[[nodiscard]] struct kg_error *kg_listing_images(
    struct kg_arena *arena, const char *text, struct kg_image (*read)(struct kg_arena *, const cJSON *), struct kg_images *ret);
[[nodiscard]] struct kg_error *kg_listing_containers(struct kg_arena *arena, const char *text,
    struct kg_container (*read)(struct kg_arena *, const cJSON *), struct kg_containers *ret);
[[nodiscard]] struct kg_error *kg_listing_networks(
    struct kg_arena *arena, const char *text, struct kg_network (*read)(struct kg_arena *, const cJSON *), struct kg_networks *ret);
[[nodiscard]] struct kg_error *kg_listing_volumes(
    struct kg_arena *arena, const char *text, struct kg_volume (*read)(struct kg_arena *, const cJSON *), struct kg_volumes *ret);

/* The text of a member, copied; "" when it has none. */
const char *kg_listing_text(struct kg_arena *arena, const cJSON *item, const char *key);
/* The same, or NULL when it is absent, empty or docker's "<none>". */
const char *kg_listing_some_text(struct kg_arena *arena, const cJSON *item, const char *key);
int64_t kg_listing_number(const cJSON *item, const char *key, int64_t otherwise);
/* A list of texts, ended by NULL; an absent one is empty. */
const char *const *kg_listing_texts(struct kg_arena *arena, const cJSON *item, const char *key);
/* An object of texts, ended by a NULL name. */
const struct kg_pair *kg_listing_map(struct kg_arena *arena, const cJSON *item, const char *key);
/* The same from docker's "a=1,b=2". A value that holds a comma is cut there: the listing does not quote. */
const struct kg_pair *kg_listing_pairs(struct kg_arena *arena, const char *text);
/* "2026-11-21T09:28:42.5Z", "2026-11-21 09:28:42 +0000 UTC": seconds since 1970; 0 when it is neither. */
int64_t kg_listing_time_s(const char *text);
/* "running", "exited": in the words of any engine. */
enum kg_container_state kg_listing_state(const char *text);
/* Without "sha256:". */
const char *kg_listing_id(const char *id);

/* Adds an image, or what is new of it: engines list one with several names several times. */
void kg_images_add(struct kg_arena *arena, struct kg_images *images, const struct kg_image *image);
