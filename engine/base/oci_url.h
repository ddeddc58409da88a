/*
 * The URL of a shared cache: which registry, and which of its repositories.
 *
 *     why = kg_oci_url_read(arena, "oci://ghcr.io/Acme/shop", &url, &advice);       NULL; host "ghcr.io", path "acme/shop"
 *
 * Pure.
 */
#pragma once

#include <stdbool.h>

struct kg_arena;

struct kg_oci_url {
	const char *host; /* in lower case, with the port, where one is given; an IPv6 address in brackets */
	const char *path; /* without a slash at either end, in lower case, as registries want it; "" when there is none */
	bool is_loopback; /* the host is this machine, whatever answers there */
};

/* NULL, or what is wrong with the text, as a sentence that goes on "…, because"; then *ret_advice is what to do about it. */
const char *kg_oci_url_read(struct kg_arena *arena, const char *text, struct kg_oci_url *ret_url, const char **ret_advice);
