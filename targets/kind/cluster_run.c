/*
 * How a cluster comes to be there: one of this node's is used again when it was made of the same configuration, its nodes started when they were stopped;
 * else it is deleted and made anew (cluster_make.c). One of the same name that this node has not made is never touched.
 *
 *     (an earlier name deleted) ─ listed ─┬─(mark_copied)─ owned ─┬─(start)─ kubeconfig ─ answers ─ outputs
 *                                         │                       └─(deleted)─┐
 *                                         └──────────────────────────────────┴─ made
 */
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/kind/cluster_inside.h"
#include "targets/kind/cluster_ports.h"

#define MARK_COPY "mark.json"
#define CERTS_FOLDER "certs.d"

static constexpr int64_t start_limit_ms = 120000;

static kg_step list, own_listed, earlier_found, listed, mark_copied, owned, start, started, kubeconfig_ask, kubeconfig_told,
    reused_answered;

/* ---- what is to be made */

/* certs.d/HOST/hosts.toml, as containerd reads it at each pull. */
static struct kg_error *
mirrors_write(struct kg_job *job, const char **ret_folder)
{
	const struct cluster_spec *spec = job->spec;
	const char *folder = kg_cluster_file(job, CERTS_FOLDER);
	struct kg_error *error = NULL;

	*ret_folder = spec->settings.registry_mirrors && spec->settings.registry_mirrors->name ? folder : NULL;
	for (const struct kg_pair *mirror = *ret_folder ? spec->settings.registry_mirrors : NULL; mirror && mirror->name && !error;
	    mirror++) {
		const char *one = kg_path_join(job->arena, folder, mirror->name);
		struct kg_text text = { .arena = job->arena };

		kg_text_add(&text, "[host.");
		kg_text_add_json(&text, mirror->value);
		kg_text_add(&text, "]\n  capabilities = [\"pull\", \"resolve\"]\n");
		error = kg_file_make_folder(job->arena, one, 0755);
		if (!error)
			error = kg_file_write(
			    job->arena, kg_path_join(job->arena, one, "hosts.toml"), kg_text_end(&text), text.size, 0644);
	}
	return error;
}

static struct kg_error *
config_make(struct kg_job *job)
{
	const struct cluster_spec *spec = job->spec;
	struct cluster_state *state = job->state;
	const char *path = spec->settings.config, *mirrors = NULL, *bytes;
	cJSON *file = NULL;
	size_t size;
	struct kg_error *error = mirrors_write(job, &mirrors);

	if (!error && path) {
		error = kg_file_read(job->arena, path, &bytes, &size);
		if (!error)
			error = kg_cluster_file_read(job->arena, path, bytes, size, &file);
	}
	if (!error)
		error = kg_cluster_config_make(job->arena, &spec->settings, file, state->name, mirrors, &state->config);
	cJSON_Delete(file);
	return error;
}

struct kg_error *
kg_cluster_programs(struct kg_job *job, const char *engine)
{
	const struct cluster_spec *spec = job->spec;
	struct cluster_state *state = job->state;
	const char *program = kg_job_program(job, "kind");
	struct kg_error *error = engine ? kg_engine_find_named(job->arena, engine, &state->engine)
					: kg_engine_find(job->arena, spec->engine.engine, &state->engine);

	state->kind = state->engine;
	state->kind.program = program ? program : kg_engine_program(job->arena, "kind");
	return error;
}

struct kg_error *
kg_cluster_kind_missing(struct kg_job *job)
{
	const struct cluster_state *state = job->state;

	if (state->kind.program)
		return NULL;
	return kg_error_advise(job->arena, kg_error_make(job->arena, KG_EINPUT, "the program `kind` is not installed"),
	    "get it by `go install sigs.k8s.io/kind@latest`, `brew install kind` or from https://kind.sigs.k8s.io, and have it in "
	    "PATH "
	    "or in a folder of `search`");
}

struct kg_next
kg_cluster_run(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_error *error = NULL;

	*state = (struct cluster_state){ 0 };
	if (!kg_job_keep(job, &error))
		return kg_failed(error);
	state->name = kg_cluster_name(job);
	error = kg_cluster_programs(job, NULL);
	if (!error)
		error = kg_cluster_kind_missing(job);
	if (!error)
		error = config_make(job);
	if (error)
		return kg_failed(error);
	if (!kg_cluster_kept_read(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept))
		return kg_go(list);
	bool is_elsewhere =
	    strcmp(state->kept.name, state->name) != 0 || strcmp(state->kept.engine, state->engine.driver->name) != 0;
	/* An engine that is gone has taken its clusters along. */
	return is_elsewhere && !kg_cluster_programs(job, state->kept.engine) ? kg_cluster_own_find(job, earlier_found)
									     : kg_go(list);
}

struct kg_error *
kg_cluster_listing_read(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (job->child.status != 0)
		return kg_engine_error(job, &state->engine, "list the nodes of kind's clusters");
	return state->engine.driver->read_containers(job->arena, job->child.output, &state->listing);
}

