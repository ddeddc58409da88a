/* The waits of engine/job.h: each opens one thing in the loop; operation.c goes on when it has ended and is closed. */

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/run/operation.h"
#include "engine/run/program.h"
#include "engine/run/state.h"

static constexpr uint32_t last_lines_shown = 20;
static constexpr size_t capture_limit_bytes = 1 << 20;

static struct kg_operation *
operation_of(struct kg_job *job)
{
	return (struct kg_operation *)job;
}

struct kg_next
kg_go(kg_step *step)
{
	return (struct kg_next){ .what = KG_NEXT_STEP, .step = step };
}

struct kg_next
kg_done(struct kg_job *job)
{
	(void)job;
	return (struct kg_next){ .what = KG_NEXT_DONE };
}

struct kg_next
kg_absent(struct kg_job *job, const char *why, ...)
{
	va_list list;

	va_start(list, why);
	const char *message = kg_format_list(job->arena, why, list);
	va_end(list);
	return (struct kg_next){ .what = KG_NEXT_ABSENT, .error = kg_error_make(job->arena, KG_EFAILED, "%s", message) };
}

struct kg_next
kg_failed(struct kg_error *error)
{
	return (struct kg_next){ .what = KG_NEXT_FAILED, .error = error };
}

static struct kg_next
waiting(struct kg_operation *operation, bool is_child, kg_step *then)
{
	operation->is_child = is_child;
	return (struct kg_next){ .what = KG_NEXT_WAIT, .step = then };
}

struct kg_next
kg_wait_timer(struct kg_job *job, int64_t after_ms, kg_step *then)
{
	struct kg_operation *operation = operation_of(job);

	kg_timer_start(operation->run->loop, &operation->wait, after_ms);
	return waiting(operation, false, then);
}

struct kg_next
kg_wait_fd(struct kg_job *job, int fd, int events, int64_t timeout_ms, kg_step *then)
{
	struct kg_operation *operation = operation_of(job);

	kg_fd_start(operation->run->loop, &operation->wait, fd, events, timeout_ms);
	return waiting(operation, false, then);
}

struct kg_next
kg_wait_worker_stoppable(struct kg_job *job, void (*work)(void *), void *data, _Atomic bool *stop, kg_step *then)
{
	struct kg_operation *operation = operation_of(job);

	kg_worker_start_stoppable(operation->run->loop, &operation->wait, work, data, stop);
	return waiting(operation, false, then);
}

struct kg_next
kg_wait_worker(struct kg_job *job, void (*work)(void *), void *data, kg_step *then)
{
	return kg_wait_worker_stoppable(job, work, data, NULL, then);
}

static struct kg_error *
http_error(struct kg_job *job, const struct kg_http_start *start)
{
	enum kg_code code = job->timed_out ? KG_ETIME : start->error_sys ? KG_ESYSTEM : KG_ENETWORK;
	struct kg_error *error = kg_error_make(job->arena, code, "%s", start->error_text);

	error->sys = start->error_sys;
	return error;
}

/* The answer is put into the job's view of it by a step of our own, before the kind's. */
static struct kg_next
http_ended(struct kg_job *job)
{
	struct kg_operation *operation = operation_of(job);
	const struct kg_http_start *start = &operation->http;

	job->http = (struct kg_http_result){
		.status = start->error_text ? 0 : start->status,
		.body = start->answer ? start->answer : "",
		.body_size = start->answer_size,
		.saved_bytes = start->saved_bytes,
		.saved_to = start->saved_to,
		.headers = start->answer_headers ? start->answer_headers : "",
		.error = start->error_text ? http_error(job, start) : NULL,
		.is_lasting = start->error_is_lasting,
	};
	return kg_go(operation->then);
}

struct kg_next
kg_wait_http(struct kg_job *job, const struct kg_http *request, kg_step *then)
{
	struct kg_operation *operation = operation_of(job);

	operation->http = (struct kg_http_start){
		.arena = job->arena,
		.method = request->method,
		.url = request->url,
		.unix_socket = request->unix_socket,
		.headers = request->headers,
		.body = request->body,
		.body_size = request->body_size,
		.body_path = request->body_path,
		.body_from = request->body_from,
		.body_bytes = request->body_bytes,
		.save_fd = request->save_fd,
		.save_at = request->save_at,
		.save_limit = request->save_limit,
		.body_limit = request->body_limit,
		.timeout_ms = request->timeout_ms,
		.connect_ms = request->connect_ms,
		.stall_ms = request->stall_ms,
		.ca_file = request->ca_file,
		.cert_file = request->cert_file,
		.key_file = request->key_file,
		.ca_pem = request->ca_pem,
		.cert_pem = request->cert_pem,
		.key_pem = request->key_pem,
		.tls_name = request->tls_name,
		.proxy = request->proxy,
		.insecure = request->insecure,
		.http2 = request->http2,
		.is_stream = request->is_stream,
		.follow = request->follow,
		.collect = request->collect,
		.keep_failure = request->keep_failure,
		.context = request->context,
	};
	operation->then = then;
	kg_http_start(operation->run->loop, &operation->wait, &operation->http);
	return waiting(operation, false, http_ended);
}

static void
on_output(void *context, int stream, const char *bytes, size_t size)
{
	struct kg_operation *operation = context;

	if (stream == 1 && operation->collect) {
		operation->collect(operation->collect_context, bytes, size);
		return;
	}
	if (stream == 1 && operation->is_capturing) {
		size_t room = operation->capture_limit - operation->captured.size;

		kg_text_add_bytes(&operation->captured, bytes, size < room ? size : room);
		return;
	}
	kg_node_log_add(operation->is_quiet ? &operation->quiet_log : &operation->log, bytes, size);
}

