/* Manifests and indexes of images, as docker and OCI write them. What comes from a registry is taken apart with suspicion. */
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/list.h"
#include "engine/base/text.h"
#include "engine/registry/manifest.h"

const char kg_manifest_oci[] = "application/vnd.oci.image.manifest.v1+json";
static const char index_oci[] = "application/vnd.oci.image.index.v1+json";
static const char manifest_docker[] = "application/vnd.docker.distribution.manifest.v2+json";
static const char index_docker[] = "application/vnd.docker.distribution.manifest.list.v2+json";

const char kg_manifest_accept[] = "Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
				  "application/vnd.docker.distribution.manifest.v2+json, "
				  "application/vnd.docker.distribution.manifest.list.v2+json";

/* More than any image has, and few enough to be looked through. */
static constexpr int descriptors_most = 10000;
static constexpr int annotations_most = 1000;
static constexpr double size_most = 9007199254740992.0; /* what a JSON number holds exactly */

static const char *
text_of(struct kg_arena *arena, const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsString(item) ? kg_copy(arena, item->valuestring) : NULL;
}

bool
kg_digest_is_well(const char *text)
{
	return text && kg_text_starts(text, "sha256:") && strlen(text + 7) == 64 && strspn(text + 7, "0123456789abcdef") == 64;
}

/* Never NULL. */
static const struct kg_pair *
annotations_read(struct kg_arena *arena, const cJSON *object)
{
	const cJSON *table = cJSON_GetObjectItemCaseSensitive(object, "annotations"), *item;
	int count = cJSON_IsObject(table) ? cJSON_GetArraySize(table) : 0, kept = 0;

	if (count > annotations_most)
		count = 0;
	struct kg_pair *pairs = kg_new_array(arena, struct kg_pair, (size_t)count + 1);
	if (count > 0)
		cJSON_ArrayForEach(item, table) if (cJSON_IsString(item)) pairs[kept++] =
		    (struct kg_pair){ kg_copy(arena, item->string), kg_copy(arena, item->valuestring) };
	return pairs;
}

static bool
descriptor_read(struct kg_arena *arena, const cJSON *object, struct kg_descriptor *ret_descriptor)
{
	const cJSON *size = cJSON_GetObjectItemCaseSensitive(object, "size");
	const cJSON *platform = cJSON_GetObjectItemCaseSensitive(object, "platform");
	struct kg_descriptor descriptor = {
		.media_type = text_of(arena, object, "mediaType"),
		.digest = text_of(arena, object, "digest"),
		.os = text_of(arena, platform, "os"),
		.architecture = text_of(arena, platform, "architecture"),
		.variant = text_of(arena, platform, "variant"),
		.annotations = annotations_read(arena, object),
	};

	if (!kg_digest_is_well(descriptor.digest) || !cJSON_IsNumber(size) || size->valuedouble < 0 ||
	    size->valuedouble > size_most)
		return false;
	if (!descriptor.media_type)
		descriptor.media_type = "";
	descriptor.size = (int64_t)size->valuedouble;
	*ret_descriptor = descriptor;
	return true;
}

static bool
descriptors_read(struct kg_arena *arena, const cJSON *list, struct kg_manifest *manifest)
{
	int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;
	const cJSON *item;

	if (count < 0 || count > descriptors_most)
		return false;
	struct kg_descriptor *descriptors = kg_new_array(arena, struct kg_descriptor, (size_t)count + 1);
	cJSON_ArrayForEach(item, list) if (!descriptor_read(arena, item, &descriptors[manifest->layer_count++])) return false;
	manifest->layers = descriptors;
	return true;
}

static struct kg_error *
wrong(struct kg_arena *arena, const char *why)
{
	return kg_error_make(arena, KG_ENETWORK, "what came as a manifest %s", why);
}

