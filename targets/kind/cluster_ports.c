#include "targets/kind/cluster_ports.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/process_identity.h"
#include "engine/base/text.h"
#include "targets/kind/cluster_inside.h"

static kg_step holder_listed;

/* The running container that publishes the port; NULL: none. */
static const struct kg_container *
holder_among(const struct kg_job *job, const struct kg_containers *containers, uint16_t port)
{
	const char *published = kg_format(job->arena, ":%d->", port);

	for (uint32_t i = 0; i < containers->count; i++)
		if (containers->items[i].state == KG_CONTAINER_RUNNING && strstr(containers->items[i].ports, published))
			return &containers->items[i];
	return NULL;
}

static struct kg_next
held_by(struct kg_job *job, uint16_t port, const char *who)
{
	return kg_failed(kg_error_advise(job->arena, kg_error_make(job->arena, KG_EBUSY, "port %d is held by %s", port, who),
	    "stop it, or map another port of this machine: a port of [ports] is chosen so that it is free"));
}

struct kg_next
kg_cluster_ports_free(struct kg_job *job, kg_step *then)
{
	struct cluster_state *state = job->state;
	struct kg_cluster_mappings mappings = kg_cluster_config_mappings(job->arena, state->config);

	for (uint32_t i = 0; i < mappings.all.count; i++) {
		const struct kg_cluster_mapping *mapping = &mappings.all.items[i];
		const struct kg_container *node = holder_among(job, &state->listing, mapping->host);
		const char *cluster = node ? kg_label(node->labels, KG_KIND_LABEL_CLUSTER) : NULL;

		if (kg_text_equal(cluster, state->name))
			continue; /* some of its nodes run */
		if (node)
			return held_by(job, mapping->host, kg_format(job->arena, "the kind cluster %s (%s)", cluster, node->name));
		if (strcmp(mapping->protocol, "TCP") != 0 || kg_process_listening(mapping->host) == 0)
			continue;
		state->port = mapping->host;
		return kg_engine_ask(job, &state->engine, state->engine.driver->containers, holder_listed);
	}
	return kg_go(then);
}

/* What listens is an engine's own helper where a container publishes the port. */
static struct kg_next
holder_listed(struct kg_job *job)
{
	struct cluster_state *state = job->state;
	struct kg_containers containers = { 0 };
	pid_t pid = kg_process_listening(state->port);
	const char *line = pid > 0 ? kg_process_command_line(job->arena, pid) : NULL;

	if (job->child.status != 0 || state->engine.driver->read_containers(job->arena, job->child.output, &containers))
		containers.count = 0;
	const struct kg_container *holder = holder_among(job, &containers, state->port);
	if (holder)
		return held_by(job, state->port, kg_format(job->arena, "the container %s", holder->name));
	return held_by(job, state->port,
	    pid > 0 ? kg_format(job->arena, "process %d: %s", (int)pid, line ? line : "?") : "another user's process");
}
