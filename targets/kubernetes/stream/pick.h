/*
 * Which pod and which of its ports a connection goes to now. Pure: what is to be asked, and what the answers mean.
 *
 *     const struct kg_pick_about about = { .namespace_ = "shop", .kind = "service", .name = "postgresql", .port = "5432" };
 *     first = ask(kg_pick_path(arena, &about));
 *     path = kg_pick_second_path(arena, &about, first);                           NULL: the first answer is enough
 *     error = kg_pick(arena, &about, first, path ? ask(path) : NULL, NULL, &pick);
 */
#pragma once

#include <stdint.h>

#include <cjson/cJSON.h>

struct kg_arena;
struct kg_error;

struct kg_pick_about {
	const char *namespace_;
	const char *kind; /* one of kg_pick_kinds */
	const char *name;
	const char *port; /* a number or a name: the Service's, else the container's; NULL: none, and it is no Service */
};
/* "service", "pod", "deployment", …, ended by NULL. */
extern const char *const kg_pick_kinds[];

struct kg_pick {
	const char *pod;
	uint16_t port; /* 0: none was asked for */
};

const char *kg_pick_path(struct kg_arena *arena, const struct kg_pick_about *about);
const char *kg_pick_second_path(struct kg_arena *arena, const struct kg_pick_about *about, const cJSON *first);
/*
 * liked: taken when it is still ready, so that what a client has begun in one pod goes on there; NULL: any. KG_EBUSY when none is ready: there may be one later. KG_EINPUT when what was asked for is not
 * there: no such port, a Service without pods of its own.
 */
[[nodiscard]] struct kg_error *kg_pick(struct kg_arena *arena, const struct kg_pick_about *about, const cJSON *first,
    const cJSON *second, const char *liked, struct kg_pick *ret_pick);
