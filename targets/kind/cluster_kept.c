#include "targets/kind/cluster_kept.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/containers/listing_json.h"

static constexpr size_t id_least = 12;

const char *
kg_cluster_kept_text(struct kg_arena *arena, const struct kg_cluster_kept *kept)
{
	cJSON *object = cJSON_CreateObject(), *nodes = cJSON_CreateArray();

	cJSON_AddStringToObject(object, "owner", kept->owner);
	cJSON_AddStringToObject(object, "folder", kept->folder);
	cJSON_AddStringToObject(object, "node", kept->node);
	cJSON_AddStringToObject(object, "name", kept->name);
	cJSON_AddStringToObject(object, "engine", kept->engine);
	cJSON_AddStringToObject(object, "config", kept->config);
	cJSON_AddBoolToObject(object, "made", kept->is_made);
	for (const char *const *id = kept->nodes; id && *id; id++)
		cJSON_AddItemToArray(nodes, cJSON_CreateString(*id));
	cJSON_AddItemToObject(object, "nodes", nodes);
	char *printed = cJSON_Print(object);
	const char *text = kg_copy(arena, printed);
	cJSON_free(printed);
	cJSON_Delete(object);
	return text;
}

bool
kg_cluster_kept_read(struct kg_arena *arena, const char *path, struct kg_cluster_kept *ret_kept)
{
	const char *bytes;
	size_t size;
	cJSON *object = kg_file_read(arena, path, &bytes, &size) ? NULL : cJSON_Parse(bytes);

	*ret_kept = (struct kg_cluster_kept){
		.owner = kg_listing_text(arena, object, "owner"),
		.folder = kg_listing_text(arena, object, "folder"),
		.node = kg_listing_text(arena, object, "node"),
		.name = kg_listing_text(arena, object, "name"),
		.engine = kg_listing_text(arena, object, "engine"),
		.config = kg_listing_text(arena, object, "config"),
		.nodes = kg_listing_texts(arena, object, "nodes"),
		.is_made = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "made")),
	};
	cJSON_Delete(object);
	return *ret_kept->owner && *ret_kept->name && *ret_kept->engine;
}

struct kg_error *
kg_cluster_kept_write(struct kg_arena *arena, const char *path, const struct kg_cluster_kept *kept)
{
	const char *text = kg_cluster_kept_text(arena, kept);

	return kg_file_write(arena, path, text, strlen(text), 0600);
}

bool
kg_cluster_kept_has(const struct kg_cluster_kept *kept, const char *id)
{
	size_t length = strlen(id);

	for (const char *const *one = kept->nodes; length >= id_least && one && *one; one++)
		if (strncmp(*one, id, strlen(*one) < length ? strlen(*one) : length) == 0 && strlen(*one) >= id_least)
			return true;
	return false;
}
