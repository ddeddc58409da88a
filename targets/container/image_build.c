/* The build itself: what the builder is told, what it says while it works, and how its failures read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "targets/container/image_build.h"
#include "targets/container/image_inside.h"

static constexpr int status_killed = 137;
/* A shorter line, such as "{", may stand in what is no secret. */
static constexpr size_t hidden_line_least = 8;

static kg_step build_ended, bases_listed;

static const char *
iid_path(struct kg_job *job)
{
	return kg_path_join(job->arena, job->keep, "iid");
}

/* ---- what the builder is told */

/*
 * The Containerfile itself, or one of ours where images are replaced in it: --from replaces a single one, --build-context not every builder
 * knows. Lines stay where they are, so that what the builder says of them is right.
 */
static struct kg_error *
file_prepare(struct kg_job *job, const char **ret_path)
{
	const struct kg_image_spec *spec = job->spec;
	const struct kg_image_state *state = job->state;
	const char **texts = kg_new_array(job->arena, const char *, state->stages.use_count + 1);
	bool is_replaced = false;
	size_t size;

	*ret_path = state->file_path;
	for (uint32_t i = 0; i < state->stages.use_count; i++) {
		texts[i] = kg_image_replaced(spec, &state->stages, i);
		is_replaced = is_replaced || texts[i];
	}
	if (!is_replaced)
		return NULL;
	const char *bytes = kg_containerfile_replace(job->arena, &state->file, &state->stages, texts, &size);
	*ret_path = kg_path_join(job->arena, job->keep, kg_path_name(state->file_path));
	return kg_file_write(job->arena, *ret_path, bytes, size, 0600);
}

/*
 * What is left out must be what the fingerprint leaves out. The builder is given an ignore file of ours where it would not find the user's by itself (one
 * of the Containerfile's own), and where kgraph's own files lie within the context.
 */
static struct kg_error *
ignore_prepare(struct kg_job *job, const char **ret_path)
{
	const struct kg_image_spec *spec = job->spec;
	const char *inside = kg_path_inside(spec->context, job->folders->state), *bytes = "";
	const char *const *files = kg_image_ignore_files(job->arena, spec);
	bool holds_state = inside[0] != '/';
	size_t size = 0;

	*ret_path = NULL;
	while (*files && access(*files, F_OK) != 0)
		files++;
	bool is_own = *files && strcmp(kg_path_folder(job->arena, *files), spec->context) != 0;
	bool is_found = *files && kg_text_starts(kg_path_name(*files), ".");
	if (!holds_state && (!*files || (is_found && !is_own)))
		return NULL;
	struct kg_error *error = *files ? kg_file_read(job->arena, *files, &bytes, &size) : NULL;
	if (error)
		return error;
	struct kg_text text = { .arena = job->arena };
	kg_text_add_bytes(&text, bytes, size);
	/* BuildKit of docker 20 takes the former for what is right in it alone, and not for what is below that. */
	kg_text_add(&text, "\n**/.kgraph\n");
	if (holds_state)
		kg_text_format(&text, "%s\n", kg_path_folder(job->arena, inside));
	*ret_path = kg_path_join(
	    job->arena, job->keep, kg_format(job->arena, "%s.dockerignore", kg_path_name(kg_image_file(job->arena, spec))));
	return kg_file_write(job->arena, *ret_path, text.bytes, text.size, 0600);
}

/* BuildKit finds an ignore file beside the Containerfile alone, so that both must be ours. */
static struct kg_error *
file_beside(struct kg_job *job, const char **path)
{
	const struct kg_image_state *state = job->state;

	if (*path != state->file_path)
		return NULL;
	*path = kg_path_join(job->arena, job->keep, kg_path_name(state->file_path));
	return kg_file_write(job->arena, *path, state->file.bytes, state->file.size, 0600);
}

static void
arguments_add(struct kg_arguments *arguments, const struct kg_pair *pairs)
{
	for (; pairs && pairs->name; pairs++)
		kg_arguments_add(arguments, "--build-arg", kg_format(arguments->arena, "%s=%s", pairs->name, pairs->value), NULL);
}

/* What RUN prints of a secret must not be read in the log: all of it, and each line of it that nobody prints by chance. */
static void
secret_hide(struct kg_job *job, const char *value)
{
	kg_hide(job, kg_copy_bytes(job->arena, value, strlen(value) - (kg_text_ends(value, "\n") ? 1 : 0)));
	for (const char *at = value; *at;) {
		size_t length = strcspn(at, "\r\n");

		if (length >= hidden_line_least)
			kg_hide(job, kg_copy_bytes(job->arena, at, length));
		at += length + strspn(at + length, "\r\n");
	}
}

static struct kg_error *
secrets_hide(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;

	for (const struct kg_image_secret *const *one = spec->secrets; one && *one; one++) {
		const char *value = (*one)->value;
		size_t size;
		struct kg_error *error = value ? NULL : kg_file_read(job->arena, (*one)->file, &value, &size);

		if (error)
			return kg_error_wrap(job->arena, error, "the secret `%s`", (*one)->id);
		secret_hide(job, value);
	}
	return NULL;
}

