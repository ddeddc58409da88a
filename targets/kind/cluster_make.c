/*
 * Makes a cluster with kind: asks whether its ports are free, has it made, tries again what goes well when it is tried again, and marks it.
 *
 *     ports ─ create ─┬─ listed ─ marked ─ answers ─ outputs
 *      │              └─ what is left: (what it says kept) ─ deleted ─┬─ failed
 *      └──────────────────────────────────────────────────────────────┘
 */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"
#include "targets/kind/cluster_inside.h"
#include "targets/kind/cluster_ports.h"

static constexpr uint32_t creations_tried_again = 2;

static kg_step ports_free, created, partial_listed, partial_gathered, partial_gone, made_listed, marked, made_answered;

struct kg_next
kg_cluster_make(struct kg_job *job)
{
	return kg_cluster_ports_free(job, ports_free);
}

/* " ✓ Preparing nodes 📦" without its signs. */
static void
progress_tell(void *context, const char *line)
{
	size_t length = 0;

	while (*line && (!isascii(*line) || *line == ' '))
		line++;
	while (line[length] && isascii(line[length]))
		length++;
	while (length > 0 && strchr(" .", line[length - 1]))
		length--;
	if (length > 0)
		kg_tell(context, "%.*s", (int)length, line);
}

static struct kg_next
ports_free(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	const char *config = kg_cluster_file(job, KG_CLUSTER_CONFIG), *kubeconfig = kg_cluster_file(job, KG_CLUSTER_KUBECONFIG);

	state->kept = (struct kg_cluster_kept){
		.owner = kg_engine_owner(job),
		.folder = job->folders->graph,
		.node = job->name,
		.name = state->name,
		.engine = state->engine.driver->name,
		.config = state->config,
	};
	unlink(kubeconfig);
	struct kg_error *error = kg_file_remove(job->arena, kg_cluster_failed_folder(job));
	if (!error)
		error = kg_file_write(job->arena, config, state->config, strlen(state->config), 0600);
	if (!error)
		error = kg_cluster_kept_write(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept);
	if (error)
		return kg_failed(error);
	/* What it could not finish is left, so that its nodes can be asked why. */
	kg_arguments_add(&arguments, "create", "cluster", "--retain", "--name", state->name, "--config", config, "--kubeconfig",
	    kubeconfig, NULL);
	struct kg_child *child = kg_cluster_kind(job, kg_arguments_end(&arguments));
	child->line = progress_tell;
	child->context = job;
	kg_tell(job, "making the cluster %s", state->name);
	return kg_wait_child(job, child, created);
}

/*
 * What goes well when it is tried again: machines that are busy for a moment, and races within kind and its engines. What is wrong with a configuration, an
 * image or the machine stays wrong.
 */
static bool
is_flaky(const char *words)
{
	static const char *const known[] = {
		"could not find a log line that matches",
		"failed to init node with kubeadm",
		"failed to join node with kubeadm",
		"failed to get kubernetes version from node",
		"failed to copy",
		"failed to apply overlay network",
		"failed to add default storage class",
		"failed to remove control plane taint",
		"etcdserver: ",
		"error adding container to network",
		"network with name kind already exists",
		"connection reset by peer",
		"TLS handshake timeout",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(words, known[i]))
			return true;
	return false;
}

/* kind looks for one of that name before it pulls images, and the engine refuses a second one's containers after that. */
static bool
is_of_others(const char *words)
{
	return strstr(words, "already exist for a cluster") ||
	    (strcasestr(words, "container name") && strstr(words, "is already in use"));
}

/* Nothing is left of it: else the next run, or a purge, would take for its remains what somebody else has made since under that name. */
static struct kg_next
not_made(struct kg_job *job)
{
	const struct cluster_state *state = job->state;

	unlink(kg_cluster_file(job, KG_CLUSTER_KEPT));
	return kg_failed(state->error);
}

