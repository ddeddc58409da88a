/*
 * How the objects of a node come to be there: one level after the other, all of a level at once, and afterwards what the node no longer has is deleted.
 *
 *     opened ─ rendered ─ read ─ (discovered anew) ─ (reviewed) ─ seen ─ (what it lacks) ─┬─ level ─ (what it needs) ─ batch applied ─┐
 *                                                                            └───────────────────────────────────────────┴─ pruned ─ written down
 *
 * What was applied with the same content before, and still carries it, is not written again: a node that runs since a comment was changed sends nothing.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/owned.h"

static kg_step all_read, opened, discovered, reviewed, seen, lacks_known, intend, level_next, level_ready, level_discovered,
    batch_apply, batch_applied, all_applied, all_pruned;

struct kg_next
kg_kubernetes_run(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	kg_kubernetes_close(job);
	*state = (struct kubernetes_state){ .started_s = kg_clock_wall_ns() / 1000000000 };
	struct kg_error *error = NULL;
	if (kg_job_keep(job, &error))
		error = kg_inventory_read(job->arena, kg_kubernetes_inventory_path(job), &state->before);
	return error ? kg_failed(error) : kg_kubernetes_open(job, KUBERNETES_RUN, opened);
}

static struct kg_next
opened(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	/* What was put into another cluster is not in this one. */
	if (strcmp(state->before.cluster, state->cluster) != 0 && state->before.puts.count > 0) {
		kg_job_log(job, "the cluster at %s is another one than the last run's", kg_api_server(state->api));
		state->before = (struct kg_inventory){ .cluster = state->cluster };
	}
	return kg_kubernetes_read_all(job, all_read);
}

/* A kind that the server may have got since it was asked what it has. */
static bool
has_unknown_kind(const struct kubernetes_state *state)
{
	const struct kg_manifest *manifest = &state->reading.manifest;

	for (uint32_t i = 0; i < manifest->objects.count; i++)
		if (!kg_api_resource(state->api, manifest->objects.items[i].api_version, manifest->objects.items[i].kind))
			return true;
	return false;
}

static struct kg_next
discover_part(struct kg_job *job)
{
	return kg_api_discover(job, ((const struct kubernetes_state *)job->whole->state)->api, true, kg_done);
}

/* As a part: a failure comes back here, where what was read is still to be closed. */
static struct kg_next
discover_anew(struct kg_job *job, kg_step *then)
{
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){ .count = 1, .first = discover_part };
	return kg_wait_parts(job, parts, then);
}

static struct kg_next
all_read(struct kg_job *job)
{
	job->parts_error = NULL;
	return has_unknown_kind(job->state) ? discover_anew(job, discovered) : kg_go(discovered);
}

static struct kg_next
discovered(struct kg_job *job)
{
	struct kg_error *error = job->parts_error ? kg_error_copy(job->arena, job->parts_error) : kg_kubernetes_items(job);

	return error ? kg_kubernetes_failed(job, error) : kg_kubernetes_turn_review(job, reviewed);
}

static struct kg_next
reviewed(struct kg_job *job)
{
	return kg_kubernetes_see(job, seen);
}

static void
label(struct kg_arena *arena, struct kg_object *object, const char *graph, const char *node)
{
	if (graph)
		kg_object_label(arena, object, KG_LABEL_GRAPH, graph);
	if (node)
		kg_object_label(arena, object, KG_LABEL_NODE, node);
}

/* Pods carry the labels too: that is how `kgraph logs` and kubectl find them. */
static void
item_label(struct kg_job *job, struct kubernetes_item *item)
{
	static const char *const templates[] = { "spec.template", "spec.jobTemplate", "spec.jobTemplate.spec.template" };
	struct kg_arena *arena = ((struct kubernetes_state *)job->state)->reading.arena;
	const char *graph = kg_kubernetes_owner(job), *node = kg_kubernetes_node_label(job->arena, job->name);

	if (item->is_lent) {
		const cJSON *labels = kg_json_at(item->live, "metadata.labels");
		const cJSON *its_graph = cJSON_GetObjectItemCaseSensitive(labels, KG_LABEL_GRAPH);
		const cJSON *its_node = cJSON_GetObjectItemCaseSensitive(labels, KG_LABEL_NODE);

		/* Another graph's stay: an apply without them would take them away. */
		label(arena, &item->object, cJSON_GetStringValue(its_graph), cJSON_GetStringValue(its_node));
		return;
	}
	label(arena, &item->object, graph, node);
	for (size_t i = 0; item->level == KG_LEVEL_WORKLOAD && i < sizeof(templates) / sizeof(templates[0]); i++) {
		struct kg_object template = item->object;

		template.json = (cJSON *)kg_json_at(item->object.json, templates[i]);
		if (template.json)
			label(arena, &template, graph, node);
	}
}

