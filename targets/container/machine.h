/* This machine as image builders name it: "linux/amd64". */
#pragma once

#include "engine/base/field.h"

struct kg_arena;

/* "linux/amd64", "linux/arm/v7" */
const char *kg_machine_platform(struct kg_arena *arena);
/*
 * What builders set for FROM by themselves: BUILDPLATFORM, TARGETPLATFORM, and OS, ARCH and VARIANT of each; ended by a NULL name. target NULL: this
 * machine.
 */
const struct kg_pair *kg_machine_arguments(struct kg_arena *arena, const char *target);
