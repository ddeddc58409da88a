/*
 * How a container comes to run: an earlier one of its name is started again when it is still what it should be, else it is taken away; the image is
 * pulled when it is not there; made, put on its networks, started, and looked at.
 *
 *     (moved) ─ existing ─ image ─(pulled)─┬─ start ──────────────────────┬─ started ─ outputs
 *                                          └─(removed)─ create ─ connect ─┘
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/process_identity.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/container_inside.h"
#include "engine/containers/listing_json.h"

static constexpr int64_t start_limit_ms = 300000;

static kg_step moved, existing_seen, image_ask, image_told, pulled, old_one_gone, created, connect, connected, start, started,
    running;
static kg_step holder_listed, start_failed;

static struct kg_next
inspect(struct kg_job *job, kg_step *then)
{
	struct container_state *state = job->state;

	return kg_inspect_ask(job, &state->engine, state->name, then);
}

struct kg_next
kg_container_run(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	const char *engine = kg_job_remembered(job, "engine"), *name = kg_job_remembered(job, "name");
	struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &state->engine);

	if (error)
		return kg_failed(error);
	state->name = kg_container_name(job);
	state->was_pulled = state->was_created = state->was_started = false;
	state->removal =
	    (struct kg_removal){ .engine = state->engine, .name = name, .grace_ms = kg_container_grace_ms(spec), .then = moved };
	/* With another name or engine the earlier one would be left behind. An engine that is gone has taken it along. */
	if (name && engine && (strcmp(name, state->name) != 0 || strcmp(engine, state->engine.driver->name) != 0) &&
	    !kg_engine_find_named(job->arena, engine, &state->removal.engine))
		return kg_go(kg_container_remove);
	return kg_go(moved);
}

static struct kg_next
moved(struct kg_job *job)
{
	return inspect(job, existing_seen);
}

static struct kg_next
existing_seen(struct kg_job *job)
{
	struct container_state *state = job->state;
	struct kg_error *error = kg_inspect_read(job, &state->engine, &state->it);

	if (error)
		return kg_failed(error);
	if (state->it.is_there && !kg_inspect_is_ours(job, state->it.labels))
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EBUSY,
			"there is a container %s already, and it is not of this node (%.12s, made from %s)", state->name,
			state->it.id, state->it.image),
		    "give the node another `name`, or take that container away: %s rm --force %s", state->engine.driver->name,
		    state->name));
	return kg_go(image_ask);
}

static struct kg_next
image_ask(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "image", "inspect", "--format", "{{.Id}}", spec->image, NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), image_told);
}

static struct kg_next
pull(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	if (kg_text_starts(spec->image, "localhost/"))
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EINPUT, "there is no image %s in %s", spec->image, state->engine.driver->name),
		    "a name that begins with localhost/ is of an image made on this machine: does a node make it, and does this "
		    "one need it?"));
	kg_arguments_add(&arguments, "pull", NULL);
	if (spec->platform)
		kg_arguments_add(&arguments, "--platform", spec->platform, NULL);
	kg_arguments_add(&arguments, spec->image, NULL);
	kg_tell(job, "pulling %s", spec->image);
	return kg_wait_child(job, kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL), pulled);
}

static struct kg_next
pulled(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;

	if (job->timed_out)
		return kg_failed(kg_child_error(job));
	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "pull %s", spec->image)));
	state->was_pulled = true;
	return kg_go(image_ask);
}

/* An earlier one of ours that would be made just so again. */
static bool
is_as_it_should_be(const struct kg_job *job)
{
	const struct container_state *state = job->state;
	const struct kg_inspected *it = &state->it;

	return it->is_there && !it->is_paused && kg_text_equal(kg_label(it->labels, KG_LABEL_FINGERPRINT), job->fingerprint) &&
	    kg_text_equal(kg_container_image(it->labels, it->image_id), state->image_id) &&
	    (it->is_running || strcmp(it->status, "exited") == 0 || strcmp(it->status, "created") == 0 ||
		strcmp(it->status, "stopped") == 0);
}

/* Lines that it has printed before this are of an earlier life. */
static struct kg_error *
since_write(struct kg_job *job, const char *since)
{
	struct kg_error *error = NULL;

	if (!kg_job_keep(job, &error))
		return error;
	return kg_file_write(job->arena, kg_container_since_path(job), since, strlen(since), 0600);
}

static struct kg_next
image_told(struct kg_job *job)
{
	struct container_state *state = job->state;
	const char *words = job->child.last_lines;

	if (job->child.status != 0 && !state->was_pulled &&
	    (strcasestr(words, "no such image") || strcasestr(words, "image not known") || strcasestr(words, "unable to find") ||
		strcasestr(words, "did not resolve to an alias")))
		return pull(job);
	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, "look at the image"));
	const char *id = kg_listing_id(job->child.output);
	state->image_id = kg_copy_bytes(job->arena, id, strcspn(id, " \r\n"));

	if (is_as_it_should_be(job) && state->it.is_running)
		return kg_go(started);
	if (is_as_it_should_be(job)) {
		struct kg_error *error = since_write(job, state->it.finished_at);

		return error ? kg_failed(error) : kg_go(start);
	}
	if (!state->it.is_there)
		return kg_go(old_one_gone);
	state->removal = (struct kg_removal){
		.engine = state->engine,
		.name = state->name,
		.grace_ms = kg_container_grace_ms(job->spec),
		.then = old_one_gone,
	};
	return kg_go(kg_container_remove);
}

