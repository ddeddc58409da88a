/*
 * When a container is ready: by the rule that the node names, by the engine's own check, or when it has lived for a moment. One that ends meanwhile fails
 * at once, with its status and its last lines.
 *
 * That it has ended is told by the engine's events, one stream for all containers of a checkout, and, where an engine keeps no events, by the end of its
 * log. Either is looked into before it is believed: events of an earlier life come again when a stream begins, and there are logs that cannot be
 * followed.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/probe.h"
#include "engine/target.h"
#include "targets/container/container_inside.h"

/* A container without a rule that lives this long has not failed at once. */
static constexpr int64_t settle_ms = 250;
/* What is ready at once needs no log. */
static constexpr int64_t follow_after_ms = 1000;
/* Of checks that are made by hand. */
static constexpr int64_t health_first_ms = 50, health_longest_ms = 1000;
/* When nobody has told of news, it is looked at all the same. */
static constexpr int64_t health_look_ms = 2000;
static constexpr int64_t last_words_limit_ms = 20000;
static constexpr int32_t killed_status = 137;

static kg_step ready_seen, probe_passed, settled, end_seen, last_words_told, resumed;
static kg_step health, health_tried, health_seen;

static const char *
file_text(struct kg_job *job, const char *path)
{
	const char *text;
	size_t size;

	return kg_file_read(job->arena, path, &text, &size) ? "" : text;
}

const char *
kg_container_since_path(struct kg_job *job)
{
	return kg_path_join(job->arena, job->keep, "since");
}

const char *
kg_container_ready_path(struct kg_job *job)
{
	return kg_path_join(job->arena, job->keep, "ready");
}

const char *
kg_container_since(struct kg_job *job)
{
	return file_text(job, kg_container_since_path(job));
}

static uint32_t
deaths_told(struct kg_job *job)
{
	const struct container_state *state = job->state;

	return kg_container_deaths(job->survey, state->it.id);
}

/* What it prints comes into the node's log. */
static void
follow(struct kg_job *job)
{
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	const char *since = kg_container_since(job);

	if (state->is_follower_useless || state->is_followed)
		return;
	state->is_followed = true;
	kg_arguments_add(&arguments, "logs", "--follow", NULL);
	if (*since)
		kg_arguments_add(&arguments, "--since", since, NULL);
	kg_arguments_add(&arguments, state->it.id, NULL);
	kg_follow(job, kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL));
}

/* For the probe: has it ended, as far as somebody says? end_seen looks whether that is so. */
static struct kg_error *
ended(struct kg_job *job)
{
	struct container_state *state = job->state;

	if ((job->now_ns - state->waited_from_ns) / 1000000 >= follow_after_ms)
		follow(job);
	bool is_told =
	    deaths_told(job) > state->deaths_known || (state->is_followed && !state->is_follower_useless && !kg_follow_runs(job));
	return is_told ? kg_error_make(job->arena, KG_EFAILED, "it has ended") : NULL;
}

static const char *
last_words(struct kg_job *job)
{
	return kg_follow_last_lines(job);
}

static struct kg_next
end_look(struct kg_job *job)
{
	struct container_state *state = job->state;

	state->deaths_known = deaths_told(job);
	return kg_inspect_ask(job, &state->engine, state->it.id, end_seen);
}

static struct kg_next
last_words_ask(struct kg_job *job)
{
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };
	const char *since = kg_container_since(job);

	kg_arguments_add(&arguments, "logs", "--tail", "20", NULL);
	if (*since)
		kg_arguments_add(&arguments, "--since", since, NULL);
	kg_arguments_add(&arguments, state->it.id, NULL);
	struct kg_child *child = kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL);
	child->quiet = true;
	child->timeout_ms = last_words_limit_ms;
	return kg_wait_child(job, child, last_words_told);
}