/* A secret that is no file is handed over by the environment of the engine's program, where only its user can see it. */
static const char *const *
secrets_add(struct kg_job *job, struct kg_arguments *arguments)
{
	const struct kg_image_spec *spec = job->spec;
	const struct kg_image_state *state = job->state;
	struct kg_arguments environment = { .arena = job->arena };
	int number = 0;

	for (const struct kg_image_secret *const *one = spec->secrets; one && *one; one++) {
		const char *from = kg_format(job->arena, "src=%s", (*one)->file);

		if ((*one)->value) {
			kg_arguments_add(&environment, kg_format(job->arena, "KGRAPH_SECRET_%d=%s", ++number, (*one)->value), NULL);
			from = kg_format(job->arena, "env=KGRAPH_SECRET_%d", number);
		}
		kg_arguments_add(arguments, "--secret", kg_format(job->arena, "id=%s,%s", (*one)->id, from), NULL);
	}
	/* Said, and not left to what the user has set: it is known which one it is, and its rules count. */
	if (state->survey->engine.driver == &kg_docker)
		kg_arguments_add(&environment, state->builder->buildkit ? "DOCKER_BUILDKIT=1" : "DOCKER_BUILDKIT=0", NULL);
	return kg_arguments_end(&environment);
}

static struct kg_error *
check_classic(struct kg_job *job, const char *ignore)
{
	const struct kg_image_spec *spec = job->spec;
	const struct kg_image_state *state = job->state;
	const char *what = NULL;

	if (state->survey->engine.driver != &kg_docker || state->builder->buildkit)
		return NULL;
	if (spec->secrets && *spec->secrets)
		what = "knows no secrets";
	else if (ignore && access(kg_format(job->arena, "%s.dockerignore", state->file_path), F_OK) == 0)
		what = "does not read an ignore file of the Containerfile's own";
	if (!what)
		return NULL;
	return kg_error_advise(job->arena,
	    kg_error_make(job->arena, KG_EINPUT, "docker's older builder %s, and the newer one is not installed", what),
	    "install the package docker-buildx, or use podman");
}

static void
command_add(struct kg_job *job, struct kg_arguments *arguments)
{
	const struct kg_image_state *state = job->state;

	if (state->survey->engine.driver != &kg_docker)
		kg_arguments_add(arguments, "build", "--layers", NULL);
	else if (state->builder->buildkit == KG_BUILDKIT_BUILDX)
		kg_arguments_add(arguments, "buildx", "build", "--load", "--progress=plain", "--provenance=false", NULL);
	else if (state->builder->buildkit)
		kg_arguments_add(arguments, "build", "--progress=plain", NULL);
	else
		kg_arguments_add(arguments, "build", NULL);
}

static struct kg_error *
child_prepare(struct kg_job *job, struct kg_child **ret_child)
{
	const struct kg_image_spec *spec = job->spec;
	const struct kg_image_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	const char *file, *ignore;

	struct kg_error *error = secrets_hide(job);
	if (!error)
		error = file_prepare(job, &file);
	if (!error)
		error = ignore_prepare(job, &ignore);
	if (!error)
		error = check_classic(job, ignore);
	if (!error && ignore && state->builder->buildkit)
		error = file_beside(job, &file);
	if (error)
		return error;
	command_add(job, &arguments);
	kg_arguments_add(&arguments, "--label", KG_IMAGE_LABEL, "--iidfile", iid_path(job), "--file", file, NULL);
	if (ignore && state->survey->engine.driver != &kg_docker)
		kg_arguments_add(&arguments, "--ignorefile", ignore, NULL);
	if (spec->target)
		kg_arguments_add(&arguments, "--target", spec->target, NULL);
	if (spec->platform)
		kg_arguments_add(&arguments, "--platform", spec->platform, NULL);
	if (spec->network)
		kg_arguments_add(&arguments, "--network", spec->network, NULL);
	arguments_add(&arguments, spec->build_args);
	arguments_add(&arguments, spec->volatile_args);
	const char *const *environment = secrets_add(job, &arguments);
	kg_arguments_add(&arguments, spec->context, NULL);
	*ret_child = kg_engine_child(job, &state->survey->engine, kg_arguments_end(&arguments), environment);
	/* podman would leave the container of the step behind, and what runs in it running. docker's is the daemon's. */
	(*ret_child)->ends_contained = state->survey->engine.driver == &kg_podman;
	return kg_file_remove(job->arena, iid_path(job));
}

/* ---- what it says while it works */

static void
line_printed(void *context, const char *line)
{
	struct kg_job *job = context;
	struct kg_image_state *state = job->state;
	struct kg_build_step step;

	if (kg_build_step_read(line, &step)) {
		state->step = kg_copy(job->arena, step.text);
		state->step_stage = step.stage;
		state->step_number = step.number;
		kg_tell(job, "%s", state->step);
	}
	uint32_t number = kg_build_line_read(line, kg_path_name(state->file_path));
	if (number > 0)
		state->failed_line = number;
}

