/* What the client itself needs of manifests beside engine/registry.h. */
#pragma once

#include "engine/registry.h"

extern const char kg_manifest_accept[]; /* the header "Accept: …" */

/* "sha256:" and 64 small hexadecimal digits; the only algorithm that registries are known to use. NULL is none. */
bool kg_digest_is_well(const char *text);
/* The first entry of an index for "os/architecture[/variant]"; NULL when there is none. */
const struct kg_descriptor *kg_manifest_choose(struct kg_arena *arena, const struct kg_manifest *index, const char *platform);
