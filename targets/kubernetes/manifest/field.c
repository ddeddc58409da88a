#include "targets/kubernetes/manifest/field.h"

#include <limits.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/yaml/yaml_node.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/manifest/manifest.h"

const char *const kg_field_container_lists[] = { "initContainers", "containers", "ephemeralContainers", NULL };

static cJSON *
member_of_length(const cJSON *json, const char *name, size_t length)
{
	cJSON *member = cJSON_IsObject(json) ? json->child : NULL;

	while (member && (strncmp(member->string, name, length) != 0 || member->string[length]))
		member = member->next;
	return member;
}

/* As deep as the path. */
void
kg_field_each(cJSON *json, const char *path, kg_field_found *found, void *context)
{
	size_t length = strcspn(path, ".[");
	cJSON *value = member_of_length(json, path, length);
	const char *rest = path + length;

	if (!value)
		return;
	if (*rest == '\0') {
		found(context, json, value);
		return;
	}
	if (*rest == '.') {
		kg_field_each(value, rest + 1, found, context);
		return;
	}
	rest += strlen("[]");
	for (cJSON *item = cJSON_IsArray(value) ? value->child : NULL; item; item = item->next) {
		if (*rest == '.')
			kg_field_each(item, rest + 1, found, context);
		else
			found(context, cJSON_IsObject(item) ? item : NULL, item);
	}
}

cJSON *
kg_field_member(const cJSON *json, const char *name)
{
	return member_of_length(json, name, strlen(name));
}

cJSON *
kg_field_at(const cJSON *json, const char *path)
{
	return (cJSON *)kg_json_at(json, path);
}

const char *
kg_field_text(const cJSON *json, const char *name)
{
	const cJSON *value = kg_field_member(json, name);

	return cJSON_IsString(value) ? value->valuestring : NULL;
}

/* The member, as a value of type; what it was before is dropped, but its place. */
static cJSON *
member_make(struct kg_arena *arena, cJSON *mapping, const char *name, int type)
{
	cJSON *member = kg_field_member(mapping, name);

	if (!member) {
		member = kg_yaml_make(arena, type, mapping);
		member->string = kg_copy(arena, name);
		kg_yaml_node_add(mapping, member);
	}
	member->type = (member->type & ~0xff) | type;
	member->child = NULL;
	member->valuestring = NULL;
	return member;
}

void
kg_field_set_text(struct kg_arena *arena, cJSON *mapping, const char *name, const char *text)
{
	member_make(arena, mapping, name, cJSON_String)->valuestring = kg_copy(arena, text);
}

void
kg_field_make_number(cJSON *value, double number)
{
	value->type = (value->type & ~0xff) | cJSON_Number;
	value->child = NULL;
	value->valuestring = NULL;
	value->valuedouble = number;
	value->valueint = number >= INT_MAX ? INT_MAX : number <= INT_MIN ? INT_MIN : (int)number;
}

void
kg_field_set_number(struct kg_arena *arena, cJSON *mapping, const char *name, double number)
{
	kg_field_make_number(member_make(arena, mapping, name, cJSON_Number), number);
}

cJSON *
kg_field_need_mapping(struct kg_arena *arena, cJSON *mapping, const char *name)
{
	cJSON *member = kg_field_member(mapping, name);

	return cJSON_IsObject(member) ? member : member_make(arena, mapping, name, cJSON_Object);
}

cJSON *
kg_field_pod_template(const struct kg_object *object)
{
	static const struct {
		const char *kind, *path;
	} makers[] = {
		{ "Deployment", "spec.template" },
		{ "StatefulSet", "spec.template" },
		{ "DaemonSet", "spec.template" },
		{ "ReplicaSet", "spec.template" },
		{ "ReplicationController", "spec.template" },
		{ "Job", "spec.template" },
		{ "CronJob", "spec.jobTemplate.spec.template" },
		{ "PodTemplate", "template" },
		{ "Pod", "" },
	};

	if (kg_object_is_namespaced(object->api_version, object->kind) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		if (strcmp(makers[i].kind, object->kind) == 0)
			return kg_field_at(object->json, makers[i].path);
	}
	return NULL;
}

void
kg_field_each_of(const struct kg_object *object, const char *from, const char *path, kg_field_found *found, void *context)
{
	cJSON *pod = from ? NULL : kg_field_member(kg_field_pod_template(object), "spec");

	if (from && (!*from || strcmp(from, object->kind) == 0))
		kg_field_each(object->json, path, found, context);
	if (pod && *path != '*')
		kg_field_each(pod, path, found, context);
	for (const char *const *list = kg_field_container_lists; pod && *path == '*' && *list; list++) {
		const cJSON *containers = kg_field_member(pod, *list);

		for (cJSON *one = cJSON_IsArray(containers) ? containers->child : NULL; one; one = one->next)
			kg_field_each(one, path + strlen("*."), found, context);
	}
}
