/* What the files of patches share. */
#pragma once

#include "engine/base/list.h"
#include "engine/base/map.h"
#include "targets/kubernetes/manifest/manifest.h"

struct kg_patching {
	struct kg_arena *arena;
	struct kg_errors *errors;
	struct kg_manifest *manifest;
	const struct kg_manifest_patch *patch;
	struct kg_object *object; /* that is being changed */
};

/* Services that are called otherwise from now on: "NAME.NAMESPACE" as they were, and as they are. */
struct kg_hosts {
	struct kg_arena *arena;
	struct kg_map names; /* to renamed */
	KG_LIST(const char *) renamed;
};

void kg_patch_values(struct kg_patching *patching);
/* Prefix, suffix and namespace, and what refers to what they change. */
void kg_patch_names(struct kg_patching *patching);
/* Puts the new names into all texts below json. */
void kg_patch_hosts(const struct kg_hosts *hosts, cJSON *json);
