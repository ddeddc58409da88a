/* A daemon of the user's on this machine: started under a holder, found again by pid, start time and boot, stopped with all its children. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/target.h"
#include "engine/daemon/daemon.h"
#include "engine/daemon/hold.h"
#include "targets/process/gather.h"
#include "targets/process/process.h"
#include "engine/daemon/user.h"

/* A daemon without a rule for ready that lives this long has not failed at once. */
static constexpr int64_t settle_ms = 250;
static constexpr int64_t log_limit_least = 64 << 10;
static constexpr int last_lines = 20;

struct process_stop {
	int64_t signal; /* index into stop_signals */
	int64_t after_ms;
};

struct process_spec {
	const char *const *command;
	const char *cwd, *user;
	const struct process_stop *stop;
	int64_t log_limit;
};

struct process_state {
	struct kg_daemon daemon;
	struct kg_user user;
	const char *program;
	const char *ready_mark; /* see seen_path */
};

static const char *const stop_signal_names[] = { "TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL", NULL };
static const int stop_signals[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGKILL };
static const struct process_stop stop_usual = { 0, 10000 };

static const struct kg_field stop_fields[] = {
	KG_FIELD(process_stop, signal, KG_CHOICE, KG_NOT_HASHED, "what it is asked to stop with", .fallback = "TERM",
	    .choices = stop_signal_names),
	KG_FIELD_AS("after", process_stop, after_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long it and all that it has started may take to end before they are killed", .fallback = "10s"),
	{ 0 },
};

static const struct kg_field process_fields[] = {
	KG_FIELD(process_spec, command, KG_TEXTS, KG_REQUIRED | KG_NO_SECRET,
	    "program and arguments; it must stay in the foreground, and no shell is involved"),
	KG_FIELD(process_spec, cwd, KG_PATH, 0, "the folder in which it starts; that of the graph file when absent"),
	KG_FIELD(process_spec, user, KG_TEXT, 0,
	    "whom it runs as when kgraph runs as root, for programs that refuse to be root; otherwise it runs as whoever runs "
	    "kgraph"),
	KG_FIELD(process_spec, stop, KG_RECORD, KG_NOT_HASHED, "how it is stopped", .fields = stop_fields,
	    .size = sizeof(struct process_stop)),
	KG_FIELD(process_spec, log_limit, KG_SIZE, KG_NOT_HASHED,
	    "how long its log may get before it is put aside as log.1, in place of the one before", .fallback = "10M"),
	{ 0 },
};

static kg_step old_one_gone, user_found, start, started;
static kg_step probe_passed, settled;
static kg_step all_gone;

static struct kg_error *
check(struct kg_arena *arena, const void *data)
{
	const struct process_spec *spec = data;

	if (spec->command && (!spec->command[0] || !*spec->command[0]))
		return kg_error_make(arena, KG_EINPUT, "`command` is empty: it needs a program");
	if (spec->log_limit < log_limit_least)
		return kg_error_make(arena, KG_EINPUT, "`log_limit` must be at least 64K");
	return NULL;
}

static void
inputs(struct kg_inputs *inputs, const void *data, const struct kg_common *common)
{
	const struct process_spec *spec = data;

	(void)common;
	kg_inputs_add_program(inputs, spec->command[0]);
}

static const struct process_stop *
stop_rule(const struct process_spec *spec)
{
	return spec->stop ? spec->stop : &stop_usual;
}

static struct kg_next
look(struct kg_job *job)
{
	struct process_state *state = job->state;
	const char *why = kg_daemon_why(job, &state->daemon);

	return why ? kg_absent(job, "%s", why) : kg_done(job);
}

static struct kg_next
stop(struct kg_job *job, kg_step *then)
{
	const struct process_stop *rule = stop_rule(job->spec);

	return kg_daemon_end(job, stop_signals[rule->signal], rule->after_ms, then);
}

static struct kg_next
run(struct kg_job *job)
{
	struct kg_error *error = NULL;

	if (!kg_job_keep(job, &error))
		return kg_failed(error);
	return stop(job, old_one_gone);
}

static struct kg_next
old_one_gone(struct kg_job *job)
{
	const struct process_spec *spec = job->spec;
	struct process_state *state = job->state;

	state->user = (struct kg_user){ .name = spec->user };
	if (spec->user && geteuid() == 0)
		return kg_wait_worker(job, kg_user_find, &state->user, user_found);
	return kg_go(start);
}

static struct kg_next
user_found(struct kg_job *job)
{
	const struct kg_user *user = &((const struct process_state *)job->state)->user;

	if (user->sys)
		return kg_failed(kg_error_system(job->arena, user->sys, "cannot look up the user `%s`", user->name));
	if (!user->is_found)
		return kg_failed(kg_error_make(job->arena, KG_EINPUT, "there is no user `%s` on this machine", user->name));
	return kg_go(start);
}

static bool
env_is_set(const struct kg_common *common, const char *name)
{
	for (const struct kg_pair *pair = common->env; pair && pair->name; pair++)
		if (strcmp(pair->name, name) == 0)
			return true;
	return false;
}

/* Another user's program does not find root's name and home in its environment. */
static const char *const *
environment(struct kg_job *job)
{
	const struct kg_user *user = &((const struct process_state *)job->state)->user;
	const char *const *given = kg_job_env(job);
	const struct kg_pair own[] = { { "HOME", user->home }, { "LOGNAME", user->name }, { "USER", user->name } };
	KG_LIST(const char *) all = { 0 };

	if (!user->is_found)
		return given;
	for (; *given; given++)
		if (env_is_set(job->common, "HOME") || !kg_text_starts(*given, "HOME="))
			kg_list_push(job->arena, &all, *given);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!env_is_set(job->common, own[i].name))
			kg_list_push(job->arena, &all, kg_format(job->arena, "%s=%s", own[i].name, own[i].value));
	kg_list_push(job->arena, &all, NULL);
	return all.items;
}

