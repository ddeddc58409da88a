#include "targets/kubernetes/client/discovery.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"

static constexpr int file_format = 1;

/* They go into paths as they are. */
static bool
is_path_word(const char *text)
{
	return text && *text && strlen(text) < 254 &&
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(text) && *text != '.';
}

void
kg_kinds_add(struct kg_kinds *kinds, const struct kg_resource *resource)
{
	struct kg_arena *arena = kinds->arena;
	const char *group = resource->group ? resource->group : "";

	if ((*group && !is_path_word(group)) || !is_path_word(resource->version) || !is_path_word(resource->plural) ||
	    !is_path_word(resource->kind))
		return;
	kg_list_push(arena, &kinds->list,
	    (struct kg_resource){
		.group = kg_copy(arena, group),
		.version = kg_copy(arena, resource->version),
		.api_version = *group ? kg_format(arena, "%s/%s", group, resource->version) : kg_copy(arena, resource->version),
		.kind = kg_copy(arena, resource->kind),
		.plural = kg_copy(arena, resource->plural),
		.is_namespaced = resource->is_namespaced,
		.verbs = resource->verbs,
	    });
}

static uint8_t
verbs_read(const cJSON *list)
{
	static const struct {
		const char *name;
		uint8_t verb;
	} verbs[] = {
		{ "create", KG_API_CREATE },
		{ "delete", KG_API_DELETE },
		{ "get", KG_API_GET },
		{ "list", KG_API_LIST },
		{ "patch", KG_API_PATCH },
		{ "watch", KG_API_WATCH },
	};
	const cJSON *item;
	uint8_t found = 0;

	cJSON_ArrayForEach(item, list)
	{
		for (size_t i = 0; cJSON_IsString(item) && i < sizeof(verbs) / sizeof(verbs[0]); i++)
			if (strcmp(item->valuestring, verbs[i].name) == 0)
				found |= verbs[i].verb;
	}
	return found;
}

static void
version_read(struct kg_kinds *kinds, const char *group, const cJSON *version)
{
	const cJSON *item;

	if (kg_text_equal(kg_json_text(version, "freshness"), "Stale"))
		return;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(version, "resources"))
	{
		const char *scope = kg_json_text(item, "scope");

		kg_kinds_add(kinds,
		    &(struct kg_resource){
			.group = group,
			.version = kg_json_text(version, "version"),
			.kind = kg_json_text(item, "responseKind.kind"),
			.plural = kg_json_text(item, "resource"),
			.is_namespaced = kg_text_equal(scope, "Namespaced"),
			.verbs = verbs_read(cJSON_GetObjectItemCaseSensitive(item, "verbs")),
		    });
	}
}

bool
kg_discovery_read(struct kg_kinds *kinds, const char *bytes, size_t size)
{
	cJSON *root = cJSON_ParseWithLength(bytes, size);
	bool is_aggregated = kg_text_equal(kg_json_text(root, "kind"), "APIGroupDiscoveryList");
	const cJSON *group, *version;

	if (is_aggregated) {
		cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(root, "items"))
		    cJSON_ArrayForEach(version, cJSON_GetObjectItemCaseSensitive(group, "versions"))
			version_read(kinds, kg_json_text(group, "metadata.name"), version);
	}
	cJSON_Delete(root);
	return is_aggregated;
}

const char *const *
kg_discovery_read_versions(struct kg_arena *arena, const char *bytes, size_t size)
{
	cJSON *root = cJSON_ParseWithLength(bytes, size);
	const char *kind = kg_json_text(root, "kind");
	bool is_core = kg_text_equal(kind, "APIVersions"), is_groups = kg_text_equal(kind, "APIGroupList");
	const cJSON *group, *version;
	KG_LIST(const char *) versions = {};

	if (is_core) {
		cJSON_ArrayForEach(version, cJSON_GetObjectItemCaseSensitive(root, "versions")) if (cJSON_IsString(version) &&
		    is_path_word(version->valuestring)) kg_list_push(arena, &versions, kg_copy(arena, version->valuestring));
	}
	if (is_groups) {
		cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(root, "groups"))
		{
			cJSON_ArrayForEach(version, cJSON_GetObjectItemCaseSensitive(group, "versions"))
			{
				const char *name = kg_json_text(group, "name"), *its = kg_json_text(version, "version");

				if (is_path_word(name) && is_path_word(its))
					kg_list_push(arena, &versions, kg_format(arena, "%s/%s", name, its));
			}
		}
	}
	cJSON_Delete(root);
	kg_list_push(arena, &versions, NULL);
	return is_core || is_groups ? versions.items : NULL;
}

