#include "tests/unit/probe/alone.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/mask.h"
#include "engine/base/path.h"

static struct alone *the_one;

struct alone *
alone_make(const struct kg_kind *kind, const void *spec)
{
	struct kg_arena *arena = kg_arena_make();
	struct alone *alone = kg_new(arena, struct alone);

	alone->arena = arena;
	snprintf(alone->folder, sizeof(alone->folder), "/tmp/kgraph-alone-test.XXXXXX");
	kg_assert(mkdtemp(alone->folder));
	alone->folders = (struct kg_folders){ alone->folder, alone->folder, alone->folder, alone->folder };
	alone->job = (struct kg_job){
		.name = "node",
		.spec = spec,
		.common = &alone->common,
		.state = kind ? kg_alloc(arena, kind->state_size) : NULL,
		.arena = arena,
		.now_ns = kg_clock_now_ns(),
		.folder = alone->folder,
		.keep = kg_path_join(arena, alone->folder, "keep"),
		.log = kg_path_join(arena, alone->folder, "run.log"),
		.fingerprint = "0123456789abcdef0123456789abcdef",
		.folders = &alone->folders,
	};
	the_one = alone;
	return alone;
}

struct kg_next
alone_run(struct alone *alone, kg_step *step)
{
	struct kg_next next = { .what = KG_NEXT_STEP, .step = step };

	while (next.what == KG_NEXT_STEP || next.what == KG_NEXT_WAIT) {
		if (next.what == KG_NEXT_WAIT)
			alone->waits++;
		alone->job.now_ns = kg_clock_now_ns();
		next = next.step(&alone->job);
	}
	return next;
}

static const struct kg_probe_about *the_about;

static struct kg_next
probe_begin(struct kg_job *job)
{
	return kg_probe(job, the_about, kg_done);
}

struct kg_next
alone_probe(struct alone *alone, const struct kg_probe *rule, const struct kg_probe_about *about)
{
	static const struct kg_probe_about nothing = { 0 };

	the_about = about ? about : &nothing;
	alone->common.ready = rule;
	return alone_run(alone, probe_begin);
}

const char *
alone_output(const struct alone *alone, const char *key)
{
	for (int i = 0; i < alone->output_count; i++)
		if (strcmp(alone->outputs[i].name, key) == 0)
			return alone->outputs[i].value;
	return NULL;
}

void
alone_free(struct alone *alone)
{
	kg_assert(!kg_file_remove(alone->arena, alone->folder));
	kg_arena_free(alone->arena);
	the_one = NULL;
}

struct kg_next
kg_go(kg_step *step)
{
	return (struct kg_next){ .what = KG_NEXT_STEP, .step = step };
}

static struct kg_next
waited(kg_step *then)
{
	return (struct kg_next){ .what = KG_NEXT_WAIT, .step = then };
}

struct kg_next
kg_done(struct kg_job *job)
{
	(void)job;
	return (struct kg_next){ .what = KG_NEXT_DONE };
}

struct kg_next
kg_failed(struct kg_error *error)
{
	return (struct kg_next){ .what = KG_NEXT_FAILED, .error = error };
}

struct kg_next
kg_absent(struct kg_job *job, const char *why, ...)
{
	va_list list;

	va_start(list, why);
	the_one->absent = kg_format_list(job->arena, why, list);
	va_end(list);
	return (struct kg_next){ .what = KG_NEXT_ABSENT };
}

struct kg_next
kg_wait_timer(struct kg_job *job, int64_t after_ms, kg_step *then)
{
	job->timed_out = false;
	poll(NULL, 0, (int)after_ms);
	return waited(then);
}

struct kg_next
kg_wait_fd(struct kg_job *job, int fd, int events, int64_t timeout_ms, kg_step *then)
{
	struct pollfd wanted = { .fd = fd };

	wanted.events = (short)((events & KG_FD_READABLE ? POLLIN : 0) | (events & KG_FD_WRITABLE ? POLLOUT : 0));
	job->timed_out = poll(&wanted, 1, timeout_ms ? (int)timeout_ms : -1) == 0;
	return waited(then);
}

struct kg_next
kg_wait_worker(struct kg_job *job, void (*work)(void *data), void *data, kg_step *then)
{
	job->timed_out = false;
	work(data);
	return waited(then);
}

/* A script of answers in the place of a server. */
struct kg_next
kg_wait_http(struct kg_job *job, const struct kg_http *request, kg_step *then)
{
	job->timed_out = false;
	kg_assert(the_one->http_count > 0);
	job->http = *the_one->http_answers;
	if (job->http.body)
		request->collect(request->context, job->http.body, job->http.body_size);
	if (the_one->http_count > 1) {
		the_one->http_answers++;
		the_one->http_count--;
	}
	return waited(then);
}

/* Standard output is read after the input was written: enough for what the tests start. */
struct kg_next
kg_wait_child(struct kg_job *job, const struct kg_child *child, kg_step *then)
{
	int input[2], output[2], wait_status;
	size_t size = 0;
	ssize_t got;
	char *bytes = kg_alloc(job->arena, 8192);

	kg_assert(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(input[0], 0);
		dup2(output[1], 1);
		execvp(child->argv[0], (char *const *)child->argv);
		_exit(127);
	}
	close(input[0]);
	close(output[1]);
	if (child->input_size > 0)
		kg_assert(kg_file_write_all(input[1], child->input, child->input_size) == 0);
	close(input[1]);
	struct pollfd readable = { output[0], POLLIN, 0 };
	job->timed_out = child->timeout_ms > 0 && poll(&readable, 1, (int)child->timeout_ms) == 0;
	if (job->timed_out)
		kill(pid, SIGKILL);
	while ((got = read(output[0], bytes + size, 8191 - size)) > 0)
		size += (size_t)got;
	close(output[0]);
	waitpid(pid, &wait_status, 0);
	job->child = (struct kg_child_result){
		.status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status),
		.signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0,
		.last_lines = child->capture ? "" : bytes,
		.output = child->capture ? bytes : NULL,
		.output_size = child->capture ? size : 0,
	};
	return waited(then);
}

void
kg_tell(struct kg_job *job, const char *format, ...)
{
	va_list list;

	if (the_one->told_count == 64)
		return;
	va_start(list, format);
	the_one->told[the_one->told_count++] = kg_mask_text(job->arena, job->mask, kg_format_list(job->arena, format, list));
	va_end(list);
}

void
kg_job_log(struct kg_job *job, const char *format, ...)
{
	(void)job;
	(void)format;
}

void
kg_output(struct kg_job *job, const char *key, const char *value)
{
	kg_assert(the_one->output_count < 8);
	the_one->outputs[the_one->output_count++] = (struct kg_pair){ key, kg_copy(job->arena, value) };
}

const char *
kg_job_keep(struct kg_job *job, struct kg_error **ret_error)
{
	*ret_error = kg_file_make_folder(job->arena, job->keep, 0700);
	return *ret_error ? NULL : job->keep;
}

const char *const *
kg_job_env(struct kg_job *job)
{
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "USER=root", NULL };

	(void)job;
	return environment;
}

const char *
kg_job_program(struct kg_job *job, const char *name)
{
	static const char *const folders[] = { "/usr/bin", "/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *path = kg_path_join(job->arena, folders[i], name);

		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

void
kg_inputs_add_program(struct kg_inputs *inputs, const char *name)
{
	(void)inputs;
	(void)name;
}
