/* What other nodes may know of a node's objects. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/status/jsonpath.h"

static const struct kubernetes_item *
item_find(const struct kubernetes_state *state, const char *object)
{
	size_t kind = strcspn(object, "/");

	for (uint32_t i = 0; i < state->count; i++) {
		const struct kg_object *it = &state->items[i].object;

		if (strncmp(it->kind, object, kind) == 0 && !it->kind[kind] && strcmp(it->name, object + kind + 1) == 0)
			return &state->items[i];
	}
	return NULL;
}

static struct kg_error *
output_put(struct kg_job *job, const struct kubernetes_output *output)
{
	const struct kubernetes_item *item = item_find(job->state, output->object);
	const struct kg_jsonpath *path;

	if (!item || !item->live)
		return kg_error_make(job->arena, KG_EINPUT, "output `%s`: the node has no %s", output->as, output->object);
	struct kg_error *error = kg_jsonpath_parse(job->arena, output->path, &path);
	if (error)
		return kg_error_wrap(job->arena, error, "output `%s`", output->as);
	struct kg_json_hits hits = kg_jsonpath_find(job->arena, path, item->live);
	if (hits.count == 0)
		return kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EINPUT, "output `%s`: %s has no %s", output->as, output->object, output->path),
		    "what a controller fills in later is not known when the object is made");
	const cJSON *hit = hits.items[0];
	const char *value = cJSON_IsString(hit) ? hit->valuestring : kg_json_print(job->arena, hit);
	if (strcmp(item->object.kind, "Secret") == 0)
		kg_hide(job, value);
	kg_output(job, output->as, value);
	return NULL;
}

static const struct kubernetes_item *
first_service(const struct kubernetes_state *state)
{
	const struct kubernetes_item *first = NULL;

	for (uint32_t i = 0; i < state->count; i++) {
		const struct kubernetes_item *item = &state->items[i];

		if (strcmp(item->object.kind, "Service") != 0 || !item->live)
			continue;
		if (!first)
			first = item;
		/* The one that can be reached from outside is the one that is meant. */
		if (kg_text_equal(kg_json_text(item->live, "spec.type"), "NodePort"))
			return item;
	}
	return first;
}

static const char *
number_at(struct kg_arena *arena, const cJSON *object, const char *name)
{
	const cJSON *value = kg_json_at(object, name);

	return cJSON_IsNumber(value) ? kg_format(arena, "%d", value->valueint) : "";
}

struct kg_error *
kg_kubernetes_put_out(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	const struct kubernetes_state *state = job->state;
	const struct kubernetes_item *service = first_service(state);
	const cJSON *port = service ? cJSON_GetArrayItem(kg_json_at(service->live, "spec.ports"), 0) : NULL;
	const char *namespace_ = spec->namespace_;

	for (uint32_t i = 0; !namespace_ && i < state->count; i++)
		namespace_ = state->items[i].namespace_;
	kg_output(job, "namespace", namespace_ ? namespace_ : kg_api_namespace(state->api));
	kg_output(job, "kubeconfig", spec->kubeconfig ? spec->kubeconfig : "");
	kg_output(job, "context", kg_api_context(state->api));
	kg_output(job, "selector",
	    kg_format(job->arena, "%s," KG_LABEL_NODE "=%s", kg_kubernetes_selector(job),
		kg_kubernetes_node_label(job->arena, job->name)));
	kg_output(job, "service", service ? service->object.name : "");
	kg_output(job, "host", service ? kg_format(job->arena, "%s.%s.svc", service->object.name, service->namespace_) : "");
	kg_output(job, "port", number_at(job->arena, port, "port"));
	kg_output(job, "node_port", number_at(job->arena, port, "nodePort"));
	for (const struct kubernetes_output *const *output = spec->outputs; output && *output; output++) {
		struct kg_error *error = output_put(job, *output);

		if (error)
			return error;
	}
	return NULL;
}