static struct kg_next
child_ended(struct kg_job *job)
{
	struct kg_operation *operation = operation_of(job);
	const struct kg_child_start *start = &operation->child;
	struct kg_node_log *log = operation->is_quiet ? &operation->quiet_log : &operation->log;

	if (operation->wait.end == KG_WAIT_FAILED)
		return kg_failed(kg_child_start_error(job->arena, &operation->wait, start));
	kg_node_log_flush(log);
	log->on_line = NULL;
	job->timed_out = start->timed_out;
	job->child = (struct kg_child_result){
		.status = start->signal ? 128 + start->signal : start->status,
		.signal = start->signal,
		.last_lines = kg_node_log_tail(log, job->arena, last_lines_shown),
		.output = kg_text_end(&operation->captured),
		.output_size = operation->captured.size,
	};
	if (operation->is_quiet)
		kg_node_log_close(&operation->quiet_log);
	return kg_go(operation->then);
}

/* NULL when kgraph is not root, or no user is named. */
static struct kg_error *
user_find(struct kg_job *job, const char *name, struct kg_child_start *start)
{
	struct passwd *found, entry;
	char buffer[4096];

	if (!name || geteuid() != 0)
		return NULL;
	if (getpwnam_r(name, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return kg_error_advise(job->arena,
		    kg_error_make(job->arena, KG_EINPUT, "there is no user `%s` on this machine", name),
		    "create it, install what brings it, or name another in `user`");
	start->change_user = true;
	start->uid = entry.pw_uid;
	start->gid = entry.pw_gid;
	start->user = name;
	return NULL;
}

static int64_t
child_limit_ms(const struct kg_operation *operation, const struct kg_child *child)
{
	int64_t left_ms = 0;

	if (operation->deadline_ns > 0) {
		left_ms = (operation->deadline_ns - kg_loop_now_ns(operation->run->loop)) / 1000000;
		if (left_ms < 1)
			left_ms = 1;
	}
	if (child->timeout_ms > 0 && (left_ms == 0 || child->timeout_ms < left_ms))
		return child->timeout_ms;
	return left_ms;
}

static const char *
program_of(struct kg_job *job, const struct kg_child *child, const char *cwd)
{
	const char *name = child->argv[0];

	return kg_program_find(job->arena, job->common->search, name, strchr(name, '/') ? cwd : job->folder);
}

/* How the loop is to start what a kind asks for. */
static struct kg_error *
start_fill(struct kg_job *job, const struct kg_child *child, struct kg_child_start *ret_start)
{
	const char *cwd = child->cwd ? child->cwd : job->folder;
	const char *program = program_of(job, child, cwd);

	if (!program)
		return kg_error_advise(job->arena, kg_error_make(job->arena, KG_EINPUT, "there is no program `%s`", child->argv[0]),
		    "install it, or name its folder in `search`");
	*ret_start = (struct kg_child_start){
		.program = program,
		.argv = child->argv,
		.env = child->env ? child->env : kg_job_env(job),
		.cwd = cwd,
		.input = child->input,
		.input_size = child->input_size,
		.input_path = child->input_path,
		.pass_fd = child->pass_fd,
		.ends_contained = child->ends_contained,
		.on_output = on_output,
		.context = operation_of(job),
	};
	return user_find(job, child->user, ret_start);
}

struct kg_next
kg_wait_child(struct kg_job *job, const struct kg_child *child, kg_step *then)
{
	struct kg_operation *operation = operation_of(job);
	struct kg_error *error = start_fill(job, child, &operation->child);

	if (error)
		return kg_failed(error);
	operation->child.timeout_ms = child_limit_ms(operation, child);
	operation->is_quiet = child->quiet;
	operation->is_capturing = child->capture;
	operation->collect = child->collect;
	operation->collect_context = child->context;
	operation->log.on_line = child->quiet ? NULL : child->line;
	operation->log.context = child->context;
	operation->capture_limit = child->capture_limit ? child->capture_limit : capture_limit_bytes;
	operation->captured = (struct kg_text){ .arena = job->arena };
	operation->then = then;
	kg_child_start(operation->run->loop, &operation->wait, &operation->child);
	return waiting(operation, true, child_ended);
}

static void
on_follower_output(void *context, int stream, const char *bytes, size_t size)
{
	struct kg_operation *operation = context;

	(void)stream;
	kg_node_log_add(&operation->follower_log, bytes, size);
}

/* An operation that waits for a topic has nothing open and would go on if it were called: it is called only when it is over. */
static void
on_follower_ended(struct kg_wait *wait)
{
	struct kg_operation *operation = wait->context;

	kg_node_log_flush(&operation->follower_log);
	if (operation->has_outcome)
		kg_operation_queue(operation);
}

void
kg_follow(struct kg_job *job, const struct kg_child *child)
{
	struct kg_operation *operation = operation_of(job);

	if (operation->follower_wait.live)
		return;
	struct kg_error *error = start_fill(job, child, &operation->follower);
	if (error) {
		kg_job_log(job, "%s", kg_error_text(job->arena, error));
		return;
	}
	operation->follower.on_output = on_follower_output;
	operation->follower_wait = (struct kg_wait){ .ended = on_follower_ended, .context = operation };
	kg_child_start(operation->run->loop, &operation->follower_wait, &operation->follower);
}

bool
kg_follow_runs(const struct kg_job *job)
{
	return ((const struct kg_operation *)job)->follower_wait.live;
}

const char *
kg_follow_last_lines(struct kg_job *job)
{
	return kg_node_log_tail(&operation_of(job)->follower_log, job->arena, last_lines_shown);
}
