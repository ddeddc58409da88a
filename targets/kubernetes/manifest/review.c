#include "targets/kubernetes/manifest/review.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "targets/kubernetes/manifest/review_inside.h"

static kg_review_rule *const rules[] = {
	kg_review_references,
	kg_review_namespace,
	kg_review_kind,
	kg_review_types,
	kg_review_own_selector,
	kg_review_mounts,
	kg_review_probes,
	kg_review_images,
	kg_review_service_selector,
	kg_review_service_ports,
	kg_review_node_ports,
};

/* ---- what rules ask ---- */

static const char *
name_key(struct kg_arena *arena, const char *cluster, const char *kind, const char *namespace_, const char *name)
{
	return kg_format(arena, "%s\n%s %s %s", cluster, kind, namespace_ ? namespace_ : "", name);
}

const struct kg_subject *
kg_review_find(
    const struct kg_scene *scene, const struct kg_subject *from, const char *kind, const char *namespace_, const char *name)
{
	uint32_t index;

	if (!kg_map_get(&scene->by_name, name_key(scene->arena, from->node->cluster, kind, namespace_, name), &index))
		return NULL;
	return &scene->subjects.items[index];
}

const char *
kg_review_nearest(
    const struct kg_scene *scene, const struct kg_subject *from, const char *kind, const char *namespace_, const char *name)
{
	KG_LIST(const char *) names = { 0 };

	/* Looks at everything: enough of it helps, all of it would be quadratic. */
	if (scene->errors->count + scene->warnings->count > 200)
		return NULL;
	for (uint32_t i = 0; i < scene->subjects.count; i++) {
		const struct kg_subject *one = &scene->subjects.items[i];

		if (strcmp(one->object->kind, kind) == 0 && strcmp(one->node->cluster, from->node->cluster) == 0 &&
		    (!namespace_ || (one->namespace_ && strcmp(one->namespace_, namespace_) == 0)))
			kg_list_push(scene->arena, &names, one->object->name);
	}
	kg_list_push(scene->arena, &names, NULL);
	return kg_text_nearest(name, names.items);
}

bool
kg_review_is_new(struct kg_scene *scene, const char *text)
{
	return kg_map_put(&scene->told, text, 1);
}

bool
kg_review_is_partial(const struct kg_scene *scene, const struct kg_subject *subject)
{
	return kg_review_scene_is_partial(scene, subject->node->cluster);
}

bool
kg_review_is_open(const char *text)
{
	return strstr(text, "${");
}

[[gnu::format(printf, 4, 0)]] static struct kg_error *
error_make(struct kg_scene *scene, const struct kg_subject *subject, const cJSON *value, const char *format, va_list list)
{
	const char *message = kg_format_list(scene->arena, format, list);

	return kg_error_at(scene->arena, KG_EINPUT, kg_object_place(scene->arena, subject->object, value), "%s", message);
}

struct kg_error *
kg_review_make(struct kg_scene *scene, const struct kg_subject *subject, const cJSON *value, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	struct kg_error *error = error_make(scene, subject, value, format, list);
	va_end(list);
	return error;
}

struct kg_error *
kg_review_tell(struct kg_scene *scene, bool is_error, const struct kg_subject *subject, const cJSON *value, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	struct kg_error *error = error_make(scene, subject, value, format, list);
	va_end(list);
	kg_errors_add(is_error ? scene->errors : scene->warnings, error);
	return error;
}

/* ---- the scene ---- */

static void
labels_add(struct kg_scene *scene, uint32_t index)
{
	const struct kg_subject *subject = &scene->subjects.items[index];
	const cJSON *labels = kg_field_at(subject->template_, "metadata.labels");

	for (const cJSON *label = cJSON_IsObject(labels) ? labels->child : NULL; label; label = label->next) {
		uint32_t next = kg_review_none;

		if (!cJSON_IsString(label))
			continue;
		const char *key = kg_format(
		    scene->arena, "%s\n%s %s=%s", subject->node->cluster, subject->namespace_, label->string, label->valuestring);
		kg_map_get(&scene->by_label, key, &next);
		kg_map_put(&scene->by_label, key, scene->labelled.count);
		kg_list_push(scene->arena, &scene->labelled, (struct kg_labelled){ index, next });
	}
}

/* As deep as trees are read. */
static void
texts_add(struct kg_scene *scene, const char *cluster, const cJSON *json)
{
	if (cJSON_IsString(json))
		kg_map_put(&scene->custom, kg_format(scene->arena, "%s\n%s", cluster, json->valuestring), 1);
	for (const cJSON *child = json->child; child; child = child->next)
		texts_add(scene, cluster, child);
}

