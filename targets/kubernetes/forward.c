/* A port of this machine that leads to a pod's: kgraph-stream as a daemon, under a holder as any other. */
#include "targets/kubernetes/forward.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/list.h"
#include "engine/base/path.h"
#include "engine/base/text.h"
#include "engine/daemon/hold.h"
#include "engine/target.h"
#include "targets/kubernetes/stream_program.h"

/* It has nothing to bring to an end. */
static constexpr int64_t stop_after_ms = 1000;
static constexpr int64_t log_limit_bytes = 1 << 20;
static constexpr int64_t listening_pause_ms = 10, listening_limit_ms = 10'000;
static constexpr int64_t try_limit_ms = 25'000, pause_least_ms = 100, pause_most_ms = 2000;
static constexpr int last_lines = 5;

struct forward_spec {
	const char *service, *pod, *deployment, *statefulset, *daemonset, *replicaset;
	int64_t port;
	const char *port_name;
	int64_t local_port;
	const char *address;
	const char *namespace_, *kubeconfig, *context;
	int64_t ready_timeout_ms;
};

struct forward_state {
	struct kg_daemon daemon;
	const char *program;
	int64_t began_ns, pause_ms;
	const char *host;
	int port; /* that it listens on */
};

static const struct kg_field forward_fields[] = {
	KG_FIELD(forward_spec, service, KG_TEXT, 0, "the Service that it leads to: a pod of it that is ready"),
	KG_FIELD(forward_spec, pod, KG_TEXT, 0, "a pod instead"),
	KG_FIELD(forward_spec, deployment, KG_TEXT, 0, "a Deployment instead: a pod of it that is ready"),
	KG_FIELD(forward_spec, statefulset, KG_TEXT, 0, "the same of a StatefulSet"),
	KG_FIELD(forward_spec, daemonset, KG_TEXT, 0, "the same of a DaemonSet"),
	KG_FIELD(forward_spec, replicaset, KG_TEXT, 0, "the same of a ReplicaSet"),
	KG_FIELD(forward_spec, port, KG_PORT, 0, "the Service's port, or the container's"),
	KG_FIELD(forward_spec, port_name, KG_TEXT, 0, "its name instead"),
	KG_FIELD(forward_spec, local_port, KG_PORT, 0, "the port of this machine; a free one, the same each time, when absent"),
	KG_FIELD(forward_spec, address, KG_TEXT, 0, "the address of this machine on which it listens", .fallback = "127.0.0.1"),
	KG_FIELD_AS("namespace", forward_spec, namespace_, KG_TEXT, 0, "the namespace of all these; the context's when absent"),
	KG_FIELD(forward_spec, kubeconfig, KG_PATH, 0, "says where the cluster is; KUBECONFIG or ~/.kube/config when absent"),
	KG_FIELD(forward_spec, context, KG_TEXT, 0, "the kubeconfig's context; its current one when absent"),
	KG_FIELD_AS("ready_timeout", forward_spec, ready_timeout_ms, KG_DURATION, KG_NOT_HASHED,
	    "how long until the pod's port takes connections", .fallback = "1m"),
	{ 0 },
};

static kg_step old_one_gone, started, listening, tried, try_again, all_gone;

/* What it leads to: as kgraph-stream's option is called, and its name. Returns how many are said. */
static uint32_t
target_find(const struct forward_spec *spec, const char **ret_option, const char **ret_name)
{
	const char *const all[][2] = { { "--service", spec->service }, { "--pod", spec->pod }, { "--deployment", spec->deployment },
		{ "--statefulset", spec->statefulset }, { "--daemonset", spec->daemonset }, { "--replicaset", spec->replicaset } };
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i][1])
			continue;
		*ret_option = all[i][0];
		*ret_name = all[i][1];
		count++;
	}
	return count;
}

static struct kg_error *
check(struct kg_arena *arena, const void *given)
{
	const struct forward_spec *spec = given;
	const char *option, *name;

	if (target_find(spec, &option, &name) != 1)
		return kg_error_make(arena, KG_EINPUT,
		    "one of `service`, `pod`, `deployment`, `statefulset`, `daemonset` and `replicaset` says what it leads to");
	if (!spec->port == !spec->port_name)
		return kg_error_make(arena, KG_EINPUT, "either `port` or `port_name` says which port it leads to");
	return NULL;
}

