/*
 * What is needed of the kubeconfig that kind writes, to ask its cluster how it is.
 *
 *     struct kg_kind_kubeconfig config;
 *     struct kg_error *error = kg_kind_kubeconfig_read(arena, path, bytes, size, &config);
 */
#pragma once

#include <stddef.h>

struct kg_arena;
struct kg_error;

/* All in the arena; certificates and key as PEM. */
struct kg_kind_kubeconfig {
	const char *context, *server;
	const char *ca, *certificate, *key;
};

/* Of the current context. KG_EDATA when it is not as kind writes it. file is for messages. */
[[nodiscard]] struct kg_error *kg_kind_kubeconfig_read(
    struct kg_arena *arena, const char *file, const char *text, size_t size, struct kg_kind_kubeconfig *ret_config);