static struct kg_subject
subject_of(const struct kg_reviewed *node, const struct kg_object *object)
{
	struct kg_subject subject = { .object = object, .node = node, .template_ = kg_field_pod_template(object) };

	if (kg_object_is_namespaced(object->api_version, object->kind) != 0)
		subject.namespace_ = object->namespace_ ? object->namespace_ : node->namespace_;
	subject.pod = kg_field_member(subject.template_, "spec");
	return subject;
}

static void
object_add(struct kg_scene *scene, const struct kg_reviewed *node, const struct kg_object *object)
{
	int is_namespaced = kg_object_is_namespaced(object->api_version, object->kind);
	struct kg_subject subject = subject_of(node, object);
	uint32_t index = scene->subjects.count;

	kg_list_push(scene->arena, &scene->subjects, subject);
	if (is_namespaced >= 0)
		kg_map_put(
		    &scene->by_name, name_key(scene->arena, node->cluster, object->kind, subject.namespace_, object->name), index);
	else
		texts_add(scene, node->cluster, object->json);
	if (subject.namespace_)
		kg_map_put(&scene->namespaces, kg_format(scene->arena, "%s\n%s", node->cluster, subject.namespace_), index);
	if (subject.pod)
		labels_add(scene, index);
	kg_review_node_ports_add(scene, &scene->subjects.items[index]);
	kg_review_makers_add(scene, &subject);
}

static void
partial_count(struct kg_scene *scene, const struct kg_reviewed *node, int more)
{
	uint32_t count = 0;

	kg_map_get(&scene->partial, node->cluster, &count);
	kg_map_put(&scene->partial, node->cluster, (uint32_t)((int)count + more));
}

struct kg_scene *
kg_review_scene_make(struct kg_arena *arena)
{
	struct kg_scene *scene = kg_new(arena, struct kg_scene);
	struct kg_map *const maps[] = { &scene->by_name, &scene->by_label, &scene->namespaces, &scene->partial, &scene->custom,
		&scene->makers, &scene->named, &scene->promised, &scene->node_ports, &scene->accounts_known };

	scene->arena = arena;
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		maps[i]->arena = arena;
	return scene;
}

uint32_t
kg_review_scene_add(struct kg_scene *scene, const struct kg_reviewed *node)
{
	uint32_t first = scene->subjects.count;

	if (node->is_partial)
		partial_count(scene, node, 1);
	for (uint32_t i = 0; i < node->manifest->objects.count; i++)
		object_add(scene, node, &node->manifest->objects.items[i]);
	return first;
}

void
kg_review_scene_put(struct kg_scene *scene, uint32_t first, const struct kg_object *objects, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct kg_subject *subject = &scene->subjects.items[first + i];

		*subject = subject_of(subject->node, &objects[i]);
	}
}

void
kg_review_scene_review(struct kg_scene *scene, uint32_t first, uint32_t count, const struct kg_world *world,
    struct kg_errors *errors, struct kg_errors *warnings)
{
	static const struct kg_world nothing = { 0 };

	scene->world = world ? world : &nothing;
	scene->errors = errors;
	scene->warnings = warnings;
	scene->told = scene->rights = (struct kg_map){ .arena = scene->arena };
	for (uint32_t i = first; i < first + count; i++)
		for (size_t k = 0; k < sizeof(rules) / sizeof(*rules); k++)
			rules[k](scene, &scene->subjects.items[i]);
}

bool
kg_review_scene_has(const struct kg_scene *scene, const struct kg_reviewed *node, const struct kg_object *object)
{
	const struct kg_subject from = { .node = node };
	bool lives_in_none = kg_object_is_namespaced(object->api_version, object->kind) == 0;
	const char *namespace_ = object->namespace_ ? object->namespace_ : node->namespace_;
	const struct kg_subject *found =
	    kg_review_find(scene, &from, object->kind, lives_in_none ? NULL : namespace_, object->name);

	return found && found->node == node;
}

void
kg_review_scene_complete(struct kg_scene *scene, const struct kg_reviewed *node)
{
	partial_count(scene, node, -1);
}

bool
kg_review_scene_is_partial(const struct kg_scene *scene, const char *cluster)
{
	uint32_t count = 0;

	return kg_map_get(&scene->partial, cluster, &count) && count > 0;
}

void
kg_manifest_review(struct kg_arena *arena, const struct kg_reviewed *nodes, uint32_t count, const struct kg_world *world,
    struct kg_errors *errors, struct kg_errors *warnings)
{
	struct kg_scene *scene = kg_review_scene_make(arena);

	for (uint32_t i = 0; i < count; i++)
		kg_review_scene_add(scene, &nodes[i]);
	kg_review_scene_review(scene, 0, scene->subjects.count, world, errors, warnings);
}
