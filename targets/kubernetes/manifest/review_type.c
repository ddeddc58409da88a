/*
 * Numbers where texts are wanted and texts where numbers are: what an API server refuses in the words of its decoder, and what YAML makes of `value: on` or
 * `port: "${PORT}"` without anybody noticing.
 */
#include <string.h>

#include "engine/base/text.h"
#include "targets/kubernetes/manifest/review_inside.h"

struct row {
	const char *from; /* a kind; NULL: the spec of every pod template; "" every object */
	const char *path; /* "*" stands for each list of containers */
	const char *what;
};

static const struct row texts[] = {
	{ NULL, "*.env[].value", "the value of an environment variable" },
	{ NULL, "*.args[]", "an argument" },
	{ NULL, "*.command[]", "a word of a command" },
};

/* All members of these are texts. */
static const struct row text_maps[] = {
	{ "ConfigMap", "data", "what a ConfigMap holds" },
	{ "Secret", "data", "what a Secret holds" },
	{ "Secret", "stringData", "what a Secret holds" },
	{ "", "metadata.labels", "a label" },
	{ "", "metadata.annotations", "an annotation" },
	{ "Service", "spec.selector", "a label" },
	{ "", "spec.selector.matchLabels", "a label" },
	{ "", "spec.template.metadata.labels", "a label" },
	{ "", "spec.template.metadata.annotations", "an annotation" },
};

static const struct row numbers[] = {
	{ NULL, "*.ports[].containerPort", "a port" },
	{ NULL, "*.ports[].hostPort", "a port" },
	{ "Service", "spec.ports[].port", "a port" },
	{ "Service", "spec.ports[].nodePort", "a port" },
	{ "Deployment", "spec.replicas", "the number of replicas" },
	{ "StatefulSet", "spec.replicas", "the number of replicas" },
};

struct looking {
	struct kg_scene *scene;
	const struct kg_subject *subject;
	const struct row *row;
};

static void
on_text(void *context, cJSON *, cJSON *value)
{
	const struct looking *looking = context;

	if (!cJSON_IsNumber(value) && !cJSON_IsBool(value))
		return;
	struct kg_error *error = kg_review_tell(looking->scene, true, looking->subject, value, "%s is a text, and this is a %s",
	    looking->row->what, cJSON_IsNumber(value) ? "number" : "boolean");
	kg_error_advise(looking->scene->arena, error, "put it in quotes");
}

static void
on_text_map(void *context, cJSON *, cJSON *map)
{
	for (cJSON *member = cJSON_IsObject(map) ? map->child : NULL; member; member = member->next)
		on_text(context, map, member);
}

static void
on_number(void *context, cJSON *, cJSON *value)
{
	const struct looking *looking = context;

	if (!cJSON_IsString(value) || kg_review_is_open(value->valuestring))
		return;
	struct kg_error *error =
	    kg_review_tell(looking->scene, true, looking->subject, value, "%s is a number, and this is a text", looking->row->what);
	if (*value->valuestring && strspn(value->valuestring, "0123456789") == strlen(value->valuestring))
		kg_error_advise(looking->scene->arena, error, "write it without quotes");
}

static void
row_look(struct looking *looking, kg_field_found *found)
{
	const struct kg_subject *subject = looking->subject;
	const char *from = looking->row->from, *path = looking->row->path;

	if (from && (!*from || strcmp(from, subject->object->kind) == 0))
		kg_field_each(subject->object->json, path, found, looking);
	for (const char *const *list = kg_field_container_lists; !from && subject->pod && *list; list++) {
		const cJSON *containers = kg_field_member(subject->pod, *list);

		for (cJSON *one = cJSON_IsArray(containers) ? containers->child : NULL; one; one = one->next)
			kg_field_each(one, path + strlen("*."), found, looking);
	}
}

void
kg_review_types(struct kg_scene *scene, const struct kg_subject *subject)
{
	struct looking looking = { .scene = scene, .subject = subject };

	/* Others may mean anything by the same names. */
	if (kg_object_is_namespaced(subject->object->api_version, subject->object->kind) < 0)
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		looking.row = &texts[i];
		row_look(&looking, on_text);
	}
	for (size_t i = 0; i < sizeof(text_maps) / sizeof(*text_maps); i++) {
		looking.row = &text_maps[i];
		row_look(&looking, on_text_map);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		looking.row = &numbers[i];
		row_look(&looking, on_number);
	}
}
