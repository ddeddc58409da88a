/*
 * One object is applied, as a part of its node: server-side, and again where the server's refusal is one that passes.
 *
 *     apply ─ applied ─┬─ (again, a moment later)          a webhook whose Service does not answer yet, a ServiceAccount that is just being made
 *                      ├─ (again, by force)                fields of ours that somebody has edited
 *                      └─ delete ─ gone ─ (again)          a change that cannot be made in place, with `replace`; or it was being deleted
 *
 * A field that somebody else has taken: what we gave a value the last time, an edit has changed, and that is put back. A field that we never had is
 * another manager's, perhaps a controller's: that is a conflict, and an error unless `force` is set.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/owned.h"
#include "targets/kubernetes/status/diagnosis.h"

static constexpr int64_t first_pause_ms = 50, longest_pause_ms = 1000;
/* How long a refusal that passes is waited for. */
static constexpr int64_t patience_ns = 30000000000;
static constexpr uint32_t races_most = 10;

static kg_step applied, delete_answered, gone_awaited, services_listed;

/* job->state of the part. */
struct applying {
	bool is_forced;
	uint32_t races;
	int64_t since_ns, pause_ms;
	const char *uid;          /* of the one that is being deleted */
	struct kg_error *refusal; /* of a NodePort, while it is found out who has it */
	struct kg_api_items *services;
	struct kg_api_watch *watch;
};
static_assert(sizeof(struct applying) <= KUBERNETES_APPLYING_BYTES);

static struct kubernetes_item *
item_of(const struct kg_job *job)
{
	const struct kubernetes_state *state = job->whole->state;

	return &state->items[state->batch.items[job->part]];
}

static struct kg_api *
api_of(const struct kg_job *job)
{
	return ((const struct kubernetes_state *)job->whole->state)->api;
}

static bool
is_leaving(const cJSON *object)
{
	return kg_json_text(object, "metadata.deletionTimestamp") != NULL;
}

struct kg_next
kg_kubernetes_apply_one(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	const struct kubernetes_state *state = job->whole->state;
	struct applying *applying = job->state;
	struct kubernetes_item *item = item_of(job);
	struct kg_api_apply *apply = kg_new(job->arena, struct kg_api_apply);

	if (!applying->since_ns)
		applying->since_ns = job->now_ns;
	if (!item->resource)
		item->resource = kg_api_resource(state->api, item->object.api_version, item->object.kind);
	if (!item->resource) {
		struct kg_error *error = kg_api_unknown(job, state->api, item->object.api_version, item->object.kind);

		error->place = kg_object_place(job->arena, &item->object, kg_json_at(item->object.json, "kind"));
		return kg_failed(error);
	}
	/* What is being deleted would take our fields along. */
	if (item->live && is_leaving(item->live)) {
		applying->uid = kg_json_text(item->live, "metadata.uid");
		return kg_go(gone_awaited);
	}
	*apply = (struct kg_api_apply){
		.object = item->object.json,
		.namespace_ = item->namespace_,
		.force = spec->force || applying->is_forced,
	};
	return kg_api_apply(job, state->api, item->resource, apply, applied);
}

/* The value at a path as the server writes it: spec.template.spec.containers[0].image, .data.key, metadata.labels[a/b]. The nearest one that is there. */
static const cJSON *
value_at(struct kg_arena *arena, const cJSON *object, const char *path)
{
	const cJSON *found = object;

	while (*path) {
		size_t length = strcspn(path, ".[");
		const cJSON *below;

		if (*path == '[') {
			size_t end = strcspn(path, "]");
			const char *key = kg_copy_bytes(arena, path + 1, end - 1);

			below = cJSON_IsArray(found) ? cJSON_GetArrayItem(found, atoi(key))
						     : cJSON_GetObjectItemCaseSensitive(found, key);
			path += end + (path[end] == ']');
		} else if (length == 0) {
			path++;
			continue;
		} else {
			below = cJSON_GetObjectItemCaseSensitive(found, kg_copy_bytes(arena, path, length));
			path += length;
		}
		if (!below)
			break;
		found = below;
	}
	return found;
}