static const char *
told_path(struct kg_job *job)
{
	return kg_path_join(job->arena, job->keep, "listening");
}

/* Where it listens, as it has written down. */
static bool
told_read(struct kg_job *job)
{
	struct forward_state *state = job->state;
	const char *text;
	char host[128];
	size_t size;

	if (kg_file_read(job->arena, told_path(job), &text, &size) || sscanf(text, "%127s %d", host, &state->port) != 2)
		return false;
	state->host = kg_copy(job->arena, host);
	return true;
}

static struct kg_next
look(struct kg_job *job)
{
	struct forward_state *state = job->state;
	const char *why = kg_daemon_why(job, &state->daemon);

	if (!why && !told_read(job))
		why = "it does not listen";
	return why ? kg_absent(job, "%s", why) : kg_done(job);
}

static struct kg_next
run(struct kg_job *job)
{
	struct kg_error *error = NULL;

	if (!kg_job_keep(job, &error))
		return kg_failed(error);
	return kg_daemon_end(job, SIGTERM, stop_after_ms, old_one_gone);
}

/* kgraph-stream COMMAND and what says where the pod is; more is put behind it. */
static const char *const *
command_line(struct kg_job *job, const char *command, const char *const *more)
{
	const struct forward_spec *spec = job->spec;
	const struct forward_state *state = job->state;
	KG_LIST(const char *) argv = { 0 };
	const char *option = NULL, *name = NULL;

	target_find(spec, &option, &name);
	const char *const options[][2] = { { option, name },
		{ "--port", spec->port_name ? spec->port_name : kg_format(job->arena, "%" PRId64, spec->port) },
		{ "--namespace", spec->namespace_ }, { "--kubeconfig", spec->kubeconfig }, { "--context", spec->context } };
	kg_list_push(job->arena, &argv, state->program);
	kg_list_push(job->arena, &argv, command);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!options[i][1] || !*options[i][1])
			continue;
		kg_list_push(job->arena, &argv, options[i][0]);
		kg_list_push(job->arena, &argv, options[i][1]);
	}
	for (; *more; more++)
		kg_list_push(job->arena, &argv, *more);
	kg_list_push(job->arena, &argv, NULL);
	return argv.items;
}

static const char *
address_of(struct kg_job *job, const char *host, const char *port)
{
	return strchr(host, ':') ? kg_format(job->arena, "[%s]:%s", host, port) : kg_format(job->arena, "%s:%s", host, port);
}

/* The port that is said; else that of the last time, or, where somebody else has that now, another one. */
static struct kg_next
old_one_gone(struct kg_job *job)
{
	const struct forward_spec *spec = job->spec;
	struct forward_state *state = job->state;
	const char *before = kg_job_remembered(job, "port");
	struct kg_error *error = kg_stream_program(job, &state->program);

	if (!error)
		error = kg_file_remove(job->arena, told_path(job));
	if (error)
		return kg_failed(error);
	const char *port = spec->local_port ? kg_format(job->arena, "%" PRId64, spec->local_port) : before ? before : "0";
	const char *const more[] = { "--told", told_path(job), "--listen", address_of(job, spec->address, port),
		spec->local_port ? NULL : "--may-differ", NULL };

	const struct kg_daemon_order order = {
		.log_limit_bytes = log_limit_bytes,
		.stop_signal = SIGTERM,
		.stop_after_ms = stop_after_ms,
		.cwd = job->folder,
		.program = state->program,
		.argv = command_line(job, "forward", more),
		.env = (const char *const *)environ,
	};
	state->began_ns = job->now_ns;
	return kg_daemon_start(job, &order, started);
}

static const char *
last_words(struct kg_job *job)
{
	const struct forward_state *state = job->state;

	return kg_daemon_last_lines(job->arena, &state->daemon, job->keep, job->mask, last_lines);
}

static struct kg_error *
ended(struct kg_job *job)
{
	struct forward_state *state = job->state;

	if (!kg_daemon_read(job->arena, job->keep, &state->daemon))
		return kg_error_make(job->arena, KG_EFAILED, "it was never started here");
	if (kg_daemon_lives(&state->daemon))
		return NULL;
	const char *how = kg_daemon_end_tell(job->arena, &state->daemon);
	struct kg_error *error = kg_error_make(job->arena, KG_EFAILED, "%s", how ? how : "it has ended");
	const char *lines = last_words(job);
	error->detail = *lines ? lines : NULL;
	return error;
}

