/* The kind `image-load`: images that pods name, in all nodes of a cluster. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/registry.h"
#include "engine/target.h"
#include "targets/kind/kind.h"
#include "targets/kind/load_inside.h"
#include "targets/kind/nodes.h"

static constexpr int64_t ask_limit_ms = 30000;
static constexpr size_t listing_limit_bytes = 16 << 20;

static const struct kg_field load_fields[] = {
	KG_FIELD_AS(
	    "image", load_spec, images, KG_TEXTS, KG_REQUIRED, "images of the engine, usually ${node.NAME.ref} of `image` nodes"),
	KG_FIELD(load_spec, cluster, KG_TEXT, 0, "a cluster of kind's, usually ${node.NAME.name}: into all its nodes"),
	KG_FIELD(load_spec, containerd, KG_PATH, 0, "the socket of a containerd of this machine, instead"),
	KG_FIELD(load_spec, registry, KG_TEXT, 0,
	    "HOST:PORT or HOST:PORT/PATH of a registry that the cluster pulls from, instead: images are pushed there"),
	KG_ENGINE_FIELD(load_spec),
	{ 0 },
};

static kg_step answered, cluster_told, node_ask, node_answered, nodes_answered;

static bool
is_given(const char *text)
{
	return text && *text;
}

static struct kg_error *
check(struct kg_arena *arena, const void *given)
{
	const struct load_spec *spec = given;

	if (!spec->images || !*spec->images)
		return kg_error_make(arena, KG_EINPUT, "`image` names no image");
	if (is_given(spec->cluster) + is_given(spec->containerd) + is_given(spec->registry) == 1)
		return NULL;
	if (is_given(spec->cluster) || is_given(spec->containerd) || is_given(spec->registry))
		return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "where the images go is said twice"),
		    "give one of `cluster`, `containerd` and `registry`");
	bool is_empty = spec->cluster || spec->containerd || spec->registry;
	return kg_error_advise(arena, kg_error_make(arena, KG_EINPUT, "where the images go is not said"),
	    is_empty ? "`cluster`, `containerd` and `registry` are empty: set the variable of one of them"
		     : "give one of `cluster`, `containerd` and `registry`");
}

const char *
kg_load_name(struct kg_arena *arena, const char *image)
{
	struct kg_image_reference reference;

	return kg_image_reference_read(arena, image, &reference) ? kg_image_reference_tell(arena, &reference) : image;
}

struct kg_child *
kg_load_command(struct kg_job *job, const struct load_node *node, const char *const *command, const char *const *arguments)
{
	struct kg_child *child = kg_new(job->arena, struct kg_child);
	struct kg_arguments argv = { .arena = job->arena };

	kg_arguments_add_list(&argv, command);
	kg_arguments_add_list(&argv, arguments);
	child->argv = kg_arguments_end(&argv);
	child->env = node->environment;
	return child;
}

/* ---- what the nodes have */

struct filling {
	struct load_nodes *nodes;
	struct kg_arena *arena;
	uint32_t node;
};

static void
image_found(void *context, const char *name, const char *digest)
{
	const struct filling *filling = context;

	kg_map_put(&filling->nodes->images[filling->node], name, filling->nodes->digests.count);
	kg_list_push(filling->arena, &filling->nodes->digests, digest);
}

static const char *const ctr[] = { "ctr", "-n", "k8s.io", NULL };

static void
containerd_add(struct kg_job *job, struct load_nodes *nodes, const char *socket)
{
	struct kg_arguments command = { .arena = job->arena };

	kg_arguments_add(&command, "ctr", "-a", socket, "-n", "k8s.io", NULL);
	kg_list_push(job->arena, &nodes->items, (struct load_node){ .name = socket, .command = kg_arguments_end(&command) });
}

static void
container_add(struct kg_job *job, struct load_nodes *nodes, const struct kg_engine *engine, const struct kg_container *container)
{
	struct kg_arguments command = { .arena = job->arena }, with_input = { .arena = job->arena };

	kg_arguments_add(&command, engine->program, "exec", container->name, NULL);
	kg_arguments_add_list(&command, ctr);
	kg_arguments_add(&with_input, engine->program, "exec", "--interactive", container->name, NULL);
	kg_arguments_add_list(&with_input, ctr);
	kg_list_push(job->arena, &nodes->items,
	    (struct load_node){
		.name = container->name,
		.command = kg_arguments_end(&command),
		.with_input = kg_arguments_end(&with_input),
		.environment = engine->environment,
	    });
}

struct kg_next
kg_load_list(struct kg_job *job, kg_step *then)
{
	struct load_nodes *nodes = job->survey;
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	nodes->digests = (typeof(nodes->digests)){ 0 };
	nodes->images = kg_new_array(job->arena, struct kg_map, nodes->items.count + 1);
	for (uint32_t i = 0; i < nodes->items.count; i++)
		nodes->images[i].arena = job->arena;
	*parts = (struct kg_job_parts){ .count = nodes->items.count, .first = node_ask };
	return kg_wait_parts(job, parts, then);
}

static struct kg_next
nodes_ask(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	struct load_nodes *nodes = job->survey;

	if (is_given(spec->registry))
		return kg_done(job);
	/* Not the survey of clusters: it may be as old as the run, and the cluster younger. */
	if (is_given(spec->cluster)) {
		struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &nodes->engine);

		return error ? kg_failed(error) : kg_kind_nodes_list(job, &nodes->engine, cluster_told);
	}
	containerd_add(job, nodes, spec->containerd);
	return kg_load_list(job, nodes_answered);
}

