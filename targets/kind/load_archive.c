/* Which parts of an image travel: what an OCI layout holds, what the nodes hold, and the archive between them. */
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

static struct kg_error *
manifest_read(struct kg_arena *arena, const char *text, struct load_image *image)
{
	cJSON *manifest = cJSON_Parse(text);
	const cJSON *layers = cJSON_GetObjectItemCaseSensitive(manifest, "layers"), *layer;
	struct load_blob blob;
	bool is_sound = blob_read(arena, cJSON_GetObjectItemCaseSensitive(manifest, "config"), &blob) && cJSON_IsArray(layers);

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
	const char *text;
	size_t size;

	*ret_image = (struct load_image){ .name = name };
	bool is_sound =
	    cJSON_GetArraySize(manifests) == 1 && blob_read(arena, cJSON_GetArrayItem(manifests, 0), &ret_image->manifest);
	cJSON_Delete(json);
	if (!is_sound)
		return kg_error_make(arena, KG_EFAILED, "the layout of %s does not hold one image", name);
	kg_list_push(arena, &ret_image->blobs, ret_image->manifest);
	const char *path = kg_format(arena, "%s/sha256/%s", blobs, ret_image->manifest.digest + sizeof(digest_start) - 1);
	struct kg_error *error = kg_file_read(arena, path, &text, &size);
	return error ? error : manifest_read(arena, text, ret_image);
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