/* The body's own word counts; a header can be lost or made up on the way. */
static const char *
type_of(struct kg_arena *arena, const cJSON *root, const char *content_type)
{
	const char *type = text_of(arena, root, "mediaType");

	if (!type && content_type)
		type = kg_copy_bytes(arena, content_type, strcspn(content_type, "; \t"));
	if (!type || strcmp(type, "application/json") == 0)
		type = cJSON_GetObjectItemCaseSensitive(root, "manifests") ? index_oci : kg_manifest_oci;
	return type;
}

static struct kg_error *
root_read(struct kg_arena *arena, const cJSON *root, const char *content_type, struct kg_manifest *manifest)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "schemaVersion");

	if (!cJSON_IsObject(root))
		return wrong(arena, "is no JSON object");
	if (cJSON_IsNumber(version) && version->valuedouble == 1)
		return wrong(arena, "is of docker's old form (schema 1)");
	if (!cJSON_IsNumber(version) || version->valuedouble != 2)
		return wrong(arena, "has no schemaVersion 2");
	manifest->media_type = type_of(arena, root, content_type);
	manifest->artifact_type = text_of(arena, root, "artifactType");
	manifest->annotations = annotations_read(arena, root);
	manifest->is_index = strcmp(manifest->media_type, index_oci) == 0 || strcmp(manifest->media_type, index_docker) == 0;
	if (manifest->is_index)
		return descriptors_read(arena, cJSON_GetObjectItemCaseSensitive(root, "manifests"), manifest)
		    ? NULL
		    : wrong(arena, "has no proper list of manifests");
	if (strcmp(manifest->media_type, kg_manifest_oci) != 0 && strcmp(manifest->media_type, manifest_docker) != 0)
		return kg_error_make(arena, KG_ENETWORK, "there is a %.100s, not a manifest", manifest->media_type);
	if (!descriptor_read(arena, cJSON_GetObjectItemCaseSensitive(root, "config"), &manifest->config))
		return wrong(arena, "has no proper config");
	return descriptors_read(arena, cJSON_GetObjectItemCaseSensitive(root, "layers"), manifest)
	    ? NULL
	    : wrong(arena, "has no proper list of layers");
}

struct kg_error *
kg_registry_manifest_read(
    struct kg_arena *arena, const char *bytes, size_t size, const char *content_type, struct kg_manifest *ret_manifest)
{
	cJSON *root = cJSON_ParseWithLength(bytes, size);
	struct kg_manifest manifest = {};
	struct kg_error *error = root_read(arena, root, content_type, &manifest);

	cJSON_Delete(root);
	if (!error)
		*ret_manifest = manifest;
	return error;
}

const char *
kg_annotation(const struct kg_pair *annotations, const char *name)
{
	for (const struct kg_pair *pair = annotations; pair && pair->name; pair++)
		if (strcmp(pair->name, name) == 0)
			return pair->value;
	return NULL;
}

/* "arm64" has the variant v8 whether it is said or not. */
static bool
variant_fits(const struct kg_descriptor *entry, const char *architecture, const char *variant)
{
	if (!variant || kg_text_equal(entry->variant, variant))
		return true;
	return !entry->variant && strcmp(architecture, "arm64") == 0 && strcmp(variant, "v8") == 0;
}

const struct kg_descriptor *
kg_manifest_choose(struct kg_arena *arena, const struct kg_manifest *index, const char *platform)
{
	char *os = kg_copy(arena, platform), *architecture = strchr(os, '/'), *variant;

	if (!architecture)
		return NULL;
	*architecture++ = '\0';
	variant = strchr(architecture, '/');
	if (variant)
		*variant++ = '\0';
	for (uint32_t i = 0; i < index->layer_count; i++) {
		const struct kg_descriptor *entry = &index->layers[i];

		if (kg_text_equal(entry->os, os) && kg_text_equal(entry->architecture, architecture) &&
		    variant_fits(entry, architecture, variant))
			return entry;
	}
	return NULL;
}
