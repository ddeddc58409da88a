/*
 * What the files of the kind `container` share: its settings, what it keeps from step to step, and how one is made.
 */
#pragma once

#include "engine/base/field.h"
#include "engine/probe.h"
#include "targets/container/inspect.h"
#include "targets/container/removal.h"
#include "targets/container/survey.h"

struct container_stop {
	int64_t signal; /* index into the names of signals; 0: the image's own */
	int64_t after_ms;
};

struct container_mount {
	const char *source, *target;
	bool read_only;
	int64_t relabel; /* enum container_relabel */
};
enum container_relabel { CONTAINER_RELABEL_NONE, CONTAINER_RELABEL_SHARED, CONTAINER_RELABEL_PRIVATE };

struct container_health {
	const char *const *command;
	int64_t interval_ms, timeout_ms, start_period_ms, retries;
};

struct container_spec {
	struct kg_engine_spec engine; /* first: see engine.h */
	const char *name, *image, *user, *workdir, *hostname, *cpus, *userns, *platform;
	const char *const *command, *const *entrypoint;
	const char *const *ports, *const *volumes, *const *tmpfs;
	const struct container_mount *const *mounts;
	const char *const *network, *const *aliases, *const *hosts;
	const char *const *cap_add, *const *cap_drop, *const *devices, *const *options;
	const struct kg_pair *labels;
	const struct container_stop *stop;
	const struct container_health *health;
	int64_t memory, shm_size;
	bool privileged, init, read_only;
};

struct container_state {
	struct kg_removal removal; /* first: see removal.h */
	struct kg_engine engine;
	const char *name;
	struct kg_inspected it; /* as it was looked at last */
	const char *image_id;
	bool was_pulled, was_created;
	bool was_started;        /* in this run */
	const char *const *more; /* networks beyond the first that it is still to be put on */
	struct kg_error *error;  /* why it could not be started, while it is cleaned up */
	const char *port;        /* that is taken */

	/* While it is waited for: */
	int64_t waited_from_ns, health_tried_ms;
	uint32_t deaths_known; /* that were no deaths of what runs now */
	bool is_followed;
	bool is_follower_useless; /* it ended, and the container goes on */
	const char *ready_mark;
	struct kg_probe_about about;
};

/* The image that it was made from, for engines whose listing does not say. */
#define KG_LABEL_IMAGE "io.kgraph.image"

extern const struct kg_field kg_container_fields[];
/* As kg_facts.check. */
[[nodiscard]] struct kg_error *kg_container_check(struct kg_arena *arena, const void *given);

const char *kg_container_name(const struct kg_job *job);
int64_t kg_container_grace_ms(const struct container_spec *spec);
/* Its own image, as its label or the listing says; "" when neither does. */
const char *kg_container_image(const struct kg_pair *labels, const char *image_id);

/* "127.0.0.1:8080:80/tcp" for "8080:80": what is published is so on this machine alone, unless an address is given. NULL when it is no port. */
const char *kg_container_publish(struct kg_arena *arena, const char *text);
/* The port of this machine that it takes, 0 when any free one. */
uint16_t kg_container_host_port(struct kg_arena *arena, const char *text);
/* The name of the volume, or path, before the colon; NULL when text is no volume. */
const char *kg_container_volume(struct kg_arena *arena, const char *text);
/* A network is joined by name, and no mode such as host or none. */
bool kg_container_joins(const char *network);
/* Under which names the container is found on its networks, ended by NULL. */
const char *const *kg_container_aliases(struct kg_job *job);

/* The child that makes it, or why its environment cannot be handed on. */
[[nodiscard]] struct kg_error *kg_container_create(struct kg_job *job, const struct kg_child **ret_child);

/* Files of its own below job->keep: since when its log counts, and which rule was met by a line of it. */
const char *kg_container_since(struct kg_job *job);
const char *kg_container_since_path(struct kg_job *job);
const char *kg_container_ready_path(struct kg_job *job);

/* How often the container has ended, as far as the stream has told. survey may be NULL. */
uint32_t kg_container_deaths(const struct kg_container_survey *survey, const char *id);

/* The operations. */
kg_step kg_container_run, kg_container_ready, kg_container_watch, kg_container_gather;