/* What was applied the last time was the same, and it is all there. */
static bool
is_unchanged(struct kg_job *job, const struct kubernetes_item *item)
{
	const struct kg_put *before = item->before;

	if (item->is_lent)
		return item->level == KG_LEVEL_NAMESPACE;
	return before && before->fields && item->live && strcmp(before->made_of, item->made_of) == 0 &&
	    kg_text_equal(kg_json_text(item->live, "metadata.uid"), before->uid) &&
	    !kg_json_text(item->live, "metadata.deletionTimestamp") &&
	    !kg_owned_difference(job->arena, before->fields, before->values, item->live);
}

static struct kg_put
put_of(struct kg_job *job, const struct kubernetes_item *item)
{
	struct kg_arena *arena = job->arena;

	return (struct kg_put){
		.api_version = kg_copy(arena, item->object.api_version),
		.kind = kg_copy(arena, item->object.kind),
		.name = kg_copy(arena, item->object.name),
		.namespace_ = kg_copy(arena, item->namespace_),
		.level = item->level,
		.uid = "",
		.made_of = "",
	};
}

/*
 * Before the first write: all that may be there from now on, ours to take away whatever happens. What is unchanged keeps what is known of it, so that an
 * interrupted run does not make the next one write everything again.
 */
static struct kg_error *
intent_write(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_inventory intent = { .cluster = state->cluster };

	for (uint32_t i = 0; i < state->before.puts.count; i++)
		kg_inventory_add(&intent, job->arena, state->before.puts.items[i]);
	for (uint32_t i = 0; i < state->count; i++)
		if (!state->items[i].before && !state->items[i].is_lent)
			kg_inventory_add(&intent, job->arena, put_of(job, &state->items[i]));
	return kg_inventory_write(job->arena, kg_kubernetes_inventory_path(job), &intent);
}

static struct kg_next
seen(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	uint32_t to_write = 0;

	for (uint32_t i = 0; i < state->count; i++) {
		struct kubernetes_item *item = &state->items[i];

		item_label(job, item);
		item->made_of = kg_copy(job->arena, kg_object_digest(state->reading.arena, item->object.json));
		item->is_written = is_unchanged(job, item);
		to_write += !item->is_written;
	}
	if (to_write == 0)
		return kg_go(intend);
	kg_tell(job, "applies %u of %u objects", (unsigned)to_write, (unsigned)state->count);
	return kg_kubernetes_lacks_ask(job, lacks_known);
}

static struct kg_next
lacks_known(struct kg_job *job)
{
	struct kg_error *error = kg_kubernetes_lacks_tell(job);

	return error ? kg_kubernetes_failed(job, error) : kg_go(intend);
}

static struct kg_next
intend(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_error *error = intent_write(job);

	state->level = KG_LEVEL_NAMESPACE;
	return error ? kg_kubernetes_failed(job, error) : kg_go(level_next);
}

/* Items of the level that are still to be written. */
static void
batch_fill(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	state->batch.count = 0;
	for (uint32_t i = 0; i < state->count; i++)
		if (state->items[i].level == state->level && !state->items[i].is_written)
			kg_list_push(job->arena, &state->batch, i);
}

static void
item_await(struct kg_job *job, const struct kubernetes_item *item, bool is_wanted)
{
	kg_kubernetes_await_add(
	    job, item->object.api_version, item->object.kind, item->namespace_, item->object.name, item->live, is_wanted);
}

static bool
is_called(const struct kubernetes_item *item, const cJSON *service)
{
	return strcmp(item->object.kind, "Service") == 0 && kg_text_equal(item->object.name, kg_json_text(service, "name")) &&
	    kg_text_equal(item->namespace_, kg_json_text(service, "namespace"));
}

/* The Services that webhooks and APIServices of the batch call, as far as they are of this node: true when there are any. */
static bool
services_await(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;
	bool has_any = false;

	for (uint32_t at = 0; at < state->batch.count; at++) {
		const cJSON *json = state->items[state->batch.items[at]].object.json, *webhook;
		const cJSON *own = kg_json_at(json, "spec.service");

		for (uint32_t i = 0; i < state->count; i++) {
			bool is_needed = own && is_called(&state->items[i], own);

			cJSON_ArrayForEach(webhook, kg_json_at(json, "webhooks")) is_needed =
			    is_needed || is_called(&state->items[i], kg_json_at(webhook, "clientConfig.service"));
			if (is_needed)
				item_await(job, &state->items[i], true);
			has_any |= is_needed;
		}
	}
	for (uint32_t i = 0; has_any && i < state->count; i++)
		if (state->items[i].level == KG_LEVEL_WORKLOAD)
			item_await(job, &state->items[i], false);
	return has_any;
}

static void
definitions_await(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;

	for (uint32_t i = 0; i < state->count; i++)
		if (state->items[i].level == KG_LEVEL_DEFINITION)
			item_await(job, &state->items[i], true);
}