struct kg_next
kg_image_build(struct kg_job *job, kg_step *again)
{
	struct kg_image_state *state = job->state;
	struct kg_child *child;

	struct kg_error *error = child_prepare(job, &child);
	if (error)
		return kg_image_failed(job, error);
	state->then = again;
	state->step = NULL;
	state->failed_line = 0;
	state->build_ns = job->now_ns;
	child->line = line_printed;
	child->context = job;
	kg_tell(job, "building");
	return kg_wait_child(job, child, build_ended);
}

/* ---- how it ended */

/* The line of the Containerfile at which it failed; 0: it is not known, as when a base cannot be fetched before any step. */
static uint32_t
failed_line(const struct kg_image_state *state)
{
	if (state->failed_line > 0 || !state->step)
		return state->failed_line;
	const struct kg_containerfile_instruction *instruction =
	    kg_containerfile_step(&state->file, state->step_stage, state->step_number, state->step);
	return instruction ? instruction->line : 0;
}

static struct kg_error *
build_error(struct kg_job *job, bool was_killed)
{
	const struct kg_image_state *state = job->state;
	struct kg_build_failure failure;
	uint32_t line = failed_line(state);

	kg_build_failure_read(job->arena, job->child.last_lines, state->step, &failure);
	if (was_killed)
		failure.reason = "killed, most likely for lack of memory";
	else if (!failure.reason)
		failure.reason =
		    kg_format(job->arena, "%s ended with status %d", state->survey->engine.driver->name, (int)job->child.status);
	const char *message = state->step
	    ? kg_format(job->arena, "%s: %s", kg_build_step_short(job->arena, state->step), failure.reason)
	    : failure.reason;
	struct kg_place place =
	    line > 0 ? kg_containerfile_place(job->arena, &state->file, line) : (struct kg_place){ .file = state->file_path };
	struct kg_error *error = kg_error_at(job->arena, KG_ECHILD, place, "%s", message);

	error->detail = *failure.printed ? failure.printed : NULL;
	if (was_killed && !state->was_alone)
		return kg_error_advise(job->arena, error,
		    "`alone = true` tries it again while no other build runs; `memory` says what it takes of its pool");
	if (failure.is_disk_full)
		return kg_error_advise(job->arena, error,
		    "the builder's disk is full: `kgraph gc --images 10G` removes images of earlier builds beyond 10G, `%s system "
		    "df` "
		    "shows what takes the rest",
		    state->survey->engine.driver->name);
	return error;
}

static bool
was_killed(const struct kg_job *job)
{
	return job->child.signal == 9 || job->child.status == status_killed || kg_build_tells_killed(job->child.last_lines);
}

static struct kg_next
build_ended(struct kg_job *job)
{
	const struct kg_image_spec *spec = job->spec;
	struct kg_image_state *state = job->state;
	const char *iid;
	size_t size;

	kg_image_built(job);
	if (job->timed_out)
		return kg_image_failed(job,
		    kg_error_make(job->arena, KG_ETIME, "the build did not end in time%s%s", state->step ? ": it was at " : "",
			state->step ? state->step : ""));
	if (job->child.status != 0 && was_killed(job) && spec->alone && !state->was_alone) {
		kg_job_log(job, "killed, most likely for lack of memory: tried again while no other build runs");
		state->was_alone = true;
		return kg_go(state->then);
	}
	if (job->child.status != 0)
		return kg_image_failed(job, build_error(job, was_killed(job)));
	struct kg_error *error = kg_file_read(job->arena, iid_path(job), &iid, &size);
	if (error)
		return kg_image_failed(job, kg_error_wrap(job->arena, error, "the builder did not say what it built"));
	state->id = kg_text_starts(iid, "sha256:") ? iid + strlen("sha256:") : iid;
	state->id = kg_copy_bytes(job->arena, state->id, strcspn(state->id, "\r\n"));
	state->made_ns = job->now_ns - state->build_ns;
	if (state->key_is_certain)
		return kg_image_found(job);
	return kg_engine_ask(job, &state->survey->engine, state->survey->engine.driver->images, bases_listed);
}

/* The builder has fetched what it built upon, so that now the key can be told. */
static struct kg_next
bases_listed(struct kg_job *job)
{
	struct kg_image_state *state = job->state;
	struct kg_images images;

	if (job->child.status == 0 && !state->survey->engine.driver->read_images(job->arena, job->child.output, &images)) {
		const char *key = state->key;

		kg_image_bases_know(job, &images);
		kg_image_key_make(job);
		kg_job_log(job, "key %s%s", state->key, state->key_is_certain ? "" : " (not all bases are known)");
		/* Others wait under the one that it began with. */
		if (state->turn)
			state->turn->key = key;
	}
	return kg_image_found(job);
}