/* Where in the manifest the refused field stands. */
static struct kg_place
place_of(struct kg_job *job, const struct kubernetes_item *item, const struct kg_api_status *status)
{
	const char *field = status && status->cause_count > 0 ? status->causes[0].field : "";

	const cJSON *value = *field ? value_at(job->arena, item->object.json, field) : NULL;
	return kg_object_place(job->arena, &item->object, value == item->object.json ? NULL : value);
}

/* All fields in conflict are ones that we gave a value the last time. */
static bool
may_take_back(struct kg_job *job, const struct kubernetes_item *item, const struct kg_api_status *status)
{
	bool is_ours = item->before && item->before->fields && status->cause_count > 0;

	for (uint32_t i = 0; i < status->cause_count && is_ours; i++)
		is_ours = *status->causes[i].field && kg_owned_has(job->arena, item->before->fields, status->causes[i].field);
	return is_ours;
}

/* Refusals of what another thing of the cluster, which is just starting, does not know yet. */
static bool
passes(const struct kubernetes_item *item, const struct kg_api_status *status)
{
	const char *message = status->message;

	if (status->code == 500 && strstr(message, "failed calling webhook"))
		return true;
	if (status->code == 403 && strstr(message, "error looking up service account"))
		return true;
	if (status->code == 403 && strstr(message, "not yet ready to handle request"))
		return true;
	return status->code == 404 && item->level == KG_LEVEL_CUSTOM && strstr(message, "could not find the requested resource");
}

static bool
is_immutable(const struct kg_api_status *status)
{
	static const char *const words[] = { "field is immutable", "may not change once set",
		"updates to statefulset spec for fields other than", "may not be changed", "may not be updated",
		"may not update fields other than", "is immutable after creation", "may not change", "cannot change roleRef",
		"are forbidden" };

	for (size_t i = 0; status->code == 422 && i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(status->message, words[i]))
			return true;
	return false;
}

static struct kg_next
again(struct kg_job *job)
{
	struct applying *applying = job->state;
	int64_t pause_ms = applying->pause_ms ? applying->pause_ms : first_pause_ms;

	applying->pause_ms = pause_ms * 2 < longest_pause_ms ? pause_ms * 2 : longest_pause_ms;
	return kg_wait_timer(job, pause_ms, kg_kubernetes_apply_one);
}

static struct kg_error *
refusal(struct kg_job *job, struct kg_error *error, const struct kg_api_status *status)
{
	const struct kubernetes_item *item = item_of(job);

	if (!error->place.file)
		error->place = place_of(job, item, status);
	if (!status)
		return error;
	if (status->code == 404 && strstr(status->message, "namespaces \""))
		return kg_error_advise(
		    job->arena, error, "`create_namespace = true` makes the namespace; or let a node that makes it come first");
	if (is_immutable(status))
		return kg_error_advise(
		    job->arena, error, "`replace = true` deletes it and makes it again; what it runs is interrupted");
	return error;
}

static struct kg_next
applied(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct applying *applying = job->state;
	struct kubernetes_item *item = item_of(job);
	const char *what = kg_kubernetes_tell(job->arena, item);
	struct kg_error *error = kg_api_error(job, kg_format(job->arena, "cannot apply %s", what));

	if (!error) {
		item->live = kg_api_answer(job);
		item->is_written = true;
		return item->live ? kg_done(job)
				  : kg_failed(kg_error_make(job->arena, KG_ENETWORK, "the server answered no object for %s", what));
	}
	const struct kg_api_status *status = kg_api_status(job);
	if (!status)
		return kg_failed(refusal(job, error, NULL));
	if (status->code == 409 && !applying->is_forced && may_take_back(job, item, status)) {
		kg_tell(job, "takes back %s of %s", status->causes[0].field, what);
		applying->is_forced = true;
		return kg_go(kg_kubernetes_apply_one);
	}
	if (status->code == 409 && status->cause_count == 0 && applying->races++ < races_most)
		return again(job);
	if (passes(item, status) && job->now_ns - applying->since_ns < patience_ns) {
		kg_tell(job, "%s: %s", what, status->message);
		return again(job);
	}
	if (spec->replace && item->live && is_immutable(status)) {
		struct kg_api_delete *delete = kg_new(job->arena, struct kg_api_delete);

		applying->uid = kg_json_text(item->live, "metadata.uid");
		*delete = (struct kg_api_delete){ .namespace_ = item->namespace_,
			.name = item->object.name,
			.uid = applying->uid,
			.propagation = KG_API_FOREGROUND,
			.grace_s = -1 };
		kg_tell(job, "replaces %s", what);
		return kg_api_delete(job, api_of(job), item->resource, delete, delete_answered);
	}
	error = refusal(job, error, status);
	if (!strstr(status->message, "provided port is already allocated"))
		return kg_failed(error);
	applying->refusal = error;
	applying->services = kg_new(job->arena, struct kg_api_items);
	return kg_api_list(job, api_of(job), item->resource, NULL, NULL, applying->services, services_listed);
}

