/*
 * A template with its names replaced.
 *
 *     error = kg_render(arena, "service/app.yaml.in", values, &content, &size);
 *
 * ${NAME} is replaced by the value of that name; $${ stands for ${ ; a dollar sign before anything else is itself.
 */
#pragma once

#include <stddef.h>

#include "engine/base/field.h"

/* KG_ESYSTEM when the template cannot be read; KG_EINPUT with file, line and column for a name that has no value or a brace that is missing. */
[[nodiscard]] struct kg_error *kg_render(
    struct kg_arena *arena, const char *template, const struct kg_pair *values, const char **ret_content, size_t *ret_size);