static struct kg_error *
creation_error(struct kg_job *job)
{
	const struct cluster_state *state = job->state;
	const char *words = strstr(job->child.last_lines, "ERROR: failed to create cluster: ");
	struct kg_error *error = kg_engine_error(job, &state->kind, kg_format(job->arena, "make the cluster %s", state->name));

	if (!words)
		return error;
	words += strlen("ERROR: failed to create cluster: ");
	const char *detail = error->detail;
	error = kg_error_make(
	    job->arena, KG_EFAILED, "cannot make the cluster %s: %.*s", state->name, (int)strcspn(words, "\n"), words);
	error->detail = detail;
	return error;
}

static struct kg_next
created(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	const char *words = job->child.last_lines;

	if (job->child.status == 0)
		return kg_kind_nodes_list(job, &state->engine, made_listed);
	state->error = creation_error(job);
	/* Somebody else has made one of that name since it was looked for: it is not ours to ask, or to delete. */
	if (is_of_others(words))
		return not_made(job);
	if (job->timed_out)
		return kg_failed(state->error);
	if (is_flaky(words) && state->tries < creations_tried_again) {
		state->tries++;
		kg_job_log(job, "%s; it is tried again", state->error->message);
		kg_tell(job, "tried again: %s", state->error->message);
		state->error = NULL;
	}
	return kg_kind_nodes_list(job, &state->engine, partial_listed);
}

/* What the nodes of the last try say is kept for `kgraph collect`: when somebody asks they are gone. */
static struct kg_next
partial_listed(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_error *error = kg_cluster_listing_read(job);

	if (error)
		return kg_failed(state->error ? state->error : error);
	state->nodes = kg_kind_nodes_of(job->arena, &state->listing, state->name);
	if (!state->error || state->nodes.all.count == 0)
		return kg_go(partial_gathered);
	kg_tell(job, "asking the nodes of %s why it could not be made", state->name);
	return kg_cluster_gather_nodes(job, kg_cluster_failed_folder(job), partial_gathered);
}

static struct kg_next
partial_gathered(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	state->gone_name = state->name;
	state->then = partial_gone;
	return state->nodes.all.count > 0 ? kg_cluster_delete(job, &state->nodes) : kg_go(partial_gone);
}

static struct kg_next
partial_gone(struct kg_job *job)
{
	const struct cluster_state *state = job->state;

	return state->error ? not_made(job) : kg_go(kg_cluster_make);
}

static struct kg_next
made_listed(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	KG_LIST(const char *) ids = { 0 };
	struct kg_error *error = kg_cluster_listing_read(job);

	if (error)
		return kg_failed(error);
	state->nodes = kg_kind_nodes_of(job->arena, &state->listing, state->name);
	const struct kg_container *node = kg_kind_nodes_control_plane(&state->nodes);
	if (!node)
		return kg_failed(
		    kg_error_make(job->arena, KG_EFAILED, "kind made the cluster %s, and it has no nodes", state->name));
	for (uint32_t i = 0; i < state->nodes.all.count; i++)
		kg_list_push(job->arena, &ids, state->nodes.all.items[i]->id);
	kg_list_push(job->arena, &ids, NULL);
	state->was_made = true;
	state->kept.is_made = true;
	state->kept.nodes = ids.items;
	error = kg_cluster_kept_write(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept);
	if (error)
		return kg_failed(error);

	struct kg_arguments arguments = { .arena = job->arena };
	struct kg_cluster_kept mark = state->kept;
	mark.nodes = NULL;
	kg_arguments_add(&arguments, "exec", "--interactive", node->name, "sh", "-c", "cat >" KG_CLUSTER_MARK, NULL);
	struct kg_child *child = kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL);
	child->quiet = true;
	child->input = kg_cluster_kept_text(job->arena, &mark);
	child->input_size = strlen(child->input);
	return kg_wait_child(job, child, marked);
}

static struct kg_next
marked(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, "mark the cluster as this node's"));
	if (!kg_cluster_kubeconfig_read(job))
		return kg_failed(kg_error_make(job->arena, KG_EDATA, "kind has written no kubeconfig that can be read"));
	return kg_cluster_answers(job, made_answered);
}

static struct kg_next
made_answered(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (state->has_answered)
		return kg_go(kg_cluster_give);
	return kg_failed(kg_error_advise(job->arena,
	    kg_error_make(job->arena, KG_ETIME, "the API server of %s is not ready: %s", state->name, state->last_answer),
	    "give it more time by `wait`"));
}