static struct kg_next
end_seen(struct kg_job *job)
{
	struct container_state *state = job->state;
	const char *id = state->it.id;
	struct kg_error *error = kg_inspect_read(job, &state->engine, &state->it);

	if (error)
		return kg_failed(error);
	if (!state->it.is_there)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "the container %s (%.12s) was removed", state->name, id));
	if (!state->it.is_running)
		return last_words_ask(job);
	if (state->is_followed && !kg_follow_runs(job))
		state->is_follower_useless = true;
	return kg_go(resumed);
}

static struct kg_next
last_words_told(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	const struct container_state *state = job->state;
	const struct kg_inspected *it = &state->it;
	struct kg_error *error =
	    kg_error_make(job->arena, KG_EFAILED, "%s", kg_exit_tell(job->arena, it->exit_code, it->is_oom_killed));

	if (it->exit_code == killed_status && spec->memory > 0)
		error = kg_error_advise(
		    job->arena, error, "`memory` limits it to %" PRId64 " MiB: does it need more?", spec->memory >> 20);
	error->detail = *job->child.last_lines ? job->child.last_lines : NULL;
	return kg_failed(error);
}

static struct kg_next
resumed(struct kg_job *job)
{
	const struct container_state *state = job->state;

	return kg_probe(job, &state->about, probe_passed);
}

/* The rule's program runs in the container: that is where its clients are. */
static void
about_fill(struct kg_job *job)
{
	struct container_state *state = job->state;
	const struct kg_probe *rule = job->common->ready;
	struct kg_arguments exec = { .arena = job->arena };
	struct stat log;

	kg_arguments_add(&exec, state->engine.program, "exec", NULL);
	if (rule && rule->user)
		kg_arguments_add(&exec, "--user", rule->user, NULL);
	kg_arguments_add(&exec, state->it.id, NULL);
	state->about = (struct kg_probe_about){
		/* What the engine said when it was made is no line of its own. */
		.log_from = stat(job->log, &log) == 0 ? log.st_size : 0,
		.exec_before = kg_arguments_end(&exec),
		.exec_env = state->engine.environment,
		.ended = ended,
		.after_end = end_look,
		.last_words = last_words,
	};
}

/*
 * A line of the log appears once in a life: that a rule for it was met is written down, or it could not be met in a later run. What is written names the
 * life and the rule.
 */
static bool
line_was_seen(struct kg_job *job)
{
	struct container_state *state = job->state;

	state->ready_mark = kg_format(job->arena, "%s %s\n%s\n", state->it.id, kg_container_since(job), job->common->ready->log);
	return strcmp(file_text(job, kg_container_ready_path(job)), state->ready_mark) == 0;
}

struct kg_next
kg_container_ready(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;

	state->waited_from_ns = job->now_ns;
	state->is_followed = state->is_follower_useless = false;
	state->name = kg_container_name(job);
	struct kg_error *error = kg_engine_find(job->arena, spec->engine.engine, &state->engine);
	if (error)
		return kg_failed(error);
	/* Run or looked at in this run; the look knows what is remembered. */
	if (!state->it.id)
		state->it.id = kg_job_remembered(job, "id");
	if (!state->it.id)
		return kg_inspect_ask(job, &state->engine, state->name, ready_seen);
	return kg_go(ready_seen);
}

static struct kg_next
ready_seen(struct kg_job *job)
{
	const struct kg_probe *rule = job->common->ready;
	struct container_state *state = job->state;

	if (!state->it.id) {
		struct kg_error *error = kg_inspect_read(job, &state->engine, &state->it);

		if (error)
			return kg_failed(error);
		if (!state->it.is_there)
			return kg_failed(kg_error_make(job->arena, KG_EFAILED, "there is no container %s", state->name));
	}
	about_fill(job);
	bool is_seen = rule && rule->log && line_was_seen(job);
	if (!is_seen && (state->was_started || (rule && rule->log)))
		follow(job);
	return is_seen ? kg_go(probe_passed) : kg_go(resumed);
}

