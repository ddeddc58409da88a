#include <stdlib.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/registry/manifest.h"

static void
annotations_add(struct kg_text *text, const struct kg_pair *annotations)
{
	const char *before = ",\"annotations\":{";

	for (const struct kg_pair *pair = annotations; pair && pair->name; pair++) {
		kg_text_add(text, before);
		kg_text_add_json(text, pair->name);
		kg_text_add(text, ":");
		kg_text_add_json(text, pair->value);
		before = ",";
	}
	if (annotations && annotations->name)
		kg_text_add(text, "}");
}

static void
descriptor_add(struct kg_text *text, const struct kg_descriptor *descriptor)
{
	kg_text_add(text, "{\"mediaType\":");
	kg_text_add_json(text, descriptor->media_type);
	kg_text_format(text, ",\"digest\":\"%s\",\"size\":%lld", descriptor->digest, (long long)descriptor->size);
	annotations_add(text, descriptor->annotations);
	kg_text_add(text, "}");
}

const char *
kg_manifest_write(struct kg_arena *arena, const struct kg_manifest *manifest)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(&text, "{\"schemaVersion\":2,\"mediaType\":\"%s\"", kg_manifest_oci);
	if (manifest->artifact_type) {
		kg_text_add(&text, ",\"artifactType\":");
		kg_text_add_json(&text, manifest->artifact_type);
	}
	kg_text_add(&text, ",\"config\":");
	descriptor_add(&text, &manifest->config);
	kg_text_add(&text, ",\"layers\":[");
	for (uint32_t i = 0; i < manifest->layer_count; i++) {
		if (i > 0)
			kg_text_add(&text, ",");
		descriptor_add(&text, &manifest->layers[i]);
	}
	kg_text_add(&text, "]");
	annotations_add(&text, manifest->annotations);
	kg_text_add(&text, "}");
	return kg_text_end(&text);
}

const char *
kg_manifest_annotate(struct kg_arena *arena, const char *bytes, size_t size, const struct kg_pair *annotations)
{
	cJSON *root = cJSON_ParseWithLength(bytes, size), *table = NULL;
	const char *written = NULL;

	if (cJSON_IsObject(root)) {
		table = cJSON_GetObjectItemCaseSensitive(root, "annotations");
		if (!cJSON_IsObject(table)) {
			cJSON_DeleteItemFromObjectCaseSensitive(root, "annotations");
			table = cJSON_AddObjectToObject(root, "annotations");
		}
	}
	for (const struct kg_pair *pair = annotations; table && pair->name; pair++) {
		cJSON_DeleteItemFromObjectCaseSensitive(table, pair->name);
		cJSON_AddStringToObject(table, pair->name, pair->value);
	}
	if (table) {
		char *text = cJSON_PrintUnformatted(root);

		if (!text)
			kg_out_of_memory();
		written = kg_copy(arena, text);
		free(text);
	}
	cJSON_Delete(root);
	return written;
}
