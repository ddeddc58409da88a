#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/field.h"
#include "targets/kubernetes/manifest/patch_inside.h"

/* Told at the settings, since what is wrong is that nothing is meant by them. nearest may be NULL. */
static void
complain_of_setting(struct kg_patching *patching, const char *nearest, const char *message)
{
	struct kg_error *error = kg_error_at(patching->arena, KG_EINPUT, patching->patch->place, "%s", message);

	if (nearest)
		kg_error_advise(patching->arena, error, "did you mean `%s`?", nearest);
	kg_errors_add(patching->errors, error);
}

/* ---- images ---- */

struct images {
	struct kg_patching *patching;
	struct kg_map by_name;
	uint32_t *hits;               /* by image of the patch */
	KG_LIST(const char *) others; /* names that stand there and that nothing was said of */
};

/* The name without tag and digest: the last colon counts behind the last slash only, where no port can be. */
static size_t
image_name_length(const char *reference)
{
	size_t length = strcspn(reference, "@");
	const char *colon = memrchr(reference, ':', length);

	return colon && !memchr(colon, '/', length - (size_t)(colon - reference)) ? (size_t)(colon - reference) : length;
}

static void
on_image(void *context, cJSON *, cJSON *value)
{
	struct images *images = context;
	const struct kg_manifest_patch *patch = images->patching->patch;
	uint32_t index;

	if (!cJSON_IsString(value))
		return;
	const char *name = kg_copy_bytes(images->patching->arena, value->valuestring, image_name_length(value->valuestring));
	if (!kg_map_get(&images->by_name, name, &index)) {
		kg_list_push(images->patching->arena, &images->others, name);
		return;
	}
	value->valuestring = kg_copy(images->patching->arena, patch->images[index].value);
	images->hits[index]++;
}

static void
images_set(struct kg_patching *patching)
{
	const struct kg_manifest_patch *patch = patching->patch;
	struct images images = { .patching = patching, .by_name.arena = patching->arena };

	if (patch->image_count == 0)
		return;
	for (uint32_t i = 0; i < patch->image_count; i++)
		kg_map_put(&images.by_name, patch->images[i].name, i);
	images.hits = kg_new_array(patching->arena, uint32_t, patch->image_count);
	for (uint32_t i = 0; i < patching->manifest->objects.count; i++) {
		cJSON *pod = kg_field_member(kg_field_pod_template(&patching->manifest->objects.items[i]), "spec");

		for (const char *const *list = kg_field_container_lists; pod && *list; list++)
			kg_field_each(pod, kg_format(patching->arena, "%s[].image", *list), on_image, &images);
		if (pod)
			kg_field_each(pod, "volumes[].image.reference", on_image, &images);
	}
	kg_list_push(patching->arena, &images.others, NULL);
	for (uint32_t i = 0; i < patch->image_count; i++) {
		const char *name = patch->images[i].name;

		if (images.hits[i] == 0)
			complain_of_setting(patching, kg_text_nearest(name, images.others.items),
			    kg_format(patching->arena, "no container has an image `%s`", name));
	}
}

/* ---- replicas ---- */

static bool
has_replicas(const struct kg_object *object)
{
	static const char *const kinds[] = { "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", NULL };
	const char *const *kind = kinds;

	while (*kind && strcmp(*kind, object->kind) != 0)
		kind++;
	return *kind && kg_object_is_namespaced(object->api_version, object->kind) == 1;
}

static void
replicas_set(struct kg_patching *patching)
{
	const struct kg_manifest_patch *patch = patching->patch;
	const struct kg_manifest *manifest = patching->manifest;
	struct kg_map by_name = { .arena = patching->arena };
	uint32_t *hits = kg_new_array(patching->arena, uint32_t, patch->replica_count + 1), index;
	KG_LIST(const char *) others = { 0 };

	for (uint32_t i = 0; i < patch->replica_count; i++)
		kg_map_put(&by_name, patch->replicas[i].name, i);
	for (uint32_t i = 0; i < manifest->objects.count; i++) {
		const struct kg_object *object = &manifest->objects.items[i];

		if (!has_replicas(object))
			continue;
		if (!kg_map_get(&by_name, object->name, &index)) {
			kg_list_push(patching->arena, &others, object->name);
			continue;
		}
		cJSON *spec = kg_field_need_mapping(patching->arena, object->json, "spec");
		kg_field_set_number(patching->arena, spec, "replicas", (double)patch->replicas[index].count);
		hits[index]++;
	}
	kg_list_push(patching->arena, &others, NULL);
	for (uint32_t i = 0; i < patch->replica_count; i++) {
		const char *name = patch->replicas[i].name;

		if (hits[i] == 0)
			complain_of_setting(patching, kg_text_nearest(name, others.items),
			    kg_format(patching->arena, "nothing with replicas is called `%s`", name));
	}
}

/* ---- labels ---- */

static void
labels_set(struct kg_patching *patching, cJSON *mapping)
{
	for (uint32_t i = 0; cJSON_IsObject(mapping) && i < patching->patch->label_count; i++)
		kg_field_set_text(patching->arena, mapping, patching->patch->labels[i].name, patching->patch->labels[i].value);
}

/* A selector that selects everything stays so. */
static void
selectors_set(struct kg_patching *patching, const struct kg_object *object)
{
	static const char *const matching[] = { "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "PodDisruptionBudget",
		NULL };
	static const char *const plain[] = { "Service", "ReplicationController", NULL };
	cJSON *selector = kg_field_at(object->json, "spec.selector");

	if (!cJSON_IsObject(selector) || kg_object_is_namespaced(object->api_version, object->kind) != 1)
		return;
	for (const char *const *kind = matching; *kind; kind++) {
		if (strcmp(*kind, object->kind) == 0)
			labels_set(patching, kg_field_need_mapping(patching->arena, selector, "matchLabels"));
	}
	for (const char *const *kind = plain; *kind; kind++) {
		if (strcmp(*kind, object->kind) == 0 && selector->child)
			labels_set(patching, selector);
	}
}

static void
object_labels_set(struct kg_patching *patching, struct kg_object *object)
{
	cJSON *template = kg_field_pod_template(object);

	for (uint32_t i = 0; i < patching->patch->label_count; i++)
		kg_object_label(patching->arena, object, patching->patch->labels[i].name, patching->patch->labels[i].value);
	if (!patching->patch->in_selectors)
		return;
	if (cJSON_IsObject(template)) {
		cJSON *metadata = kg_field_need_mapping(patching->arena, template, "metadata");
		labels_set(patching, kg_field_need_mapping(patching->arena, metadata, "labels"));
	}
	selectors_set(patching, object);
}

void
kg_object_label(struct kg_arena *arena, struct kg_object *object, const char *name, const char *value)
{
	cJSON *metadata = kg_field_need_mapping(arena, object->json, "metadata");

	kg_field_set_text(arena, kg_field_need_mapping(arena, metadata, "labels"), name, value);
}

void
kg_manifest_patch(
    struct kg_arena *arena, struct kg_errors *errors, struct kg_manifest *manifest, const struct kg_manifest_patch *patch)
{
	struct kg_patching patching = { .arena = arena, .errors = errors, .manifest = manifest, .patch = patch };

	kg_patch_values(&patching);
	images_set(&patching);
	replicas_set(&patching);
	for (uint32_t i = 0; i < manifest->objects.count; i++)
		object_labels_set(&patching, &manifest->objects.items[i]);
	kg_patch_names(&patching);
}
