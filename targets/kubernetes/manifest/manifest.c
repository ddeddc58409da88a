#include "targets/kubernetes/manifest/manifest.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"

/* What is read right now, for errors. */
struct reading {
	struct kg_arena *arena;
	struct kg_errors *errors;
	struct kg_manifest *manifest;
	struct kg_place place; /* of the text, where a value has none of its own */
};

static struct kg_error *
complain(struct reading *reading, const cJSON *value, const char *message)
{
	struct kg_place place = kg_yaml_place(reading->arena, value);
	struct kg_error *error = kg_error_at(reading->arena, KG_EINPUT, place.file ? place : reading->place, "%s", message);

	kg_errors_add(reading->errors, error);
	return error;
}

static void
not_text(struct reading *reading, const cJSON *value, const char *path)
{
	struct kg_error *error = complain(reading, value, kg_format(reading->arena, "%s is no text", path));

	if (cJSON_IsBool(value))
		kg_error_advise(reading->arena, error, "put it in quotes: y, n, yes, no, on and off are booleans");
	else if (cJSON_IsNumber(value))
		kg_error_advise(reading->arena, error, "put it in quotes");
}

/* The text at path, or NULL after it has been told that there is none. */
static const char *
text_need(struct reading *reading, const cJSON *json, const char *path)
{
	const cJSON *value = kg_json_at(json, path);

	if (cJSON_IsString(value) && *value->valuestring)
		return value->valuestring;
	if (value && !cJSON_IsNull(value) && !cJSON_IsString(value))
		not_text(reading, value, path);
	else
		complain(reading, value ? value : json, kg_format(reading->arena, "this object has no %s", path));
	return NULL;
}

static const char *
name_need(struct reading *reading, const cJSON *json)
{
	const cJSON *generated = kg_json_at(json, "metadata.generateName");

	if (!generated || kg_json_at(json, "metadata.name"))
		return text_need(reading, json, "metadata.name");
	struct kg_error *error = complain(reading, generated, "with generateName, every apply would make another object");
	kg_error_advise(reading->arena, error, "give it a metadata.name");
	return NULL;
}

/* A `metadata` that is no mapping has no name either, and that is not what is wrong with it. */
static bool
metadata_is_mapping(struct reading *reading, const cJSON *json)
{
	const cJSON *metadata = kg_json_at(json, "metadata");
	const char *is = cJSON_IsString(metadata) ? "text"
	    : cJSON_IsArray(metadata)             ? "list"
	    : cJSON_IsNumber(metadata)            ? "number"
						  : "boolean";

	if (!metadata || cJSON_IsNull(metadata) || cJSON_IsObject(metadata))
		return true;
	struct kg_error *error = complain(
	    reading, metadata, kg_format(reading->arena, "metadata is a mapping with the object's name, and this is a %s", is));
	kg_error_advise(reading->arena, error, "write it as `metadata: {name: %s}`",
	    cJSON_IsString(metadata) && *metadata->valuestring ? metadata->valuestring : "…");
	return false;
}

static void
object_add(struct reading *reading, cJSON *json)
{
	uint32_t count = reading->errors->count;

	if (!cJSON_IsObject(json)) {
		complain(reading, json, "this is no Kubernetes object: there is no mapping with apiVersion, kind and metadata");
		return;
	}
	if (!kg_json_at(json, "apiVersion") && !kg_json_at(json, "kind")) {
		complain(reading, json, "this is no Kubernetes object: it has no apiVersion and no kind");
		return;
	}
	const char *api_version = text_need(reading, json, "apiVersion"), *kind = text_need(reading, json, "kind");
	if (api_version && kg_text_starts(api_version, "kustomize.config.k8s.io/")) {
		struct kg_error *error = complain(reading, kg_json_at(json, "kind"), "this is for kustomize, not for Kubernetes");
		kg_error_advise(reading->arena, error, "render = [\"kustomize\", \"build\", \"FOLDER\"] reads what it makes of it");
		return;
	}
	const char *name = metadata_is_mapping(reading, json) ? name_need(reading, json) : NULL;
	const cJSON *namespace_ = kg_json_at(json, "metadata.namespace");
	if (namespace_ && !cJSON_IsNull(namespace_) && !cJSON_IsString(namespace_))
		not_text(reading, namespace_, "metadata.namespace");
	if (reading->errors->count != count || !api_version || !kind || !name)
		return;

	struct kg_object object = { .json = json };
	kg_object_refresh(reading->arena, &object);
	if (!object.place.file)
		object.place = reading->place;
	kg_list_push(reading->arena, &reading->manifest->objects, object);
}

