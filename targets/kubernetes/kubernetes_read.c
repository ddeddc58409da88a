/* What a node wants: its files, tables and rendered text as objects, changed by its patches, labelled as ours, in the order in which they are applied. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"

static kg_step rendered, all_read;

/* A chart of everything is a few megabytes. */
static constexpr size_t render_limit = 64 << 20;

static void
file_read(struct kubernetes_reading *reading, const char *path)
{
	const char *bytes;
	size_t size;
	struct kg_error *error = kg_file_read(reading->arena, path, &bytes, &size);

	if (error)
		kg_errors_add(&reading->errors, error);
	else
		kg_manifest_read(
		    reading->arena, &reading->errors, &(struct kg_yaml_source){ path, bytes, size }, &reading->manifest);
}

void
kg_kubernetes_read(struct kubernetes_reading *reading)
{
	const struct kubernetes_spec *spec = reading->spec;
	struct kg_arena *arena = reading->arena;
	const char *const *files = kg_kubernetes_files(arena, &reading->errors, spec->files);

	for (const char *const *file = files; *file; file++)
		file_read(reading, *file);
	for (uint32_t i = 0; spec->objects && spec->objects[i]; i++) {
		struct kg_place place = { .file = kg_format(arena, "`objects` of %s, number %u", reading->node, (unsigned)i + 1) };

		kg_manifest_read_json(arena, &reading->errors, spec->objects[i], place, &reading->manifest);
	}
	if (reading->rendered)
		kg_manifest_read(arena, &reading->errors,
		    &(struct kg_yaml_source){ reading->rendered_file, reading->rendered, reading->rendered_size },
		    &reading->manifest);
}

static const struct kg_manifest_pair *
pairs_of(struct kg_arena *arena, const struct kg_pair *map, uint32_t *ret_count)
{
	KG_LIST(struct kg_manifest_pair) pairs = { 0 };

	for (; map && map->name; map++)
		kg_list_push(arena, &pairs, (struct kg_manifest_pair){ map->name, map->value });
	*ret_count = pairs.count;
	return pairs.items;
}

static const struct kg_manifest_replicas *
replicas_of(struct kg_arena *arena, const struct kg_pair *map, uint32_t *ret_count)
{
	KG_LIST(struct kg_manifest_replicas) replicas = { 0 };

	for (; map && map->name; map++)
		kg_list_push(arena, &replicas, (struct kg_manifest_replicas){ map->name, strtoll(map->value, NULL, 10) });
	*ret_count = replicas.count;
	return replicas.items;
}

/* The namespace itself is an object like others, before all of them. */
static void
namespace_add(struct kubernetes_reading *reading)
{
	const struct kubernetes_spec *spec = reading->spec;
	struct kg_text json = { .arena = reading->arena };

	kg_text_add(&json, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":");
	kg_text_add_json(&json, spec->namespace_);
	kg_text_add(&json, "}}");
	kg_manifest_read_json(reading->arena, &reading->errors, kg_text_end(&json),
	    (struct kg_place){ .file = kg_format(reading->arena, "`namespace` of %s", reading->node) }, &reading->manifest);
}

static bool
has_namespace(const struct kubernetes_reading *reading)
{
	const struct kg_manifest *manifest = &reading->manifest;

	for (uint32_t i = 0; i < manifest->objects.count; i++)
		if (strcmp(manifest->objects.items[i].kind, "Namespace") == 0 &&
		    strcmp(manifest->objects.items[i].name, reading->spec->namespace_) == 0)
			return true;
	return false;
}

void
kg_kubernetes_patch(struct kubernetes_reading *reading, kg_manifest_scope *scope, void *context)
{
	const struct kubernetes_spec *spec = reading->spec;
	struct kg_manifest_patch patch = {
		.name_prefix = spec->name_prefix,
		.name_suffix = spec->name_suffix,
		.namespace_ = spec->namespace_,
		.scope = scope,
		.scope_context = context,
	};

	patch.values = pairs_of(reading->arena, spec->values, &patch.value_count);
	patch.images = pairs_of(reading->arena, spec->images, &patch.image_count);
	patch.labels = pairs_of(reading->arena, spec->labels, &patch.label_count);
	patch.replicas = replicas_of(reading->arena, spec->replicas, &patch.replica_count);
	kg_manifest_patch(reading->arena, &reading->errors, &reading->manifest, &patch);
	if (spec->create_namespace && !has_namespace(reading))
		namespace_add(reading);
	kg_manifest_check(reading->arena, &reading->errors, &reading->manifest);
}

struct kg_error *
kg_kubernetes_errors(struct kg_job *job, const struct kg_errors *errors)
{
	return kg_error_copy_all(job->arena, errors->first);
}

/* There may be Secrets in what was printed. */
static void
read_work(void *data)
{
	struct kubernetes_reading *reading = data;
	struct kg_error *error = NULL;

	if (reading->rendered)
		error = kg_file_write(reading->arena, reading->rendered_file, reading->rendered, reading->rendered_size, 0600);
	if (error)
		kg_errors_add(&reading->errors, error);
	kg_kubernetes_read(reading);
	kg_kubernetes_rendered_tell(&reading->errors, reading, 1);
}

