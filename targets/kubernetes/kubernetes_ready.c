/* When a node is ready: all its objects are, and then the rule that the node names itself, such as a URL that answers. */
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/probe.h"
#include "targets/kubernetes/kubernetes_inside.h"

static kg_step opened, objects_ready;

struct kg_next
kg_kubernetes_ready(struct kg_job *job)
{
	struct kubernetes_state *state = job->state;

	state->wait.then = objects_ready;
	if (state->wait.objects.count > 0)
		return kg_kubernetes_await(job);
	/* Neither run nor looked at: what is remembered is all that is known. */
	struct kg_error *error = kg_inventory_read(job->arena, kg_kubernetes_inventory_path(job), &state->before);
	if (error)
		return kg_failed(error);
	return state->before.puts.count > 0 ? kg_kubernetes_open(job, KUBERNETES_RUN, opened) : kg_go(objects_ready);
}

static struct kg_next
opened(struct kg_job *job)
{
	const struct kubernetes_spec *spec = job->spec;
	struct kubernetes_state *state = job->state;

	kg_kubernetes_await_begin(job, spec->ready_timeout_ms, objects_ready);
	for (uint32_t i = 0; i < state->before.puts.count; i++) {
		const struct kg_put *put = &state->before.puts.items[i];

		kg_kubernetes_await_add(job, put->api_version, put->kind, put->namespace_, put->name, NULL, true);
	}
	return kg_kubernetes_await(job);
}

static struct kg_next
objects_ready(struct kg_job *job)
{
	static const struct kg_probe_about nothing_more = { 0 };

	return job->common->ready ? kg_probe(job, &nothing_more, kg_done) : kg_done(job);
}