static struct kg_next
probe_passed(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;

	if (state->ready_mark) {
		struct kg_error *error = NULL;

		if (kg_job_keep(job, &error))
			error = kg_file_write(
			    job->arena, kg_container_ready_path(job), state->ready_mark, strlen(state->ready_mark), 0600);
		if (error)
			return kg_failed(error);
	}
	if (spec->health)
		return kg_go(health);
	if (job->common->ready || !state->was_started)
		return kg_done(job);
	return kg_wait_timer(job, settle_ms, settled);
}

/* Nobody has asked it anything: whether it is still there is all that can be said. */
static struct kg_next
settled(struct kg_job *job)
{
	struct container_state *state = job->state;

	return kg_inspect_ask(job, &state->engine, state->it.id, health_seen);
}

/*
 * podman makes its checks by timers of systemd, which not every machine has, and by hand, which is the same check; docker makes them by itself, and
 * tells by an event.
 */
static struct kg_next
health(struct kg_job *job)
{
	struct container_state *state = job->state;
	struct kg_arguments arguments = { .arena = job->arena };

	if (ended(job))
		return kg_go(end_look);
	if (!state->engine.driver->health)
		return kg_inspect_ask(job, &state->engine, state->it.id, health_seen);
	kg_arguments_add_list(&arguments, state->engine.driver->health);
	kg_arguments_add(&arguments, state->it.id, NULL);
	struct kg_child *child = kg_engine_child(job, &state->engine, kg_arguments_end(&arguments), NULL);
	child->quiet = true;
	child->timeout_ms = last_words_limit_ms;
	return kg_wait_child(job, child, health_tried);
}

/* When a container that is never healthy is given up: as its engine would. */
static int64_t
health_limit_ms(const struct container_health *health)
{
	return health->start_period_ms + health->retries * (health->interval_ms + health->timeout_ms);
}

static struct kg_next
unhealthy(struct kg_job *job, const char *words)
{
	struct kg_error *error = kg_error_make(job->arena, KG_ETIME, "it is not healthy");
	const char *lines = kg_follow_last_lines(job);

	if (*words)
		error = kg_error_make(job->arena, KG_ETIME, "it is not healthy: %.*s", (int)strcspn(words, "\n"), words);
	error->detail = *lines ? lines : NULL;
	return kg_failed(error);
}

static struct kg_next
health_tried(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	int64_t waited_ms = (job->now_ns - state->waited_from_ns) / 1000000;

	if (job->child.status == 0)
		return kg_done(job);
	if (waited_ms > health_limit_ms(spec->health))
		return unhealthy(job, "");
	kg_tell(job, "not healthy yet");
	state->health_tried_ms = state->health_tried_ms ? state->health_tried_ms * 2 : health_first_ms;
	if (state->health_tried_ms > health_longest_ms)
		state->health_tried_ms = health_longest_ms;
	return kg_wait_timer(job, state->health_tried_ms, health);
}

static struct kg_next
health_seen(struct kg_job *job)
{
	const struct container_spec *spec = job->spec;
	struct container_state *state = job->state;
	const struct kg_container_survey *survey = job->survey;
	struct kg_error *error = kg_inspect_read(job, &state->engine, &state->it);

	if (error)
		return kg_failed(error);
	if (!state->it.is_there)
		return kg_failed(kg_error_make(job->arena, KG_EFAILED, "the container %s was removed", state->name));
	if (!state->it.is_running)
		return last_words_ask(job);
	if (!spec->health || strcmp(state->it.health, "healthy") == 0)
		return kg_done(job);
	if (!*state->it.health)
		return kg_failed(kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EINPUT, "its image has no check of its own"), "give `command` under `health`"));
	if (strcmp(state->it.health, "unhealthy") == 0)
		return unhealthy(job, state->it.health_words);
	kg_tell(job, "not healthy yet");
	return survey && survey->topic ? kg_wait_topic(job, survey->topic, health_look_ms, health)
				       : kg_wait_timer(job, health_longest_ms, health);
}