static struct kg_next
start(struct kg_job *job)
{
	const struct process_spec *spec = job->spec;
	struct process_state *state = job->state;

	state->program = kg_job_program(job, spec->command[0]);
	if (!state->program)
		return kg_failed(
		    kg_error_advise(job->arena, kg_error_make(job->arena, KG_EINPUT, "there is no program `%s`", spec->command[0]),
			"is it installed? `search` names folders in which programs are sought before PATH"));
	const struct kg_daemon_order order = {
		.log_limit_bytes = spec->log_limit,
		.stop_signal = stop_signals[stop_rule(spec)->signal],
		.stop_after_ms = stop_rule(spec)->after_ms,
		.cwd = spec->cwd ? spec->cwd : job->folder,
		.user = state->user.is_found ? &state->user : NULL,
		.program = state->program,
		.argv = spec->command,
		.env = environment(job),
	};
	return kg_daemon_start(job, &order, started);
}

static struct kg_next
started(struct kg_job *job)
{
	struct process_state *state = job->state;
	struct kg_daemon *daemon = &state->daemon;

	if (!kg_daemon_read(job->arena, job->keep, daemon))
		return kg_failed(kg_error_make(job->arena, KG_EDATA, "its holder left no status in %s", job->keep));

	const char *log = kg_daemon_log_path(job->arena, job->keep);
	kg_output(job, "pid", kg_format(job->arena, "%d", (int)daemon->main.pid));
	kg_output(job, "log", log);
	kg_job_log(job, "started %s as process %d; what it prints is in %s", state->program, (int)daemon->main.pid, log);
	return kg_done(job);
}

static const char *
last_words(struct kg_job *job)
{
	const struct process_state *state = job->state;

	return kg_daemon_last_lines(job->arena, &state->daemon, job->keep, job->mask, last_lines);
}

static struct kg_error *
death(struct kg_job *job, const char *how)
{
	struct kg_error *error = kg_error_make(job->arena, KG_EFAILED, "%s", how);
	const char *lines = last_words(job);

	error->detail = *lines ? lines : NULL;
	return error;
}

