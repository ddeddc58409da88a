/* Images into a registry that a cluster pulls from, instead of into its nodes. One part an image. */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/oci_url.h"
#include "engine/base/text.h"
#include "engine/registry.h"
#include "engine/target.h"
#include "targets/kind/load_inside.h"

static constexpr int64_t push_limit_ms = 20 * 60 * 1000;
enum { PUSHES_AT_ONCE = 4 };

/* One image. */
struct pushing {
	struct kg_image_reference to;
	const char *name;   /* of to */
	const char *digest; /* that the registry has under it; NULL: none */
};

static kg_step ask_one, told_one, all_told, push_one, named_one, pushed_one, confirmed_one, all_pushed;

/* As many as there are images, in job->arena; where each goes is set. */
static struct kg_error *
pushings_make(struct kg_job *job, struct pushing **ret_items, uint32_t *ret_count)
{
	const struct load_spec *spec = job->spec;
	uint32_t count = 0;

	while (spec->images[count])
		count++;
	struct pushing *items = kg_new_array(job->arena, struct pushing, count);
	for (uint32_t i = 0; i < count; i++) {
		struct kg_image_reference from;

		if (!kg_image_reference_read(job->arena, spec->images[i], &from))
			return kg_error_make(job->arena, KG_EINPUT, "`%s` is no image's name", spec->images[i]);
		items[i].name = kg_format(job->arena, "%s/%s:%s", spec->registry, from.path, from.tag ? from.tag : "latest");
		if (!kg_image_reference_read(job->arena, items[i].name, &items[i].to))
			return kg_error_advise(job->arena,
			    kg_error_make(job->arena, KG_EINPUT, "`%s` is no registry", spec->registry),
			    "write HOST:PORT, or HOST:PORT/PATH");
	}
	*ret_items = items;
	*ret_count = count;
	return NULL;
}

static struct kg_next
each(struct kg_job *job, struct pushing *items, uint32_t count, kg_step *first, kg_step *then)
{
	struct kg_job_parts *parts = kg_new(job->arena, struct kg_job_parts);

	*parts = (struct kg_job_parts){
		.count = count,
		.width = PUSHES_AT_ONCE,
		.first = first,
		.states = items,
		.state_size = sizeof(struct pushing),
		.stop_at_failure = true,
	};
	((struct load_state *)job->state)->pushings = items;
	return kg_wait_parts(job, parts, then);
}

/* ---- look */

struct kg_next
kg_load_push_look(struct kg_job *job)
{
	struct pushing *items;
	uint32_t count;
	struct kg_error *error = pushings_make(job, &items, &count);

	return error ? kg_failed(error) : each(job, items, count, ask_one, all_told);
}

static struct kg_next
ask_one(struct kg_job *job)
{
	const struct pushing *pushing = job->state;

	return kg_registry_manifest(job, &(struct kg_manifest_ask){ .of = pushing->to, .platform = "" }, told_one);
}

static struct kg_next
told_one(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);

	((struct pushing *)job->state)->digest = result->error || result->is_absent ? NULL : result->digest;
	return kg_done(job);
}

static struct kg_next
all_told(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	const struct pushing *items = ((const struct load_state *)job->state)->pushings;
	const char *rest = kg_job_remembered(job, "digest");

	for (uint32_t i = 0; spec->images[i]; i++) {
		size_t length = rest ? strcspn(rest, " ") : 0;

		if (!items[i].digest)
			return kg_absent(job, "%s is not in the registry", items[i].name);
		if (!rest || strlen(items[i].digest) != length || strncmp(items[i].digest, rest, length) != 0)
			return kg_absent(job, "%s is another one in the registry", items[i].name);
		rest = rest[length] ? rest + length + 1 : NULL;
	}
	return kg_done(job);
}

/* ---- run */

struct kg_next
kg_load_push(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	struct load_state *state = job->state;
	struct pushing *items;
	uint32_t count;
	struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &state->engine);

	if (!error)
		error = pushings_make(job, &items, &count);
	if (error)
		return kg_failed(error);
	kg_tell(job, "pushing to %s", spec->registry);
	return each(job, items, count, push_one, all_pushed);
}

/* docker pushes what has the registry's name, podman what it is told. */
static struct kg_next
push_one(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	const struct load_state *state = job->whole->state;
	const struct pushing *pushing = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	if (state->engine.driver == &kg_podman)
		return kg_go(named_one);
	kg_arguments_add(&arguments, "tag", spec->images[job->part], pushing->name, NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), named_one);
}

static bool
is_loopback(struct kg_job *job, const char *host)
{
	struct kg_oci_url url;
	const char *advice;

	return !kg_oci_url_read(job->arena, kg_format(job->arena, "oci://%s", host), &url, &advice) && url.is_loopback;
}

static struct kg_next
named_one(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	const struct load_state *state = job->whole->state;
	const struct pushing *pushing = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	bool is_podman = state->engine.driver == &kg_podman;

	if (!is_podman && job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "name %s", pushing->name)));
	kg_arguments_add(&arguments, "push", "--quiet", NULL);
	/* Where it speaks TLS, that is taken all the same. */
	if (is_podman && is_loopback(job, pushing->to.host))
		kg_arguments_add(&arguments, "--tls-verify=false", NULL);
	if (is_podman)
		kg_arguments_add(&arguments, spec->images[job->part], kg_format(job->arena, "docker://%s", pushing->name), NULL);
	else
		kg_arguments_add(&arguments, pushing->name, NULL);
	struct kg_child *child = kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL);
	child->timeout_ms = push_limit_ms;
	return kg_wait_child(job, child, pushed_one);
}

static struct kg_next
pushed_one(struct kg_job *job)
{
	const struct load_state *state = job->whole->state;
	const struct pushing *pushing = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "push %s", pushing->name)));
	return kg_registry_manifest(job, &(struct kg_manifest_ask){ .of = pushing->to, .platform = "" }, confirmed_one);
}

static struct kg_next
confirmed_one(struct kg_job *job)
{
	const struct kg_registry_result *result = kg_registry_result(job);
	struct pushing *pushing = job->state;

	if (result->error)
		return kg_failed(kg_error_copy(job->arena, result->error));
	if (result->is_absent)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "%s was pushed, and is not there", pushing->name));
	pushing->digest = result->digest;
	return kg_done(job);
}

static struct kg_next
all_pushed(struct kg_job *job)
{
	const struct load_spec *spec = job->spec;
	const struct pushing *items = ((const struct load_state *)job->state)->pushings;
	const char *digests = "", *names = "";

	if (job->parts_error)
		return kg_failed(kg_error_copy(job->arena, job->parts_error));
	for (uint32_t i = 0; spec->images[i]; i++) {
		digests = kg_format(job->arena, "%s%s%s", digests, i ? " " : "", items[i].digest);
		names = kg_format(job->arena, "%s%s%s", names, i ? " " : "", items[i].name);
	}
	kg_output(job, "ref", items[0].name);
	kg_output(job, "refs", names);
	kg_output(job, "digest", digests);
	return kg_done(job);
}
