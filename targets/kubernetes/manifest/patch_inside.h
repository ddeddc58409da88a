/* What the files of patches share. */
#pragma once

#include "targets/kubernetes/manifest/manifest.h"

struct kg_patching {
	struct kg_arena *arena;
	struct kg_errors *errors;
	struct kg_manifest *manifest;
	const struct kg_manifest_patch *patch;
	struct kg_object *object; /* that is being changed */
};

void kg_patch_values(struct kg_patching *patching);
/* Prefix, suffix and namespace, and what refers to what they change. */
void kg_patch_names(struct kg_patching *patching);