static struct kg_next
old_one_gone(struct kg_job *job)
{
	const struct kg_child *child;
	struct kg_error *error = since_write(job, "");

	if (!error)
		error = kg_container_create(job, &child);
	return error ? kg_failed(error) : kg_wait_child(job, child, created);
}

static struct kg_next
created(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;

	if (job->child.status != 0)
		return kg_failed(kg_engine_error(job, &state->engine, kg_format(job->arena, "make the container %s", state->name)));
	state->was_created = true;
	state->more = spec->network && spec->network[0] ? spec->network + 1 : NULL;
	return kg_go(connect);
}

/* docker 20.10 puts a new container on one network only. */
static struct kg_next
connect(struct kg_job *job)
{
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	if (!state->more || !*state->more)
		return kg_go(start);
	kg_arguments_add(&arguments, "network", "connect", NULL);
	for (const char *const *alias = kg_container_aliases(job); *alias; alias++)
		kg_arguments_add(&arguments, "--alias", *alias, NULL);
	kg_arguments_add(&arguments, *state->more++, state->name, NULL);
	return kg_engine_ask(job, &state->engine, kg_arguments_end(&arguments), connected);
}

static struct kg_next
connected(struct kg_job *job)
{
	struct container_state *state = job->state;

	if (job->child.status == 0)
		return kg_go(connect);
	state->error = kg_engine_error(job, &state->engine, kg_format(job->arena, "put it on the network %s", state->more[-1]));
	return kg_go(start_failed);
}

static struct kg_next
start(struct kg_job *job)
{
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	kg_arguments_add(&arguments, "start", state->name, NULL);
	struct kg_child *child = kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL);
	child->capture = child->quiet = true;
	child->timeout_ms = start_limit_ms;
	return kg_wait_child(job, child, started);
}

static bool
is_about_a_port(const char *words)
{
	return strcasestr(words, "address already in use") || strcasestr(words, "port is already allocated") ||
	    strcasestr(words, "ports are not available");
}

/* The first published port of this machine on which somebody listens, as text; NULL when none is. */
static const char *
port_taken(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;

	for (const char *const *port = spec->ports; port && *port; port++) {
		uint16_t number = kg_container_host_port(job->arena, *port);

		if (number > 0 && kg_process_listening(number) != 0)
			return kg_format(job->arena, "%d", number);
	}
	return NULL;
}

static struct kg_next
started(struct kg_job *job)
{
	struct container_state *state = job->state;
	bool was_running = state->it.is_there && state->it.is_running && !state->was_created;

	if (was_running || job->child.status == 0) {
		state->was_started = !was_running;
		return inspect(job, running);
	}
	const char *words = job->child.last_lines;
	state->error = kg_engine_error(job, &state->engine, kg_format(job->arena, "start the container %s", state->name));
	state->port = is_about_a_port(words) ? port_taken(job) : NULL;
	if (state->port)
		return kg_engine_ask(job, &state->engine, state->engine.driver->containers, holder_listed);
	return kg_go(start_failed);
}

/* Who holds the port: a container by what is published, else a process. */
static struct kg_next
holder_listed(struct kg_job *job)
{
	struct container_state *state = job->state;
	struct kg_containers containers = { 0 };
	const char *published = kg_format(job->arena, ":%s->", state->port);
	pid_t pid = kg_process_listening((uint16_t)atoi(state->port));
	const char *line = pid > 0 ? kg_process_command_line(job->arena, pid) : NULL;

	if (job->child.status == 0 && state->engine.driver->read_containers(job->arena, job->child.output, &containers))
		containers.count = 0;
	struct kg_error *error = kg_error_make(job->arena, KG_EBUSY, "port %s is held by %s", state->port,
	    pid > 0 ? kg_format(job->arena, "process %d: %s", (int)pid, line ? line : "?") : "another user's process");
	for (uint32_t i = 0; i < containers.count; i++)
		if (strstr(containers.items[i].ports, published) && strcmp(containers.items[i].name, state->name) != 0 &&
		    containers.items[i].state == KG_CONTAINER_RUNNING)
			error = kg_error_make(
			    job->arena, KG_EBUSY, "port %s is held by the container %s", state->port, containers.items[i].name);
	state->error = kg_error_advise(job->arena, error, "stop it, or publish another port of this machine");
	return kg_go(start_failed);
}

/* What was made in vain does not stay: the next run would take it for one that has ended. */
static struct kg_next
start_failed(struct kg_job *job)
{
	struct container_state *state = job->state;

	if (!state->was_created || job->timed_out)
		return kg_failed(state->error);
	state->was_created = false;
	state->removal = (struct kg_removal){ .engine = state->engine, .name = state->name, .then = start_failed };
	return kg_go(kg_container_remove);
}

static struct kg_next
running(struct kg_job *job)
{
	struct container_state *state = job->state;
	const struct kg_inspected *it = &state->it;
	struct kg_error *error = kg_inspect_read(job, &state->engine, &state->it);

	if (error)
		return kg_failed(error);
	if (!it->is_there)
		return kg_failed(
		    kg_error_make(job->arena, KG_EFAILED, "the container %s is gone as soon as it was started", state->name));
	kg_output(job, "id", it->id);
	kg_output(job, "name", state->name);
	kg_output(job, "ip", it->ip);
	kg_output(job, "ports", it->ports);
	kg_output(job, "port", it->port);
	kg_output(job, "address", it->address);
	kg_output(job, "engine", state->engine.driver->name);
	if (state->was_started)
		kg_job_log(job, "started the container %s (%.12s)", state->name, it->id);
	return kg_done(job);
}
