/*
 * What `kgraph collect` keeps of a container: all that it has printed, with times, and how its engine describes it. Values of the environment that
 * may be secrets are left out, also those of the image: the settings say how they got there.
 */
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/text.h"
#include "engine/containers/listing_json.h"
#include "engine/target.h"
#include "targets/container/container_inside.h"

static kg_step logs_written, inspected;

static const char *
name_of(struct kg_job *job)
{
	const char *name = kg_job_remembered(job, "name");

	return name && *name ? name : kg_container_name(job);
}

struct kg_next
kg_container_gather(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	const char *engine = kg_job_remembered(job, "engine");
	struct kg_error *error = engine ? kg_engine_find_named(job->arena, engine, &state->engine)
					: kg_engine_find(job->arena, spec->engine.engine, &state->engine);

	if (error)
		return kg_failed(error);
	kg_arguments_add(&arguments, "logs", "--timestamps", name_of(job), NULL);
	return kg_wait_child(job, kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL), logs_written);
}

/* Without a container it has told so, and inspecting tells it again. */
static struct kg_next
logs_written(struct kg_job *job)
{
	const struct container_state *state = job->state;

	return kg_inspect_ask(job, &state->engine, name_of(job), inspected);
}

static bool
is_secret(const struct kg_job *job, const char *name)
{
	static const char *const words[] = { "PASS", "SECRET", "TOKEN", "CREDENTIAL", "KEY", "AUTH", NULL };

	for (const char *const *secret = job->common->secret; secret && *secret; secret++)
		if (strcmp(*secret, name) == 0)
			return true;
	for (const char *const *word = words; *word; word++)
		if (strcasestr(name, *word))
			return true;
	/* What is not set any more was once, and is in the container. */
	for (const struct kg_pair *pair = job->common->env; pair && pair->name; pair++)
		if (strcmp(pair->name, name) == 0)
			return strstr(pair->value, "${secrets.") != NULL;
	return false;
}

struct writing {
	struct kg_job *job;
	struct kg_text text;
};

static void
item_add(void *context, const cJSON *item)
{
	struct writing *writing = context;
	cJSON *copy = cJSON_Duplicate(item, true), *variable;
	cJSON *environment = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(copy, "Config"), "Env");

	cJSON_ArrayForEach(variable, environment)
	{
		const char *pair = cJSON_IsString(variable) ? variable->valuestring : "", *equals = strchr(pair, '=');
		const char *name = equals ? kg_copy_bytes(writing->job->arena, pair, (size_t)(equals - pair)) : NULL;

		if (!name || !is_secret(writing->job, name))
			continue;
		/* It may stand elsewhere as well, such as in a command line. */
		kg_hide(writing->job, equals + 1);
		cJSON_SetValuestring(variable, kg_format(writing->job->arena, "%s=***", name));
	}
	char *printed = cJSON_Print(copy);
	kg_text_format(&writing->text, "%s\n", printed ? printed : "");
	cJSON_free(printed);
	cJSON_Delete(copy);
}

static struct kg_next
inspected(struct kg_job *job)
{
	const struct container_state *state = job->state;
	struct writing writing = { .job = job, .text.arena = job->arena };

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, "describing the container"));
	struct kg_error *error = kg_listing_each(job->arena, job->child.output, item_add, &writing);
	const char *told = kg_mask_text(job->arena, job->mask, kg_text_end(&writing.text));
	if (!error)
		error = kg_file_write(job->arena, kg_format(job->arena, "%s/inspect.json", job->gather), told, strlen(told), 0600);
	return error ? kg_failed(error) : kg_done(job);
}
