#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/error.h"
#include "engine/yaml/yaml.h"
#include "targets/kind/cluster_config.h"

/* What kind reads as texts, whatever it looks like: the label `yes` is no boolean, and `1.10` not the number 1.1. */
static void
texts_keep(struct kg_arena *arena, cJSON *map)
{
	for (cJSON *value = cJSON_IsObject(map) ? map->child : NULL; value; value = value->next) {
		const char *written = cJSON_IsNumber(value) || cJSON_IsBool(value) ? kg_yaml_plain_text(arena, value) : NULL;

		if (!written)
			continue;
		value->type = (value->type & ~0xff) | cJSON_String;
		value->valuestring = (char *)written;
	}
}

/* Printed and read again: the tree becomes one whose parts can be replaced and freed. */
static cJSON *
tree_of(struct kg_arena *arena, cJSON *root)
{
	cJSON *node;

	texts_keep(arena, cJSON_GetObjectItemCaseSensitive(root, "runtimeConfig"));
	cJSON_ArrayForEach(node, cJSON_GetObjectItemCaseSensitive(root, "nodes"))
	    texts_keep(arena, cJSON_GetObjectItemCaseSensitive(node, "labels"));
	char *json = cJSON_PrintUnformatted(root);
	cJSON *tree = cJSON_Parse(json);
	cJSON_free(json);
	kg_assert(tree);
	return tree;
}

struct kg_error *
kg_cluster_file_read(struct kg_arena *arena, const char *file, const char *text, size_t size, cJSON **ret_tree)
{
	const struct kg_yaml_source source = { .file = kg_copy(arena, file), .text = text, .size = size };
	struct kg_errors errors = { .arena = arena };
	struct kg_yaml yaml = { 0 };

	kg_yaml_read(arena, &errors, &source, &yaml);
	*ret_tree = NULL;
	if (errors.first)
		return errors.first;
	*ret_tree = yaml.documents.count > 0 ? tree_of(arena, yaml.documents.items[0]) : cJSON_CreateNull();
	return NULL;
}
