/* The kind `kind-cluster`: what a node says of its cluster, and whether that is still there. How it is made is in cluster_run.c. */
#include "targets/kind/kind.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/kind/cluster_inside.h"

/* kind's own limit: a node's name is a host's, with "-external-load-balancer" behind the cluster's. */
static constexpr size_t name_longest = 50;
static constexpr size_t default_name_longest = 40;
static constexpr int64_t look_limit_ms = 3000;

static const char *const engine_choices[] = { "auto", "podman", "docker", "nerdctl", NULL };

static const struct kg_field port_fields[] = {
	KG_FIELD(kg_cluster_port, mapping, KG_TEXT, KG_REQUIRED,
	    "\"[ADDRESS:]PORT:NODEPORT[/PROTOCOL]\": a port of this machine (at 127.0.0.1 when no address is said), and the node's "
	    "that it leads to"),
	KG_FIELD_AS("as", kg_cluster_port, as, KG_TEXT, 0, "an output of the node that is ADDRESS:PORT"),
	{ 0 },
};

static const struct kg_field networking_fields[] = {
	KG_FIELD(kg_cluster_networking, ip_family, KG_TEXT, 0, "\"ipv4\", \"ipv6\" or \"dual\""),
	KG_FIELD(kg_cluster_networking, api_server_address, KG_TEXT, 0,
	    "where the API server listens on this machine; when absent, 127.0.0.1"),
	KG_FIELD(kg_cluster_networking, api_server_port, KG_PORT, 0, "its port; when absent, any"),
	KG_FIELD(kg_cluster_networking, pod_subnet, KG_TEXT, 0, "addresses of pods, \"10.244.0.0/16\""),
	KG_FIELD(kg_cluster_networking, service_subnet, KG_TEXT, 0, "addresses of services"),
	KG_FIELD(kg_cluster_networking, kube_proxy_mode, KG_TEXT, 0, "\"iptables\", \"nftables\", \"ipvs\" or \"none\""),
	KG_FIELD(kg_cluster_networking, disable_default_cni, KG_FLAG, 0,
	    "another network plug-in will be put in: nodes are not waited for"),
	KG_FIELD(kg_cluster_networking, dns_search, KG_TEXTS, 0, "search domains of nodes"),
	{ 0 },
};

static const struct kg_field cluster_fields[] = {
	KG_FIELD(cluster_spec, name, KG_TEXT, 0,
	    "the cluster's name; when absent, that of the graph's folder, the node's, and six digits of this checkout and "
	    "instance"),
	KG_FIELD_AS("config", cluster_spec, settings.config, KG_PATH, KG_INPUT,
	    "a configuration file of kind's; the settings below are added to what it says"),
	KG_FIELD_AS("image", cluster_spec, settings.image, KG_TEXT, 0,
	    "the nodes' image, such as \"kindest/node:v1.34.0\"; when absent, the one that kind knows"),
	KG_FIELD_AS("control_planes", cluster_spec, settings.control_planes, KG_INTEGER, 0,
	    "how many nodes with an API server; when absent, 1"),
	KG_FIELD_AS("workers", cluster_spec, settings.workers, KG_INTEGER, 0, "how many further nodes"),
	KG_FIELD_AS("ports", cluster_spec, settings.ports, KG_RECORDS, KG_OUTPUT_KEYS,
	    "ports of this machine that lead to the first control plane's, which is where NodePorts are", .fields = port_fields,
	    .size = sizeof(struct kg_cluster_port)),
	KG_FIELD_AS("mounts", cluster_spec, settings.mounts, KG_TEXTS, KG_NO_SECRET,
	    "\"FOLDER:NODEFOLDER[:ro]\": what of this machine all nodes see"),
	KG_FIELD_AS("registry_mirrors", cluster_spec, settings.registry_mirrors, KG_MAP, KG_NO_SECRET,
	    "registries as images name them, and the URL that nodes pull from instead: { \"localhost:5001\" = "
	    "\"http://registry:5000\" }"),
	KG_FIELD_AS("labels", cluster_spec, settings.labels, KG_MAP, KG_NO_SECRET, "labels of all nodes"),
	KG_FIELD_AS("feature_gates", cluster_spec, settings.feature_gates, KG_MAP, 0, "Kubernetes' feature gates, true or false"),
	KG_FIELD_AS("runtime_config", cluster_spec, settings.runtime_config, KG_MAP, 0,
	    "what the API server serves: { \"api/alpha\" = \"true\" }"),
	KG_FIELD_AS("kubeadm_patches", cluster_spec, settings.kubeadm_patches, KG_TEXTS, KG_NO_SECRET,
	    "patches of kubeadm's configuration, as YAML"),
	KG_FIELD_AS("containerd_patches", cluster_spec, settings.containerd_patches, KG_TEXTS, KG_NO_SECRET,
	    "patches of containerd's configuration, as TOML"),
	KG_FIELD_AS("networking", cluster_spec, settings.networking, KG_RECORD, 0, "how nodes, pods and services are reached",
	    .fields = networking_fields, .size = sizeof(struct kg_cluster_networking)),
	KG_FIELD_AS("wait", cluster_spec, wait_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long the API server, and then the nodes, may take to be ready", .fallback = "3m"),
	KG_FIELD_AS("engine", cluster_spec, engine.engine, KG_CHOICE, 0,
	    "what runs the nodes; auto: what $KGRAPH_ENGINE says, else podman when there is one, else docker", .fallback = "auto",
	    .choices = engine_choices),
	{ 0 },
};

static bool
is_open(const char *text)
{
	return strstr(text, "${") != NULL;
}

static bool
is_name(const char *name)
{
	for (const char *at = name; *at; at++)
		if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && !strchr(".-", *at))
			return false;
	return *name && strlen(name) <= name_longest;
}

