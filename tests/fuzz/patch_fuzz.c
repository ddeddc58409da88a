/*
 * Any YAML as manifests: patched with everything that there is, what comes out can be patched again to the same end, and is reviewed without harm.
 */
#include <stdint.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/manifest.h"
#include "targets/kubernetes/manifest/review.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *
all_of(struct kg_arena *arena, const struct kg_manifest *manifest)
{
	struct kg_text text = { .arena = arena };
	struct kg_object back;

	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];

		kg_assert(object->api_version && object->kind && object->name);
		kg_text_format(&text, "%s\n", kg_object_canonical(arena, object->json));
		if (kg_object_read_line(arena, kg_object_line(arena, object), &back))
			kg_assert(back.namespace_ || !object->namespace_);
		kg_assert(kg_object_level(object) < KG_LEVEL_COUNT);
	}
	return kg_text_end(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct kg_manifest_pair values[] = { { "A", "1" }, { "NAME", "x" }, { "EMPTY", "" } },
					     images[] = { { "web", "web:2" } }, labels[] = { { "l", "v" } };
	static const struct kg_manifest_replicas replicas[] = { { "web", 2 } };
	struct kg_arena *arena = kg_arena_make();
	struct kg_errors errors = { .arena = arena }, warnings = { .arena = arena };
	struct kg_manifest manifest = { 0 };
	struct kg_manifest_patch patch = { .values = values,
		.value_count = 3,
		.images = images,
		.image_count = 1,
		.replicas = replicas,
		.replica_count = 1,
		.labels = labels,
		.label_count = 1,
		.in_selectors = true,
		.name_prefix = "p-",
		.name_suffix = "-s",
		.namespace_ = "new" };

	kg_manifest_read(arena, &errors, &(struct kg_yaml_source){ "x", kg_copy_bytes(arena, bytes, size), size }, &manifest);
	kg_manifest_patch(arena, &errors, &manifest, &patch);
	patch = (struct kg_manifest_patch){ .namespace_ = "new", .labels = labels, .label_count = 1, .in_selectors = true };
	const char *once = all_of(arena, &manifest);
	kg_manifest_patch(arena, &errors, &manifest, &patch);
	kg_assert(strcmp(once, all_of(arena, &manifest)) == 0);
	kg_manifest_check(arena, &errors, &manifest);
	kg_manifest_review(arena,
	    &(struct kg_reviewed){ .node = "node", .manifest = &manifest, .cluster = "", .namespace_ = "default" }, 1, NULL,
	    &errors, &warnings);
	kg_arena_free(arena);
	return 0;
}
