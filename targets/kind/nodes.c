#include "targets/kind/nodes.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"

static kg_step survey_listed;

struct kg_next
kg_kind_nodes_list(struct kg_job *job, const struct kg_engine *engine, kg_step *then)
{
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add_list(&arguments, engine->driver->containers);
	kg_arguments_add(&arguments, "--filter", "label=" KG_KIND_LABEL_CLUSTER, NULL);
	return kg_engine_ask(job, engine, kg_arguments_end(&arguments), then);
}

struct kg_next
kg_kind_nodes_survey(struct kg_job *job)
{
	const struct kg_engine_spec *spec = job->spec;
	struct kg_kind_survey *survey = job->survey;
	struct kg_error *error = kg_engine_find(job->arena, spec->engine, &survey->engine);

	return error ? kg_failed(error) : kg_kind_nodes_list(job, &survey->engine, survey_listed);
}

static struct kg_next
survey_listed(struct kg_job *job)
{
	struct kg_kind_survey *survey = job->survey;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &survey->engine, "list the nodes of kind's clusters"));
	struct kg_error *error = survey->engine.driver->read_containers(job->arena, job->child.output, &survey->containers);
	return error ? kg_failed(error) : kg_done(job);
}

struct kg_kind_nodes
kg_kind_nodes_of(struct kg_arena *arena, const struct kg_containers *listing, const char *cluster)
{
	struct kg_kind_nodes nodes = { 0 };

	for (uint32_t i = 0; i < listing->count; i++)
		if (kg_text_equal(kg_label(listing->items[i].labels, KG_KIND_LABEL_CLUSTER), cluster))
			kg_list_push(arena, &nodes.all, &listing->items[i]);
	return nodes;
}

bool
kg_kind_node_has_images(const struct kg_container *node)
{
	return !kg_text_equal(kg_label(node->labels, KG_KIND_LABEL_ROLE), "external-load-balancer");
}

const struct kg_container *
kg_kind_nodes_control_plane(const struct kg_kind_nodes *nodes)
{
	const struct kg_container *found = NULL;

	for (uint32_t i = 0; i < nodes->all.count; i++) {
		const struct kg_container *node = nodes->all.items[i];

		if (!kg_text_equal(kg_label(node->labels, KG_KIND_LABEL_ROLE), "control-plane"))
			continue;
		if (!found || (found->state != KG_CONTAINER_RUNNING && node->state == KG_CONTAINER_RUNNING))
			found = node;
	}
	return found;
}
