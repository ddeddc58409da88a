/* How a container is made: the engine's argument list and environment. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/container_inside.h"

/* Copying an image's content into new volumes may take a while. */
static constexpr int64_t create_limit_ms = 300000;

static const char *const signal_names[] = { NULL, "SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL" };

struct making {
	struct kg_job *job;
	const struct container_spec *spec;
	const struct container_state *state;
	struct kg_arguments arguments;
	struct kg_arguments environment; /* further one of the engine's program */
	struct kg_text file;             /* what --env-file reads */
};

static void
add_each(struct making *making, const char *option, const char *const *values)
{
	for (; values && *values; values++)
		kg_arguments_add(&making->arguments, option, *values, NULL);
}

static void
add_some(struct making *making, const char *option, const char *value)
{
	if (value)
		kg_arguments_add(&making->arguments, option, value, NULL);
}

static void
add_flag(struct making *making, const char *option, bool is_set)
{
	if (is_set)
		kg_arguments_add(&making->arguments, option, NULL);
}

static void
add_number(struct making *making, const char *option, int64_t number, const char *unit)
{
	if (number > 0)
		kg_arguments_add(&making->arguments, option, kg_format(making->job->arena, "%" PRId64 "%s", number, unit), NULL);
}

/*
 * Values never stand in an argument list, where others see them. A name alone makes the engine take the value from its own environment; what would
 * lead the engine itself elsewhere, such as PATH or DOCKER_HOST, goes through a file, which is a pipe.
 */
static struct kg_error *
variable_add(struct making *making, const char *name, const char *value)
{
	static const char *const engines_own[] = { "BUILDAH", "BUILDKIT", "CONTAINER", "DOCKER", "GO", "LD_", "PODMAN", "REGISTR",
		"SSL_", "STORAGE_", "XDG_", "_" };
	struct kg_arena *arena = making->job->arena;
	bool is_engines_own = kg_engine_hands_on(name);

	for (size_t i = 0; !is_engines_own && i < sizeof(engines_own) / sizeof(engines_own[0]); i++)
		is_engines_own = kg_text_starts(name, engines_own[i]);
	if (!is_engines_own) {
		kg_arguments_add(&making->arguments, "--env", name, NULL);
		kg_arguments_add(&making->environment, kg_format(arena, "%s=%s", name, value), NULL);
		return NULL;
	}
	if (strpbrk(value, "\r\n"))
		return kg_error_make(arena, KG_EINPUT,
		    "the variable %s is one of the engine's own, and with lines in its value it cannot be handed through", name);
	kg_text_format(&making->file, "%s=%s\n", name, value);
	return NULL;
}

static struct kg_error *
environment_add(struct making *making)
{
	const struct kg_common *common = making->job->common;
	struct kg_error *error = NULL;

	for (const char *const *name = common->pass_env; !error && name && *name; name++)
		if (getenv(*name))
			error = variable_add(making, *name, getenv(*name));
	for (const struct kg_pair *pair = common->env; !error && pair && pair->name; pair++)
		error = variable_add(making, pair->name, pair->value);
	if (making->file.size > 0)
		kg_arguments_add(&making->arguments, "--env-file", "/dev/stdin", NULL);
	return error;
}

/* A value of --mount, which is a line of CSV. */
static const char *
csv(struct kg_arena *arena, const char *key, const char *value)
{
	struct kg_text text = { .arena = arena };

	if (!strpbrk(value, ",\""))
		return kg_format(arena, "%s=%s", key, value);
	kg_text_format(&text, "\"%s=", key);
	for (; *value; value++)
		kg_text_format(&text, *value == '"' ? "\"%c" : "%c", *value);
	kg_text_add(&text, "\"");
	return kg_text_end(&text);
}

/* --mount refuses a source that is not there, which --volume would make as an empty folder of root's. SELinux' labels are for --volume alone. */
static struct kg_error *
mounts_add(struct making *making)
{
	struct kg_arena *arena = making->job->arena;

	for (const struct container_mount *const *at = making->spec->mounts; at && *at; at++) {
		const struct container_mount *mount = *at;
		bool is_relabelled = mount->relabel != CONTAINER_RELABEL_NONE;

		if (is_relabelled && strpbrk(mount->source, ":"))
			return kg_error_make(
			    arena, KG_EINPUT, "`mounts`: with `relabel` there can be no colon in %s", mount->source);
		if (is_relabelled)
			kg_arguments_add(&making->arguments, "--volume",
			    kg_format(arena, "%s:%s:%s%s", mount->source, mount->target,
				mount->relabel == CONTAINER_RELABEL_SHARED ? "z" : "Z", mount->read_only ? ",ro" : ""),
			    NULL);
		else
			kg_arguments_add(&making->arguments, "--mount",
			    kg_format(arena, "type=bind,%s,%s%s", csv(arena, "source", mount->source),
				csv(arena, "target", mount->target), mount->read_only ? ",readonly" : ""),
			    NULL);
	}
	return NULL;
}

