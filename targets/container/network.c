/* A network of the graph's containers, on which they find each other by name. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/container.h"
#include "targets/container/removal.h"
#include "targets/container/survey.h"

static constexpr int64_t grace_ms = 10000;

struct network_spec {
	struct kg_engine_spec engine;
	const char *name, *driver, *subnet;
	const struct kg_pair *options, *labels;
	bool internal, ipv6;
};

struct network_state {
	struct kg_removal removal; /* first: see removal.h */
	struct kg_engine engine;
	const char *name;
	const struct kg_container *users; /* on the network that is to be made anew */
	uint32_t user_count, at;
	bool is_undone;  /* it is removed for good, and not to be made anew */
	bool is_earlier; /* it is the one of an earlier name, which goes before the new one is made */
};

static const struct kg_field network_fields[] = {
	KG_FIELD(network_spec, name, KG_TEXT, 0,
	    "its name in the engine; that of the graph's folder, the node's, and six digits of this checkout when absent"),
	KG_FIELD(network_spec, driver, KG_TEXT, 0, "what makes it", .fallback = "bridge"),
	KG_FIELD(network_spec, subnet, KG_TEXT, 0, "its addresses, such as 10.90.1.0/24; a free range when absent"),
	KG_FIELD(network_spec, internal, KG_FLAG, 0, "there is no way out of it"),
	KG_FIELD(network_spec, ipv6, KG_FLAG, 0, "it has IPv6 addresses as well"),
	KG_FIELD(network_spec, options, KG_MAP, KG_NO_SECRET, "options of its driver"),
	KG_FIELD(network_spec, labels, KG_MAP, KG_NO_SECRET, "further labels"),
	KG_ENGINE_FIELD(network_spec),
	{ 0 },
};

static kg_step containers_listed, networks_listed, earlier_gone, listed, users_listed, user_next, network_removed, create, created,
    undo_listed;

static const char *
name_of(const struct kg_job *job)
{
	const struct network_spec *spec = job->spec;

	return spec->name ? spec->name : kg_engine_name(job);
}

/*
 * A network on which a container of ours runs is there, and the one that it was: engines remove none that is in use. So the listing of containers, which
 * is made in any case, spares one of networks.
 */
static struct kg_next
look(struct kg_job *job)
{
	return kg_wait_answer(job, kg_containers_question(job), containers_listed);
}

static bool
is_in_use(const struct kg_containers *containers, const char *name)
{
	for (uint32_t i = 0; i < containers->count; i++) {
		const struct kg_container *container = &containers->items[i];

		for (const char *const *network = container->networks; *network; network++)
			if (container->state == KG_CONTAINER_RUNNING && strcmp(*network, name) == 0)
				return true;
	}
	return false;
}

static struct kg_next
containers_listed(struct kg_job *job)
{
	const struct kg_container_survey *survey = job->answer;

	if (survey && is_in_use(&survey->containers, name_of(job)))
		return kg_done(job);
	return kg_wait_answer(job, kg_networks_question(job), networks_listed);
}

static struct kg_next
networks_listed(struct kg_job *job)
{
	const struct kg_network_survey *survey = job->answer;
	const char *name = name_of(job);

	if (!survey)
		return kg_absent(job, "the networks could not be listed");
	const struct kg_network *network = kg_networks_find(&survey->networks, name);
	if (!network)
		return kg_absent(job, "the network %s is not there any more", name);
	if (!kg_text_equal(kg_label(network->labels, KG_LABEL_FINGERPRINT), job->fingerprint))
		return kg_absent(job, "the network %s was made with other settings", name);
	return kg_done(job);
}

static struct kg_next
listing_start(struct kg_job *job, kg_step *then)
{
	struct network_state *state = job->state;
	const struct network_spec *spec = job->spec;
	const char *engine = job->fingerprint[0] ? NULL : kg_job_remembered(job, "engine");
	struct kg_error *error = engine ? kg_engine_find_named(job->arena, engine, &state->engine)
					: kg_engine_find(job->arena, spec->engine.engine, &state->engine);

	if (error)
		return kg_failed(error);
	state->name = state->is_earlier ? kg_job_remembered(job, "name") : name_of(job);
	return kg_engine_ask(job, &state->engine, state->engine.driver->networks, then);
}

static struct kg_next
run(struct kg_job *job)
{
	struct network_state *state = job->state;
	const char *earlier = kg_job_remembered(job, "name");

	state->is_earlier = earlier && strcmp(earlier, name_of(job)) != 0;
	return listing_start(job, listed);
}

static struct kg_error *
listing_read(struct kg_job *job, const struct kg_network **ret_network)
{
	struct network_state *state = job->state;
	struct kg_networks *networks = kg_new(job->arena, struct kg_networks);

	*ret_network = NULL;
	if (job->child.status != 0)
		return kg_engine_error(job, &state->engine, "list networks");
	struct kg_error *error = state->engine.driver->read_networks(job->arena, job->child.output, networks);
	if (!error)
		*ret_network = kg_networks_find(networks, state->name);
	return error;
}

static bool
is_ours(const struct kg_job *job, const struct kg_network *network)
{
	return kg_text_equal(kg_label(network->labels, KG_LABEL_GRAPH), kg_engine_owner(job)) &&
	    kg_text_equal(kg_label(network->labels, KG_LABEL_NODE), job->name);
}