bool
kg_discovery_read_resources(struct kg_kinds *kinds, const char *api_version, const char *bytes, size_t size)
{
	cJSON *root = cJSON_ParseWithLength(bytes, size);
	bool is_list = kg_text_equal(kg_json_text(root, "kind"), "APIResourceList");
	const char *slash = strchr(api_version, '/');
	const char *group = slash ? kg_copy_bytes(kinds->arena, api_version, (size_t)(slash - api_version)) : "";
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(is_list ? root : NULL, "resources"))
	{
		/* "pods/log" is no path word, and so left out. */
		kg_kinds_add(kinds,
		    &(struct kg_resource){
			.group = group,
			.version = slash ? slash + 1 : api_version,
			.kind = kg_json_text(item, "kind"),
			.plural = kg_json_text(item, "name"),
			.is_namespaced = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "namespaced")),
			.verbs = verbs_read(cJSON_GetObjectItemCaseSensitive(item, "verbs")),
		    });
	}
	cJSON_Delete(root);
	return is_list;
}

const struct kg_discovery *
kg_discovery_make(const struct kg_kinds *kinds)
{
	struct kg_arena *arena = kinds->arena;
	struct kg_discovery *discovery = kg_new(arena, struct kg_discovery);

	discovery->items = kinds->list.items;
	discovery->count = kinds->list.count;
	discovery->by_name.arena = arena;
	for (uint32_t i = 0; i < discovery->count; i++) {
		const char *name = kg_format(arena, "%s %s", discovery->items[i].api_version, discovery->items[i].kind);

		/* Of two resources of one kind the first is meant. */
		if (!kg_map_get(&discovery->by_name, name, NULL))
			kg_map_put(&discovery->by_name, name, i);
	}
	return discovery;
}

const struct kg_resource *
kg_discovery_find(const struct kg_discovery *discovery, const char *api_version, const char *kind)
{
	size_t length = strlen(api_version), kind_length = strlen(kind);
	char name[640];
	uint32_t index;

	if (length + kind_length + 2 > sizeof(name))
		return NULL;
	memcpy(name, api_version, length);
	name[length] = ' ';
	memcpy(name + length + 1, kind, kind_length + 1);
	return kg_map_get(&discovery->by_name, name, &index) ? &discovery->items[index] : NULL;
}

const char *
kg_discovery_write(struct kg_arena *arena, const struct kg_discovery_file *file)
{
	struct kg_text text = { .arena = arena };

	kg_text_format(
	    &text, "{\"format\":%d,\"asked\":%lld,\"etags\":[", file_format, (long long)(file->asked_wall_ns / 1'000'000'000));
	for (uint32_t i = 0; i < 2; i++) {
		kg_text_add(&text, i ? "," : "");
		kg_text_add_json(&text, file->etags[i] ? file->etags[i] : "");
	}
	kg_text_add(&text, "],\"kinds\":[");
	for (uint32_t i = 0; i < file->kinds->count; i++) {
		const struct kg_resource *resource = &file->kinds->items[i];

		kg_text_format(&text, "%s[\"%s\",\"%s\",\"%s\",\"%s\",%d,%d]", i ? ",\n" : "\n", resource->group, resource->version,
		    resource->kind, resource->plural, resource->is_namespaced, resource->verbs);
	}
	kg_text_add(&text, "\n]}\n");
	return kg_text_end(&text);
}

static bool
is_header_value(const char *text)
{
	const char *at = text;

	while (*at > ' ' && *at < 0x7f)
		at++;
	return at > text && !*at;
}

static const char *
text_at(const cJSON *list, int index)
{
	const cJSON *item = cJSON_GetArrayItem(list, index);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bool
file_read(struct kg_arena *arena, const cJSON *root, struct kg_discovery_file *file)
{
	const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format"),
		    *asked = cJSON_GetObjectItemCaseSensitive(root, "asked");
	const cJSON *etags = cJSON_GetObjectItemCaseSensitive(root, "etags"), *item;
	struct kg_kinds kinds = { .arena = arena };

	if (!cJSON_IsNumber(format) || format->valueint != file_format || !cJSON_IsNumber(asked))
		return false;
	if (asked->valuedouble < 0 || asked->valuedouble > 9e9)
		return false;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "kinds"))
	{
		const cJSON *scope = cJSON_GetArrayItem(item, 4), *verbs = cJSON_GetArrayItem(item, 5);

		kg_kinds_add(&kinds,
		    &(struct kg_resource){
			.group = text_at(item, 0),
			.version = text_at(item, 1),
			.kind = text_at(item, 2),
			.plural = text_at(item, 3),
			.is_namespaced = cJSON_IsNumber(scope) && scope->valueint == 1,
			.verbs = cJSON_IsNumber(verbs) ? (uint8_t)(verbs->valueint & 0xff) : 0,
		    });
	}
	file->asked_wall_ns = (int64_t)asked->valuedouble * 1'000'000'000;
	for (int i = 0; i < 2; i++) {
		const char *etag = text_at(etags, i);

		file->etags[i] = etag && is_header_value(etag) ? kg_copy(arena, etag) : NULL;
	}
	file->kinds = kg_discovery_make(&kinds);
	return file->kinds->count > 0;
}

bool
kg_discovery_load(struct kg_arena *arena, const char *bytes, size_t size, struct kg_discovery_file *ret_file)
{
	cJSON *root = cJSON_ParseWithLength(bytes, size);
	bool is_well = file_read(arena, root, ret_file);

	cJSON_Delete(root);
	return is_well;
}