static void
prune_begin(struct kg_job *job, bool only_services, kg_step *then)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;

	state->removal = (struct kubernetes_removal){ .propagation = KG_API_BACKGROUND, .then = then };
	for (uint32_t i = 0; spec->prune && i < state->before.puts.count; i++) {
		const struct kg_put *put = &state->before.puts.items[i];

		if (!put->is_wanted && (!only_services || strcmp(put->kind, "Service") == 0))
			kg_kubernetes_removal_add(job, put);
	}
}

/* What has to be so before the objects of the level can be made. */
static struct kg_next
level_next(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;

	for (; state->level < KG_LEVEL_COUNT; state->level++) {
		batch_fill(job);
		if (state->batch.count == 0)
			continue;
		kg_kubernetes_await_begin(job, spec->ready_timeout_ms, level_ready);
		if (state->level == KG_LEVEL_WEBHOOK && services_await(job))
			return kg_kubernetes_await(job);
		if (state->level == KG_LEVEL_CUSTOM && state->has_definitions) {
			definitions_await(job);
			return kg_kubernetes_await(job);
		}
		/* A Service that leaves may hold the NodePort that another one is to have. */
		prune_begin(job, true, batch_apply);
		if (state->level == KG_LEVEL_SERVICE && state->removal.objects.count > 0)
			return kg_kubernetes_remove(job);
		return kg_go(batch_apply);
	}
	return kg_go(all_applied);
}

static struct kg_next
level_ready(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	if (state->level != KG_LEVEL_CUSTOM)
		return kg_go(batch_apply);
	state->has_definitions = false;
	return discover_anew(job, level_discovered);
}

static struct kg_next
level_discovered(struct kg_job *job)
{
	return job->parts_error ? kg_kubernetes_failed(job, kg_error_copy(job->arena, job->parts_error)) : kg_go(batch_apply);
}

static struct kg_next
batch_apply(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	state->batch_errors = kg_new_array(job->arena, struct kg_error *, state->batch.count);
	*parts = (struct kg_job_parts){
		.count = state->batch.count,
		.width = KUBERNETES_WIDTH,
		.first = kg_kubernetes_apply_one,
		.states = kg_alloc_array(job->arena, state->batch.count, KUBERNETES_APPLYING_BYTES),
		.state_size = KUBERNETES_APPLYING_BYTES,
		.ret_errors = state->batch_errors,
	};
	return kg_wait_parts(job, parts, batch_applied);
}

static struct kg_next
batch_applied(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_errors errors = { .arena = job->arena };

	for (uint32_t i = 0; i < state->batch.count; i++)
		if (state->batch_errors[i])
			kg_errors_add(&errors, state->batch_errors[i]);
	struct kg_error *error = kg_kubernetes_errors(job, &errors);
	if (error)
		return kg_kubernetes_failed(job, error);
	state->written += state->batch.count;
	state->has_definitions |= state->level == KG_LEVEL_DEFINITION;
	state->level++;
	return kg_go(level_next);
}

static struct kg_next
all_applied(struct kg_job *job)
{
	prune_begin(job, false, all_pruned);
	return kg_kubernetes_remove(job);
}

static void
now_add(struct kg_job *job, const struct kubernetes_item *item)
{
	struct kubernetes_state *state = job->state;
	struct kg_put put = put_of(job, item);

	if (item->live) {
		const char *uid = kg_json_text(item->live, "metadata.uid");

		put.uid = uid ? uid : "";
		put.made_of = item->made_of;
		put.fields = kg_owned_fields(item->live, kg_api_manager);
		put.values = put.fields ? kg_owned_values(job->arena, put.fields, item->live) : NULL;
	}
	kg_inventory_add(&state->now, job->arena, put);
}

/* With `prune = false` what has left stays, and stays known. */
static void
now_fill(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;

	state->now = (struct kg_inventory){ .cluster = state->cluster, .is_whole = true };
	for (uint32_t i = 0; i < state->count; i++)
		if (!state->items[i].is_lent)
			now_add(job, &state->items[i]);
	for (uint32_t i = 0; !spec->prune && i < state->before.puts.count; i++)
		if (!state->before.puts.items[i].is_wanted)
			kg_inventory_add(&state->now, job->arena, state->before.puts.items[i]);
}

static struct kg_next
all_pruned(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;

	now_fill(job);
	struct kg_error *error = kg_inventory_write(job->arena, kg_kubernetes_inventory_path(job), &state->now);
	if (!error)
		error = kg_kubernetes_put_out(job);
	if (error)
		return kg_kubernetes_failed(job, error);
	if (state->written == 0 && state->removed == 0)
		kg_reused(job, 0);
	kg_kubernetes_await_begin(job, spec->ready_timeout_ms, NULL);
	for (uint32_t i = 0; i < state->count; i++) {
		const struct kubernetes_item *item = &state->items[i];

		if (!item->is_lent)
			kg_kubernetes_await_add(job, kg_copy(job->arena, item->object.api_version),
			    kg_copy(job->arena, item->object.kind), kg_copy(job->arena, item->namespace_),
			    kg_copy(job->arena, item->object.name), item->live, true);
	}
	kg_kubernetes_close(job);
	return kg_done(job);
}
