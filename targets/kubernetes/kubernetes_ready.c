/* When a node is ready: all its objects are, and then the rule that the node names itself, such as a URL that answers. */
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/probe.h"
#include "targets/kubernetes/kubernetes_inside.h"
#include "targets/kubernetes/stream_program.h"

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

/* As kgraph-stream calls it; NULL: there is nothing in it to run a program in. */
static const char *
kind_of(const struct kubernetes_awaited *it)
{
	static const char *const kinds[][2] = { { "Deployment", "deployment" }, { "StatefulSet", "statefulset" },
		{ "DaemonSet", "daemonset" }, { "ReplicaSet", "replicaset" }, { "Pod", "pod" } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(it->kind, kinds[i][0]) == 0)
			return kinds[i][1];
	return NULL;
}

/* "Deployment/web", or "Deployment/web/app". */
static bool
is_meant(struct kg_arena *arena, const struct kubernetes_awaited *it, const char *ready_in, const char **ret_container)
{
	const char *title = kg_format(arena, "%s/%s", it->kind, it->name);

	if (!kg_text_starts(ready_in, title))
		return false;
	const char *rest = ready_in + strlen(title);
	if (*rest && *rest != '/')
		return false;
	*ret_container = *rest && rest[1] ? rest + 1 : NULL;
	return true;
}

static struct kg_error *
nowhere(struct kg_job *job, const char *const *found, uint32_t count)
{
	const struct kubernetes_spec *spec = job->spec;
	const char *names = kg_text_enumerate(job->arena, found, count, " and ");
	struct kg_error *error;

	if (spec->ready_in)
		error = kg_error_make(job->arena, KG_EINPUT, "`ready_in`: the node has no %s", spec->ready_in);
	else if (count == 0)
		return kg_error_make(job->arena, KG_EINPUT, "`exec` in `ready` has nowhere to run: the node has no workload");
	else
		error = kg_error_make(job->arena, KG_EINPUT, "`exec` in `ready` does not say where to run: the node has %s", names);
	return count == 0 ? error : kg_error_advise(job->arena, error, "say it by `ready_in`, such as \"%s\"", found[0]);
}

/* In which pods the program of `exec` runs: those of the workload that is named, or of the only one. */
static struct kg_error *
place_find(struct kg_job *job, struct kg_stream_where *ret_where)
{
	const struct kubernetes_spec *spec = job->spec;
	const struct kubernetes_wait *wait = &((const struct kubernetes_state *)job->state)->wait;
	const struct kubernetes_awaited *place = NULL;
	const char *container = NULL;
	KG_LIST(const char *) found = { 0 };

	for (uint32_t i = 0; i < wait->objects.count; i++) {
		const struct kubernetes_awaited *it = &wait->objects.items[i];

		if (!kind_of(it))
			continue;
		kg_list_push(job->arena, &found, kg_format(job->arena, "%s/%s", it->kind, it->name));
		if (!spec->ready_in || is_meant(job->arena, it, spec->ready_in, &container))
			place = it;
	}
	if (!place || (!spec->ready_in && found.count > 1))
		return nowhere(job, found.items, found.count);
	*ret_where = (struct kg_stream_where){
		.kubeconfig = spec->kubeconfig,
		.context = spec->context,
		.namespace_ = place->namespace_,
		.kind = kind_of(place),
		.name = place->name,
		.container = container,
	};
	return NULL;
}

static struct kg_next
objects_ready(struct kg_job *job)
{
	const struct kg_probe *rule = job->common->ready;
	struct kg_probe_about about = { 0 };
	struct kg_error *error = NULL;

	if (!rule)
		return kg_done(job);
	if (rule->log)
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(
			job->arena, KG_EINPUT, "`log` in `ready` is not for objects of a cluster: their logs are not here"),
		    "a readiness probe of the pod tells it, or `exec`"));
	if (rule->exec) {
		struct kg_stream_where where;

		error = place_find(job, &where);
		about.exec_before = error ? NULL : kg_stream_exec(job, &where, false, &error);
		/* A kubeconfig's plug-ins are the user's programs. */
		about.exec_env = (const char *const *)environ;
	}
	return error ? kg_failed(error) : kg_probe(job, &about, kg_done);
}