static struct kg_next
started(struct kg_job *job)
{
	struct forward_state *state = job->state;

	if (told_read(job))
		return kg_go(listening);
	struct kg_error *error = ended(job);
	if (error)
		return kg_failed(error);
	if (job->now_ns - state->began_ns > listening_limit_ms * 1'000'000)
		return kg_failed(
		    kg_error_make(job->arena, KG_ETIME, "it does not listen within %d s", (int)(listening_limit_ms / 1000)));
	return kg_wait_timer(job, listening_pause_ms, started);
}

static struct kg_next
listening(struct kg_job *job)
{
	struct forward_state *state = job->state;
	const char *port = kg_format(job->arena, "%d", state->port);

	kg_output(job, "host", state->host);
	kg_output(job, "port", port);
	kg_output(job, "address", address_of(job, state->host, port));
	kg_output(job, "log", kg_daemon_log_path(job->arena, job->keep));
	kg_job_log(job, "listening on %s port %s", state->host, port);
	return kg_done(job);
}

/* By the user's rule, else by trying the pod's port, each time anew: what runs is alive, but its pod may not be. */
static struct kg_next
ready(struct kg_job *job)
{
	struct forward_state *state = job->state;
	struct kg_error *error = ended(job);

	if (!error)
		error = kg_stream_program(job, &state->program);
	if (error)
		return kg_failed(error);
	if (job->common->ready)
		return kg_probe(job, &(struct kg_probe_about){ .ended = ended, .last_words = last_words }, kg_done);
	state->began_ns = job->now_ns;
	state->pause_ms = pause_least_ms;
	return kg_go(try_again);
}

static struct kg_next
try_again(struct kg_job *job)
{
	static const char *const nothing_more[] = { NULL };
	struct kg_child *child = kg_new(job->arena, struct kg_child);

	child->argv = command_line(job, "try", nothing_more);
	child->env = (const char *const *)environ;
	child->timeout_ms = try_limit_ms;
	child->quiet = true;
	return kg_wait_child(job, child, tried);
}

static struct kg_next
tried(struct kg_job *job)
{
	const struct forward_spec *spec = job->spec;
	struct forward_state *state = job->state;
	struct kg_error *error = ended(job);

	if (error)
		return kg_failed(error);
	if (job->child.status == 0)
		return kg_done(job);
	const char *said = job->child.last_lines, *line = strchr(said, 'Z');
	line = line && line[1] == ' ' ? line + 2 : said;
	line = kg_copy_bytes(job->arena, line, strcspn(line, "\n"));
	if (job->now_ns - state->began_ns > spec->ready_timeout_ms * 1'000'000)
		return kg_failed(kg_error_make(job->arena, KG_ETIME, "%s", *line ? line : "the pod's port takes no connections"));
	kg_tell(job, "%s", line);
	int64_t pause_ms = state->pause_ms;
	state->pause_ms = pause_ms * 2 < pause_most_ms ? pause_ms * 2 : pause_most_ms;
	return kg_wait_timer(job, pause_ms, try_again);
}

static struct kg_next
undo(struct kg_job *job)
{
	return kg_daemon_end(job, SIGTERM, stop_after_ms, all_gone);
}

/* The log stays until `--purge`. */
static struct kg_next
all_gone(struct kg_job *job)
{
	const char *const own[] = { kg_daemon_status_path(job->arena, job->keep), kg_daemon_lock_path(job->arena, job->keep),
		told_path(job) };
	struct kg_error *error = job->purge ? kg_file_remove(job->arena, job->keep) : NULL;

	for (size_t i = 0; !error && i < sizeof(own) / sizeof(own[0]); i++)
		error = kg_file_remove(job->arena, own[i]);
	return error ? kg_failed(error) : kg_done(job);
}

const struct kg_kind kg_kind_forward = {
	.facts = {
		.name = "forward",
		.version = 1,
		.summary = "a port of this machine that leads to one in the cluster",
		.fields = forward_fields,
		.outputs = (const char *const[]){ "host", "port", "address", "log", NULL },
		.spec_size = sizeof(struct forward_spec),
		.check = check,
	},
	.state_size = sizeof(struct forward_state),
	.look = look,
	.run = run,
	.ready = ready,
	.undo = undo,
	.outlives = true,
};