static struct kg_next
read_begin(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	return kg_wait_worker(job, read_work, &state->reading, all_read);
}

struct kg_next
kg_kubernetes_read_all(struct kg_job *job, kg_step *then)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;
	struct kg_child *child;

	kg_kubernetes_close(job);
	state->reading = (struct kubernetes_reading){ .arena = kg_arena_make(), .spec = spec, .node = job->name };
	state->reading.errors.arena = state->reading.arena;
	state->opened = then;
	if (!spec->render || !*spec->render)
		return read_begin(job);
	child = kg_new(job->arena, struct kg_child);
	*child = (struct kg_child){ .argv = spec->render, .capture = true, .capture_limit = render_limit };
	kg_tell(job, "%s", spec->render[0]);
	return kg_wait_child(job, child, rendered);
}

static struct kg_next
rendered(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	if (job->child.status != 0)
		return kg_kubernetes_failed(job, kg_error_wrap(job->arena, kg_child_error(job), "`render` failed"));
	if (job->child.output_size >= render_limit)
		return kg_kubernetes_failed(job, kg_error_make(job->arena, KG_EINPUT, "`render` printed more than 64 MiB"));
	kg_kubernetes_rendered_set(
	    &state->reading, job->arena, job->keep, job->fingerprint, job->child.output, job->child.output_size);
	return read_begin(job);
}

static struct kg_next
all_read(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_error *error = kg_kubernetes_errors(job, &state->reading.errors);

	return error ? kg_kubernetes_failed(job, error) : kg_go(state->opened);
}

void
kg_kubernetes_close(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	if (state->reading.arena)
		kg_arena_free(state->reading.arena);
	if (state->wait.scratch)
		kg_arena_free(state->wait.scratch);
	state->reading = (struct kubernetes_reading){ 0 };
	state->wait.scratch = NULL;
	state->items = NULL;
	state->count = 0;
}

struct kg_next
kg_kubernetes_failed(struct kg_job *job, struct kg_error *error)
{
	kg_kubernetes_close(job);
	return kg_failed(error);
}

static int
scope(void *context, const char *api_version, const char *kind)
{
	const struct kg_resource *resource = kg_api_resource(context, api_version, kind);

	return resource ? resource->is_namespaced : -1;
}

/* Whether an object of a kind that the server may not have yet lives in a namespace: the CRD beside it tells. */
static bool
is_namespaced(const struct kubernetes_state *state, const struct kg_object *object, const struct kg_resource *resource)
{
	const struct kg_manifest *manifest = &state->reading.manifest;
	int known = resource ? resource->is_namespaced : kg_object_is_namespaced(object->api_version, object->kind);

	for (uint32_t i = 0; known < 0 && i < manifest->objects.count; i++) {
		const cJSON *json = manifest->objects.items[i].json;
		const char *kind = kg_json_text(json, "spec.names.kind");

		if (kind && strcmp(kind, object->kind) == 0)
			known = !kg_text_equal(kg_json_text(json, "spec.scope"), "Cluster");
	}
	return known != 0;
}

static void
item_fill(struct kg_job *job, struct kubernetes_item *item)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;
	struct kg_object *object = &item->object;

	item->level = kg_object_level(object);
	item->resource = kg_api_resource(state->api, object->api_version, object->kind);
	if (is_namespaced(state, object, item->resource))
		item->namespace_ = object->namespace_ ? object->namespace_ : kg_api_namespace(state->api);
	item->is_added = item->level == KG_LEVEL_NAMESPACE && spec->create_namespace && strcmp(object->name, spec->namespace_) == 0;
	struct kg_put *before =
	    kg_inventory_find(&state->before, job->arena, object->api_version, object->kind, item->namespace_, object->name);
	if (before)
		before->is_wanted = true;
	item->before = before;
}

static int
by_level(const void *left, const void *right)
{
	const struct kubernetes_item *a = left, *b = right;
	int order = (int)a->level - (int)b->level;

	if (order == 0)
		order = strcmp(a->object.kind, b->object.kind);
	if (order == 0)
		order = strcmp(a->namespace_ ? a->namespace_ : "", b->namespace_ ? b->namespace_ : "");
	return order ? order : strcmp(a->object.name, b->object.name);
}

struct kg_error *
kg_kubernetes_items(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kubernetes_reading *reading = &state->reading;

	kg_kubernetes_patch(reading, scope, state->api);
	kg_kubernetes_rendered_tell(&reading->errors, reading, 1);
	if (reading->errors.first)
		return kg_kubernetes_errors(job, &reading->errors);
	state->count = reading->manifest.objects.count;
	state->items = kg_new_array(reading->arena, struct kubernetes_item, state->count);
	for (uint32_t i = 0; i < state->count; i++) {
		state->items[i].object = reading->manifest.objects.items[i];
		item_fill(job, &state->items[i]);
	}
	if (state->count > 0)
		qsort(state->items, state->count, sizeof(*state->items), by_level);
	return NULL;
}
