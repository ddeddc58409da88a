/*
 * What an engine has: images, containers, networks and volumes, read from its listings and told alike for podman and docker.
 *
 *     struct kg_images images;
 *     struct kg_error *error = engine.driver->read_images(arena, job->child.output, &images);
 *     const struct kg_image *image = kg_images_find(&images, "postgres:16");
 *
 * Texts are in the arena that was given, and never NULL except where it is said. Ids are hexadecimal digits without a "sha256:" before them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/field.h"
#include "engine/base/list.h"
#include "engine/base/map.h"

struct kg_arena;
struct kg_error;

struct kg_image {
	const char *id;
	const char *const *names;   /* "localhost/web:1", "docker.io/library/postgres:16" (docker: "postgres:16"), ended by NULL */
	const char *const *digests; /* "localhost/web@sha256:…", ended by NULL */
	const char *digest;         /* of its manifest, "sha256:…"; NULL when the engine does not tell */
	int64_t size_bytes;         /* docker's listing gives three figures of it */
	int64_t created_s;          /* wall clock; 0: not told */
	const struct kg_pair *labels; /* ended by a NULL name; NULL: docker's listing does not tell them, its inspection does */
	bool
	    is_read_only; /* it lies in a store that several engines read: a name of the engine's own leads elsewhere all the same */
	bool is_dangling; /* no name leads to it */
};

struct kg_images {
	struct kg_image *items;
	uint32_t count, room;
	struct kg_map by_id, by_name; /* by_name: names and digests as the engine tells them */
};

enum kg_container_state {
	KG_CONTAINER_CREATED, /* never started, or being started */
	KG_CONTAINER_RUNNING,
	KG_CONTAINER_PAUSED,
	KG_CONTAINER_EXITED,
	KG_CONTAINER_OTHER, /* restarting, stopping, being removed, dead */
};

struct kg_container {
	const char *id, *name;
	const char *image;    /* as it was given when it was made */
	const char *image_id; /* NULL: docker does not tell */
	enum kg_container_state state;
	const char *state_text; /* the engine's own word */
	int32_t exit_code;      /* when EXITED; -1: not told */
	const char *ports;      /* "127.0.0.1:8080->80/tcp, …" */
	const char *const *networks;
	const struct kg_pair *labels;
};

struct kg_containers {
	struct kg_container *items;
	uint32_t count, room;
	struct kg_map by_name;
};

struct kg_network {
	const char *id, *name, *driver;
	const struct kg_pair *labels;
};

struct kg_networks {
	struct kg_network *items;
	uint32_t count, room;
	struct kg_map by_name;
};

struct kg_volume {
	const char *name, *driver;
	const struct kg_pair *labels;
};

struct kg_volumes {
	struct kg_volume *items;
	uint32_t count, room;
	struct kg_map by_name;
};

/*
 * The image that a user means by this text: "postgres" is postgres:latest, "postgres:16" is docker.io/library/postgres:16, and localhost/ is put
 * before a name that was made here. An id, or at least twelve digits of one, and name@sha256:… are taken too. NULL: not there.
 */
const struct kg_image *kg_images_find(const struct kg_images *images, struct kg_arena *arena, const char *text);
const struct kg_image *kg_images_by_id(const struct kg_images *images, const char *id);
const struct kg_container *kg_containers_find(const struct kg_containers *containers, const char *name);
const struct kg_network *kg_networks_find(const struct kg_networks *networks, const char *name);
const struct kg_volume *kg_volumes_find(const struct kg_volumes *volumes, const char *name);
/* The value of a label, or NULL. labels may be NULL. */
const char *kg_label(const struct kg_pair *labels, const char *name);

/*
 * Reads the array that `image inspect ID…` gives, which is alike for both engines, and tells sizes exactly and labels. KG_EDATA when it is not
 * one.
 */
[[nodiscard]] struct kg_error *kg_images_inspected(struct kg_arena *arena, const char *text, struct kg_images *ret_images);