static struct kg_error *
ports_add(struct making *making)
{
	for (const char *const *port = making->spec->ports; port && *port; port++) {
		const char *publish = kg_container_publish(making->job->arena, *port);

		if (!publish)
			return kg_error_make(
			    making->job->arena, KG_EINPUT, "`ports`: %s is not [ADDRESS:][PORT:]PORT[/udp]", *port);
		kg_arguments_add(&making->arguments, "--publish", publish, NULL);
	}
	return NULL;
}

static void
network_add(struct making *making)
{
	const char *const *network = making->spec->network;

	if (!network || !network[0])
		return;
	kg_arguments_add(&making->arguments, "--network", network[0], NULL);
	if (kg_container_joins(network[0]))
		add_each(making, "--network-alias", kg_container_aliases(making->job));
}

/* For a shell, which runs the check; a text that stands alone is one of a shell already. */
static const char *
shell_words(struct kg_arena *arena, const char *const *words)
{
	struct kg_text text = { .arena = arena };

	if (words[0] && !words[1])
		return words[0];
	for (; *words; words++) {
		kg_text_add(&text, text.size > 0 ? " '" : "'");
		for (const char *at = *words; *at; at++)
			kg_text_format(&text, *at == '\'' ? "'\\%c'" : "%c", *at);
		kg_text_add(&text, "'");
	}
	return kg_text_end(&text);
}

static void
health_add(struct making *making)
{
	const struct container_health *health = making->spec->health;

	if (!health)
		return;
	if (health->command && health->command[0])
		kg_arguments_add(&making->arguments, "--health-cmd", shell_words(making->job->arena, health->command), NULL);
	add_number(making, "--health-interval", health->interval_ms, "ms");
	add_number(making, "--health-timeout", health->timeout_ms, "ms");
	add_number(making, "--health-start-period", health->start_period_ms, "ms");
	add_number(making, "--health-retries", health->retries, "");
}

static void
limits_add(struct making *making)
{
	const struct container_spec *spec = making->spec;

	add_some(making, "--hostname", spec->hostname);
	add_some(making, "--user", spec->user);
	add_some(making, "--workdir", spec->workdir);
	add_number(making, "--memory", spec->memory, "b");
	add_some(making, "--cpus", spec->cpus);
	add_number(making, "--shm-size", spec->shm_size, "b");
	add_some(making, "--userns", spec->userns);
	add_some(making, "--platform", spec->platform);
	add_flag(making, "--privileged", spec->privileged);
	add_flag(making, "--init", spec->init);
	add_flag(making, "--read-only", spec->read_only);
	add_each(making, "--cap-add", spec->cap_add);
	add_each(making, "--cap-drop", spec->cap_drop);
	add_each(making, "--device", spec->devices);
	add_each(making, "--add-host", spec->hosts);
	add_each(making, "--volume", spec->volumes);
	add_each(making, "--tmpfs", spec->tmpfs);
	if (spec->stop && spec->stop->signal > 0)
		add_some(making, "--stop-signal", signal_names[spec->stop->signal]);
}

struct kg_error *
kg_container_create(struct kg_job *job, const struct kg_child **ret_child)
{
	const struct container_spec *spec = job->spec;
	const struct container_state *state = job->state;
	struct making making = {
		.job = job,
		.spec = spec,
		.state = state,
		.arguments.arena = job->arena,
		.environment.arena = job->arena,
		.file.arena = job->arena,
	};

	kg_arguments_add(&making.arguments, "create", "--pull", "never", "--name", state->name, NULL);
	kg_arguments_add_list(&making.arguments, state->engine.driver->create);
	kg_arguments_add_labels(&making.arguments, job);
	kg_arguments_add(&making.arguments, "--label", kg_format(job->arena, KG_LABEL_IMAGE "=%s", state->image_id), NULL);
	for (const struct kg_pair *label = spec->labels; label && label->name; label++)
		kg_arguments_add(&making.arguments, "--label", kg_format(job->arena, "%s=%s", label->name, label->value), NULL);
	network_add(&making);
	limits_add(&making);
	health_add(&making);
	struct kg_error *error = ports_add(&making);
	if (!error)
		error = mounts_add(&making);
	if (!error)
		error = environment_add(&making);
	if (error)
		return error;

	/* docker takes one word as entrypoint: what follows it stands before the command. */
	if (spec->entrypoint)
		kg_arguments_add(&making.arguments, "--entrypoint", spec->entrypoint[0] ? spec->entrypoint[0] : "", NULL);
	kg_arguments_add_list(&making.arguments, spec->options);
	kg_arguments_add(&making.arguments, spec->image, NULL);
	kg_arguments_add_list(&making.arguments, spec->entrypoint && spec->entrypoint[0] ? spec->entrypoint + 1 : NULL);
	kg_arguments_add_list(&making.arguments, spec->command);

	struct kg_child *child =
	    kg_engine_child(job, &state->engine, kg_arguments_end(&making.arguments), kg_arguments_end(&making.environment));
	child->capture = true;
	child->timeout_ms = create_limit_ms;
	if (making.file.size > 0) {
		child->input = kg_text_end(&making.file);
		child->input_size = making.file.size;
	}
	*ret_child = child;
	return NULL;
}
