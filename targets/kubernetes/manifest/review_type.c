/*
 * Numbers where texts are wanted and texts where numbers are: what an API server refuses in the words of its decoder, and what YAML makes of `value: on` or
 * `port: "${PORT}"` without anybody noticing.
 */
#include <string.h>

#include "engine/base/text.h"
#include "targets/kubernetes/manifest/review_inside.h"

struct row {
	const char *from, *path; /* see kg_field_each_of */
	const char *what;
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
on_text(void *context, cJSON *value, const char *what)
{
	const struct looking *looking = context;

	if (!cJSON_IsNumber(value) && !cJSON_IsBool(value))
		return;
	struct kg_error *error = kg_review_tell(looking->scene, true, looking->subject, value, "%s is a text, and this is a %s",
	    what, cJSON_IsNumber(value) ? "number" : "boolean");
	kg_error_advise(looking->scene->arena, error, "put it in quotes");
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

void
kg_review_types(struct kg_scene *scene, const struct kg_subject *subject)
{
	struct looking looking = { .scene = scene, .subject = subject };

	/* Others may mean anything by the same names. */
	if (kg_object_is_namespaced(subject->object->api_version, subject->object->kind) < 0)
		return;
	kg_field_each_text(subject->object, on_text, &looking);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		looking.row = &numbers[i];
		kg_field_each_of(subject->object, numbers[i].from, numbers[i].path, on_number, &looking);
	}
}