static struct kg_error *
check(struct kg_arena *arena, const void *given)
{
	const struct cluster_spec *spec = given;

	if (spec->name && !is_open(spec->name) && !is_name(spec->name))
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "`%s` cannot be a cluster's name", spec->name),
		    "it has at most 50 lower-case letters, digits, . and -");
	if (spec->settings.control_planes < 0 || spec->settings.workers < 0)
		return kg_error_make(arena, KG_EINPUT, "a cluster cannot have less than no nodes");
	for (const struct kg_cluster_port *const *port = spec->settings.ports; port && *port; port++) {
		struct kg_cluster_mapping mapping;
		struct kg_error *error =
		    is_open((*port)->mapping) ? NULL : kg_cluster_mapping_read(arena, (*port)->mapping, &mapping);

		if (error)
			return error;
	}
	return NULL;
}

const char *
kg_cluster_name(const struct kg_job *job)
{
	const struct cluster_spec *spec = job->spec;

	if (spec->name)
		return spec->name;
	char *name = kg_copy(job->arena, kg_engine_name(job));
	size_t length = strlen(name);

	for (char *at = name; *at; at++)
		*at = *at == '_' || *at == '.' ? '-' : *at;
	/* What is behind tells it apart. */
	name += length > default_name_longest ? length - default_name_longest : 0;
	return name + strspn(name, "-");
}

const char *
kg_cluster_file(const struct kg_job *job, const char *name)
{
	return kg_path_join(job->arena, job->keep, name);
}

/* ---- is it still there? */

static kg_step answered;

static struct kg_next
nodes_compare(struct kg_job *job, const struct kg_kind_nodes *nodes, const struct cluster_state *state)
{
	uint32_t kept = 0;

	if (nodes->all.count == 0)
		return kg_absent(job, "the cluster %s is not there any more", state->name);
	for (uint32_t i = 0; i < nodes->all.count; i++) {
		const struct kg_container *node = nodes->all.items[i];

		if (!kg_cluster_kept_has(&state->kept, node->id))
			return kg_absent(job, "the cluster %s was made anew by somebody else", state->name);
		if (node->state != KG_CONTAINER_RUNNING)
			return kg_absent(job, "its node %s is %s", node->name, node->state_text);
	}
	while (state->kept.nodes[kept])
		kept++;
	if (nodes->all.count < kept)
		return kg_absent(job, "%u of its %u nodes are left", nodes->all.count, kept);
	return kg_cluster_ask(job, "/readyz", look_limit_ms, answered);
}

static struct kg_next
look(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	const struct kg_kind_survey *survey = job->survey;
	const char *name = kg_job_remembered(job, "name");

	if (!survey)
		return kg_absent(job, "the nodes of kind's clusters could not be listed");
	if (!kg_cluster_kept_read(job->arena, kg_cluster_file(job, KG_CLUSTER_KEPT), &state->kept) || !state->kept.is_made ||
	    !kg_text_equal(state->kept.name, name))
		return kg_absent(job, "it is not known what the last one was made of");
	if (!kg_cluster_kubeconfig_read(job))
		return kg_absent(job, "its kubeconfig is gone");
	state->name = name;
	state->nodes = kg_kind_nodes_of(job->arena, &survey->containers, name);
	return nodes_compare(job, &state->nodes, state);
}

static struct kg_next
answered(struct kg_job *job)
{
	if (job->http.error || job->http.status != 200)
		return kg_absent(job, "its API server is not ready: %s", kg_cluster_answer_tell(job));
	return kg_done(job);
}

const struct kg_kind kg_kind_kind_cluster = {
	.facts = {
		.name = "kind-cluster",
		.version = 1,
		.summary = "a Kubernetes cluster in containers, made by kind and reused",
		.fields = cluster_fields,
		.outputs = (const char *const[]){ "name", "kubeconfig", "context", "server", "nodes", "ports", "id", "engine", NULL },
		.spec_size = sizeof(struct cluster_spec),
		.check = check,
	},
	.state_size = sizeof(struct cluster_state),
	.survey_size = sizeof(struct kg_kind_survey),
	.survey_key = kg_engine_key,
	.survey = kg_kind_nodes_survey,
	.look = look,
	.run = kg_cluster_run,
	.ready = kg_cluster_ready,
	.undo = kg_cluster_undo,
	.gather = kg_cluster_gather,
	.kept = kg_cluster_kept,
	.frees_ports = true,
};
