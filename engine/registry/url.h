/*
 * URLs as registries give them in Location and realm: taken apart, and put together with the URL that they came from.
 *
 *     const char *next = kg_url_resolve(arena, "https://host/v2/x/blobs/uploads/", "/v2/x/blobs/uploads/1?_state=a");
 *
 * Pure. Reads http and https alone.
 */
#pragma once

#include <stdbool.h>

struct kg_arena;

struct kg_url {
	bool is_plain;         /* http, not https */
	const char *host;      /* lower case, without brackets */
	const char *port;      /* as text, the scheme's own when it does not say */
	const char *authority; /* host and port as they stand there */
	const char *rest;      /* path and query; "/" at least */
};
/* False when it is no URL of http or https with a host; one with a user in it is none either. */
[[nodiscard]] bool kg_url_read(struct kg_arena *arena, const char *text, struct kg_url *ret_url);
/* The absolute form of what base's answer referred to, without a fragment; NULL when it has none that may be followed. */
const char *kg_url_resolve(struct kg_arena *arena, const char *base, const char *location);
/* Whether both are of one scheme, host and port: only then may one see the other's credentials. */
bool kg_url_same_origin(struct kg_arena *arena, const char *one, const char *other);
/* With "name=value" added to its query; value is escaped. */
const char *kg_url_add(struct kg_arena *arena, const char *url, const char *name, const char *value);
/* 127.0.0.0/8, ::1, localhost; with or without brackets and port. */
bool kg_url_is_loopback(struct kg_arena *arena, const char *authority);
