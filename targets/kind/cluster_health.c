/* How a cluster is, asked of its API server as its administrator: no program is started for it. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/kind/cluster_inside.h"
#include "targets/kind/node_status.h"

static constexpr int64_t ask_limit_ms = 5000;
static constexpr int64_t first_pause_ms = 50, longest_pause_ms = 500;
static constexpr size_t nodes_limit_bytes = 32 << 20;

static kg_step readyz_ask, readyz_answered, account_answered, nodes_ask, nodes_answered, all_ready;

bool
kg_cluster_kubeconfig_read(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	const char *path = kg_cluster_file(job, KG_CLUSTER_KUBECONFIG), *bytes;
	size_t size;

	return !kg_file_read(job->arena, path, &bytes, &size) &&
	    !kg_kind_kubeconfig_read(job->arena, path, bytes, size, &state->kubeconfig);
}

struct kg_next
kg_cluster_ask(struct kg_job *job, const char *path, int64_t timeout_ms, kg_step *then)
{
	struct cluster_state *state = job->state;
	struct kg_http *request = kg_new(job->arena, struct kg_http);

	*request = (struct kg_http){
		.url = kg_format(job->arena, "%s%s", state->kubeconfig.server, path),
		.ca_pem = state->kubeconfig.ca_pem,
		.cert_pem = state->kubeconfig.cert_pem,
		.key_pem = state->kubeconfig.key_pem,
		.timeout_ms = timeout_ms,
		.body_limit = nodes_limit_bytes,
	};
	return kg_wait_http(job, request, then);
}

const char *
kg_cluster_answer_tell(struct kg_job *job)
{
	if (job->http.error)
		return kg_error_text(job->arena, job->http.error);
	return kg_format(job->arena, "HTTP %d", (int)job->http.status);
}

static bool
has_waited_enough(struct kg_job *job)
{
	const struct cluster_spec *spec = job->spec;
	const struct cluster_state *state = job->state;

	return (job->now_ns - state->asked_from_ns) / 1000000 > spec->wait_ms;
}

static struct kg_next
pause(struct kg_job *job, kg_step *then)
{
	struct cluster_state *state = job->state;

	state->pause_ms = state->pause_ms * 2 < longest_pause_ms ? state->pause_ms * 2 : longest_pause_ms;
	return kg_wait_timer(job, state->pause_ms, then);
}

static void
asking_starts(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	state->asked_from_ns = job->now_ns;
	state->pause_ms = first_pause_ms / 2;
	state->last_answer = "";
}

/* ---- the API server */

struct kg_next
kg_cluster_answers(struct kg_job *job, kg_step *then)
{
	struct cluster_state *state = job->state;

	asking_starts(job);
	state->has_answered = false;
	state->then = then;
	return kg_go(readyz_ask);
}

static struct kg_next
readyz_ask(struct kg_job *job)
{
	return kg_cluster_ask(job, "/readyz", ask_limit_ms, readyz_answered);
}

static struct kg_next
not_yet(struct kg_job *job, const char *what)
{
	struct cluster_state *state = job->state;

	state->last_answer = kg_format(job->arena, "%s: %s", what, kg_cluster_answer_tell(job));
	kg_tell(job, "%s", state->last_answer);
	return has_waited_enough(job) ? kg_go(state->then) : pause(job, readyz_ask);
}

/* Pods cannot be made before the controllers have given their namespace an account. */
static struct kg_next
readyz_answered(struct kg_job *job)
{
	if (job->http.error || job->http.status != 200)
		return not_yet(job, "API server");
	return kg_cluster_ask(job, "/api/v1/namespaces/default/serviceaccounts/default", ask_limit_ms, account_answered);
}

static struct kg_next
account_answered(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (job->http.error || job->http.status != 200)
		return not_yet(job, "the account `default`");
	state->has_answered = true;
	return kg_go(state->then);
}

/* ---- nodes */

/* With another network plug-in, nodes are ready when something further down the graph has put it in: that cannot be waited for here. */
struct kg_next
kg_cluster_ready(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (!state->kept.config && !kg_cluster_kept_read(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept))
		return kg_failed(kg_error_make(job->arena, KG_EDATA, "it is not known what the cluster was made of"));
	if (kg_cluster_config_lacks_network(state->kept.config))
		return kg_go(all_ready);
	if (!state->kubeconfig.server && !kg_cluster_kubeconfig_read(job))
		return kg_failed(kg_error_make(job->arena, KG_EDATA, "the cluster's kubeconfig is gone"));
	asking_starts(job);
	return kg_go(nodes_ask);
}

static struct kg_next
nodes_ask(struct kg_job *job)
{
	return kg_cluster_ask(job, "/api/v1/nodes", ask_limit_ms, nodes_answered);
}

static struct kg_next
nodes_answered(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	const char *why = job->http.error || job->http.status != 200
	    ? kg_cluster_answer_tell(job)
	    : kg_nodes_unready(job->arena, job->http.body, kg_cluster_config_node_count(state->kept.config), state->started_s);

	if (!why)
		return kg_go(all_ready);
	kg_tell(job, "%s", why);
	if (has_waited_enough(job))
		return kg_failed(
		    kg_error_advise(job->arena, kg_error_make(job->arena, KG_ETIME, "the nodes are not ready: %s", why),
			"give it more time by `wait`, or see what kubelet says: %s exec NODE journalctl -u kubelet",
			state->kept.engine));
	return pause(job, nodes_ask);
}

static struct kg_next
all_ready(struct kg_job *job)
{
	return kg_probe(job, &(struct kg_probe_about){ 0 }, kg_done);
}
