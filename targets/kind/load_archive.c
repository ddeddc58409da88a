/* Which parts of an image travel: what an OCI layout holds, what the nodes hold, and the index of the archive between them. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kind/load_inside.h"

static constexpr char digest_start[] = "sha256:";
enum { DIGEST_HEX = 64 };

static bool
is_digest(const char *text)
{
	return text && kg_text_starts(text, digest_start) && strlen(text) == sizeof(digest_start) - 1 + DIGEST_HEX &&
	    strspn(text + sizeof(digest_start) - 1, "0123456789abcdef") == DIGEST_HEX;
}

/* False when it is no descriptor of OCI's. */
static bool
blob_read(struct kg_arena *arena, const cJSON *descriptor, struct load_blob *ret_blob)
{
	const char *digest = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(descriptor, "digest"));
	double size = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(descriptor, "size"));

	if (!is_digest(digest) || !(size >= 0) || size > (double)((int64_t)1 << 50))
		return false;
	*ret_blob = (struct load_blob){ kg_copy(arena, digest), (int64_t)size };
	return true;
}

const char *
kg_load_digest_hex(const char *digest)
{
	return digest + sizeof(digest_start) - 1;
}

const char *
kg_load_blob_path(struct kg_arena *arena, const char *blobs, const char *digest)
{
	return kg_format(arena, "%s/sha256/%s", blobs, kg_load_digest_hex(digest));
}

struct kg_error *
kg_load_image_parts(struct kg_arena *arena, const char *blobs, struct load_image *image)
{
	const char *text;
	size_t size;
	struct kg_error *error = kg_file_read(arena, kg_load_blob_path(arena, blobs, image->manifest.digest), &text, &size);

	if (error)
		return error;
	cJSON *manifest = cJSON_Parse(text);
	const cJSON *layers = cJSON_GetObjectItemCaseSensitive(manifest, "layers"), *layer;
	struct load_blob blob;
	bool is_sound = blob_read(arena, cJSON_GetObjectItemCaseSensitive(manifest, "config"), &blob) && cJSON_IsArray(layers);

	kg_list_push(arena, &image->blobs, image->manifest);
	if (is_sound)
		kg_list_push(arena, &image->blobs, blob);
	cJSON_ArrayForEach(layer, layers)
	{
		is_sound = is_sound && blob_read(arena, layer, &blob);
		if (is_sound)
			kg_list_push(arena, &image->blobs, blob);
	}
	cJSON_Delete(manifest);
	return is_sound ? NULL : kg_error_make(arena, KG_EFAILED, "the manifest of %s is none", image->name);
}

struct kg_error *
kg_load_image_read(struct kg_arena *arena, const char *index, const char *blobs, const char *name, struct load_image *ret_image)
{
	cJSON *json = cJSON_Parse(index);
	const cJSON *manifests = cJSON_GetObjectItemCaseSensitive(json, "manifests");

	*ret_image = (struct load_image){ .name = name };
	bool is_sound =
	    cJSON_GetArraySize(manifests) == 1 && blob_read(arena, cJSON_GetArrayItem(manifests, 0), &ret_image->manifest);
	cJSON_Delete(json);
	if (!is_sound)
		return kg_error_make(arena, KG_EFAILED, "the layout of %s does not hold one image", name);
	return kg_load_image_parts(arena, blobs, ret_image);
}

static bool
all_have(const struct kg_map *contents, uint32_t node_count, const char *digest)
{
	for (uint32_t i = 0; contents && i < node_count; i++)
		if (!kg_map_get(&contents[i], digest, NULL))
			return false;
	return contents != NULL;
}

void
kg_load_parts_find(struct kg_arena *arena, const struct load_image *images, uint32_t count, const struct kg_map *contents,
    uint32_t node_count, struct load_parts *ret_parts)
{
	struct kg_map taken = { .arena = arena };

	*ret_parts = (struct load_parts){ 0 };
	for (uint32_t i = 0; i < count; i++) {
		/* The first is the manifest, which import reads from the archive itself; the second the configuration, likewise. */
		for (uint32_t j = 0; j < images[i].blobs.count; j++) {
			const struct load_blob *blob = &images[i].blobs.items[j];

			if ((j >= 2 && all_have(contents, node_count, blob->digest)) || !kg_map_put(&taken, blob->digest, 0))
				continue;
			kg_list_push(arena, ret_parts, *blob);
			ret_parts->size_bytes += blob->size_bytes;
		}
	}
}

const char *
kg_load_index_write(struct kg_arena *arena, const struct load_image *images, uint32_t count)
{
	cJSON *index = cJSON_CreateObject();

	cJSON_AddNumberToObject(index, "schemaVersion", 2);
	cJSON *manifests = cJSON_AddArrayToObject(index, "manifests");
	for (uint32_t i = 0; i < count; i++) {
		cJSON *manifest = cJSON_CreateObject(), *annotations;

		cJSON_AddItemToArray(manifests, manifest);
		cJSON_AddStringToObject(manifest, "mediaType", "application/vnd.oci.image.manifest.v1+json");
		cJSON_AddStringToObject(manifest, "digest", images[i].manifest.digest);
		cJSON_AddNumberToObject(manifest, "size", (double)images[i].manifest.size_bytes);
		annotations = cJSON_AddObjectToObject(manifest, "annotations");
		cJSON_AddStringToObject(annotations, "io.containerd.image.name", images[i].name);
	}
	char *text = cJSON_PrintUnformatted(index);
	if (!text)
		kg_out_of_memory();
	const char *copy = kg_copy(arena, text);
	cJSON_free(text);
	cJSON_Delete(index);
	return copy;
}

void
kg_load_contents_read(struct kg_arena *arena, const char *listing, struct kg_map *has)
{
	for (const char *at = listing; *at;) {
		size_t length = strcspn(at, "\n");
		const char *line = kg_copy_bytes(arena, at, length);

		if (is_digest(line))
			kg_map_put(has, line, 0);
		at += length + (at[length] == '\n');
	}
}

/* The first three columns: name, type, digest. The first line is the heading. */
void
kg_load_images_read(
    struct kg_arena *arena, const char *listing, void (*found)(void *context, const char *name, const char *digest), void *context)
{
	for (const char *at = listing; *at;) {
		size_t length = strcspn(at, "\n");
		char *line = kg_copy_bytes(arena, at, length), *rest = NULL;
		const char *name = strtok_r(line, " \t", &rest);
		const char *type = name ? strtok_r(NULL, " \t", &rest) : NULL;
		const char *digest = type ? strtok_r(NULL, " \t", &rest) : NULL;

		if (is_digest(digest))
			found(context, name, digest);
		at += length + (at[length] == '\n');
	}
}
