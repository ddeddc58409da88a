/*
 * For `kgraph collect`: the objects of a node with what is around them as JSON, secrets masked, the events of its namespaces, and what all its
 * containers have printed, before a restart as well.
 *
 *     objects.json  events.txt  pods/NAMESPACE/POD.CONTAINER.log  pods/NAMESPACE/POD.CONTAINER.previous.log
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"

static kg_step opened, all_listed, list_one, list_done, log_one, log_done, all_read;

static constexpr int64_t log_most_bytes = 8 << 20;

/* One request of the gathering: a listing, or a container's log. */
struct gathering {
	const struct kg_resource *resource;
	const char *namespace_;
	bool is_ours; /* of this node alone, by label */
	struct kg_api_items items;
	struct kg_api_logs logs;
	const char *path; /* of the log */
};

struct kg_next
kg_kubernetes_gather(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_error *error = kg_inventory_read(job->arena, kg_kubernetes_inventory_path(job), &state->before);

	if (error)
		return kg_failed(error);
	return state->before.puts.count > 0 ? kg_kubernetes_open(job, KUBERNETES_GATHER, opened) : kg_done(job);
}

static void
gathering_add(
    struct kg_job *job, struct kg_map *known, const char *api_version, const char *kind, const char *namespace_, bool is_ours)
{
	struct kubernetes_state *state = job->state;
	const struct kg_resource *resource = kg_api_resource(state->api, api_version, kind);

	if (!resource || !kg_map_put(known, kg_api_path(job->arena, resource, namespace_, NULL), 0))
		return;
	kg_list_push(job->arena, &state->gatherings,
	    (struct gathering *)memcpy(kg_new(job->arena, struct gathering),
		&(struct gathering){ .resource = resource, .namespace_ = namespace_, .is_ours = is_ours },
		sizeof(struct gathering)));
}

static struct kg_next
parts_wait(struct kg_job *job, kg_step *first, kg_step *then)
{
	const struct kubernetes_state *state = job->state;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){ .count = state->gatherings.count, .width = KUBERNETES_WIDTH, .first = first };
	return kg_wait_parts(job, parts, then);
}

/* Pods, ReplicaSets and EndpointSlices carry our labels, since templates and Services do. */
static struct kg_next
opened(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_map known = { .arena = job->arena };

	for (uint32_t i = 0; i < state->before.puts.count; i++) {
		const struct kg_put *put = &state->before.puts.items[i];

		gathering_add(job, &known, put->api_version, put->kind, put->namespace_, true);
		if (!put->namespace_)
			continue;
		gathering_add(job, &known, "v1", "Pod", put->namespace_, true);
		gathering_add(job, &known, "apps/v1", "ReplicaSet", put->namespace_, true);
		gathering_add(job, &known, "discovery.k8s.io/v1", "EndpointSlice", put->namespace_, true);
		gathering_add(job, &known, "v1", "PersistentVolumeClaim", put->namespace_, true);
		gathering_add(job, &known, "v1", "Event", put->namespace_, false);
	}
	return parts_wait(job, list_one, all_listed);
}

static struct gathering *
gathering_of(const struct kg_job *job)
{
	return ((const struct kubernetes_state *)job->whole->state)->gatherings.items[job->part];
}

static struct kg_next
list_one(struct kg_job *job)
{
	const struct kubernetes_state *state = job->whole->state;
	struct gathering *it = gathering_of(job);
	const char *selector = it->is_ours ? kg_kubernetes_node_selector(job) : NULL;

	return kg_api_list(job, state->api, it->resource, it->namespace_, selector, &it->items, list_done);
}

static struct kg_next
list_done(struct kg_job *job)
{
	const struct gathering *it = gathering_of(job);

	if (it->items.error)
		kg_job_log(job, "%s", kg_error_text(job->arena, it->items.error));
	return kg_done(job);
}

/* The values of a Secret do not leave the cluster; which keys it has may be what is looked for. */
static void
secret_mask(struct kg_job *job, cJSON *object)
{
	static const char *const places[] = { "data", "stringData" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		cJSON *data = cJSON_GetObjectItemCaseSensitive(object, places[i]);

		for (cJSON *value = data ? data->child : NULL; value; value = value->next) {
			value->type = cJSON_String;
			value->valuestring = kg_copy(job->arena, "***");
		}
	}
	cJSON *notes = (cJSON *)kg_json_at(object, "metadata.annotations");
	for (cJSON *note = notes ? notes->child : NULL; note; note = note->next)
		if (note->string && strstr(note->string, "last-applied-configuration"))
			note->valuestring = kg_copy(job->arena, "***");
}

