/* `down` leaves a cluster as it leaves data: making it takes long, and the next run uses it again. `down --purge` deletes it. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kind/cluster_inside.h"

static constexpr int64_t delete_limit_ms = 180000;

static kg_step deleted, removed, own_found, forget, kept_found;

struct kg_child *
kg_cluster_kind(struct kg_job *job, const char *const *arguments)
{
	static const char *const handed_on[] = { "KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER", "KIND_EXPERIMENTAL_DOCKER_NETWORK",
		"KIND_EXPERIMENTAL_PODMAN_NETWORK" };
	const struct cluster_state *state = job->state;
	struct kg_arguments more = { .arena = job->arena };

	kg_arguments_add(&more, kg_format(job->arena, "KIND_EXPERIMENTAL_PROVIDER=%s", state->engine.driver->name), NULL);
	for (size_t i = 0; i < sizeof(handed_on) / sizeof(handed_on[0]); i++) {
		const char *value = getenv(handed_on[i]);

		if (value)
			kg_arguments_add(&more, kg_format(job->arena, "%s=%s", handed_on[i], value), NULL);
	}
	return kg_engine_child(job, &state->kind, arguments, kg_arguments_end(&more));
}

/* Without the program kind, the engine does nearly the same: volumes with a name stay. */
static struct kg_next
containers_remove(struct kg_job *job, const struct kg_kind_nodes *nodes)
{
	const struct cluster_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "rm", "--force", "--volumes", NULL);
	for (uint32_t i = 0; i < nodes->all.count; i++)
		kg_arguments_add(&arguments, nodes->all.items[i]->name, NULL);
	struct kg_child *child = kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL);
	child->timeout_ms = delete_limit_ms;
	return kg_wait_child(job, child, removed);
}

struct kg_next
kg_cluster_delete(struct kg_job *job, const struct kg_kind_nodes *nodes)
{
	const struct cluster_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	kg_tell(job, "deleting the cluster %s", state->gone_name);
	kg_job_log(job, "deleting the cluster %s", state->gone_name);
	if (!state->kind.program)
		return containers_remove(job, nodes);
	kg_arguments_add(&arguments, "delete", "cluster", "--name", state->gone_name, "--kubeconfig",
	    kg_cluster_file(job, KG_CLUSTER_KUBECONFIG), NULL);
	struct kg_child *child = kg_cluster_kind(job, kg_arguments_end(&arguments));
	child->timeout_ms = delete_limit_ms;
	return kg_wait_child(job, child, deleted);
}

/* Why a cluster could not be made says more than that what is left of it could not be deleted. */
static struct kg_next
gone(struct kg_job *job, const struct kg_engine *program)
{
	const struct cluster_state *state = job->state;

	if (job->child.status == 0)
		return kg_go(state->then);
	struct kg_error *error = kg_engine_error(job, program, kg_format(job->arena, "delete the cluster %s", state->gone_name));
	if (state->error)
		kg_job_log(job, "%s", kg_error_text(job->arena, error));
	return kg_failed(state->error ? state->error : error);
}

static struct kg_next
deleted(struct kg_job *job)
{
	const struct cluster_state *state = job->state;

	return gone(job, &state->kind);
}

static struct kg_next
removed(struct kg_job *job)
{
	const struct cluster_state *state = job->state;

	return gone(job, &state->engine);
}

/* What was being made when a run was ended has no outputs; that it was is kept beside the ledger. */
struct kg_next
kg_cluster_undo(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (!job->purge || !kg_cluster_kept_read(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept))
		return kg_done(job);
	return kg_cluster_own_find(job, own_found);
}

static struct kg_next
own_found(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	state->gone_name = state->kept.name;
	state->then = forget;
	return state->nodes.all.count > 0 ? kg_cluster_delete(job, &state->nodes) : kg_go(forget);
}

static struct kg_next
forget(struct kg_job *job)
{
	struct kg_error *error = kg_file_remove(job->arena, job->keep);

	return error ? kg_failed(error) : kg_done(job);
}

struct kg_next
kg_cluster_kept(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (!kg_cluster_kept_read(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept))
		return kg_done(job); /* there never was one */
	return kg_cluster_own_find(job, kept_found);
}

static struct kg_next
kept_found(struct kg_job *job)
{
	const struct cluster_state *state = job->state;
	uint32_t running = 0;

	for (uint32_t i = 0; i < state->nodes.all.count; i++)
		running += state->nodes.all.items[i]->state == KG_CONTAINER_RUNNING;
	if (state->nodes.all.count > 0)
		kg_remark(job, "the cluster %s for the next `up`; `kgraph down --purge` deletes it",
		    !state->kept.is_made ? "was being made, and is left"
			: running > 0    ? "runs on,"
					 : "is stopped, and stays");
	return kg_done(job);
}