static struct kg_next
cluster_told(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	struct load_nodes *nodes = job->survey;
	struct kg_containers *listing = kg_new(job->arena, struct kg_containers);
	struct kg_error *error = job->child.status != 0
	    ? kg_engine_error(job, &nodes->engine, kg_format(job->arena, "list the nodes of the cluster %s", spec->cluster))
	    : nodes->engine.driver->read_containers(job->arena, job->child.output, listing);

	if (error)
		return kg_failed(error);
	struct kg_kind_nodes found = kg_kind_nodes_of(job->arena, listing, spec->cluster);
	for (uint32_t i = 0; i < found.all.count; i++)
		if (kg_kind_node_has_images(found.all.items[i]))
			container_add(job, nodes, &nodes->engine, found.all.items[i]);
	if (nodes->items.count == 0)
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EINPUT, "there is no cluster %s in %s", spec->cluster, nodes->engine.driver->name),
		    "let `cluster` be ${node.NAME.name} of a kind-cluster node, or mend the name"));
	return kg_load_list(job, nodes_answered);
}

static struct kg_next
node_ask(struct kg_job *job)
{
	const struct load_nodes *nodes = job->survey;
	const struct load_node *node = &nodes->items.items[job->part];
	static const char *const arguments[] = { "images", "ls", NULL };
	struct kg_child *child = kg_load_command(job, node, node->command, arguments);

	child->capture = child->quiet = true;
	child->capture_limit = listing_limit_bytes;
	child->timeout_ms = ask_limit_ms;
	return kg_wait_child(job, child, node_answered);
}

static struct kg_next
node_answered(struct kg_job *job)
{
	struct load_nodes *nodes = job->survey;

	if (job->child.status != 0)
		return kg_failed(
		    kg_error_wrap(job->arena, kg_child_error(job), "asking %s for its images", nodes->items.items[job->part].name));
	kg_load_images_read(job->arena, job->child.output, image_found, &(struct filling){ nodes, job->arena, job->part });
	return kg_done(job);
}

static struct kg_next
nodes_answered(struct kg_job *job)
{
	return job->parts_error ? kg_failed(kg_error_copy(job->arena, job->parts_error)) : kg_done(job);
}

const char *
kg_load_digest(const struct load_nodes *nodes, uint32_t node, const char *name)
{
	uint32_t index;

	return kg_map_get(&nodes->images[node], name, &index) ? nodes->digests.items[index] : NULL;
}

/* What nodes have is asked for while the image is still being built, and holds: whoever builds puts nothing into a node. */
static const char *const builders[] = { "image", NULL };

static const char *
nodes_key(struct kg_arena *arena, const void *given)
{
	const struct load_spec *spec = given;

	if (is_given(spec->cluster))
		return kg_format(arena, "%s %s", kg_engine_key(arena, spec), spec->cluster);
	return is_given(spec->containerd) ? spec->containerd : kg_format(arena, "registry %s", spec->registry);
}

const struct kg_question *
kg_load_question(struct kg_job *job)
{
	struct kg_question *question = kg_new(job->arena, struct kg_question);

	*question = (struct kg_question){
		.key = nodes_key(job->arena, job->spec),
		.ask = nodes_ask,
		.size = sizeof(struct load_nodes),
		.unmoved_by = builders,
	};
	return question;
}

/* ---- are they there? */

static struct kg_next
look(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;

	return is_given(spec->registry) ? kg_load_push_look(job) : kg_wait_answer(job, kg_load_question(job), answered);
}

static struct kg_next
answered(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	const struct load_nodes *nodes = job->answer;
	const char *remembered = kg_job_remembered(job, "digest"), *rest = remembered ? remembered : "";

	if (!nodes)
		return kg_absent(
		    job, "%s", job->answer_error ? kg_error_text(job->arena, job->answer_error) : "the nodes did not answer");
	/* The digests are remembered in the order of the images. */
	for (const char *const *image = spec->images; *image; image++) {
		const char *name = kg_load_name(job->arena, *image);
		size_t length = strcspn(rest, " ");

		for (uint32_t i = 0; i < nodes->items.count; i++) {
			const char *digest = kg_load_digest(nodes, i, name);

			if (!digest)
				return kg_absent(job, "%s is not in %s any more", name, nodes->items.items[i].name);
			if (strlen(digest) != length || strncmp(digest, rest, length) != 0)
				return kg_absent(job, "%s in %s is another one", name, nodes->items.items[i].name);
		}
		rest += length + (rest[length] == ' ');
	}
	return kg_done(job);
}

static struct kg_next
run(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;

	return kg_go(is_given(spec->registry) ? kg_load_push : kg_load_run);
}

const struct kg_kind kg_kind_image_load = {
	.facts = {
		.name = "image-load",
		.version = 1,
		.summary = "images put into the nodes of a cluster, as far as they lack them",
		.fields = load_fields,
		.outputs = (const char *const[]){ "ref", "refs", "digest", NULL },
		.check = check,
		.spec_size = sizeof(struct load_spec),
	},
	.state_size = sizeof(struct load_state),
	.survey_size = sizeof(struct load_nodes),
	.survey_key = nodes_key,
	.survey = nodes_ask,
	.survey_unmoved_by = builders,
	.look = look,
	.run = run,
	.undo = kg_done,
	.close = kg_load_close,
};
