/*
 * The kubeconfig that kind writes, with which its cluster is asked how it is.
 *
 *     struct kg_kubeconfig config;
 *     struct kg_error *error = kg_kind_kubeconfig_read(arena, path, bytes, size, &config);
 */
#pragma once

#include <stddef.h>

#include "engine/kubeconfig/kubeconfig.h"

/*
 * Of the current context; *ret_config is empty when there is an error. KG_EINPUT when it is no kubeconfig, KG_EDATA when it is not as kind writes it: https, with
 * the certificates and the key in the file itself. file is for messages.
 */
[[nodiscard]] struct kg_error *kg_kind_kubeconfig_read(
    struct kg_arena *arena, const char *file, const char *text, size_t size, struct kg_kubeconfig *ret_config);