static void
objects_add(struct kg_job *job, struct kg_text *text, const struct gathering *it)
{
	for (uint32_t i = 0; i < it->items.count; i++) {
		cJSON *metadata = cJSON_GetObjectItemCaseSensitive(it->items.items[i], "metadata");

		if (strcmp(it->resource->kind, "Secret") == 0)
			secret_mask(job, it->items.items[i]);
		/* Pages that say who set which field. */
		(void)cJSON_DetachItemFromObjectCaseSensitive(metadata, "managedFields");
		kg_text_format(text, "%s%s", text->size > 2 ? ",\n" : "", kg_json_print(job->arena, it->items.items[i]));
	}
}

static void
events_add(struct kg_text *text, const struct gathering *it)
{
	static const char *const parts[] = { "type", "involvedObject.kind", "involvedObject.name", "reason", "message" };

	for (uint32_t i = 0; i < it->items.count; i++) {
		const cJSON *event = it->items.items[i];
		const char *time = kg_json_text(event, "lastTimestamp");

		/* Those of newer sources have another name for it. */
		time = time ? time : kg_json_text(event, "eventTime");
		kg_text_add(text, time ? time : "-");
		for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
			const char *word = kg_json_text(event, parts[part]);

			kg_text_format(text, "  %s", word ? word : "-");
		}
		kg_text_add(text, "\n");
	}
}

static struct kg_error *
text_write(struct kg_job *job, const char *name, struct kg_text *text)
{
	const char *masked = kg_mask_text(job->arena, job->mask, kg_text_end(text));

	return kg_file_write(job->arena, kg_path_join(job->arena, job->gather, name), masked, strlen(masked), 0600);
}

static void
container_add(struct kg_job *job, const cJSON *pod, const char *container, bool is_previous)
{
	struct kubernetes_state *state = job->state;
	struct gathering *it = kg_new(job->arena, struct gathering);
	const char *namespace_ = kg_json_text(pod, "metadata.namespace"), *name = kg_json_text(pod, "metadata.name");

	if (!namespace_ || !name || !container)
		return;
	it->path = kg_format(
	    job->arena, "%s/pods/%s/%s.%s%s.log", job->gather, namespace_, name, container, is_previous ? ".previous" : "");
	it->logs = (struct kg_api_logs){ .namespace_ = namespace_,
		.pod = name,
		.container = container,
		.previous = is_previous,
		.timestamps = true,
		.limit_bytes = log_most_bytes };
	kg_list_push(job->arena, &state->gatherings, it);
}

static void
pod_add(struct kg_job *job, const cJSON *pod)
{
	static const char *const lists[] = { "status.initContainerStatuses", "status.containerStatuses" };
	const cJSON *container;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		cJSON_ArrayForEach(container, kg_json_at(pod, lists[i]))
		{
			const cJSON *restarts = kg_json_at(container, "restartCount");
			const char *name = kg_json_text(container, "name");

			container_add(job, pod, name, false);
			if (cJSON_IsNumber(restarts) && restarts->valueint > 0)
				container_add(job, pod, name, true);
		}
}

static struct kg_next
all_listed(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_text objects = { .arena = job->arena }, events = { .arena = job->arena };
	uint32_t count = state->gatherings.count;
	struct gathering **listings = state->gatherings.items;

	kg_text_add(&objects, "[\n");
	state->gatherings.items = NULL;
	state->gatherings.count = state->gatherings.room = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(listings[i]->resource->kind, "Event") == 0)
			events_add(&events, listings[i]);
		else
			objects_add(job, &objects, listings[i]);
		for (uint32_t at = 0; at < listings[i]->items.count && strcmp(listings[i]->resource->kind, "Pod") == 0; at++)
			pod_add(job, listings[i]->items.items[at]);
	}
	kg_text_add(&objects, "\n]\n");
	struct kg_error *error = text_write(job, "objects.json", &objects);
	if (!error && events.size > 0)
		error = text_write(job, "events.txt", &events);
	return error ? kg_failed(error) : parts_wait(job, log_one, all_read);
}

static struct kg_next
log_one(struct kg_job *job)
{
	const struct kubernetes_state *state = job->whole->state;

	return kg_api_logs(job, state->api, &gathering_of(job)->logs, log_done);
}

static struct kg_next
log_done(struct kg_job *job)
{
	const struct gathering *it = gathering_of(job);

	/* One that has not started, or whose previous one is gone, has nothing to say. */
	if (job->http.error || job->http.status != 200)
		return kg_done(job);
	const char *masked = kg_mask_text(job->arena, job->mask, job->http.body);
	struct kg_error *error = kg_file_make_folder(job->arena, kg_path_folder(job->arena, it->path), 0700);
	if (!error)
		error = kg_file_write(job->arena, it->path, masked, strlen(masked), 0600);
	return error ? kg_failed(error) : kg_done(job);
}

static struct kg_next
all_read(struct kg_job *job)
{
	return job->parts_error ? kg_failed(kg_error_copy(job->arena, job->parts_error)) : kg_done(job);
}