/* Items of a list of one kind may leave out what the list says. */
static void
item_complete(struct kg_arena *arena, const cJSON *list, cJSON *item)
{
	const char *kind = kg_json_text(list, "kind"), *api_version = kg_json_text(list, "apiVersion");

	if (!cJSON_IsObject(item) || strcmp(kind, "List") == 0)
		return;
	if (!kg_json_at(item, "kind"))
		kg_json_set_text(arena, item, "kind", kg_format(arena, "%.*s", (int)(strlen(kind) - strlen("List")), kind));
	if (!kg_json_at(item, "apiVersion") && api_version)
		kg_json_set_text(arena, item, "apiVersion", api_version);
}

/* Lists may hold lists, as deep as YAML may be. */
static void
value_add(struct reading *reading, cJSON *json)
{
	const char *kind = kg_json_text(json, "kind");
	const cJSON *items = kind && kg_text_ends(kind, "List") ? kg_json_at(json, "items") : NULL;

	if (!items || !cJSON_IsArray(items)) {
		object_add(reading, json);
		return;
	}
	for (cJSON *item = items->child, *next; item; item = next) {
		next = item->next;
		item_complete(reading->arena, json, item);
		item->next = item->prev = NULL;
		value_add(reading, item);
	}
}

void
kg_manifest_read(
    struct kg_arena *arena, struct kg_errors *errors, const struct kg_yaml_source *source, struct kg_manifest *manifest)
{
	struct reading reading = { arena, errors, manifest, { .file = source->file } };
	struct kg_yaml yaml;

	kg_yaml_read(arena, errors, source, &yaml);
	for (uint32_t i = 0; i < yaml.documents.count; i++)
		value_add(&reading, yaml.documents.items[i]);
}

void
kg_manifest_read_json(
    struct kg_arena *arena, struct kg_errors *errors, const char *json, struct kg_place place, struct kg_manifest *manifest)
{
	struct reading reading = { arena, errors, manifest, place };
	const cJSON *read = kg_json_read(arena, json, strlen(json));

	if (!read)
		complain(&reading, NULL, "this is no JSON");
	else
		value_add(&reading, kg_yaml_from_json(arena, read, place));
}

void
kg_manifest_check(struct kg_arena *arena, struct kg_errors *errors, const struct kg_manifest *manifest)
{
	struct kg_map keys = { .arena = arena };

	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];
		const char *key = kg_object_key(arena, object);
		uint32_t first;

		if (!kg_map_get(&keys, key, &first)) {
			kg_map_put(&keys, key, i);
			continue;
		}
		const struct kg_place *place = &manifest->objects.items[first].place;
		struct kg_error *error =
		    kg_error_at(arena, KG_EINPUT, object->place, "%s is there already", kg_object_tell(arena, object));
		if (place->line > 0)
			kg_error_advise(arena, error, "it is first at %s:%u", place->file, place->line);
		else if (place->file)
			kg_error_advise(arena, error, "it is first in %s", place->file);
		kg_errors_add(errors, error);
	}
}

struct kg_place
kg_object_place(struct kg_arena *arena, const struct kg_object *object, const cJSON *value)
{
	struct kg_place place = kg_yaml_place(arena, value);

	return place.file ? place : object->place;
}

struct kg_object
kg_object_copy(struct kg_arena *arena, const struct kg_object *object)
{
	struct kg_place place = object->place;
	struct kg_object copy = { 0 };

	place.file = kg_copy(arena, place.file);
	place.line_text = NULL;
	copy.json = kg_yaml_from_json(arena, object->json, place);
	kg_object_refresh(arena, &copy);
	return copy;
}

void
kg_object_refresh(struct kg_arena *arena, struct kg_object *object)
{
	const char *namespace_ = kg_json_text(object->json, "metadata.namespace");
	struct kg_place place = kg_yaml_place(arena, kg_json_at(object->json, "metadata.name"));

	object->api_version = kg_json_text(object->json, "apiVersion");
	object->kind = kg_json_text(object->json, "kind");
	object->name = kg_json_text(object->json, "metadata.name");
	object->namespace_ = namespace_ && *namespace_ ? namespace_ : NULL;
	if (place.file)
		object->place = place;
}