/* For the probe: a process that has ended will never answer, and its last words say why. */
static struct kg_error *
ended(struct kg_job *job)
{
	struct process_state *state = job->state;
	struct kg_daemon *daemon = &state->daemon;

	if (daemon->main.pid > 0 && kg_daemon_lives(daemon))
		return NULL;
	if (!kg_daemon_read(job->arena, job->keep, daemon))
		return kg_error_make(job->arena, KG_EFAILED, "it was never started here");
	if (kg_daemon_lives(daemon))
		return NULL;
	const char *how = kg_daemon_end_tell(job->arena, daemon);
	return how ? death(job, how) : NULL;
}

/*
 * A line of the log appears once in a life, and the log is rotated: that a rule for it was met is written down, or the rule
 * could not be met on a later run. What is written names the life and the rule.
 */
static const char *
seen_path(struct kg_job *job)
{
	return kg_path_join(job->arena, job->keep, "ready");
}

static bool
line_was_seen(struct kg_job *job)
{
	const struct process_state *state = job->state;
	const char *seen;
	size_t size;

	return !kg_file_read(job->arena, seen_path(job), &seen, &size) && strcmp(seen, state->ready_mark) == 0;
}

static struct kg_next
ready(struct kg_job *job)
{
	const struct kg_probe *probe = job->common->ready;
	struct process_state *state = job->state;
	struct kg_probe_about about = {
		.log = kg_daemon_log_path(job->arena, job->keep), .ended = ended, .last_words = last_words
	};

	struct kg_error *error = ended(job);
	if (error)
		return kg_failed(error);
	about.log_inode = state->daemon.log_inode;
	about.log_from = state->daemon.log_from;
	if (probe && probe->log) {
		state->ready_mark = kg_format(job->arena, "%d %" PRIu64 " %s\n%s\n", (int)state->daemon.main.pid,
		    state->daemon.main.start_ticks, state->daemon.main.boot, probe->log);
		if (line_was_seen(job))
			return kg_done(job);
	}
	return kg_probe(job, &about, probe_passed);
}

static struct kg_next
probe_passed(struct kg_job *job)
{
	struct process_state *state = job->state;
	int64_t age_ms = (kg_clock_wall_ns() - state->daemon.started_ns) / 1000000;

	if (state->ready_mark) {
		struct kg_error *error =
		    kg_file_write(job->arena, seen_path(job), state->ready_mark, strlen(state->ready_mark), 0600);

		return error ? kg_failed(error) : kg_done(job);
	}
	if (job->common->ready || age_ms < 0 || age_ms >= settle_ms)
		return kg_go(settled);
	return kg_wait_timer(job, settle_ms - age_ms, settled);
}

static struct kg_next
settled(struct kg_job *job)
{
	struct kg_error *error = ended(job);

	if (error)
		return kg_failed(error);
	/* Gone, and its holder is about to write down how. */
	if (!kg_daemon_lives(&((const struct process_state *)job->state)->daemon))
		return kg_wait_timer(job, 10, settled);
	return kg_done(job);
}

static struct kg_next
undo(struct kg_job *job)
{
	return stop(job, all_gone);
}

/* The log stays until `--purge`: after a failed test it is what people look for. */
static struct kg_next
all_gone(struct kg_job *job)
{
	const char *const own[] = { kg_daemon_status_path(job->arena, job->keep), kg_daemon_lock_path(job->arena, job->keep),
		seen_path(job) };
	struct kg_error *error = NULL;

	if (job->purge)
		error = kg_file_remove(job->arena, job->keep);
	for (size_t i = 0; !error && i < sizeof(own) / sizeof(own[0]); i++)
		error = kg_file_remove(job->arena, own[i]);
	return error ? kg_failed(error) : kg_done(job);
}

const struct kg_kind kg_kind_process = {
	.facts = {
		.name = "process",
		.version = 1,
		.summary = "a daemon on this machine that outlives kgraph",
		.fields = process_fields,
		.outputs = (const char *const[]){ "pid", "log", NULL },
		.spec_size = sizeof(struct process_spec),
		.check = check,
	},
	.state_size = sizeof(struct process_state),
	.inputs = inputs,
	.look = look,
	.run = run,
	.ready = ready,
	.undo = undo,
	.gather = kg_process_gather,
	.outlives = true,
};