/* Every node of it is one that this node's run has left, or may have: where it is not known how that ended, there were none before. */
static bool
is_of_the_last_run(const struct kg_kind_nodes *nodes, const struct kg_cluster_kept *kept, const char *name)
{
	if (!kg_text_equal(kept->name, name))
		return false;
	for (uint32_t i = 0; kept->is_made && i < nodes->all.count; i++)
		if (!kg_cluster_kept_has(kept, nodes->all.items[i]->id))
			return false;
	return true;
}

struct kg_next
kg_cluster_own_find(struct kg_job *job, kg_step *then)
{
	struct cluster_state *state = job->state;
	struct kg_error *error = kg_cluster_programs(job, state->kept.engine);

	state->then = then;
	return error ? kg_failed(error) : kg_kind_nodes_list(job, &state->engine, own_listed);
}

static struct kg_next
own_listed(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_error *error = kg_cluster_listing_read(job);

	if (error)
		return kg_failed(error);
	state->nodes = kg_kind_nodes_of(job->arena, &state->listing, state->kept.name);
	if (!is_of_the_last_run(&state->nodes, &state->kept, state->kept.name))
		state->nodes.all.count = 0; /* somebody else has made one of that name since */
	return kg_go(state->then);
}

/* With another name or engine the earlier one would be left behind. */
static struct kg_next
earlier_found(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (state->nodes.all.count == 0)
		return kg_go(list);
	state->gone_name = state->kept.name;
	state->then = list;
	kg_job_log(
	    job, "the cluster %s in %s was this node's; it is called %s now", state->gone_name, state->kept.engine, state->name);
	return kg_cluster_delete(job, &state->nodes);
}

static struct kg_next
list(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_error *error = kg_cluster_programs(job, NULL);

	state->gone_name = NULL;
	return error ? kg_failed(error) : kg_kind_nodes_list(job, &state->engine, listed);
}

/* ---- one of that name is there: whose is it? */

static struct kg_next
listed(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	struct kg_error *error = kg_cluster_listing_read(job);

	if (error)
		return kg_failed(error);
	state->nodes = kg_kind_nodes_of(job->arena, &state->listing, state->name);
	if (state->nodes.all.count == 0)
		return kg_go(kg_cluster_make);
	if (is_of_the_last_run(&state->nodes, &state->kept, state->name))
		return kg_go(owned);
	const struct kg_container *node = kg_kind_nodes_control_plane(&state->nodes);
	state->mark_path = kg_cluster_file(job, MARK_COPY);
	unlink(state->mark_path);
	/* cp reads from stopped containers too. */
	kg_arguments_add(&arguments, "cp",
	    kg_format(job->arena, "%s:" KG_CLUSTER_MARK, node ? node->name : state->nodes.all.items[0]->name), state->mark_path,
	    NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), mark_copied);
}

static struct kg_next
mark_copied(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_cluster_kept mark;
	bool is_marked = job->child.status == 0 && kg_cluster_kept_read(job->arena, state->mark_path, &mark);
	KG_LIST(const char *) ids = { 0 };

	unlink(state->mark_path);
	if (!is_marked || strcmp(mark.owner, kg_engine_owner(job)) != 0 || strcmp(mark.node, job->name) != 0)
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EBUSY, "there is a cluster %s already, and it is not of this node (%s)",
			state->name,
			is_marked ? kg_format(job->arena, "the node %s of %s made it", mark.node, mark.folder)
				  : "kgraph has not made it"),
		    "give the node another `name`, or take that cluster away: kind delete cluster --name %s", state->name));
	for (uint32_t i = 0; i < state->nodes.all.count; i++)
		kg_list_push(job->arena, &ids, state->nodes.all.items[i]->id);
	kg_list_push(job->arena, &ids, NULL);
	state->kept = mark;
	state->kept.nodes = ids.items;
	state->kept.is_made = true;
	struct kg_error *error = kg_cluster_kept_write(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept);
	return error ? kg_failed(error) : kg_go(owned);
}

/* ---- it is ours: can it be used again? */

/* Why it cannot, as a sentence; NULL when it can. */
static const char *
why_anew(struct kg_job *job)
{
	const struct cluster_state *state = job->state;
	uint32_t kept = 0;

	if (!state->kept.is_made)
		return "an earlier run was ended while it was being made";
	const char *difference = kg_cluster_config_difference(job->arena, state->kept.config, state->config);
	if (difference)
		return difference;
	while (state->kept.nodes[kept])
		kept++;
	if (kept != state->nodes.all.count)
		return kg_format(job->arena, "%u of its %u nodes are left", state->nodes.all.count, kept);
	return NULL;
}

static struct kg_next
remake(struct kg_job *job, const char *why)
{
	struct cluster_state *state = job->state;

	kg_job_log(job, "the cluster %s is made anew: %s", state->name, why);
	kg_tell(job, "made anew: %s", why);
	state->gone_name = state->name;
	state->then = kg_cluster_make;
	return kg_cluster_delete(job, &state->nodes);
}

