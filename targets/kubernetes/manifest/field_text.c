/* The fields of Kubernetes' own kinds that are texts, where YAML makes numbers and booleans so easily. */
#include <string.h>

#include "targets/kubernetes/manifest/field.h"
#include "targets/kubernetes/manifest/manifest.h"

struct row {
	const char *from, *path; /* see kg_field_each_of */
	const char *what;
};

/* Of every object, whatever it is. */
static const struct row common[] = {
	{ "", "apiVersion", "apiVersion" },
	{ "", "kind", "kind" },
	{ "", "metadata.name", "a name" },
	{ "", "metadata.namespace", "a namespace" },
};
static const struct row common_maps[] = {
	{ "", "metadata.labels", "a label" },
	{ "", "metadata.annotations", "an annotation" },
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
	{ "Service", "spec.selector", "a label" },
	{ "", "spec.selector.matchLabels", "a label" },
	{ "", "spec.template.metadata.labels", "a label" },
	{ "", "spec.template.metadata.annotations", "an annotation" },
};

struct looking {
	kg_field_text_found *found;
	void *context;
	const char *what;
};

static void
on_text(void *context, cJSON *, cJSON *value)
{
	const struct looking *looking = context;

	looking->found(looking->context, value, looking->what);
}

static void
on_text_map(void *context, cJSON *, cJSON *map)
{
	for (cJSON *member = cJSON_IsObject(map) ? map->child : NULL; member; member = member->next)
		on_text(context, map, member);
}

static void
rows_walk(const struct kg_object *object, const struct row *rows, size_t count, kg_field_found *on_value, struct looking *looking)
{
	for (size_t i = 0; i < count; i++) {
		looking->what = rows[i].what;
		kg_field_each_of(object, rows[i].from, rows[i].path, on_value, looking);
	}
}
#define ROWS_WALK(object, rows, on_value, looking) rows_walk(object, rows, sizeof(rows) / sizeof(*(rows)), on_value, looking)

void
kg_field_each_text(const struct kg_object *object, kg_field_text_found *found, void *context)
{
	struct looking looking = { .found = found, .context = context };

	ROWS_WALK(object, common, on_text, &looking);
	ROWS_WALK(object, common_maps, on_text_map, &looking);
	/* Others may mean anything by the same names. */
	if (kg_object_is_namespaced(object->api_version, object->kind) < 0)
		return;
	ROWS_WALK(object, texts, on_text, &looking);
	ROWS_WALK(object, text_maps, on_text_map, &looking);
}
