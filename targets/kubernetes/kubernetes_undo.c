/*
 * A node is taken away: all that it has put into the cluster and that still carries its labels, and the namespace if the node has made it. Volumes' data
 * are kept unless --purge says otherwise, as the kind `volume` does: a PersistentVolumeClaim stays, and with it the namespace that it is in.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kubernetes/client/json.h"
#include "targets/kubernetes/kubernetes_inside.h"

static kg_step opened, claims_ask, claims_listed, remove_begin, all_gone;

struct kg_next
kg_kubernetes_undo(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_error *error = kg_inventory_read(job->arena, kg_kubernetes_inventory_path(job), &state->before);

	if (error)
		return kg_failed(error);
	return state->before.puts.count > 0 ? kg_kubernetes_open(job, KUBERNETES_UNDO, opened) : kg_done(job);
}

static struct kg_next
opened(struct kg_job *job)
{
	const struct kubernetes_state *state = job->state;

	if (strcmp(state->before.cluster, state->cluster) != 0) {
		kg_warn(job, "the cluster at %s is another one than the last run's: nothing is deleted", kg_api_server(state->api));
		return kg_go(all_gone);
	}
	return job->purge ? kg_go(remove_begin) : kg_go(claims_ask);
}

static const struct kg_put *
next_namespace(const struct kubernetes_state *state)
{
	for (uint32_t i = state->listing; i < state->before.puts.count; i++)
		if (strcmp(state->before.puts.items[i].kind, "Namespace") == 0)
			return &state->before.puts.items[i];
	return NULL;
}

/* Which of the node's namespaces hold claims, its own or others'. */
static struct kg_next
claims_ask(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	const struct kg_put *namespace_ = next_namespace(state);
	const struct kg_resource *claims = kg_api_resource(state->api, "v1", "PersistentVolumeClaim");

	if (!namespace_ || !claims)
		return kg_go(remove_begin);
	state->listing = (uint32_t)(namespace_ - state->before.puts.items);
	state->claims = kg_new(job->arena, struct kg_api_items);
	return kg_api_list(job, state->api, claims, namespace_->name, NULL, state->claims, claims_listed);
}

static struct kg_next
claims_listed(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	struct kg_put *namespace_ = &state->before.puts.items[state->listing++];

	if (state->claims->error)
		return kg_failed(state->claims->error);
	namespace_->is_wanted = state->claims->count > 0;
	if (namespace_->is_wanted)
		kg_tell(job, "keeps the namespace %s, which holds %u PersistentVolumeClaims", namespace_->name,
		    (unsigned)state->claims->count);
	return kg_go(claims_ask);
}

static struct kg_next
remove_begin(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;

	state->removal = (struct kubernetes_removal){
		.propagation = KG_API_FOREGROUND,
		.waits = true,
		.limit_ms = spec->gone_timeout_ms,
		.then = all_gone,
	};
	for (uint32_t i = 0; i < state->before.puts.count; i++) {
		struct kg_put *put = &state->before.puts.items[i];

		put->is_wanted = put->is_wanted || (!job->purge && strcmp(put->kind, "PersistentVolumeClaim") == 0);
		if (!put->is_wanted)
			kg_kubernetes_removal_add(job, put);
	}
	return kg_kubernetes_remove(job);
}

/* What was kept stays known: a later `up` has it again, and `down --purge` then takes it. */
static struct kg_next
all_gone(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;
	const char *path = kg_kubernetes_inventory_path(job);
	struct kg_inventory kept = { .cluster = state->before.cluster };

	for (uint32_t i = 0; i < state->before.puts.count; i++)
		if (state->before.puts.items[i].is_wanted)
			kg_inventory_add(&kept, job->arena, state->before.puts.items[i]);
	struct kg_error *error =
	    kept.puts.count > 0 ? kg_inventory_write(job->arena, path, &kept) : kg_file_remove(job->arena, path);
	return error ? kg_failed(error) : kg_done(job);
}
