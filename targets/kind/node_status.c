#include "targets/kind/node_status.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/containers/listing_json.h"

static const cJSON *
member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *
node_unready(struct kg_arena *arena, const cJSON *node, int64_t since_s)
{
	const char *name = kg_listing_text(arena, member(node, "metadata"), "name");
	const cJSON *one;

	cJSON_ArrayForEach(one, member(member(node, "status"), "conditions"))
	{
		if (strcmp(kg_listing_text(arena, one, "type"), "Ready") != 0)
			continue;
		if (kg_listing_time_s(kg_listing_text(arena, one, "lastHeartbeatTime")) < since_s)
			return kg_format(arena, "node %s has not been heard of since it was started", name);
		if (strcmp(kg_listing_text(arena, one, "status"), "True") == 0)
			return NULL;
		return kg_format(arena, "node %s: %s", name, kg_listing_text(arena, one, "message"));
	}
	return kg_format(arena, "node %s has said nothing yet", name);
}

const char *
kg_nodes_unready(struct kg_arena *arena, const char *list, uint32_t count, int64_t since_s)
{
	cJSON *tree = cJSON_Parse(list);
	const cJSON *node;
	const char *why = NULL;
	uint32_t found = 0;

	cJSON_ArrayForEach(node, member(tree, "items"))
	{
		why = why ? why : node_unready(arena, node, since_s);
		found++;
	}
	if (!why && found < count)
		why = kg_format(arena, "%u of %u nodes have joined", found, count);
	cJSON_Delete(tree);
	return why;
}
