#include "targets/kubernetes/inventory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"

static constexpr int version = 1;

static const char *
key_of(struct kg_arena *arena, const char *api_version, const char *kind, const char *namespace_, const char *name)
{
	const char *slash = strchr(api_version, '/');
	int group_length = slash ? (int)(slash - api_version) : 0;

	return kg_format(arena, "%.*s/%s/%s/%s", group_length, api_version, kind, namespace_ ? namespace_ : "", name);
}

struct kg_put *
kg_inventory_find(const struct kg_inventory *inventory, struct kg_arena *arena, const char *api_version, const char *kind,
    const char *namespace_, const char *name)
{
	uint32_t index;

	return kg_map_get(&inventory->index, key_of(arena, api_version, kind, namespace_, name), &index)
	    ? &inventory->puts.items[index]
	    : NULL;
}

void
kg_inventory_add(struct kg_inventory *inventory, struct kg_arena *arena, struct kg_put put)
{
	inventory->index.arena = arena;
	kg_map_put(&inventory->index, key_of(arena, put.api_version, put.kind, put.namespace_, put.name), inventory->puts.count);
	kg_list_push(arena, &inventory->puts, put);
}

const char *
kg_put_tell(struct kg_arena *arena, const char *kind, const char *namespace_, const char *name)
{
	return kg_format(arena, "%s %s%s%s", kind, namespace_ ? namespace_ : "", namespace_ ? "/" : "", name);
}

static const char *
text_of(const cJSON *put, const char *name)
{
	const char *text = kg_json_text(put, name);

	return text ? text : "";
}

static const char *const *
values_read(struct kg_arena *arena, const cJSON *list)
{
	KG_LIST(const char *) values = { 0 };
	const cJSON *value;

	cJSON_ArrayForEach(value, list) kg_list_push(arena, &values, cJSON_IsString(value) ? value->valuestring : "");
	kg_list_push(arena, &values, NULL);
	return values.items;
}

static void
put_read(struct kg_inventory *inventory, struct kg_arena *arena, const cJSON *it)
{
	const cJSON *fields = kg_json_at(it, "fields"), *level = kg_json_at(it, "level");

	if (!*text_of(it, "kind") || !*text_of(it, "name"))
		return;
	kg_inventory_add(inventory, arena,
	    (struct kg_put){
		.api_version = text_of(it, "apiVersion"),
		.kind = text_of(it, "kind"),
		.namespace_ = kg_json_text(it, "namespace"),
		.name = text_of(it, "name"),
		.uid = text_of(it, "uid"),
		.made_of = text_of(it, "madeOf"),
		.level = cJSON_IsNumber(level) ? (uint32_t)level->valueint : 0,
		.fields = cJSON_IsObject(fields) ? fields : NULL,
		.values = values_read(arena, kg_json_at(it, "values")),
	    });
}

struct kg_error *
kg_inventory_read(struct kg_arena *arena, const char *path, struct kg_inventory *ret_inventory)
{
	const char *bytes;
	size_t size;
	const cJSON *it;

	*ret_inventory = (struct kg_inventory){ .cluster = "" };
	struct kg_error *error = kg_file_read(arena, path, &bytes, &size);
	if (error && error->sys == ENOENT)
		return NULL;
	if (error)
		return error;
	const cJSON *all = kg_json_read(arena, bytes, size);
	const cJSON *found = kg_json_at(all, "version");
	if (!cJSON_IsNumber(found) || found->valueint != version)
		return kg_error_advise(arena, kg_error_make(arena, KG_EDATA, "%s is damaged, or of another kgraph", path),
		    "it says what the node has in the cluster; remove it, and look for what is left over there by its label "
		    "kgraph/node");
	ret_inventory->cluster = text_of(all, "cluster");
	ret_inventory->is_whole = cJSON_IsTrue(kg_json_at(all, "isWhole"));
	cJSON_ArrayForEach(it, kg_json_at(all, "objects")) put_read(ret_inventory, arena, it);
	return NULL;
}

static void
member_add(struct kg_text *text, const char *name, const char *value)
{
	kg_text_format(text, ",\"%s\":", name);
	kg_text_add_json(text, value);
}

static void
put_write(struct kg_text *text, const struct kg_put *put)
{
	kg_text_format(text, "{\"level\":%" PRIu32, put->level);
	member_add(text, "apiVersion", put->api_version);
	member_add(text, "kind", put->kind);
	if (put->namespace_)
		member_add(text, "namespace", put->namespace_);
	member_add(text, "name", put->name);
	member_add(text, "uid", put->uid);
	member_add(text, "madeOf", put->made_of);
	if (put->fields) {
		kg_text_format(text, ",\"fields\":%s,\"values\":[", kg_json_print(text->arena, put->fields));
		for (const char *const *value = put->values; value && *value; value++) {
			kg_text_add(text, value == put->values ? "" : ",");
			kg_text_add_json(text, *value);
		}
		kg_text_add(text, "]");
	}
	kg_text_add(text, "}");
}

struct kg_error *
kg_inventory_write(struct kg_arena *arena, const char *path, const struct kg_inventory *inventory)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(&text, "{\"version\":%d,\"isWhole\":%s", version, inventory->is_whole ? "true" : "false");
	member_add(&text, "cluster", inventory->cluster);
	kg_text_add(&text, ",\"objects\":[");
	for (uint32_t i = 0; i < inventory->puts.count; i++) {
		kg_text_add(&text, i > 0 ? ",\n" : "\n");
		put_write(&text, &inventory->puts.items[i]);
	}
	kg_text_add(&text, "\n]}\n");
	return kg_file_write(arena, path, text.bytes, text.size, 0600);
}