static struct kg_next
owned(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	const char *why = why_anew(job);

	if (why)
		return remake(job, why);
	for (uint32_t i = 0; i < state->nodes.all.count; i++)
		if (state->nodes.all.items[i]->state != KG_CONTAINER_RUNNING)
			return kg_cluster_ports_free(job, start);
	return kg_go(kubeconfig_ask);
}

/* Stopped nodes keep what they have: images, objects, data. */
static struct kg_next
start(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_arguments paused = { .arena = job->arena }, stopped = { .arena = job->arena };

	kg_arguments_add(&paused, "unpause", NULL);
	kg_arguments_add(&stopped, "start", NULL);
	for (uint32_t i = 0; i < state->nodes.all.count; i++) {
		const struct kg_container *node = state->nodes.all.items[i];

		if (node->state != KG_CONTAINER_RUNNING)
			kg_arguments_add(node->state == KG_CONTAINER_PAUSED ? &paused : &stopped, node->name, NULL);
	}
	kg_tell(job, "starting its nodes again");
	kg_job_log(job, "starting the nodes of %s again", state->name);
	state->started_s = kg_clock_wall_ns() / 1000000000;
	struct kg_child *child =
	    kg_engine_child(job, &state->engine, kg_arguments_end(paused.count > 1 ? &paused : &stopped), NULL);
	child->timeout_ms = start_limit_ms;
	return kg_wait_child(job, child, paused.count > 1 && stopped.count > 1 ? list : started);
}

static struct kg_next
started(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "start the nodes of %s", state->name)));
	return kg_go(kubeconfig_ask);
}

/* kind can tell it again; on standard error it tells which engine it takes. */
static struct kg_next
kubeconfig_ask(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	if (kg_cluster_kubeconfig_read(job))
		return kg_cluster_answers(job, reused_answered);
	kg_arguments_add(&arguments, "get", "kubeconfig", "--name", state->name, NULL);
	struct kg_child *child = kg_cluster_kind(job, kg_arguments_end(&arguments));
	child->capture = child->quiet = true;
	return kg_wait_child(job, child, kubeconfig_told);
}

static struct kg_next
kubeconfig_told(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_error *error = job->child.status != 0
	    ? kg_engine_error(job, &state->engine, kg_format(job->arena, "get the kubeconfig of %s", state->name))
	    : kg_file_write(
		  job->arena, kg_cluster_file(job, KG_CLUSTER_KUBECONFIG), job->child.output, job->child.output_size, 0600);

	if (error)
		return kg_failed(error);
	return kg_cluster_kubeconfig_read(job) ? kg_cluster_answers(job, reused_answered)
					       : remake(job, "its kubeconfig cannot be read");
}

static struct kg_next
reused_answered(struct kg_job *job)
{
	struct cluster_state *state = job->state;

	if (!state->has_answered)
		return remake(job, state->last_answer);
	kg_reused(job, 0);
	return kg_go(kg_cluster_give);
}

/* ---- what it gives */

struct kg_next
kg_cluster_give(struct kg_job *job)
{
	const struct cluster_spec *spec = job->spec;
	const struct cluster_state *state = job->state;
	struct kg_cluster_mappings mappings = kg_cluster_config_mappings(job->arena, state->config);
	struct kg_text names = { .arena = job->arena }, ports = { .arena = job->arena };

	for (uint32_t i = 0; i < state->nodes.all.count; i++)
		if (kg_kind_node_has_images(state->nodes.all.items[i]))
			kg_text_format(&names, "%s%s", names.size > 0 ? " " : "", state->nodes.all.items[i]->name);
	for (uint32_t i = 0; i < mappings.all.count; i++) {
		const struct kg_cluster_mapping *mapping = &mappings.all.items[i];

		kg_text_format(&ports, "%s%s:%d->%d/%s", ports.size > 0 ? ", " : "", mapping->address, mapping->host, mapping->node,
		    mapping->protocol);
	}
	for (const struct kg_cluster_port *const *port = spec->settings.ports; port && *port; port++) {
		struct kg_cluster_mapping mapping;

		if ((*port)->as && !kg_cluster_mapping_read(job->arena, (*port)->mapping, &mapping))
			kg_output(job, (*port)->as,
			    kg_format(job->arena, strchr(mapping.address, ':') ? "[%s]:%d" : "%s:%d",
				strcmp(mapping.address, "0.0.0.0") == 0 ? "127.0.0.1" : mapping.address, mapping.host));
	}
	kg_output(job, "name", state->name);
	kg_output(job, "kubeconfig", kg_cluster_file(job, KG_CLUSTER_KUBECONFIG));
	kg_output(job, "context", state->kubeconfig.context);
	kg_output(job, "server", state->kubeconfig.server);
	kg_output(job, "nodes", kg_text_end(&names));
	kg_output(job, "ports", kg_text_end(&ports));
	kg_output(job, "id", state->kept.nodes[0]);
	kg_output(job, "engine", state->engine.driver->name);
	return kg_done(job);
}