static void
outputs_give(struct kg_job *job)
{
	const struct network_state *state = job->state;

	kg_output(job, "name", state->name);
	kg_output(job, "engine", state->engine.driver->name);
}

static struct kg_next
users_ask(struct kg_job *job)
{
	struct network_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add_list(&arguments, state->engine.driver->containers);
	kg_arguments_add(&arguments, "--filter", kg_format(job->arena, "network=%s", state->name), NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), users_listed);
}

static struct kg_next
listed(struct kg_job *job)
{
	struct network_state *state = job->state;
	const struct kg_network *network;
	struct kg_error *error = listing_read(job, &network);

	if (error)
		return kg_failed(error);
	if (state->is_earlier)
		return network && is_ours(job, network) ? users_ask(job) : kg_go(earlier_gone);
	if (!network)
		return kg_go(create);
	if (!is_ours(job, network))
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EBUSY, "there is a network %s already, and it is not of this node", state->name),
		    "give the node another `name`, or take that network away: %s network rm %s", state->engine.driver->name,
		    state->name));
	if (kg_text_equal(kg_label(network->labels, KG_LABEL_FINGERPRINT), job->fingerprint)) {
		outputs_give(job);
		return kg_done(job);
	}
	return users_ask(job);
}

/*
 * A network cannot be changed, and none can be removed while containers are on it. Ours go with it, and are made anew by their nodes, which come after this
 * one; somebody else's are not touched.
 */
static struct kg_next
users_listed(struct kg_job *job)
{
	struct network_state *state = job->state;
	struct kg_containers containers;
	KG_LIST(const char *) others = { 0 };

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, "list containers"));
	struct kg_error *error = state->engine.driver->read_containers(job->arena, job->child.output, &containers);
	if (error)
		return kg_failed(error);
	for (uint32_t i = 0; i < containers.count; i++)
		if (!kg_text_equal(kg_label(containers.items[i].labels, KG_LABEL_GRAPH), kg_engine_owner(job)))
			kg_list_push(job->arena, &others, containers.items[i].name);
	if (others.count > 0)
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EBUSY, "the network %s is still used by %s, not of this graph", state->name,
			kg_text_enumerate(job->arena, others.items, others.count, " and ")),
		    "take that off it first: %s network disconnect %s %s", state->engine.driver->name, state->name,
		    others.items[0]));
	state->users = containers.items;
	state->user_count = containers.count;
	state->at = 0;
	return kg_go(user_next);
}

static struct kg_next
user_next(struct kg_job *job)
{
	struct network_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	if (state->at < state->user_count) {
		state->removal = (struct kg_removal){
			.engine = state->engine,
			.name = state->users[state->at++].name,
			.grace_ms = grace_ms,
			.of_any_node = true,
			.then = user_next,
		};
		return kg_go(kg_container_remove);
	}
	kg_arguments_add(&arguments, "network", "rm", state->name, NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), network_removed);
}

static struct kg_next
network_removed(struct kg_job *job)
{
	struct network_state *state = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "remove the network %s", state->name)));
	if (state->is_undone)
		return kg_done(job);
	return kg_go(state->is_earlier ? earlier_gone : create);
}

static struct kg_next
earlier_gone(struct kg_job *job)
{
	struct network_state *state = job->state;

	state->is_earlier = false;
	return listing_start(job, listed);
}

static struct kg_next
create(struct kg_job *job)
{
	const struct network_spec *spec = job->spec;
	struct network_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "network", "create", "--driver", spec->driver, NULL);
	kg_arguments_add_labels(&arguments, job);
	for (const struct kg_pair *label = spec->labels; label && label->name; label++)
		kg_arguments_add(&arguments, "--label", kg_format(job->arena, "%s=%s", label->name, label->value), NULL);
	for (const struct kg_pair *option = spec->options; option && option->name; option++)
		kg_arguments_add(&arguments, "--opt", kg_format(job->arena, "%s=%s", option->name, option->value), NULL);
	if (spec->subnet)
		kg_arguments_add(&arguments, "--subnet", spec->subnet, NULL);
	if (spec->internal)
		kg_arguments_add(&arguments, "--internal", NULL);
	if (spec->ipv6)
		kg_arguments_add(&arguments, "--ipv6", NULL);
	kg_arguments_add(&arguments, state->name, NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), created);
}

static struct kg_next
created(struct kg_job *job)
{
	struct network_state *state = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "make the network %s", state->name)));
	kg_job_log(job, "made the network %s", state->name);
	outputs_give(job);
	return kg_done(job);
}

static struct kg_next
undo(struct kg_job *job)
{
	return listing_start(job, undo_listed);
}

static struct kg_next
undo_listed(struct kg_job *job)
{
	struct network_state *state = job->state;
	const struct kg_network *network;
	struct kg_error *error = listing_read(job, &network);

	if (error)
		return kg_failed(error);
	if (!network || !is_ours(job, network))
		return kg_done(job);
	state->is_undone = true;
	return users_ask(job);
}

const struct kg_kind kg_kind_network = {
	.facts = {
		.name = "network",
		.version = 1,
		.summary = "a network for containers",
		.fields = network_fields,
		.outputs = (const char *const[]){ "name", "engine", NULL },
		.spec_size = sizeof(struct network_spec),
	},
	.state_size = sizeof(struct network_state),
	.look = look,
	.run = run,
	.undo = undo,
	.outlives = true,
};