static bool
has_node_port(const cJSON *service, const cJSON *wanted)
{
	const cJSON *port, *own;

	cJSON_ArrayForEach(port, kg_json_at(service, "spec.ports")) cJSON_ArrayForEach(own, kg_json_at(wanted, "spec.ports"))
	{
		const cJSON *theirs = kg_json_at(port, "nodePort"), *ours = kg_json_at(own, "nodePort");

		if (cJSON_IsNumber(theirs) && cJSON_IsNumber(ours) && theirs->valueint == ours->valueint)
			return true;
	}
	return false;
}

/* The server does not say who has the port. */
static struct kg_next
services_listed(struct kg_job *job)
{
	const struct applying *applying = job->state;
	const struct kubernetes_item *item = item_of(job);

	for (uint32_t i = 0; i < applying->services->count; i++) {
		const cJSON *service = applying->services->items[i];

		if (!has_node_port(service, item->object.json))
			continue;
		return kg_failed(
		    kg_error_advise(job->arena, applying->refusal, "Service %s/%s has it: give one of them another nodePort",
			kg_json_text(service, "metadata.namespace"), kg_json_text(service, "metadata.name")));
	}
	return kg_failed(applying->refusal);
}

static struct kg_next
delete_answered(struct kg_job *job)
{
	const struct kubernetes_item *item = item_of(job);
	const struct kg_api_status *status = kg_api_status(job);

	if (status && (status->code == 404 || status->code == 409))
		return kg_go(gone_awaited);
	struct kg_error *error = kg_api_error(job, kg_format(job->arena, "cannot delete %s", kg_kubernetes_tell(job->arena, item)));
	return error ? kg_failed(error) : kg_go(gone_awaited);
}

/* One of the same name but with another uid is no longer the one that is being deleted. */
static struct kg_next
gone_awaited(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct applying *applying = job->state;
	struct kubernetes_item *item = item_of(job);
	const char *field = kg_format(job->arena, "metadata.name=%s", item->object.name);

	if (!applying->watch)
		applying->watch = kg_api_watch(job, api_of(job), item->resource, item->namespace_, NULL, field);
	if (applying->watch->error)
		return kg_failed(applying->watch->error);
	const cJSON *left = kg_api_watch_find(applying->watch, item->namespace_, item->object.name);
	bool is_gone = applying->watch->is_synced && (!left || !kg_text_equal(kg_json_text(left, "metadata.uid"), applying->uid));

	if (is_gone) {
		item->live = NULL;
		applying->since_ns = job->now_ns;
		return kg_go(kg_kubernetes_apply_one);
	}
	int64_t left_ms = spec->gone_timeout_ms - (job->now_ns - applying->since_ns) / 1000000;
	const char *why = left ? kg_diagnose_deletion(job->arena, left, NULL) : NULL;
	why = why ? why : kg_format(job->arena, "%s is being deleted", kg_kubernetes_tell(job->arena, item));
	if (left_ms <= 0)
		return kg_failed(kg_error_make(job->arena, KG_ETIME, "%s", why));
	kg_tell(job, "%s", why);
	return kg_wait_topic(job, applying->watch->topic, left_ms, gone_awaited);
}
